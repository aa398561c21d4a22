import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticate } from "../../src/store/keys.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("the studio in two tabs of Chromium", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;
  let other: Page;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
    await signedIn(page).waitFor();
    other = await page.context().newPage();
    other.setDefaultTimeout(patienceMs);
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  const signedIn = (tab: Page) => tab.getByRole("button", { name: "Sign out" });
  const storedSecret = () => page.evaluate<string | null>("localStorage.getItem('pentimento.key')");
  const opens = async (secret: string) =>
    (await authenticate(studio.server.server.services.db, secret, new Date())) !== undefined;

  it("ends the key of a link that another link takes the place of, and goes on with that in both", async () => {
    const first = (await storedSecret())!;
    const { server, url } = studio.server;
    const goesOn = page.waitForRequest((request) => {
      const { authorization = "" } = request.headers();
      return authorization !== "" && authorization !== `Bearer ${first}`;
    });
    await other.goto(`${url}/?code=${server.signInCode()}`);
    await signedIn(other).waitFor();
    await expect.poll(() => opens(first), { timeout: patienceMs }).toBe(false);
    const second = (await storedSecret())!;
    expect([second === first, await opens(second)]).toEqual([false, true]);
    expect((await goesOn).headers().authorization).toBe(`Bearer ${second}`);
    await signedIn(page).waitFor();
    expect(await storedSecret()).toBe(second);
  });

  it("keeps what one tab has signed in by when another signs out of something else", async () => {
    const { key } = await studio.server.account("guest");
    const before = await storedSecret();
    // As where somebody signed in by another key in a tab that has slept since.
    await page.evaluate(`localStorage.setItem('pentimento.key', ${JSON.stringify(key)})`);
    await page.evaluate("localStorage.removeItem('pentimento.key-id')");
    await other.reload();
    await other.getByText("guest").waitFor();
    await signedIn(page).click();
    await page.getByLabel("Key").waitFor();
    await expect.poll(() => opens(before!), { timeout: patienceMs }).toBe(false);
    expect([await storedSecret(), await signedIn(other).count()]).toEqual([key, 1]);
  });

  it("signs in where the browser keeps nothing for the page", async () => {
    const { server, url } = studio.server;
    const blocked = await page.context().newPage();
    await blocked.addInitScript(
      "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })",
    );
    await blocked.goto(`${url}/?code=${server.signInCode()}`);
    await signedIn(blocked).click();
    await blocked.getByLabel("Key").waitFor();
    await blocked.close();
  });

  it("signs out of all tabs that share a key", async () => {
    await page.reload();
    await page.getByText("guest").waitFor();
    await signedIn(other).click();
    await page.getByLabel("Key").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await storedSecret()).toBeNull();
  });
});
