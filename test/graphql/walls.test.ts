import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { EditDocument } from "../../schema/generated/graphql.ts";
import { complexityRules } from "../../src/graphql/complexity.ts";
import { createSchema } from "../../src/graphql/schema.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

const schema = createSchema();

/** What a composite type shows, everything down to `depthMax`, as a selection. */
function selectionOf(type: GraphQLOutputType, depthMax: number, depth = 0): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  if (!isCompositeType(named)) return "";
  if (!isObjectType(named)) {
    const possible = schema
      .getPossibleTypes(named as never)
      .map((one) => `... on ${one.name} ${selectionOf(one, depthMax, depth)}`);
    return `{ __typename ${possible.join(" ")} }`;
  }
  const fields = Object.values(named.getFields())
    .filter((field) => field.args.every((arg) => !isNonNullType(arg.type) || arg.defaultValue !== undefined))
    .filter((field) => isLeafType(getNamedType(field.type)) || depth < depthMax)
    .map((field) => `${field.name} ${selectionOf(field.type, depthMax, depth + 1)}`);
  return `{ __typename ${fields.join(" ")} }`;
}

/** A literal for an argument: the other account's id wherever an id or a text can stand. */
function literal(type: GraphQLInputType, name: string, ids: readonly string[], pick: number): string {
  if (isNonNullType(type)) return literal(type.ofType as GraphQLInputType, name, ids, pick);
  if (isListType(type)) return `[${literal(type.ofType as GraphQLInputType, name, ids, pick)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) || /Id$|^id$|images?$/.test(field.name),
    );
    const one = type.name === "ImageInput" ? needed.slice(0, 1) : needed;
    return `{ ${one.map((field) => `${field.name}: ${literal(field.type, field.name, ids, pick)}`).join(", ")} }`;
  }
  switch (getNamedType(type).name) {
    case "Int":
    case "Float":
      return "1";
    case "Boolean":
      return "false";
    case "DateTimeISO":
      return '"2030-01-01T00:00:00.000Z"';
    default:
      return JSON.stringify(name === "name" ? "a name" : ids[pick % ids.length]);
  }
}

/** An operation that shows as much as one request may ask, at most four levels. */
function operation(kind: string, field: GraphQLField<unknown, unknown>, ids: readonly string[], pick: number): string {
  const args = field.args
    .filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)
    .map((arg) => `${arg.name}: ${literal(arg.type, arg.name, ids, pick)}`);
  const call = `${field.name}${args.length > 0 ? `(${args.join(", ")})` : ""}`;
  const ofDepth = (depthMax: number) => `${kind} { ${call} ${selectionOf(field.type, depthMax)} }`;
  return [4, 3, 2, 1].map(ofDepth).find((text) => validate(schema, parse(text), complexityRules).length === 0)!;
}

describe("two accounts", () => {
  let server: TestServer;
  let mine: readonly string[];
  let other: string;
  const secret = "make the harbour behind the old boats blue";
  beforeAll(async () => {
    server = await testServer();
    const owner = await server.account("owner");
    const imageId = await owner.client.upload(await pictureFile({ width: 64, height: 48 }));
    const { edit } = await owner.client.ask(EditDocument, {
      input: { prompt: secret, images: [{ imageId }], steps: 1 },
    });
    const results: string[] = [];
    for await (const event of owner.client.progress(edit.id))
      if (event.__typename === "CompletedEvent") results.push(...event.images.map(({ id }) => id));
    mine = [edit.id, imageId, ...results, owner.accountId];
    other = (await server.account("stranger")).key;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** What a stranger is shown; whatever it is, nothing of the owner's may stand in it. */
  const check = (answer: unknown, asked: string) => {
    const text = JSON.stringify(answer);
    expect(text, asked).not.toContain(secret);
    for (const id of mine) {
      // An id that was asked for comes back in the message of a refusal, and nowhere else.
      const data = JSON.stringify((answer as { data?: unknown }).data ?? null);
      expect(data, asked).not.toContain(id);
    }
  };

  const roots = [
    ["query", schema.getQueryType()!],
    ["mutation", schema.getMutationType()!],
  ] as const;
  for (const [kind, root] of roots) {
    for (const field of Object.values(root.getFields())) {
      it(`cannot see each other's through ${kind} ${field.name}`, async () => {
        for (let pick = 0; pick < mine.length; pick += 1) {
          const query = operation(kind, field, mine, pick);
          const response = await fetch(`${server.url}/graphql`, {
            method: "POST",
            headers: { "content-type": "application/json", authorization: `Bearer ${other}` },
            body: JSON.stringify({ query }),
          });
          const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] };
          check(answer, query);
          for (const { extensions } of answer.errors ?? []) expect(extensions.code, query).not.toBe("INTERNAL");
        }
      });
    }
  }

  for (const field of Object.values(schema.getSubscriptionType()!.getFields())) {
    it(`cannot watch each other's through ${field.name}`, async () => {
      const socket = createClient({
        url: `${server.url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${other}` },
        retryAttempts: 0,
      });
      for (let pick = 0; pick < mine.length; pick += 1) {
        const query = operation("subscription", field, mine, pick);
        const stream = socket.iterate({ query });
        const first = stream.next().then(({ value }) => value as unknown);
        // A stream that shows only what is its own gives nothing: what is asked next comes after anything it had to say.
        const pong = socket.iterate({ query: "{ __typename }" }).next();
        const answer = await Promise.race([first, pong.then(() => ({ data: null }))]);
        check(answer ?? { data: null }, query);
        await stream.return?.(undefined as never);
      }
      await socket.dispose();
    });
  }

  it("asks for a key everywhere but where one signs in", async () => {
    for (const [kind, root] of roots) {
      for (const field of Object.values(root.getFields()).filter(({ name }) => name !== "signIn")) {
        const query = operation(kind, field, mine, 0);
        const response = await fetch(`${server.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query }),
        });
        const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
        expect(errors?.[0]?.extensions.code, query).toBe("UNAUTHENTICATED");
      }
    }
  });
});

describe("the schema", () => {
  it("describes every type, field and argument", () => {
    const silent: string[] = [];
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith("__") || isLeafType(type)) continue;
      if (!type.description && !["Query", "Mutation", "Subscription"].includes(type.name)) silent.push(type.name);
      const fields = "getFields" in type ? Object.values(type.getFields()) : [];
      for (const field of fields) {
        if (!field.description) silent.push(`${type.name}.${field.name}`);
        for (const arg of "args" in field ? field.args : [])
          if (!arg.description) silent.push(`${type.name}.${field.name}(${arg.name})`);
      }
    }
    expect(silent).toEqual([]);
  });
});
