import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { Refused } from "../core/errors.ts";
import { type ImageFormat, imageFormats } from "../core/image.ts";
import { writeWhole } from "../core/write-whole.ts";

/** The format that a file name asks for. */
export function formatOf(file: string): ImageFormat {
  const extension = extname(file).slice(1).toLowerCase();
  const format = imageFormats.find((known) => known === (extension === "jpg" ? "jpeg" : extension));
  if (format === undefined)
    throw new Refused("BAD_INPUT", `-o ${file}: the name must end in .png, .jpg, .webp or .avif`);
  return format;
}

/** A file that the caller named; one that is not there is the caller's mistake. */
export async function readInput(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Refused(
      "NOT_FOUND",
      `${file}: ${error.code === "ENOENT" ? "no such file" : (error.code ?? error.message)}`,
    );
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
