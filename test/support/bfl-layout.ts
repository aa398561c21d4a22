import type { Stored } from "./random-checkpoint.ts";

/**
 * diffusers' tensors under the names of BFL's single files, joined and reordered as those are. Written from
 * PIPELINE 13.2, not from `src/onnx/bfl-names.ts`, which it is there to test.
 */

const embedders: readonly [string, string][] = [
  ["x_embedder", "img_in"],
  ["context_embedder", "txt_in"],
  ["time_text_embed.timestep_embedder.linear_1", "time_in.in_layer"],
  ["time_text_embed.timestep_embedder.linear_2", "time_in.out_layer"],
  ["time_text_embed.guidance_embedder.linear_1", "guidance_in.in_layer"],
  ["time_text_embed.guidance_embedder.linear_2", "guidance_in.out_layer"],
  ["time_text_embed.text_embedder.linear_1", "vector_in.in_layer"],
  ["time_text_embed.text_embedder.linear_2", "vector_in.out_layer"],
  ["norm_out.linear", "final_layer.adaLN_modulation.1"],
  ["proj_out", "final_layer.linear"],
];
const double: readonly [string, string][] = [
  ["norm1.linear", "img_mod.lin"],
  ["norm1_context.linear", "txt_mod.lin"],
  ["attn.to_q", "img_attn.qkv"],
  ["attn.to_k", "img_attn.qkv"],
  ["attn.to_v", "img_attn.qkv"],
  ["attn.add_q_proj", "txt_attn.qkv"],
  ["attn.add_k_proj", "txt_attn.qkv"],
  ["attn.add_v_proj", "txt_attn.qkv"],
  ["attn.norm_q.weight", "img_attn.norm.query_norm.scale"],
  ["attn.norm_k.weight", "img_attn.norm.key_norm.scale"],
  ["attn.norm_added_q.weight", "txt_attn.norm.query_norm.scale"],
  ["attn.norm_added_k.weight", "txt_attn.norm.key_norm.scale"],
  ["attn.to_out.0", "img_attn.proj"],
  ["attn.to_add_out", "txt_attn.proj"],
  ["ff.net.0.proj", "img_mlp.0"],
  ["ff.net.2", "img_mlp.2"],
  ["ff_context.net.0.proj", "txt_mlp.0"],
  ["ff_context.net.2", "txt_mlp.2"],
];
/** The order of the first four is the order of linear1's rows. */
const single: readonly [string, string][] = [
  ["attn.to_q", "linear1"],
  ["attn.to_k", "linear1"],
  ["attn.to_v", "linear1"],
  ["proj_mlp", "linear1"],
  ["norm.linear", "modulation.lin"],
  ["attn.norm_q.weight", "norm.query_norm.scale"],
  ["attn.norm_k.weight", "norm.key_norm.scale"],
  ["proj_out", "linear2"],
];

export function bflTransformer(tensors: readonly Stored[]): Stored[] {
  const order = (stored: Stored) => {
    const of = /^(single_)?transformer_blocks\.\d+\.(.+)$/.exec(stored.name);
    const table = of === null ? embedders : of[1] === undefined ? double : single;
    return table.findIndex(([from]) => matches(of?.[2] ?? stored.name, from));
  };
  const joined = new Map<string, Stored>();
  for (const stored of [...tensors].sort((a, b) => order(a) - order(b))) {
    const name = bflName(stored.name);
    const known = joined.get(name);
    // BFL's last modulation holds shift before scale.
    const segments = name.startsWith("final_layer.adaLN") ? [...stored.segments].reverse() : stored.segments;
    joined.set(name, known === undefined ? { ...stored, name, segments } : stack(known, stored));
  }
  return [...joined.values()];
}

/** Rows of `b` under the rows of `a`. */
function stack(a: Stored, b: Stored): Stored {
  return {
    name: a.name,
    shape: [a.shape[0]! + b.shape[0]!, ...a.shape.slice(1)],
    segments: [...a.segments, ...b.segments],
  };
}

function matches(name: string, from: string): boolean {
  return name === from || name.startsWith(`${from}.`);
}

function bflName(name: string): string {
  const block = /^(single_)?transformer_blocks\.(\d+)\.(.+)$/.exec(name);
  const table = block === null ? embedders : block[1] === undefined ? double : single;
  const rest = block?.[3] ?? name;
  const [from, to] = table.find(([candidate]) => matches(rest, candidate))!;
  const prefix = block === null ? "" : `${block[1] === undefined ? "double" : "single"}_blocks.${block[2]}.`;
  return prefix + to + rest.slice(from.length);
}

export function bflVae(tensors: readonly Stored[]): Stored[] {
  const deepest = Math.max(...tensors.map(({ name }) => Number(/^decoder\.up_blocks\.(\d+)/.exec(name)?.[1] ?? 0)));
  return tensors.map(({ name, shape, segments }) => {
    const isAttention = /mid_block\.attentions\.0\.to_.*weight$/.test(name);
    const renamed = name
      .replace(/mid_block\.resnets\.(\d)/, (_, i) => `mid.block_${Number(i) + 1}`)
      .replace("mid_block.attentions.0.group_norm", "mid.attn_1.norm")
      .replace("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out")
      .replace(/mid_block\.attentions\.0\.to_([qkv])/, "mid.attn_1.$1")
      .replace(/down_blocks\.(\d+)\.resnets/, "down.$1.block")
      .replace(/down_blocks\.(\d+)\.downsamplers\.0/, "down.$1.downsample")
      .replace(/up_blocks\.(\d+)\.resnets/, (_, i) => `up.${deepest - Number(i)}.block`)
      .replace(/up_blocks\.(\d+)\.upsamplers\.0/, (_, i) => `up.${deepest - Number(i)}.upsample`)
      .replace("conv_shortcut", "nin_shortcut")
      .replace("conv_norm_out", "norm_out");
    return { name: renamed, shape: isAttention ? [...shape, 1, 1] : shape, segments };
  });
}
