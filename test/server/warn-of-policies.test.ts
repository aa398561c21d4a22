import { afterAll, beforeAll, expect, it } from "vitest";
import { EditDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import { Client } from "../../src/cli/client.ts";
import { createLog } from "../../src/http/log.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server[Symbol.asyncDispose]());

it("names accounts of an unknown policy at start; what they had begun fails, and nothing begins", async () => {
  const { client, accountId, key } = await server.account("stranded");
  const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
  // So long that the server stops before it ends.
  const input = { prompt: "make it night", images: [{ imageId }], steps: 100 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const { status } of client.progress(edit.id)) if (status === "RUNNING") break;
  const { db } = server.server.services;
  await db.client.account.update({ where: { id: accountId }, data: { policy: "bygone" } });

  const lines: string[] = [];
  await server.restart({ log: createLog("warn", { write: (line: string) => lines.push(line) }) });
  const [warning] = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.includes("cannot edit"));
  expect(warning).toMatchObject({
    msg: "accounts cannot edit: the policy file does not have their policy",
    count: 1,
    accounts: [{ id: accountId, policy: "bygone" }],
    policies: ["default"],
  });

  await using again = new Client(server.url, key);
  for await (const _ of again.progress(edit.id));
  const { edit: ended } = await again.ask(OneEditDocument, { id: edit.id });
  expect(ended).toMatchObject({ status: "FAILED", images: [], error: { code: "FORBIDDEN" } });
  await expect(again.ask(EditDocument, { input })).rejects.toMatchObject({ code: "FORBIDDEN" });
});
