import { createClient } from "graphql-ws";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  AuditEventsDocument,
  type AuditFilterInput,
  PoliciesDocument,
  SetAccountRoleDocument,
  ViewerDocument,
} from "../../schema/generated/graphql.ts";
import { keyCommand } from "../../src/cli/key-command.ts";
import { besideServer } from "../support/beside-server.ts";
import { printed } from "../support/printed.ts";

const beside = besideServer();
const { run } = beside;

describe("an account's role", () => {
  it("is changed by an administrator, holds from the next request on and is on record", async () => {
    const { client, accountId } = await beside.server.account("anna");
    const forbidden = { code: "FORBIDDEN", message: expect.stringContaining("needs the role MODERATOR") };
    await expect(client.ask(PoliciesDocument, {})).rejects.toMatchObject(forbidden);
    const role = { accountId, role: "MODERATOR" } as const;
    await expect(client.ask(SetAccountRoleDocument, role)).rejects.toMatchObject({ code: "FORBIDDEN" });
    const { setAccountRole } = await beside.server.client.ask(SetAccountRoleDocument, role);
    expect(setAccountRole).toEqual({ id: accountId, role: "MODERATOR" });
    expect((await client.ask(PoliciesDocument, {})).policies).toContain("default");
    await beside.server.client.ask(SetAccountRoleDocument, role);
    const filter: AuditFilterInput = { accountId, kinds: ["ACCOUNT_CHANGED"] };
    const { auditEvents } = await beside.server.client.ask(AuditEventsDocument, { first: 10, filter });
    expect(auditEvents.edges.map(({ node }) => node.details)).toEqual([{ role: "MODERATOR", before: "USER" }]);
  });

  it("closes the sockets that were opened in the one before, and no other", async () => {
    const { server } = beside;
    const [theirs, other] = [await server.account("carla"), await server.account("dora")];
    const socketOf = (key: string) => {
      let close: (event: unknown) => void;
      const closed = new Promise<unknown>((resolve) => {
        close = resolve;
      });
      const socket = createClient({
        url: `${server.url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
        lazy: false,
        onNonLazyError: () => {},
        on: { closed: (event) => close(event) },
      });
      return { socket, closed, ask: () => socket.iterate({ query: "{ __typename }" }).next() };
    };
    const [carla, dora] = [socketOf(theirs.key), socketOf(other.key)];
    await Promise.all([carla.ask(), dora.ask()]);
    await server.client.ask(SetAccountRoleDocument, { accountId: theirs.accountId, role: "AUDITOR" });
    expect(await carla.closed).toMatchObject({ code: 1012, reason: "The account has another role now" });
    expect(await dora.ask()).toMatchObject({ value: { data: { __typename: "Query" } } });
    await Promise.all([carla.socket.dispose(), dora.socket.dispose()]);
  });

  it("is changed from the command line, beside a server that runs", async () => {
    const { client } = await beside.server.account("bert");
    expect(await run("role", "bert", "MODERATOR")).toBe("account bert has the role MODERATOR (before: USER)");
    expect((await client.ask(PoliciesDocument, {})).policies).toContain("default");
    expect(await run("role", "bert", "MODERATOR")).toBe("account bert has the role MODERATOR already");
    expect(await run("list")).toMatch(/bert +\S+ +MODERATOR +ACTIVE/);
    expect(await run("role", "bert", "USER")).toBe("account bert has the role USER (before: MODERATOR)");
    await expect(client.ask(PoliciesDocument, {})).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("is one that there is, of another account that there is; a key for an account changes none", async () => {
    const { viewer } = await beside.server.client.ask(ViewerDocument, {});
    const oneself = beside.server.client.ask(SetAccountRoleDocument, { accountId: viewer.account.id, role: "USER" });
    await expect(oneself).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: "accountId: nobody changes their own role; ask another administrator",
    });
    await expect(run("role", "nobody", "USER")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(run("role", "local", "KING")).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: "<role> KING: USER or AUDITOR or MODERATOR or ADMIN is expected",
    });
    const key = printed(keyCommand(), ["create", "--account", "local", "--role", "USER"]);
    await expect(key).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: "--role USER: local is ADMIN; see pentimento account role",
    });
  });
});
