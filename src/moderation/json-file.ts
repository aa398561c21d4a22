import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { type ErrorCode, Refused } from "../core/errors.ts";

/** The text of a file of settings. Throws `Refused` with this code where it cannot be read. */
export function readSettings(file: string, code: ErrorCode): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Refused(code, `${file}: cannot be read (${error.code ?? error.message})`);
  });
}

/**
 * What a file's text says in JSON. Throws `Refused` with this code and a line per fault.
 *
 * @param moreFaults what the form cannot say, of the JSON as it stands
 */
export function parseSettings<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  code: ErrorCode,
  moreFaults: (json: unknown) => readonly string[] = () => [],
): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refused(code, `${file}: this is no JSON`);
  }
  const parsed = schema.safeParse(json);
  const issues = parsed.error?.issues ?? [];
  const faults = [
    ...moreFaults(json),
    ...issues.map(({ path, message }) => `${path.join(".") || "content"}: ${message}`),
  ].map((fault) => `${file}: ${fault}`);
  if (!parsed.success || faults.length > 0) throw new Refused(code, faults.join("\n"), faults);
  return parsed.data;
}
