import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** This code runs from its sources, or from what `scripts/build.js` made of them in `out/server`. */
const isSource = import.meta.url.endsWith(".ts");

/** The folder of package.json. */
export const projectFolder = isSource
  ? join(import.meta.dirname, "..", "..")
  : import.meta.dirname.slice(0, import.meta.dirname.lastIndexOf(join("out", "server")));

/** A file that lies among the sources and is read as it is, by its path in `src/`. */
export function sourceFile(path: string): string {
  return join(projectFolder, "src", path);
}

/** How a module of ours is started as a process or a thread of its own. */
export interface EntryPoint {
  readonly file: string;
  /** URL of what must be imported before it; absent where it is JavaScript already. */
  readonly loader?: string;
}

/** @param module its path in `src/`, without an ending; one of the entries in `scripts/build.js` */
export function entryPoint(module: string): EntryPoint {
  if (!isSource) return { file: join(projectFolder, "out", "server", `${module}.js`) };
  // Found from here and not from the working folder.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return { file: sourceFile(`${module}.ts`), loader };
}

/** What `fork` needs besides the file. */
export function execArgvOf({ loader }: EntryPoint): string[] {
  return loader === undefined ? [] : ["--import", loader];
}

/** JavaScript that starts the module as a thread; a thread does not inherit the loader in every Node. */
export function threadCode({ file, loader }: EntryPoint): string {
  const start = `import(${JSON.stringify(pathToFileURL(file).href)})`;
  if (loader === undefined) return start;
  const api = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  return `import(${api}).then(({ register }) => { register(); return ${start}; });`;
}
