import { afterAll, beforeAll, expect, it, vi } from "vitest";
import {
  CancelEditDocument,
  EditDocument,
  ImportHashListDocument,
  OneEditDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { categories, stages } from "../../src/core/moderation.ts";
import type { Services } from "../../src/graphql/services.ts";
import type { Stages } from "../../src/server/base.ts";
import { type ProvidedServer, providedServer } from "../support/provided-server.ts";
import { answering, misbehaviours, type Provider } from "../support/provider.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

/* What the table of `test/moderation/matrix.test.ts` says of the gate, over the whole way of an edit. */

const sound = answering({ scores: Object.fromEntries(categories.map((category) => [category, 0])) });

let provided: ProvidedServer;
let provider: Provider;
let server: TestServer;
let client: Client;
let imageId: string;
beforeAll(async () => {
  const far = { stages, attempts: 1, timeoutMs: 5_000 };
  provided = await providedServer(far, {}, { requiredHashLists: ["known"] });
  ({ server, provider } = provided);
  ({ client } = await server.account("author"));
  imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
});
afterAll(() => provided?.[Symbol.asyncDispose]());

const services = () => server.server.services as Services & Pick<Stages, "journey">;

async function outcome() {
  const input = { prompt: "make it night", images: [{ imageId }], steps: 1 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const { status } of client.progress(edit.id)) if (status === "IN_REVIEW") break;
  return (await client.ask(OneEditDocument, { id: edit.id })).edit;
}

const heldAt = (stage: string) => ({ status: "IN_REVIEW", images: [], verdict: { stage, verdict: "REVIEW" } });

it("holds while a list that is required is missing, and passes once it is there and all filters are sound", async () => {
  provider.behave(sound);
  expect(await outcome()).toMatchObject(heldAt("SOURCE"));
  const text = `type,hash\nmd5,${"0".repeat(32)}\n`;
  const input = { name: "known", category: "NCII", source: "test", format: "csv", text, replace: true } as const;
  await server.client.ask(ImportHashListDocument, { input });
  expect(await outcome()).toMatchObject({ status: "SUCCEEDED", images: [{}], verdict: null });
});

it.each(stages)("holds at %s when a provider misbehaves there alone", async (stage) => {
  for (const way of ["answers 500", "answers garbage", "breaks the connection"]) {
    provider.behave((asked, response) => {
      const asks = JSON.parse(asked.body.toString()) as { stage: string };
      return (asks.stage === stage ? misbehaviours[way]! : sound)(asked, response);
    });
    expect(await outcome(), way).toMatchObject(heldAt(stage));
  }
});

it.each(["PROMPT", "OUTPUT"])(
  "a hit at %s is on record although its edit was called off while it was judged",
  async (stage) => {
    const hit = answering({ scores: { ...Object.fromEntries(categories.map((category) => [category, 0])), NCII: 1 } });
    const judging = new Promise<() => void>((resolve) => {
      provider.behave((asked, response) => {
        const asks = JSON.parse(asked.body.toString()) as { stage: string };
        if (asks.stage !== stage) sound(asked, response);
        else resolve(() => hit(asked, response));
      });
    });
    const input = { prompt: "make it night", images: [{ imageId }], steps: 1 };
    const { edit } = await client.ask(EditDocument, { input });
    const answer = await judging;
    const calledOff = client.ask(CancelEditDocument, { id: edit.id });
    const { db, journey } = services();
    await vi.waitFor(() => expect(journey.find(edit.id)?.stopped).toMatchObject({ why: "cancelled" }));
    answer();
    expect((await calledOff).cancelEdit.status).toBe("REFUSED");
    expect(await client.ask(OneEditDocument, { id: edit.id })).toMatchObject({
      edit: { status: "REFUSED", verdict: { stage, category: "NCII" }, images: [] },
    });
    expect(await db.client.strike.count({ where: { editId: edit.id } })).toBe(1);
  },
);

it("an edit that is called off while what may pass is judged is called off", async () => {
  const judging = new Promise<() => void>((resolve) => {
    provider.behave((asked, response) => resolve(() => sound(asked, response)));
  });
  const { edit } = await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 1 } });
  const answer = await judging;
  const before = provider.asked.length;
  const calledOff = client.ask(CancelEditDocument, { id: edit.id });
  await vi.waitFor(() => expect(services().journey.find(edit.id)?.stopped).toBeDefined());
  answer();
  expect((await calledOff).cancelEdit.status).toBe("CANCELLED");
  // The source is not shown any more.
  expect(provider.asked).toHaveLength(before);
});
