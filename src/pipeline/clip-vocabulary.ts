import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { readIfPresent, readJson, type TokenizerConfig, type TokenizerJson } from "./tokenizer-json.ts";

/** How CLIP cuts text into words, from OpenAI's simple_tokenizer.py. */
const wordPattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** What transformers' class gives for text that the vocabulary does not know, where no file names a token. */
const unknownToken = "<|endoftext|>";

/**
 * The tokenizer.json that transformers' CLIPConverter makes of vocab.json and merges.txt, or undefined when the folder
 * has neither: byte-level BPE over lower-cased words, the last character of each marked `</w>`.
 *
 * @throws Refused BAD_MODEL when one of the two is missing or broken
 */
export async function readClipVocabulary(folder: string, config: TokenizerConfig): Promise<TokenizerJson | undefined> {
  const vocab = await readJson(folder, "vocab.json", z.record(z.string(), z.int().nonnegative()));
  const mergeBytes = await readIfPresent(folder, "merges.txt");
  if (!vocab && !mergeBytes) return undefined;
  if (!vocab) throw new Refused("BAD_MODEL", "vocab.json: missing beside merges.txt");
  if (!mergeBytes) throw new Refused("BAD_MODEL", "merges.txt: missing beside vocab.json");
  const unknown = config.unk_token ?? (unknownToken in vocab ? unknownToken : null);
  const ownTokens = new Set([config.bos_token, config.eos_token, config.pad_token, unknown]);
  const specials = [...ownTokens].filter((content) => content !== undefined && content !== null);
  return {
    added_tokens: specials.flatMap((content) => {
      const id = vocab[content];
      return id === undefined ? [] : [{ id, content, special: true, normalized: false }];
    }),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: wordPattern }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      vocab,
      merges: parseMerges(new TextDecoder().decode(mergeBytes)),
      unk_token: unknown,
      end_of_word_suffix: "</w>",
      continuing_subword_prefix: "",
    },
  };
}

/** Pairs in order of rank, one a line, after an optional `#version` line. */
function parseMerges(text: string): [string, string][] {
  const lines = text.split(/\r?\n/);
  const merges: [string, string][] = [];
  for (const [i, line] of lines.entries()) {
    if (line === "" || (i === 0 && line.startsWith("#version"))) continue;
    const [left, right, ...rest] = line.split(" ");
    if (!left || !right || rest.length > 0) {
      throw new Refused(
        "BAD_MODEL",
        `merges.txt: line ${i + 1} is not two tokens: ${JSON.stringify(line.slice(0, 40))}`,
      );
    }
    merges.push([left, right]);
  }
  if (merges.length === 0) throw new Refused("BAD_MODEL", "merges.txt: has no merges");
  return merges;
}
