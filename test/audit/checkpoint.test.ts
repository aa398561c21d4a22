import { appendFile, type FileHandle, mkdtemp, open, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openCheckpoint, signCheckpoint, splitNotes } from "../../src/audit/checkpoint.ts";
import { CheckpointFile } from "../../src/audit/checkpoint-file.ts";
import { leafHash } from "../../src/audit/merkle.ts";
import { formatVerifier, noteSigner, openNote, parseVerifier, signNote } from "../../src/audit/signed-note.ts";

/** The example of Go's golang.org/x/mod/sumdb/note, whose form C2SP took over. */
const published = {
  verifier: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  seed: "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};

const signer = noteSigner("example.org/log", Buffer.alloc(32, 1));
const note = (size: number) => signCheckpoint({ origin: signer.name, size, root: leafHash(Buffer.of(size)) }, signer);
const newFile = async () => join(await mkdtemp(join(tmpdir(), "pentimento-checkpoints-")), "checkpoints.txt");

describe("signed notes", () => {
  it("reads and makes the published example", () => {
    const whole = `${published.text}\n${published.signature}`;
    expect(openNote(whole, parseVerifier(published.verifier))).toEqual({ text: published.text });
    const seed = Buffer.from(published.seed, "base64").subarray(1);
    const peter = noteSigner("PeterNeumann", seed);
    expect(formatVerifier(peter)).toBe(published.verifier);
    expect(signNote(published.text, peter)).toBe(whole);
  });

  it("accepts no other byte, key or name", () => {
    const whole = signNote("text\n", signer);
    expect(openNote(whole, signer)).toEqual({ text: "text\n" });
    for (let i = 0; i < whole.length; i += 1) {
      const changed = `${whole.slice(0, i)}${whole[i] === "x" ? "y" : "x"}${whole.slice(i + 1)}`;
      expect(openNote(changed, signer), `character ${i}`).toHaveProperty("fault");
    }
    const other = noteSigner(signer.name, Buffer.alloc(32, 2));
    expect(openNote(whole, other)).toHaveProperty("fault");
    expect(openNote(whole, { ...signer, name: "example.org/other" })).toHaveProperty("fault");
  });

  it("refuses keys that are none", () => {
    expect(() => parseVerifier("example.org/log")).toThrow(/no public key of a log/);
    expect(() => parseVerifier(published.verifier.replace("c74f20a3", "c74f20a4"))).toThrow(/no public key/);
  });
});

describe("checkpoints", () => {
  it("come back as they were signed", () => {
    expect(openCheckpoint(note(7), signer)).toEqual({ origin: signer.name, size: 7, root: leafHash(Buffer.of(7)) });
    expect(note(7).split("\n").slice(0, 2)).toEqual(["example.org/log", "7"]);
  });

  it("are refused from another log or in another form", () => {
    expect(
      openCheckpoint(signCheckpoint({ origin: "other", size: 1, root: leafHash(Buffer.of(1)) }, signer), signer),
    ).toEqual({
      fault: "it is of another log: other",
    });
    expect(openCheckpoint(signNote(`${signer.name}\n007\nAAAA\n`, signer), signer)).toHaveProperty("fault");
  });

  it("are kept in a file, one behind the other", async () => {
    const path = await newFile();
    const file = await CheckpointFile.open(path);
    expect(file.last).toBeUndefined();
    await file.append(note(1));
    await file.append(note(2));
    await file.close();
    expect(splitNotes(await readFile(path, "utf8"))).toEqual({ notes: [note(1), note(2)], rest: "" });
    const again = await CheckpointFile.open(path);
    expect(again.last).toBe(note(2));
    await again.close();
  });

  it("lose the one that a crash left unfinished, wherever it stopped", async () => {
    const ends = [...note(2)].flatMap((character, i) => (character === "\n" ? [i, i + 1] : []));
    const insideDash = Buffer.from(note(2)).indexOf("—") + 1;
    for (const length of [1, 5, 40, 100, insideDash, ...ends.map((end) => Buffer.byteLength(note(2).slice(0, end)))]) {
      const path = await newFile();
      await writeFile(path, `${note(1)}\n`);
      await appendFile(path, Buffer.from(note(2)).subarray(0, length));
      const file = await CheckpointFile.open(path);
      await file.append(note(3));
      await file.close();
      expect(splitNotes(await readFile(path, "utf8"))).toEqual({ notes: [note(1), note(3)], rest: "" });
    }
  });

  it("are not glued to one that could not be written whole", async () => {
    const path = await newFile();
    const file = await CheckpointFile.open(path);
    await file.append(note(1));
    const handle = await open(path);
    const methods = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const full = new Error("the disk is full");
    const append = vi.spyOn(methods, "appendFile").mockImplementation(async function (this: FileHandle, bytes) {
      await this.write((bytes as Buffer).subarray(0, 40));
      throw full;
    });
    await expect(file.append(note(2))).rejects.toBe(full);
    expect(await readFile(path, "utf8")).toBe(`${note(1)}\n`);
    const truncate = vi.spyOn(methods, "truncate").mockRejectedValue(full);
    await expect(file.append(note(2))).rejects.toBe(full);
    truncate.mockRestore();
    append.mockRestore();
    expect(file.last).toBe(note(1));
    await file.append(note(3));
    await file.close();
    expect(splitNotes(await readFile(path, "utf8"))).toEqual({ notes: [note(1), note(3)], rest: "" });
  });

  it("are not thrown away when the file was damaged", async () => {
    const path = await newFile();
    const damaged = `${note(1)}\n${note(2).replace("\n2\n", "\nx\n")}\n${note(3)}\n`;
    await writeFile(path, damaged);
    await expect(CheckpointFile.open(path)).rejects.toThrow(/was damaged/);
    expect(await readFile(path, "utf8")).toBe(damaged);
  });
});
