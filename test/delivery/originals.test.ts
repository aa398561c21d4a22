import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { type Need, Originals } from "../../src/delivery/originals.ts";

let root: string;
let storage: LocalStorage;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-originals-"));
  storage = await LocalStorage.open(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Rows are digests in a set. */
function opened() {
  const rows = new Set<string>();
  return { rows, originals: new Originals(storage, async (digest) => rows.has(digest)) };
}

it("what is being stored is not removed before its row is there, and afterwards when that has gone", async () => {
  const { rows, originals } = opened();
  const digest = await originals.storing(async (put) => {
    const digest = await put(Buffer.from("a picture"));
    await originals.storing(async (putToo) => rows.add(await putToo(Buffer.from("a picture"))));
    rows.clear();
    expect(await originals.remove(digest)).toBe(false);
    rows.add(digest);
    return digest;
  });
  expect(await originals.remove(digest)).toBe(false);
  expect(await storage.stat(digest)).toBeDefined();
  rows.clear();
  expect(await originals.remove(digest)).toBe(true);
  expect(await storage.stat(digest)).toBeUndefined();
});

it("bytes that come while the same are being removed are kept", async () => {
  const { rows, originals } = opened();
  const store = () =>
    originals.storing(async (put) => {
      const digest = await put(Buffer.from("again"));
      rows.add(digest);
      return digest;
    });
  const digest = await store();
  for (let turns = 0; turns < 20; turns += 1) {
    rows.clear();
    const removals = [originals.remove(digest), originals.remove(digest)];
    for (let i = 0; i < turns; i += 1) await Promise.resolve();
    await Promise.all([store(), ...removals]);
    expect(await storage.stat(digest)).toBeDefined();
  }
});

it("bytes that come and get their row while a removal asks whether they are needed are kept", async () => {
  const rows = new Set<string>();
  const store = () => originals.storing(async (put) => rows.add(await put(Buffer.from("meanwhile"))));
  let meanwhile = async () => {};
  const originals = new Originals(storage, async (digest) => {
    const isNeeded = rows.has(digest);
    await meanwhile();
    return isNeeded;
  });
  await store();
  const [digest] = [...rows];
  rows.clear();
  meanwhile = async () => void (await store());
  expect(await originals.remove(digest!)).toBe(false);
  expect(await storage.stat(digest!)).toBeDefined();
  rows.clear();
  meanwhile = async () => {};
  expect(await originals.remove(digest!)).toBe(true);
});

it("what could not be removed goes at the next start", async () => {
  const unreachable = new Originals(storage, () => Promise.reject(new Error("no database")));
  let failed = "";
  const failing = unreachable.storing(async (put) => {
    failed = await put(Buffer.from("of work that failed"));
    throw new Error("no row");
  });
  await expect(failing).rejects.toThrow("no row");
  const deleted = await opened().originals.storing((put) => put(Buffer.from("deleted")));
  await expect(unreachable.remove(deleted)).rejects.toThrow("no database");
  expect((await storage.begun()).sort()).toEqual([failed, deleted].sort());
  await opened().originals.removeUnfinished();
  expect(await Promise.all([failed, deleted].map((digest) => storage.stat(digest)))).toEqual([undefined, undefined]);
  expect(await storage.begun()).toEqual([]);
});

it("what is needed for now is looked at again at every start, until it is needed no more", async () => {
  let need: Need = true;
  const originals = new Originals(storage, async () => need);
  const digest = await originals.storing((put) => put(Buffer.from("deleted under an edit")));
  expect(await originals.remove(digest)).toBe(false);
  expect(await storage.begun()).toEqual([]);
  need = "for now";
  expect(await originals.remove(digest)).toBe(false);
  await originals.removeUnfinished();
  expect([await storage.begun(), await storage.stat(digest)]).toEqual([[digest], expect.anything()]);
  need = false;
  await originals.removeUnfinished();
  expect([await storage.begun(), await storage.stat(digest)]).toEqual([[], undefined]);
});

it("work that fails leaves nothing behind but what others need", async () => {
  const { rows, originals } = opened();
  const digests: string[] = [];
  const failing = originals.storing(async (put) => {
    digests.push(await put(Buffer.from("mine")), await put(Buffer.from("others'")));
    rows.add(digests[1]!);
    throw new Error("no row");
  });
  await expect(failing).rejects.toThrow("no row");
  expect([await storage.stat(digests[0]!), await storage.stat(digests[1]!)]).toEqual([undefined, expect.anything()]);
});

it("what a killed process was storing goes at the next start, but not what a row names", async () => {
  const { rows, originals } = opened();
  const cutShort = await new Promise<string[]>((resolve) => {
    // Work that never ends, as that of a process that is killed.
    void originals.storing(async (put) => {
      const digests = [await put(Buffer.from("orphan")), await put(Buffer.from("named"))];
      rows.add(digests[1]!);
      resolve(digests);
      await new Promise(() => {});
    });
  });
  const whole = await originals.storing(async (put) => put(Buffer.from("whole, its row deleted since")));
  expect((await storage.begun()).sort()).toEqual(cutShort.sort());
  const next = new Originals(await LocalStorage.open(root), async (digest) => rows.has(digest));
  await next.removeUnfinished();
  expect(await storage.begun()).toEqual([]);
  expect(await storage.stat([...rows][0]!)).toBeDefined();
  expect(await storage.stat(cutShort.find((digest) => !rows.has(digest))!)).toBeUndefined();
  // Nobody was storing it: it is not this life's to judge.
  expect(await storage.stat(whole)).toBeDefined();
});
