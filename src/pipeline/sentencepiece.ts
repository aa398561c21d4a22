import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Refused } from "../core/errors.ts";
import { type AddedToken, reasonOf, type TokenizerJson } from "./tokenizer-json.ts";

/** `SentencePiece.Type` of sentencepiece_model.proto. */
const unknownType = 2;
const controlType = 3;
const userDefinedType = 4;
const byteType = 6;

/** `TrainerSpec.ModelType`. */
const unigramModel = 1;

interface Piece {
  text: string;
  score: number;
  type: number;
}

/** What T5 needs of a SentencePiece model. Ids are indices of pieces, -1 where the model has no such token. */
export interface SentencePieceModel {
  readonly pieces: readonly Readonly<Piece>[];
  readonly modelType: number;
  readonly unkId: number;
  readonly eosId: number;
  readonly padId: number;
  /** Compiled character rules; empty when the model has none. */
  readonly charsmap: Uint8Array;
}

/**
 * Reads a spiece.model file (protobuf message `sentencepiece.ModelProto`).
 *
 * @throws Refused BAD_MODEL when the bytes are no Unigram model
 */
export function parseSentencePiece(bytes: Uint8Array): SentencePieceModel {
  let model: SentencePieceModel;
  try {
    model = readModel(bytes);
  } catch (error) {
    throw new Refused("BAD_MODEL", `spiece.model: not a SentencePiece model (${reasonOf(error)})`);
  }
  if (model.pieces.length === 0) throw new Refused("BAD_MODEL", "spiece.model: has no pieces");
  if (model.modelType !== unigramModel) {
    throw new Refused("BAD_MODEL", `spiece.model: model type is ${model.modelType}, a T5 tokenizer has 1 (Unigram)`);
  }
  if (model.pieces[model.unkId] === undefined) throw new Refused("BAD_MODEL", "spiece.model: has no unknown piece");
  return model;
}

/**
 * The tokenizer.json that transformers' T5Converter makes of a SentencePiece model: Unigram over its pieces and the
 * extra ids, special tokens matched first, character rules, runs of spaces taken as one, words marked with U+2581.
 *
 * @param extraIds how many `<extra_id_N>` follow the pieces, the highest N first
 */
export function sentencePieceTokenizer(model: SentencePieceModel, extraIds: number): TokenizerJson {
  const { pieces, charsmap, unkId } = model;
  const extras = Array.from({ length: extraIds }, (_, i) => `<extra_id_${extraIds - 1 - i}>`);
  const matchedFirst = pieces.flatMap(({ text, type }, id): AddedToken[] =>
    type === controlType || type === userDefinedType || type === unknownType
      ? [{ id, content: text, special: type !== userDefinedType, normalized: false }]
      : [],
  );
  const rules = charsmap.length > 0 ? [{ type: "Precompiled", precompiled_charsmap: toBase64(charsmap) }] : [];
  return {
    added_tokens: [
      ...matchedFirst,
      ...extras.map((content, i) => ({ id: pieces.length + i, content, special: true, normalized: false })),
    ],
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...rules,
        { type: "Strip", strip_left: false, strip_right: true },
        { type: "Replace", pattern: { Regex: " {2,}" }, content: "\u2581" },
      ],
    },
    pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
    post_processor: null,
    decoder: null,
    model: {
      type: "Unigram",
      unk_id: unkId,
      vocab: [...pieces.map(({ text, score }) => [text, score]), ...extras.map((text) => [text, 0])],
      byte_fallback: pieces.some(({ type }) => type === byteType),
    },
  };
}

/** Field numbers and defaults are those of sentencepiece_model.proto. */
function readModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  const trainer = { modelType: unigramModel, unkId: 0, eosId: 2, padId: -1 };
  let charsmap: Uint8Array = new Uint8Array();
  forEachField(bytes, {
    1: (reader) => pieces.push(readPiece(reader.bytes())),
    2: (reader) =>
      forEachField(reader.bytes(), {
        3: (spec) => (trainer.modelType = spec.int32()),
        40: (spec) => (trainer.unkId = spec.int32()),
        42: (spec) => (trainer.eosId = spec.int32()),
        43: (spec) => (trainer.padId = spec.int32()),
      }),
    3: (reader) => forEachField(reader.bytes(), { 2: (spec) => (charsmap = spec.bytes()) }),
  });
  const marked = pieces.findIndex(({ type }) => type === unknownType);
  return { pieces, ...trainer, unkId: marked >= 0 ? marked : trainer.unkId, charsmap };
}

function readPiece(bytes: Uint8Array): Piece {
  const piece: Piece = { text: "", score: 0, type: 1 };
  forEachField(bytes, {
    1: (reader) => (piece.text = reader.string()),
    2: (reader) => (piece.score = reader.float()),
    3: (reader) => (piece.type = reader.int32()),
  });
  return piece;
}

/** Calls the reader of each known field of a message and steps over the others. */
function forEachField(bytes: Uint8Array, readers: Record<number, (reader: BinaryReader) => void>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = readers[field];
    if (read) read(reader);
    else reader.skip(wireType, field);
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
