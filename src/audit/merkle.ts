import { hash } from "node:crypto";

/** SHA-256 of nothing: the root of a tree without leaves (RFC 6962, 2.1). */
export const emptyRoot: Uint8Array = hash("sha256", "", "buffer");

/** RFC 6962's hash of a leaf. */
export function leafHash(data: Uint8Array): Uint8Array {
  return hash("sha256", Buffer.concat([leafPrefix, data]), "buffer");
}

/** RFC 6962's hash of an inner node. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash("sha256", Buffer.concat([nodePrefix, left, right]), "buffer");
}

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** Leaves `from` (inclusive) to `to` (exclusive), at least one; a node of a tree stands over such a range. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A growing tree of which only the roots of its complete subtrees are kept, largest first: log2(size) hashes. */
export class CompactRange {
  readonly #roots: Uint8Array[];
  #size: number;

  /** `roots` are those of `completeRanges({ from: 0, to: size })`. */
  constructor(size = 0, roots: readonly Uint8Array[] = []) {
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf's hash; returns the root of the largest complete subtree that ends with it. */
  append(leaf: Uint8Array): Uint8Array {
    let root = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) root = nodeHash(this.#roots.pop()!, root);
    this.#roots.push(root);
    this.#size += 1;
    return root;
  }

  root(): Uint8Array {
    return this.#size === 0 ? emptyRoot : this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }

  copy(): CompactRange {
    return new CompactRange(this.#size, this.#roots);
  }
}

/** The complete subtrees that a range is made of, largest first. The range starts where a tree or a subtree may start. */
export function completeRanges({ from, to }: Range): Range[] {
  const ranges: Range[] = [];
  for (let start = from; start < to; ) {
    const width = highestPowerOfTwo(to - start);
    ranges.push({ from: start, to: start + width });
    start += width;
  }
  return ranges;
}

/** The nodes whose roots, in this order, prove leaf `index` to be in the tree of `size` leaves (RFC 6962, 2.1.1). */
export function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  for (let from = 0, to = size; to - from > 1; ) {
    const middle = from + split(to - from);
    const inLeft = index < middle;
    ranges.push(inLeft ? { from: middle, to } : { from, to: middle });
    if (inLeft) to = middle;
    else from = middle;
  }
  return ranges.reverse();
}

/** The nodes that prove the tree of `size` leaves to begin with the one of `oldSize` ≥ 1 leaves (RFC 6962, 2.1.2). */
export function consistencyRanges(oldSize: number, size: number): Range[] {
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (to > oldSize) {
    const middle = from + split(to - from);
    const inLeft = oldSize <= middle;
    ranges.push(inLeft ? { from: middle, to } : { from, to: middle });
    if (inLeft) to = middle;
    else from = middle;
  }
  // The old root itself is known to whoever checks; a node inside the old tree is not.
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** Where a tree of `size` ≥ 2 leaves divides: the largest power of two below it. */
function split(size: number): number {
  return highestPowerOfTwo(size - 1);
}

/** Of 1…2³²−1. */
function highestPowerOfTwo(value: number): number {
  return 2 ** (31 - Math.clz32(value));
}

/** Whether `proof` leads from a leaf's hash at `index` to the root of `size` leaves (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const ranges = index >= 0 && index < size ? inclusionRanges(index, size) : undefined;
  if (ranges?.length !== proof.length || !proof.every(isHash)) return false;
  const top = proof.reduce(
    (reached, sibling, i) => (ranges[i]!.from > index ? nodeHash(reached, sibling) : nodeHash(sibling, reached)),
    leaf,
  );
  return equal(top, root);
}

/** Whether `proof` shows that the tree of `size` leaves begins with the one of `oldSize` leaves (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  oldSize: number,
  size: number,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  root: Uint8Array,
): boolean {
  if (oldSize < 0 || oldSize > size) return false;
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot);
  const ranges = consistencyRanges(oldSize, size);
  if (ranges.length !== proof.length || !proof.every(isHash)) return false;
  const inner = ranges[0] !== undefined && ranges[0].to === oldSize;
  let old = inner ? proof[0]! : oldRoot;
  let now = old;
  for (let i = inner ? 1 : 0; i < proof.length; i += 1) {
    if (ranges[i]!.to <= oldSize) {
      old = nodeHash(proof[i]!, old);
      now = nodeHash(proof[i]!, now);
    } else now = nodeHash(now, proof[i]!);
  }
  return equal(old, oldRoot) && equal(now, root);
}

/** Without this a proof could move bytes from one child of a node to the other. */
function isHash(bytes: Uint8Array): boolean {
  return bytes.length === emptyRoot.length;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
