import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyTable } from "../../../src/moderation/hash-list/key-table.ts";

describe("a table of keys", () => {
  it("holds what a set holds, in order of coming", () => {
    // Few values, so that many are given twice.
    const key = fc.uint8Array({ minLength: 4, maxLength: 4, max: 2 });
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), fc.array(key), (given, asked) => {
        const table = new KeyTable(4, given.length);
        const set = new Set<string>();
        for (const one of given) {
          expect(table.add(one)).toBe(!set.has(one.join()));
          set.add(one.join());
        }
        expect(table.count).toBe(set.size);
        for (const one of asked) expect(table.has(one)).toBe(set.has(one.join()));
        const kept = Array.from({ length: table.count }, (_, i) => table.keys.slice(4 * i, 4 * i + 4).join());
        expect(kept).toEqual([...set]);
      }),
    );
  });
});
