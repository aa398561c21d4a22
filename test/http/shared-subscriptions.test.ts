import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { type Message, SocketEdge, TestClient, type Tick } from "./sockets.ts";

const progress = (editId = "e") => `subscription { progress(editId: "${editId}") { seq } }`;
const text = 'subscription { progress(editId: "e") { seq kind text } }';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

const seqs = (messages: readonly Message[], field = "progress") =>
  messages
    .filter(({ type }) => type === "next")
    .map(({ payload }) => (payload as { data: Record<string, Tick> }).data[field]!.seq);

/** All that a client gets until its operation ends. */
async function untilComplete(client: TestClient): Promise<readonly Message[]> {
  await until(() => client.received.some(({ type }) => type === "complete"));
  return client.received;
}

describe("a shared subscription", () => {
  it("is run once for all of an account who ask the same, on one socket or several", async () => {
    await using server = await SocketEdge.start();
    const clients = await Promise.all([1, 2, 3].map(() => TestClient.connect(server.edge.port, "Bearer anna")));
    for (const client of clients) for (const id of ["a", "b"]) client.subscribe(id, progress());
    await until(() => server.sockets.counts.subscriptions === 6);
    server.push({ seq: 1, kind: "other" });
    server.push({ seq: 2, kind: "end" });
    for (const client of clients) {
      await until(() => client.received.filter(({ type }) => type === "complete").length === 2);
      for (const id of ["a", "b"]) expect(seqs(client.received.filter((message) => message.id === id))).toEqual([1, 2]);
      client.socket.terminate();
    }
    expect([server.opened, server.resolved]).toEqual([["progress"], 2]);
  });

  it("is not shared between accounts, documents or variables, nor where the server does not say so", async () => {
    await using server = await SocketEdge.start();
    const { port } = server.edge;
    const [anna, bert] = [await TestClient.connect(port, "Bearer anna"), await TestClient.connect(port, "Bearer bert")];
    const withVariable = "subscription ($e: String!) { progress(editId: $e) { seq } }";
    anna.subscribe("1", progress());
    bert.subscribe("1", progress());
    anna.subscribe("2", `${progress()} `);
    anna.subscribe("3", withVariable, { e: "1" });
    anna.subscribe("4", withVariable, { e: "2" });
    for (const id of ["5", "6"]) anna.subscribe(id, "subscription { private { seq } }");
    await until(() => server.listening === 7);
    server.push({ seq: 1, kind: "end" });
    await until(() => anna.received.length === 12 && bert.received.length === 2);
    expect(server.opened.length).toBe(7);
    for (const { socket } of [anna, bert]) socket.terminate();
  });

  it("gives a later subscriber the past it would have had, steps as the latest only", async () => {
    await using server = await SocketEdge.start();
    const { port } = server.edge;
    const first = await TestClient.connect(port, "Bearer anna");
    first.subscribe("1", progress());
    await until(() => server.listening === 1);
    for (const [seq, kind] of [
      [1, "other"],
      [2, "step"],
      [3, "step"],
      [4, "other"],
      [5, "step"],
    ] as const) {
      server.push({ seq, kind });
    }
    await until(() => first.received.length === 5);
    const second = await TestClient.connect(port, "Bearer anna");
    second.subscribe("1", progress());
    await until(() => seqs(second.received).length === 3);
    server.push({ seq: 6, kind: "end" });
    expect(seqs(await untilComplete(first))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(seqs(await untilComplete(second))).toEqual([1, 4, 5, 6]);
    expect(server.opened.length).toBe(1);
    for (const { socket } of [first, second]) socket.terminate();
  });

  it("of the live sort gives a later one what comes from then on", async () => {
    await using server = await SocketEdge.start();
    const activity = "subscription { activity { seq } }";
    const first = await TestClient.connect(server.edge.port, "Bearer anna");
    first.subscribe("1", activity);
    await until(() => server.listening === 1);
    server.push({ seq: 1, kind: "other" });
    await until(() => seqs(first.received, "activity").length === 1);
    first.subscribe("2", activity);
    await until(() => server.sockets.counts.subscriptions === 2);
    server.push({ seq: 2, kind: "other" });
    await until(() => seqs(first.received, "activity").length === 3);
    expect(seqs(first.received, "activity")).toEqual([1, 2, 2]);
    expect(server.opened.length).toBe(1);
    first.socket.terminate();
  });

  it("begins anew for those who come when its past has grown too long to keep", async () => {
    await using server = await SocketEdge.start();
    const first = await TestClient.connect(server.edge.port, "Bearer anna");
    first.subscribe("1", text);
    await until(() => server.listening === 1);
    for (let seq = 1; seq <= 3; seq += 1) server.push({ seq, kind: "other", text: "x".repeat(100_000) });
    await until(() => seqs(first.received).length === 3);
    first.subscribe("2", text);
    await until(() => server.listening === 2);
    expect(server.opened.length).toBe(2);
    first.socket.terminate();
    await until(() => server.listening === 0);
  });

  it("ends with its last subscriber, and not before", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    client.subscribe("1", progress());
    client.subscribe("2", progress());
    await until(() => server.sockets.counts.subscriptions === 2);
    client.send({ type: "complete", id: "1" });
    await until(() => server.sockets.counts.subscriptions === 1);
    server.push({ seq: 1, kind: "other" });
    expect(await client.next()).toMatchObject({ id: "2", type: "next" });
    client.send({ type: "complete", id: "2" });
    await until(() => server.listening === 0);
    client.subscribe("3", progress());
    await until(() => server.listening === 1);
    client.socket.terminate();
    await until(() => server.listening === 0);
  });

  it("may be asked for under an id that was completed a moment ago, in one packet", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    const completed = () => client.received.filter(({ type }) => type === "complete").length;
    client.inOnePacket(() => {
      for (const id of ["1", "2"]) {
        client.subscribe("a", progress(id));
        client.send({ type: "complete", id: "a" });
      }
      client.subscribe("a", progress("3"));
    });
    await until(() => server.sockets.counts.subscriptions === 1 && server.listening === 1);
    server.push({ seq: 1, kind: "end" });
    await until(() => completed() === 1);
    expect(seqs(client.received)).toEqual([1]);
    client.inOnePacket(() => {
      client.subscribe("a", progress("4"));
      client.send({ type: "complete", id: "a" });
      client.subscribe("a", "{ whoami }");
    });
    await until(() => completed() === 2);
    await until(() => server.listening === 0);
    expect(client.received.slice(2)).toEqual([
      { id: "a", type: "next", payload: { data: { whoami: "anna" } } },
      { id: "a", type: "complete" },
    ]);
    client.socket.terminate();
  });

  it("leaves nothing running whatever order clients come and go in", async () => {
    await using server = await SocketEdge.start();
    const clients = await Promise.all([1, 2].map(() => TestClient.connect(server.edge.port, "Bearer anna")));
    let run = 0;
    const moves = fc.array(fc.tuple(fc.nat(1), fc.nat(3), fc.constantFrom("join", "leave", "push", "wait")), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(moves, async (list) => {
        run += 1;
        const open = new Set<string>();
        for (const [who, which, move] of list) {
          const [client, id] = [clients[who]!, `${run}-${which}`];
          const place = `${who} ${id}`;
          if (move === "join" && !open.has(place)) {
            open.add(place);
            client.subscribe(id, progress(`${run}`));
          } else if (move === "leave" && open.delete(place)) client.send({ type: "complete", id });
          else if (move === "push") server.push({ seq: 1, kind: "step" });
          else await nextTurn();
        }
        for (const place of open) {
          const [who, id] = place.split(" ") as [string, string];
          clients[Number(who)]!.send({ type: "complete", id });
        }
        for (const [i, client] of clients.entries()) {
          client.subscribe(`${run}-done-${i}`, "{ whoami }");
          await until(() => client.received.some(({ id, type }) => id === `${run}-done-${i}` && type === "complete"));
        }
        await until(() => server.listening === 0);
        expect(server.sockets.counts.subscriptions).toBe(0);
      }),
      { numRuns: 50, seed: 20261128 },
    );
    for (const { socket } of clients) socket.terminate();
  });
});

