import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CancelEditDocument,
  DeleteImageDocument,
  EditDocument,
  ModerationCasesDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import { newId } from "../../src/core/id.ts";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("an edit in the studio in Chromium", { timeout: 2 * patienceMs }, () => {
  let folder: string;
  let studio: OpenStudio;
  let page: Page;
  let editId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pentimento-held-"));
    const filters = join(folder, "filters.json");
    // A list that nobody has brought: every photo is held, and every result.
    await writeFile(filters, JSON.stringify({ format: 1, requiredHashLists: ["known"] }));
    studio = await openStudio({ PENTIMENTO_FILTERS: filters });
    ({ page } = studio);
    const { client } = studio.server;
    const imageId = await client.upload(await pictureFile({ width: 96, height: 64 }, 3));
    const input = {
      prompt: "make it night, black and white, and then tint it blue",
      images: [{ imageId }],
      steps: 100,
    };
    editId = (await client.ask(EditDocument, { input })).edit.id;
  }, 2 * patienceMs);

  afterAll(async () => {
    await studio?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }, patienceMs);

  const approve = async () => {
    const { client } = studio.server;
    const { moderationCases } = await client.ask(ModerationCasesDocument, { first: 1, status: ["OPEN"] });
    const { id } = moderationCases.edges[0]!.node;
    await client.ask(ResolveCaseDocument, { id, action: "APPROVE", reason: "A photo of waves." });
  };
  /** What is read aloud of where the edit stands. */
  const said = (words: string) => page.getByRole("status").filter({ hasText: words });
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  const listAsked = () => page.waitForRequest((request) => /EditsShown/.test(request.postData() ?? ""));

  it("is shown as it goes on once a moderator lets it, and said to be done in the same place", async () => {
    await page.goto(`${studio.server.url}/#/edits/${editId}`);
    const held = page.getByRole("heading", { name: "Held for review" });
    await held.waitFor();
    const status = await said("Held for review").first().elementHandle();
    await approve();
    await page.getByRole("progressbar").waitFor();
    // What came of it is looked for in the list too.
    await held.waitFor();
    await approve();
    await page.getByRole("slider").waitFor();
    expect(await status!.textContent()).toBe("Done");
  });

  it("is asked for anew, with all others, before signed addresses run out, and when one comes back to the page after that", async () => {
    await page.clock.install();
    await page.reload();
    await page.getByRole("slider").waitFor();
    await Promise.all([listAsked(), page.clock.fastForward("50:00")]);
    let lists = 0;
    page.on("request", (request) => {
      if (/EditsShown/.test(request.postData() ?? "")) lists += 1;
    });
    const comeBack = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await comeBack();
    // Asleep, no timer of a page goes off.
    await page.clock.setSystemTime(await page.evaluate<number>("Date.now() + 51 * 60_000"));
    await Promise.all([listAsked(), comeBack()]);
    expect(lists).toBe(1);
  });

  it("is asked for anew where a picture does not open", async () => {
    let [lists, pictures] = [0, 0];
    page.on("request", (request) => {
      if (/EditsShown/.test(request.postData() ?? "")) lists += 1;
    });
    await page.route("**/images/**", (route) => {
      pictures += 1;
      return pictures === 1 ? route.fulfill({ status: 410 }) : route.continue();
    });
    await page.reload();
    await expect.poll(() => lists, { timeout: patienceMs }).toBe(2);
    await page.unroute("**/images/**");
  });

  it("is asked for again where it could not be had", async () => {
    const isAsked = (request: Request) => /query EditShown\b/.test(request.postData() ?? "");
    await page.route("**/graphql", (route) => (isAsked(route.request()) ? route.abort() : route.continue()));
    // Once for itself, and once when the list says that it is over.
    let asked = 0;
    const twice = page.waitForRequest((request) => {
      if (isAsked(request)) asked += 1;
      return asked === 2;
    });
    await page.reload();
    await twice;
    const again = page.locator(".sheet").getByRole("button", { name: "Try again" });
    await again.waitFor();
    await page.unroute("**/graphql");
    await again.click();
    await page.getByRole("slider").waitFor();
  });

  it("stands in a list that is asked for again where it could not be had, whatever was heard of another since", async () => {
    const { client } = studio.server;
    await page.route("**/graphql", (route) =>
      /query EditsShown\b/.test(route.request().postData() ?? "") ? route.abort() : route.continue(),
    );
    await page.reload();
    const again = page.locator(".history").getByRole("button", { name: "Try again" });
    await again.waitFor();
    const imageId = await client.upload(await pictureFile({ width: 96, height: 64 }, 6));
    const { edit } = await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 1 } });
    await client.ask(CancelEditDocument, { id: edit.id });
    await page.locator(`.history a[href="#/edits/${edit.id}"]`).filter({ hasText: "Cancelled" }).waitFor();
    await page.unroute("**/graphql");
    await again.click();
    await page.locator(`.history a[href="#/edits/${editId}"]`).waitFor();
    expect(await again.count()).toBe(0);
  });

  it("keeps the focus in its place while its picture is deleted", async () => {
    await page.getByRole("button", { name: "Delete", exact: true }).press("Enter");
    expect(await focused()).toBe("Keep it");
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("Delete");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete for good" }).press("Enter");
    await page.getByText("The picture is no longer served.").waitFor();
    await expect.poll(focused, { timeout: patienceMs }).toBe("Edit");
  });

  it("is not begun again from a photo that is gone", async () => {
    const { client, url } = studio.server;
    const imageId = await client.upload(await pictureFile({ width: 96, height: 64 }, 4));
    const { edit } = await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 1 } });
    await client.ask(CancelEditDocument, { id: edit.id });
    const again = page.getByRole("button", { name: "Try another sentence" });
    await page.goto(`${url}/#/edits/${edit.id}`);
    await again.waitFor();
    await client.ask(DeleteImageDocument, { id: imageId });
    await page.reload();
    await page.getByText("The photo: no longer served").waitFor();
    expect(await again.count()).toBe(0);
  });

  it("is asked for anew with all that are shown, though they be more than the API gives at once", async () => {
    const { client } = studio.server.server.services.db;
    const { request, verdict: _, approvedStages, ...edit } = (await client.edit.findUnique({ where: { id: editId } }))!;
    const earlier = (i: number) => ({
      ...edit,
      id: newId(new Date(i)),
      createdAt: new Date(i),
      request: request!,
      approvedStages: approvedStages!,
    });
    await client.edit.createMany({ data: Array.from({ length: 120 }, (_, i) => earlier(i)) });
    await page.reload();
    const rows = page.locator(".history li");
    const more = page.getByRole("button", { name: "Show more" });
    for (let shown = 12; shown < 108; shown += 12) {
      await expect.poll(() => rows.count(), { timeout: patienceMs }).toBe(shown);
      await more.click();
    }
    await expect.poll(() => rows.count(), { timeout: patienceMs }).toBe(108);
    const firsts: number[] = [];
    page.on("request", (request) => {
      const { query = "", variables } = request.method() === "POST" ? request.postDataJSON() : {};
      if (/query EditsShown\b/.test(query)) firsts.push(variables.first);
    });
    await page.clock.setSystemTime(await page.evaluate<number>("Date.now() + 51 * 60_000"));
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await expect.poll(() => firsts, { timeout: patienceMs }).toEqual([100, 8]);
    await more.click();
    await expect.poll(() => rows.count(), { timeout: patienceMs }).toBe(120);
  });
});
