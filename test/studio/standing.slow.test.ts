import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EditDocument,
  ReinstateAccountDocument,
  RevokeApiKeyDocument,
  SetAccountPolicyDocument,
  SetAccountRoleDocument,
  SuspendAccountDocument,
} from "../../schema/generated/graphql.ts";
import type { Role } from "../../src/core/account.ts";
import { authenticate } from "../../src/store/keys.ts";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("the studio in Chromium, whose account is not what it was", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pentimento-standing-"));
    const policies = join(folder, "policies.json");
    const file = JSON.parse(await readFile("src/moderation/policies.json", "utf8"));
    file.policies.film = file.policies.default;
    await writeFile(policies, JSON.stringify(file));
    studio = await openStudio({ PENTIMENTO_POLICIES: policies });
    ({ page } = studio);
    await page.getByRole("button", { name: "Sign out" }).click();
  }, 2 * patienceMs);

  afterAll(async () => {
    await studio?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }, patienceMs);

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

  it("asks to sign in again by a key that no browser can send", async () => {
    await page.getByLabel("Key").fill("ключ");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Sign in again").waitFor();
    expect(await page.evaluate("localStorage.length")).toBe(0);
  });

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

  it("says that the account was suspended, and not that the connection broke off, until it may go on", async () => {
    const { accountId, client } = await signIn("emil");
    await studio.server.client.ask(SuspendAccountDocument, { accountId, reason: "spam" });
    const suspended = page.getByText("This account is suspended: spam");
    await suspended.waitFor();
    expect(await page.getByText(/broke off/).count()).toBe(0);
    await studio.server.client.ask(ReinstateAccountDocument, { accountId, reason: "a mistake" });
    const isBack = letIn();
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await suspended.waitFor({ state: "detached" });
    await isBack;
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 5));
    const { edit } = await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 1 } });
    await page.locator(`a[href="#/edits/${edit.id}"] img.over`).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
  });

  it("asks to accept another policy as soon as an edit is refused for it", async () => {
    const { accountId } = await signIn("gerda");
    const buffer = Buffer.from(await pictureFile({ width: 96, height: 64 }, 3));
    await page.getByLabel("Choose a photo").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer });
    await page.getByText("96 × 64").waitFor();
    await page.getByLabel("What should change?").fill("sepia");
    await studio.server.client.ask(SetAccountPolicyDocument, { accountId, policy: "film" });
    const edit = page.getByRole("button", { name: "Edit", exact: true });
    await edit.click();
    await page.getByText("Accept the policy first").waitFor();
    await page.getByRole("button", { name: "Accept policy film@1" }).click();
    const focused = () => page.evaluate<string>("document.activeElement.textContent");
    await expect.poll(focused, { timeout: patienceMs }).toBe("New edit");
    await edit.and(page.locator(":enabled")).click();
    await page.getByRole("slider").waitFor();
    await page.getByRole("link", { name: "New edit" }).first().click();
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
