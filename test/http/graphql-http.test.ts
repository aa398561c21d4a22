import { ApolloServer } from "@apollo/server";
import { afterAll, describe, expect, it } from "vitest";
import { graphqlHandler } from "../../src/http/graphql-http.ts";
import { Edge } from "./edge.ts";

interface Context {
  readonly authorization?: string;
  readonly signal: AbortSignal;
}

const apollo = new ApolloServer<Context>({
  typeDefs: "type Query { greet(name: String!): String! who: String! } type Mutation { count: Int! }",
  resolvers: {
    Query: {
      greet: (_root, { name }: { name: string }) => `hello ${name}`,
      who: (_root, _args, { authorization, signal }: Context) => `${authorization} ${signal.aborted}`,
    },
    Mutation: { count: () => 1 },
  },
});
await apollo.start();
afterAll(() => apollo.stop());

const graphql = graphqlHandler(apollo, async ({ headers }, signal) => ({
  ...(headers.authorization ? { authorization: headers.authorization } : {}),
  get signal() {
    return signal();
  },
}));
const json = { "content-type": "application/json" };

describe("/graphql", () => {
  it("answers a POST, with the context of its request", async () => {
    await using edge = await Edge.start({ graphql });
    const body = JSON.stringify({ query: "query ($n: String!) { greet(name: $n) who }", variables: { n: "Käthe" } });
    const answer = await edge.ask("POST", "/graphql", { body, headers: { ...json, authorization: "Bearer x" } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ data: { greet: "hello Käthe", who: "Bearer x false" } });
    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "content-length": `${answer.body.length}`,
    });
  });

  it("answers queries over GET for who shows that no form sent them, and no mutation", async () => {
    await using edge = await Edge.start({ graphql });
    const ask = (query: string, headers = {}) =>
      edge.ask("GET", `/graphql?query=${encodeURIComponent(query)}`, { headers });
    const preflighted = { "apollo-require-preflight": "1" };
    expect((await ask('{ greet(name: "x") }', preflighted)).json()).toEqual({ data: { greet: "hello x" } });
    expect((await ask("{ who }")).status).toBe(400);
    const mutation = await ask("mutation { count }", preflighted);
    expect([mutation.status, mutation.headers.allow]).toEqual([405, "POST"]);
  });

  it("refuses what a form of another page could send", async () => {
    await using edge = await Edge.start({ graphql });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const body = JSON.stringify({ query: "mutation { count }" });
      const answer = await edge.ask("POST", "/graphql", { body, headers: { "content-type": type } });
      expect([type, answer.status]).toEqual([type, 400]);
    }
  });

  it("says what is wrong with a body", async () => {
    await using edge = await Edge.start({ graphql });
    const broken = await edge.ask("POST", "/graphql", { body: "{", headers: json });
    expect([broken.status, broken.json()]).toEqual([
      400,
      { error: { code: "BAD_INPUT", message: "the body is no JSON" } },
    ]);
    const long = await edge.ask("POST", "/graphql", { body: Buffer.alloc(2 ** 23 + 1, " "), headers: json });
    expect([long.status, long.json()]).toMatchObject([413, { error: { message: expect.stringMatching(/8388608/) } }]);
    const invalid = await edge.ask("POST", "/graphql", {
      body: JSON.stringify({ query: "{ nothing }" }),
      headers: json,
    });
    expect([invalid.status, invalid.json()]).toMatchObject([400, { errors: [{ message: expect.any(String) }] }]);
  });
});
