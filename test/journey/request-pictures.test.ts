import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EditDocument,
  type EditInput,
  SetAccountLimitsDocument,
  ViewerDocument,
} from "../../schema/generated/graphql.ts";
import { Client } from "../../src/cli/client.ts";
import { createAccount } from "../../src/store/accounts.ts";
import { createKey } from "../../src/store/keys.ts";
import { noiseFile } from "../support/pictures.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ PENTIMENTO_CREDENTIALS: "off" });
});
afterAll(() => server[Symbol.asyncDispose]());

const services = () => server.server.services;

async function wished(more: Partial<EditInput> = {}): Promise<EditInput> {
  const bytes = await pictureFile({ width: 32, height: 32 });
  const dataUri = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
  return { prompt: "make it night", images: [{ dataUri }], steps: 1, ...more };
}

/** Pictures that an account sent, those that were deleted and those that are there. */
async function pictures(accountId: string) {
  const rows = await services().db.client.image.findMany({ where: { accountId, kind: "SOURCE" } });
  const there = rows.filter(({ deletedAt }) => deletedAt === null);
  return { there: there.length, deleted: rows.length - there.length };
}

const codesOf = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === "rejected" ? result.reason.code : "kept"));

describe("pictures that come with requests", () => {
  it("take no more room than their account has, however many come at once", async () => {
    const { accountId } = await server.account("of little room");
    const limits = { storageMegabytesMax: 1 };
    await server.client.ask(SetAccountLimitsDocument, { accountId, limits });
    const bytes = await noiseFile(500);
    const adding = Array.from({ length: 4 }, () => services().gallery.add(accountId, bytes, "SOURCE"));
    expect(codesOf(await Promise.allSettled(adding))).toEqual(["kept", "kept", "QUOTA_EXCEEDED", "QUOTA_EXCEEDED"]);
  });

  it("are read one after the other, and refused where too many of an account wait", async () => {
    const { accountId } = await server.account("of many pictures");
    const bytes = await pictureFile({ width: 32, height: 32 });
    const adding = Array.from({ length: 35 }, () => services().gallery.add(accountId, bytes, "SOURCE"));
    const kept = Array.from({ length: 33 }, () => "kept");
    expect(codesOf(await Promise.allSettled(adding))).toEqual([...kept, "RATE_LIMITED", "RATE_LIMITED"]);
  });

  it("are not read for an edit that its account may not make, or whose arguments are wrong", async () => {
    const { db } = services();
    const act = { actor: "test", at: new Date() };
    const { id: accountId } = await createAccount(db, { name: "of no policy" }, act);
    await using client = new Client(server.url, (await createKey(db, { accountId, name: "test" }, act)).secret);
    const input = await wished();
    await expect(client.ask(EditDocument, { input })).rejects.toMatchObject({ code: "POLICY_NOT_ACCEPTED" });
    const other = await server.account("of wrong arguments");
    const asked = other.client.ask(EditDocument, { input: { ...input, steps: 0 } });
    await expect(asked).rejects.toMatchObject({ code: "BAD_INPUT" });
    for (const id of [accountId, other.accountId]) expect(await pictures(id)).toEqual({ there: 0, deleted: 0 });
  });

  it("go again where their edit is refused for what is seen only then", async () => {
    const { client, accountId } = await server.account("of a lost picture");
    const { images } = await wished();
    const input = await wished({ images: [...images!, { imageId: "0".repeat(26) }] });
    await expect(client.ask(EditDocument, { input })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await pictures(accountId)).toEqual({ there: 0, deleted: 1 });
    expect((await client.ask(ViewerDocument, {})).viewer.storedBytes).toBe(0);
  });

  it("stay once where an edit is sent twice at once", async () => {
    const { client, accountId } = await server.account("of one key");
    const input = await wished({ idempotencyKey: "once" });
    const sent = await Promise.all([1, 2].map(() => client.ask(EditDocument, { input })));
    expect(new Set(sent.map(({ edit }) => edit.id)).size).toBe(1);
    expect(await pictures(accountId)).toMatchObject({ there: 1 });
  });
});
