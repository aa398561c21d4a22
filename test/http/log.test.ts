import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failed, Refused } from "../../src/core/errors.ts";
import { createLog, scrub } from "../../src/http/log.ts";
import { Edge } from "./edge.ts";

const secret = "s3cretWord";

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog("debug", { write: (line: string) => lines.push(line) }));
  return lines.join("");
}

describe("the log", () => {
  it.each([
    ["a prompt", { edit: { prompt: secret, negativePrompt: secret } }],
    ["variables", { operation: { variables: { input: secret } } }],
    ["a preview", { event: { preview: secret } }],
    ["headers", { headers: { authorization: secret, Authorization: secret, cookie: secret } }],
    ["keys", { apiKey: secret, api_key: secret, signingKey: secret, key: secret, token: secret, metricsToken: secret }],
    ["a password", { password: secret, clientSecret: secret }],
    ["a signed URL", { path: `/images/x?account=a&signature=${secret}` }],
    ["a URL in words", { note: `could not open https://host/images/x?signature=${secret} at all` }],
    ["a bearer in words", { note: `sent Bearer ${secret} twice` }],
    ["a picture in words", { note: `image data:image/webp;base64,${secret}AAAA= was bad` }],
    ["pixels", { source: Buffer.from(secret), more: new Uint8Array(5) }],
    ["a parser's error", { err: new SyntaxError(`Unexpected token in "${secret}"`) }],
    ["a database's error", { err: Object.assign(new Error(`prompt: "${secret}"`), { code: "P2002" }) }],
    ["a refusal's words", { err: new Refused("BAD_INPUT", `no such aspect: ${secret}`) }],
    ["a cause", { err: new Failed("INTERNAL", "storage", { retryable: true, cause: new Error(secret) }) }],
    ["what lies deep", { a: { b: { c: { d: { e: { f: { g: secret } } } } } } }],
    ["what lies in lists", { list: [{ prompt: secret }, [`Bearer ${secret}`]] }],
    ["a function", { work: Object.assign(() => secret, { secret }) }],
  ])("does not hold %s", (_, fields) => {
    const text = logged((log) => log.error("it happened", fields));
    expect(text).toContain("it happened");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString("base64"));
    expect(text).not.toContain(JSON.stringify([...Buffer.from(secret)]).slice(1, -1));
  });

  it("holds what helps: codes, words of our own, frames, counts", () => {
    const failed = new Failed("ENGINE_FAILED", "the engine died", {
      retryable: true,
      cause: new TypeError("x is no y"),
    });
    const line = JSON.parse(
      logged((log) => log.warn("edit failed", { editId: "e1", ms: 12.5, err: failed, on: [1, true] })),
    );
    expect(line).toMatchObject({
      level: 40,
      msg: "edit failed",
      editId: "e1",
      ms: 12.5,
      on: [1, true],
      err: {
        type: "Failed",
        code: "ENGINE_FAILED",
        message: "the engine died",
        cause: { type: "TypeError", message: "x is no y" },
      },
    });
    expect(line.err.frames[0]).toMatch(/log\.test\.ts/);
    expect(line.time).toMatch(/^\d{4}-.*Z$/);
  });

  it("says nothing below its level", () => {
    expect(logged((log) => log.debug("seen"))).not.toBe("");
    const lines: string[] = [];
    createLog("warn", { write: (line: string) => lines.push(line) }).info("unseen");
    expect(lines).toEqual([]);
  });

  it("can take anything, and stays short", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withTypedArray: true, withDate: false }), (value) => {
        expect(() => JSON.stringify(scrub(value))).not.toThrow();
      }),
    );
    const round: Record<string, unknown> = {};
    round.self = round;
    expect(JSON.stringify(scrub(round))).toContain("[removed]");
    expect(JSON.stringify(scrub({ text: "x".repeat(1e6), list: new Array(1e5).fill(1) })).length).toBeLessThan(2000);
  });

  it("of a server tells of each request its route, not its address", async () => {
    await using edge = await Edge.start();
    const url = edge.urlOf(await edge.addImage("someone", Buffer.from("bytes"), "png"), "someone");
    await edge.ask("GET", url, { headers: { authorization: `Bearer ${secret}`, cookie: secret } });
    await edge.ask("GET", `/nothing/${secret}?${secret}`);
    await edge.ask("GET", "/healthz");
    const lines = edge.logged.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { msg: "request", route: "/images/:id", method: "GET", status: 200 },
      { msg: "request", route: "none", method: "GET", status: 404 },
    ]);
    expect(edge.logged.join()).not.toMatch(new RegExp(`${secret}|signature|account`));
  });
});
