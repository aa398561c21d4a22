import { createHash } from "node:crypto";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  CaseContentDocument,
  EditDocument,
  ImportHashListDocument,
  OneEditDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import { categories, type Stage } from "../../src/core/moderation.ts";
import { waves } from "../support/pictures.ts";
import { incidentKey, type ProvidedServer, providedServer } from "../support/provided-server.ts";
import { answering, type Provider } from "../support/provider.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

const size = { width: 64, height: 48 };
const key = incidentKey();

let provided: ProvidedServer;
let provider: Provider;
let server: TestServer;
beforeAll(async () => {
  provided = await providedServer({ stages: ["SOURCE", "OUTPUT"] }, { PENTIMENTO_INCIDENT_KEY: key.given });
  ({ server, provider } = provided);
});
afterAll(() => provided?.[Symbol.asyncDispose]());

/** What the provider was shown since the test began: stages, and JPEGs in base64. */
let shown: { readonly stage: Stage; readonly jpeg: string }[];
beforeEach(() => {
  shown = [];
  provider.behave(finding(() => 0));
});

/** Scores CSAM as `score` says by how many pictures of the stage came before. */
function finding(score: (stage: Stage, before: number) => number): Parameters<Provider["behave"]>[0] {
  return (asked, response) => {
    const { stage, image } = JSON.parse(asked.body.toString()) as { stage: Stage; image: { base64: string } };
    const before = shown.filter((one) => one.stage === stage).length;
    shown.push({ stage, jpeg: image.base64 });
    const none = Object.fromEntries(categories.map((category) => [category, 0]));
    answering({ scores: { ...none, CSAM: score(stage, before) } })(asked, response);
  };
}

let authors = 0;
async function edit(mask: Uint8Array) {
  // Refusals of a few tests suspend an account.
  authors += 1;
  const { client } = await server.account(`author-${authors}`);
  const [imageId, maskId] = [await client.upload(await pictureFile(size)), await client.upload(mask, "MASK")];
  const input = { prompt: "make it night", images: [{ imageId }], mask: { imageId: maskId }, steps: 1 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const { status } of client.progress(edit.id)) if (status === "IN_REVIEW") break;
  return { ...(await client.ask(OneEditDocument, { id: edit.id })).edit!, imageId, maskId };
}

const plain = (background: string) =>
  sharp({ create: { ...size, channels: 3, background } })
    .png()
    .toBuffer();
const black = () => plain("#000");

it("is shown to the source filters, and what it puts together to the output filters", async () => {
  expect(await edit(await black())).toMatchObject({ status: "SUCCEEDED" });
  expect(shown.map(({ stage }) => stage)).toEqual(["SOURCE", "SOURCE", "OUTPUT", "OUTPUT"]);
  const [source, mask, made, delivered] = shown.map(({ jpeg }) => jpeg);
  expect(delivered).toBe(source);
  expect(made).not.toBe(source);
  const { channels } = await sharp(Buffer.from(mask!, "base64")).stats();
  expect(channels.map(({ max }) => max)).toEqual([0, 0, 0]);
});

it("that a list knows is refused, kept and served no more", async () => {
  const file = await pictureFile(size, 7);
  const text = `type,hash\nmd5,${createHash("md5").update(file).digest("hex")}\n`;
  const list = { name: "worst", category: "CSAM", source: "test", format: "csv", replace: false } as const;
  await server.client.ask(ImportHashListDocument, { input: { ...list, text } });
  const { id, maskId, ...refused } = await edit(file);
  expect(refused).toMatchObject({ status: "REFUSED", verdict: { stage: "SOURCE", category: "CSAM" } });
  const { client: rows } = server.server.services.db;
  expect(await rows.incident.findMany({ where: { editId: id } })).toMatchObject([{ imageId: maskId }]);
  expect(await rows.image.findUnique({ where: { id: maskId } })).toMatchObject({ blockedAt: expect.any(Date) });
});

it("that puts together what must be kept has this sealed, not what the model made", async () => {
  provider.behave(finding((stage, before) => (stage === "OUTPUT" && before === 1 ? 1 : 0)));
  const { id, status } = await edit(await black());
  expect(status).toBe("REFUSED");
  const { db } = server.server.services;
  const [incident] = await db.client.incident.findMany({ where: { editId: id } });
  const { data } = await key.open(server, incident!.sealedDigest);
  expect(Buffer.compare(data, waves(size, 1).data)).toBe(0);
});

it.each(["SOURCE", "OUTPUT"] as const)(
  "in which a person finds at %s what filters suspected is what is kept, by the filter that suspected it",
  async (suspected) => {
    provider.behave(finding((stage, before) => (stage === suspected && before === 1 ? 0.3 : 0)));
    // Another for each: what is blocked comes in no more.
    const { id, maskId } = await edit(await plain(suspected === "SOURCE" ? "#010101" : "#020202"));
    const { db } = server.server.services;
    const [found] = await db.client.case.findMany({ where: { editId: id } });
    const { client: moderator } = await server.account(`moderator of ${suspected}`, "MODERATOR");
    const { moderationCase } = await moderator.ask(CaseContentDocument, { id: found!.id, blurred: true });
    expect(moderationCase.content.map(({ imageId }) => imageId)).toContain(maskId);
    await moderator.ask(ResolveCaseDocument, { id: found!.id, action: "REJECT", reason: "it is" });
    const held = await db.client.image.findFirst({ where: { editId: id } });
    const imageId = suspected === "SOURCE" ? maskId : held?.id;
    expect(await db.client.incident.findMany({ where: { editId: id } })).toMatchObject([{ imageId, filter: "far" }]);
  },
);
