import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  AcceptPolicyDocument,
  EditDocument,
  OneEditDocument,
  SetAccountPolicyDocument,
} from "../../schema/generated/graphql.ts";
import { categories } from "../../src/core/moderation.ts";
import { sourceFile } from "../../src/core/program.ts";
import { answering, type Provider, startProvider } from "../support/provider.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let folder: string;
let provider: Provider;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-policy-change-"));
  provider = await startProvider();
  const [filters, policies] = [join(folder, "filters.json"), join(folder, "policies.json")];
  const far = { name: "far", shape: "generic", url: provider.url, stages: ["SOURCE", "OUTPUT"] };
  await writeFile(filters, JSON.stringify({ format: 1, http: [far] }));
  const file = JSON.parse(await readFile(sourceFile("moderation/policies.json"), "utf8"));
  const film = structuredClone(file.policies.default);
  const never = Array(7).fill(null);
  film.categories.SEXUAL = { review: never, refuse: never, appealable: true };
  await writeFile(policies, JSON.stringify({ ...file, policies: { ...file.policies, film } }));
  server = await testServer({ PENTIMENTO_FILTERS: filters, PENTIMENTO_POLICIES: policies });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

it("a result is judged by the policy that its account has by then, not by the one that its edit began with", async () => {
  const { client, accountId } = await server.account("author");
  const give = (policy: string) => server.client.ask(SetAccountPolicyDocument, { accountId, policy });
  await give("film");
  const { acceptPolicy } = await client.ask(AcceptPolicyDocument, { version: "film@1" });
  expect(acceptPolicy).toBeDefined();
  const nude = answering({
    scores: Object.fromEntries(categories.map((category) => [category, category === "SEXUAL" ? 0.9 : 0])),
  });
  const sourceShown = new Promise<() => void>((resolve) => {
    provider.behave((asked, response) => {
      const { stage } = JSON.parse(asked.body.toString()) as { stage: string };
      if (stage === "SOURCE") resolve(() => nude(asked, response));
      else nude(asked, response);
    });
  });
  const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
  const { edit } = await client.ask(EditDocument, {
    input: { prompt: "make it night", images: [{ imageId }], steps: 1 },
  });
  const answer = await sourceShown;
  await give("default");
  answer();
  for await (const _ of client.progress(edit.id));
  expect((await client.ask(OneEditDocument, { id: edit.id })).edit).toMatchObject({
    status: "REFUSED",
    verdict: { stage: "OUTPUT", category: "SEXUAL", policyVersion: "default@1" },
  });
});
