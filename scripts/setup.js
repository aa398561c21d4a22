// Installs the pinned dependencies when they are missing or older than package-lock.json, prepares the database clients, and
// builds the studio and the server.
// Plain JavaScript without imports from node_modules: it is what brings them.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, builtProgram, programSources } from "./build.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Pentimento needs Node 20.19 or later; this is Node ${process.versions.node}.`);
  process.exit(1);
}

const stamp = join(root, "node_modules", ".pentimento-lock");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
if (!isStamped(stamp, lock)) {
  console.error("Installing dependencies (once) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // The page is built here, for which tools are needed that NODE_ENV=production would leave out.
  const options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const installed = spawnSync(npm, ["ci", ...options], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (installed.status !== 0) {
    console.error("npm ci failed: see the lines above. The package registry must be reachable once.");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

// The two database clients are made from one set of models; a stamp keeps the work to once per change.
const generated = join(root, "src", "store", "generated");
const models = readFileSync(join(root, "prisma", "models.prisma"), "utf8");
const databases = ["sqlite", "postgresql"].map((name) => {
  const header = readFileSync(join(root, "prisma", name, "header.prisma"), "utf8");
  return { name, schema: `${header}\n${models}`, file: join(root, "prisma", name, "schema.prisma") };
});
const schemas = createHash("sha256")
  .update(lock)
  .update(databases.map(({ schema }) => schema).join("\n"))
  .digest("hex");
const schemasStamp = join(generated, ".stamp");
if (!isStamped(schemasStamp, schemas)) {
  console.error("Generating the database clients …");
  for (const { schema, file } of databases) writeFileSync(file, schema);
  const faults = await Promise.all(databases.map(({ file }) => generateClient(file)));
  for (const fault of faults) if (fault !== "") console.error(fault);
  if (faults.some((fault) => fault !== "")) process.exit(1);
  writeFileSync(schemasStamp, schemas);
}

// The page is built from its sources, but not before `npm run codegen`, which makes some of them. The stamp lies outside the
// folder that is built, which the server serves.
const studio = join(root, "src", "studio");
const sources = readdirSync(studio, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const pageHash = hashOf([...sources, join(root, "schema", "generated", "graphql.ts"), join(root, "vite.config.ts")]);
const pageStamp = join(root, "out", ".studio-stamp");
const built = join(root, "out", "studio", "index.html");
const isBuilt = existsSync(built) && isStamped(pageStamp, pageHash);
if (!isBuilt && !process.argv.includes("--without-studio")) {
  console.error("Building the studio …");
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const done = spawnSync(process.execPath, [vite, "build"], { cwd: root, encoding: "utf8" });
  if (done.status !== 0) {
    console.error(`vite build failed:\n${done.stdout}${done.stderr}`);
    process.exit(1);
  }
  writeFileSync(pageStamp, pageHash);
}

// By content as well: the files of a release that is unpacked over an older one may be older than what was built of that.
const programHash = hashOf([...programSources(root), join(root, "scripts", "build.js")]);
const programStamp = join(root, "out", ".server-stamp");
if (builtProgram() === undefined || !isStamped(programStamp, programHash)) {
  console.error("Building the server …");
  const fault = build();
  if (fault !== "") {
    console.error(fault);
    process.exit(1);
  }
  writeFileSync(programStamp, programHash);
}

/** SHA-256 in hex over the dependencies, and the names and bytes of these files. */
function hashOf(files) {
  const hash = createHash("sha256").update(lock);
  for (const file of files) hash.update(`\n${file.slice(root.length)}\n`).update(readFileSync(file));
  return hash.digest("hex");
}

/** Whether what a stamp lies beside was made of what has this hash. */
function isStamped(stampFile, hash) {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === hash;
}

/** Resolves to what went wrong, or to "". */
function generateClient(schemaFile) {
  // Prisma wants a schema engine to exist before it generates, and downloads one otherwise; it never runs it here. One that
  // fails is named, so that a command which would need it cannot seem to succeed.
  const absentEngine = ["/bin/false", "/usr/bin/false"].find(existsSync) ?? process.execPath;
  const prisma = join(root, "node_modules", "prisma", "build", "index.js");
  const child = spawn(process.execPath, [prisma, "generate", "--no-hints", "--schema", schemaFile], {
    cwd: root,
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: absentEngine, CHECKPOINT_DISABLE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return new Promise((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (status) => done(status === 0 ? "" : `prisma generate failed for ${schemaFile}:\n${said}`));
  });
}
