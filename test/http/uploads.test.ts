import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { nextTurn, wallClock } from "../../src/core/clock.ts";
import { readBody } from "../../src/http/body.ts";
import type { Exchange } from "../../src/http/exchange.ts";
import { Edge } from "./edge.ts";

const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#a05010" } })
  .png()
  .toBuffer();
const account = "someone";

describe("PUT /uploads/:id", () => {
  it("takes the bytes once", async () => {
    await using edge = await Edge.start();
    const sha256 = createHash("sha256").update(png).digest("hex");
    const { id, url } = edge.createUpload(account, { byteLength: png.length, sha256 });
    const answer = await edge.ask("PUT", url, { body: png });
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({ imageId: expect.any(String), width: 40, height: 30 });
    expect(answer.headers).toMatchObject({ "access-control-allow-origin": "*", "x-content-type-options": "nosniff" });
    expect(edge.uploads.get(id)!.state).toBe("READY");
    const again = await edge.ask("PUT", url, { body: png });
    expect([again.status, again.json()]).toEqual([
      410,
      { error: { code: "UPLOAD_EXPIRED", message: expect.any(String) } },
    ]);
  });

  it("tells a bad file what is wrong with it, and the upload is spent", async () => {
    await using edge = await Edge.start();
    for (const [body, status, code] of [
      [Buffer.from("no image at all"), 415, "IMAGE_UNSUPPORTED"],
      [png.subarray(0, 60), 422, "IMAGE_UNREADABLE"],
    ] as const) {
      const { id, url } = edge.createUpload(account, { byteLength: body.length });
      const answer = await edge.ask("PUT", url, { body });
      expect([answer.status, answer.json()]).toMatchObject([status, { error: { code } }]);
      expect(edge.uploads.get(id)!.state).toBe("REJECTED");
    }
  });

  it("refuses bytes that were not declared, and goes on waiting for those that were", async () => {
    await using edge = await Edge.start();
    const declared = { byteLength: png.length, sha256: createHash("sha256").update(png).digest("hex") };
    const { id, url } = edge.createUpload(account, declared);
    const flipped = Buffer.from(png);
    flipped[50]! ^= 1;
    for (const [body, headers, status, message] of [
      [png.subarray(1), {}, 400, /bytes were sent where createUpload declared/],
      [Buffer.concat([png, png]), {}, 413, /bytes were sent where createUpload declared/],
      [Buffer.concat([png, png]), { "transfer-encoding": "chunked" }, 413, /longer than/],
      [png.subarray(1), { "transfer-encoding": "chunked" }, 400, /bytes were sent where/],
      [flipped, {}, 400, /sha256/],
    ] as const) {
      const answer = await edge.ask("PUT", url, { body, headers });
      expect([answer.status, answer.json()]).toEqual([
        status,
        { error: { code: "BAD_INPUT", message: expect.stringMatching(message) } },
      ]);
    }
    expect(edge.uploads.get(id)!.state).toBe("WAITING");
    expect((await edge.ask("PUT", url, { body: png, headers: { "transfer-encoding": "chunked" } })).status).toBe(201);
  });

  it("refuses a forged, an expired and a suspended URL, and one of another account's upload", async () => {
    await using edge = await Edge.start();
    const { id, url } = edge.createUpload(account, { byteLength: png.length });
    const another = edge.signer.sign({ method: "PUT", path: `/uploads/${id}`, accountId: "another" });
    const answers = [await edge.ask("PUT", `${url}x`, { body: png }), await edge.ask("PUT", another, { body: png })];
    edge.suspended.add(account);
    answers.push(await edge.ask("PUT", url, { body: png }));
    edge.suspended.clear();
    edge.clock.advance(3601 * 1000);
    answers.push(await edge.ask("PUT", url, { body: png }));
    expect(answers.map((answer) => [answer.status, answer.json()])).toEqual([
      [403, { error: { code: "FORBIDDEN", message: expect.stringMatching(/signature/) } }],
      [404, { error: { code: "NOT_FOUND", message: expect.any(String) } }],
      [403, { error: { code: "ACCOUNT_SUSPENDED", message: expect.any(String) } }],
      [410, { error: { code: "URL_EXPIRED", message: expect.stringMatching(/createUpload/) } }],
    ]);
    expect(edge.uploads.get(id)!.state).toBe("WAITING");
  });

  it("refuses a second sender while the first is sending, and forgets a first that breaks off", async () => {
    await using edge = await Edge.start();
    const { url } = edge.createUpload(account, { byteLength: png.length });
    const socket = connect(edge.port, "127.0.0.1");
    socket.write(`PUT ${url} HTTP/1.1\r\nhost: x\r\ncontent-length: ${png.length}\r\n\r\nhalf`);
    let second = 0;
    do second = (await edge.ask("PUT", url, { body: "" })).status;
    while (second === 400);
    expect(second).toBe(409);
    socket.destroy();
    let third = 409;
    do third = (await edge.ask("PUT", url, { body: png })).status;
    while (third === 409);
    expect(third).toBe(201);
  });

  it("leaves room for others beside an account that sends many at once", async () => {
    await using edge = await Edge.start();
    const half = (url: string) => {
      const socket = connect(edge.port, "127.0.0.1");
      socket.write(`PUT ${url} HTTP/1.1\r\nhost: x\r\ncontent-length: ${20 * 2 ** 20}\r\n\r\nhalf`);
      return socket;
    };
    const sent = Array.from({ length: 4 }, () => edge.createUpload(account, { byteLength: 20 * 2 ** 20 }));
    const sockets = sent.map(({ url }) => half(url));
    const ninth = edge.createUpload(account, { byteLength: png.length });
    let refused = await edge.ask("PUT", ninth.url, { body: "" });
    while (refused.status === 400) refused = await edge.ask("PUT", ninth.url, { body: "" });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
    expect(refused.json()).toEqual({ error: { code: "RATE_LIMITED", message: expect.stringMatching(/80 MiB/) } });
    const { url } = edge.createUpload("another", { byteLength: png.length });
    expect((await edge.ask("PUT", url, { body: png })).status).toBe(201);
    for (const socket of sockets) socket.destroy();
    let status = 429;
    do status = (await edge.ask("PUT", ninth.url, { body: png })).status;
    while (status === 429);
    expect(status).toBe(201);
  });

  it("lets go of a sender that is slower than any line", async () => {
    await using edge = await Edge.start();
    const { url } = edge.createUpload(account, { byteLength: 128 * 1024 });
    const socket = connect(edge.port, "127.0.0.1");
    socket.write(`PUT ${url} HTTP/1.1\r\nhost: x\r\ncontent-length: ${128 * 1024}\r\nexpect: 100-continue\r\n\r\n`);
    await once(socket, "data");
    edge.clock.advance(10_999);
    expect((await edge.ask("PUT", url, { body: png })).status).toBe(409);
    edge.clock.advance(1);
    const text = Buffer.concat(await socket.toArray()).toString();
    expect(text).toMatch(/^HTTP\/1\.1 408 .*connection: close.*came too slowly/is);
    expect((await edge.ask("PUT", url, { body: png })).status).not.toBe(409);
    expect(edge.clock.waiting).toBe(0);
  });

  it("does not wait for the body of a sender that broke off before it was read", async () => {
    let tell: (outcome: unknown) => void = () => {};
    const outcome = new Promise((resolve) => {
      tell = resolve;
    });
    const read = async (exchange: Exchange) => {
      await new Promise((resolve) => exchange.request.once("close", resolve));
      tell(await readBody(exchange, 100, wallClock).catch((error: unknown) => error));
    };
    await using edge = await Edge.start({ more: [{ template: "/late", sharing: "anyone", handlers: { PUT: read } }] });
    const socket = connect(edge.port, "127.0.0.1");
    socket.write("PUT /late HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
    socket.destroySoon();
    expect(await outcome).toMatchObject({ status: 400, message: "the request broke off" });
  });

  it("asks for the body only when the head is in order", async () => {
    await using edge = await Edge.start();
    const { url } = edge.createUpload(account, { byteLength: png.length });
    const ask = (path: string) => {
      const headers = { expect: "100-continue", "content-length": png.length };
      const asked = request({ host: "127.0.0.1", port: edge.port, agent: false, method: "PUT", path, headers });
      asked.flushHeaders();
      return asked;
    };
    const forged = ask(`${url}x`);
    let continued = false;
    forged.once("continue", () => {
      continued = true;
    });
    const [refusal] = await once(forged, "response");
    expect([refusal.statusCode, continued]).toEqual([403, false]);
    forged.destroy();
    const good = ask(url);
    await once(good, "continue");
    good.end(png);
    const [accepted] = await once(good, "response");
    expect(accepted.statusCode).toBe(201);
    accepted.resume();
    await once(accepted, "end");
  });

  it("cuts off whoever sends without end", async () => {
    await using edge = await Edge.start();
    const { url } = edge.createUpload(account, { byteLength: 1000 });
    const socket = connect(edge.port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    let open = true;
    socket.once("close", () => {
      open = false;
    });
    socket.write(`PUT ${url} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([Buffer.from("1000\r\n"), randomBytes(4096), Buffer.from("\r\n")]);
    while (open) {
      socket.write(chunk);
      await nextTurn();
    }
    expect(text === "" || text.startsWith("HTTP/1.1 413")).toBe(true);
  });
});
