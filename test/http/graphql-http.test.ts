import { once } from "node:events";
import { connect } from "node:net";
import { ApolloServer } from "@apollo/server";
import { afterAll, describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import { Refused } from "../../src/core/errors.ts";
import { graphqlHandler } from "../../src/http/graphql-http.ts";
import { Edge } from "./edge.ts";

interface Context {
  readonly authorization?: string;
}

const apollo = new ApolloServer<Context>({
  typeDefs: "type Query { greet(name: String!): String! who: String! } type Mutation { count: Int! }",
  resolvers: {
    Query: {
      greet: (_root, { name }: { name: string }) => `hello ${name}`,
      who: (_root, _args, { authorization }: Context) => String(authorization),
    },
    Mutation: { count: () => 1 },
  },
});
await apollo.start();
afterAll(() => apollo.stop());

/** Keys open the account that they name. */
const graphql = () =>
  graphqlHandler({
    apollo,
    contextOf: async ({ headers }) => (headers.authorization ? { authorization: headers.authorization } : {}),
    callerOf: async ({ headers: { authorization } }) => {
      if (authorization === undefined) throw new Refused("UNAUTHENTICATED", "a valid key is needed");
      return { accountId: authorization };
    },
    clock: wallClock,
  });
const json = { "content-type": "application/json" };

describe("/graphql", () => {
  it("answers a POST, with the context of its request", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const body = JSON.stringify({ query: "query ($n: String!) { greet(name: $n) who }", variables: { n: "Käthe" } });
    const answer = await edge.ask("POST", "/graphql", { body, headers: { ...json, authorization: "Bearer x" } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ data: { greet: "hello Käthe", who: "Bearer x" } });
    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "content-length": `${answer.body.length}`,
    });
  });

  it("answers queries over GET for who shows that no form sent them, and no mutation", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const ask = (query: string, headers = {}) =>
      edge.ask("GET", `/graphql?query=${encodeURIComponent(query)}`, { headers });
    const preflighted = { "apollo-require-preflight": "1" };
    expect((await ask('{ greet(name: "x") }', preflighted)).json()).toEqual({ data: { greet: "hello x" } });
    expect((await ask("{ who }")).status).toBe(400);
    const mutation = await ask("mutation { count }", preflighted);
    expect([mutation.status, mutation.headers.allow]).toEqual([405, "POST"]);
  });

  it("refuses what a form of another page could send", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const body = JSON.stringify({ query: "mutation { count }" });
      const answer = await edge.ask("POST", "/graphql", { body, headers: { "content-type": type } });
      expect([type, answer.status]).toEqual([type, 400]);
    }
  });

  it("says what is wrong with a body, as its clients read it", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const broken = await edge.ask("POST", "/graphql", { body: "{", headers: json });
    expect([broken.status, broken.json()]).toEqual([
      400,
      { errors: [{ message: "the body is no JSON", extensions: { code: "BAD_INPUT", retryable: false } }] },
    ]);
    const headers = { ...json, authorization: "a" };
    const long = await edge.ask("POST", "/graphql", { body: Buffer.alloc(2 ** 23 + 1, " "), headers });
    expect([long.status, long.json()]).toMatchObject([
      413,
      { errors: [{ message: expect.stringMatching(/8388608/) }] },
    ]);
    const invalid = await edge.ask("POST", "/graphql", { body: JSON.stringify({ query: "{ nothing }" }), headers });
    expect([invalid.status, invalid.json()]).toMatchObject([400, { errors: [{ message: expect.any(String) }] }]);
  });

  it("reads a small body of anybody, and a larger one of who shows a key", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const body = (length: number) => JSON.stringify({ query: "{ who }" }).padEnd(length);
    const ask = (length: number, headers = {}) =>
      edge.ask("POST", "/graphql", { body: body(length), headers: { ...json, ...headers } });
    expect((await ask(2 ** 14)).json()).toEqual({ data: { who: "undefined" } });
    for (const refused of [await ask(2 ** 14 + 1), await ask(100, { "transfer-encoding": "chunked" })])
      expect([refused.status, refused.json()]).toMatchObject([
        401,
        { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
      ]);
    expect((await ask(2 ** 22, { authorization: "a" })).json()).toEqual({ data: { who: "a" } });
    expect((await ask(100, { authorization: "a", "transfer-encoding": "chunked" })).json()).toEqual({
      data: { who: "a" },
    });
  });

  it("parses no large body of very many values", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const ask = (variables: unknown) => {
      const body = JSON.stringify({ query: "{ who }", variables });
      return edge.ask("POST", "/graphql", { body, headers: { ...json, authorization: "a" } });
    };
    const refused = await ask({ many: Array.from({ length: 60_000 }, () => []) });
    expect([refused.status, refused.json()]).toMatchObject([
      413,
      { errors: [{ extensions: { code: "TOO_COMPLEX" } }] },
    ]);
    expect((await ask({ picture: "A".repeat(2 ** 22) })).status).toBe(200);
    expect((await ask({ list: '{"hash":[1]},\\'.repeat(200_000) })).status).toBe(200);
  });

  it("has room for others beside an account that sends much at once", async () => {
    await using edge = await Edge.start({ graphql: graphql() });
    const head = (key: string) =>
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${2 ** 23}\r\n`;
    const sockets = Array.from({ length: 4 }, () => connect(edge.port, "127.0.0.1"));
    for (const socket of sockets) {
      socket.write(`${head("a")}expect: 100-continue\r\n\r\n`);
      // It is told to go on once it has its share.
      await once(socket, "data");
    }
    const ask = (authorization: string) =>
      edge.ask("POST", "/graphql", { body: '{"query":"{ who }"}'.padEnd(20_000), headers: { ...json, authorization } });
    const refused = await ask("a");
    expect([refused.status, refused.headers["retry-after"], refused.json()]).toMatchObject([
      429,
      "1",
      { errors: [{ extensions: { code: "RATE_LIMITED", retryable: true, retryAfterMs: 1000 } }] },
    ]);
    expect((await ask("b")).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    let status = 429;
    do status = (await ask("a")).status;
    while (status === 429);
    expect(status).toBe(200);
  });
});
