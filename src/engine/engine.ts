import type { GreyImage, RgbImage, Size } from "../core/image.ts";
import type { PartName } from "../model/manifest.ts";
import type { ProviderName, ProviderOutcome } from "../model/provider.ts";

/**
 * Runs a model for the rest of the product. It decides nothing: which edits step when, and together with which, is the
 * caller's business.
 *
 * Calls are handled strictly one after the other. Every call rejects with
 * - `Refused` when the caller is wrong (BAD_INPUT, NOT_FOUND, MODEL_UNAVAILABLE, BAD_MODEL); ENGINE_FAILED when what
 *   it asks for has no result, now or ever; or CANCELLED when its signal aborts: at once, without waiting for the work.
 *   What is queued is then skipped; a step that already runs is not interrupted, and its result is dropped;
 * - `Failed` ENGINE_FAILED when the engine died or could not do it; `retryable` says whether to try again. All slots die
 *   with the engine: open them anew, the same spec gives the same pixels.
 */
export interface Engine extends AsyncDisposable {
  /** What is known without asking the child; never waits. */
  readonly health: EngineHealth;

  /**
   * Opens an imported model, in place of the one before; no slot may be open. After a death the engine reloads it by
   * itself. Rejects with `Refused` MODEL_UNAVAILABLE where `digest` is given and the model there has another, then too.
   */
  load(folder: string, options: LoadOptions, signal?: AbortSignal): Promise<LoadReport>;

  /** Puts a prompt's embeddings into the cache, so that opening a slot is quick. At most 65,536 UTF-16 units. */
  encodePrompt(prompt: string, signal?: AbortSignal): Promise<EncodeReport>;

  /**
   * Puts the latents of an image, stretched to `size`, into the cache. Both sides of `size` are multiples of a token
   * (16 pixels). With `crop`, the latents that an inpainting with this mask and padding needs.
   */
  encodeImage(image: RgbImage, size: Size, crop?: MaskCrop, signal?: AbortSignal): Promise<EncodeReport>;

  /** Draws the noise of a slot that is opened soon, so that this is quick. One is kept. */
  drawNoise(spec: NoiseSpec, signal?: AbortSignal): Promise<void>;

  /** Makes an edit ready to step. What the caches lack is encoded first. */
  openSlot(spec: SlotSpec, signal?: AbortSignal): Promise<SlotOpened>;

  /**
   * One denoising step of each of these slots, in one run of the transformer. They must share their geometry. For those
   * among `previews` the report has a small picture of the result that the step foresees.
   */
  step(slots: readonly string[], options?: StepOptions): Promise<StepReport>;

  /**
   * The slot's latents as they are now, as a picture of the slot's size. Rejects with `Refused` ENGINE_FAILED when they are no
   * numbers: the same spec overflows again.
   */
  decode(slot: string, signal?: AbortSignal): Promise<RgbImage>;

  /** Forgets a slot. One that died with the engine counts as closed. */
  closeSlot(slot: string): Promise<void>;

  /**
   * Scores of a picture by an image classifier: a folder with `config.json`, `preprocessor_config.json` and `model.onnx`
   * of the ViT form. Needs a loaded model beside it. Opened at the first picture and kept, four at most. Rejects with
   * `Refused` BAD_MODEL when the folder holds no such classifier.
   */
  classify(folder: string, image: RgbImage, signal?: AbortSignal): Promise<ClassifyReport>;

  /** Health, and the child's counters where it answers. */
  status(signal?: AbortSignal): Promise<EngineStatus>;
}

export interface LoadOptions {
  /** SHA-256 in hex that the model's manifest must give; any will do when left out. */
  readonly digest?: string;
  /** Execution providers in order of preference. */
  readonly providers: readonly ProviderName[];
  /** Which GPU; 0 is the first. */
  readonly deviceId: number;
  /** CPU threads of one run; 0 takes one per core. */
  readonly threads: number;
  /** Bytes of prompt embeddings and image latents to keep; 512 MiB when left out. */
  readonly cacheBytes?: number;
  /** Bytes of staged pixels to keep; 256 MiB when left out. */
  readonly stagedBytes?: number;
}

export interface LoadReport {
  readonly name: string;
  /** The model's digest, from its manifest. */
  readonly digest: string;
  readonly outcomes: Readonly<Record<PartName, ProviderOutcome>>;
  readonly ms: number;
}

