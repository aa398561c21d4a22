import type { RgbImage, Size } from "../core/image.ts";
import { latentSize, unpackLatents } from "./latents.ts";
import type { Vae } from "./vae.ts";

/** Cells on a side of the picture that the map is fitted on; 1,024 samples for 17 unknowns. */
const fitCells = 32;
/** Added to the diagonal of the normal equations, per sample: keeps channels that this picture does not move at zero. */
const ridge = 1e-4;

/**
 * A cheap look at latents: each cell's channels, linearly mapped to one pixel, eight times smaller than the picture. The
 * map is fitted to the VAE at hand by least squares, on a picture of flat patches and ramps drawn here.
 */
export class PreviewMap {
  /** `[channels + 1, 3]`, the constant last. */
  readonly #weights: Float64Array;
  readonly #vae: Vae;

  private constructor(vae: Vae, weights: Float64Array) {
    this.#vae = vae;
    this.#weights = weights;
  }

  /** Encodes one small picture: about as long as the encoding of a 256 × 256 source. */
  static async fit(vae: Vae): Promise<PreviewMap> {
    const { scaleFactor, latentChannels } = vae.config;
    const picture = patches(fitCells, scaleFactor);
    const shape = { ...latentSize(picture, scaleFactor), channels: latentChannels };
    const latents = unpackLatents(await vae.encode(picture), shape);
    const colours = cellMeans(picture, scaleFactor);
    return new PreviewMap(vae, leastSquares(latents, colours, latentChannels));
  }

  /** @param latents packed, `[tokens, 4 * latentChannels]`, of a picture of `size` */
  draw(latents: Float32Array, size: Size): RgbImage {
    const channels = this.#vae.config.latentChannels;
    const small = latentSize(size, this.#vae.config.scaleFactor);
    const planar = unpackLatents(latents, { ...small, channels });
    const area = small.width * small.height;
    const data = new Uint8ClampedArray(area * 3);
    const sums = new Float64Array(area);
    for (let colour = 0; colour < 3; colour += 1) {
      sums.fill(this.#weights[channels * 3 + colour]!);
      for (let c = 0; c < channels; c += 1) {
        const weight = this.#weights[c * 3 + colour]!;
        const start = c * area;
        for (let cell = 0; cell < area; cell += 1) sums[cell]! += planar[start + cell]! * weight;
      }
      for (let cell = 0; cell < area; cell += 1) data[cell * 3 + colour] = sums[cell]!;
    }
    return { ...small, data: new Uint8Array(data.buffer) };
  }
}

/** Patches of two by two cells in scattered colours over a slow ramp; the same at every call. */
function patches(cells: number, scale: number): RgbImage {
  const side = cells * scale;
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const patch = Math.floor(y / (2 * scale)) * cells + Math.floor(x / (2 * scale));
      for (let colour = 0; colour < 3; colour += 1) {
        // Fractions of multiples of irrational numbers: even over 0…1 and unlike from colour to colour.
        const flat = (patch * [0.618034, 0.754878, 0.569841][colour]!) % 1;
        const ramp = [x, y, side - x][colour]! / side;
        data[(y * side + x) * 3 + colour] = Math.round(255 * (0.75 * flat + 0.25 * ramp));
      }
    }
  }
  return { width: side, height: side, data };
}

/** Mean colour of each cell, `[cells, 3]`. */
function cellMeans(image: RgbImage, scale: number): Float64Array {
  const cells = image.width / scale;
  const means = new Float64Array(cells * (image.height / scale) * 3);
  image.data.forEach((value, i) => {
    const pixel = Math.floor(i / 3);
    const cell = Math.floor(pixel / image.width / scale) * cells + Math.floor((pixel % image.width) / scale);
    means[cell * 3 + (i % 3)]! += value / scale ** 2;
  });
  return means;
}

/** Solves for `[channels + 1, 3]` by the normal equations. */
function leastSquares(latents: Float32Array, colours: Float64Array, channels: number): Float64Array {
  const samples = colours.length / 3;
  const unknowns = channels + 1;
  const at = (row: number, sample: number) => (row === channels ? 1 : latents[row * samples + sample]!);
  const width = unknowns + 3;
  const system = new Float64Array(unknowns * width);
  for (let row = 0; row < unknowns; row += 1) {
    for (let column = 0; column < width; column += 1) {
      let sum = row === column ? ridge * samples : 0;
      for (let sample = 0; sample < samples; sample += 1) {
        const right = column < unknowns ? at(column, sample) : colours[sample * 3 + column - unknowns]!;
        sum += at(row, sample) * right;
      }
      system[row * width + column] = sum;
    }
  }
  return eliminate(system, unknowns);
}

/** Gauss-Jordan on a symmetric positive definite system with three right-hand sides; no pivoting is needed. */
function eliminate(system: Float64Array, unknowns: number): Float64Array {
  const width = unknowns + 3;
  for (let pivot = 0; pivot < unknowns; pivot += 1) {
    const scale = system[pivot * width + pivot]!;
    for (let column = pivot; column < width; column += 1) system[pivot * width + column]! /= scale;
    for (let row = 0; row < unknowns; row += 1) {
      const factor = system[row * width + pivot]!;
      if (row === pivot || factor === 0) continue;
      for (let column = pivot; column < width; column += 1)
        system[row * width + column]! -= factor * system[pivot * width + column]!;
    }
  }
  const solution = new Float64Array(unknowns * 3);
  for (let row = 0; row < unknowns; row += 1)
    for (let k = 0; k < 3; k += 1) solution[row * 3 + k] = system[row * width + unknowns + k]!;
  return solution;
}
