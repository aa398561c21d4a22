import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { Failed, Refused } from "../../src/core/errors.ts";
import { HttpRefused } from "../../src/http/error-answer.ts";
import { Edge } from "./edge.ts";

describe("App", () => {
  it("puts on every answer what keeps browsers from guessing, framing and telling on", async () => {
    await using edge = await Edge.start();
    for (const path of ["/healthz", "/nothing", "/graphql"]) {
      expect((await edge.ask("GET", path)).headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
    }
  });

  it("answers in JSON what it does not know, and which methods it takes", async () => {
    await using edge = await Edge.start();
    for (const path of [
      "/nothing",
      "/images",
      "/images/",
      "/images/a/b",
      "/uploads/a/b",
      "//",
      "/studi",
      "/healthz/",
      "*",
    ]) {
      const answer = await edge.ask("GET", path);
      expect([path, answer.status, answer.json()]).toEqual([
        path,
        404,
        { error: { code: "NOT_FOUND", message: "there is nothing at this path" } },
      ]);
    }
    for (const [method, path, allow] of [
      ["DELETE", "/images/x", "GET, HEAD"],
      ["GET", "/uploads/x", "PUT"],
      ["PUT", "/graphql", "GET, HEAD, POST"],
      ["POST", "/healthz", "GET, HEAD"],
    ] as const) {
      const answer = await edge.ask(method, path);
      expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
      const message = expect.stringContaining(allow);
      expect(answer.json()).toMatchObject(
        path === "/graphql"
          ? { errors: [{ message, extensions: { code: "BAD_INPUT", retryable: false } }] }
          : { error: { code: "BAD_INPUT", message } },
      );
    }
  });

  it("translates what handlers throw, masks what is not ours to tell, and logs only that", async () => {
    const thrown = new Map<string, unknown>([
      ["/a", new Refused("RATE_LIMITED", "wait", [], 2500)],
      ["/b", new Failed("ENGINE_FAILED", "the engine died", { retryable: true })],
      ["/c", new Error("password of the database")],
      ["/d", new HttpRefused(418, "BAD_INPUT", "no coffee", { "x-pot": "tea" })],
      ["/e", "a text"],
      ["/f", new Refused("UNAUTHENTICATED", "who?")],
      ["/g", new Failed("INTERNAL", "no room in /var/lib/pentimento", { retryable: true })],
    ]);
    const handlers = {
      GET: ({ path }: { path: string }) => {
        throw thrown.get(path);
      },
    };
    const more = [...thrown.keys()].map((template) => ({ template, sharing: "self", handlers }) as const);
    await using edge = await Edge.start({ more });
    const masked = { error: { code: "INTERNAL", message: expect.stringMatching(/^something went wrong/) } };
    for (const [path, status, body, headers] of [
      ["/a", 429, { error: { code: "RATE_LIMITED", message: "wait" } }, { "retry-after": "3" }],
      ["/b", 503, { error: { code: "ENGINE_FAILED", message: "the engine died" } }, {}],
      ["/c", 500, masked, {}],
      ["/d", 418, { error: { code: "BAD_INPUT", message: "no coffee" } }, { "x-pot": "tea" }],
      ["/e", 500, masked, {}],
      ["/g", 500, masked, {}],
      ["/f", 401, { error: { code: "UNAUTHENTICATED", message: "who?" } }, { "www-authenticate": "Bearer" }],
    ] as const) {
      const answer = await edge.ask("GET", path);
      expect([path, answer.status, answer.json()]).toEqual([path, status, body]);
      expect(answer.headers).toMatchObject(headers);
    }
    const errors = edge.logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    expect(errors.map(({ route }) => route)).toEqual(["/b", "/c", "/e", "/g"]);
    expect(edge.logged.join()).not.toContain("password");
  });

  it("lets only listed pages and its own use /graphql", async () => {
    await using edge = await Edge.start({
      origins: ["https://listed.example"],
      graphql: (exchange) => exchange.sendJson(200, { data: null }),
    });
    const ask = (method: string, origin: string) => edge.ask(method, "/graphql", { headers: { origin } });
    const listed = await ask("POST", "https://listed.example");
    expect([listed.status, listed.headers["access-control-allow-origin"]]).toEqual([200, "https://listed.example"]);
    expect(listed.headers.vary).toBe("origin");
    const own = await ask("POST", `http://127.0.0.1:${edge.port}`);
    expect([own.status, own.headers["access-control-allow-origin"]]).toEqual([200, undefined]);
    for (const origin of [
      "https://evil.example",
      "null",
      `http://127.0.0.1:${edge.port}.evil.example`,
      "https://listed.example.evil",
    ]) {
      const answer = await ask("POST", origin);
      expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
      expect((await ask("OPTIONS", origin)).status).toBe(403);
    }
    // One of no page, and one behind a proxy that keeps the host.
    const proxied = { origin: "https://edit.example", host: "edit.example" };
    for (const headers of [{}, proxied]) expect((await edge.ask("POST", "/graphql", { headers })).status).toBe(200);
    const preflight = await ask("OPTIONS", "https://listed.example");
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "https://listed.example",
      "access-control-allow-methods": "GET, HEAD, POST",
      "access-control-allow-headers": expect.stringMatching(/authorization/),
    });
    expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
  });

  it("logs a client that goes away before its answer", async () => {
    let asked: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await using edge = await Edge.start({
      graphql: async (exchange) => {
        asked!();
        await once(exchange.response, "close");
      },
    });
    const sent = request({ host: "127.0.0.1", port: edge.port, path: "/graphql", agent: false });
    sent.on("error", () => {});
    sent.end();
    await arrived;
    sent.destroy();
    while (edge.logged.length === 0) await nextTurn();
    expect(JSON.parse(edge.logged[0]!)).toMatchObject({ route: "/graphql", status: 499 });
  });

  it("refuses a head that is too long and a request that is none", async () => {
    await using edge = await Edge.start();
    const long = await edge.ask("GET", "/healthz", { headers: { "x-long": "x".repeat(17 * 1024) } });
    expect(long.status).toBe(431);
    const socket = connect(edge.port, "127.0.0.1");
    socket.write("hello there\r\n\r\n");
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 400/);
  });

  it("lets what is under way end, takes nothing new, and closes kept connections", async () => {
    let release: (() => void) | undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const edge = await Edge.start({
      graphql: async (exchange) => {
        asked!();
        await released;
        exchange.sendJson(200, { done: true });
      },
    });
    const { port } = edge;
    const agent = new Agent({ keepAlive: true });
    await edge.ask("GET", "/healthz", { agent });
    const answer = edge.ask("GET", "/graphql", { agent: new Agent({ keepAlive: true }) });
    await arrived;
    const closed = edge[Symbol.asyncDispose]();
    const refused = connect(port, "127.0.0.1");
    await once(refused, "error");
    release!();
    expect((await answer).json()).toEqual({ done: true });
    await closed;
    expect(edge.clock.waiting).toBe(0);
  });

  it("waits for no connection on which nothing was asked", async () => {
    const edge = await Edge.start();
    const silent = connect(edge.port, "127.0.0.1");
    await once(edge.app.server, "connection");
    const cut = once(silent, "close");
    await edge[Symbol.asyncDispose]();
    await cut;
    expect(edge.clock.waiting).toBe(0);
  });

  it("cuts off what has not ended in time", async () => {
    let asked: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const edge = await Edge.start({
      graphql: async ({ response }) => {
        asked!();
        await once(response, "close");
      },
    });
    const answer = edge.ask("GET", "/graphql").catch((error: NodeJS.ErrnoException) => error.code);
    await arrived;
    const closed = edge[Symbol.asyncDispose]();
    edge.clock.advance(5_000);
    await closed;
    expect(await answer).toBe("ECONNRESET");
  });
});

