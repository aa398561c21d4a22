/** Numbers of 32 bits in a PDQ hash. */
export const pdqWords = 8;

/** 64 hexadecimal digits as eight numbers of 32 bits. */
export function pdqWordsOf(pdq: string): Uint32Array {
  return Uint32Array.from({ length: pdqWords }, (_, word) => Number.parseInt(pdq.slice(8 * word, 8 * word + 8), 16));
}

/** Bits that differ between two hashes in hex. */
export function pdqDistance(a: string, b: string): number {
  return distanceAt(pdqWordsOf(a), 0, pdqWordsOf(b), Number.POSITIVE_INFINITY);
}

/**
 * Bits in which a hash of a table differs from the query, or any number from `enough` on when it is no less than that.
 *
 * @param hashes `[count, 8]`
 * @param index of the hash, 0…count − 1
 */
export function distanceAt(hashes: Uint32Array, index: number, query: Uint32Array, enough: number): number {
  let sum = 0;
  for (let word = 0; word < pdqWords && sum < enough; word += 1) {
    sum += onesOf(hashes[index * pdqWords + word]! ^ query[word]!);
  }
  return sum;
}

/** How many of 32 bits are one, summed in pairs, fours and bytes. */
function onesOf(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