export interface EncodeReport {
  /** Whether it was there already. */
  readonly cached: boolean;
  readonly ms: number;
}

export interface ClassifyReport {
  /** 0…1 by label: they sum to 1, or each stands alone where the classifier says that several may hold. */
  readonly scores: Readonly<Record<string, number>>;
  readonly ms: number;
}

/** A part of the output worth repainting, measured by the engine on the mask at the output's size. */
export interface MaskCrop {
  readonly mask: GreyImage;
  /** Pixels of the output. */
  readonly outputSize: Size;
  /** Pixels left around what is white. */
  readonly padding: number;
}

/** One edit. */
export interface SlotSpec {
  /** 1…64 characters, not open already. */
  readonly slot: string;
  /** Pixels of the output; multiples of a token (16 pixels). */
  readonly size: Size;
  readonly prompt: string;
  /** True classifier-free guidance: two rows per step. `scale` is above 1, at most 100. */
  readonly trueCfg?: { readonly negativePrompt: string; readonly scale: number };
  /** The picture to edit and the size it is stretched to. Inpainting without one takes its own image. */
  readonly context?: { readonly image: RgbImage; readonly size: Size };
  /** 1…1,000. */
  readonly steps: number;
  /** Distilled guidance, 0…100. */
  readonly guidance: number;
  /** 0…2³²−1. */
  readonly seed: number;
  /** How numbers told to the transformer are rounded, and the type that noise is drawn in. */
  readonly rounding: "float32" | "bfloat16";
  readonly inpainting?: InpaintingSpec;
}

/** What decides an edit's noise. */
export type NoiseSpec = Pick<SlotSpec, "seed" | "size" | "rounding">;

export interface InpaintingSpec {
  /** Stretched to the output's size. */
  readonly image: RgbImage;
  /** Stretched to the output's size; white (from 128 on) is repainted. */
  readonly mask: GreyImage;
  /** 0…1; 1 runs every step. 0, or so little that no step is left, is refused. */
  readonly strength: number;
  /** Work on the mask's box alone, grown by so many pixels: image, mask and context are cut to it and enlarged. */
  readonly maskPadding?: number;
}

/** Pixels x1..x2 and y1..y2 of the output, the second of each outside. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface SlotOpened {
  /** Index of the step that runs next; more than 0 for an inpainting of little strength. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Noise level before each step and after the last: `[steps + 1]`. */
  readonly sigmas: Float32Array;
  readonly tokens: { readonly text: number; readonly target: number; readonly context: number };
  /** Rows that the slot adds to a step: 2 with true classifier-free guidance. */
  readonly rows: number;
  /** What was cut out, where `maskPadding` was given. */
  readonly box?: Box;
}

export interface StepOptions {
  /** Slots, among those that step, to draw a preview of. */
  readonly previews?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface StepReport {
  /** Milliseconds the child spent on the step, previews left out, and how many of them inside `session.run`. */
  readonly ms: number;
  readonly runMs: number;
  readonly slots: readonly {
    readonly slot: string;
    readonly step: number;
    readonly done: boolean;
    readonly preview?: RgbImage;
  }[];
}

export type EngineState = "starting" | "up" | "waiting" | "down" | "closed";

export interface EngineHealth {
  /** `waiting`: dead, about to be started again. `down`: given up until the next `load`. */
  readonly state: EngineState;
  /** Process id of the child, where there is one. */
  readonly pid?: number;
  /** What the transformer was last opened on: another than at first where a restart found a provider gone. */
  readonly provider?: ProviderName;
  /** Deaths so far, and the reason of the last. */
  readonly deaths: number;
  readonly lastDeath?: string;
}

export interface CacheCounters {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

/** The child's counters. */
export interface ChildStatus {
  /** Digest of the loaded model. */
  readonly model?: string;
  readonly slots: readonly string[];
  readonly prompts: CacheCounters;
  readonly images: CacheCounters;
  readonly staged: CacheCounters;
  /** Milliseconds spent inside `session.run` since the model was loaded. */
  readonly runMs: number;
  readonly rssBytes: number;
}

export interface EngineStatus extends EngineHealth {
  readonly child?: ChildStatus;
}
