import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageContent } from "../../../src/moderation/filter.ts";
import { HashLists } from "../../../src/moderation/hash-list/hash-lists.ts";
import { importList, type ListImport } from "../../../src/moderation/hash-list/import-list.ts";
import { readManifest, removeList } from "../../../src/moderation/hash-list/list-file.ts";
import { exclusively } from "../../../src/moderation/hash-list/list-lock.ts";
import { pdqOf } from "../../../src/moderation/hash-list/pdq.ts";
import { mirror, pattern } from "./patterns.ts";

const at = new Date("2026-11-01T12:00:00Z");
const { signal } = new AbortController();
const image = pattern({ width: 256, height: 192 }, "hills");
const bytes = new TextEncoder().encode("the file as it was sent");
const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
const file = { sha256: digest("sha256"), md5: digest("md5") };
const content: ImageContent = { stage: "SOURCE", image, file, index: 0 };
const pdq = Buffer.from((await pdqOf(image)).hash).toString("hex");

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "pentimento-lists-")), "lists");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

const open = (required: readonly string[] = []) => HashLists.open({ folder, required, ageHoursMax: 168 });

function csv(lines: readonly string[], rest: Partial<ListImport> = {}): ListImport {
  const text = ["type,hash,id,status", ...lines].join("\n");
  return { name: "known", category: "NCII", source: "a test", format: "csv", text, replace: false, ...rest };
}

/** A hash with some of its bits turned, one in every slice of eight bytes. */
function off(hex: string, bits: number): string {
  const hash = Buffer.from(hex, "hex");
  for (let bit = 0; bit < bits; bit += 1) hash[bit % 32]! ^= 1 << (bit >> 5);
  return hash.toString("hex");
}

describe("known pictures", () => {
  it.each([
    ["SHA-256", () => `sha256,${digest("sha256")}`],
    ["MD5", () => `md5,${digest("md5")}`],
    ["PDQ, 0 bits", () => `pdq,${pdq}`],
    ["PDQ, 31 bits", () => `pdq,${off(pdq, 31)}`],
  ])("are found by %s", async (how, line) => {
    const lists = await open();
    await lists.import(csv([line()]), at);
    expect(await lists.check(content, signal)).toEqual([{ category: "NCII", score: 1, note: `list known: ${how}` }]);
  });

  it("are found mirrored, and without the file", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    const mirrored: ImageContent = { stage: "OUTPUT", image: mirror(image), index: 0 };
    expect(await lists.check(mirrored, signal)).toMatchObject([{ category: "NCII" }]);
  });

  it("are not found at 32 bits, in another file, or where the picture has no detail", async () => {
    const lists = await open();
    const flat = pattern({ width: 400, height: 300 }, "slope");
    const flatHash = Buffer.from((await pdqOf(flat)).hash).toString("hex");
    await lists.import(csv([`pdq,${off(pdq, 32)}`, `pdq,${flatHash}`, `md5,${"0".repeat(32)}`]), at);
    expect(await lists.check(content, signal)).toEqual([]);
    expect(await lists.check({ ...content, image: flat }, signal)).toEqual([]);
  });

  it("are found by their file although their pixels cannot be hashed; of others nothing is said then", async () => {
    const broken = () => Promise.reject(new Error("the thread ended"));
    const lists = await HashLists.open({ folder, required: [], ageHoursMax: 168, pdq: broken });
    await lists.import(csv([`md5,${digest("md5")}`, `pdq,${pdq}`]), at);
    expect(await lists.check(content, signal)).toMatchObject([{ category: "NCII", note: "list known: MD5" }]);
    const other = { ...content, file: { sha256: "0".repeat(64), md5: "0".repeat(32) } };
    await expect(lists.check(other, signal)).rejects.toThrow("the thread ended");
    const hanging = await HashLists.open({ folder, required: [], ageHoursMax: 168, pdq: () => new Promise(() => {}) });
    await hanging.import(csv([`sha256,${digest("sha256")}`], { name: "worst", category: "CSAM" }), at);
    expect(await hanging.check(content, signal)).toMatchObject([{ category: "NCII" }, { category: "CSAM" }]);
  });

  it("are found in every list that has them", async () => {
    const lists = await open();
    await lists.import(csv([`md5,${digest("md5")}`]), at);
    await lists.import(csv([`pdq,${pdq}`], { name: "another", category: "CSAM" }), at);
    expect((await lists.check(content, signal)).map(({ category }) => category).sort()).toEqual(["CSAM", "NCII"]);
    expect(lists.version).toMatch(/^another@[0-9a-f]{12},known@[0-9a-f]{12}$/);
  });
});

