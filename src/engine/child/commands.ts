import { Refused } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { readManifest } from "../../model/manifest.ts";
import { denoiseStep, foreseen, isDone } from "../../pipeline/denoise.ts";
import { Pipeline } from "../../pipeline/pipeline.ts";
import { PreviewMap } from "../../pipeline/preview.ts";
import { TextClassifier } from "../../pipeline/text-classifier.ts";
import { partBytesMax, readerThreads, slotsMax } from "../limits.ts";
import type { Body, Request, RequestName, Results } from "../protocol.ts";
import { Classifiers } from "./classifiers.ts";
import { Encodings } from "./encodings.ts";
import { ForeseenNoise } from "./foreseen-noise.ts";
import { cropBoxOf, type OpenedEdit, openEdit } from "./open-slot.ts";
import { Staging } from "./staging.ts";

interface Loaded {
  readonly pipeline: Pipeline;
  readonly encodings: Encodings;
  readonly noise: ForeseenNoise;
  readonly staging: Staging;
  readonly classifiers: Classifiers;
  /** Made when the first preview is asked for. */
  previews?: PreviewMap;
}

/** What the child does for each request; called strictly one after the other. */
export class Commands {
  #loaded: Loaded | undefined;
  readonly #slots = new Map<string, OpenedEdit>();
  /** Opened at the first prompt, needs no model beside it. One process reads with one. */
  #reader: { folder: string; classifier: TextClassifier } | undefined;
  /** The picture whose parts are being fetched. */
  #decoded: { slot: string; image: RgbImage } | undefined;

