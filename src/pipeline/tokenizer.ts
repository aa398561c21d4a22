import { basename } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { assert, Refused } from "../core/errors.ts";
import { type LibraryNormalizer, withCharsmaps } from "./charsmap.ts";
import { readClipVocabulary } from "./clip-vocabulary.ts";
import { parseSentencePiece, sentencePieceTokenizer } from "./sentencepiece.ts";
import {
  readIfPresent,
  readTokenizerConfig,
  readTokenizerJson,
  reasonOf,
  type TokenizerConfig,
  type TokenizerJson,
} from "./tokenizer-json.ts";

/** Turns a prompt into the ids that a text encoder takes. */
export interface PromptTokenizer {
  /** Ids given for every prompt. */
  readonly length: number;
  /**
   * Ids of a prompt, cut or padded to `length`. Of a very long prompt no more is read than the kept ids need, at most
   * 65,536 UTF-16 units.
   */
  encode(text: string): Int32Array;
}

export interface TokenizerOptions {
  /** `clip` puts a start token before the text and both put an end token after it. */
  readonly kind: "clip" | "t5";
  /** The most ids the text encoder takes: CLIP's max_position_embeddings, 512 for FLUX's T5. */
  readonly maxLength: number;
  /** Rows of the text encoder's embedding; ids beyond them are refused at once. */
  readonly vocabSize?: number | undefined;
}

/** What is used of the library's tokenizer, whose own declarations do not resolve under NodeNext. */
interface LibraryTokenizer {
  normalizer: LibraryNormalizer | null;
  readonly model: { fuse_unk: boolean };
  encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[]; tokens: string[] };
  token_to_id(token: string): number | undefined;
  get_vocab(): Map<string, number>;
}

/** Ids that the library leaves to the caller. */
interface SpecialIds {
  /** Undefined for T5, whose text has no start token. */
  readonly start: number | undefined;
  readonly end: number;
  readonly pad: number;
}

/** A text longer than this, per id kept, is first tried without its tail. */
const unitsPerId = 32;
/** More ids than asked show that the kept ones are settled although the text was cut inside a word. */
const settledIds = 64;
/** No more of a text is ever read: the library puts the pieces of a word on the stack. */
const unitsMax = 65_536;

/**
 * Loads a tokenizer folder as diffusers saves it: tokenizer.json if there is one, else vocab.json and merges.txt (CLIP)
 * or spiece.model (T5); with tokenizer_config.json and special_tokens_map.json where present.
 *
 * @throws Refused BAD_MODEL, one line, when files are missing, broken or disagree
 */
export async function loadTokenizer(folder: string, options: TokenizerOptions): Promise<PromptTokenizer> {
  const config = await readTokenizerConfig(folder);
  const { json, fallback } = await readVocabulary(folder, config, options.kind);
  const name = basename(folder);
  const tokenizer = construct(json, config, name);
  const names = {
    bos_token: config.bos_token,
    eos_token: config.eos_token ?? fallback.eos_token,
    pad_token: config.pad_token ?? fallback.pad_token,
  };
  const specials = specialIds(tokenizer, names, options.kind, name);
  const length = Math.min(Math.floor(config.model_max_length ?? options.maxLength), options.maxLength);
  if (length < 3) {
    throw new Refused("BAD_MODEL", `${name}/tokenizer_config.json: model_max_length ${length} is too short`);
  }
  const highest = [...tokenizer.get_vocab().values()].reduce((most, id) => Math.max(most, id), 0);
  if (options.vocabSize !== undefined && highest >= options.vocabSize) {
    throw new Refused("BAD_MODEL", `${name}: gives ids up to ${highest}, the text encoder knows ${options.vocabSize}`);
  }
  const byteFallback = json.model.byte_fallback === true;
  return { length, encode: (text) => frame(encodeText(tokenizer, text, length, byteFallback), specials, length) };
}

/** Token names as far as the vocabulary itself tells them. */
type TokenNames = { readonly [Name in "bos_token" | "eos_token" | "pad_token"]?: string | null | undefined };

async function readVocabulary(
  folder: string,
  config: TokenizerConfig,
  kind: TokenizerOptions["kind"],
): Promise<{ json: TokenizerJson; fallback: TokenNames }> {
  const json = await readTokenizerJson(folder);
  if (json) return { json: { ...json, decoder: null }, fallback: { pad_token: json.padding?.pad_token } };
  const name = basename(folder);
  if (kind === "clip") {
    const classic = await readClipVocabulary(folder, config);
    if (classic) return { json: classic, fallback: {} };
    throw new Refused("BAD_MODEL", `${name}: has neither tokenizer.json nor vocab.json and merges.txt`);
  }
  const bytes = await readIfPresent(folder, "spiece.model");
  if (!bytes) throw new Refused("BAD_MODEL", `${name}: has neither tokenizer.json nor spiece.model`);
  const model = parseSentencePiece(bytes);
  const listed = config.additional_special_tokens?.filter((token) => /^<extra_id_\d+>$/.test(token ?? ""));
  return {
    json: sentencePieceTokenizer(model, config.extra_ids ?? listed?.length ?? 0),
    fallback: { eos_token: model.pieces[model.eosId]?.text, pad_token: model.pieces[model.padId]?.text },
  };
}

