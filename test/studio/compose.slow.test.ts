import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("what is handed in at the studio in Chromium", { timeout: 2 * patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;
  let photo: string;

  beforeAll(async () => {
    studio = await openStudio();
    ({ page } = studio);
    photo = join(studio.server.dataFolder, "photo.jpg");
    await writeFile(photo, await pictureFile({ width: 96, height: 64 }, 3, "jpeg"));
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  const editCount = () => studio.server.server.services.db.client.edit.count();
  const focused = () =>
    page.evaluate<string>("document.activeElement.type + ': ' + document.activeElement.textContent");

  it("says why a sample cannot be had, and takes no page of an error for it", async () => {
    await page.route("**/*.jpg", (route) => route.fulfill({ status: 404, body: "no such file" }));
    await page.getByRole("button", { name: "A cat" }).click();
    await page.getByText("The server answered with HTTP 404.").waitFor();
    await page.route("**/*.jpg", (route) => route.abort());
    await page.getByRole("button", { name: "A cat" }).click();
    await page.getByText("The server does not answer.").waitFor();
    await page.unroute("**/*.jpg");
    await page.getByRole("button", { name: "A cat" }).click();
    await page.getByRole("button", { name: "Choose another" }).waitFor();
  });

  it("keeps the focus where files are chosen, and lets the same one be chosen again", async () => {
    await page.getByRole("button", { name: "Choose another" }).press("Enter");
    const choose = page.getByLabel("Choose a photo");
    await choose.waitFor();
    expect(await focused()).toBe("file: ");
    // Of a file without an ending the browser knows no type.
    await choose.setInputFiles({ name: "photo", mimeType: "", buffer: await readFile(photo) });
    await page.getByText("96 × 64").waitFor();
    expect(await focused()).toBe("button: Choose another");
    await page.getByRole("link", { name: "Verify" }).click();
    await page.getByLabel("Verify a picture").setInputFiles(photo);
    await page.getByText("Watermark").waitFor();
    expect(await page.getByLabel("Verify another").inputValue()).toBe("");
    await page.goBack();
  });

  /** Pastes what is no picture, though it says so, with text beside it or without. */
  const paste = (text: string) =>
    page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["not a picture at all"], "cells.png", { type: "image/png" }));
      if (${JSON.stringify(text)} !== "") clipboardData.setData("text/plain", ${JSON.stringify(text)});
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }`);

  it("keeps the photo until another one is there, and takes pasted text for text", async () => {
    const uploads: string[] = [];
    const note = (request: Request) => {
      if (request.method() === "PUT") uploads.push(request.url());
    };
    page.on("request", note);
    await page.getByLabel("What should change?").focus();
    await paste("cells");
    await paste("");
    await page.getByText("Choose a JPEG, PNG or WebP picture").waitFor();
    page.off("request", note);
    expect(uploads).toHaveLength(1);
    expect(await page.getByText("96 × 64").count()).toBe(1);
    await page.evaluate("document.querySelector('.canvas img').decode()");
  });

  it("leaves the page for no file that is dropped beside the photo's place, and text to its field", async () => {
    const opens = (selector: string, add: string) =>
      page.evaluate(`{
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(${add});
        const how = { dataTransfer, bubbles: true, cancelable: true };
        ["dragover", "drop"].map((kind) => document.querySelector("${selector}").dispatchEvent(new DragEvent(kind, how)));
      }`);
    const file = "new File(['bytes'], 'photo.jpg', { type: 'image/jpeg' })";
    expect(await opens(".top", file)).toEqual([false, false]);
    expect(await opens("textarea", file)).toEqual([false, false]);
    expect(await opens("textarea", "'sepia', 'text/plain'")).toEqual([true, true]);
  });

  it("takes no sample that comes after a photo was chosen", async () => {
    await page.getByRole("button", { name: "Choose another" }).click();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/*.jpg", async (route) => {
      await released;
      await route.continue();
    });
    await page.getByRole("button", { name: "A cat" }).click();
    await page.getByLabel("Choose a photo").setInputFiles(photo);
    await page.getByText("96 × 64").waitFor();
    const sample = page.waitForResponse((response) => {
      return response.url().endsWith(".jpg") && response.request().resourceType() === "fetch";
    });
    release();
    await (await sample).finished();
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    expect(await page.getByText("96 × 64").count()).toBe(1);
    await page.unroute("**/*.jpg");
  });

  it("keeps its options, in sight, while one looks elsewhere", async () => {
    await page.getByText("Options").click();
    await page.getByLabel("Seed").fill("7");
    await page.getByRole("link", { name: "Verify" }).click();
    await page.getByRole("link", { name: "New edit" }).click();
    await page.getByLabel("Seed").waitFor();
    expect(await page.getByLabel("Seed").inputValue()).toBe("7");
  });

  it("shows the option for which it cannot be sent, and takes any guidance within its range", async () => {
    const options = page.getByText("Options");
    await page.getByLabel("Guidance").fill("2.55");
    await page.getByLabel("What should change?").fill("sepia");
    await page.getByLabel("Steps").fill("500");
    await options.click();
    await page.getByLabel("Steps").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Steps").waitFor();
    expect(await page.evaluate("document.activeElement.placeholder")).toBe("default");
    expect(await page.locator("input:invalid").count()).toBe(1);
    await page.getByLabel("Guidance").fill("");
  });

  it("makes one edit where the answer was lost and it is sent again, and another for another wish", async () => {
    await page.getByLabel("Steps").fill("1");
    await page.getByLabel("What should change?").fill("sepia");
    await page.route("**/graphql", async (route) => {
      if (!/^mutation Edit\b/.test(route.request().postDataJSON().query.trim())) return route.continue();
      await route.fetch();
      return route.abort();
    });
    const edit = page.getByRole("button", { name: "Edit", exact: true });
    await edit.click();
    await page.getByText("The server does not answer.").waitFor();
    expect(await editCount()).toBe(1);
    await page.unroute("**/graphql");
    await edit.click();
    await page.getByRole("link", { name: "Download" }).waitFor();
    expect(await editCount()).toBe(1);
    await page.getByRole("link", { name: "New edit" }).first().click();
    await edit.click();
    await page.getByRole("link", { name: "Download" }).waitFor();
    expect(await editCount()).toBe(2);
  });

  it("is made again once, however often one clicks", async () => {
    await page.getByText("Where it comes from").click();
    await page.getByRole("button", { name: "Make it again and compare" }).dblclick();
    await page.getByText("sepia").first().waitFor();
    await expect.poll(() => page.locator(".history li").count(), { timeout: patienceMs }).toBe(3);
    expect(await editCount()).toBe(3);
  });
});