  /** Carries a request out. Errors are thrown; the caller turns them into replies. */
  async handle(request: Request): Promise<Results[RequestName]> {
    switch (request.name) {
      case "load":
        return this.#load(request.body);
      case "stage":
        return { complete: await this.#model.staging.take(request.body) };
      case "encodePrompt":
        return timed(() => this.#model.encodings.prompt(request.body.prompt));
      case "encodeImage":
        return this.#encodeImage(request.body);
      case "drawNoise":
        this.#model.noise.draw(request.body);
        return {};
      case "openSlot":
        return this.#openSlot(request.body);
      case "step":
        return this.#step(request.body);
      case "decode":
        return this.#decode(request.body);
      case "closeSlot":
        this.#slots.delete(request.body.slot);
        return {};
      case "classify":
        return this.#classify(request.body);
      case "readPrompt":
        return this.#readPrompt(request.body);
      case "status":
        return this.#status();
      case "shutDown":
        await this.#unload();
        return {};
    }
  }

  get #model(): Loaded {
    if (this.#loaded === undefined) throw new Refused("MODEL_UNAVAILABLE", "no model is loaded");
    return this.#loaded;
  }

  async #load({ folder, digest, cacheBytes, stagedBytes, ...options }: Body<"load">): Promise<Results["load"]> {
    if (this.#slots.size > 0) throw new Refused("BAD_INPUT", `load: ${this.#slots.size} slots are open`);
    const started = performance.now();
    const model = await readManifest(folder);
    const { manifest } = model;
    // Imported anew under the same name while it is served: its pictures would bear the other model's name.
    if (digest !== undefined && digest !== manifest.digest) {
      const message = "the model on disk is another than the one that is served: restart the server";
      throw new Refused("MODEL_UNAVAILABLE", message);
    }
    await this.#unload();
    const pipeline = await Pipeline.open(model, options);
    const staging = new Staging(stagedBytes);
    const encodings = new Encodings(pipeline, staging, cacheBytes);
    const noise = new ForeseenNoise(pipeline);
    this.#loaded = { pipeline, staging, encodings, noise, classifiers: new Classifiers(options) };
    return {
      name: manifest.name,
      digest: manifest.digest,
      outcomes: pipeline.outcomes,
      ms: performance.now() - started,
    };
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.pipeline[Symbol.asyncDispose]();
    await loaded?.classifiers[Symbol.asyncDispose]();
  }

  async #encodeImage({ image, size, crop }: Body<"encodeImage">): Promise<Results["encodeImage"]> {
    const { encodings, staging } = this.#model;
    if (crop !== undefined) staging.require([crop.mask]);
    const ref = { image, size, ...(crop === undefined ? {} : { box: cropBoxOf(encodings, crop) }) };
    if (!encodings.knows(ref)) staging.require([image]);
    return timed(() => encodings.image(ref));
  }

  async #openSlot(spec: Body<"openSlot">): Promise<Results["openSlot"]> {
    const { pipeline, staging, encodings, noise } = this.#model;
    if (this.#slots.has(spec.slot)) throw new Refused("BAD_INPUT", `slot "${spec.slot}" is open already`);
    if (this.#slots.size >= slotsMax) throw new Refused("BAD_INPUT", `${slotsMax} slots are open; close one first`);
    const edit = await openEdit(pipeline, staging, encodings, noise, spec);
    this.#slots.set(spec.slot, edit);
    const { denoising, box } = edit;
    const { jointAttentionDim, inChannels } = pipeline.transformer.config;
    return {
      step: denoising.step,
      steps: spec.steps,
      sigmas: denoising.sigmas,
      tokens: {
        text: denoising.prompt.promptEmbeds.length / jointAttentionDim,
        target: denoising.latents.length / inChannels,
        context: denoising.imageLatents.length / inChannels,
      },
      rows: denoising.trueCfg === undefined ? 1 : 2,
      ...(box === undefined ? {} : { box }),
    };
  }

  async #step({ slots, previews = [] }: Body<"step">): Promise<Results["step"]> {
    const { pipeline } = this.#model;
    const started = performance.now();
    const runMsBefore = pipeline.runMs;
    if (new Set(slots).size !== slots.length) throw new Refused("BAD_INPUT", "step: a slot is named twice");
    const edits = slots.map((slot) => this.#slot(slot).denoising);
    const done = slots.find((_, i) => isDone(edits[i]!));
    if (done !== undefined) throw new Refused("BAD_INPUT", `step: slot "${done}" has no step left`);
    const shapes = new Set(edits.map(({ geometry, prompt }) => JSON.stringify([geometry, prompt.promptEmbeds.length])));
    if (shapes.size > 1)
      throw new Refused("BAD_INPUT", "step: the slots differ in the size of output, context or prompt");
    await denoiseStep(pipeline.transformer, edits);
    const ms = performance.now() - started;
    const runMs = pipeline.runMs - runMsBefore;
    const map = previews.length === 0 ? undefined : await this.#previews();
    return {
      ms,
      runMs,
      slots: slots.map((slot, i) => {
        const preview = previews.includes(slot) ? map?.draw(foreseen(edits[i]!), this.#slot(slot).size) : undefined;
        return { slot, step: edits[i]!.step, done: isDone(edits[i]!), ...(preview && { preview }) };
      }),
    };
  }

  async #previews(): Promise<PreviewMap> {
    const loaded = this.#model;
    loaded.previews ??= await PreviewMap.fit(loaded.pipeline.vae);
    return loaded.previews;
  }

  async #decode({ slot, offset }: Body<"decode">): Promise<Results["decode"]> {
    const { denoising, size } = this.#slot(slot);
    if (offset === 0) {
      this.#decoded = { slot, image: await this.#model.pipeline.vae.decodePixels(denoising.latents, size) };
    }
    if (this.#decoded?.slot !== slot)
      throw new Refused("BAD_INPUT", `decode: slot "${slot}" was not the one decoded last`);
    const { width, height, data } = this.#decoded.image;
    const part = data.slice(offset, offset + partBytesMax);
    if (offset + part.length >= data.length) this.#decoded = undefined;
    return { width, height, part };
  }

  async #classify({ folder, image }: Body<"classify">): Promise<Results["classify"]> {
    const { staging, encodings, classifiers } = this.#model;
    staging.require([image]);
    const started = performance.now();
    const classifier = await classifiers.get(folder);
    return { scores: await classifier.classify(encodings.rgb(image)), ms: performance.now() - started };
  }

  async #readPrompt({ folder, prompt }: Body<"readPrompt">): Promise<Results["readPrompt"]> {
    if (this.#reader?.folder !== folder) {
      await this.#reader?.classifier[Symbol.asyncDispose]();
      this.#reader = undefined;
      const classifier = await TextClassifier.open(folder, { providers: ["cpu"], deviceId: 0, threads: readerThreads });
      this.#reader = { folder, classifier };
    }
    return { logOdds: await this.#reader.classifier.read(prompt) };
  }

  #slot(slot: string): OpenedEdit {
    const edit = this.#slots.get(slot);
    if (edit === undefined) throw new Refused("NOT_FOUND", `no slot "${slot}" is open`);
    return edit;
  }

  #status(): Results["status"] {
    const none = { hits: 0, misses: 0, entries: 0, bytes: 0 };
    const { pipeline, encodings, staging } = this.#loaded ?? {};
    return {
      ...(pipeline === undefined ? {} : { model: pipeline.model.manifest.digest }),
      slots: [...this.#slots.keys()],
      prompts: encodings?.prompts.counters ?? none,
      images: encodings?.images.counters ?? none,
      staged: staging?.counters ?? none,
      runMs: pipeline?.runMs ?? 0,
      rssBytes: process.memoryUsage.rss(),
    };
  }
}

async function timed(encode: () => Promise<{ cached: boolean }>): Promise<{ cached: boolean; ms: number }> {
  const started = performance.now();
  const { cached } = await encode();
  return { cached, ms: performance.now() - started };
}
