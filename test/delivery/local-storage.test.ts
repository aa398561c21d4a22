import { mkdir, mkdtemp, readdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { derivedKey } from "../../src/delivery/storage.ts";
import { storageSuite } from "./storage-suite.ts";

let root: string;
let opened = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-storage-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function nextFolder(): string {
  opened += 1;
  return join(root, `${opened}`, "images");
}

describe("LocalStorage", () => {
  storageSuite(() => LocalStorage.open(nextFolder()));

  it("keeps files and folders to its own user, two folders deep, with nothing beside them", async () => {
    const folder = nextFolder();
    const storage = await LocalStorage.open(folder);
    const digest = await storage.put(Buffer.from("private"));
    const path = join(folder, digest.slice(0, 2), digest.slice(2, 4), digest);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, digest.slice(0, 2)))).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual([digest.slice(0, 2), "begun", "partial"].sort());
    expect(await readdir(join(folder, "partial"))).toEqual([]);
  });

  it("clears away what a crash left half written, and keeps what was whole", async () => {
    const folder = nextFolder();
    const before = await LocalStorage.open(folder);
    const digest = await before.put(Buffer.from("whole"));
    await writeFile(join(folder, "partial", "left-by-a-crash"), "ha");
    const after = await LocalStorage.open(folder);
    expect(await readdir(join(folder, "partial"))).toEqual([]);
    expect(await after.stat(digest)).toEqual({ byteLength: 5 });
  });

  it("writes anew a file that lost its bytes", async () => {
    const folder = nextFolder();
    const storage = await LocalStorage.open(folder);
    const digest = await storage.put(Buffer.from("precious"));
    await writeFile(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), "");
    await storage.put(Buffer.from("precious"));
    expect(await storage.stat(digest)).toEqual({ byteLength: 8 });
  });

  it("deletes an original last, so that what a crash leaves of it is found", async () => {
    const folder = nextFolder();
    const storage = await LocalStorage.open(folder);
    const digest = await storage.put(Buffer.from("original"));
    const variant = derivedKey(digest, "64-webp-80");
    // A folder, which is not deleted as a file is: here it ends.
    const path = join(folder, digest.slice(0, 2), digest.slice(2, 4), variant);
    await mkdir(path);
    await expect(storage.delete(digest)).rejects.toThrow();
    expect(await storage.stat(digest)).toEqual({ byteLength: 8 });
    await rmdir(path);
    await storage.putDerived(variant, Buffer.from("small"));
    await storage.delete(digest);
    expect([await storage.stat(digest), await storage.stat(variant)]).toEqual([undefined, undefined]);
  });

  it("says that a write failed, and that it may be tried again", async () => {
    const folder = nextFolder();
    const storage = await LocalStorage.open(folder);
    const digest = await storage.put(Buffer.from("x"));
    await storage.delete(digest);
    // A file where the folder should be.
    await rm(join(folder, digest.slice(0, 2)), { recursive: true });
    await mkdir(join(folder, digest.slice(0, 2)));
    await writeFile(join(folder, digest.slice(0, 2), digest.slice(2, 4)), "in the way");
    await expect(storage.put(Buffer.from("x"))).rejects.toMatchObject({
      code: "INTERNAL",
      retryable: true,
      message: "the image could not be stored",
    });
  });
});
