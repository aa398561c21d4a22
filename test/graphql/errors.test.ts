import { GraphQLError } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Failed, unexplained } from "../../src/core/errors.ts";
import { formatError } from "../../src/graphql/errors.ts";
import { TestClient } from "../http/sockets.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const connect = () => TestClient.connect(Number(new URL(server.url).port), `Bearer ${server.key}`);

it("says of the 33rd operation on a socket that there are too many, and when to try again", async () => {
  const client = await connect();
  for (let i = 1; i <= 33; i += 1) client.subscribe(`${i}`, "subscription { activity { seq } }");
  expect(await client.next()).toMatchObject({
    id: "33",
    type: "error",
    payload: [
      {
        message: expect.stringMatching(/^32 operations run/),
        extensions: { code: "RATE_LIMITED", retryable: true, retryAfterMs: 1000 },
      },
    ],
  });
  client.socket.terminate();
});

it.each(["12", 1.5, 3e9])("says of a variable of a subscription that is %j what is wrong with it", async (after) => {
  const client = await connect();
  const query = "subscription ($id: ID!, $after: Int!) { progress(editId: $id, after: $after) { seq } }";
  client.subscribe("1", query, { id: "x", after });
  const error = {
    message: expect.stringMatching(/^Variable "\$after"/),
    extensions: { code: "BAD_INPUT", retryable: false },
  };
  expect(await client.next()).toMatchObject({ id: "1", payload: { errors: [error] } });
  client.socket.terminate();
});

const post = (body: object) =>
  fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

it("says of a subscription over HTTP how it is followed, to strangers too", async () => {
  const answer = await post({ query: "subscription { activity { seq } }" });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    errors: [{ message: expect.stringMatching(/over WebSocket/), extensions: { code: "BAD_INPUT", retryable: false } }],
  });
});

it("says of what is nested too deeply to be read that it is too complex, as both ways find out", () => {
  const overflow = new GraphQLError("Maximum call stack size exceeded", {
    originalError: new RangeError("Maximum call stack size exceeded"),
  });
  const wrapped = new GraphQLError(overflow.message, { originalError: overflow });
  for (const error of [overflow, wrapped]) {
    expect(formatError(error.toJSON(), error, () => expect.unreachable())).toMatchObject({
      message: "the request is nested too deeply to be read",
      extensions: { code: "TOO_COMPLEX", retryable: false },
    });
  }
});

it.each([
  ["INTERNAL", unexplained, 1],
  ["ENGINE_FAILED", "the words of /a/library", 0],
] as const)("tells of a failure that is %s: %s", (code, message, reports) => {
  const failed = new Failed(code, "the words of /a/library", { retryable: false });
  const error = new GraphQLError(failed.message, { originalError: failed, path: ["edit"] });
  const reported: unknown[] = [];
  const told = formatError(error.toJSON(), error, (one) => reported.push(one));
  expect(told).toEqual({ message, path: ["edit"], extensions: { code, retryable: false } });
  expect(reported).toEqual(Array(reports).fill(failed));
});

it("quotes little of what it refuses, however much was sent", async () => {
  const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`unknown${i}`, 1]));
  const variables = { input: { prompt: "x".repeat(5_000), ...unknown } };
  const query = "mutation ($input: EditInput!) { edit(input: $input) { id } }";
  const text = await (await post({ query, variables })).text();
  expect(text.length).toBeLessThan(10_000);
  const { errors } = JSON.parse(text);
  expect(errors.length).toBeLessThan(10);
  expect(errors[0].message).toMatch(/^Variable "\$input" got invalid value .* … .*"unknown0" is not defined/);
});

it("names an operation that the document does not hold", async () => {
  const client = await connect();
  const payload = { query: "query A { viewer { account { id } } }", operationName: "Z" };
  client.socket.send(JSON.stringify({ type: "subscribe", id: "1", payload }));
  expect(await client.next()).toMatchObject({ payload: [{ message: 'Unknown operation named "Z".' }] });
  client.socket.terminate();
});
