import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** What each folder of src/ may import. Dependencies point one way; stages do not know each other. */
const walls: Record<string, readonly string[]> = {
  /** Constructs everything, and is imported by what starts it. */
  server: ["*"],
  core: [],
  model: ["core"],
  config: ["core", "model"],
  onnx: ["core", "model"],
  pipeline: ["core", "model"],
  engine: ["core", "model", "config", "pipeline"],
  intake: ["core"],
  finishing: ["core"],
  moderation: ["core"],
  scheduler: ["core"],
  delivery: ["core"],
  audit: ["core"],
  provenance: ["core", "config"],
  store: ["core"],
  journey: [
    "core",
    "model",
    "engine",
    "intake",
    "finishing",
    "moderation",
    "scheduler",
    "delivery",
    "audit",
    "provenance",
    "store",
  ],
  graphql: [
    "core",
    "model",
    "journey",
    "moderation",
    "scheduler",
    "delivery",
    "audit",
    "provenance",
    "store",
    "intake",
  ],
  http: ["core", "journey", "delivery", "intake", "graphql", "store", "engine", "scheduler", "audit"],
  studio: ["schema"],
  cli: [
    "core",
    "schema",
    "model",
    "config",
    "onnx",
    "engine",
    "intake",
    "finishing",
    "moderation",
    "delivery",
    "audit",
    "provenance",
    "store",
    "journey",
    "server",
  ],
};

/** Libraries and where they may be imported. */
const homes: Record<string, readonly string[]> = {
  "onnxruntime-node": ["pipeline"],
  "@huggingface/tokenizers": ["pipeline"],
  "onnx-buf": ["onnx"],
  "@bufbuild/protobuf": ["onnx", "pipeline"],
  sharp: ["intake", "finishing", "moderation"],
  commander: ["cli"],
  "type-graphql": ["graphql"],
  graphql: ["graphql", "http"],
  "@apollo/server": ["graphql", "http"],
  "graphql-ws": ["graphql", "http", "studio", "cli"],
  ws: ["http", "cli"],
  "@prisma/client": ["store"],
  "@prisma/adapter-libsql": ["store"],
  "@prisma/adapter-pg": ["store"],
  "@contentauth/c2pa-node": ["finishing", "provenance"],
  pino: ["http"],
  "prom-client": ["http"],
  react: ["studio"],
  "react-dom": ["studio"],
};

/** Names that only one place may touch: the rest gets them as arguments and can be tested without them. */
const reserved: readonly { pattern: RegExp; home: string; inBrowser?: string }[] = [
  { pattern: /\bprocess\.env\b/, home: "config" },
  { pattern: /\bDate\.now\b|\bnew Date\(\)/, home: "core", inBrowser: "src/studio/timer.ts" },
  { pattern: /\bMath\.random\b/, home: "core" },
  { pattern: /\b(setTimeout|setInterval)\(/, home: "core", inBrowser: "src/studio/timer.ts" },
];

const linesPerFileMax = 400;
const linesPerFunctionMax = 70;
const vagueNames = /(^|[-/])(utils?|helpers?|manager|service|common|misc)(\.|-|\/)/;

const root = resolve(import.meta.dirname, "..");
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith(join("store", "generated")))
  .map((file) => ({
    path: join("src", file),
    folder: file.split("/")[0]!,
    text: readFileSync(join(root, "src", file), "utf8"),
  }));

function importsOf({ path, text }: { path: string; text: string }): string[] {
  const { importedFiles } = ts.preProcessFile(text);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith(".")
      ? relative(join(root, "src"), resolve(root, dirname(path), fileName)).replace("../schema/", "schema/")
      : fileName,
  );
}

function longFunctions({ path, text }: { path: string; text: string }): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const line = (position: number) => source.getLineAndCharacterOfPosition(position).line;
      const lines = line(node.end) - line(node.getStart()) + 1;
      if (lines > linesPerFunctionMax) found.push(`${path}:${line(node.getStart()) + 1} has ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("the house", () => {
  it("has files to look at", () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it("imports only as the walls allow", () => {
    const breaches = files.flatMap((file) => {
      const allowed = walls[file.folder];
      if (allowed === undefined) return [`${file.path}: the folder is not in the table of walls`];
      return importsOf(file)
        .filter((path) => /\.tsx?$/.test(path))
        .map((path) => path.split("/")[0]!)
        .filter((folder) => folder !== file.folder && !allowed.includes(folder) && !allowed.includes("*"))
        .map((folder) => `${file.path} imports ${folder}/`);
    });
    expect(breaches).toEqual([]);
  });

  it("lets the parent's side of the engine not load the pipeline", () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      const file = files.find((candidate) => candidate.path === join("src", path));
      const source = file?.text.replace(/^import type .*$/gm, "") ?? "";
      for (const next of importsOf({ path: join("src", path), text: source })) if (next.endsWith(".ts")) visit(next);
    };
    visit("engine/supervisor.ts");
    expect([...reached].filter((path) => path.startsWith("pipeline/"))).toEqual([]);
  });

  it("keeps each library at home", () => {
    const strays = files.flatMap((file) =>
      importsOf(file).flatMap((name) => {
        if (/\.tsx?$/.test(name)) return [];
        const library = Object.keys(homes).find((known) => name === known || name.startsWith(`${known}/`));
        return library === undefined || homes[library]!.includes(file.folder) ? [] : [`${file.path} imports ${name}`];
      }),
    );
    expect(strays).toEqual([]);
  });

  it("touches environment, clock and chance in one place each", () => {
    const strays = reserved.flatMap(({ pattern, home, inBrowser }) =>
      files
        .filter((file) => file.folder !== home && file.path !== inBrowser && pattern.test(file.text))
        .map((file) => `${file.path}: ${pattern.source}`),
    );
    expect(strays).toEqual([]);
  });

  it("keeps files and functions short", () => {
    const long = files.filter(({ text }) => text.split("\n").length > linesPerFileMax).map(({ path }) => path);
    expect([...long, ...files.flatMap(longFunctions)]).toEqual([]);
  });

  it("has no vague names and no barrels", () => {
    const vague = files.filter(({ path }) => vagueNames.test(path)).map(({ path }) => path);
    const barrels = files.filter(({ text }) => /^export \* from/m.test(text)).map(({ path }) => path);
    expect([...vague, ...barrels]).toEqual([]);
  });
});
