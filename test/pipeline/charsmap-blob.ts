/**
 * A compiled character map for tests. Every node of the trie gets 256 units of its own, so that no two can collide; the
 * format is otherwise the one SentencePiece writes.
 */
export function charsmapBlob(rules: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const units: number[] = [0];
  const bases = new Map<string, number>();
  let blocks = 0;
  const baseOf = (path: string, at: number): number => {
    const known = bases.get(path);
    if (known !== undefined) return known;
    const base = 256 * ++blocks;
    bases.set(path, base);
    units[at] = (units[at] ?? 0) | ((at ^ base) << 10);
    return base;
  };
  const replacements: number[] = [];
  for (const [key, replacement] of Object.entries(rules)) {
    let at = 0;
    let path = "";
    for (const byte of encoder.encode(key)) {
      const child = baseOf(path, at) ^ byte;
      units[child] = (units[child] ?? 0) | byte;
      path += String.fromCharCode(byte);
      at = child;
    }
    const leaf = baseOf(path, at);
    units[at] = units[at]! | 0x100;
    units[leaf] = replacements.length | 0x80000000;
    replacements.push(...encoder.encode(replacement), 0);
  }
  const words = Uint32Array.from({ length: 256 * (blocks + 1) }, (_, i) => units[i] ?? 0);
  const blob = new Uint8Array(4 + words.byteLength + replacements.length);
  new DataView(blob.buffer).setUint32(0, words.byteLength, true);
  blob.set(new Uint8Array(words.buffer), 4);
  blob.set(replacements, 4 + words.byteLength);
  return blob;
}
