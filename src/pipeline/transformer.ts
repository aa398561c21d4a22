import { assert } from "../core/errors.ts";
import type { Size } from "../core/image.ts";
import type { Manifest } from "../model/manifest.ts";
import { imageIds, textIds } from "./image-ids.ts";
import type { PromptEmbeds } from "./prompt-embeds.ts";
import { type RotaryTable, rotaryTable } from "./rotary.ts";
import type { NamedArray, Session } from "./session.ts";
import { projectGuidance, projectionDim, projectSigma, type Rounding } from "./timestep.ts";

/** Rows and columns of tokens; all rows of one batch share them, whatever else differs. */
export interface Geometry {
  readonly target: Size;
  /** Left out when the picture is made from the prompt alone. */
  readonly context?: Size;
}

/** One row of a batch. */
export interface TransformerRow {
  /** `[target tokens, inChannels]` */
  readonly latents: Float32Array;
  /** `[context tokens, inChannels]`, empty without a context. */
  readonly imageLatents: Float32Array;
  readonly prompt: PromptEmbeds;
  /** Noise level, 0…1. */
  readonly sigma: number;
  readonly guidance: number;
  readonly rounding: Rounding;
}

/** Rotary tables kept; each is a few hundred kilobytes, and a server sees 17 buckets or so. */
const tablesMax = 64;

export class Transformer {
  readonly config: Manifest["transformer"];
  readonly #session: Session;
  readonly #tables = new Map<string, RotaryTable>();

  constructor(config: Manifest["transformer"], session: Session) {
    this.config = config;
    this.#session = session;
  }

  /** The velocity predicted for each row, `[target tokens, inChannels]`, in one run of the session. */
  async predict(rows: readonly TransformerRow[], geometry: Geometry): Promise<Float32Array[]> {
    const feeds = this.feeds(rows, geometry);
    const { noise_pred } = await this.#session.run(feeds, ["noise_pred"]);
    const length = noise_pred!.length / rows.length;
    return rows.map((_, i) => noise_pred!.subarray(i * length, (i + 1) * length));
  }

  /** The session's inputs for a batch. */
  feeds(rows: readonly TransformerRow[], geometry: Geometry): Record<string, NamedArray> {
    const { inChannels, jointAttentionDim, pooledProjectionDim, guidanceEmbeds, headDim } = this.config;
    const [targetTokens, contextTokens] = [tokensIn(geometry.target), tokensIn(geometry.context)];
    const textTokens = rows[0]!.prompt.promptEmbeds.length / jointAttentionDim;
    const { cos, sin } = this.#rotary(textTokens, geometry);
    const jointTokens = textTokens + targetTokens + contextTokens;
    const stack = (dims: readonly number[], pick: (row: TransformerRow) => Float32Array): NamedArray => {
      return {
        data: concatRows(
          rows.map(pick),
          dims.reduce((product, side) => product * side, 1),
        ),
        dims: [rows.length, ...dims],
      };
    };
    return {
      hidden_states: stack([targetTokens, inChannels], (row) => row.latents),
      image_latents: stack([contextTokens, inChannels], (row) => row.imageLatents),
      encoder_hidden_states: stack([textTokens, jointAttentionDim], (row) => row.prompt.promptEmbeds),
      pooled_projections: stack([pooledProjectionDim], (row) => row.prompt.pooledPromptEmbeds),
      timestep_proj: stack([projectionDim], (row) => projectSigma(row.sigma, row.rounding)),
      ...(guidanceEmbeds
        ? { guidance_proj: stack([projectionDim], (row) => projectGuidance(row.guidance, row.rounding)) }
        : {}),
      rotary_cos: { data: cos, dims: [jointTokens, headDim / 2] },
      rotary_sin: { data: sin, dims: [jointTokens, headDim / 2] },
    };
  }

  #rotary(textTokens: number, { target, context }: Geometry): RotaryTable {
    const key = `${textTokens}:${target.width}x${target.height}:${context?.width}x${context?.height}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const [text, image] = [textIds(textTokens), imageIds(target, context)];
    const ids = new Float32Array(text.length + image.length);
    ids.set(text);
    ids.set(image, text.length);
    const table = rotaryTable(ids, this.config.axesDimsRope);
    if (this.#tables.size >= tablesMax) this.#tables.delete(this.#tables.keys().next().value!);
    this.#tables.set(key, table);
    return table;
  }
}

function tokensIn(grid: Size | undefined): number {
  return grid === undefined ? 0 : grid.width * grid.height;
}

function concatRows(rows: readonly Float32Array[], length: number): Float32Array {
  if (rows.length === 1 && rows[0]!.length === length) return rows[0]!;
  const all = new Float32Array(rows.length * length);
  for (const [i, row] of rows.entries()) {
    assert(row.length === length, `row ${i} holds ${row.length} values where the batch needs ${length}`);
    all.set(row, i * length);
  }
  return all;
}
