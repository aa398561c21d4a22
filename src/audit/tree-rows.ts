import { Failed } from "../core/errors.ts";
import { leafOf } from "./chain.ts";
import { completeRanges, nodeHash, type Range } from "./merkle.ts";

/** The hashes of a sealed event, in hex. */
export interface HashedRow {
  readonly link: string;
  readonly subtree: string;
}

/**
 * The positions of the rows from which a range's root follows. A row holds the root of the largest complete subtree that
 * ends with it, which are all left children; a right child is made of its halves, so that log2² rows are enough.
 */
export function rowsNeeded(range: Range): number[] {
  const parts = partsOf(range);
  return parts === undefined ? [range.to - 1] : parts.flatMap(rowsNeeded);
}

/** The root over a range, 32 bytes. @throws Failed when a row is missing */
export function rangeRoot(range: Range, rows: ReadonlyMap<number, HashedRow>): Uint8Array {
  const parts = partsOf(range);
  if (parts !== undefined) {
    return parts.map((part) => rangeRoot(part, rows)).reduceRight((right, left) => nodeHash(left, right));
  }
  const row = rows.get(range.to - 1);
  if (row === undefined) {
    throw new Failed("INTERNAL", `the audit log has no event at position ${range.to - 1}`, { retryable: false });
  }
  return isLeaf(range) ? leafOf(row.link) : Buffer.from(row.subtree, "hex");
}

/** The smaller ranges that a range is made of; undefined when one row tells its root. */
function partsOf(range: Range): Range[] | undefined {
  const complete = completeRanges(range);
  if (complete.length > 1) return complete;
  const width = range.to - range.from;
  const isLeftChild = (range.from / width) % 2 === 0;
  if (isLeaf(range) || isLeftChild) return undefined;
  const middle = range.from + width / 2;
  return [
    { from: range.from, to: middle },
    { from: middle, to: range.to },
  ];
}

function isLeaf({ from, to }: Range): boolean {
  return to - from === 1;
}
