import type { RgbImage } from "../core/image.ts";
import type { Category, Stage } from "../core/moderation.ts";

/** What a filter is shown. */
export type Content = PromptContent | ImageContent;

export interface PromptContent {
  readonly stage: "PROMPT";
  readonly prompt: string;
  /**
   * The same for rules, which take a word for what stands close to it: a list ("without hats, coats") with its word before
   * every item ("without hats, without coats"). What has learnt from prompts would stumble over it. The prompt itself when
   * left out.
   */
  readonly itemised?: string;
  /** Whether a picture is edited; "remove her clothes" asks for more of a photograph than of nothing. */
  readonly hasSource: boolean;
}

export interface ImageContent {
  readonly stage: "SOURCE" | "OUTPUT";
  readonly image: RgbImage;
  /** Digests of the file as it was sent, in hex, for lists that know files; absent where there are only pixels. */
  readonly file?: { readonly sha256: string; readonly md5: string };
  /** Which of the edit's pictures, from 0; see `FilterOutcome`. */
  readonly index: number;
  /** Whether the edit has a source. Taken for true when left out: that is the stricter side. */
  readonly hasSource?: boolean;
}

/** One thing a filter found. What it does not name, it scores 0. */
export interface Finding {
  readonly category: Category;
  /** 0…1. */
  readonly score: number;
  /** Which rule, list or label, for moderators alone. */
  readonly note?: string;
}

/**
 * `rules` reads prompts, `hash-list` knows known pictures, `classifier` judges new ones, `manual` leaves it to a person.
 */
export type FilterKind = "rules" | "hash-list" | "classifier" | "manual";

/**
 * Judges content and decides nothing: what follows from a score is the policy's business. A filter that cannot judge
 * throws; the gate then holds the content for a person.
 */
export interface Filter {
  /** 1…64 characters of a…z, 0…9 and dashes; unique among the configured. */
  readonly name: string;
  /** Of its rules, weights or entries: changes whenever the same content may get another answer. */
  readonly version: string;
  readonly kind: FilterKind;
  readonly stages: readonly Stage[];
  /** Whether the content leaves this machine for an answer. */
  readonly remote: boolean;
  /** Milliseconds after which its silence counts as a failure. */
  readonly timeoutMs: number;
  /** Why a person must look, whatever `check` says (a list past its limit, a text too long); undefined where none must. */
  hold?(now: Date, content: Content): string | undefined;
  /**
   * False while some of what it should know is missing or damaged, so that what it does not find may be known all the same;
   * true where it is left out.
   */
  isComplete?(): boolean;
  /** Stops early when the signal aborts. Throws when it cannot judge. */
  check(content: Content, signal: AbortSignal): Promise<readonly Finding[]>;
}
