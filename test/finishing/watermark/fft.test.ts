import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptySpectrum, type Spectrum, transform } from "../../../src/finishing/watermark/fft.ts";

const side = 8;
const planes = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 2 * side * side,
  maxLength: 2 * side * side,
});

function spectrumOf(values: readonly number[]): Spectrum {
  const spectrum = emptySpectrum(side);
  spectrum.re.set(values.slice(0, side * side));
  spectrum.im.set(values.slice(side * side));
  return spectrum;
}

/** The definition, term by term. */
function slowly({ re, im, n }: Spectrum): Spectrum {
  const out = emptySpectrum(n);
  for (let k = 0; k < n * n; k += 1) {
    for (let i = 0; i < n * n; i += 1) {
      const turn = (-2 * Math.PI * ((k % n) * (i % n) + Math.floor(k / n) * Math.floor(i / n))) / n;
      out.re[k] = out.re[k]! + re[i]! * Math.cos(turn) - im[i]! * Math.sin(turn);
      out.im[k] = out.im[k]! + re[i]! * Math.sin(turn) + im[i]! * Math.cos(turn);
    }
  }
  return out;
}

describe("transform", () => {
  it("is the discrete Fourier transform", () => {
    fc.assert(
      fc.property(planes, (values) => {
        const spectrum = spectrumOf(values);
        const expected = slowly(spectrum);
        transform(spectrum);
        for (let i = 0; i < side * side; i += 1) {
          expect(spectrum.re[i]).toBeCloseTo(expected.re[i]!, 8);
          expect(spectrum.im[i]).toBeCloseTo(expected.im[i]!, 8);
        }
      }),
      { numRuns: 20 },
    );
  });
});
