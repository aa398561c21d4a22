import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { EditDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import { Shares } from "../../src/core/shares.ts";
import { Sources } from "../../src/journey/sources.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
let imageId: string;
beforeAll(async () => {
  server = await testServer();
  imageId = await server.client.upload(await pictureFile({ width: 64, height: 48 }));
});
/** Lets the sources be decoded that a test holds. */
let letGo = () => {};
afterEach(() => {
  letGo();
  vi.restoreAllMocks();
});
afterAll(() => server[Symbol.asyncDispose]());

async function begin(prompt: string): Promise<string> {
  const input = { prompt, images: [{ imageId }], steps: 1 };
  return (await server.client.ask(EditDocument, { input })).edit.id;
}

async function endOf(id: string) {
  for await (const _ of server.client.progress(id));
  return (await server.client.ask(OneEditDocument, { id })).edit!.status;
}

it("the sources of edits are decoded and judged only as far as they fit into memory together", async () => {
  const { contents } = Sources.prototype;
  const { run } = Shares.prototype;
  /** Of which an account may have two under way. */
  const pixels = 2 ** 25;
  vi.spyOn(Sources.prototype, "pixels", "get").mockReturnValue(pixels);
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const decoding = vi.spyOn(Sources.prototype, "contents").mockImplementation(async function (this: Sources) {
    await held;
    return contents.call(this);
  });
  const threeHaveCome = new Promise<void>((resolve) => {
    let come = 0;
    vi.spyOn(Shares.prototype, "run").mockImplementation(function (this: Shares, accountId, work, weight) {
      const done = run.call(this, accountId, work, weight);
      if (weight === pixels) come += 1;
      if (come === 3) resolve();
      return done;
    });
  });
  const ids = await Promise.all([1, 2, 3].map((number) => begin(`make it night ${number}`)));
  await threeHaveCome;
  expect(decoding).toHaveBeenCalledTimes(2);
  letGo();
  expect(await Promise.all(ids.map(endOf))).toEqual(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
  expect(decoding).toHaveBeenCalledTimes(3);
});

it("the sources of an edit whose prompt is refused are not decoded", async () => {
  const decoding = vi.spyOn(Sources.prototype, "contents");
  const id = await begin("photo of a man beheaded with blood everywhere, gore, mutilated corpse");
  expect(await endOf(id)).toBe("REFUSED");
  expect(decoding).not.toHaveBeenCalled();
});
