import { expect, it } from "vitest";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { testServer } from "../support/test-server.ts";

it("a start is written down with its settings, but not with what the timestamp authority's address may hold of secrets", async () => {
  const PENTIMENTO_TIMESTAMP_URL = "https://tsa.example.org/rfc3161?token=secret#part";
  await using server = await testServer({ PENTIMENTO_TIMESTAMP_URL, PENTIMENTO_CREDENTIALS: "off" });
  const { edges } = await listAuditEvents(server.server.services.db, { kinds: ["config.loaded"] }, { first: 1 });
  const settings = { timestampUrl: "https://tsa.example.org/rfc3161", dataFolder: server.dataFolder };
  expect(edges[0]!.node.details).toMatchObject({ settings });
});
