const bits = new Uint32Array(1);
const value32 = new Float32Array(bits.buffer);

/** The nearest bfloat16, ties to even, as a number. */
export function toBfloat16(value: number): number {
  value32[0] = value;
  if (Number.isNaN(value32[0])) return Number.NaN;
  const low = bits[0]!;
  bits[0] = (low + 0x7fff + ((low >>> 16) & 1)) & 0xffff0000;
  return value32[0];
}
