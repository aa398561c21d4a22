import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  RevokeApiKeyDocument,
  SetAccountRoleDocument,
  SuspendAccountDocument,
} from "../../schema/generated/graphql.ts";
import type { Role } from "../../src/core/account.ts";
import { authenticate } from "../../src/store/keys.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("the studio in Chromium, whose account is not what it was", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
    await page.getByRole("button", { name: "Sign out" }).click();
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  /** The next time that the server lets a socket of the page in. */
  const letIn = () =>
    new Promise<void>((resolve) => {
      page.on("websocket", (socket) => {
        socket.on("framereceived", ({ payload }) => {
          if (payload.includes("connection_ack")) resolve();
        });
      });
    });
  const signIn = async (name: string) => {
    const account = await studio.server.account(name);
    const isIn = letIn();
    await page.getByLabel("Key").fill(account.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(name).waitFor();
    await isIn;
    return account;
  };

  it("shows at once what another role may, and hides what it may not", async () => {
    const { accountId } = await signIn("carla");
    const moderates = page.getByRole("link", { name: "Moderation" });
    const give = async (role: Role) => {
      const isBack = letIn();
      await studio.server.client.ask(SetAccountRoleDocument, { accountId, role });
      await moderates.waitFor({ state: role === "USER" ? "detached" : "visible" });
      await isBack;
    };
    await give("MODERATOR");
    await give("USER");
    await page.getByRole("button", { name: "Sign out" }).click();
  });

  it("asks to sign in again where the key was ended elsewhere", async () => {
    const { client, key } = await signIn("dora");
    const { viewer } = (await authenticate(studio.server.server.services.db, key, new Date()))!;
    await client.ask(RevokeApiKeyDocument, { id: viewer.keyId! });
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("Sign in again");
  });

  it("says that the account was suspended, and not that the connection broke off", async () => {
    const { accountId } = await signIn("emil");
    await studio.server.client.ask(SuspendAccountDocument, { accountId, reason: "spam" });
    await page.getByText("This account is suspended: spam").waitFor();
    expect(await page.getByText(/broke off/).count()).toBe(0);
    await page.getByRole("button", { name: "Sign out" }).click();
  });

  it("says why it could not be asked what the account may, and asks again", async () => {
    const { accountId } = await signIn("fritz");
    await page.route("**/graphql", (route) => route.abort());
    await studio.server.client.ask(SetAccountRoleDocument, { accountId, role: "AUDITOR" });
    await page.getByText("The server does not answer").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "Audit" }).waitFor();
    expect(await page.getByText("The server does not answer").count()).toBe(0);
  });
});
