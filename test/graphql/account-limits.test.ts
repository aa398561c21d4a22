import { describe, expect, it } from "vitest";
import {
  CreateUploadDocument,
  DeleteImageDocument,
  EditDocument,
  type EditInput,
  EstimateDocument,
  SetAccountLimitsDocument,
  ViewerDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { newId } from "../../src/core/id.ts";
import type { Connection } from "../../src/graphql/connection.ts";
import { findAccount } from "../../src/store/accounts.ts";
import { findEdit } from "../../src/store/edits.ts";
import { besideServer } from "../support/beside-server.ts";
import { justBefore } from "../support/just-before.ts";
import { noiseFile } from "../support/pictures.ts";

const beside = besideServer();
const { run } = beside;

const input: EditInput = { prompt: "make it night", images: [], aspectRatio: "1:1", steps: 1 };

const edited = async (client: Client, more: Partial<EditInput> = {}) =>
  (await client.ask(EditDocument, { input: { ...input, ...more } })).edit.id;

async function today(client: Client) {
  const { viewer } = await client.ask(ViewerDocument, {});
  return { max: viewer.account.editsPerDayMax, used: viewer.editsToday };
}

describe("an account's limits", () => {
  it("let it hand in so many edits a day, and say when there are more", async () => {
    const { client, accountId } = await beside.server.account("shop one");
    expect(await today(client)).toEqual({ max: null, used: 0 });
    const limits = { editsPerDayMax: 2, weight: 0.5 };
    const { setAccountLimits } = await beside.server.client.ask(SetAccountLimitsDocument, { accountId, limits });
    expect(setAccountLimits).toEqual({
      id: accountId,
      editsPerDayMax: 2,
      weight: 0.5,
      concurrencyMax: 16,
      storageMegabytesMax: null,
    });
    const first = await edited(client, { idempotencyKey: "once" });
    await edited(client);
    expect(await today(client)).toEqual({ max: 2, used: 2 });
    const refusal = {
      code: "QUOTA_EXCEEDED",
      message: expect.stringMatching(/its 2 edits of this day \(UTC\); more from/),
    };
    await expect(edited(client)).rejects.toMatchObject(refusal);
    await expect(client.ask(EstimateDocument, { input })).rejects.toMatchObject(refusal);
    expect(await edited(client, { idempotencyKey: "once" })).toBe(first);
    // What was refused holds no place in the queue.
    expect(await today(client)).toEqual({ max: 2, used: 2 });
    await beside.server.client.ask(SetAccountLimitsDocument, { accountId, limits: { editsPerDayMax: null } });
    await edited(client);
    expect(await today(client)).toEqual({ max: null, used: 3 });
  });

  it("include, for every account, a hundred keys that it makes", async () => {
    const { key, accountId } = await beside.server.account("shop of keys");
    const { db, clock } = beside.server.server.services;
    const createdAt = clock.date();
    // With the one that its requests show there is room for one more.
    const data = Array.from({ length: 98 }, (_, n) => {
      const id = newId(createdAt);
      return { id, accountId, name: `key ${n}`, digest: id, prefix: "pk_", createdAt };
    });
    await db.client.apiKey.createMany({ data });
    const ask = async (query: string, variables: object = {}) => {
      const response = await fetch(`${beside.server.url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as { data: { apiKeys: Connection<{ id: string }> } };
    };
    const query =
      'mutation { a: createApiKey(input: {name: "a"}) { key { name } } b: createApiKey(input: {name: "b"}) { key { name } } }';
    const error = { path: ["b"], extensions: { code: "QUOTA_EXCEEDED" } };
    expect(await ask(query)).toMatchObject({ errors: [error] });
    expect(await db.client.apiKey.count({ where: { accountId } })).toBe(100);
    const page =
      "query ($after: String) { apiKeys(first: 70, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } } }";
    const first = (await ask(page)).data.apiKeys;
    const second = (await ask(page, { after: first.pageInfo.endCursor })).data.apiKeys;
    const ids = [...first.edges, ...second.edges].map(({ node }) => node.id);
    expect([first.edges.length, new Set(ids).size, second.pageInfo.hasNextPage]).toEqual([70, 100, false]);
  });

  it("are set from the command line, beside a server that runs", async () => {
    const { client, accountId } = await beside.server.account("shop two");
    expect(await run("limit", "shop two", "--edits-a-day", "1", "--at-once", "2")).toBe(
      "account shop two: 1 edits a day, any MB, 2 at once, weight 1",
    );
    await edited(client);
    await expect(edited(client)).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(await run("list")).toMatch(/shop two +\S+ +USER +ACTIVE +1 +any +2 +1 +default/);
    expect(await run("limit", "shop two", "--edits-a-day", "any")).toBe(
      "account shop two: any edits a day, any MB, 2 at once, weight 1",
    );
    await edited(client);
    const { services } = beside.server.server;
    expect(await findAccount(services.db, accountId)).toMatchObject({ editsPerDayMax: null, concurrencyMax: 2 });
  });

  it("let its pictures take so many megabytes, until some are deleted", async () => {
    const { client, accountId } = await beside.server.account("shop five");
    const imageId = await client.upload(await noiseFile(640));
    expect(await run("limit", "shop five", "--storage-mb", "1")).toContain("any edits a day, 1 MB,");
    const { viewer } = await client.ask(ViewerDocument, {});
    expect(viewer.storedBytes).toBeGreaterThan(1_000_000);
    const full = { code: "QUOTA_EXCEEDED", message: expect.stringMatching(/take 1 MB of the 1 MB .* deleteImage/) };
    await expect(edited(client)).rejects.toMatchObject(full);
    const file = await noiseFile(64);
    const input = { byteLength: file.length, contentType: "image/png" };
    const { createUpload } = await client.ask(CreateUploadDocument, { input });
    const put = () => fetch(createUpload.url, { method: "PUT", body: file as Uint8Array<ArrayBuffer> });
    expect((await put()).status).toBe(429);
    const dataUri = `data:image/png;base64,${Buffer.from(await noiseFile(64)).toString("base64")}`;
    await expect(edited(client, { images: [{ dataUri }] })).rejects.toMatchObject(full);
    expect((await client.ask(ViewerDocument, {})).viewer.storedBytes).toBe(viewer.storedBytes);
    await client.ask(DeleteImageDocument, { id: imageId });
    expect((await client.ask(ViewerDocument, {})).viewer.storedBytes).toBe(0);
    // The same upload, for which there is room now.
    expect((await put()).status).toBe(201);
    await edited(client);
    expect(await findAccount(beside.server.server.services.db, accountId)).toMatchObject({ storageMegabytesMax: 1 });
  });

  it("fail an edit that finds no room for its pictures when they are made, and say so", async () => {
    const { client, accountId } = await beside.server.account("shop six");
    await client.upload(await noiseFile(640));
    const { db } = beside.server.server.services;
    justBefore(db, "RUNNING", () => run("limit", "shop six", "--storage-mb", "1"));
    const id = await edited(client);
    for await (const _ of client.progress(id));
    const message = expect.stringMatching(/take 1 MB of the 1 MB .* deleteImage/);
    expect(await findEdit(db, id)).toMatchObject({
      status: "FAILED",
      errorCode: "QUOTA_EXCEEDED",
      errorMessage: message,
    });
    expect(await db.client.image.count({ where: { accountId } })).toBe(1);
  });

  it("lie in their ranges, of an account that there is", async () => {
    const { accountId } = await beside.server.account("shop three");
    const limits = { editsPerDayMax: 0, weight: 1000, concurrencyMax: 0, storageMegabytesMax: -1 };
    await expect(beside.server.client.ask(SetAccountLimitsDocument, { accountId, limits })).rejects.toMatchObject({
      code: "BAD_INPUT",
      message:
        "weight is 1000: a number from 0.01 to 100 is expected; " +
        "concurrencyMax is 0: a whole number from 1 to 1000 is expected; " +
        "editsPerDayMax is 0: a whole number from 1 to 1000000 is expected; " +
        "storageMegabytesMax is -1: a whole number from 1 to 10000000 is expected",
    });
    const nobody = beside.server.client.ask(SetAccountLimitsDocument, { accountId: "nobody", limits: { weight: 1 } });
    await expect(nobody).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(run("limit", "nobody", "--weight", "2")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(run("limit", "shop three", "--edits-a-day", "none")).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: "--edits-a-day none: a whole number from 1 to 1000000 is expected",
    });
  });

  it("are set by administrators alone", async () => {
    const { client: user, accountId } = await beside.server.account("shop four");
    const { client: moderator } = await beside.server.account("somebody", "MODERATOR");
    for (const client of [user, moderator]) {
      const asked = client.ask(SetAccountLimitsDocument, { accountId, limits: { weight: 2 } });
      await expect(asked).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });
});
