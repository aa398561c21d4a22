import { open, realpath } from "node:fs/promises";
import { z } from "zod";
import { assert, Refused } from "../core/errors.ts";

/** Element types that a checkpoint of ours may hold; others are read as headers but never used. */
export type WeightType = "float32" | "float16" | "bfloat16";

const bytesOf: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};
const weightTypes: Record<string, WeightType> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** The format's own limit on the header: 100 MB. */
const headerBytesMax = 100_000_000;

/** A tensor as it lies in a file: nothing is read until ONNX Runtime maps it. */
export interface TensorView {
  /** Real path: ONNX Runtime refuses symbolic links that lead out of the weights' folder. */
  readonly file: string;
  /** Undefined when the type is none that we compute with (`storedType` names it). */
  readonly type: WeightType | undefined;
  readonly storedType: string;
  readonly shape: readonly number[];
  /** Byte position in the file and number of bytes. */
  readonly offset: number;
  readonly length: number;
  /** Row 0 lies at this row of the bytes and the rows before it come last: two layouts order two halves differently. */
  readonly rowRotation?: number;
}

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.number().int().nonnegative()),
    data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
  }),
);

/**
 * Rows `from` (inclusive) to `to` (exclusive) of a row-major tensor, as a view: no byte is copied. In a rotated tensor
 * the rows must not wrap around.
 */
export function sliceRows(view: TensorView, from: number, to: number): TensorView {
  const { rowRotation = 0, ...rest } = view;
  const rows = view.shape[0] ?? 0;
  const rowBytes = rows === 0 ? 0 : view.length / rows;
  const start = rowRotation === 0 ? from : (from + rowRotation) % rows;
  assert(start + to - from <= rows, `rows ${from} to ${to} wrap around`);
  return {
    ...rest,
    shape: [to - from, ...view.shape.slice(1)],
    offset: view.offset + start * rowBytes,
    length: (to - from) * rowBytes,
  };
}

/**
 * Reads the header of a `.safetensors` file: 8 bytes little-endian header length, JSON, then the data.
 * Throws `Refused` BAD_MODEL when the file is no such file, is cut short, or places a tensor outside itself.
 */
export async function readSafetensors(file: string): Promise<Map<string, TensorView>> {
  const handle = await open(file, "r").catch((cause: NodeJS.ErrnoException) => {
    throw new Refused("BAD_MODEL", `${file}: cannot be opened (${cause.code ?? cause.message})`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Refused("BAD_MODEL", `${file}: not a file`);
    const { size } = stats;
    const prefix = Buffer.alloc(8);
    if (size < 8) throw new Refused("BAD_MODEL", `${file}: ${size} bytes is too short for a safetensors file`);
    await handle.read(prefix, 0, 8, 0);
    const headerBytes = prefix.readBigUInt64LE();
    if (headerBytes > BigInt(headerBytesMax) || headerBytes > BigInt(size - 8)) {
      throw new Refused("BAD_MODEL", `${file}: not a safetensors file, or cut short within its header`);
    }
    const header = Buffer.alloc(Number(headerBytes));
    await handle.read(header, 0, header.length, 8);
    return parseHeader(file, await realpath(file), header.toString("utf8"), { dataStart: 8 + header.length, size });
  } finally {
    await handle.close();
  }
}

function parseHeader(
  file: string,
  realFile: string,
  text: string,
  { dataStart, size }: { dataStart: number; size: number },
): Map<string, TensorView> {
  const { __metadata__: _, ...entries } = parseJson(file, text);
  const header = headerSchema.safeParse(entries);
  if (!header.success) {
    const issue = header.error.issues[0];
    throw new Refused("BAD_MODEL", `${file}: malformed header at ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const faults: string[] = [];
  const views = new Map<string, TensorView>();
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(header.data)) {
    const elementBytes = bytesOf[dtype];
    const bytes = shape.reduce((product, side) => product * side, elementBytes ?? 0);
    if (elementBytes === undefined) faults.push(`${file}: ${name} has the unknown type ${dtype}`);
    else if (end - begin !== bytes)
      faults.push(`${file}: ${name} spans ${end - begin} bytes, its shape needs ${bytes}`);
    else if (dataStart + end > size) {
      faults.push(`${file}: cut short: ${name} ends at byte ${dataStart + end}, the file at ${size}`);
    }
    views.set(name, {
      file: realFile,
      type: weightTypes[dtype],
      storedType: dtype,
      shape,
      offset: dataStart + begin,
      length: bytes,
    });
  }
  faults.push(...overlaps(file, views));
  if (faults.length > 0) throw new Refused("BAD_MODEL", faults[0]!, faults);
  return views;
}

/** The format gives every tensor bytes of its own: two that share some come from a damaged header. */
function overlaps(file: string, views: ReadonlyMap<string, TensorView>): string[] {
  const inOrder = [...views].filter(([, { length }]) => length > 0).sort(([, a], [, b]) => a.offset - b.offset);
  return inOrder.flatMap(([name, view], i) => {
    const [before, earlier] = inOrder[i - 1] ?? [];
    if (earlier === undefined || earlier.offset + earlier.length <= view.offset) return [];
    return [`${file}: ${name} and ${before} lie on the same bytes`];
  });
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The refusal below says it.
  }
  throw new Refused("BAD_MODEL", `${file}: its header is not a JSON object, so it is not a safetensors file`);
}
