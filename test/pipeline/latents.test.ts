import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latentSize, packLatents, scaleLatents, unpackLatents, unscaleLatents } from "../../src/pipeline/latents.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const latentScale = { scalingFactor: 0.3611, shiftFactor: 0.1159 };

const latents = fc
  .record({
    channels: fc.integer({ min: 1, max: 5 }),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ channels, height, width }) => ({ channels, height: 2 * height, width: 2 * width }))
  .chain((shape) => {
    const length = shape.channels * shape.height * shape.width;
    return fc.record({
      shape: fc.constant(shape),
      data: fc.float32Array({ minLength: length, maxLength: length, noNaN: true }),
    });
  });

describe("packLatents", () => {
  it("puts channel c, cell (dy, dx) of a token at c * 4 + dy * 2 + dx", () => {
    const [channels, height, width] = [3, 4, 6];
    const data = Float32Array.from({ length: channels * height * width }, (_, i) => i);
    const packed = packLatents(data, { channels, height, width });
    for (const [token, c, dy, dx] of [
      [0, 0, 0, 0],
      [1, 2, 1, 0],
      [5, 1, 0, 1],
    ] as const) {
      const y = 2 * Math.floor(token / 3) + dy;
      const x = 2 * (token % 3) + dx;
      expect(packed[token * channels * 4 + c * 4 + dy * 2 + dx]).toBe((c * height + y) * width + x);
    }
  });

  it("is undone by unpackLatents", () => {
    fc.assert(
      fc.property(latents, ({ shape, data }) => {
        expect(unpackLatents(packLatents(data, shape), shape)).toEqual(data);
        expect(packLatents(unpackLatents(data, shape), shape)).toEqual(data);
      }),
    );
  });

  it("asserts even sides and a full shape", () => {
    expect(() => packLatents(new Float32Array(6), { channels: 1, height: 3, width: 2 })).toThrow("even");
    expect(() => packLatents(new Float32Array(7), { channels: 1, height: 4, width: 2 })).toThrow("shape");
  });
});

describe("scaleLatents", () => {
  it("is the reference's of the VAE's mean", () => {
    const moments = readNpyAs(`${goldenFolder}/vae.encoder_moments.npy`, "float32");
    const expected = readNpyAs(`${goldenFolder}/vae.image_latent.npy`, "float32").data;
    const scaled = scaleLatents(moments.data.subarray(0, expected.length), latentScale);
    expect(Math.max(...scaled.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-6);
  });

  it("is undone by unscaleLatents", () => {
    const data = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i) * 4);
    const back = unscaleLatents(scaleLatents(data, latentScale), latentScale);
    expect(Math.max(...back.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(2e-6);
  });
});

describe("latentSize", () => {
  it("counts whole tokens only", () => {
    expect(latentSize({ width: 83, height: 53 }, 8)).toEqual({ width: 10, height: 6 });
    expect(latentSize({ width: 83, height: 53 }, 4)).toEqual({ width: 20, height: 12 });
  });
});
