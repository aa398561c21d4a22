import { assert, Refused } from "../core/errors.ts";
import type { Size } from "../core/image.ts";
import { toBfloat16 } from "./bfloat16.ts";
import { latentSize } from "./latents.ts";

export type NoiseDtype = "float32" | "bfloat16" | "float64";

const stateSize = 624;
const middle = 397;

/** Values that torch turns from uniform to normal together (`normal_fill` in ATen's DistributionTemplates.h). */
const blockSize = 16;

/** Added as torch does: it turns -0 into 0. */
const mean = 0;

/** The Mersenne Twister of Matsumoto and Nishimura, seeded as torch's CPU generator and NumPy's `RandomState` are. */
export class Mt19937 {
  readonly #state = new Uint32Array(stateSize);
  #next = stateSize;

  /** @param seed 0..2^32 - 1 */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let j = 1; j < stateSize; j++) {
      const previous = state[j - 1]!;
      state[j] = Math.imul(1812433253, previous ^ (previous >>> 30)) + j;
    }
  }

  /** The next whole number in 0..2^32 - 1. */
  uint32(): number {
    if (this.#next === stateSize) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** The low 53 bits of a 64-bit draw over 2^53, in [0, 1); takes two outputs, the high word first. */
  uniform53(): number {
    const high = this.uint32() & 0x1fffff;
    return (high * 2 ** 32 + this.uint32()) / 2 ** 53;
  }

  #twist(): void {
    const state = this.#state;
    for (let j = 0; j < stateSize; j++) {
      const y = (state[j]! & 0x80000000) | (state[(j + 1) % stateSize]! & 0x7fffffff);
      state[j] = state[(j + middle) % stateSize]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

/** 2 pi; a constant of the kernels, which bfloat16 takes in float32 too. */
const turn = Math.fround(2 * Math.PI);

/** How a type draws uniforms, to what it rounds the result of every operation, and how 16 uniforms become normals. */
interface Arithmetic {
  uniform(source: Mt19937): number;
  round(value: number): number;
  /** In place, from `start`. */
  toNormals(values: Float32Array | Float64Array, start: number): void;
}

/** bfloat16 knows this many uniforms, multiples of its inverse. */
const bfloat16Uniforms = 2 ** 8;

const arithmetics: Record<NoiseDtype, Arithmetic> = {
  float32: {
    uniform: (source) => (source.uint32() & 0xffffff) / 2 ** 24,
    round: Math.fround,
    toNormals: boxMullerInFloat32,
  },
  bfloat16: {
    uniform: (source) => (source.uint32() & (bfloat16Uniforms - 1)) / bfloat16Uniforms,
    round: toBfloat16,
    toNormals: boxMullerByTable,
  },
  float64: { uniform: (source) => source.uniform53(), round: (value) => value, toNormals: boxMullerInFloat64 },
};

/**
 * torch.randn with a CPU generator, as torch 1.13 to 2.7 draw it: bfloat16 and draws under 16 values bit for bit, float32
 * to 2.4e-7 (torch's vector kernel approximates log, sin and cos), float64 to 1.4e-15.
 */
export class TorchGenerator {
  readonly #source: Mt19937;
  /** The second value of the last single draw; it outlives the calls between. */
  #spare: number | undefined;

  /**
   * @param seed 0..2^32 - 1
   * @throws Refused BAD_INPUT when the seed is anything else
   */
  constructor(seed: number) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new Refused("BAD_INPUT", `seed must be a whole number from 0 to 4294967295, not ${seed}`);
    }
    this.#source = new Mt19937(seed);
  }

  /** The next `count` standard normal values, each exactly representable in `dtype`. */
  randn(count: number, dtype: "float32" | "bfloat16"): Float32Array;
  randn(count: number, dtype: NoiseDtype): Float32Array | Float64Array;
  randn(count: number, dtype: NoiseDtype): Float32Array | Float64Array {
    assert(Number.isInteger(count) && count >= 0, "count must be a whole number");
    const values = dtype === "float64" ? new Float64Array(count) : new Float32Array(count);
    const arithmetic = arithmetics[dtype];
    if (count < blockSize) for (let i = 0; i < count; i++) values[i] = arithmetic.round(this.#single());
    else this.#fill(values, arithmetic);
    return values;
  }

  /** Short draws: pairs in float64 whatever the type, the second of each kept for the next call. */
  #single(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const angle = 2 * Math.PI * this.#source.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#source.uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Long draws: uniforms first, then whole blocks; a short last block is drawn again over the last 16 places. */
  #fill(values: Float32Array | Float64Array, arithmetic: Arithmetic): void {
    const { length } = values;
    for (let i = 0; i < length; i++) values[i] = arithmetic.uniform(this.#source);
    for (let i = 0; i + blockSize <= length; i += blockSize) arithmetic.toNormals(values, i);
    if (length % blockSize === 0) return;
    for (let i = length - blockSize; i < length; i++) values[i] = arithmetic.uniform(this.#source);
    arithmetic.toNormals(values, length - blockSize);
  }
}

/**
 * The noise an edit starts from: `[channels, height, width]` in latent cells, drawn in one call.
 *
 * @param seed 0..2^32 - 1
 * @param size pixels of the image to generate
 * @param dtype what the reference draws in: bfloat16 as shipped, float32 in the goldens
 * @throws Refused BAD_INPUT on a bad seed
 */
export function drawNoise(
  seed: number,
  size: Size,
  channels: number,
  dtype: "float32" | "bfloat16",
  vaeScaleFactor = 8,
): Float32Array {
  const { width, height } = latentSize(size, vaeScaleFactor);
  return new TorchGenerator(seed).randn(channels * height * width, dtype);
}

/** Turns 16 uniforms at `start` into normals. */
function boxMullerInFloat64(values: Float32Array | Float64Array, start: number): void {
  for (let j = start; j < start + blockSize / 2; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[j]!));
    const angle = 2 * Math.PI * values[j + blockSize / 2]!;
    values[j] = radius * Math.cos(angle) + mean;
    values[j + blockSize / 2] = radius * Math.sin(angle) + mean;
  }
}

/** The same in float32, every operation rounded: a server draws 65,536 values for every picture of 512 px. */
function boxMullerInFloat32(values: Float32Array | Float64Array, start: number): void {
  for (let j = start; j < start + blockSize / 2; j++) {
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * Math.fround(Math.log(Math.fround(1 - values[j]!))))));
    const angle = Math.fround(turn * values[j + blockSize / 2]!);
    values[j] = Math.fround(radius * Math.fround(Math.cos(angle))) + mean;
    values[j + blockSize / 2] = Math.fround(radius * Math.fround(Math.sin(angle))) + mean;
  }
}

/** Radius, cosine and sine of every uniform that bfloat16 knows, every operation rounded. */
const table = {
  radius: tabulate((uniform) => Math.sqrt(toBfloat16(-2 * toBfloat16(Math.log(toBfloat16(1 - uniform)))))),
  cos: tabulate((uniform) => Math.cos(toBfloat16(turn * uniform))),
  sin: tabulate((uniform) => Math.sin(toBfloat16(turn * uniform))),
};

function tabulate(of: (uniform: number) => number): Float32Array {
  return Float32Array.from({ length: bfloat16Uniforms }, (_, i) => toBfloat16(of(i / bfloat16Uniforms)));
}

/** The same for bfloat16, as fast as its few uniforms allow. */
function boxMullerByTable(values: Float32Array | Float64Array, start: number): void {
  for (let j = start; j < start + blockSize / 2; j++) {
    const radius = table.radius[values[j]! * bfloat16Uniforms]!;
    const turned = values[j + blockSize / 2]! * bfloat16Uniforms;
    values[j] = toBfloat16(radius * table.cos[turned]!) + mean;
    values[j + blockSize / 2] = toBfloat16(radius * table.sin[turned]!) + mean;
  }
}
