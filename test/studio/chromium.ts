import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";
import { type TestServer, testServer } from "../support/test-server.ts";

const executablePath = "/usr/bin/chromium";
export const missing = !existsSync(executablePath);
if (missing) console.warn(`skipped: "the studio in Chromium", because there is no ${executablePath}`);

export const patienceMs = 120_000;

/** Without these Chromium asks its makers' servers at every start. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A server, and its studio in a browser, where the local account is signed in. */
export interface OpenStudio extends AsyncDisposable {
  readonly server: TestServer;
  readonly page: Page;
  /** What the browser complains of: errors of scripts, breaches of the content security policy, failed requests. */
  readonly complaints: string[];
}

/** @param environment the server's settings */
export async function openStudio(environment: NodeJS.ProcessEnv = {}): Promise<OpenStudio> {
  const server = await testServer(environment);
  const browser = await chromium.launch({ executablePath, args: quiet });
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${server.url}/?code=${server.server.signInCode()}`);
  return {
    server,
    page,
    complaints,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
