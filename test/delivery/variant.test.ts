import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { readWhole } from "../../src/delivery/storage.ts";
import { type Rendition, Variants, variantOf, variantParameters } from "../../src/delivery/variant.ts";

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
    const keys = await Promise.all(Array.from({ length: 10 }, () => variants.keyOf(digest, { width: 64 }, "jpeg")));
    expect(new Set(keys)).toEqual(new Set([`${digest}.64-jpeg-85`]));
    expect(made).toEqual([{ width: 64, format: "jpeg", quality: 85 }]);
    expect(Buffer.from((await readWhole(storage, keys[0]!))!).toString()).toBe("original at 64");
    await new Variants(storage, render).keyOf(digest, { width: 64 }, "jpeg");
    expect(made.length).toBe(1);
  });

  it("keeps one PNG whatever the quality", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const variants = new Variants(storage, async (original) => original);
    expect(await variants.keyOf(digest, { format: "png", quality: 10 }, "jpeg")).toBe(`${digest}.full-png-lossless`);
  });

  it("is undefined when the original is gone, and leaves nothing of one that goes meanwhile", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const variants = new Variants(storage, async (original) => {
      await storage.delete(digest);
      return original;
    });
    expect(await variants.keyOf(digest, { width: 64 }, "png")).toBeUndefined();
    expect(await storage.stat(`${digest}.64-png-lossless`)).toBeUndefined();
    expect(await variants.keyOf(digest, { width: 64 }, "png")).toBeUndefined();
  });

  it("tries again after a failure, and refuses when too many are being made", async () => {
    const digest = await storage.put(Buffer.from("original"));
    const failing = new Variants(storage, () => Promise.reject(new Error("no memory")));
    await expect(failing.keyOf(digest, { width: 64 }, "png")).rejects.toThrow("no memory");
    const waiting: (() => void)[] = [];
    const variants = new Variants(
      storage,
      (original) => new Promise((resolve) => waiting.push(() => resolve(original))),
    );
    const asked = Array.from({ length: 33 }, (_, i) => variants.keyOf(digest, { quality: i + 1 }, "jpeg"));
    const ended = Promise.allSettled(asked);
    while (waiting.length < 32) await nextTurn();
    for (const finish of waiting) finish();
    const refused = (await ended).filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "RATE_LIMITED", retryAfterMs: 1000 } }]);
  });
});
