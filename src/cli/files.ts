import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { Refused } from "../core/errors.ts";
import { type ImageFormat, imageFormats } from "../core/image.ts";
import { writeWhole } from "../core/write-whole.ts";

/**
 * The format in which a picture goes into a file. Asked before there is a picture, which would be lost otherwise.
 *
 * @throws Refused BAD_INPUT when the name says no format, or a file of this name cannot be written
 */
export async function checkOutput(file: string): Promise<ImageFormat> {
  const format = formatOf(file);
  const fault = (await isFolder(file)) ? "it is a folder" : await faultOfFolder(dirname(file));
  if (fault !== undefined) throw new Refused("BAD_INPUT", `-o ${file}: cannot be written (${fault})`);
  return format;
}

/** Why no file can be made in a folder; undefined where one can. */
async function faultOfFolder(folder: string): Promise<string | undefined> {
  if (!(await isFolder(folder))) return `there is no folder ${folder}`;
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The format that a file name asks for. */
function formatOf(file: string): ImageFormat {
  const extension = extname(file).slice(1).toLowerCase();
  const format = imageFormats.find((known) => known === (extension === "jpg" ? "jpeg" : extension));
  if (format === undefined)
    throw new Refused("BAD_INPUT", `-o ${file}: the name must end in .png, .jpg, .webp or .avif`);
  return format;
}

/** A file that the caller named; one that is not there is the caller's mistake. */
export async function readInput(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    const reasons: Readonly<Record<string, string>> = { ENOENT: "no such file", EISDIR: "is a folder, not a file" };
    const { code = error.message } = error;
    throw new Refused("NOT_FOUND", `${file}: ${reasons[code] ?? code}`);
  });
}

/**
 * Writes a result whole or not at all.
 *
 * @param mode who may read and write it; what the umask leaves when it is left out
 */
export async function writeOutput(file: string, bytes: Uint8Array, mode?: number): Promise<void> {
  await writeWhole(file, bytes, mode).catch((error: NodeJS.ErrnoException) => {
    throw new Refused("BAD_INPUT", `-o ${file}: cannot be written (${error.code ?? error.message})`);
  });
}
