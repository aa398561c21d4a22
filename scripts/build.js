// Makes JavaScript of the server and its commands in out/server. They start in half the time of the sources, whose types
// have to be stripped by each process anew.
import { spawnSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What runs as a process or a thread of its own. */
const entries = ["cli/main", "engine/child/worker", "journey/pixel-thread", "provenance/credentials-child"];

/** What the program is built from: the sources but for the page's, and what codegen writes. Whole paths, in order. */
export function programSources(project = root) {
  const isOurs = (name) => name.endsWith(".ts") && !name.startsWith("studio");
  const folders = [join(project, "src"), join(project, "schema", "generated")];
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter(isOurs)
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** The program, where it is not older than any of its sources or the documents in them; undefined otherwise. */
export function builtProgram(project = root) {
  const program = join(project, "out", "server", "cli", "main.js");
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isOld = programSources(project).some((file) => statSync(file).mtimeMs >= built);
  return isOld ? undefined : program;
}

/** Returns what went wrong, or "". What was built before stays until all of the new is there. */
export function build(project = root) {
  const source = join(project, "src");
  const output = join(project, "out", "server");
  const unfinished = `${output}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const esbuild = join(root, "node_modules", "esbuild", "bin", "esbuild");
  const options = [
    "--bundle",
    "--splitting",
    "--packages=external",
    "--platform=node",
    "--target=node20",
    "--format=esm",
  ];
  const files = entries.map((entry) => join(source, `${entry}.ts`));
  const folders = [`--outbase=${source}`, `--outdir=${unfinished}`];
  const done = spawnSync(
    process.execPath,
    [esbuild, ...files, ...options, ...folders, "--keep-names", "--log-level=warning"],
    {
      cwd: project,
      encoding: "utf8",
    },
  );
  if (done.status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    return `esbuild failed:\n${done.stdout}${done.stderr}`;
  }
  rmSync(output, { recursive: true, force: true });
  renameSync(unfinished, output);
  return "";
}