function construct(json: TokenizerJson, config: TokenizerConfig, name: string): LibraryTokenizer {
  let tokenizer: LibraryTokenizer;
  try {
    tokenizer = new Tokenizer(json, config);
    if (tokenizer.normalizer) tokenizer.normalizer = withCharsmaps(tokenizer.normalizer);
    // runs of unknown characters are fused in textIds: the library's time for it grows with the square of a run
    tokenizer.model.fuse_unk &&= json.model.type !== "Unigram";
    // a private-use character, unknown to any vocabulary
    const { ids } = tokenizer.encode("a \u{10fffd}", { add_special_tokens: false });
    assert(ids.every(Number.isInteger), "unknown text has no id");
  } catch (error) {
    throw new Refused("BAD_MODEL", `${name}: not a tokenizer that can be used (${reasonOf(error)})`);
  }
  return tokenizer;
}

/** The ids of a text without special ones, at least those that `length` leaves room for. */
function encodeText(tokenizer: LibraryTokenizer, text: string, length: number, byteFallback: boolean): number[] {
  const most = Math.min(text.length, unitsMax);
  for (let units = length * unitsPerId; ; units *= 4) {
    const ids = textIds(tokenizer, cut(text, Math.min(units, unitsMax)), byteFallback);
    if (units >= most || ids.length >= length + settledIds) return ids;
  }
}

/** The start of a text, ending before white space if its second half has any: words have ids of their own. */
function cut(text: string, units: number): string {
  if (text.length <= units) return text;
  for (let end = units; end > units / 2; end--) if (/\s/.test(text[end]!)) return text.slice(0, end);
  return text.slice(0, units);
}

/** A run of unknown characters gives one unknown id, or the ids of its bytes where the vocabulary spells them. */
function textIds(tokenizer: LibraryTokenizer, text: string, byteFallback: boolean): number[] {
  const encoding = tokenizer.encode(text, { add_special_tokens: false });
  const ids: number[] = [];
  let afterUnknown = false;
  for (const [i, token] of encoding.tokens.entries()) {
    const unknown = tokenizer.token_to_id(token) === undefined;
    const bytes = unknown && byteFallback ? byteIds(tokenizer, token) : undefined;
    if (bytes) ids.push(...bytes);
    else if (!(unknown && afterUnknown)) ids.push(encoding.ids[i]!);
    afterUnknown = unknown;
  }
  return ids;
}

function byteIds(tokenizer: LibraryTokenizer, token: string): number[] | undefined {
  const ids = Array.from(new TextEncoder().encode(token), (byte) =>
    tokenizer.token_to_id(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

function frame(ids: readonly number[], { start, end, pad }: SpecialIds, length: number): Int32Array {
  const head = start === undefined ? [] : [start];
  const framed = new Int32Array(length).fill(pad);
  framed.set([...head, ...ids.slice(0, length - head.length - 1), end]);
  return framed;
}

/** What transformers' own classes take where no file names a token. */
const classTokens = {
  clip: { bos_token: "<|startoftext|>", eos_token: "<|endoftext|>", pad_token: "<|endoftext|>" },
  t5: { bos_token: undefined, eos_token: "</s>", pad_token: "<pad>" },
} as const;

/** Ids of the named tokens, else those that the vocabulary's own post-processor puts around a text, else those of the class. */
function specialIds(tokenizer: LibraryTokenizer, names: TokenNames, kind: "clip" | "t5", folder: string): SpecialIds {
  const around = tokenizer.encode("").ids;
  const idOf = (field: keyof TokenNames, fallback: number | undefined): number => {
    const token = names[field] ?? undefined;
    const usual = classTokens[kind][field];
    const id =
      token === undefined ? (fallback ?? (usual && tokenizer.token_to_id(usual))) : tokenizer.token_to_id(token);
    if (id !== undefined) return id;
    const fault = token === undefined ? `no file names a ${field}` : `${field} ${JSON.stringify(token)} has no id`;
    throw new Refused("BAD_MODEL", `${folder}: ${fault}`);
  };
  const end = idOf("eos_token", around.at(-1));
  if (kind === "t5") return { start: undefined, end, pad: idOf("pad_token", undefined) };
  return { start: idOf("bos_token", around[0]), end, pad: idOf("pad_token", end) };
}
