import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Reader } from "@contentauth/c2pa-node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import { extractC2pa } from "../../src/intake/c2pa.ts";
import { Credentials } from "../../src/provenance/credentials.ts";
import { openDevelopmentIdentity } from "../../src/provenance/signing-identity.ts";
import { encodePicture } from "../provenance/pictures.ts";

const types = ["image/jpeg", "image/png", "image/webp"] as const;

describe.each(types)("the manifest of a signed %s", (mimeType) => {
  let credentials: Credentials;
  beforeAll(async () => {
    const identity = await openDevelopmentIdentity(await mkdtemp(join(tmpdir(), "pentimento-c2pa-")), wallClock.date());
    credentials = await Credentials.open({ identity, version: "0.0.0", clock: wallClock });
  });
  afterAll(() => credentials[Symbol.asyncDispose]());

  it("is what the picture is verified with when it is kept apart", async () => {
    const plain = await encodePicture(mimeType);
    expect(extractC2pa(plain)).toBeUndefined();
    // Noise that packs badly: the manifest of a JPEG takes several segments.
    const thumbnail = new Uint8Array(90_000).map((_, i) => (i * i * 7919) >> 5);
    const model = { name: "pentimento-mini", digest: "ab".repeat(32) };
    const claim = { mimeType, title: "result", sources: [], model, at: wallClock.date(), thumbnail };
    const signed = await credentials.sign(plain, claim);
    const manifest = extractC2pa(signed);
    expect(manifest!.length).toBeGreaterThan(90_000);
    const asset = { buffer: Buffer.from(signed), mimeType };
    const inside = await Reader.fromAsset(asset);
    const apart = await Reader.fromManifestDataAndAsset(Buffer.from(manifest!), asset);
    expect(apart.json()).toEqual(inside!.json());
  });
});

/** A superbox as a manifest store begins, with anything inside. */
function manifestStore(content: Uint8Array): Buffer {
  const uuid = Buffer.from("6332706100110010800000aa00389b71", "hex");
  const description = Buffer.concat([number(8 + uuid.length), Buffer.from("jumd"), uuid]);
  return Buffer.concat([number(8 + description.length + content.length), Buffer.from("jumb"), description, content]);
}

const number = (value: number, bytes = 4) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

function inPng(box: Buffer, name = "caBX"): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([number(data.length), named, number(crc32(named))]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", Buffer.alloc(13)), chunk(name, box), chunk("IEND", Buffer.alloc(0))]);
}

function inWebp(box: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(box.length);
  const chunk = Buffer.concat([Buffer.from("C2PA"), length, box, Buffer.alloc(box.length % 2)]);
  return Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBPXMP \x03\0\0\0abc\0", "latin1"), chunk]);
}

/** In pieces of a length, in an order, after another box of the same kind. */
function inJpeg(box: Buffer, pieceBytes: number, reversed: boolean): Buffer {
  const segment = (marker: number, data: Buffer) =>
    Buffer.concat([Buffer.from([0xff, marker]), number(data.length + 2, 2), data]);
  const piece = (instance: number, index: number, data: Buffer) =>
    segment(0xeb, Buffer.concat([Buffer.from("JP"), number(instance, 2), number(index), data]));
  const pieces: Buffer[] = [];
  for (let at = 8; at < box.length || pieces.length === 0; at += pieceBytes) {
    const data = Buffer.concat([box.subarray(0, 8), box.subarray(at, at + pieceBytes)]);
    pieces.push(piece(2, pieces.length + 1, data));
  }
  if (reversed) pieces.reverse();
  const other = Buffer.concat([number(40), Buffer.from("jumb"), Buffer.alloc(32)]);
  const scan = segment(0xda, Buffer.from("scan"));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from("JFIF")),
    piece(1, 1, other),
    ...pieces,
    scan,
  ]);
}

const content = fc.uint8Array({ maxLength: 3000 });

describe("extractC2pa", () => {
  it("finds the box in each kind of file, however it is cut", () => {
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 400 }), fc.boolean(), (inside, pieceBytes, reversed) => {
        const box = manifestStore(inside);
        for (const file of [inPng(box), inWebp(box), inJpeg(box, pieceBytes, reversed)]) {
          expect(Buffer.compare(extractC2pa(file)!, box)).toBe(0);
        }
      }),
    );
  });

  it("finds nothing in a box of another kind, or one that is cut short or too long", () => {
    const box = manifestStore(Buffer.from("content"));
    const other = Buffer.from(box);
    other[20]! ^= 1;
    for (const bad of [other, box.subarray(0, -1), Buffer.concat([box, Buffer.alloc(1)]), box.subarray(0, 20)]) {
      for (const file of [inPng(bad), inWebp(bad), inJpeg(bad, 1000, false)]) expect(extractC2pa(file)).toBeUndefined();
    }
    expect(extractC2pa(inPng(box, "caBx"))).toBeUndefined();
  });

  it("survives any bytes, and any damage to a good file", () => {
    const garbage = fc.tuple(fc.constantFrom([0xff, 0xd8], [0x89, 0x50], [0x52, 0x49]), content);
    fc.assert(
      fc.property(garbage, ([head, tail]) => {
        expect(extractC2pa(Uint8Array.from([...head, ...tail]))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(255), fc.nat(), (inside, at, value, cut) => {
        const box = manifestStore(inside);
        for (const file of [inPng(box), inWebp(box), inJpeg(box, 100, false)]) {
          file[at % file.length] = value;
          const found = extractC2pa(file.subarray(0, file.length - (cut % 3)));
          expect(found === undefined || found.length <= file.length).toBe(true);
        }
      }),
    );
    expect(extractC2pa(new Uint8Array(0))).toBeUndefined();
  });
});
