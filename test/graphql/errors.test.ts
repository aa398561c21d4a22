import { afterAll, beforeAll, expect, it } from "vitest";
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

it("says of a subscription over HTTP how it is followed, to strangers too", async () => {
  const body = JSON.stringify({ query: "subscription { activity { seq } }" });
  const answer = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(await answer.json()).toMatchObject({
    errors: [{ message: expect.stringMatching(/over WebSocket/), extensions: { code: "BAD_INPUT", retryable: false } }],
  });
});
