import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("the audit log in Chromium", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  const event = () => page.locator(".events tbody tr").first();

  it("asks again for the checkpoint, and for an event, that could not be had", async () => {
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const again = page.getByRole("button", { name: "Try again" });
    const fail = (query: RegExp) =>
      page.route("**/graphql", (route) =>
        query.test(route.request().postDataJSON().query) ? route.abort() : route.continue(),
      );
    await fail(/query AuditCheckpoint\b/);
    await page.getByRole("link", { name: "Audit" }).click();
    await again.waitFor();
    await page.unroute("**/graphql");
    await again.click();
    await page.getByRole("heading", { name: "The log is signed" }).waitFor();
    await fail(/query AuditProof\b/);
    await event().getByRole("link").click();
    await again.waitFor();
    await page.unroute("**/graphql");
    await again.click();
    await page.getByText("Proven: this browser has followed the event").waitFor();
    await page.goBack();
  });

  it("opens a row by a plain click, and not by one that selects its words or opens its link elsewhere", async () => {
    const { length } = page.context().pages();
    const [tab] = await Promise.all([
      page.context().waitForEvent("page"),
      event()
        .getByRole("link")
        .click({ modifiers: ["ControlOrMeta"] }),
    ]);
    await tab.close();
    expect(page.context().pages()).toHaveLength(length);
    const { x, y, width, height } = (await event().locator("code").boundingBox())!;
    await page.mouse.move(x + 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width - 2, y + height / 2);
    await page.mouse.up();
    expect(await page.evaluate("getSelection().toString()")).not.toBe("");
    expect(new URL(page.url()).hash).toBe("#/audit");
    await page.evaluate("getSelection().removeAllRanges()");
    await event().locator("time").click();
    await page.waitForURL(/#\/audit\/.+/);
  });

  it("keeps the focus while it is asked what to show", async () => {
    await page.goto(`${studio.server.url}/#/audit`);
    const actor = page.getByLabel("Done by");
    await actor.fill(" nobody ");
    await actor.press("Enter");
    await page.getByText("No event matches.").waitFor();
    const focused = () => page.evaluate("document.activeElement.id");
    expect([await focused(), await actor.inputValue()]).toEqual(["audit-actor", "nobody"]);
    await page.getByRole("button", { name: "Show everything" }).press("Enter");
    await event().waitFor();
    expect([await focused(), await actor.inputValue()]).toEqual(["view", ""]);
    await event().locator("time").click();
    await page.waitForURL(/#\/audit\/.+/);
  });

  it("stays where an export is refused", async () => {
    const take = () =>
      Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export CSV" }).click()]);
    await page.route("**/graphql", (route) =>
      /query AuditExport\b/.test(route.request().postDataJSON().query)
        ? route.fulfill({ json: { data: { auditExport: `${studio.server.url}/audit/export` } } })
        : route.continue(),
    );
    const [refused] = await take();
    expect(await refused.failure()).not.toBeNull();
    await page.unroute("**/graphql");
    const [file] = await take();
    expect(file.suggestedFilename()).toMatch(/^pentimento-audit-.*\.csv$/);
    expect(await page.title()).toBe("Audit event · Pentimento");
  });
});
