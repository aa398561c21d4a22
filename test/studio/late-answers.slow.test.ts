import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EditDocument, ReportImageDocument } from "../../schema/generated/graphql.ts";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

interface Variables {
  readonly id?: string;
  readonly dataUri?: string;
  readonly blurred?: boolean;
  readonly status?: readonly string[];
  readonly input?: { readonly prompt?: string };
  readonly filter?: { readonly kinds?: readonly string[] };
}

/** Keeps back the answer to what is asked with such variables first. What it gives lets it go, and waits till the page had it. */
async function holdAnswer(page: Page, matches: (variables: Variables) => boolean): Promise<() => Promise<void>> {
  let held: Request | undefined;
  const isHeld = (request: Request) => {
    if (held === undefined && request.method() === "POST" && matches(request.postDataJSON().variables)) held = request;
    return request === held;
  };
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/graphql", async (route) => {
    if (!isHeld(route.request())) return route.continue();
    const response = await route.fetch();
    await released;
    return route.fulfill({ response });
  });
  return async () => {
    const arrived = page.waitForResponse((response) => response.request() === held);
    release();
    await (await arrived).finished();
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    await page.unroute("**/graphql");
  };
}

describe.skipIf(missing)("an answer that comes late to the studio in Chromium", { timeout: patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
    const { client } = await studio.server.account("reporter");
    const id = await client.upload(await pictureFile({ width: 64, height: 48 }, 9));
    await client.ask(ReportImageDocument, { id, category: "HATE", statement: "A sign that means harm." });
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  it("never shows a picture as it is once it is to be blurred again", async () => {
    await page.getByRole("link", { name: "Moderation" }).click();
    await page.getByRole("link", { name: /Report: hate/ }).click();
    const blurred = page.getByAltText("Source, blurred");
    const blurOf = async () =>
      new URL((await blurred.getAttribute("src"))!, studio.server.url).searchParams.get("blur");
    await blurred.waitFor();
    const blur = await blurOf();
    expect(blur).not.toBeNull();
    const letGo = await holdAnswer(page, (variables) => variables.blurred === false);
    await page.getByRole("button", { name: "Show as they are" }).click();
    await page.getByText("Opening the pictures").waitFor();
    expect(await page.locator(".evidence img").count()).toBe(0);
    await page.getByRole("button", { name: "Blur" }).click();
    await blurred.waitFor();
    await letGo();
    expect(await blurOf()).toBe(blur);
    expect(await page.locator(".evidence img").count()).toBe(1);
  });

  it("puts no case under a filter that it was not asked for", async () => {
    const rows = page.locator(".queue li");
    await rows.waitFor();
    const letGo = await holdAnswer(page, ({ status }) => status?.join() === "OPEN");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await rows.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Decided" }).click();
    await page.getByText("Nothing here.").waitFor();
    await letGo();
    expect([await rows.count(), await page.getByText("Nothing here.").count()]).toEqual([0, 1]);
  });

  it("puts no event under a filter that it was not asked for", async () => {
    await page.getByRole("link", { name: "Audit" }).click();
    const links = page.locator(".events tbody a");
    await links.first().waitFor();
    const kind = page.getByLabel("What", { exact: true });
    const letGo = await holdAnswer(page, ({ filter }) => filter?.kinds?.join() === "CASE_OPENED");
    await kind.selectOption("CASE_OPENED");
    await links.first().waitFor({ state: "detached" });
    await kind.selectOption("IMAGE_CREATED");
    await links.first().waitFor();
    await letGo();
    expect(await links.allTextContents()).toEqual(["Picture brought in"]);
  });

  it("takes no edit of the list back to where it stood before", async () => {
    await page.getByRole("link", { name: "New edit" }).click();
    const letGo = await holdAnswer(page, ({ id }) => id !== undefined);
    const { client } = studio.server;
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 5));
    await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 60 } });
    await page.locator(".history li img.over").waitFor();
    await letGo();
    expect([await page.locator(".history li").count(), await page.locator(".history .badge").count()]).toEqual([1, 0]);
  });

  it("takes nobody away from where they have gone, and says on their return why an edit was refused", async () => {
    await page.getByRole("link", { name: "New edit" }).click();
    const picture = { mimeType: "image/png", buffer: Buffer.from(await pictureFile({ width: 96, height: 64 }, 3)) };
    await page.getByLabel("Choose a photo").setInputFiles({ name: "photo.png", ...picture });
    await page.getByText("96 × 64").waitFor();
    const sentence = page.getByLabel("What should change?");
    const leaveWhile = async (send: () => Promise<void>) => {
      const letGo = await holdAnswer(page, ({ input }) => input?.prompt !== undefined);
      await send();
      await page.getByRole("link", { name: "Verify" }).click();
      await letGo();
    };
    await sentence.fill("sepia");
    await page.getByText("Options").click();
    await page.getByLabel("Steps").fill("500");
    await leaveWhile(() => sentence.press("Control+Enter"));
    await page.getByRole("link", { name: "New edit" }).click();
    await page.getByText("Change what it names and try again.").waitFor();
    await page.getByLabel("Steps").fill("1");
    await leaveWhile(() => page.getByRole("button", { name: "Edit", exact: true }).click());
    expect(await page.title()).toBe("Verify · Pentimento");
  });

  it("takes nobody to an edit that is made again once they have gone elsewhere", async () => {
    await page.locator(".history li a").first().click();
    await page.getByText("Where it comes from").click();
    const again = page.getByRole("button", { name: "Make it again and compare" });
    await again.waitFor();
    const letGo = await holdAnswer(page, ({ id }) => id !== undefined);
    await again.click();
    await page.getByRole("link", { name: "Verify" }).click();
    await letGo();
    expect(await page.title()).toBe("Verify · Pentimento");
  });

  it("says nothing of a file once another is asked about, which is not asked about before", async () => {
    await page.getByRole("link", { name: "Verify" }).click();
    const order: string[] = [];
    page.on("request", (request) => {
      if (/query VerifyImage\b/.test(request.postData() ?? "")) order.push("asked");
    });
    const letGo = await holdAnswer(page, ({ dataUri }) => dataUri !== undefined);
    const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("not a picture at all") };
    await page.getByLabel("Verify a picture").setInputFiles(broken);
    await page.getByText("Looking …").waitFor();
    const sound = await pictureFile({ width: 64, height: 48 }, 5);
    const picture = { name: "sound.png", mimeType: "image/png", buffer: Buffer.from(sound) };
    const shown = await page.getByAltText("The picture to verify").getAttribute("src");
    await page.getByLabel("Verify another").setInputFiles(picture);
    await page.locator(`.canvas img:not([src="${shown}"])`).waitFor();
    order.push("answered");
    await letGo();
    await page.getByText("Watermark").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(order).toEqual(["asked", "answered", "asked"]);
  });

  it("is asked for again where a file could not be verified", async () => {
    const again = page.getByRole("button", { name: "Try again" });
    await page.route("**/graphql", (route) => route.abort());
    const sound = await pictureFile({ width: 64, height: 48 }, 5);
    const picture = { name: "sound.png", mimeType: "image/png", buffer: Buffer.from(sound) };
    await page.getByLabel("Verify another").setInputFiles(picture);
    await again.waitFor();
    await page.unroute("**/graphql");
    await again.click();
    await page.getByText("Watermark").waitFor();
  });
});
