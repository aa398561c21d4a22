import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Page, Request } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ReportImageDocument } from "../../schema/generated/graphql.ts";
import type { Services } from "../../src/graphql/services.ts";
import type { Loaded } from "../../src/server/base.ts";
import { findAccountByName, setLimits } from "../../src/store/accounts.ts";
import { findImage } from "../../src/store/images.ts";
import { authenticate } from "../../src/store/keys.ts";
import { noiseFile } from "../support/pictures.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

describe.skipIf(missing)("the studio in Chromium", { timeout: 3 * patienceMs }, () => {
  let studio: OpenStudio;
  let server: TestServer;
  let page: Page;
  let photo: string;

  beforeAll(async () => {
    studio = await openStudio();
    ({ server, page } = studio);
    photo = join(server.dataFolder, "photo.jpg");
    await writeFile(photo, await pictureFile({ width: 96, height: 64 }, 3, "jpeg"));
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  /** Steps that last as those that people wait for: the tiny model has made its last before a page has looked. */
  const slowSteps = (): Disposable => {
    const { engine } = server.server;
    const { step } = engine;
    engine.step = async (...asked) => {
      await pause(30);
      return step.apply(engine, asked);
    };
    return {
      [Symbol.dispose]: () => {
        engine.step = step;
      },
    };
  };

  /** What has the focus, in its own words. */
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  const editButton = () => page.getByRole("button", { name: "Edit", exact: true });
  const ask = async (prompt: string, steps?: number) => {
    await page.getByRole("link", { name: "New edit" }).first().click();
    await page
      .getByLabel("Choose a photo")
      .or(page.getByRole("button", { name: "Choose another" }))
      .waitFor();
    if (await page.getByRole("button", { name: "Choose another" }).isHidden())
      await page.getByLabel("Choose a photo").setInputFiles(photo);
    await page.getByText("96 × 64").waitFor();
    await page.getByLabel("What should change?").fill(prompt);
    const field = page.getByLabel("Steps");
    if (await field.isHidden()) await page.getByText("Options").click();
    await field.fill(`${steps ?? ""}`);
    await editButton().click();
  };

  it("signs in by the link, and leaves no code in the address", async () => {
    await page.getByLabel("Choose a photo").waitFor({ state: "attached" });
    expect(page.url()).toBe(`${server.url}/`);
    expect(await editButton().isDisabled()).toBe(true);
    expect(await page.title()).toBe("New edit · Pentimento");
    expect(await page.evaluate("document.activeElement === document.body")).toBe(true);
  });

  it("says what is wrong with a file that is no picture", async () => {
    const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("not a picture at all") };
    await page.getByLabel("Choose a photo").setInputFiles(broken);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("Choose a JPEG, PNG or WebP picture");
    // The browser writes down that the upload was answered with an error, as it was meant to be.
    expect(studio.complaints.splice(0)).toEqual([expect.stringMatching(/status of 4\d\d/)]);
  });

  it("lets go of a photo's bytes when another may take its place", async () => {
    await page.evaluate("released = []; URL.revokeObjectURL = (url) => released.push(url)");
    await page.getByLabel("Choose a photo").setInputFiles(photo);
    await page.getByText("96 × 64").waitFor();
    const url = await page.getByAltText("The photo to edit").getAttribute("src");
    expect(await page.evaluate("released")).toEqual([]);
    await page.getByRole("button", { name: "Choose another" }).click();
    await page.getByLabel("Choose a photo").waitFor();
    expect(await page.evaluate("released")).toEqual([url]);
  });

  it("edits a photo with live previews, and shows before and after", async () => {
    using _ = slowSteps();
    await ask("make it night", 40);
    const preview = page.locator("img[data-step]");
    await preview.waitFor();
    expect([await page.title(), await focused()]).toEqual(["Edit · Pentimento", "Edit"]);
    expect(await preview.getAttribute("src")).toMatch(/^data:image\/webp;base64,/);
    await page.getByRole("progressbar").waitFor();
    const slider = page.getByRole("slider");
    await slider.waitFor();
    // The file itself is for who downloads it.
    expect(await page.getByAltText("After: make it night").getAttribute("src")).toContain("format=webp");
    await slider.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuetext")).toBe("1 % before");
    const box = (await slider.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.8, box.y + box.height / 2);
    expect(Number(await slider.inputValue())).toBeGreaterThan(70);
  });

  it("says where a result comes from, and the same of its file", async () => {
    await page.getByText("Where it comes from").click();
    await page.getByText("signed by this server, untouched").waitFor();
    const link = page.getByRole("link", { name: "Download" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    const file = join(server.dataFolder, "result.png");
    await download.saveAs(file);
    await page.getByRole("link", { name: "Verify" }).click();
    await page.getByLabel("Verify a picture").setInputFiles(file);
    await page.getByText(/^It was signed by this server and is untouched since/).waitFor();
    await page.goBack();
  });

  it("uploads a file that is too large to be sent along, and verifies it as it came", async () => {
    const { credentials, db } = server.server.services as Services & Pick<Loaded, "credentials">;
    const model = { name: "a model", digest: "00".repeat(32) };
    const claim = { mimeType: "image/png", title: "result", sources: [], model, at: new Date() } as const;
    const bytes = await credentials!.sign(await noiseFile(1300), claim);
    const [large, changed] = [join(server.dataFolder, "large.png"), join(server.dataFolder, "changed.png")];
    await writeFile(large, bytes);
    await writeFile(changed, bytes.with(bytes.length - 30, bytes.at(-30)! ^ 1));
    const before = await db.client.image.count();
    const sent: string[] = [];
    const note = (request: Request) => {
      if (request.method() === "PUT") sent.push(new URL(request.url()).pathname.split("/")[1]!);
      const { query = "", variables } = request.method() === "POST" ? request.postDataJSON() : {};
      const [asked] = /\b(createUpload|verifyImage)\b/.exec(query) ?? [];
      if (asked !== undefined) sent.push(`${asked}(${Object.keys(variables)})`);
    };
    page.on("request", note);
    await page.getByRole("link", { name: "Verify" }).click();
    await page.getByLabel("Verify a picture").setInputFiles(large);
    await page.getByText(/^It was signed by this server and is untouched since/).waitFor();
    await page.getByLabel("Verify another").setInputFiles(changed);
    await page.getByText(/^Its credentials are broken/).waitFor();
    page.off("request", note);
    const steps = ["createUpload(input)", "uploads", "verifyImage(uploadId)"];
    expect(sent).toEqual([...steps, ...steps]);
    expect(await db.client.upload.findMany({ select: { kind: true, state: true, byteLength: true } })).toEqual(
      expect.arrayContaining(Array(2).fill({ kind: "VERIFY", state: "READY", byteLength: bytes.length })),
    );
    expect(await db.client.image.count()).toBe(before);
    await page.goBack();
  });

  it("downloads the result at the photo's own size", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    const { width, height, format } = await sharp(await readFile(await download.path())).metadata();
    expect({ width, height, format }).toEqual({ width: 96, height: 64, format: "png" });
  });

  it("stays signed in, and at the edit, over a reload", async () => {
    await page.reload();
    await page.getByRole("slider").waitFor();
    await page.getByRole("heading", { name: "Earlier" }).waitFor();
    expect(await page.locator(".history li").count()).toBe(1);
  });

  it("edits a result further", async () => {
    const drawn = () => page.evaluate("getComputedStyle(document.querySelector('.before')).objectFit");
    expect(await drawn()).toBe("fill");
    await page.getByRole("button", { name: "Edit this further" }).click();
    await page.getByText("96 × 64").waitFor();
    // Its bytes are kept: the address that it was shown by runs out.
    const source = () => page.getByAltText("The photo to edit").getAttribute("src");
    await expect.poll(source, { timeout: patienceMs }).toMatch(/^blob:/);
    await page.getByRole("button", { name: "sepia" }).click();
    await page.getByText("Options").click();
    await page.getByLabel("Ratio").selectOption("9:16");
    await editButton().click();
    await page.getByRole("slider").waitFor();
    expect([await page.locator("blockquote").textContent(), await drawn()]).toEqual(["sepia", "contain"]);
    const after = await page.getByAltText("After: sepia").boundingBox();
    expect(await page.getByAltText("Before", { exact: true }).first().boundingBox()).toEqual(after);
    await page.getByRole("link", { name: "New edit" }).first().click();
    await page.getByLabel("Ratio").selectOption("MATCH_INPUT");
  });

  it("deletes a picture once that was asked for twice", async () => {
    await ask("sepia", 2);
    await page.getByRole("link", { name: "Download" }).waitFor();
    const [id] = /[0-9a-z]{26}$/.exec(page.url())!;
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("The picture is no longer served.").waitFor();
    expect(await page.getByRole("link", { name: "Download" }).count()).toBe(0);
    const [image] = await server.server.services.db.client.image.findMany({ where: { editId: id } });
    expect(image!.deletedAt).not.toBeNull();
    // The list shows no thumbnail of it any more.
    expect(await page.locator(`a[href="#/edits/${id}"] img.over`).count()).toBe(0);
  });

  it("cancels an edit that runs, and begins again with its photo and its sentence", async () => {
    using _ = slowSteps();
    await ask("make it sunset", 100);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Cancelled" }).waitFor();
    await page.getByRole("button", { name: "Try another sentence" }).click();
    await page.getByText("96 × 64").waitFor();
    expect(await page.getByLabel("What should change?").inputValue()).toBe("make it sunset");
  });

  it("explains a refusal, takes an appeal, and goes on when a moderator agrees", async () => {
    await ask("stab him in the chest");
    await page.getByRole("heading", { name: "Refused" }).waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("The sentence was taken for violence");
    const refused = page.url();
    await page.getByLabel(/Was the filter wrong/).fill("A scene of a play, with a wooden sword.");
    await Promise.all([
      page.waitForRequest((request) => /query EditShown\b/.test(request.postDataJSON()?.query ?? "")),
      page.getByRole("button", { name: "Appeal" }).click(),
    ]);
    await page.getByText("Your appeal is with the moderators").waitFor();
    expect(await page.getByText("This cannot be appealed").count()).toBe(0);

    // Nobody decides an appeal of their own: another moderator does, in a browser of their own.
    await page.getByRole("link", { name: "Moderation" }).click();
    await page.getByRole("link", { name: /Appeal: violence/ }).click();
    await page.getByText("A scene of a play, with a wooden sword.").waitFor();
    expect([await page.title(), await focused()]).toEqual(["Case · Pentimento", "Case"]);
    await page.getByLabel("Reason, kept with the case").fill("I meant no harm.");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("another moderator must decide it").waitFor();
    const { key } = await server.account("judge", "MODERATOR");
    const desk = await page.context().browser()!.newPage();
    desk.setDefaultTimeout(patienceMs);
    await desk.goto(server.url);
    await desk.getByLabel("Key").fill(key);
    await desk.getByRole("button", { name: "Sign in" }).click();
    await desk.getByRole("link", { name: "Moderation" }).click();
    await desk.getByRole("link", { name: /Appeal: violence/ }).click();
    // The photo of this edit is the result of the first.
    await desk.getByAltText("Result, blurred").waitFor();
    await desk.getByRole("button", { name: "Show as they are" }).click();
    await desk.getByAltText("Result", { exact: true }).waitFor();
    await desk.getByRole("button", { name: "Claim", exact: true }).click();
    await desk.getByText("claimed by you").waitFor();
    await desk.getByLabel("Reason, kept with the case").fill("It is theatre.");
    await desk.getByRole("button", { name: "Approve" }).click();
    await desk.getByRole("listitem").filter({ hasText: "It is theatre." }).waitFor();
    await desk.close();

    await page.goto(refused);
    await page.getByRole("slider").waitFor();
  });

  it("unblocks a picture that a report had blocked", async () => {
    const { client } = await server.account("reporter");
    const id = await client.upload(await pictureFile({ width: 64, height: 48 }, 9));
    await client.ask(ReportImageDocument, { id, category: "HATE", statement: "A sign that means harm." });
    await page.getByRole("link", { name: "Moderation" }).click();
    await page.getByRole("link", { name: /Report: hate/ }).click();
    await page.getByLabel("Reason, kept with the case").fill("It is what it says.");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Blocked", { exact: true }).click();
    await page.getByLabel("Reason, kept in the audit log").fill("An old road sign after all.");
    await page.getByRole("button", { name: "Unblock" }).click();
    await page.getByText("Blocked", { exact: true }).waitFor({ state: "detached" });
    await expect.poll(focused, { timeout: patienceMs }).toBe("Case");
    expect((await findImage(server.server.services.db, id))?.blockedAt).toBeNull();
  });

  it("shows an auditor who did what, proves it in the browser, and gives a file", async () => {
    await page.getByRole("link", { name: "Audit" }).click();
    await page.getByLabel("What", { exact: true }).selectOption("MODERATION_REFUSED");
    const rows = page.locator(".events tbody tr");
    await expect.poll(() => rows.count(), { timeout: patienceMs }).toBe(1);
    await page.getByRole("link", { name: "Edit refused" }).click();
    await page.getByText("Proven: this browser has followed the event, with its details").waitFor();
    expect(await page.locator(".events a[aria-current]").textContent()).toBe("Edit refused");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export CSV" }).click(),
    ]);
    const [header, only, end] = (await readFile(await file.path(), "utf8")).split("\r\n");
    expect(header).toMatch(/^position,id,at,actor,kind/);
    expect([only, end]).toEqual([expect.stringContaining("moderation.refused"), ""]);
    const from = page.getByLabel("From");
    const days: (string | undefined)[] = [];
    const note = (request: Request) => {
      const { query = "", variables } = request.method() === "POST" ? request.postDataJSON() : {};
      if (/\bauditEvents\b/.test(query)) days.push(variables.filter.from);
    };
    page.on("request", note);
    await from.fill("2020-02-29");
    await page.getByLabel("To the end of").fill("2020-03-01");
    await page.getByText("No event matches.").waitFor();
    expect([await from.inputValue(), await page.getByLabel("To the end of").inputValue()]).toEqual([
      "2020-02-29",
      "2020-03-01",
    ]);
    await page.getByRole("button", { name: "Show everything" }).click();
    await rows.nth(1).waitFor();
    expect([await from.inputValue(), days.at(-1)]).toEqual(["", undefined]);
    page.off("request", note);
    await page.getByRole("button", { name: "all about it" }).click();
    await page.getByRole("row", { name: /Edit accepted/ }).waitFor();
    expect(await page.getByLabel("Done to").inputValue()).toMatch(/^[0-9a-z]{26}$/);
  });

  it("ends the key that the link has made when one signs out", async () => {
    const { db } = server.server.services;
    const secret = await page.evaluate<string>("localStorage.getItem('pentimento.key')");
    expect(await authenticate(db, secret, new Date())).toBeDefined();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Key").waitFor();
    expect(await page.title()).toBe("Pentimento");
    expect(await page.evaluate("localStorage.length")).toBe(0);
    await expect.poll(() => authenticate(db, secret, new Date()), { timeout: patienceMs }).toBeUndefined();
  });

  it("hides moderation from accounts that do not moderate, and signs in by a key, as often as one likes", async () => {
    const { key } = await server.account("guest");
    const signIn = async () => {
      await page.getByLabel("Key").fill(key);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("guest").waitFor();
    };
    await signIn();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn();
    expect(await page.getByRole("link", { name: "Moderation" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Audit" }).count()).toBe(0);
    expect(await page.getByText("edits left today").count()).toBe(0);
  });

  it("says how many edits are left where the day's are counted", async () => {
    const { db } = server.server.services;
    const guest = (await findAccountByName(db, "guest"))!;
    await setLimits(db, guest, { editsPerDayMax: 20 }, { actor: "test", at: new Date() });
    await page.reload();
    await page.getByText("20 of 20 edits left today (UTC).").waitFor();
  });

  it("gave the browser nothing to complain of", () => {
    expect(studio.complaints).toEqual([]);
  });
});
