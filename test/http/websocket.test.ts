import { once } from "node:events";
import { createClient } from "graphql-ws";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { nextTurn } from "../../src/core/clock.ts";
import { SocketEdge, TestClient } from "./sockets.ts";

const progress = 'subscription { progress(editId: "e") { seq kind owner } }';
const activity = "subscription { activity { seq } }";

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

describe("graphql-transport-ws on /graphql", () => {
  it("runs queries and subscriptions for the library's own client", async () => {
    await using server = await SocketEdge.start();
    const client = createClient({
      url: `ws://127.0.0.1:${server.edge.port}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: "Bearer anna" },
    });
    for await (const answer of client.iterate({ query: "{ whoami }" })) {
      expect(answer).toEqual({ data: { whoami: "anna" } });
    }
    const events = client.iterate({ query: progress });
    const first = events.next();
    await until(() => server.listening === 1);
    server.push({ seq: 1, kind: "other" });
    expect((await first).value).toEqual({ data: { progress: { seq: 1, kind: "other", owner: "anna" } } });
    server.push({ seq: 2, kind: "step" });
    expect((await events.next()).value).toMatchObject({ data: { progress: { seq: 2 } } });
    server.push({ seq: 3, kind: "end" });
    expect((await events.next()).value).toMatchObject({ data: { progress: { seq: 3 } } });
    expect((await events.next()).done).toBe(true);
    await client.dispose();
  });

  it.each([
    ["no key", {}],
    ["a wrong key", { authorization: "Bearer 1" }],
    ["what is no text", { authorization: 5 }],
  ])("lets nobody in with %s", async (_, payload) => {
    await using server = await SocketEdge.start();
    const client = new TestClient(server.edge.port);
    await client.open();
    client.send({ type: "connection_init", payload });
    expect(await client.closed()).toEqual([4403, "a key is needed"]);
  });

  it("asks to come again later whoever it could not look up", async () => {
    const logged: string[] = [];
    await using server = await SocketEdge.start({ logged });
    const client = new TestClient(server.edge.port);
    await client.open();
    client.send({ type: "connection_init", payload: { authorization: "Bearer 500" } });
    expect(await client.closed()).toEqual([1013, "Internal server error"]);
    expect(logged.join("")).toContain("who opens a socket could not be told");
  });

  it("speaks no other protocol", async () => {
    await using server = await SocketEdge.start();
    const client = new TestClient(server.edge.port, { protocol: "" });
    expect(await client.closed()).toEqual([4406, "Subprotocol not acceptable"]);
  });

  it("upgrades for listed pages and for our own, on /graphql only", async () => {
    await using server = await SocketEdge.start();
    const { port } = server.edge;
    const status = async (options: { path?: string; headers?: Record<string, string> }) => {
      const client = new TestClient(port, options);
      const opened = once(client.socket, "open").then(() => 101);
      const refused = once(client.socket, "unexpected-response").then(([, response]) => response.statusCode);
      const found = await Promise.race([opened, refused.catch(() => 0)]).catch(() => refused);
      client.socket.terminate();
      return found;
    };
    expect(await status({ headers: { origin: "https://listed.example" } })).toBe(101);
    expect(await status({ headers: { origin: `http://127.0.0.1:${port}` } })).toBe(101);
    expect(await status({ headers: { origin: "https://evil.example" } })).toBe(403);
    expect(await status({ headers: { origin: "null" } })).toBe(403);
    expect(await status({ path: "/elsewhere" })).toBe(404);
  });

  it("closes on what is no message, and on one that is too large", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    client.socket.send("{");
    expect((await client.closed())[0]).toBe(4400);
    const contrary = await TestClient.connect(server.edge.port, "Bearer anna");
    contrary.socket.send(JSON.stringify({ type: "next", id: "1", payload: {} }));
    expect((await contrary.closed())[0]).toBe(4400);
    const large = await TestClient.connect(server.edge.port, "Bearer anna");
    large.subscribe("1", `{ whoami } # ${"x".repeat(300_000)}`);
    expect((await large.closed())[0]).toBe(1009);
    // Deep enough to be read and not to be written; whoever sends it has shown nothing.
    const deep = new TestClient(server.edge.port);
    await deep.open();
    const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    deep.socket.send(`{"type":"subscribe","id":"1","payload":{"query":"{ whoami }","variables":{"a":${nested}}}}`);
    expect((await deep.closed())[0]).toBe(4400);
  });

  it("makes room for who may have it by closing a socket that has shown no key", async () => {
    await using server = await SocketEdge.start({ socketsMax: 2 });
    const { port } = server.edge;
    const anna = await TestClient.connect(port, "Bearer anna");
    const stranger = new TestClient(port);
    await stranger.open();
    const closed = stranger.closed();
    const bert = await TestClient.connect(port, "Bearer bert");
    expect((await closed)[0]).toBe(1006);
    expect(server.sockets.counts.sockets).toBe(2);
    await expect(new TestClient(port).open()).rejects.toThrow(/503/);
    for (const { socket } of [anna, bert]) socket.terminate();
  });

  it("answers what is wrong with an operation, and goes on", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    for (const [query, message] of [
      ["{", /Syntax Error/],
      ["{ nothing }", /Cannot query field "nothing"/],
      ["query a { whoami } query b { whoami }", /operationName/],
      [`{ whoami(a: ${"[".repeat(100_000)}`, /call stack/],
    ] as const) {
      client.subscribe("1", query);
      expect(await client.next()).toMatchObject({
        id: "1",
        type: "error",
        payload: [{ message: expect.stringMatching(message) }],
      });
    }
    client.subscribe("2", "subscription { broken { seq } }");
    expect(await client.next()).toMatchObject({
      type: "next",
      payload: { errors: [{ message: "there is no such edit", extensions: { code: "NOT_FOUND" } }] },
    });
    expect(await client.next()).toEqual({ type: "complete", id: "2" });
    client.socket.terminate();
  });

  it("runs 32 operations on a socket and refuses the 33rd, until one ends", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    for (let i = 1; i <= 33; i += 1) client.subscribe(`${i}`, activity);
    expect(await client.next()).toMatchObject({
      id: "33",
      type: "error",
      payload: [{ message: expect.stringMatching(/^32 operations/), extensions: { code: "RATE_LIMITED" } }],
    });
    expect(server.sockets.counts).toEqual({ sockets: 1, subscriptions: 32 });
    client.send({ type: "complete", id: "7" });
    client.subscribe("34", "{ whoami }");
    expect(await client.next()).toMatchObject({ id: "34", type: "next" });
    client.socket.terminate();
    await until(() => server.listening === 0);
  });

  it("gives an account 64 sockets", async () => {
    await using server = await SocketEdge.start();
    const clients = await Promise.all(
      Array.from({ length: 64 }, () => TestClient.connect(server.edge.port, "Bearer anna")),
    );
    const one = new TestClient(server.edge.port);
    await one.open();
    one.send({ type: "connection_init", payload: { authorization: "Bearer anna" } });
    expect(await one.closed()).toEqual([1013, "The account has 64 sockets already"]);
    const other = await TestClient.connect(server.edge.port, "Bearer bert");
    for (const { socket } of [...clients, other]) socket.terminate();
  });

  it("closes all sockets of an account, or of a key, at once and lets in none of a suspended one", async () => {
    await using server = await SocketEdge.start();
    const { port } = server.edge;
    const [anna, annaKey, bert] = await Promise.all(
      ["Bearer anna", "Bearer anna-work", "Bearer bert"].map((authorization) =>
        TestClient.connect(port, authorization),
      ),
    );
    for (const client of [anna!, annaKey!, bert!]) client.subscribe("1", progress);
    await until(() => server.listening === 2);
    server.sockets.closeKey("work", "The key was revoked");
    expect(await annaKey!.closed()).toEqual([4401, "The key was revoked"]);
    server.suspended.add("anna");
    server.sockets.closeAccount("anna", "The account is suspended");
    server.push({ seq: 1, kind: "other" });
    expect(await anna!.closed()).toEqual([4403, "The account is suspended"]);
    expect(anna!.received.filter(({ type }) => type === "next")).toEqual([]);
    expect(await bert!.next()).toMatchObject({ type: "next" });
    const again = new TestClient(port);
    await again.open();
    again.send({ type: "connection_init", payload: { authorization: "Bearer anna" } });
    expect(await again.closed()).toEqual([4403, "The account is suspended"]);
    bert!.socket.terminate();
  });

  it("closes those that were opened in another role, so that they come again in the one of now", async () => {
    await using server = await SocketEdge.start();
    const anna = await TestClient.connect(server.edge.port, "Bearer anna-work");
    const [viewer] = server.sockets.viewers;
    server.sockets.closeOtherRoles(viewer!.accountId, viewer!.role);
    server.sockets.closeOtherRoles("bert", "AUDITOR");
    expect(server.sockets.viewers).toEqual([viewer]);
    server.sockets.closeOtherRoles(viewer!.accountId, "AUDITOR");
    expect(await anna.closed()).toEqual([1012, "The account has another role now"]);
    await until(() => server.sockets.viewers.length === 0);
  });

  it("cuts off whoever answers no ping, and nobody who does", async () => {
    await using server = await SocketEdge.start();
    const alive = await TestClient.connect(server.edge.port, "Bearer anna");
    const dead = await TestClient.connect(server.edge.port, "Bearer anna");
    dead.socket.pause();
    for (let round = 0; round < 2; round += 1) {
      const pinged = once(alive.socket, "ping");
      server.clock.advance(15_000);
      if (server.sockets.counts.sockets === 2) await pinged;
      alive.subscribe(`${round}`, "{ whoami }");
      await alive.next();
      await alive.next();
    }
    await until(() => server.sockets.counts.sockets === 1);
    alive.subscribe("last", "{ whoami }");
    expect(await alive.next()).toMatchObject({ id: "last", type: "next" });
    dead.socket.terminate();
    alive.socket.terminate();
  });

  it("says goodbye when the server stops", async () => {
    const server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    client.subscribe("1", progress);
    await until(() => server.listening === 1);
    const closed = client.closed();
    await server[Symbol.asyncDispose]();
    expect(await closed).toEqual([1001, "The server is going away"]);
    expect(server.listening).toBe(0);
  });
});
