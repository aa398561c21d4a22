import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { parseRange } from "../../src/http/range.ts";
import { Edge } from "./edge.ts";

const account = "someone";
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

describe("GET /images/:id", () => {
  it("serves the bytes to whoever has the URL, and only the head to HEAD", async () => {
    await using edge = await Edge.start();
    const url = edge.urlOf(await edge.addImage(account, bytes, "png"), account, {}, 600);
    const answer = await edge.ask("GET", url);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(bytes);
    expect(answer.headers).toMatchObject({
      "content-type": "image/png",
      "content-length": "1000",
      "cache-control": "private, max-age=600, immutable",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-security-policy": "default-src 'none'; sandbox",
      "content-disposition": expect.stringMatching(/^inline; filename="pentimento-\w{8}\.png"/),
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
    const head = await edge.ask("HEAD", url);
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers).toMatchObject({ "content-length": "1000", etag: answer.headers.etag });
    expect(edge.views).toHaveLength(1);
  });

  it("lets no browser keep what an account sees only because it moderates", async () => {
    await using edge = await Edge.start();
    const id = await edge.addImage(account, bytes, "png");
    edge.images.set(id, {
      accountId: account,
      served: { digest: await edge.storage.put(bytes), format: "png", own: false },
    });
    const url = edge.urlOf(id, account);
    for (const method of ["GET", "HEAD"])
      expect((await edge.ask(method, url)).headers["cache-control"]).toBe("no-store");
  });

  it("answers 304 to whoever has the bytes already", async () => {
    await using edge = await Edge.start();
    const url = edge.urlOf(await edge.addImage(account, bytes, "png"), account);
    const { etag } = (await edge.ask("GET", url)).headers;
    for (const tag of [etag!, `"other", ${etag}`, `W/${etag}`, "*"]) {
      const answer = await edge.ask("GET", url, { headers: { "if-none-match": tag } });
      expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([304, 0, etag]);
    }
    // No bytes have gone to it but those of the first.
    expect(edge.views).toHaveLength(1);
    expect((await edge.ask("GET", url, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    expect(edge.views).toHaveLength(2);
  });

  it("serves one range, all of it for what is no range, and 416 past the end", async () => {
    await using edge = await Edge.start();
    const url = edge.urlOf(await edge.addImage(account, bytes, "png"), account);
    const ask = (headers: Record<string, string>) => edge.ask("GET", url, { headers });
    const part = await ask({ range: "bytes=10-19" });
    expect([part.status, part.headers["content-range"], part.body]).toEqual([
      206,
      "bytes 10-19/1000",
      bytes.subarray(10, 20),
    ]);
    expect((await ask({ range: "bytes=-5" })).body).toEqual(bytes.subarray(995));
    expect((await ask({ range: "bytes=990-" })).body).toEqual(bytes.subarray(990));
    expect((await ask({ range: "bytes=0-1,4-5" })).status).toBe(200);
    const views = edge.views.length;
    const past = await ask({ range: "bytes=1000-" });
    expect([past.status, past.headers["content-range"]]).toEqual([416, "bytes */1000"]);
    expect(edge.views).toHaveLength(views);
    const { etag } = part.headers;
    expect((await ask({ range: "bytes=0-1", "if-range": etag! })).status).toBe(206);
    expect((await ask({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200);
  });

  it("names the file as the URL says, whatever the name holds", async () => {
    await using edge = await Edge.start();
    const id = await edge.addImage(account, bytes, "jpeg");
    const name = async (download: string) =>
      (await edge.ask("GET", edge.urlOf(id, account, { download }))).headers["content-disposition"];
    expect(await name("my cat.png")).toBe(`attachment; filename="my cat.jpg"; filename*=UTF-8''my%20cat.jpg`);
    expect(await name('Käse/.."\r\n; x=1')).toBe(
      `attachment; filename="K_se-..- x-1.jpg"; filename*=UTF-8''K%C3%A4se-..-%20x-1.jpg`,
    );
    expect(await name("../..")).toMatch(/^attachment; filename="pentimento-\w{8}\.jpg"/);
    expect(await name("😀".repeat(60))).toMatch(/^attachment; filename="pentimento/);
  });

  it("serves a variant, made once", async () => {
    let made = 0;
    await using edge = await Edge.start({
      render: async (original, { width, format, quality }) => {
        made += 1;
        return Buffer.from(`${original.length} ${width} ${format} ${quality}`);
      },
    });
    const id = await edge.addImage(account, bytes, "png");
    const url = edge.urlOf(id, account, { width: "64", format: "webp", quality: "50" });
    const answers = await Promise.all([1, 2, 3].map(() => edge.ask("GET", url)));
    for (const answer of answers) {
      expect(answer.body.toString()).toBe("1000 64 webp 50");
      expect(answer.headers["content-type"]).toBe("image/webp");
      expect(answer.headers.etag).toMatch(/\.64-webp-50"$/);
    }
    expect(made).toBe(1);
  });

  it("serves a variant whose original was away for a moment while that was made", async () => {
    await using edge = await Edge.start({ render: async () => Buffer.from("small") });
    const url = edge.urlOf(await edge.addImage(account, bytes, "png"), account, { width: "64" });
    const stat = edge.storage.stat.bind(edge.storage);
    vi.spyOn(edge.storage, "stat").mockImplementationOnce(stat).mockResolvedValueOnce(undefined);
    const answer = await edge.ask("GET", url);
    expect([answer.status, answer.body.toString()]).toEqual([200, "small"]);
  });

  it("refuses forged, foreign, suspended, blocked, deleted and expired, each by its name", async () => {
    await using edge = await Edge.start();
    const id = await edge.addImage(account, bytes, "png");
    const url = edge.urlOf(id, account);
    const ask = async (path: string) => {
      const answer = await edge.ask("GET", path);
      return [answer.status, (answer.json() as { error: { code: string } }).error.code];
    };
    expect(await ask(`/images/${id}`)).toEqual([403, "FORBIDDEN"]);
    expect(await ask(url.replace("account=someone", "account=another"))).toEqual([403, "FORBIDDEN"]);
    expect(await ask(`${url}&width=64`)).toEqual([403, "FORBIDDEN"]);
    expect(await ask(edge.urlOf(id, "another"))).toEqual([404, "NOT_FOUND"]);
    expect(await ask(edge.urlOf("no-id", account))).toEqual([404, "NOT_FOUND"]);
    edge.suspended.add(account);
    expect(await ask(url)).toEqual([403, "ACCOUNT_SUSPENDED"]);
    edge.suspended.delete(account);
    const image = edge.images.get(id)!;
    edge.images.set(id, { ...image, served: "blocked" });
    expect(await ask(url)).toEqual([403, "CONTENT_REFUSED"]);
    edge.images.set(id, { ...image, served: "deleted" });
    expect(await ask(url)).toEqual([410, "NOT_FOUND"]);
    edge.images.set(id, image);
    if (typeof image.served !== "string") await edge.storage.delete(image.served.digest);
    expect(await ask(url)).toEqual([410, "NOT_FOUND"]);
    edge.clock.advance(3601 * 1000);
    expect(await ask(url)).toEqual([410, "URL_EXPIRED"]);
    const { error } = (await edge.ask("GET", url)).json() as { error: { message: string } };
    expect(error.message).toMatch(/ask for the image's url again/);
  });

  it("answers the preflight of any origin", async () => {
    await using edge = await Edge.start();
    const headers = { origin: "https://elsewhere.example", "access-control-request-method": "GET" };
    const answer = await edge.ask("OPTIONS", "/images/x", { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD",
    });
  });
});

describe("parseRange", () => {
  it("always lies inside the bytes", () => {
    const number = fc.oneof(fc.constant(""), fc.nat(3000).map(String), fc.bigInt({ min: 0n }).map(String));
    fc.assert(
      fc.property(number, number, fc.nat(2000), (first, last, byteLength) => {
        const range = parseRange(`bytes=${first}-${last}`, byteLength);
        if (range === undefined || range === "unsatisfiable") return;
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(byteLength);
      }),
    );
  });

  it.each([undefined, "", "bytes=", "bytes=-", "lines=1-2", "bytes=5-4", "bytes=a-b", "bytes=1-2,3-4", "bytes 1-2"])(
    "ignores %j",
    (header) => {
      expect(parseRange(header, 100)).toBeUndefined();
    },
  );

  it("cannot give what is not there", () => {
    expect(parseRange("bytes=-0", 100)).toBe("unsatisfiable");
    expect(parseRange("bytes=-1", 0)).toBe("unsatisfiable");
    expect(parseRange("bytes=100-200", 100)).toBe("unsatisfiable");
    expect(parseRange("bytes=-200", 100)).toEqual({ first: 0, last: 99 });
  });
});
