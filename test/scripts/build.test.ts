import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
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
async function write(file: string, seconds: number): Promise<void> {
  await mkdir(dirname(join(project, file)), { recursive: true });
  await writeFile(join(project, file), "");
  await utimes(join(project, file), seconds, seconds);
}

/** What is run of the project, in a process that reads the script as the command does. */
function built(): string {
  const code = `import(process.argv[1]).then(({ builtProgram }) => console.log(builtProgram(process.argv[2]) ?? ""))`;
  return spawnSync(process.execPath, ["-e", code, script, project], { encoding: "utf8" }).stdout.trim();
}

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
});
