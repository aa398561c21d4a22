import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect, it } from "vitest";
import { Edge } from "./edge.ts";

const page = "x".repeat(65_536);

/** Asks for an export and reads nothing of it yet. */
async function beginExport(edge: Edge): Promise<{ path: string; answer: IncomingMessage }> {
  const path = edge.signer.sign({
    method: "GET",
    path: "/audit/export",
    accountId: "a",
    parameters: { format: "csv" },
  });
  const asked = request({ host: "127.0.0.1", port: edge.port, path, agent: false }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return { path, answer };
}

it("an export is made no faster than it is read, and ends with its reader", async () => {
  await using edge = await Edge.start();
  let made = 0;
  let ended = () => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  edge.exported = (async function* () {
    try {
      for (; ; made += 1) yield page;
    } finally {
      ended();
    }
  })();
  const { answer } = await beginExport(edge);
  let read = 0;
  for await (const bytes of answer) {
    read += (bytes as Buffer).length;
    if (read > 20 * page.length) break;
  }
  await end;
  // What was made ahead fits the buffers of the two sockets and of the kernel between them.
  expect(made * page.length - read).toBeLessThan(16 * 2 ** 20);
});

it("an export whose reader takes its time without end is cut off after half an hour", async () => {
  await using edge = await Edge.start();
  edge.exported = (async function* () {
    for (;;) yield page;
  })();
  const { path, answer } = await beginExport(edge);
  edge.clock.advance(29 * 60_000);
  expect((await edge.ask("GET", path)).status).toBe(429);
  edge.clock.advance(60_000);
  await expect(answer.toArray()).rejects.toMatchObject({ code: "ECONNRESET" });
  edge.exported = (async function* () {})();
  let status = 429;
  do status = (await edge.ask("GET", path)).status;
  while (status === 429);
  expect(status).toBe(200);
  expect(edge.clock.waiting).toBe(0);
});

it("an export without a format that we know is refused, and so is a second of an account and a thirty-third at once", async () => {
  await using edge = await Edge.start();
  const pathOf = (format: string, accountId = "a") =>
    edge.signer.sign({ method: "GET", path: "/audit/export", accountId, parameters: { format } });
  expect((await edge.ask("GET", pathOf("xml"))).status).toBe(400);
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const running = [];
  for (const accountId of ["a", ...Array.from({ length: 31 }, (_, i) => `b${i}`)]) {
    edge.exported = (async function* () {
      yield "begun";
      await gate;
    })();
    const asked = request({ host: "127.0.0.1", port: edge.port, path: pathOf("csv", accountId), agent: false }).end();
    running.push(((await once(asked, "response")) as [IncomingMessage])[0]);
  }
  const refused = [await edge.ask("GET", pathOf("csv", "e")), await edge.ask("GET", pathOf("csv"))];
  expect(refused.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([
    [503, "60"],
    [429, "60"],
  ]);
  letGo();
  for (const answer of running) expect(Buffer.concat(await answer.toArray()).toString()).toBe("begun");
});
