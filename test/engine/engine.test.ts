import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { readManifest } from "../../src/model/manifest.ts";
import { readSafetensors } from "../../src/onnx/safetensors.ts";
import { denoiseStep, isDone } from "../../src/pipeline/denoise.ts";
import { packLatents } from "../../src/pipeline/latents.ts";
import { drawNoise } from "../../src/pipeline/noise.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { prepareImage } from "../../src/pipeline/prepare-image.ts";
import { sigmas } from "../../src/pipeline/sigmas.ts";
import { rectangle, waves } from "../support/pictures.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;

beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

describe("an edit through the engine", () => {
  it("is bit for bit the pipeline's own", async () => {
    const spec = variedSpec(1);
    const viaEngine = await runAlone(engine, spec);
    await using pipeline = await Pipeline.open(await readManifest(model.folder), cpu);
    const edit = {
      latents: packLatents(drawNoise(spec.seed, spec.size, 16, "float32"), { channels: 16, width: 8, height: 6 }),
      step: 0,
      sigmas: sigmas(12, spec.steps, pipeline.scheduler),
      geometry: { target: { width: 4, height: 3 }, context: { width: 3, height: 3 } },
      imageLatents: await pipeline.vae.encode(prepareImage(spec.context!.image, spec.context!.size)),
      prompt: await pipeline.textEncoder.encode(spec.prompt),
      guidance: spec.guidance,
      rounding: spec.rounding,
    };
    while (!isDone(edit)) await denoiseStep(pipeline.transformer, [edit]);
    const direct = await pipeline.vae.decodePixels(edit.latents, spec.size);
    expect(Buffer.compare(Buffer.from(viaEngine.data), Buffer.from(direct.data))).toBe(0);
  });

  it("whose numbers overflow is refused, for it would again, instead of coming out black", async () => {
    await using spoilt = await tinyModel();
    const shard = "transformer/diffusion_pytorch_model-00001-of-00002.safetensors";
    const { file, offset } = (await readSafetensors(join(spoilt.source, shard))).get("proj_out.bias")!;
    const handle = await open(file, "r+");
    await handle.write(new Uint8Array(Float32Array.of(Number.NaN).buffer), 0, 4, offset);
    await handle.close();
    await using overflowing = new Supervisor();
    await overflowing.load(spoilt.folder, cpu);
    await expect(runAlone(overflowing, variedSpec(1))).rejects.toMatchObject({
      name: "Refused",
      code: "ENGINE_FAILED",
      message: expect.stringMatching(/the model's numbers overflowed/),
    });
  });

  it("can be made from the prompt alone, and in bfloat16's rounding", async () => {
    const { context: _, ...spec } = variedSpec(0);
    const picture = await runAlone(engine, spec);
    const rounded = await runAlone(engine, { ...spec, rounding: "bfloat16" });
    expect([picture.width, picture.height]).toEqual([64, 48]);
    expect(Buffer.compare(Buffer.from(picture.data), Buffer.from(rounded.data))).not.toBe(0);
  });

  it("starts from its own noise, whichever was drawn before it is opened", async () => {
    const spec = variedSpec(1);
    const same = await runAlone(engine, spec);
    for (const seed of [spec.seed, spec.seed + 1]) {
      await engine.drawNoise({ seed, size: spec.size, rounding: spec.rounding });
      for (let times = 0; times < 2; times += 1)
        expect(Buffer.compare(Buffer.from((await runAlone(engine, spec)).data), Buffer.from(same.data))).toBe(0);
    }
  });

  it("repaints under a mask, of the whole picture or of its box", async () => {
    const image = waves({ width: 128, height: 96 }, 3);
    const mask = rectangle({ width: 128, height: 96 }, [40, 30, 80, 70]);
    const { context: _, ...spec } = variedSpec(2);
    const whole = await engine.openSlot({ ...spec, inpainting: { image, mask, strength: 0.6 } });
    expect(whole.step).toBe(2);
    expect(whole.box).toBeUndefined();
    await engine.closeSlot(spec.slot);
    const cropped = await engine.openSlot({ ...spec, inpainting: { image, mask, strength: 1, maskPadding: 4 } });
    expect(cropped.step).toBe(0);
    const { box } = cropped;
    expect(box!.x1).toBeLessThanOrEqual(20);
    expect(box!.x2).toBeGreaterThanOrEqual(40);
    expect((box!.x2 - box!.x1) / (box!.y2 - box!.y1)).toBeCloseTo(64 / 48, 1);
    await engine.closeSlot(spec.slot);
  });
});

describe("caches", () => {
  it("encode a prompt and an image once", async () => {
    await using own = new Supervisor();
    await own.load(model.folder, cpu);
    const image = waves({ width: 200, height: 100 }, 9);
    const size = { width: 96, height: 48 };
    expect((await own.encodePrompt("warmer")).cached).toBe(false);
    expect((await own.encodePrompt("warmer")).cached).toBe(true);
    expect((await own.encodeImage(image, size)).cached).toBe(false);
    expect((await own.encodeImage({ ...image, data: image.data.slice() }, size)).cached).toBe(true);
    expect((await own.encodeImage(image, { width: 48, height: 48 })).cached).toBe(false);
    const { child } = await own.status();
    expect(child).toMatchObject({
      prompts: { hits: 1, entries: 1 },
      images: { hits: 1, entries: 2 },
      staged: { entries: 1 },
    });
  });

  it("stay within their bytes, and what was dropped is made again", async () => {
    await using own = new Supervisor();
    // Room for one prompt of 32 × 48 floats, and for one staged picture.
    await own.load(model.folder, { ...cpu, cacheBytes: 16_000, stagedBytes: 60_000 });
    for (const prompt of ["one", "two", "one"]) expect((await own.encodePrompt(prompt)).cached).toBe(false);
    const pictures = [1, 2].map((phase) => waves({ width: 160, height: 120 }, phase));
    const size = { width: 64, height: 48 };
    for (const picture of [...pictures, ...pictures]) await own.encodeImage(picture, size);
    const { child } = await own.status();
    expect(child!.prompts.bytes).toBeLessThanOrEqual(8_000);
    expect(child!.staged.entries).toBe(1);
  });
});

describe("wrong calls", () => {
  it.each([
    ["an unknown slot", () => engine.step(["nobody"]), "NOT_FOUND", /no slot "nobody"/],
    ["no slots", () => engine.step([]), "BAD_INPUT", /step\.slots/],
    ["a seed out of range", () => engine.openSlot({ ...variedSpec(0), seed: -1 }), "BAD_INPUT", /openSlot\.seed/],
    ["no steps", () => engine.openSlot({ ...variedSpec(0), steps: 0 }), "BAD_INPUT", /openSlot\.steps/],
    [
      "a size between tokens",
      () => engine.openSlot({ ...variedSpec(0), size: { width: 60, height: 48 } }),
      "BAD_INPUT",
      /multiples of 16/,
    ],
    [
      "a black mask",
      () =>
        engine.openSlot({
          ...variedSpec(0),
          inpainting: {
            image: waves({ width: 64, height: 48 }, 1),
            mask: rectangle({ width: 64, height: 48 }, [0, 0, 0, 0]),
            strength: 1,
            maskPadding: 0,
          },
        }),
      "BAD_INPUT",
      /no white pixel/,
    ],
    ["a model that is not there", () => engine.load("/nowhere", cpu), "MODEL_UNAVAILABLE", /import the model first/],
  ])("%s: one clear line", async (_, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ name: "Refused", code, message: expect.stringMatching(message) });
    expect(engine.health.state).toBe("up");
  });

  it("a step of slots that differ in geometry is refused and harms neither", async () => {
    const [a, b] = [variedSpec(0), { ...variedSpec(1), size: { width: 48, height: 48 } }];
    await engine.openSlot(a);
    await engine.openSlot(b);
    await expect(engine.step([a.slot, b.slot])).rejects.toMatchObject({ code: "BAD_INPUT" });
    expect((await engine.step([a.slot])).slots).toEqual([{ slot: a.slot, step: 1, done: false }]);
    await engine.closeSlot(a.slot);
    await engine.closeSlot(b.slot);
  });

  it("calls before a model is loaded, and after the end, fail at once", async () => {
    const own = new Supervisor();
    await expect(own.encodePrompt("x")).rejects.toMatchObject({ name: "Failed", retryable: false });
    await own[Symbol.asyncDispose]();
    await expect(own.load(model.folder, cpu)).rejects.toMatchObject({ name: "Failed", message: /shut down/ });
  });
});

describe("a call that is aborted", () => {
  it("rejects at once and leaves the engine working", async () => {
    const spec = variedSpec(3, "aborted");
    await engine.openSlot(spec);
    const abort = new AbortController();
    const steps = [
      engine.step([spec.slot], { signal: abort.signal }),
      engine.step([spec.slot], { signal: abort.signal }),
    ];
    abort.abort();
    for (const step of steps) await expect(step).rejects.toMatchObject({ code: "CANCELLED" });
    await engine.closeSlot(spec.slot);
    expect((await engine.status()).child?.slots).toEqual([]);
  });
});