describe("GET /readyz", () => {
  it("lists what is missing, and is ready when nothing is", async () => {
    let engine: string | undefined = "is loading the model";
    await using edge = await Edge.start({
      checks: [
        { name: "engine", missing: async () => engine },
        {
          name: "database",
          missing: async () => (engine === undefined ? undefined : Promise.reject(new Error("secret"))),
        },
      ],
    });
    const answer = await edge.ask("GET", "/readyz");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
    expect(answer.json()).toEqual({
      status: "not ready",
      missing: [
        { name: "engine", reason: "is loading the model" },
        { name: "database", reason: "failed to answer" },
      ],
    });
    expect((await edge.ask("GET", "/healthz")).status).toBe(200);
    engine = undefined;
    expect((await edge.ask("GET", "/readyz")).json()).toEqual({ status: "ready" });
  });

  it("does not wait for a check that never answers", async () => {
    await using edge = await Edge.start({ checks: [{ name: "engine", missing: () => new Promise(() => {}) }] });
    const answer = edge.ask("GET", "/readyz");
    while (edge.clock.waiting === 0) await nextTurn();
    edge.clock.advance(2000);
    expect((await answer).json()).toMatchObject({ missing: [{ name: "engine", reason: "gave no answer in 2000 ms" }] });
  });
});
