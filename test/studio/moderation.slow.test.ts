import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClaimCaseDocument, ReportImageDocument, ResolveCaseDocument } from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

/** One page of the queue, and two more. */
const caseCount = 27;

describe.skipIf(missing)("the moderators' desk in Chromium", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;
  let reporter: Client;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
    reporter = (await studio.server.account("reporter")).client;
    for (let i = 1; i <= caseCount; i += 1) await report(i);
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  /** Opens a case. Gives its id. */
  const report = async (seed: number) => {
    const id = await reporter.upload(await pictureFile({ width: 32, height: 32 }, seed));
    const { reportImage } = await reporter.ask(ReportImageDocument, { id, category: "HATE", statement: `No. ${seed}` });
    return reportImage.id;
  };
  const failing = async (query: RegExp) => {
    const fail = (route: Route) => {
      return query.test(route.request().postDataJSON().query) ? route.abort() : route.continue();
    };
    await page.route("**/graphql", fail);
    return () => page.unroute("**/graphql", fail);
  };
  const rows = () => page.locator(".queue li").count();

  it("keeps all the rows that it showed when a new case comes", async () => {
    await page.getByRole("link", { name: "Moderation" }).click();
    await expect.poll(rows, { timeout: patienceMs }).toBe(25);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(rows, { timeout: patienceMs }).toBe(caseCount);
    const id = await report(caseCount + 1);
    await page.locator(`.queue a[href="#/moderation/${id}"]`).waitFor();
    expect(await rows()).toBe(caseCount);
  });

  it("shows what another moderator did to a case where one is too late, and on coming back", async () => {
    const { client } = await studio.server.account("judge", "MODERATOR");
    const id = await report(caseCount + 2);
    await page.locator(`.queue a[href="#/moderation/${id}"]`).click();
    await page.getByAltText("Source, blurred").waitFor();
    await client.ask(ClaimCaseDocument, { id });
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByText("claimed by another moderator").waitFor();
    expect(await page.locator(".case [role=alert]").count()).toBe(1);
    await client.ask(ResolveCaseDocument, { id, action: "REJECT", reason: "It is a road sign." });
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole("listitem").filter({ hasText: "It is a road sign." }).waitFor();
    await page.locator(`.queue a[href="#/moderation/${id}"]`).waitFor({ state: "detached" });
  });

  it("keeps the focus, and says where the case stands, when what was clicked is done", async () => {
    const id = await report(caseCount + 4);
    const focused = () => page.evaluate<string>("document.activeElement.textContent");
    await page.locator(`.queue a[href="#/moderation/${id}"]`).click();
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "claimed by you" }).waitFor();
    await expect.poll(focused, { timeout: patienceMs }).toBe("Case");
    await page.getByLabel("Reason, kept with the case").fill("It is a road sign.");
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByRole("status").filter({ hasText: "rejected" }).waitFor();
    await expect.poll(focused, { timeout: patienceMs }).toBe("Case");
  });

  it("asks again for a case, and for its pictures, that could not be had", async () => {
    const id = await report(caseCount + 3);
    const again = page.getByRole("button", { name: "Try again" });
    const mend = await failing(/query ModerationCase\b/);
    await page.locator(`.queue a[href="#/moderation/${id}"]`).click();
    await again.waitFor();
    await mend();
    await again.click();
    await page.getByAltText("Source, blurred").waitFor();
    const mendPictures = await failing(/query CaseContent\b/);
    await page.getByRole("button", { name: "Show as they are" }).click();
    await again.waitFor();
    await mendPictures();
    await page.getByRole("button", { name: "Blur" }).click();
    await page.getByAltText("Source, blurred").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});
