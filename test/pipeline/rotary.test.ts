import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { imageIds, latentIds, textIds } from "../../src/pipeline/image-ids.ts";
import { rotaryTable } from "../../src/pipeline/rotary.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const { axes_dims_rope: axesDims } = JSON.parse(readFileSync("test/goldens/A/model/transformer/config.json", "utf8"));

describe("rotaryTable", () => {
  const text = readNpyAs(`${goldenFolder}/transformer.b1.txt_ids.npy`, "float32").data;
  const image = readNpyAs(`${goldenFolder}/transformer.b1.img_ids.npy`, "float32").data;
  const ids = Float32Array.of(...text, ...image);

  it.each(["cos", "sin"] as const)("is the reference's %s, there given twice for each pair", (name) => {
    const table = rotaryTable(ids, axesDims)[name];
    const expected = readNpyAs(`${goldenFolder}/transformer.b1.rope_${name}.npy`, "float32").data;
    expect(table).toHaveLength(expected.length / 2);
    for (const [i, value] of table.entries()) {
      expect(Math.abs(value - expected[2 * i]!)).toBeLessThan(1e-6);
      expect(expected[2 * i]).toBe(expected[2 * i + 1]);
    }
  });

  it("takes rows as well, and turns nothing at the origin", () => {
    const rows = [
      [0, 0, 0],
      [1, 5, 7],
    ];
    const table = rotaryTable(rows, [4, 6, 6]);
    expect(table).toEqual(rotaryTable(Float32Array.from(rows.flat()), [4, 6, 6]));
    expect([...table.cos.subarray(0, 8)]).toEqual(new Array(8).fill(1));
    expect([...table.sin.subarray(0, 8)]).toEqual(new Array(8).fill(0));
    expect(table.cos[8 + 2]).toBe(Math.fround(Math.cos(5)));
  });

  it("asserts one even axis for each coordinate", () => {
    expect(() => rotaryTable([[0, 0]], [2, 2, 2])).toThrow("axis");
    expect(() => rotaryTable([[0, 0, 0]], [3, 2, 2])).toThrow("even");
  });
});

describe("ids", () => {
  it("are the reference's for target and context", () => {
    const expected = readNpyAs(`${goldenFolder}/kontext.img_ids.npy`, "float32");
    expect(imageIds({ width: 3, height: 4 }, { width: 5, height: 3 })).toEqual(expected.data);
    expect(imageIds({ width: 3, height: 4 })).toEqual(expected.data.subarray(0, 3 * 4 * 3));
  });

  it("count rows and columns, and leave text at the origin", () => {
    expect([...latentIds(1, 2, 1)]).toEqual([1, 0, 0, 1, 0, 1]);
    expect([...latentIds(2, 1, 0)]).toEqual([0, 0, 0, 0, 1, 0]);
    expect([...textIds(2)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
