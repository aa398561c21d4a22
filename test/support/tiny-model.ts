import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importModel } from "../../src/onnx/import-model.ts";

/**
 * A small model that can be run from a prompt: the tiny checkpoint of golden set A (random weights) with tokenizers made
 * here. Its pictures are noise, but every part of the product runs on it.
 */
export interface TinyModel extends AsyncDisposable {
  /** Holds `tiny/`, as `PENTIMENTO_MODELS` would. */
  readonly modelsFolder: string;
  /** The imported model. */
  readonly folder: string;
  /** The checkpoint, for importing again. */
  readonly source: string;
}

const card = { name: "tiny", licence: "Apache-2.0", maxArea: 64 * 64, steps: 4, guidance: 2.5 };
const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789"];

/** @param more what else its card says */
export async function tinyModel(more: object = {}): Promise<TinyModel> {
  const root = await mkdtemp(join(tmpdir(), "pentimento-tiny-"));
  const source = join(root, "checkpoint");
  await cp(join(import.meta.dirname, "../goldens/A/model"), source, { recursive: true });
  await writeFile(join(source, "pentimento.json"), JSON.stringify({ ...card, ...more }));
  await writeTokenizer(join(source, "tokenizer"), clipTokenizer(), {
    model_max_length: 77,
    bos_token: "<start>",
    eos_token: "<end>",
    pad_token: "<end>",
    unk_token: "<end>",
  });
  await writeTokenizer(join(source, "tokenizer_2"), t5Tokenizer(), {
    model_max_length: 32,
    eos_token: "</s>",
    pad_token: "<pad>",
    unk_token: "<unk>",
  });
  const modelsFolder = join(root, "models");
  await importModel(source, { modelsFolder });
  const dispose = () => rm(root, { recursive: true, force: true });
  return { modelsFolder, folder: join(modelsFolder, "tiny"), source, [Symbol.asyncDispose]: dispose };
}

async function writeTokenizer(folder: string, tokenizer: object, config: object): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
}

function special(id: number, content: string) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** Letters and letters at a word's end, in CLIP's manner; ids below the checkpoint's 400. */
function clipTokenizer(): object {
  const words = [...letters, ...letters.map((letter) => `${letter}</w>`)];
  const vocab = Object.fromEntries([...words.map((word, id) => [word, id] as const), ["<start>", 398], ["<end>", 399]]);
  return {
    version: "1.0",
    added_tokens: [special(398, "<start>"), special(399, "<end>")],
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<end>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges: [],
    },
  };
}

/** One piece per letter, in T5's manner. */
function t5Tokenizer(): object {
  const pieces = ["▁", ...letters].map((piece, i) => [piece, -1 - i / 100] as const);
  return {
    version: "1.0",
    added_tokens: [special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")],
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    post_processor: null,
    decoder: null,
    model: { type: "Unigram", unk_id: 2, vocab: [["<pad>", 0], ["</s>", 0], ["<unk>", -20], ...pieces] },
  };
}
