import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  AcceptPolicyDocument,
  EditDocument,
  OneEditDocument,
  PoliciesDocument,
  SetAccountPolicyDocument,
  ViewerDocument,
} from "../../schema/generated/graphql.ts";
import { accountCommand } from "../../src/cli/account-command.ts";
import type { Client } from "../../src/cli/client.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { besideServer } from "../support/beside-server.ts";
import { pictureFile } from "../support/test-server.ts";

const violent = "photo of a man beheaded with blood everywhere, gore, mutilated corpse";

const beside = besideServer();
const { run } = beside;
beforeAll(async () => {
  // Beside the built-in policy one that never minds violence.
  const file = JSON.parse(await readFile("src/moderation/policies.json", "utf8"));
  const never = { review: Array(7).fill(null), refuse: Array(7).fill(null), appealable: true };
  const { default: usual } = file.policies;
  file.policies.film = { ...usual, categories: { ...usual.categories, VIOLENCE: never, GORE: never } };
  const text = JSON.stringify(file);
  const path = join(beside.server.dataFolder, "policies.json");
  await writeFile(path, text);
  beside.server.environment.PENTIMENTO_POLICIES = path;
  await beside.server.restart();
  vi.stubEnv("PENTIMENTO_POLICIES", path);
});

/** How the edit of a prompt ends. */
async function ending(client: Client, imageId: string): Promise<string> {
  const { edit } = await client.ask(EditDocument, { input: { prompt: violent, images: [{ imageId }], steps: 1 } });
  for await (const { status } of client.progress(edit.id)) if (status === "REFUSED") break;
  return (await client.ask(OneEditDocument, { id: edit.id })).edit!.status;
}

async function changes(accountId: string) {
  const filter = { accountId, kinds: ["account.changed"] };
  const { edges } = await listAuditEvents(beside.server.server.services.db, filter, { first: 10 });
  return edges.map(({ node: { actor, subjectKind, subjectId, details } }) => ({
    actor,
    subjectKind,
    subjectId,
    details,
  }));
}

describe("an account's policy", () => {
  it("is changed by an administrator, and judges the next edit once it is accepted", async () => {
    const { client, accountId } = await beside.server.account("studio one");
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
    expect(await ending(client, imageId)).toBe("REFUSED");
    const { setAccountPolicy } = await beside.server.client.ask(SetAccountPolicyDocument, {
      accountId,
      policy: "film",
    });
    expect(setAccountPolicy).toEqual({ id: accountId, policy: "film", policyVersionAccepted: "default@1" });
    await expect(ending(client, imageId)).rejects.toMatchObject({ code: "POLICY_NOT_ACCEPTED" });
    const { viewer } = await client.ask(ViewerDocument, {});
    expect(viewer.policy).toMatchObject({ name: "film", version: "film@1", accepted: false });
    await client.ask(AcceptPolicyDocument, { version: "film@1" });
    expect(await ending(client, imageId)).toBe("SUCCEEDED");
    const { viewer: admin } = await beside.server.client.ask(ViewerDocument, {});
    const about = { subjectKind: "account", subjectId: accountId, details: { policy: "film", before: "default" } };
    expect(await changes(accountId)).toEqual([{ ...about, actor: admin.account.id }]);
    // The same again is no change.
    await beside.server.client.ask(SetAccountPolicyDocument, { accountId, policy: "film" });
    expect(await changes(accountId)).toHaveLength(1);
  });

  it("is changed from the command line, beside a server that runs", async () => {
    const { client, accountId } = await beside.server.account("studio two");
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
    expect(await run("policy", "studio two", "film")).toBe(
      "account studio two has the policy film (before: default), and edits again once it accepts film@1",
    );
    await client.ask(AcceptPolicyDocument, { version: "film@1" });
    expect(await ending(client, imageId)).toBe("SUCCEEDED");
    expect(await run("policy", "studio two", "film")).toBe("account studio two has the policy film already");
    expect(await run("list")).toMatch(/studio two +\S+ +USER +ACTIVE +any +any +16 +1 +film +film@1/);
    await run("policy", "studio two", "default");
    await expect(ending(client, imageId)).rejects.toMatchObject({ code: "POLICY_NOT_ACCEPTED" });
    expect((await changes(accountId)).map(({ actor, details }) => ({ actor, details }))).toEqual([
      { actor: "server", details: { policy: "default", before: "film" } },
      { actor: "server", details: { policy: "film", before: "default" } },
    ]);
  });

  it("is one that there is, of an account that there is", async () => {
    const { accountId } = await beside.server.account("studio three");
    const names = 'the policy file has no "flim"; it has default, film';
    await expect(run("policy", "studio three", "flim")).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: `policy: ${names}`,
    });
    await expect(run("policy", "nobody", "film")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const set = (id: string, policy: string) =>
      beside.server.client.ask(SetAccountPolicyDocument, { accountId: id, policy });
    await expect(set(accountId, "flim")).rejects.toMatchObject({ code: "BAD_INPUT", message: `policy: ${names}` });
    await expect(set("nobody", "film")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await changes(accountId)).toEqual([]);
    const policy = (await accountCommand()).commands.find((command) => command.name() === "policy")!;
    expect(policy.helpInformation()).toContain("one of default, film");
  });

  it("is shown to moderators and changed by administrators alone", async () => {
    const { client: user, accountId } = await beside.server.account("studio four");
    const { client: moderator } = await beside.server.account("somebody", "MODERATOR");
    expect(await moderator.ask(PoliciesDocument, {})).toEqual({ policies: ["default", "film"] });
    for (const client of [user, moderator])
      await expect(client.ask(SetAccountPolicyDocument, { accountId, policy: "film" })).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
    await expect(user.ask(PoliciesDocument, {})).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await changes(accountId)).toEqual([]);
  });
});
