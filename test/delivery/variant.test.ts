import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { readWhole } from "../../src/delivery/storage.ts";
import { type Rendition, Variants, variantOf, variantParameters } from "../../src/delivery/variant.ts";
import { keptSince } from "../support/kept-since.ts";

let root: string;
let storage: LocalStorage;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-variants-"));
  storage = await LocalStorage.open(root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe("variantParameters", () => {
  it("comes back from a signed URL, the width rounded up to a step", () => {
    const parameters = variantParameters({ width: 300, format: "webp", quality: 70 });
    expect(parameters).toEqual({ width: "384", format: "webp", quality: "70" });
    expect(variantOf(new URLSearchParams(parameters))).toEqual({ width: 384, format: "webp", quality: 70 });
    expect(variantParameters({ width: 16 })).toEqual({ width: "16" });
    expect(variantParameters({ width: 2048 })).toEqual({ width: "2048" });
    expect(variantOf(new URLSearchParams(variantParameters({})))).toBeUndefined();
  });

  it("has few qualities, so that one picture has few variants", () => {
    const qualities = Array.from({ length: 100 }, (_, i) => Number(variantParameters({ quality: i + 1 }).quality));
    expect([...new Set(qualities)]).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(qualities.every((quality, i) => quality >= i + 1)).toBe(true);
  });

  it("lists every fault", () => {
    expect(() => variantParameters({ width: 15, quality: 0 })).toThrow(
      /width is 15.*16 to 2048\nquality is 0.*1 to 100/,
    );
    expect(() => variantParameters({ width: 2049 })).toThrow(/width/);
    expect(() => variantParameters({ width: 20.5 })).toThrow(/width/);
    expect(() => variantParameters({ quality: 101 })).toThrow(/quality/);
  });
});

describe("Variants", () => {
  it("makes a variant once, however many ask at once, and never again", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const made: Rendition[] = [];
    const render = async (original: Uint8Array, rendition: Rendition) => {
      made.push(rendition);
      return Buffer.from(`${Buffer.from(original)} at ${rendition.width}`);
    };
    const variants = new Variants(storage, render);
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => variants.keyOf({ digest, format: "jpeg" }, { width: 64 }, "someone")),
    );
    expect(new Set(keys)).toEqual(new Set([`${digest}.64-jpeg-85`]));
    expect(made).toEqual([{ width: 64, format: "jpeg", quality: 85 }]);
    expect(Buffer.from((await readWhole(storage, keys[0]!))!).toString()).toBe("original at 64");
    await new Variants(storage, render).keyOf({ digest, format: "jpeg" }, { width: 64 }, "someone");
    expect(made.length).toBe(1);
  });

  it("keeps one PNG whatever the quality", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const variants = new Variants(storage, async (original) => original);
    expect(await variants.keyOf({ digest, format: "jpeg" }, { format: "png", quality: 10 }, "someone")).toBe(
      `${digest}.full-png-lossless`,
    );
  });

  it("is undefined when the original is gone, and leaves nothing of one that goes meanwhile", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const variants = new Variants(storage, async (original) => {
      await storage.delete(digest);
      return original;
    });
    expect(await variants.keyOf({ digest, format: "png" }, { width: 64 }, "someone")).toBeUndefined();
    expect(await storage.stat(`${digest}.64-png-lossless`)).toBeUndefined();
    expect(await variants.keyOf({ digest, format: "png" }, { width: 64 }, "someone")).toBeUndefined();
  });

  it("stores nothing of one that goes while it is being rendered, for a kill would leave that", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const putDerived = vi.spyOn(storage, "putDerived");
    const variants = new Variants(storage, async (original) => {
      await storage.delete(digest);
      return original;
    });
    expect(await variants.keyOf({ digest, format: "png" }, { width: 64 }, "someone")).toBeUndefined();
    expect(putDerived).not.toHaveBeenCalled();
    putDerived.mockRestore();
  });

  it("leaves nothing of one that goes while a variant is being stored", async () => {
    const variants = new Variants(storage, async (original) => original);
    const digest = await storage.put(Buffer.from("original"));
    const folder = join(root, digest.slice(0, 2), digest.slice(2, 4));
    // Many, so that deleting them takes longer than storing one more.
    for (let i = 0; i < 500; i += 1) await writeFile(join(folder, `${digest}.${i}`), "");
    const deleting = storage.delete(digest);
    await Promise.all([deleting, variants.keyOf({ digest, format: "png" }, { width: 64 }, "someone")]);
    expect(await readdir(folder)).toEqual([]);
  });

  it("lets the oldest go when all of a picture take too much, and makes them again", async () => {
    const original = { digest: await storage.put(Buffer.from("original")), format: "jpeg" } as const;
    const made: number[] = [];
    const variants = new Variants(storage, async (_, { width }) => {
      made.push(width!);
      return Buffer.alloc(2 ** 20);
    });
    const widths = [16, 32, 64, 96, 128, 192, 256, 384, 512, 640];
    const keyOf = (width: number) => `${original.digest}.${width}-jpeg-85`;
    for (const [second, width] of widths.entries()) {
      await variants.keyOf(original, { width }, "someone");
      await keptSince(root, keyOf(width), second);
    }
    const there = await Promise.all(widths.map((width) => storage.stat(keyOf(width))));
    expect(there.map((found) => found !== undefined)).toEqual([false, false, ...Array(8).fill(true)]);
    await variants.keyOf(original, { width: 16 }, "someone");
    await variants.keyOf(original, { width: 640 }, "someone");
    expect(made).toEqual([...widths, 16]);
  });

  it("tries again after a failure", async () => {
    const digest = await storage.put(Buffer.from("original"));
    let attempts = 0;
    const failing = new Variants(storage, () => {
      attempts += 1;
      return Promise.reject(new Error("no memory"));
    });
    for (const _ of [1, 2, 3]) {
      const made = failing.keyOf({ digest, format: "png" }, { width: 64 }, "someone");
      await expect(made).rejects.toThrow("no memory");
    }
    expect(attempts).toBe(3);
  });

  it("makes few at once, fewer for one account, and refuses one of which many wait", async () => {
    const original = { digest: await storage.put(Buffer.from("original")), format: "jpeg" } as const;
    const rendering: { quality: number; finish: () => void }[] = [];
    const variants = new Variants(
      storage,
      (bytes, { quality }) => new Promise((done) => rendering.push({ quality, finish: () => done(bytes) })),
    );
    const ask = (accountId: string, from: number, count: number) =>
      Array.from({ length: count }, (_, i) => variants.keyOf(original, { quality: from + i }, accountId));
    const greedy = ask("one", 101, 35);
    const all = Promise.allSettled(greedy);
    // Two are being made and 32 wait: nothing but the refusal can have ended.
    await expect(Promise.race(greedy)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 1000 });
    const others = Promise.all([...ask("another", 201, 2), ...ask("a third", 301, 1)]);
    while (rendering.length < 3) await nextTurn();
    expect(rendering.map(({ quality }) => quality > 200).sort()).toEqual([false, false, true]);
    for (let made = 0; made < 37; made += 1) {
      while (rendering.length === made) await nextTurn();
      rendering[made]!.finish();
    }
    expect((await all).filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(await others).toHaveLength(3);
  });
});
