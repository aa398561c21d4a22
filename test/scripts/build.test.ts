import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../../scripts/build.js");
const program = "out/server/cli/main.js";

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "pentimento-build-"));
});
afterAll(() => rm(project, { recursive: true }));

/** Writes a file as if so many seconds after 1970 began. */
async function write(file: string, seconds: number, text = ""): Promise<void> {
  await mkdir(dirname(join(project, file)), { recursive: true });
  await writeFile(join(project, file), text);
  await utimes(join(project, file), seconds, seconds);
}

/** Calls a function of the script for the project, in a process that reads it as the command does. */
function call(name: "build" | "builtProgram"): string {
  const code = `import(process.argv[1]).then((script) => console.log(script.${name}(process.argv[2]) ?? ""))`;
  return spawnSync(process.execPath, ["-e", code, script, project], { encoding: "utf8" }).stdout.trim();
}

/** What is run of the project. */
const built = () => call("builtProgram");

describe("the built program", () => {
  it("runs until a source or what codegen writes is newer, whatever became of the page", async () => {
    for (const file of ["src/cli/main.ts", "src/studio/app.ts", "schema/generated/graphql.ts"]) await write(file, 1);
    expect(built()).toBe("");
    await write(program, 2);
    await write("src/studio/app.ts", 3);
    expect(built()).toBe(join(project, program));
    for (const file of ["schema/generated/graphql.ts", "src/cli/main.ts"]) {
      await write(file, 3);
      expect(built()).toBe("");
      await write(file, 1);
      expect(built()).toBe(join(project, program));
    }
  });

  it("takes the place of the one before once all of it is there", async () => {
    const entries = ["cli/main", "engine/child/worker", "journey/pixel-thread", "provenance/credentials-child"];
    for (const entry of entries) await write(`src/${entry}.ts`, 1, `console.log("${entry}");`);
    const text = () => readFile(join(project, program), "utf8");
    expect(call("build")).toBe("");
    expect(await text()).toContain("cli/main");
    await write("src/engine/child/worker.ts", 1, "this is no program");
    await write("src/cli/main.ts", 1, 'console.log("another");');
    expect(call("build")).toMatch(/^esbuild failed:/);
    expect(await text()).toContain("cli/main");
    await write("src/engine/child/worker.ts", 1, "");
    expect(call("build")).toBe("");
    expect(await text()).toContain("another");
    expect(await readdir(join(project, "out"))).toEqual(["server"]);
  });
});
