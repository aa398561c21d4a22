import type { FileHandle } from "node:fs/promises";
import type { WeightType } from "../../src/onnx/safetensors.ts";

/** Values drawn one after another from a generator of their own, evenly from `centre ± spread`. */
export interface Segment {
  /** Seeds the generator: the same key gives the same values in every layout and type. */
  readonly key: string;
  readonly count: number;
  readonly centre: number;
  readonly spread: number;
}

/** Values per buffer: large enough that the cost of a write call is lost in it. */
const chunk = 1 << 19;
/** A value is one of 65,536: two come from each 32-bit draw, and conversion to any type is a table. */
const levels = 1 << 16;

type Table = Float32Array | Uint16Array;
const tables = new Map<string, Table>();
const buffers = { float32: new Float32Array(chunk), sixteen: new Uint16Array(chunk) };

/** Draws the segments one after the other and writes them at the file's position. */
export async function writeTensor(
  handle: FileHandle,
  segments: readonly Segment[],
  type: WeightType,
  values: WeightType,
): Promise<void> {
  const buffer = type === "float32" ? buffers.float32 : buffers.sixteen;
  for (const segment of segments) {
    const table = tableOf(segment, type, values);
    let state = seedOf(segment.key);
    for (let done = 0; done < segment.count; done += chunk) {
      const count = Math.min(chunk, segment.count - done);
      state = fill(buffer, count, table, state);
      await writeAll(handle, new Uint8Array(buffer.buffer, 0, count * buffer.BYTES_PER_ELEMENT));
    }
  }
}

/** Marsaglia's xorshift, 32 bits, two values a draw. An odd count fills one more place; the buffer has an even number. */
function fill(buffer: Table, count: number, table: Table, seed: number): number {
  let x = seed;
  for (let i = 0; i < count; i += 2) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    buffer[i] = table[x & 0xffff]!;
    buffer[i + 1] = table[x >>> 16]!;
  }
  return x;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
}

/** FNV-1a over the key, its bits mixed so that like keys give unlike streams; never 0, which xorshift would not leave. */
function seedOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 1;
}

function tableOf({ centre, spread }: Segment, type: WeightType, values: WeightType): Table {
  const key = `${centre}:${spread}:${type}:${values}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const exact = Float32Array.from({ length: levels }, (_, i) => centre + spread * ((2 * i + 1) / levels - 1));
  const rounded = values === "float32" ? exact : exact.map((value) => numberOf(bitsOf(value, values), values));
  const table = type === "float32" ? rounded : Uint16Array.from(rounded, (value) => bitsOf(value, type));
  if (tables.size >= 16) tables.clear();
  tables.set(key, table);
  return table;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of a number in a 16-bit type, rounded to nearest, ties to even. Numbers here never overflow. */
export function bitsOf(value: number, type: Exclude<WeightType, "float32">): number {
  if (type === "bfloat16") {
    float[0] = value;
    return (word[0]! + 0x7fff + ((word[0]! >>> 16) & 1)) >>> 16;
  }
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // Steps are 2^-24 below 2^-14, and 2^-10 of the power of two above it.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -24)));
  const steps = roundHalfEven(magnitude / 2 ** (exponent - 10));
  return sign | (steps + (exponent + 14) * 1024);
}

/** The number that 16 bits stand for. */
export function numberOf(bits: number, type: Exclude<WeightType, "float32">): number {
  if (type === "bfloat16") {
    word[0] = bits << 16;
    return float[0]!;
  }
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
