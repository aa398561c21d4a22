import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDataUri } from "../../src/intake/data-uri.ts";

const uri = (bytes: Uint8Array) => `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;

describe("parseDataUri", () => {
  it("gives back the bytes, padded or not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(parseDataUri(uri(bytes))).toEqual(bytes);
        expect(parseDataUri(uri(bytes).replace(/=+$/, ""))).toEqual(bytes);
      }),
    );
  });

  it("takes four mebibytes, and not one byte more", () => {
    const largest = new Uint8Array(4 * 2 ** 20).fill(7);
    expect(parseDataUri(uri(largest)).length).toBe(largest.length);
    for (const more of [1, 2, 3, 1000]) {
      const error = { code: "IMAGE_TOO_LARGE", message: expect.stringMatching(/4194304 bytes/) };
      expect(() => parseDataUri(uri(new Uint8Array(largest.length + more)))).toThrow(expect.objectContaining(error));
    }
  });

  it.each([
    "data:image/jpeg;base64,AAAA",
    "data:image/svg+xml;base64,AAAA",
    "data:image/png;charset=utf-8;base64,AAAA",
    "DATA:IMAGE/PNG;BASE64,AAAA",
  ])("reads %s", (text) => {
    expect([...parseDataUri(text)]).toEqual([0, 0, 0]);
  });

  it.each([
    "",
    "AAAA",
    "https://example.org/cat.png",
    "file:///etc/passwd",
    "data:image/png,AAAA",
    "data:;base64,AAAA",
    "data:image/png;base64",
    "data:image/png;base64,A",
    "data:image/png;base64,AA=A",
    "data:image/png;base64,AA AA",
    "data:image/png;base64,AAA-",
    "data:image/png;base64,AAAA\n",
    `data:image/${"x".repeat(300)};base64,AAAA`,
  ])("refuses %j", (text) => {
    expect(() => parseDataUri(text)).toThrow(expect.objectContaining({ name: "Refused", code: "BAD_INPUT" }));
  });
});