describe("an import", () => {
  it("adds to what is there, takes out what is deleted, and says what it did", async () => {
    const lists = await open();
    const first = await lists.import(csv([`md5,${"a".repeat(32)}`, `pdq,${pdq}`, "pdna,00"]), at);
    expect(first).toMatchObject({ added: 2, removed: 0, skipped: { "a kind of hash that is not used": 1 } });
    const second = await lists.import(csv([`md5,${digest("md5")}`, `pdq,${pdq},,deleted`]), at);
    expect(second).toMatchObject({ added: 1, removed: 1, manifest: { counts: { md5: 2, pdq: 0, sha256: 0 } } });
    expect(await lists.check(content, signal)).toMatchObject([{ note: "list known: MD5" }]);
  });

  it("keeps a hash for as long as one of its entries stands", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq},42-a`, `pdq,${pdq},43-b`]), at);
    await lists.import(csv([",,42-a,deleted", "pdq,,42-a,deleted"]), at);
    expect(await lists.check(content, signal)).toHaveLength(1);
    await lists.import(csv(["pdq,,43-b,deleted"]), at);
    expect(await lists.check(content, signal)).toEqual([]);
  });

  it("lets an entry that comes again replace the one before, in every shape", async () => {
    const lists = await open();
    const ncmec = (hash: string): ListImport => ({
      ...csv([]),
      format: "ncmec",
      text: `<queryResult><images><image><member id="1"/><id>x</id><fingerprints>${hash}</fingerprints></image></images></queryResult>`,
    });
    await lists.import(ncmec(`<pdq>${pdq}</pdq>`), at);
    expect(await lists.check(content, signal)).toHaveLength(1);
    await lists.import(ncmec(`<md5>${"b".repeat(32)}</md5>`), at);
    expect(await lists.check(content, signal)).toEqual([]);
  });

  it("of a whole list leaves nothing of the one before", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    await lists.import(csv([`md5,${"c".repeat(32)}`], { replace: true }), at);
    expect(await lists.check(content, signal)).toEqual([]);
    expect((await readdir(join(folder, "known"))).filter((file) => file.endsWith(".bin"))).toHaveLength(1);
  });

  it("is refused, the list left as it was, when nothing in it can be used or it changes the category", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    for (const bad of [csv(["pdq,00"], { replace: true }), csv([`pdq,${pdq}`], { category: "OTHER" })]) {
      await expect(lists.import(bad, at)).rejects.toMatchObject({ code: "BAD_INPUT" });
    }
    for (const empty of [csv([]), csv([`pdq,${pdq},,deleted`]), { ...csv([]), format: "json", text: "[]" } as const])
      await expect(lists.import({ ...empty, replace: true }, at)).rejects.toThrow("would be left empty");
    await expect(lists.import(csv([], { name: "../up" }), at)).rejects.toThrow('not "../up"');
    expect(await lists.check(content, signal)).toHaveLength(1);
  });

  it("is seen by a server that did not make it once it reloads, and by one that starts", async () => {
    const [running, importing] = [await open(), await open()];
    await importing.import(csv([`pdq,${pdq}`]), at);
    expect(await running.check(content, signal)).toEqual([]);
    await running.reload();
    expect(await running.check(content, signal)).toHaveLength(1);
    expect(await (await open()).check(content, signal)).toHaveLength(1);
  });

  it("says what cannot be kept before it keeps anything", async () => {
    const lists = await open();
    await expect(lists.import(csv([`pdq,${pdq}`], { source: "x".repeat(201) }), at)).rejects.toThrow("at most 200");
    await expect(lists.import(csv([`pdq,${pdq}`], { ageHoursMax: 0 }), at)).rejects.toThrow("stale after 0 hours");
    expect(lists.status(at)).toEqual([]);
  });

  it("never lets a check see half of it", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    const other = csv([`pdq,${pdq}`, `md5,${"d".repeat(32)}`], { replace: true });
    const checks = Array.from({ length: 5 }, () => lists.check(content, signal));
    await lists.import(other, at);
    for (const found of await Promise.all(checks)) expect(found).toHaveLength(1);
  });
});

describe("a list that was removed", () => {
  it("is no longer matched once a server reloads, and holds nothing unless it is required", async () => {
    const [free, bound] = [await open(), await open(["known"])];
    await free.import(csv([`pdq,${pdq}`]), at);
    await bound.reload();
    await removeList(folder, "known", at);
    for (const lists of [free, bound]) {
      expect(await lists.check(content, signal)).toHaveLength(1);
      await lists.reload();
      expect(await lists.check(content, signal)).toEqual([]);
    }
    expect(free.hold(at)).toBeUndefined();
    expect(bound.hold(at)).toContain("has not been imported");
    await expect(removeList(folder, "known", at)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("may have been damaged", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    await writeFile(join(folder, "known", "manifest.json"), "{}");
    await removeList(folder, "known", at);
    await lists.reload();
    expect(lists.status(at)).toEqual([]);
  });
});

describe("a list that cannot be relied on holds every picture", () => {
  const hoursLater = (hours: number) => new Date(at.getTime() + hours * 3_600_000);

  it("when it is stale: by the policy's limit, or its own", async () => {
    const lists = await open();
    await lists.import(csv([`pdq,${pdq}`]), at);
    expect(lists.hold(hoursLater(168))).toBeUndefined();
    expect(lists.hold(hoursLater(169))).toContain('"known" was imported 169 hours ago');
    expect(lists.isComplete()).toBe(true);
    await lists.import(csv([`pdq,${pdq}`], { ageHoursMax: 24 }), at);
    expect(lists.hold(hoursLater(25))).toContain("after 24 it is stale");
    await lists.import(csv([`pdq,${pdq}`], { ageHoursMax: 5000 }), at);
    expect(lists.hold(hoursLater(169))).toContain("after 168");
  });

  it("when it was imported in the future, or never although it is required", async () => {
    const lists = await open(["known"]);
    expect(lists.hold(at)).toBe('hash list "known" has not been imported');
    expect(lists.isComplete()).toBe(false);
    await lists.import(csv([`pdq,${pdq}`]), hoursLater(5));
    expect(lists.hold(at)).toContain("in the future");
    expect(lists.hold(hoursLater(5))).toBeUndefined();
  });

  it("when its files are damaged, cut off or gone; what it knew it still knows", async () => {
    const damages: readonly [string, (file: string) => Promise<void>][] = [
      [
        "not the one that was imported",
        async (file) =>
          writeFile(
            file,
            (await readFile(file)).map((byte) => byte ^ 1),
          ),
      ],
      ["bytes instead of", async (file) => writeFile(file, (await readFile(file)).subarray(1))],
      ["hashes cannot be read", (file) => rm(file)],
      ["manifest cannot be read", (file) => writeFile(join(file, "../manifest.json"), "{}")],
      ["folder is gone", (file) => rm(join(file, ".."), { recursive: true })],
    ];
    for (const [why, damage] of damages) {
      const lists = await open();
      await lists.import(csv([`pdq,${pdq}`, `md5,${"e".repeat(32)}`]), at);
      const [file] = (await readdir(join(folder, "known"))).filter((name) => name.endsWith(".bin"));
      await damage(join(folder, "known", file!));
      // The hashes of an unchanged manifest are in memory already and are not read again.
      const started = why.includes("folder") || why.includes("manifest") ? lists : await open();
      await started.reload();
      expect(started.hold(at)).toContain(why);
      expect(started.isComplete()).toBe(false);
      expect(await lists.check(content, signal)).toHaveLength(1);
      await rm(folder, { recursive: true });
    }
  });
});

describe("two imports of one list", () => {
  const lock = (host: string, id: number) => join(folder, `known.${host}.${id}.${"0".repeat(32)}.lock`);
  const imported = (...lines: string[]) => importList(folder, csv(lines), at);
  const busy = { code: "BAD_INPUT", message: expect.stringMatching(/"known" is being changed by another import/) };

  it("is refused while another is at work, and nothing of either is lost", async () => {
    await imported(`md5,${digest("md5")}`);
    let [end, first] = [() => {}, Promise.resolve()];
    await new Promise<void>((begun) => {
      const work = () =>
        new Promise<void>((resolve) => {
          end = resolve;
          begun();
        });
      first = exclusively(folder, "known", work);
    });
    await expect(imported(`sha256,${digest("sha256")}`)).rejects.toMatchObject(busy);
    await expect(removeList(folder, "known", at)).rejects.toMatchObject(busy);
    end();
    await first;
    // Of many at once some may be refused: what the others brought is all there.
    const hashes = Array.from({ length: 6 }, (_, i) => createHash("sha256").update(`${i}`).digest("hex"));
    const results = await Promise.allSettled(hashes.map((hash) => imported(`sha256,${hash}`)));
    const done = results.filter(({ status }) => status === "fulfilled").length;
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(busy);
    expect((await readManifest(folder, "known"))?.counts).toEqual({ sha256: done, md5: 1, pdq: 0 });
    expect(await readdir(folder)).toEqual(["known"]);
  });

  it("by two processes: one that runs is waited for, one that is gone is not", async () => {
    await imported(`md5,${digest("md5")}`);
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const held = lock(hostname(), other.pid!);
    await writeFile(held, "");
    await expect(imported()).rejects.toMatchObject(busy);
    await expect(imported()).rejects.toThrow(`process ${other.pid} on ${hostname()}`);
    // Another list is nobody's business.
    expect(await importList(folder, csv([`md5,${digest("md5")}`], { name: "known-too" }), at)).toMatchObject({
      added: 1,
    });
    const gone = once(other, "exit");
    other.kill("SIGKILL");
    await gone;
    expect(await imported(`sha256,${digest("sha256")}`)).toMatchObject({ added: 1 });
    expect(await readdir(folder)).toEqual(["known", "known-too"]);
  });

  it("is told how to go on after one of another machine that never ended, or of an earlier life with its number", async () => {
    await mkdir(folder);
    await writeFile(lock("elsewhere.example", 7), "");
    await expect(imported(`md5,${digest("md5")}`)).rejects.toThrow(
      `if nothing runs on elsewhere.example any more, delete ${lock("elsewhere.example", 7)}`,
    );
    expect(await (await open()).check(content, signal)).toEqual([]);
    await rm(lock("elsewhere.example", 7));
    await writeFile(lock(hostname(), process.pid), "");
    expect(await imported(`md5,${digest("md5")}`)).toMatchObject({ added: 1 });
  });
});
