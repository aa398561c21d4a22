import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { demonstrate, tryDemonstration } from "../../src/cli/demo-command.ts";
import { announce, untilStopped } from "../../src/cli/serve-command.ts";
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

/** As Node calls it. */
type SignalListener = (signal: NodeJS.Signals, number: number) => void;

describe("a signal", () => {
  it("stops the server; soon after it is the same once more, and later it ends the process, of either kind", async () => {
    const known = { SIGINT: process.listeners("SIGINT"), SIGTERM: process.listeners("SIGTERM") };
    const own = (signal: "SIGINT" | "SIGTERM") =>
      process.listeners(signal).filter((one) => !known[signal].includes(one));
    const tell = (signal: "SIGINT" | "SIGTERM", number: number) => {
      for (const listener of own(signal) as SignalListener[]) listener(signal, number);
    };
    const exits = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const now = vi.spyOn(performance, "now");
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const close = vi.fn(async () => {});
      const stopped = untilStopped({ [Symbol.asyncDispose]: close });
      now.mockReturnValue(1_000);
      tell("SIGINT", 2);
      now.mockReturnValue(1_100);
      tell("SIGINT", 2);
      await stopped;
      expect([close.mock.calls.length, exits.mock.calls]).toEqual([1, []]);
      now.mockReturnValue(2_000);
      tell("SIGTERM", 15);
      tell("SIGINT", 2);
      expect(exits.mock.calls).toEqual([[143], [130]]);
    } finally {
      vi.restoreAllMocks();
      for (const signal of ["SIGINT", "SIGTERM"] as const)
        for (const listener of own(signal)) process.off(signal, listener);
    }
  });
});
