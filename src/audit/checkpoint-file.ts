import { type FileHandle, open, readFile } from "node:fs/promises";
import { Failed } from "../core/errors.ts";
import { separator, splitNotes } from "./checkpoint.ts";

/** A file to which signed checkpoints are added, each on disk before `append` returns. */
export class CheckpointFile {
  readonly #handle: FileHandle;
  readonly path: string;
  #last: string | undefined;

  private constructor(path: string, handle: FileHandle, last: string | undefined) {
    this.path = path;
    this.#handle = handle;
    this.#last = last;
  }

  /**
   * Opens or makes the file. A note that a crash left unfinished was promised to nobody and is cut off.
   *
   * @throws Failed when the file cannot be written or was damaged
   */
  static async open(path: string): Promise<CheckpointFile> {
    const fail = (what: string, cause?: unknown) =>
      new Failed("INTERNAL", `the checkpoints file ${path} ${what}`, { retryable: false, cause });
    const handle = await open(path, "a").catch((cause) => Promise.reject(fail("cannot be opened for writing", cause)));
    try {
      const content = await readFile(path);
      const { notes, rest } = splitNotes(content.toString());
      if (!isUnfinished(rest)) throw fail("was damaged: keep it, run `pentimento audit verify`, and begin another");
      if (rest !== "") await handle.truncate(content.length - Buffer.byteLength(rest));
      return new CheckpointFile(path, handle, notes.at(-1));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The newest note; undefined while the file is empty. */
  get last(): string | undefined {
    return this.#last;
  }

  async append(note: string): Promise<void> {
    await this.#handle.appendFile(note + separator);
    await this.#handle.sync();
    this.#last = note;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Whether it may be the beginning of one note, which has one empty line inside and none at its end. */
function isUnfinished(rest: string): boolean {
  return rest.split("\n\n").length <= 2 && !/^\n|— [^\n]*\n\n$/.test(rest);
}
