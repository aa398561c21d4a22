import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
    ["a file that is cut short", () => write({ a: tensor }, 23), /cut short: a ends at byte/],
    ["a file that is not there", async () => join(folder, "nowhere"), /cannot be opened \(ENOENT\)/],
  ])("refuses %s in one line that names it", async (_, make, message) => {
    await expect(readSafetensors(await make())).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringMatching(message),
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
    );
  });

  it("of a tensor whose halves change places takes the other half's bytes", () => {
    const swapped = view(10, 2, 5);
    expect(sliceRows(swapped, 0, 5)).toMatchObject({ offset: 100 + 40, length: 40, shape: [5, 2] });
    expect(sliceRows(swapped, 5, 10)).toMatchObject({ offset: 100, length: 40 });
    expect(() => sliceRows(swapped, 3, 8)).toThrow(/wrap around/);
  });
});
