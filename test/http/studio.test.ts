import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { studioHandler } from "../../src/http/studio.ts";
import { Edge } from "./edge.ts";

let root: string;
const script = "console.log('studio');".repeat(100);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-studio-"));
  await mkdir(join(root, "built", "assets"), { recursive: true });
  await writeFile(join(root, "secret.txt"), "secret");
  await writeFile(join(root, "built", "index.html"), "<!doctype html><title>Studio</title>");
  await writeFile(join(root, "built", "assets", "main-abc123.js"), script);
  await writeFile(join(root, "built", "notes.exe"), "no type that is served");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const start = async (folder = join(root, "built")) => Edge.start({ studio: await studioHandler(folder) });

describe("the studio's files", () => {
  it("are the page at / and at every address of its own, with a policy that lets in nothing foreign", async () => {
    await using edge = await start();
    for (const path of ["/", "/studio", "/studio/", "/studio/edits/123", "/?code=1"]) {
      const answer = await edge.ask("GET", path);
      expect([answer.status, answer.body.toString()]).toEqual([200, "<!doctype html><title>Studio</title>"]);
      expect(answer.headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "content-security-policy": expect.stringMatching(/script-src 'self';.*frame-ancestors 'none'/),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
    }
  });

  it("with a digest in their names are kept for ever, packed for who takes it", async () => {
    await using edge = await start();
    const path = "/studio/assets/main-abc123.js";
    const plain = await edge.ask("GET", path);
    expect(plain.body.toString()).toBe(script);
    expect(plain.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    const packed = await edge.ask("GET", path, { headers: { "accept-encoding": "br, gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(packed.body).toString()).toBe(script);
    const unwanted = await edge.ask("GET", path, { headers: { "accept-encoding": "gzip;q=0" } });
    expect(unwanted.headers["content-encoding"]).toBeUndefined();
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    const again = (etag: string, encoding: string) =>
      edge.ask("GET", path, { headers: { "if-none-match": etag, "accept-encoding": encoding } });
    for (const [known, encoding, status] of [
      [plain, "identity", 304],
      [packed, "gzip", 304],
      [plain, "gzip", 200],
    ] as const) {
      const answer = await again(known.headers.etag!, encoding);
      expect([answer.status, answer.body.length > 0]).toEqual([status, status === 200]);
    }
    const head = await edge.ask("HEAD", path);
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([200, 0, `${script.length}`]);
  });

  it.each([
    "/studio/../secret.txt",
    "/studio/..%2fsecret.txt",
    "/studio/%2e%2e/secret.txt",
    "/studio//etc/passwd.txt",
    "/studio/assets/../../secret.txt",
    "/studio/..\\secret.txt",
    "/studio/notes.exe",
    "/studio/assets/gone.js",
    "/studio/__proto__.js",
    "/studioX",
  ])("do not hold %s", async (path) => {
    await using edge = await start();
    const answer = await edge.ask("GET", path);
    expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "NOT_FOUND" } }]);
  });

  it("are missed by name where nothing was built", async () => {
    await using edge = await start(join(root, "nowhere"));
    const answer = await edge.ask("GET", "/");
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ error: { message: expect.stringMatching(/not been built: npm run setup/) } });
  });
});
