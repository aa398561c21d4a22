import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, sliceRows, type TensorView } from "../../src/onnx/safetensors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-safetensors-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A file with this header and so many bytes of data. */
async function write(header: unknown, dataBytes: number): Promise<string> {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  const file = join(folder, "file.safetensors");
  await writeFile(file, Buffer.concat([prefix, text, Buffer.alloc(dataBytes)]));
  return file;
}

const tensor = { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] };

describe("readSafetensors", () => {
  it("gives type, shape and place of every tensor, at odd offsets too", async () => {
    const file = await write(
      {
        __metadata__: { format: "pt" },
        a: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
        b: { ...tensor, dtype: "BF16", data_offsets: [1, 13] },
      },
      13,
    );
    const views = await readSafetensors(file);
    expect([...views.keys()]).toEqual(["a", "b"]);
    const { offset, ...b } = views.get("b")!;
    expect(b).toEqual({ file, type: "bfloat16", storedType: "BF16", shape: [2, 3], length: 12 });
    expect(views.get("a")).toMatchObject({ type: undefined, storedType: "U8", offset: offset - 1 });
  });

  it.each([
    [
      "an empty file",
      async () => {
        const file = join(folder, "empty");
        await writeFile(file, "");
        return file;
      },
      /0 bytes is too short/,
    ],
    [
      "a text file",
      async () => {
        const file = join(folder, "text");
        await writeFile(file, "just some words in a file");
        return file;
      },
      /not a safetensors file/,
    ],
    ["a header that is no JSON", () => write("{broken", 0), /not a JSON object/],
    ["a header that is a list", () => write([1], 0), /not a JSON object/],
    ["a tensor without a shape", () => write({ a: { dtype: "F32" } }, 0), /malformed header at a\.shape/],
    ["an unknown type", () => write({ a: { ...tensor, dtype: "F12" } }, 24), /a has the unknown type F12/],
    [
      "a span that does not fit the shape",
      () => write({ a: { ...tensor, data_offsets: [0, 20] } }, 24),
      /spans 20 bytes, its shape needs 24/,
    ],
    [
      "two tensors on the same bytes",
      () => write({ a: tensor, b: { ...tensor, data_offsets: [4, 28] } }, 28),
      /b and a lie on the same bytes/,
    ],
    ["a folder", async () => folder, /not a file/],
    [
      "offsets that run backwards",
      () => write({ a: { ...tensor, data_offsets: [24, 0] } }, 24),
      /spans -24 bytes, its shape needs 24/,
    ],
    [
      "offsets below zero",
      () => write({ a: { ...tensor, data_offsets: [-24, 0] } }, 24),
      /malformed header at a\.data_offsets\.0/,
    ],
    [
      "a shape beyond all numbers",
      () => write({ a: { ...tensor, shape: [2 ** 52, 2 ** 52, 2 ** 52] } }, 24),
      /spans 24 bytes, its shape needs/,
    ],
    [
      "a tensor far outside",
      () => write({ a: { ...tensor, shape: [2 ** 40], data_offsets: [0, 2 ** 42] } }, 24),
      /cut short: a ends at byte/,
    ],
    ["a file that is cut short", () => write({ a: tensor }, 23), /cut short: a ends at byte/],
    ["a file that is not there", async () => join(folder, "nowhere"), /cannot be opened \(ENOENT\)/],
  ])("refuses %s in one line that names it", async (_, make, message) => {
    await expect(readSafetensors(await make())).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringMatching(message),
    });
  });

  it("refuses a header longer than the format allows without reading it", async () => {
    const file = await write("{", 0);
    const handle = await open(file, "r+");
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(100_000_001n);
    await handle.write(prefix, 0, 8, 0);
    await handle.truncate(200_000_000);
    await handle.close();
    await expect(readSafetensors(file)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringMatching(/not a safetensors file/),
    });
    await rm(file);
  });

  it("lists all damaged tensors at once", async () => {
    const file = await write({ a: { ...tensor, dtype: "F12" }, b: { ...tensor, data_offsets: [24, 40] } }, 48);
    await expect(readSafetensors(file)).rejects.toMatchObject({
      faults: [expect.stringMatching(/: a has the unknown type F12/), expect.stringMatching(/: b spans 16 bytes/)],
    });
  });

  it("refuses a header length beyond the file", async () => {
    const file = join(folder, "long");
    const bytes = Buffer.alloc(64);
    bytes.writeBigUInt64LE(1n << 60n);
    await writeFile(file, bytes);
    await expect(readSafetensors(file)).rejects.toMatchObject({
      message: expect.stringMatching(/cut short within its header/),
    });
  });
});

describe("sliceRows", () => {
  const view = (rows: number, columns: number, rowRotation?: number): TensorView => ({
    file: "f",
    type: "float32",
    storedType: "F32",
    shape: [rows, columns],
    offset: 100,
    length: rows * columns * 4,
    ...(rowRotation === undefined ? {} : { rowRotation }),
  });

  it("of all rows in pieces covers every byte once, in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), fc.nat(40), (rows, columns, at) => {
        const cut = Math.min(at, rows);
        const [head, tail] = [sliceRows(view(rows, columns), 0, cut), sliceRows(view(rows, columns), cut, rows)];
        expect(head.offset).toBe(100);
        expect(tail.offset).toBe(100 + head.length);
        expect(head.length + tail.length).toBe(rows * columns * 4);
        expect(head.shape[0]! + tail.shape[0]!).toBe(rows);
      }),
      { seed: 7 },
    );
  });

  it("of a rotated tensor gives the rows of the tensor that was rotated, or says that they wrap around", () => {
    const rows = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat(), fc.nat(), (count, columns, by, a, b) => {
        const [rotation, from] = [by % count, a % count];
        const to = from + 1 + (b % (count - from));
        // Row i of the tensor lies at this row of the bytes.
        const places = Array.from({ length: to - from }, (_, i) => (from + i + rotation) % count);
        const slice = () => sliceRows(view(count, columns, rotation), from, to);
        if (places.at(-1)! < places[0]!) expect(slice).toThrow(/wrap around/);
        else expect(slice()).toEqual({ ...view(to - from, columns), offset: 100 + places[0]! * columns * 4 });
      }),
      { seed: 13 },
    );
  });

  it("of a tensor whose halves change places takes the other half's bytes", () => {
    const swapped = view(10, 2, 5);
    expect(sliceRows(swapped, 0, 5)).toMatchObject({ offset: 100 + 40, length: 40, shape: [5, 2] });
    expect(sliceRows(swapped, 5, 10)).toMatchObject({ offset: 100, length: 40 });
    expect(() => sliceRows(swapped, 3, 8)).toThrow(/wrap around/);
  });
});
