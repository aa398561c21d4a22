/** A chain of a hundred edits is under 2 MB. */
const manifestBytesMax = 8 * 2 ** 20;

/** The UUID of a C2PA manifest store in its JUMBF description box (C2PA specification, section 11.1.4.2). */
const manifestStoreUuid = "63327061-0011-0010-8000-00aa00389b71".replaceAll("-", "");

/**
 * The C2PA manifest store of a JPEG, PNG or WebP file as it stands in it (a JUMBF superbox), or undefined where there is
 * none or it is damaged. Only lengths, bounds and names are looked at; whether the manifest is true is not asked here.
 */
export function extractC2pa(bytes: Uint8Array): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const box of candidates(file)) if (isManifestStore(box)) return new Uint8Array(box);
  return undefined;
}

function candidates(file: Buffer): Iterable<Buffer> {
  switch (file[0]) {
    case 0xff:
      return jpegBoxes(file);
    case 0x89:
      return pngBoxes(file);
    default:
      return webpBoxes(file);
  }
}

/** PNG: the chunk `caBX`. A chunk is its length, name, data and check sum. */
function* pngBoxes(file: Buffer): Iterable<Buffer> {
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    if (nameAt(file, at + 4) === "caBX") yield file.subarray(at + 8, at + 8 + length);
    at += 12 + length;
  }
}

/** WebP: the RIFF chunk `C2PA`. A chunk is its name, length and data, filled up to an even number. */
function* webpBoxes(file: Buffer): Iterable<Buffer> {
  for (let at = 12; at + 8 <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (nameAt(file, at) === "C2PA") yield file.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
}

/**
 * JPEG: segments APP11 that begin with `JP`, the number of their box (2 bytes), the number of the piece (4) and the length
 * and type of the whole box (8), which every piece repeats and only the first keeps (ISO/IEC 19566-5).
 */
function jpegBoxes(file: Buffer): Iterable<Buffer> {
  const boxes = new Map<number, { piece: number; data: Buffer }[]>();
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== startOfScan; ) {
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (end < at + 4 || end > file.length) break;
    if (file[at + 1] === app11 && end - at >= 20 && file.toString("latin1", at + 4, at + 6) === "JP") {
      const box = file.readUInt16BE(at + 6);
      const pieces = boxes.get(box) ?? [];
      pieces.push({ piece: file.readUInt32BE(at + 8), data: file.subarray(at + 12, end) });
      boxes.set(box, pieces);
    }
    at = end;
  }
  return [...boxes.values()].map((pieces) => {
    pieces.sort((a, b) => a.piece - b.piece);
    return Buffer.concat(pieces.map(({ data }, i) => (i === 0 ? data : data.subarray(8))));
  });
}

const startOfScan = 0xda;
const app11 = 0xeb;

/** A superbox of just this length whose first box describes a manifest store. */
function isManifestStore(box: Buffer): boolean {
  if (box.length < 32 || box.length > manifestBytesMax || box.readUInt32BE(0) !== box.length) return false;
  if (nameAt(box, 4) !== "jumb" || nameAt(box, 12) !== "jumd") return false;
  return box.toString("hex", 16, 32) === manifestStoreUuid;
}

function nameAt(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, at + 4);
}
