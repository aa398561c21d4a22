import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Graph } from "../../src/onnx/graph.ts";
import { toBytes } from "../../src/onnx/vae-graph.ts";
import { toTensor } from "../../src/pipeline/pixels.ts";
import { Session } from "../../src/pipeline/session.ts";
import { readNpyAs } from "../golden/npy.ts";
import { cpu } from "../support/slots.ts";

const goldenFolder = "test/goldens/A/golden";
const folder = await mkdtemp(join(tmpdir(), "pentimento-bytes-"));
const session = await openBytes();

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("toBytes", () => {
  it.each(["kontext", "kontext_cfg", "inpaint", "inpaint_ref"])("is the reference's in %s", async (run) => {
    const { shape, data } = readNpyAs(`${goldenFolder}/${run}.decoded.npy`, "float32");
    const bytes = await bytesOf(data, shape);
    const expected = readNpyAs(`${goldenFolder}/${run}.pixels.npy`, "uint8").data;
    const differing = bytes.filter((value, i) => value !== expected[i]).length;
    expect(differing / bytes.length).toBeLessThan(0.001);
  });

  it("clamps, rounds half to even and puts the channels last", async () => {
    const share = (value: number) => (value / 255) * 2 - 1;
    const planes = Float32Array.of(-7, share(0.51), 7, 0, Number.NaN, share(254.6));
    expect([...(await bytesOf(planes, [1, 3, 1, 2]))]).toEqual([0, 255, 0, 1, 128, 255]);
  });

  it("undoes toTensor", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 18, maxLength: 18 }), async (data) => {
        const tensor = toTensor({ width: 3, height: 2, data });
        expect(await bytesOf(tensor, [1, 3, 2, 3])).toEqual(data);
      }),
    );
  });
});

async function openBytes(): Promise<Session<"classifier">> {
  const graph = new Graph("bytes");
  const planes = graph.input("planes", "float32", ["batch", 3, "height", "width"]);
  graph.output(toBytes(graph, planes), "pixels", "uint8", ["batch", "height", "width", 3]);
  const file = join(folder, "bytes.onnx");
  await writeFile(file, graph.encode(folder));
  return Session.openClassifier(file, cpu);
}

async function bytesOf(data: Float32Array, dims: readonly number[]): Promise<Uint8Array> {
  return (await session.run<Uint8Array>({ planes: { data, dims } }, ["pixels"])).pixels!;
}
