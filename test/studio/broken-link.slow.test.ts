import { once } from "node:events";
import { createServer } from "node:net";
import type { ConsoleMessage, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelEditDocument, EditDocument } from "../../schema/generated/graphql.ts";
import { pictureFile } from "../support/test-server.ts";
import { missing, type OpenStudio, openStudio, patienceMs } from "./chromium.ts";

/** A port of loopback that is free, for a server that must be found again where it was. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

describe.skipIf(missing)("the studio in Chromium whose socket breaks", { timeout: 2 * patienceMs }, () => {
  let studio: OpenStudio;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio({ PENTIMENTO_PORT: `${await freePort()}` });
    ({ page } = studio);
    await page.getByLabel("Choose a photo").waitFor({ state: "attached" });
  }, 2 * patienceMs);

  afterAll(() => studio?.[Symbol.asyncDispose](), patienceMs);

  const broken = () => page.getByText("The connection broke off");
  /** Stops the server until the page has knocked in vain. */
  const stop = async () => {
    const isRefused = (message: ConsoleMessage) => /WebSocket.*ERR_CONNECTION_REFUSED/.test(message.text());
    const refused = page.waitForEvent("console", isRefused);
    await studio.server.server[Symbol.asyncDispose]();
    await broken().waitFor();
    await refused;
  };

  it("takes it up again however often that fails", async () => {
    await stop();
    await studio.server.restart();
    await broken().waitFor({ state: "detached" });
  });

  it("shows what happened while it was away", async () => {
    await stop();
    await studio.server.restart();
    const { client } = studio.server;
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 5));
    const input = { prompt: "sepia", images: [{ imageId }], steps: 1 };
    const { edit } = await client.ask(EditDocument, { input });
    for await (const _ of client.progress(edit.id));
    await page.locator(`a[href="#/edits/${edit.id}"] img.over`).waitFor();
    await broken().waitFor({ state: "detached" });
  });

  it("shows the end of an edit that came before the socket was open", async () => {
    const { client } = studio.server;
    const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 6));
    const { edit } = await client.ask(EditDocument, { input: { prompt: "sepia", images: [{ imageId }], steps: 100 } });
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    await page.routeWebSocket("**/graphql", async (socket) => {
      await opened;
      socket.connectToServer();
    });
    await page.reload();
    const row = page.locator(`a[href="#/edits/${edit.id}"]`);
    await row.waitFor();
    await client.ask(CancelEditDocument, { id: edit.id });
    open();
    await row.getByText("Cancelled").waitFor();
  });

  it("takes up another where nothing is heard from it any more", async () => {
    let [silent, opened] = [false, 0];
    await page.routeWebSocket("**/graphql", (socket) => {
      opened += 1;
      const server = socket.connectToServer();
      server.onMessage((message) => {
        if (!silent) socket.send(message);
      });
    });
    await page.clock.install();
    await page.reload();
    await page.locator(".history li").first().waitFor();
    await expect.poll(() => opened, { timeout: patienceMs }).toBe(1);
    silent = true;
    // A ping that is not answered.
    await page.clock.fastForward(15_000);
    await page.clock.fastForward(5_000);
    await broken().waitFor();
    silent = false;
    await page.clock.fastForward(10_000);
    await broken().waitFor({ state: "detached" });
    expect(opened).toBe(2);
  });
});