describe("a client that does not read", () => {
  const padding = "x".repeat(10_000);

  it("misses steps but nothing else, and ends with the terminal event", async () => {
    await using server = await SocketEdge.start();
    const client = await TestClient.connect(server.edge.port, "Bearer anna");
    client.subscribe("1", text);
    await until(() => server.listening === 1);
    client.socket.pause();
    const seq = 20 * 101 + 1;
    for (let i = 1; i < seq; i += 1) {
      server.push(i % 101 === 0 ? { seq: i, kind: "other" } : { seq: i, kind: "step", text: padding });
    }
    server.push({ seq, kind: "end" });
    await until(() => server.resolved === seq);
    client.socket.resume();
    const received = seqs(await untilComplete(client));
    const others = Array.from({ length: 20 }, (_, i) => (i + 1) * 101);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(received.filter((number) => number % 101 === 0)).toEqual(others);
    expect(received.at(-1)).toBe(seq);
    expect(received.length).toBeLessThan(seq - 500);
    client.socket.terminate();
  });

  it("is sent away when what it must not miss grows too much, and harms no one else", async () => {
    await using server = await SocketEdge.start();
    const [slow, quick] = await Promise.all([1, 2].map(() => TestClient.connect(server.edge.port, "Bearer anna")));
    for (const client of [slow!, quick!]) client.subscribe("1", text);
    await until(() => server.sockets.counts.subscriptions === 2);
    slow!.socket.pause();
    const count = 2000;
    for (let seq = 1; seq < count; seq += 1) {
      server.push({ seq, kind: "other", text: padding });
      await until(() => quick!.received.length > seq - 20);
    }
    server.push({ seq: count, kind: "end" });
    expect(seqs(await untilComplete(quick!))).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const closed = slow!.closed();
    slow!.socket.resume();
    expect(await closed).toEqual([1013, "The client reads too slowly"]);
    quick!.socket.terminate();
  });
});
