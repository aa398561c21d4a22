import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { derivedKey, readWhole, type Storage } from "../../src/delivery/storage.ts";

/**
 * What every storage must do; `open` gives an empty one, and `age` makes what the one opened last keeps under a key as old as
 * if it had been written so many seconds after 1970 began.
 */
export function storageSuite(open: () => Promise<Storage>, age: (key: string, seconds: number) => Promise<void>): void {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  it("gives back what was put, under the SHA-256 of it", async () => {
    const storage = await open();
    for (const bytes of [randomBytes(200_000), Buffer.from("x"), Buffer.alloc(0)]) {
      const digest = await storage.put(bytes);
      expect(digest).toBe(sha256(bytes));
      expect(await storage.stat(digest)).toEqual({ byteLength: bytes.length });
      expect(Buffer.from((await readWhole(storage, digest))!)).toEqual(bytes);
    }
  });

  it("knows nothing of what was never put", async () => {
    const storage = await open();
    const digest = sha256(Buffer.from("never"));
    expect(await storage.stat(digest)).toBeUndefined();
    expect(await storage.read(digest)).toBeUndefined();
    expect(await readWhole(storage, digest)).toBeUndefined();
    await storage.delete(digest);
  });

  it("reads a part", async () => {
    const storage = await open();
    const digest = await storage.put(Buffer.from("0123456789"));
    for (const [first, last, part] of [
      [0, 0, "0"],
      [3, 5, "345"],
      [9, 9, "9"],
      [0, 9, "0123456789"],
    ] as const) {
      const stored = await storage.read(digest, { first, last });
      expect(stored!.byteLength).toBe(10);
      expect(Buffer.concat(await stored!.stream.toArray()).toString()).toBe(part);
    }
  });

  it("notes what is being stored until that has ended", async () => {
    const storage = await open();
    const [one, two] = [sha256(Buffer.from("one")), sha256(Buffer.from("two"))];
    for (const digest of [one, two, one]) await storage.begin(digest);
    expect((await storage.begun()).sort()).toEqual([one, two].sort());
    for (const digest of [one, one]) await storage.end(digest);
    expect(await storage.begun()).toEqual([two]);
    expect(await storage.stat(two)).toBeUndefined();
    await expect(storage.begin("../escape")).rejects.toThrow("a storage key is");
  });

  it("puts the same bytes many times at once", async () => {
    const storage = await open();
    const bytes = randomBytes(50_000);
    const digests = await Promise.all(Array.from({ length: 20 }, () => storage.put(bytes)));
    expect(new Set(digests)).toEqual(new Set([sha256(bytes)]));
    expect(Buffer.from((await readWhole(storage, digests[0]!))!)).toEqual(bytes);
  });

  it("lets what was made from an original go with it, and nothing else", async () => {
    const storage = await open();
    const [kept, doomed] = [await storage.put(Buffer.from("kept")), await storage.put(Buffer.from("doomed"))];
    for (const digest of [kept, doomed]) {
      await storage.putDerived(derivedKey(digest, "64-webp-80"), Buffer.from(`small ${digest}`));
      await storage.putDerived(derivedKey(digest, "full-avif-50"), Buffer.from("other"));
    }
    await storage.delete(doomed);
    for (const key of [doomed, derivedKey(doomed, "64-webp-80"), derivedKey(doomed, "full-avif-50")]) {
      expect(await storage.stat(key)).toBeUndefined();
    }
    expect(Buffer.from((await readWhole(storage, kept))!).toString()).toBe("kept");
    const small = await readWhole(storage, derivedKey(kept, "64-webp-80"));
    expect(Buffer.from(small!).toString()).toBe(`small ${kept}`);
    expect(await storage.put(Buffer.from("doomed"))).toBe(doomed);
    expect(await storage.stat(doomed)).toEqual({ byteLength: 6 });
  });

  it("removes the oldest of what was made from an original, until the rest fits; the newest stay", async () => {
    const storage = await open();
    const [digest, other] = [await storage.put(Buffer.from("original")), await storage.put(Buffer.from("other"))];
    const keys = [1, 2, 3, 4, 5].map((i) => derivedKey(digest, `${i}`));
    const there = async () =>
      (await Promise.all(keys.map((key) => storage.stat(key)))).map((found) => found?.byteLength);
    for (const [second, key] of [derivedKey(other, "1"), ...keys].entries()) {
      await storage.putDerived(key, Buffer.alloc(100));
      await age(key, second);
    }
    await storage.trimDerived(digest, 500, 1);
    expect(await there()).toEqual([100, 100, 100, 100, 100]);
    await storage.trimDerived(digest, 399, 1);
    expect(await there()).toEqual([undefined, undefined, 100, 100, 100]);
    await storage.trimDerived(digest, 0, 2);
    expect(await there()).toEqual([undefined, undefined, undefined, 100, 100]);
    expect(await storage.stat(digest)).toEqual({ byteLength: 8 });
    expect(await storage.stat(derivedKey(other, "1"))).toEqual({ byteLength: 100 });
  });

  it.each(["", "../../etc/passwd", "A".repeat(64), `${"a".repeat(64)}.`, `${"a".repeat(64)}./x`, "a".repeat(63)])(
    "takes %j for no key",
    async (key) => {
      const storage = await open();
      await expect(storage.stat(key)).rejects.toThrow(/SHA-256/);
      await expect(storage.read(key)).rejects.toThrow(/SHA-256/);
      await expect(storage.putDerived(key, Buffer.from("x"))).rejects.toThrow(/SHA-256/);
    },
  );
}
