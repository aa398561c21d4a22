import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { demonstrate, tryDemonstration } from "../../src/cli/demo-command.ts";
import { announce } from "../../src/cli/serve-command.ts";
import { readServerEnvironment } from "../../src/config/environment.ts";
import { type Server, startServer } from "../../src/server/server.ts";
import { findAccountByName } from "../../src/store/accounts.ts";
import { listKeys } from "../../src/store/keys.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ PENTIMENTO_CREDENTIALS: "off" });
});
afterAll(() => server[Symbol.asyncDispose]());

/** What is printed meanwhile. */
async function printedBy(work: () => unknown): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  try {
    await work();
    return lines.join("\n");
  } finally {
    log.mockRestore();
  }
}

const announced = (one: Server) => printedBy(() => announce(one));

describe("what a start prints", () => {
  it("is a link that signs in, where this machine alone reaches the server", async () => {
    expect(await announced(server.server)).toMatch(
      /^studio +http:\S+\/\?code=\S+ +\(opens once, within 15 minutes\)$/m,
    );
  });

  it("is no such link behind a proxy, where it would stay in a log, but how a key is made", async () => {
    const key = "k".repeat(43);
    await using public_ = await startServer(
      readServerEnvironment({
        ...server.environment,
        PENTIMENTO_DATA: join(server.dataFolder, "public"),
        PENTIMENTO_PUBLIC_URL: "https://edit.example.org",
        PENTIMENTO_URL_KEYS: `k1:${key}`,
        PENTIMENTO_AUDIT_KEY: key,
        PENTIMENTO_WATERMARK_KEY: key,
      }),
    );
    const lines = await announced(public_);
    expect(lines).not.toContain("code=");
    expect(lines).toMatch(/^studio +https:\/\/edit\.example\.org\/ +\(sign in with a key: npx pentimento key create /m);
    expect(() => public_.signInCode()).toThrow(/nobody is signed in by a code/);
    expect(await findAccountByName(public_.services.db, "local")).toBeNull();
  });
});

describe("the demonstration", () => {
  it("edits the sample with a key that ends with it", async () => {
    const { db } = server.server.services;
    const { id } = (await findAccountByName(db, "local"))!;
    const before = await listKeys(db, id);
    const output = await printedBy(() => demonstrate(server.url, server.server.signInCode()));
    const [link] = /http:\S+/.exec(output) ?? [];
    expect((await fetch(link!)).status).toBe(200);
    const [made, ...others] = await listKeys(db, id);
    expect(made).toMatchObject({ name: "studio", revokedAt: expect.any(Date) });
    expect(others).toEqual(before);
  });
});

describe("a start with a demonstration", () => {
  it("ends with the picture's link and one to the studio that nobody has used", async () => {
    const output = await printedBy(() => tryDemonstration(server.server));
    expect(output).toMatch(/^result +http:\S+[\s\S]*^studio +http:\S+\/\?code=\S+/m);
  });

  it("says in a line why that came to nothing, and stays up", async () => {
    const broken: Server = { ...server.server, url: server.url, signInCode: () => "spent" };
    expect(await printedBy(() => tryDemonstration(broken))).toMatch(/^the demonstration ended early: .+$/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
