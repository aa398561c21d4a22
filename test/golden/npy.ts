import { readFileSync } from "node:fs";

/** The array types that the goldens use; all little-endian. */
const arrayTypes = {
  float32: { descr: "<f4", ofBytes: (bytes: ArrayBuffer) => new Float32Array(bytes), itemSize: 4 },
  float64: { descr: "<f8", ofBytes: (bytes: ArrayBuffer) => new Float64Array(bytes), itemSize: 8 },
  int32: { descr: "<i4", ofBytes: (bytes: ArrayBuffer) => new Int32Array(bytes), itemSize: 4 },
  int64: { descr: "<i8", ofBytes: (bytes: ArrayBuffer) => new BigInt64Array(bytes), itemSize: 8 },
  bool: { descr: "|b1", ofBytes: (bytes: ArrayBuffer) => new Uint8Array(bytes), itemSize: 1 },
  uint8: { descr: "|u1", ofBytes: (bytes: ArrayBuffer) => new Uint8Array(bytes), itemSize: 1 },
} as const;

export type NpyDtype = keyof typeof arrayTypes;

export interface NpyOf<D extends NpyDtype> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: ReturnType<(typeof arrayTypes)[D]["ofBytes"]>;
}

export type NpyArray = { [D in NpyDtype]: NpyOf<D> }[NpyDtype];

/**
 * Reads a NumPy v1 or v2 file in C order.
 *
 * @throws Error naming the file and what is wrong with it
 */
export function readNpy(path: string): NpyArray {
  const file = readFileSync(path);
  const fail = (reason: string): never => {
    throw new Error(`${path}: ${reason}`);
  };
  if (file.length < 12 || file.toString("latin1", 0, 6) !== "\x93NUMPY") fail("is not an .npy file");
  const version = file[6];
  if (version !== 1 && version !== 2) fail(`has .npy version ${version}, not 1 or 2`);
  const headerAt = version === 1 ? 10 : 12;
  const dataAt = headerAt + (version === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8));
  if (dataAt > file.length) fail("is cut off in its header");
  const header = file.toString("latin1", headerAt, dataAt);
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const sides = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (descr === undefined || sides === undefined) return fail(`has an unreadable header ${header.trim()}`);
  if (!header.includes("'fortran_order': False")) fail("is not in C order");

  const dtype = (Object.keys(arrayTypes) as NpyDtype[]).find((name) => arrayTypes[name].descr === descr);
  if (dtype === undefined) return fail(`has dtype ${descr}, not one of ${Object.keys(arrayTypes).join(", ")}`);
  const shape = sides
    .split(",")
    .map((side) => side.trim())
    .filter(Boolean)
    .map(Number);
  const bytes = shape.reduce((product, side) => product * side, arrayTypes[dtype].itemSize);
  if (file.length - dataAt !== bytes) fail(`holds ${file.length - dataAt} bytes of data, its shape needs ${bytes}`);
  const copy = new Uint8Array(file.subarray(dataAt)).buffer;
  return { dtype, shape, data: arrayTypes[dtype].ofBytes(copy) } as NpyArray;
}

/** {@link readNpy} of a file that must hold one type. */
export function readNpyAs<D extends NpyDtype>(path: string, dtype: D): NpyOf<D> {
  const array: { dtype: NpyDtype } = readNpy(path);
  if (array.dtype !== dtype) throw new Error(`${path}: holds ${array.dtype}, not ${dtype}`);
  return array as NpyOf<D>;
}
