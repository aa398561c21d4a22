import { type FileHandle, open, readFile } from "node:fs/promises";
import { Failed } from "../core/errors.ts";
import { separator, splitNotes } from "./checkpoint.ts";

/** A file to which signed checkpoints are added, each on disk before `append` returns. */
export class CheckpointFile {
  readonly #handle: FileHandle;
  readonly path: string;
  #last: string | undefined;
  /** Bytes of whole notes. */
  #length: number;
  /** Whether a write that failed may have left something behind them. */
  #isTorn: boolean;

  private constructor(path: string, handle: FileHandle, notes: readonly string[], isTorn: boolean) {
    this.path = path;
    this.#handle = handle;
    this.#last = notes.at(-1);
    this.#length = notes.reduce((sum, note) => sum + Buffer.byteLength(note + separator), 0);
    this.#isTorn = isTorn;
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
      const { notes, rest } = splitNotes(await readFile(path, "utf8"));
      if (!isUnfinished(rest)) throw fail("was damaged: keep it, run `pentimento audit verify`, and begin another");
      const file = new CheckpointFile(path, handle, notes, rest !== "");
      await file.#cutOff();
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The newest note; undefined while the file is empty. */
  get last(): string | undefined {
    return this.#last;
  }

  /** Throws where the note cannot be written whole, as on a full disk; nothing of it is left for the next to be glued to. */
  async append(note: string): Promise<void> {
    await this.#cutOff();
    const bytes = Buffer.from(note + separator);
    this.#isTorn = true;
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.sync();
    } catch (error) {
      // Where this fails too, it is done before the next one.
      await this.#cutOff().catch(() => {});
      throw error;
    }
    this.#isTorn = false;
    this.#length += bytes.length;
    this.#last = note;
  }

  async #cutOff(): Promise<void> {
    if (!this.#isTorn) return;
    await this.#handle.truncate(this.#length);
    this.#isTorn = false;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Whether it may be the beginning of one note, which has one empty line inside and none at its end. */
function isUnfinished(rest: string): boolean {
  return rest.split("\n\n").length <= 2 && !/^\n|— [^\n]*\n\n$/.test(rest);
}
