/** JUMBF boxes that C2PA manifests are kept in are limited: a chain of a hundred edits is under 2 MB. */
const manifestBytesMax = 8 * 2 ** 20;

/**
 * The C2PA manifest store of a JPEG, PNG or WebP file as it stands in it (JUMBF), or undefined where there is none or it is
 * damaged. Reads lengths and bounds alone; whether the manifest is true is not asked here.
 */
export function extractC2pa(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found =
    bytes[0] === 0xff ? fromJpeg(bytes, view) : bytes[0] === 0x89 ? fromPng(bytes, view) : fromWebp(bytes, view);
  return found !== undefined && found.length > 8 && found.length <= manifestBytesMax ? found : undefined;
}

/** PNG: the chunk `caBX` (C2PA specification, "Embedding manifests into PNG"). */
function fromPng(bytes: Uint8Array, view: DataView): Uint8Array | undefined {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) return undefined;
    if (nameAt(bytes, at + 4) === "caBX") return bytes.slice(at + 8, at + 8 + length);
    at += 12 + length;
  }
  return undefined;
}

/** WebP: the RIFF chunk `C2PA`. */
function fromWebp(bytes: Uint8Array, view: DataView): Uint8Array | undefined {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) return undefined;
    if (nameAt(bytes, at) === "C2PA") return bytes.slice(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/**
 * JPEG: APP11 segments `JP`, box instance (2 bytes), sequence (4 bytes), then a piece of the box; every piece repeats the
 * box's own length and type (8 bytes), which only the first keeps (ISO/IEC 19566-5).
 */
function fromJpeg(bytes: Uint8Array, view: DataView): Uint8Array | undefined {
  const pieces: { sequence: number; piece: Uint8Array }[] = [];
  let instance: number | undefined;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) break;
    if (bytes[at + 1] === 0xeb && length >= 18 && bytes[at + 4] === 0x4a && bytes[at + 5] === 0x50) {
      const own = view.getUint16(at + 6);
      const isManifest = nameAt(bytes, at + 16) === "jumb";
      instance ??= isManifest ? own : undefined;
      if (isManifest && own === instance)
        pieces.push({ sequence: view.getUint32(at + 8), piece: bytes.subarray(at + 12, end) });
    }
    at = end;
  }
  if (pieces.length === 0) return undefined;
  pieces.sort((a, b) => a.sequence - b.sequence);
  const parts = pieces.map(({ piece }, i) => (i === 0 ? piece : piece.subarray(8)));
  return new Uint8Array(Buffer.concat(parts));
}

function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
