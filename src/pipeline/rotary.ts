import { assert } from "../core/errors.ts";

/** FLUX's rotary base; diffusers passes it literally (`FluxPosEmbed(theta=10000)`). */
const base = 10_000;

/** Cosines and sines of the rotation of each pair of head channels: `[tokens, headDim / 2]`. */
export interface RotaryTable {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * The rotary embedding of token positions: the angle of pair j on axis k is `id[k] * 10000^(-2j / axesDims[k])`, the
 * axes one after the other. Angles are float64 and the results rounded to float32 once, as diffusers does.
 *
 * @param ids `[tokens, axes]`, flat or one row a token
 * @param axesDims head channels of each axis, all even; their sum is headDim (`axes_dims_rope` of the config)
 */
export function rotaryTable(
  ids: Float32Array | readonly (readonly number[])[],
  axesDims: readonly number[],
): RotaryTable {
  const positions = ids instanceof Float32Array ? ids : Float32Array.from(ids.flat());
  const axes = axesDims.length;
  assert(axes > 0 && positions.length % axes === 0, "ids must give one coordinate for each rotary axis");
  assert(
    axesDims.every((dim) => dim > 0 && dim % 2 === 0),
    "rotary axes must have an even number of channels",
  );
  const frequencies = axesDims.flatMap((dim, axis) =>
    Array.from({ length: dim / 2 }, (_, j) => ({ axis, frequency: 1 / base ** ((2 * j) / dim) })),
  );
  const tokens = positions.length / axes;
  const cos = new Float32Array(tokens * frequencies.length);
  const sin = new Float32Array(tokens * frequencies.length);
  let at = 0;
  for (let token = 0; token < tokens; token++) {
    for (const { axis, frequency } of frequencies) {
      const angle = positions[token * axes + axis]! * frequency;
      cos[at] = Math.cos(angle);
      sin[at] = Math.sin(angle);
      at++;
    }
  }
  return { cos, sin };
}
