import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chance } from "../../../eval/watermark/pictures.ts";
import { codeBits, decodePayload, encodePayload } from "../../../src/finishing/watermark/code.ts";

const payloads = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const soft = (code: Uint8Array) => Float64Array.from(code, (bit) => (bit === 1 ? 1 : -1));

describe("the payload's code", () => {
  it("gives back any payload, with all evidence agreeing", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(decodePayload(soft(encodePayload(payload)))).toEqual({ payload, agreement: 1 });
      }),
      { numRuns: 50 },
    );
  });

  // A free distance of 24 corrects any 11 errors.
  it("corrects any eleven wrong bits of 192", () => {
    const places = fc.uniqueArray(fc.nat(codeBits - 1), { minLength: 11, maxLength: 11 });
    fc.assert(
      fc.property(payloads, places, (payload, wrong) => {
        const received = soft(encodePayload(payload));
        for (const i of wrong) received[i] = -received[i]!;
        expect(decodePayload(received).payload).toBe(payload);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps code words at least 24 bits apart", () => {
    fc.assert(
      fc.property(payloads, payloads, (a, b) => {
        fc.pre(a !== b);
        const [one, other] = [encodePayload(a), encodePayload(b)];
        expect(one.filter((bit, i) => bit !== other[i]).length).toBeGreaterThanOrEqual(24);
      }),
      { numRuns: 300 },
    );
  });

  it("believes no noise", () => {
    const next = chance(1);
    const believed = Array.from({ length: 200 }, () =>
      decodePayload(Float64Array.from({ length: codeBits }, () => next() - 0.5)),
    ).filter(({ payload, agreement }) => payload !== undefined && agreement > 0.66);
    expect(believed).toEqual([]);
  });

  it("says nothing of silence", () => {
    expect(decodePayload(new Float64Array(codeBits)).agreement).toBe(0);
  });
});
