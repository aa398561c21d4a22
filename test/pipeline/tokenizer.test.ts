import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { afterAll, describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { loadTokenizer, type TokenizerOptions } from "../../src/pipeline/tokenizer.ts";
import { charsmapBlob } from "./charsmap-blob.ts";

const CLIP: TokenizerOptions = { kind: "clip", maxLength: 77 };
const T5: TokenizerOptions = { kind: "t5", maxLength: 512 };

const root = await mkdtemp(join(tmpdir(), "tokenizer-"));
afterAll(() => rm(root, { recursive: true }));

/** Writes a folder of files; objects become JSON. */
async function folderOf(files: Record<string, unknown>): Promise<string> {
  const folder = await mkdtemp(join(root, "tokenizer_"));
  for (const [name, content] of Object.entries(files)) {
    const plain = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(join(folder, name), plain ? content : JSON.stringify(content));
  }
  return folder;
}

async function refusal(files: Record<string, unknown>, options: TokenizerOptions): Promise<Refused> {
  const error = await loadTokenizer(await folderOf(files), options).then(
    () => new Error("was not refused"),
    (reason) => reason,
  );
  if (!(error instanceof Refused)) throw error;
  expect(error.code).toBe("BAD_MODEL");
  expect(error.message).not.toContain("\n");
  return error;
}

// A tiny CLIP: letters, letters that end a word, and the merges of two words.
const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789,.!'Ã©"];
const MERGES = ["l o", "lo w</w>", "s k", "sk y</w>", "a b", "ab ab"];
const clipTokens = [
  ...letters,
  ...letters.map((letter) => `${letter}</w>`),
  ...MERGES.map((merge) => merge.replace(" ", "")),
  "<start>",
  "<end>",
];
const vocab = Object.fromEntries(clipTokens.map((token, id) => [token, id]));
const clipConfig = {
  bos_token: "<start>",
  eos_token: "<end>",
  pad_token: "<end>",
  unk_token: "<end>",
  model_max_length: 77,
};
const clipClassic = {
  "vocab.json": vocab,
  "merges.txt": `#version: 0.2\n${MERGES.join("\n")}\n`,
  "tokenizer_config.json": clipConfig,
};
const special = (content: string) => ({
  id: vocab[content],
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const clipJson = {
  "tokenizer.json": {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [special("<start>"), special("<end>")],
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
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: { type: "RobertaProcessing", sep: ["<end>", vocab["<end>"]], cls: ["<start>", vocab["<start>"]] },
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      unk_token: "<end>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges: MERGES.map((merge) => merge.split(" ")),
    },
  },
  "tokenizer_config.json": clipConfig,
};

// A tiny T5: the control pieces where T5 has them, then words and letters.
const pieces: [text: string, score: number, type: number][] = [
  ["<pad>", 0, 3],
  ["</s>", 0, 3],
  ["<unk>", 0, 2],
  ["▁", -2, 1],
  ["▁sky", -3, 1],
  ["▁make", -3.5, 1],
  ["fi", -4, 1],
  ["sh", -4.5, 1],
  ...[..."abcdefghijklmnopqrstuvwxyz"].map((letter, i): [string, number, number] => [letter, -6 - i / 8, 1]),
];
const charsmap = charsmapBlob({ ﬁ: "fi", "\n": " ", "\t": " ", "\u0007": "" });
const pieceIds = (text: string) => text.split(" ").map((piece) => pieces.findIndex(([text]) => text === piece));

function spieceModel(model: { pieces: typeof pieces; modelType?: number }): Uint8Array {
  const writer = new BinaryWriter();
  for (const [text, score, type] of model.pieces) {
    writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(text);
    writer.tag(2, WireType.Bit32).float(score).tag(3, WireType.Varint).int32(type).join();
  }
  const trainer = [
    [3, model.modelType ?? 1],
    [4, 32000],
    [40, 2],
    [42, 1],
    [43, 0],
  ] as const;
  writer.tag(2, WireType.LengthDelimited).fork();
  for (const [field, value] of trainer) writer.tag(field, WireType.Varint).int32(value);
  writer.join().tag(3, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string("nmt_nfkc");
  writer.tag(2, WireType.LengthDelimited).bytes(charsmap).join();
  return writer.finish();
}

const extraIds = ["<extra_id_0>", "<extra_id_1>"];
const t5Config = {
  eos_token: { content: "</s>", lstrip: false },
  pad_token: "<pad>",
  unk_token: "<unk>",
  additional_special_tokens: extraIds,
  model_max_length: 24,
};
const t5Classic = { "spiece.model": spieceModel({ pieces }), "tokenizer_config.json": t5Config };
const t5Json = {
  "tokenizer.json": {
    version: "1.0",
    added_tokens: ["<pad>", "</s>", "<unk>"]
      .map((content, id) => ({ id, content, special: true, normalized: false }))
      .concat([
        { id: pieces.length, content: "<extra_id_1>", special: true, normalized: false },
        { id: pieces.length + 1, content: "<extra_id_0>", special: true, normalized: false },
      ]),
    normalizer: { type: "Precompiled", precompiled_charsmap: Buffer.from(charsmap).toString("base64") },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", add_prefix_space: true }],
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [],
      special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
    },
    decoder: { type: "Metaspace", replacement: "▁", add_prefix_space: true },
    model: {
      type: "Unigram",
      unk_id: 2,
      vocab: [...pieces.map(([text, score]) => [text, Math.fround(score)]), ["<extra_id_1>", 0], ["<extra_id_0>", 0]],
    },
  },
  "tokenizer_config.json": t5Config,
};

const PROMPTS = [
  "",
  "   ",
  "low sky",
  "Low  SKY, lowsky!",
  "it's 42.",
  "make the sky ﬁsh\tfi",
  "make\n\nthe  low sky  ",
  "<end> a </s> <extra_id_1>b",
  "日本 sky 🙂🙂 low",
  "é\u0007a",
  "abababab".repeat(30),
  "make sky ".repeat(200),
];

describe("a CLIP tokenizer", async () => {
  const classic = await loadTokenizer(await folderOf(clipClassic), CLIP);
  const json = await loadTokenizer(await folderOf(clipJson), CLIP);
  const id = (token: string) => vocab[token]!;

  it.each(PROMPTS)("gives the same ids from classic files and tokenizer.json for %j", (prompt) => {
    expect(classic.encode(prompt)).toEqual(json.encode(prompt));
    expect(classic.encode(prompt)).toHaveLength(77);
  });

  it("frames lower-cased words by start and end, and pads with the pad token", () => {
    const ids = [...classic.encode("Low  SKY,")];
    expect(ids.slice(0, 6)).toEqual(["<start>", "low</w>", "sky</w>", ",</w>", "<end>", "<end>"].map(id));
    expect(ids.slice(6).every((value) => value === id("<end>"))).toBe(true);
  });

  it("gives bytes of other letters, and the unknown id where it has none", () => {
    expect([...classic.encode("é ß")].slice(1, 6)).toEqual(["Ã", "©</w>", "Ã", "<end>", "<end>"].map(id));
  });

  it("keeps the end token last when it cuts", () => {
    const ids = [...classic.encode("sky ".repeat(100))];
    expect(ids[0]).toBe(id("<start>"));
    expect(ids.slice(1, 76).every((value) => value === id("sky</w>"))).toBe(true);
    expect(ids[76]).toBe(id("<end>"));
  });

  it("takes the length from the configuration, up to what the encoder has", async () => {
    const config = (length: number | undefined) => ({
      ...clipClassic,
      "tokenizer_config.json": { ...clipConfig, model_max_length: length },
    });
    const lengthOf = async (length: number | undefined, maxLength: number) =>
      (await loadTokenizer(await folderOf(config(length)), { kind: "clip", maxLength })).length;
    expect(await lengthOf(12, 77)).toBe(12);
    expect(await lengthOf(1e30, 77)).toBe(77);
    expect(await lengthOf(undefined, 20)).toBe(20);
  });

  it("pads with special_tokens_map's token, unless the configuration lists its tokens", async () => {
    const files = { ...clipClassic, "special_tokens_map.json": { pad_token: { content: "!" } } };
    const padOf = async (more: object) => {
      const config = { ...clipConfig, ...more };
      return (await loadTokenizer(await folderOf({ ...files, "tokenizer_config.json": config }), CLIP))
        .encode("")
        .at(-1);
    };
    expect(await padOf({})).toBe(id("!"));
    expect(await padOf({ added_tokens_decoder: { 0: {} } })).toBe(id("<end>"));
  });

  it("needs no configuration beside tokenizer.json", async () => {
    const alone = await loadTokenizer(await folderOf({ "tokenizer.json": clipJson["tokenizer.json"] }), CLIP);
    expect(alone.encode("low sky")).toEqual(classic.encode("low sky"));
  });
});

describe("a T5 tokenizer", async () => {
  const classic = await loadTokenizer(await folderOf(t5Classic), T5);
  const json = await loadTokenizer(await folderOf(t5Json), T5);

  it.each(PROMPTS)("gives the same ids from spiece.model and tokenizer.json for %j", (prompt) => {
    expect(classic.encode(prompt)).toEqual(json.encode(prompt));
    expect(classic.encode(prompt)).toHaveLength(24);
  });

  it("takes the likeliest pieces, one end token, and pads", () => {
    const expected = [...pieceIds("▁make ▁sky ▁ fi sh </s>"), ...new Array(18).fill(0)];
    expect([...classic.encode("make  sky ﬁsh\n")]).toEqual(expected);
  });

  it("fuses unknown characters, and finds tokens named in the text", () => {
    expect([...classic.encode("日本 a<extra_id_1>")].slice(0, 6)).toEqual([3, 2, ...pieceIds("▁ a"), pieces.length, 1]);
  });

  it("keeps the end token last when it cuts", () => {
    const ids = [...classic.encode("sky ".repeat(100))];
    expect(ids).toEqual([...new Array(23).fill(pieceIds("▁sky")[0]), 1]);
  });

  it("spells unknown characters in bytes when the model has them", async () => {
    const bytes = Array.from({ length: 256 }, (_, byte): [string, number, number] => {
      return [`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, 0, 6];
    });
    const files = { ...t5Classic, "spiece.model": spieceModel({ pieces: [...pieces, ...bytes] }) };
    const ids = (await loadTokenizer(await folderOf(files), T5)).encode("é");
    expect([...ids.slice(0, 4)]).toEqual([3, pieces.length + 0xc3, pieces.length + 0xa9, 1]);
  });

  it("takes the special tokens from the model when no file names them", async () => {
    const alone = await loadTokenizer(await folderOf({ "spiece.model": spieceModel({ pieces }) }), {
      kind: "t5",
      maxLength: 24,
    });
    expect(alone.encode("make sky")).toEqual(classic.encode("make sky"));
  });
});

it("takes the tokens of its class where no file names any, if the vocabulary has them", async () => {
  const standard = Object.fromEntries(
    Object.entries(vocab).map(([token, id]) => [
      token.replace("<start>", "<|startoftext|>").replace("<end>", "<|endoftext|>"),
      id,
    ]),
  );
  const files = { ...clipClassic, "vocab.json": standard, "tokenizer_config.json": { model_max_length: 77 } };
  const named = await loadTokenizer(await folderOf(clipClassic), CLIP);
  const unnamed = await loadTokenizer(await folderOf(files), CLIP);
  for (const text of ["low sky", "日 low", ""]) expect(unnamed.encode(text)).toEqual(named.encode(text));
  const t5Named = { ...t5Json["tokenizer.json"], post_processor: null, padding: null };
  const bare = await loadTokenizer(await folderOf({ "tokenizer.json": t5Named }), { ...T5, maxLength: 24 });
  const full = await loadTokenizer(await folderOf(t5Json), { ...T5, maxLength: 24 });
  expect(bare.encode("low sky")).toEqual(full.encode("low sky"));
});

describe("a long prompt", async () => {
  const clip = await loadTokenizer(await folderOf(clipClassic), CLIP);
  const config = { ...t5Config, model_max_length: 512 };
  const t5 = await loadTokenizer(await folderOf({ ...t5Classic, "tokenizer_config.json": config }), T5);

  it.each([
    ["words", "make the low sky "],
    ["one word", "skylow"],
    ["one letter", "a"],
    ["unknown letters", "日本🙂"],
    ["white space", " \n"],
    ["vanishing characters", "\u0007"],
  ])("of 100,000 characters of %s is read to the ids of its start, and no further", (_, unit) => {
    const text = unit.repeat(100_000 / unit.length);
    const [clipIds, t5Ids] = [clip.encode(text), t5.encode(text)];
    expect(clipIds).toEqual(clip.encode(text.slice(0, 2400)));
    expect(t5Ids).toEqual(t5.encode(text.slice(0, 16_000)));
  });

  it("is read on where its start gives few ids", () => {
    const text = `${"\u0007 ".repeat(10_000)}sky`;
    expect([...t5.encode(text).slice(0, 3)]).toEqual([...pieceIds("▁sky </s>"), 0]);
  });
});

describe("loadTokenizer refuses", () => {
  it.each<[string, Record<string, unknown>, TokenizerOptions, string]>([
    ["an empty folder", {}, CLIP, "tokenizer.json"],
    ["an empty folder", {}, T5, "spiece.model"],
    ["a missing merges.txt", { ...clipClassic, "merges.txt": "" }, CLIP, "merges.txt"],
    ["a broken vocab.json", { ...clipClassic, "vocab.json": '{"a": 1' }, CLIP, "vocab.json"],
    ["a vocab.json of another shape", { ...clipClassic, "vocab.json": { a: "x" } }, CLIP, "vocab.json"],
    ["a broken merge", { ...clipClassic, "merges.txt": "#version: 0.2\nl o\nlow\n" }, CLIP, "line 3"],
    ["a broken tokenizer.json", { "tokenizer.json": "nope" }, T5, "tokenizer.json: not JSON"],
    ["a tokenizer.json without a model", { "tokenizer.json": { added_tokens: [] } }, T5, "model"],
    [
      "a part that the library lacks",
      { "tokenizer.json": { ...t5Json["tokenizer.json"], normalizer: { type: "Nonsense" } } },
      T5,
      "Nonsense",
    ],
    [
      "a model without an unknown id",
      { "tokenizer.json": { ...t5Json["tokenizer.json"], model: { type: "Unigram", vocab: [["a", 0]] } } },
      T5,
      "unknown",
    ],
    ["bytes that are no spiece.model", { "spiece.model": Uint8Array.of(10, 200, 1, 2) }, T5, "spiece.model"],
    ["an empty spiece.model", { "spiece.model": new Uint8Array() }, T5, "spiece.model"],
    ["a SentencePiece BPE model", { "spiece.model": spieceModel({ pieces, modelType: 2 }) }, T5, "model type is 2"],
    [
      "a token without an id",
      { ...clipClassic, "tokenizer_config.json": { ...clipConfig, bos_token: "<s>" } },
      CLIP,
      "<s>",
    ],
    [
      "a start token that no file names",
      { ...clipClassic, "tokenizer_config.json": { eos_token: "<end>" } },
      CLIP,
      "bos_token",
    ],
    [
      "a useless length",
      { ...clipClassic, "tokenizer_config.json": { ...clipConfig, model_max_length: 2 } },
      CLIP,
      "model_max_length",
    ],
    [
      "a configuration of another shape",
      { ...clipClassic, "tokenizer_config.json": { pad_token: 3 } },
      CLIP,
      "pad_token",
    ],
    ["more ids than the encoder has", clipClassic, { ...CLIP, vocabSize: 50 }, "50"],
  ])("%s", async (_, files, options, named) => {
    expect((await refusal(files, options)).message).toContain(named);
  });

  it("one of two classic files missing", async () => {
    const { "merges.txt": _, ...noMerges } = clipClassic;
    expect((await refusal(noMerges, CLIP)).message).toContain("merges.txt: missing");
    const { "vocab.json": __, ...noVocab } = clipClassic;
    expect((await refusal(noVocab, CLIP)).message).toContain("vocab.json: missing");
  });
});
