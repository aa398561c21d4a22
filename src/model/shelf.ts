import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { Refused } from "../core/errors.ts";
import { exists } from "../core/exists.ts";
import { type ImportedModel, manifestFile, readManifest } from "./manifest.ts";

/** Bytes done and in all, while many bytes are read. */
export type ByteProgress = (done: number, total: number) => void;

/** Every model under `modelsFolder` that has a manifest, by name; a broken one is listed with its fault. */
export async function listModels(modelsFolder: string): Promise<(ImportedModel | { folder: string; fault: string })[]> {
  const entries = await readdir(modelsFolder, { withFileTypes: true }).catch(() => []);
  const found: (ImportedModel | { folder: string; fault: string })[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = join(modelsFolder, entry.name);
    if (!(await exists(join(folder, manifestFile)))) continue;
    found.push(await readManifest(folder).catch((error: Error) => ({ folder, fault: error.message })));
  }
  return found;
}

/** The model called `name`, or the model in the folder `name` when it is a path. */
export async function findModel(modelsFolder: string, name: string): Promise<ImportedModel> {
  if (name.includes("/") || name.includes("\\")) return readManifest(name);
  const known = await listModels(modelsFolder);
  const folder = join(modelsFolder, name);
  if (known.some((model) => model.folder === folder || model.folder === resolve(folder))) return readManifest(folder);
  const names = known.map((model) => ("manifest" in model ? model.manifest.name : model.folder));
  throw new Refused(
    "MODEL_UNAVAILABLE",
    `no model is called "${name}"; ${names.length > 0 ? `there is ${names.join(", ")}` : `none has been imported into ${modelsFolder}`}`,
  );
}

/** A path of a manifest as an absolute one. */
export function resolveIn(model: ImportedModel, path: string): string {
  return isAbsolute(path) ? path : join(model.folder, path);
}

/** Reads every weight file and compares size and SHA-256 with the manifest: one line per file that differs. */
export async function verifyModel(model: ImportedModel, progress: ByteProgress = () => {}): Promise<string[]> {
  const { files } = model.manifest;
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const faults: string[] = [];
  let before = 0;
  for (const file of files) {
    const path = resolveIn(model, file.path);
    const digest = await sha256OfFile(path, (bytes) => progress(before + bytes, total)).catch(
      (error: NodeJS.ErrnoException) => {
        faults.push(`${file.path}: cannot be read (${error.code ?? error.message})`);
      },
    );
    if (digest !== undefined && digest !== file.sha256) {
      faults.push(`${file.path}: its SHA-256 is ${digest}, the manifest says ${file.sha256}`);
    }
    before += file.bytes;
  }
  return faults;
}

/** Streams a file through SHA-256; memory stays at one chunk. */
export async function sha256OfFile(path: string, progress: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    progress(done);
  }
  return hash.digest("hex");
}
