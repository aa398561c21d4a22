import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CompactRange,
  completeRanges,
  consistencyRanges,
  emptyRoot,
  inclusionRanges,
  leafHash,
  type Range,
  verifyConsistency,
  verifyInclusion,
} from "../../src/audit/merkle.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Buffer.from(text, "hex");

/** The leaves and roots that certificate-transparency's implementations share as test vectors. */
const publishedLeaves = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const publishedRoots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** RFC 6962's definition of the root, word for word: the measure of all that is cleverer. */
function definedRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
}

function rootsOf(leaves: readonly Uint8Array[], ranges: readonly Range[]): Uint8Array[] {
  return ranges.map(({ from, to }) => definedRoot(leaves.slice(from, to)));
}

describe("Merkle tree", () => {
  it("has the published roots for sizes 0 to 8", () => {
    expect(hex(emptyRoot)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const tree = new CompactRange();
    expect(tree.root()).toEqual(emptyRoot);
    const roots = publishedLeaves.map((leaf) => {
      tree.append(leafHash(bytes(leaf)));
      return hex(tree.root());
    });
    expect(roots).toEqual(publishedRoots);
  });

  it("has the published proofs", () => {
    const leaves = publishedLeaves.map((leaf) => leafHash(bytes(leaf)));
    const inclusion = (index: number, size: number) => rootsOf(leaves, inclusionRanges(index, size)).map(hex);
    expect(inclusion(0, 1)).toEqual([]);
    expect(inclusion(0, 8)).toEqual([
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]);
    expect(inclusion(5, 8)).toEqual([
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    expect(inclusion(2, 3)).toEqual(["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
    const consistency = (old: number, size: number) => rootsOf(leaves, consistencyRanges(old, size)).map(hex);
    expect(consistency(1, 1)).toEqual([]);
    expect(consistency(1, 8)).toEqual(inclusion(0, 8));
    expect(consistency(6, 8)).toEqual([
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    expect(consistency(2, 5)).toEqual([
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]);
  });

  it("grows to the defined root, and from any size on", () => {
    fc.assert(
      fc.property(fc.nat(70), fc.nat(70), (first, more) => {
        const leaves = leavesOf(first + more);
        const kept = rootsOf(leaves, completeRanges({ from: 0, to: first }));
        const tree = new CompactRange(first, kept);
        for (const leaf of leaves.slice(first)) tree.append(leaf);
        expect(tree.root()).toEqual(definedRoot(leaves));
      }),
    );
  });

  it("returns the largest complete subtree that ends with the leaf", () => {
    const leaves = leavesOf(33);
    const tree = new CompactRange();
    leaves.forEach((leaf, i) => {
      let width = 1;
      while ((i + 1) % (width * 2) === 0) width *= 2;
      expect(tree.append(leaf)).toEqual(definedRoot(leaves.slice(i + 1 - width, i + 1)));
    });
  });

  it("proves every leaf of every size, and nothing that was tampered with", () => {
    const anyProof = fc.integer({ min: 1, max: 200 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    fc.assert(
      fc.property(anyProof, fc.nat(), fc.nat(255), ([size, index], where, bit) => {
        const leaves = leavesOf(size);
        const root = definedRoot(leaves);
        const proof = rootsOf(leaves, inclusionRanges(index, size));
        const leaf = leaves[index]!;
        expect(verifyInclusion(index, size, leaf, proof, root)).toBe(true);
        for (const broken of brokenProofs(proof, where, bit)) {
          expect(verifyInclusion(index, size, leaf, broken, root)).toBe(false);
        }
        expect(verifyInclusion(index, size, flip(leaf, bit), proof, root)).toBe(false);
        expect(verifyInclusion(index, size, leaf, proof, flip(root, bit))).toBe(false);
        expect(verifyInclusion(size, size, leaf, proof, root)).toBe(false);
        if (size > 1) expect(verifyInclusion((index + 1) % size, size, leaf, proof, root)).toBe(false);
      }),
    );
  });

  it("proves every size to begin with every smaller one, and nothing that was tampered with", () => {
    const sizes = fc
      .integer({ min: 1, max: 150 })
      .chain((size) => fc.tuple(fc.integer({ min: 1, max: size }), fc.constant(size)));
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(255), ([oldSize, size], where, bit) => {
        const leaves = leavesOf(size);
        const oldRoot = definedRoot(leaves.slice(0, oldSize));
        const root = definedRoot(leaves);
        const proof = rootsOf(leaves, consistencyRanges(oldSize, size));
        expect(verifyConsistency(oldSize, size, proof, oldRoot, root)).toBe(true);
        for (const broken of brokenProofs(proof, where, bit)) {
          expect(verifyConsistency(oldSize, size, broken, oldRoot, root)).toBe(false);
        }
        expect(verifyConsistency(oldSize, size, proof, flip(oldRoot, bit), root)).toBe(false);
        expect(verifyConsistency(oldSize, size, proof, oldRoot, flip(root, bit))).toBe(false);
      }),
    );
  });
});

function brokenProofs(proof: readonly Uint8Array[], where: number, bit: number): Uint8Array[][] {
  const extra = leafHash(Buffer.of(bit));
  if (proof.length === 0) return [[extra]];
  const at = where % proof.length;
  return [
    [...proof, extra],
    proof.slice(1),
    proof.map((hash, i) => (i === at ? flip(hash, bit) : hash)),
    proof.map((hash, i) => (i === at ? hash.subarray(1) : hash)),
  ];
}

function flip(hash: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(hash);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}
