import type { EditRequest } from "./edit.ts";

/** What is needed to make a picture again, beside the pictures it was made from. Kept with the result. */
export interface Recipe {
  readonly format: 1;
  readonly request: EditRequest;
  /** The picture's own seed. */
  readonly seed: number;
  /** SHA-256 of the stored bytes of each source, in the order of `request.imageIds`, and of the mask. */
  readonly sourceDigests: readonly string[];
  readonly maskDigest?: string;
  /** What the transformer ran on, and the type of its weights. */
  readonly provider: string;
  readonly precision: string;
  /** Versions of what computes: Pentimento, ONNX Runtime, Node.js. */
  readonly versions: Readonly<Record<string, string>>;
  /** How noise is drawn from the seed, and how noise levels are spaced. */
  readonly noise: string;
  readonly sigmas: string;
  /** Of a rerun: how it compares with the picture it makes again. */
  readonly rerun?: Rerun;
}

/** How far two pictures lie apart, over all bytes of their pixels. */
export interface Difference {
  /** 0…255. */
  readonly max: number;
  readonly mean: number;
  /** Decibels; null where they are identical. */
  readonly psnr: number | null;
}

export interface Rerun {
  /** The picture that was made again. */
  readonly imageId: string;
  readonly identical: boolean;
  /** Null where the earlier bytes are gone; then digests of what the model made were compared. */
  readonly difference: Difference | null;
}
