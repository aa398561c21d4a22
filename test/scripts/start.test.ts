import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "pentimento-start-"));
  await write("package.json", '{ "type": "module" }');
});
afterAll(() => rm(project, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, file)), { recursive: true });
  await writeFile(join(project, file), text);
}

const copy = (script: string) => copyFile(join(root, "scripts", script), join(project, "scripts", script));

describe("npm start", () => {
  it("is one process, so that the server hears the signal that npm hands on", async () => {
    await write("scripts/setup.js", 'console.log("setup", process.pid);');
    await write(
      "bin/pentimento.js",
      `process.on("SIGTERM", () => process.exit(0));
       process.stdin.on("end", () => process.exit(1)).resume();
       console.log("pentimento", process.argv[2], process.pid);`,
    );
    await copy("start.js");
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    // As npm runs it.
    const shell = spawn(scripts.start, { cwd: project, shell: true, stdio: ["pipe", "pipe", "inherit"] });
    const exited = once(shell, "exit");
    const lines: string[] = [];
    for await (const line of createInterface({ input: shell.stdout! })) if (lines.push(line) === 2) break;
    const pid = lines[0]!.split(" ")[1];
    expect(lines).toEqual([`setup ${pid}`, `pentimento demo ${pid}`]);
    shell.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });
});

describe("the setup", () => {
  it("installs the tools that it builds with, whatever the environment leaves out", async () => {
    await write("package-lock.json", "{}");
    await write("path/npm", '#!/bin/sh\necho "npm $*" >&2\nexit 1\n');
    await chmod(join(project, "path/npm"), 0o755);
    for (const script of ["setup.js", "build.js"]) await copy(script);
    const { status, stderr } = spawnSync(process.execPath, [join(project, "scripts/setup.js")], {
      env: { ...process.env, NODE_ENV: "production", PATH: `${join(project, "path")}${delimiter}${process.env.PATH}` },
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^npm ci .*--include=dev/m);
    expect(status).toBe(1);
  });

  it("builds the server anew from other sources, though they are older than what was built before", async () => {
    await write("package-lock.json", "{}");
    await write("path/npm", "#!/bin/sh\n");
    await chmod(join(project, "path/npm"), 0o755);
    for (const script of ["setup.js", "build.js"]) await copy(script);
    const entries = ["cli/main", "engine/child/worker", "journey/pixel-thread", "provenance/credentials-child"];
    const sources = [...entries.map((entry) => `src/${entry}.ts`), "src/studio/app.ts", "schema/generated/graphql.ts"];
    const prisma = ["models", "sqlite/header", "postgresql/header"].map((name) => `prisma/${name}.prisma`);
    const others = ["vite.config.ts", "src/store/generated/.stamp", "node_modules/prisma/build/index.js", ...prisma];
    for (const file of [...sources, ...others]) await write(file, "");
    await symlink(join(root, "node_modules/esbuild"), join(project, "node_modules/esbuild"), "junction");
    const env = { ...process.env, PATH: `${join(project, "path")}${delimiter}${process.env.PATH}` };
    const setUp = () =>
      spawnSync(process.execPath, [join(project, "scripts/setup.js"), "--without-studio"], { env, encoding: "utf8" });
    const program = () => readFile(join(project, "out/server/cli/main.js"), "utf8");
    expect(setUp()).toMatchObject({ status: 0, stderr: expect.stringMatching(/Building the server/) });
    expect(setUp()).toMatchObject({ status: 0, stderr: "" });
    await write("src/cli/main.ts", 'console.log("another");');
    await utimes(join(project, "src/cli/main.ts"), 1, 1);
    expect(setUp()).toMatchObject({ status: 0, stderr: expect.stringMatching(/Building the server/) });
    expect(await program()).toContain("another");
  });
});
