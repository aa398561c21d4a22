import { sliceRows, type TensorView } from "./safetensors.ts";

/**
 * BFL's single files (modules as its `flux/model.py` and `autoencoder.py` name them) under diffusers' names. Fused
 * tensors are cut into rows and the two halves of the last modulation change places, all by offsets.
 */
type Views = Map<string, TensorView>;

const transformerPrefix = "model.diffusion_model.";

const embedders: Record<string, string> = {
  img_in: "x_embedder",
  txt_in: "context_embedder",
  "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
  "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
  "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
  "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
  "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
  "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
  "final_layer.linear": "proj_out",
};

const doubleBlock: Record<string, string> = {
  "img_mod.lin": "norm1.linear",
  "txt_mod.lin": "norm1_context.linear",
  "img_attn.proj": "attn.to_out.0",
  "txt_attn.proj": "attn.to_add_out",
  "img_mlp.0": "ff.net.0.proj",
  "img_mlp.2": "ff.net.2",
  "txt_mlp.0": "ff_context.net.0.proj",
  "txt_mlp.2": "ff_context.net.2",
};

const norms: Record<string, string> = {
  "img_attn.norm.query_norm.scale": "attn.norm_q.weight",
  "img_attn.norm.key_norm.scale": "attn.norm_k.weight",
  "txt_attn.norm.query_norm.scale": "attn.norm_added_q.weight",
  "txt_attn.norm.key_norm.scale": "attn.norm_added_k.weight",
  "norm.query_norm.scale": "attn.norm_q.weight",
  "norm.key_norm.scale": "attn.norm_k.weight",
};

const singleBlock: Record<string, string> = { "modulation.lin": "norm.linear", linear2: "proj_out" };

const fused: Record<string, readonly string[]> = {
  "img_attn.qkv": ["attn.to_q", "attn.to_k", "attn.to_v"],
  "txt_attn.qkv": ["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"],
};

/** Whether the tensors carry the names of BFL's transformer. */
export function isBflTransformer(views: Views): boolean {
  return views.has("img_in.weight") || views.has(`${transformerPrefix}img_in.weight`);
}

export function isBflVae(views: Views): boolean {
  return views.has("encoder.down.0.block.0.conv1.weight");
}

/** Renames a BFL transformer; names it does not know stay as they are. */
export function renameTransformer(views: Views): Views {
  const renamed: Views = new Map();
  for (const [rawName, view] of views) {
    const name = rawName.startsWith(transformerPrefix) ? rawName.slice(transformerPrefix.length) : rawName;
    for (const [newName, part] of renameOne(name, view)) renamed.set(newName, part);
  }
  return renamed;
}

function renameOne(name: string, view: TensorView): [string, TensorView][] {
  const block = /^(double|single)_blocks\.(\d+)\.(.+)$/.exec(name);
  if (block !== null) {
    const [, kind, index, rest] = block as unknown as [string, string, string, string];
    const prefix = kind === "double" ? `transformer_blocks.${index}` : `single_transformer_blocks.${index}`;
    return renameInBlock(rest, view).map(([newName, part]) => [`${prefix}.${newName}`, part]);
  }
  const [layer, suffix] = splitSuffix(name);
  if (layer === "final_layer.adaLN_modulation.1") return [[`norm_out.linear.${suffix}`, swapHalves(view)]];
  const known = embedders[layer];
  return [[known === undefined ? name : `${known}.${suffix}`, view]];
}

function renameInBlock(rest: string, view: TensorView): [string, TensorView][] {
  const norm = norms[rest];
  if (norm !== undefined) return [[norm, view]];
  const [layer, suffix] = splitSuffix(rest);
  // What cannot be cut into whole rows keeps its name, so that the check against the config names it as missing.
  const cuts = layer === "linear1" ? 7 : 3;
  if ((layer === "linear1" || layer in fused) && (!view.shape[0] || view.shape[0] % cuts !== 0)) return [[rest, view]];
  const parts = fused[layer];
  if (parts !== undefined)
    return cutRows(
      view,
      parts.map((part) => `${part}.${suffix}`),
      view.shape[0]! / 3,
    );
  if (layer === "linear1") {
    // Rows: q, k, v of the hidden size each, then the four times as wide MLP.
    const hidden = view.shape[0]! / 7;
    const names = ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"].map((part) => `${part}.${suffix}`);
    return cutRows(view, names, hidden);
  }
  const known = doubleBlock[layer] ?? singleBlock[layer];
  return [[known === undefined ? rest : `${known}.${suffix}`, view]];
}

/** Consecutive slices of `rows` rows each; the last takes what is left. */
function cutRows(view: TensorView, names: readonly string[], rows: number): [string, TensorView][] {
  return names.map((name, i) => {
    const end = i === names.length - 1 ? view.shape[0]! : (i + 1) * rows;
    return [name, sliceRows(view, i * rows, end)];
  });
}

/** BFL stores (shift, scale), diffusers (scale, shift). */
function swapHalves(view: TensorView): TensorView {
  return { ...view, rowRotation: (view.shape[0] ?? 0) / 2 };
}

const vaeNames: readonly [RegExp, string][] = [
  [/\.mid\.block_([12])\./, ".mid_block.resnets.$1."],
  [/\.mid\.attn_1\.norm\./, ".mid_block.attentions.0.group_norm."],
  [/\.mid\.attn_1\.proj_out\./, ".mid_block.attentions.0.to_out.0."],
  [/\.mid\.attn_1\.([qkv])\./, ".mid_block.attentions.0.to_$1."],
  [/\.down\.(\d+)\.block\.(\d+)\./, ".down_blocks.$1.resnets.$2."],
  [/\.down\.(\d+)\.downsample\.conv\./, ".down_blocks.$1.downsamplers.0.conv."],
  [/\.up\.(\d+)\.block\.(\d+)\./, ".up_blocks.$1.resnets.$2."],
  [/\.up\.(\d+)\.upsample\.conv\./, ".up_blocks.$1.upsamplers.0.conv."],
  [/\.nin_shortcut\./, ".conv_shortcut."],
  [/^(encoder|decoder)\.norm_out\./, "$1.conv_norm_out."],
];

/**
 * Renames a BFL autoencoder. Its `up.i` counts from the shallow end, diffusers' `up_blocks` from the deep one, and its
 * attention weights are 1×1 convolutions, `[C, C, 1, 1]` for `[C, C]`.
 */
export function renameVae(views: Views): Views {
  const ups = [...views.keys()].map((name) => /^decoder\.up\.(\d+)\./.exec(name)?.[1]).filter((i) => i !== undefined);
  const deepest = Math.max(-1, ...ups.map(Number));
  const renamed: Views = new Map();
  for (const [rawName, view] of views) {
    let name = rawName.replace(/^decoder\.up\.(\d+)\./, (_, i) => `decoder.up.${deepest - Number(i)}.`);
    for (const [pattern, replacement] of vaeNames) name = name.replace(pattern, replacement);
    name = name.replace(/mid_block\.resnets\.([12])\./, (_, i) => `mid_block.resnets.${Number(i) - 1}.`);
    const isAttention = /attentions\.0\.to_/.test(name) && view.shape.length === 4;
    renamed.set(name, isAttention ? { ...view, shape: view.shape.slice(0, 2) } : view);
  }
  return renamed;
}

function splitSuffix(name: string): [string, string] {
  const dot = name.lastIndexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}
