import { type NoteSigner, type NoteVerifier, openNote, signNote } from "./signed-note.ts";

/** What a log was at one moment (https://c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** The log's name. */
  readonly origin: string;
  /** Events under it. */
  readonly size: number;
  /** Merkle root over them, 32 bytes. */
  readonly root: Uint8Array;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(`${origin}\n${size}\n${Buffer.from(root).toString("base64")}\n`, signer);
}

/** A checkpoint whose signature is right, or what is wrong with the note. The log's name must be the key's. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | { fault: string } {
  const opened = openNote(note, verifier);
  if ("fault" in opened) return opened;
  const [, origin, size, encoded] = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n$/.exec(opened.text) ?? [];
  if (origin === undefined) return { fault: "it is no checkpoint: expected origin, size and root" };
  if (origin !== verifier.name) return { fault: `it is of another log: ${origin}` };
  return { origin, size: Number(size), root: Buffer.from(encoded!, "base64") };
}

/** Between notes of a file. The last line of a note starts with a dash, so an empty line after it belongs to no note. */
export const separator = "\n";

/**
 * The notes of a file of checkpoints, in order, and what stands behind the last whole one (after a crash in the middle of
 * writing; otherwise nothing).
 */
export function splitNotes(content: string): { notes: string[]; rest: string } {
  const note = /[^\n]+\n\d+\n[^\n]+\n\n(?:— [^\n]+\n)+\n/uy;
  const notes: string[] = [];
  let end = 0;
  for (let found = note.exec(content); found !== null; found = note.exec(content)) {
    notes.push(found[0].slice(0, -separator.length));
    end = note.lastIndex;
  }
  return { notes, rest: content.slice(end) };
}
