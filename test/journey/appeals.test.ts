import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  AppealEditDocument,
  EditDocument,
  ImportHashListDocument,
  OneEditDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { type Category, categories, type Stage } from "../../src/core/moderation.ts";
import { type ProvidedServer, providedServer } from "../support/provided-server.ts";
import { answering, type Provider } from "../support/provider.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

const size = { width: 64, height: 48 };

let provided: ProvidedServer;
let provider: Provider;
let server: TestServer;
let client: Client;
let moderator: Client;
beforeAll(async () => {
  provided = await providedServer({ stages: ["SOURCE", "OUTPUT"] });
  ({ server, provider } = provided);
  moderator = (await server.account("moderator", "MODERATOR")).client;
});
afterAll(() => provided?.[Symbol.asyncDispose]());

/** What the provider was shown since the test began. */
let shown: Stage[];
let authors = 0;
beforeEach(async () => {
  shown = [];
  // Refusals of a few tests suspend an account.
  authors += 1;
  ({ client } = await server.account(`author-${authors}`));
});

/** Has the provider find, in the pictures of a stage and in their order, one category each; nothing in any other. */
function find(stage: Stage, found: readonly (Category | undefined)[]): void {
  provider.behave((asked, response) => {
    const asks = JSON.parse(asked.body.toString()) as { stage: Stage };
    const before = shown.filter((one) => one === asks.stage).length;
    shown.push(asks.stage);
    const named = asks.stage === stage ? found[before] : undefined;
    const scores = Object.fromEntries(categories.map((category) => [category, category === named ? 0.9 : 0]));
    answering({ scores })(asked, response);
  });
}

async function know(file: Uint8Array, category: Category): Promise<void> {
  const text = `type,hash\nsha256,${createHash("sha256").update(file).digest("hex")}\n`;
  const input = { name: `known-${category.toLowerCase()}`, category, source: "test", format: "csv", text } as const;
  await server.client.ask(ImportHashListDocument, { input: { ...input, replace: false } });
}

async function send(files: readonly Uint8Array[], more: object = {}) {
  const images = await Promise.all(files.map(async (file) => ({ imageId: await client.upload(file) })));
  const { edit } = await client.ask(EditDocument, { input: { prompt: "make it night", images, steps: 1, ...more } });
  return { id: edit.id, images, edit: await settled(edit.id) };
}

async function settled(id: string) {
  for await (const { status } of client.progress(id)) if (status === "IN_REVIEW") break;
  return (await client.ask(OneEditDocument, { id })).edit;
}

async function uphold(id: string): Promise<void> {
  const { appealEdit } = await client.ask(AppealEditDocument, { id, statement: "it is art" });
  await moderator.ask(ResolveCaseDocument, { id: appealEdit.id, action: "APPROVE", reason: "it is" });
}

describe("a refused picture", () => {
  it("hides none that stands after it: what may not be appealed is told, and kept", async () => {
    const files = [await pictureFile(size, 1), await pictureFile(size, 2)];
    await know(files[1]!, "CSAM");
    find("SOURCE", ["SEXUAL"]);
    const { id, images, edit } = await send(files);
    expect(edit).toMatchObject({ status: "REFUSED", verdict: { category: "CSAM", appealable: false } });
    const { db } = server.server.services;
    expect(await db.client.incident.findMany({ where: { editId: id } })).toMatchObject([images[1]]);
    const strikes = await db.client.strike.findMany({ where: { editId: id } });
    expect(strikes.map(({ category }) => category).sort()).toEqual(["CSAM", "SEXUAL"]);
  });

  it("hides none of the other results of its edit", async () => {
    find("OUTPUT", ["SEXUAL", undefined, "CSAM"]);
    const { edit } = await send([await pictureFile(size, 3)], { count: 3 });
    expect(shown).toEqual(["SOURCE", "OUTPUT", "OUTPUT", "OUTPUT"]);
    expect(edit).toMatchObject({ status: "REFUSED", verdict: { category: "CSAM", appealable: false } });
  });
});

describe("an appeal", () => {
  it("is open until it is handed in: a refusal is looked at once", async () => {
    find("SOURCE", ["SEXUAL"]);
    const { id, edit } = await send([await pictureFile(size, 7)]);
    expect(edit).toMatchObject({ status: "REFUSED", appeal: null, verdict: { appealable: true } });
    const { appealEdit } = await client.ask(AppealEditDocument, { id, statement: "it is art" });
    const asked = async () => (await client.ask(OneEditDocument, { id })).edit;
    const verdict = { category: "SEXUAL", appealable: false };
    expect(await asked()).toMatchObject({ appeal: "PENDING", verdict });
    await moderator.ask(ResolveCaseDocument, { id: appealEdit.id, action: "REJECT", reason: "it is not" });
    expect(await asked()).toMatchObject({ appeal: "REJECTED", verdict });
  });
});

describe("an appeal that is upheld", () => {
  it("lets a source pass that filters would refuse again", async () => {
    find("SOURCE", ["SEXUAL"]);
    const { id, edit } = await send([await pictureFile(size, 4)]);
    expect(edit).toMatchObject({ status: "REFUSED", verdict: { category: "SEXUAL", appealable: true } });
    find("SOURCE", []);
    shown = [];
    await uphold(id);
    expect(await settled(id)).toMatchObject({ error: null, status: "SUCCEEDED", verdict: null, appeal: "UPHELD" });
    expect(shown).toEqual(["OUTPUT"]);
  });

  it("lets a source pass that a list knows for what may be appealed", async () => {
    const file = await pictureFile(size, 5);
    await know(file, "NCII");
    find("SOURCE", []);
    const { id, edit } = await send([file]);
    expect(edit).toMatchObject({ status: "REFUSED", verdict: { category: "NCII", appealable: true } });
    await uphold(id);
    expect(await settled(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("does not let a source pass that a list knows for child abuse by then", async () => {
    const file = await pictureFile(size, 6);
    find("SOURCE", ["SEXUAL"]);
    const { id, edit } = await send([file]);
    expect(edit).toMatchObject({ verdict: { category: "SEXUAL", appealable: true } });
    await know(file, "CSAM");
    await uphold(id);
    expect(await settled(id)).toMatchObject({ status: "REFUSED", verdict: { category: "CSAM", appealable: false } });
    expect(await server.server.services.db.client.incident.count({ where: { editId: id } })).toBe(1);
  });
});
