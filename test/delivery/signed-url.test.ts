import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SigningKey, UrlSigner } from "../../src/delivery/signed-url.ts";
import { SetClock } from "../support/set-clock.ts";

const key = (id: string): SigningKey => ({ id, secret: randomBytes(32) });
const [first, second, third] = [key("first"), key("second"), key("third")];
const grant = { method: "GET", path: "/images/abc", accountId: "someone" } as const;

const names = fc
  .stringMatching(/^[a-z][a-z0-9 &=?é]{0,8}$/)
  .filter((name) => !/^(account|expires|key|signature)$/.test(name));
const parameters = fc.dictionary(names, fc.string({ unit: "grapheme", maxLength: 12 }), {
  maxKeys: 5,
  noNullPrototype: true,
});

describe("UrlSigner", () => {
  const clock = new SetClock();
  const signer = new UrlSigner({ current: first }, clock);

  it("opens what it signed, with the parameters as they were", () => {
    fc.assert(
      fc.property(parameters, fc.constantFrom("GET", "PUT"), (given, method) => {
        const verified = signer.verify(method, signer.sign({ ...grant, method, parameters: given }));
        expect(verified).toMatchObject({ kind: "valid", accountId: "someone" });
        if (verified.kind !== "valid") return;
        for (const [name, value] of Object.entries(given)) expect(verified.parameters.get(name)).toBe(value);
      }),
    );
  });

  it("lets HEAD use the URL of a GET, and no other method", () => {
    const url = signer.sign(grant);
    expect(signer.verify("HEAD", url).kind).toBe("valid");
    for (const method of ["PUT", "POST", "DELETE", "get"]) expect(signer.verify(method, url).kind).toBe("forged");
    expect(signer.verify("GET", signer.sign({ ...grant, method: "PUT" })).kind).toBe("forged");
  });

  it("takes a URL with any bit changed for forged", () => {
    fc.assert(
      fc.property(parameters, fc.nat(), fc.nat(6), (given, at, bit) => {
        const bytes = Buffer.from(signer.sign({ ...grant, parameters: given }));
        bytes[at % bytes.length]! ^= 1 << bit;
        expect(signer.verify("GET", bytes.toString("latin1")).kind).toBe("forged");
      }),
      { numRuns: 2000 },
    );
  });

  it("does not care for the order of parameters", () => {
    fc.assert(
      fc.property(
        parameters.chain((given) => {
          const [path, query] = signer.sign({ ...grant, parameters: given }).split("?");
          const pairs = query!.split("&");
          return fc
            .shuffledSubarray(pairs, { minLength: pairs.length })
            .map((shuffled) => `${path}?${shuffled.join("&")}`);
        }),
        (url) => {
          expect(signer.verify("GET", url).kind).toBe("valid");
        },
      ),
    );
  });

  it("takes a parameter added, doubled, left out or spelt otherwise for forged", () => {
    const url = signer.sign({ ...grant, parameters: { width: "64", name: "a b" } });
    const [path, query] = url.split("?") as [string, string];
    const pairs = query.split("&");
    const changed = [
      `${url}&width=128`,
      `${url}&width=64`,
      `${url}&${pairs.at(-1)}`,
      `${url}&signature=`,
      `${url}&`,
      `${url}#x`,
      url.replace("a+b", "a%20b"),
      url.replace("width", "%77idth"),
      url.replace("/images", "//images"),
      path,
      `${path}?`,
      ...pairs.map((pair) => `${path}?${pairs.filter((other) => other !== pair).join("&")}`),
    ];
    for (const forgery of changed) expect([forgery, signer.verify("GET", forgery).kind]).toEqual([forgery, "forged"]);
  });

  it("opens until the moment it expires, then says so, and only of what it signed", () => {
    const now = new SetClock();
    const timed = new UrlSigner({ current: first }, now);
    const url = timed.sign({ ...grant, expiresInSeconds: 60 });
    now.advance(59_999);
    expect(timed.verify("GET", url).kind).toBe("valid");
    now.advance(1);
    expect(timed.verify("GET", url).kind).toBe("expired");
    expect(timed.verify("GET", url.replace("someone", "another")).kind).toBe("forged");
  });

  it("never grants less time than was asked, nor a second more", () => {
    const now = new SetClock(1_767_225_600_250);
    const timed = new UrlSigner({ current: first }, now);
    const verified = timed.verify("GET", timed.sign({ ...grant, expiresInSeconds: 1 }));
    expect(verified).toMatchObject({ kind: "valid", expiresAt: 1_767_225_602_000 });
  });

  it("signs with the current key and opens what the previous signed, but not what came before", () => {
    const urls = [first, second, third].map((current) => new UrlSigner({ current }, clock).sign(grant));
    const rotated = new UrlSigner({ current: third, previous: second }, clock);
    expect(urls.map((url) => rotated.verify("GET", url).kind)).toEqual(["forged", "valid", "valid"]);
    expect(rotated.sign(grant)).toContain("&key=third&");
  });

  it.each([0, -1, 1.5, 7 * 24 * 3600 + 1, Number.NaN])("refuses to sign for %d seconds", (expiresInSeconds) => {
    expect(() => signer.sign({ ...grant, expiresInSeconds })).toThrow(/1 to 604800/);
  });

  it("refuses keys that are short or have one id, and parameters named like its own", () => {
    expect(() => new UrlSigner({ current: { id: "x", secret: randomBytes(31) } }, clock)).toThrow(/at least 32/);
    expect(() => new UrlSigner({ current: first, previous: key("first") }, clock)).toThrow(/one id/);
    expect(() => signer.sign({ ...grant, parameters: { account: "another" } })).toThrow(/account/);
    expect(() => signer.sign({ ...grant, path: "/images/a b" })).toThrow(/escapes/);
  });
});
