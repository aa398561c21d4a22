"""Checks an exported folder: a second implementation in NumPy (float64) of CLIP, T5 and the transformer, written from
the formulas and reading the files by name, against the training code on the same inputs.

  python check_export.py --model ../pentimento-mini
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from export import FILES, load_mini
from make_tokenizers import LENGTH, Tokenizers
from mini import make_ids


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def silu(x):
    return x / (1 + np.exp(-x))


def gelu(x):
    return .5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + .044715 * x ** 3)))


def standard(x, eps):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)


def rms(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * weight


class Weights:
    def __init__(self, file):
        self.tensors = {k: v.astype(np.float64) for k, v in load_file(file).items()}

    def __call__(self, name):
        return self.tensors[name]

    def linear(self, name, x):
        y = x @ self(f'{name}.weight').T
        return y + self(f'{name}.bias') if f'{name}.bias' in self.tensors else y


def split(x, heads):
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def join(x):
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def clip(w, c, ids):
    heads, d = c['num_attention_heads'], c['hidden_size'] // c['num_attention_heads']
    x = w('text_model.embeddings.token_embedding.weight')[ids] + w('text_model.embeddings.position_embedding.weight')
    mask = np.triu(np.full((len(ids), len(ids)), -np.inf), 1)

    def norm(name, x):
        return standard(x, 1e-5) * w(f'{name}.weight') + w(f'{name}.bias')

    for i in range(c['num_hidden_layers']):
        p = f'text_model.encoder.layers.{i}'
        y = norm(f'{p}.layer_norm1', x)
        q, k, v = (split(w.linear(f'{p}.self_attn.{n}_proj', y), heads) for n in 'qkv')
        x = x + w.linear(f'{p}.self_attn.out_proj', join(softmax(q @ k.transpose(0, 2, 1) * d ** -.5 + mask) @ v))
        y = w.linear(f'{p}.mlp.fc1', norm(f'{p}.layer_norm2', x))
        x = x + w.linear(f'{p}.mlp.fc2', y / (1 + np.exp(-1.702 * y)))
    return norm('text_model.final_layer_norm', x)[np.argmax(ids)]


def t5(w, c, ids):
    x, table = w('shared.weight')[ids], w('encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight')
    n, bias = len(ids), np.zeros((c['num_heads'], len(ids), len(ids)))
    for q in range(n):
        for k in range(n):
            r = abs(k - q)
            row = r if r < 8 else min(15, 8 + sum(r >= edge for edge in (12, 16, 23, 32, 46, 64, 91)))
            bias[:, q, k] = table[row + (16 if k > q else 0)]
    for i in range(c['num_layers']):
        p = f'encoder.block.{i}.layer.0'
        y = rms(x, w(f'{p}.layer_norm.weight'))
        q, k, v = (split(w.linear(f'{p}.SelfAttention.{m}', y), c['num_heads']) for m in 'qkv')
        x = x + w.linear(f'{p}.SelfAttention.o', join(softmax(q @ k.transpose(0, 2, 1) + bias) @ v))
        p = f'encoder.block.{i}.layer.1'
        y, m = rms(x, w(f'{p}.layer_norm.weight')), f'{p}.DenseReluDense'
        x = x + w.linear(f'{m}.wo', gelu(w.linear(f'{m}.wi_0', y)) * w.linear(f'{m}.wi_1', y))
    return rms(x, w('encoder.final_layer_norm.weight'))


def transformer(w, c, img, txt, pooled, sigma, guidance, ids):
    heads = c['num_attention_heads']

    def embedded(name, v):
        return w.linear(f'time_text_embed.{name}.linear_2', silu(w.linear(f'time_text_embed.{name}.linear_1', v)))

    def sinusoid(v):
        a = 1000 * v * np.exp(-math.log(10000) * np.arange(128) / 128)
        return np.concatenate([np.cos(a), np.sin(a)])

    m = silu(embedded('timestep_embedder', sinusoid(sigma)) + embedded('guidance_embedder', sinusoid(guidance))
             + embedded('text_embedder', pooled))
    angle = np.concatenate([ids[:, k:k + 1] * 10000.0 ** (-np.arange(0, d, 2) / d)
                            for k, d in enumerate(c['axes_dims_rope'])], 1)
    turn = np.exp(1j * angle)

    def rotate(x):
        y = (x[..., 0::2] + 1j * x[..., 1::2]) * turn
        return np.stack([y.real, y.imag], -1).reshape(x.shape)

    def attend(q, k, v):
        q, k = rotate(q), rotate(k)
        return join(softmax(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])) @ v)

    def normed(name, weight, x):
        return rms(split(w.linear(name, x), heads), w(f'{weight}.weight'))

    x, y = w.linear('x_embedder', img), w.linear('context_embedder', txt)
    n = len(y)
    for i in range(c['num_layers']):
        p = f'transformer_blocks.{i}'
        a, b = np.split(w.linear(f'{p}.norm1.linear', m), 6), np.split(w.linear(f'{p}.norm1_context.linear', m), 6)
        xn, yn = standard(x, 1e-6) * (1 + a[1]) + a[0], standard(y, 1e-6) * (1 + b[1]) + b[0]
        q, k = (np.concatenate([normed(f'{p}.attn.add_{s}_proj', f'{p}.attn.norm_added_{s}', yn),
                                normed(f'{p}.attn.to_{s}', f'{p}.attn.norm_{s}', xn)], 1) for s in 'qk')
        v = np.concatenate([split(w.linear(f'{p}.attn.add_v_proj', yn), heads),
                            split(w.linear(f'{p}.attn.to_v', xn), heads)], 1)
        o = attend(q, k, v)
        x, y = x + a[2] * w.linear(f'{p}.attn.to_out.0', o[n:]), y + b[2] * w.linear(f'{p}.attn.to_add_out', o[:n])
        xn, yn = standard(x, 1e-6) * (1 + a[4]) + a[3], standard(y, 1e-6) * (1 + b[4]) + b[3]
        x = x + a[5] * w.linear(f'{p}.ff.net.2', gelu(w.linear(f'{p}.ff.net.0.proj', xn)))
        y = y + b[5] * w.linear(f'{p}.ff_context.net.2', gelu(w.linear(f'{p}.ff_context.net.0.proj', yn)))
    z = np.concatenate([y, x])
    for i in range(c['num_single_layers']):
        p = f'single_transformer_blocks.{i}'
        shift, scale, gate = np.split(w.linear(f'{p}.norm.linear', m), 3)
        s = standard(z, 1e-6) * (1 + scale) + shift
        o = attend(normed(f'{p}.attn.to_q', f'{p}.attn.norm_q', s), normed(f'{p}.attn.to_k', f'{p}.attn.norm_k', s),
                   split(w.linear(f'{p}.attn.to_v', s), heads))
        z = z + gate * w.linear(f'{p}.proj_out', np.concatenate([o, gelu(w.linear(f'{p}.proj_mlp', s))], 1))
    scale, shift = np.split(w.linear('norm_out.linear', m), 2)
    return w.linear('proj_out', standard(z[n:], 1e-6) * (1 + scale) + shift)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--model', default='../pentimento-mini')
    a = p.parse_args()
    parts = {'transformer': 'transformer', 'clip': 'text_encoder', 't5': 'text_encoder_2'}
    config = {k: json.loads(Path(f'{a.model}/{v}/config.json').read_text()) for k, v in parts.items()}
    weights = {k: Weights(f'{a.model}/{FILES[k]}') for k in parts}
    mini, t = load_mini(a.model), Tokenizers(a.model)
    text, height, width = 'Please make teh red circle blue, then add a vignette', 6, 9
    clip_ids, t5_ids = t.clip_ids(text), t.t5_ids(text)
    random = np.random.default_rng(5)
    img = random.normal(size=(2 * height * width, 64))
    pooled, txt = clip(weights['clip'], config['clip'], clip_ids), t5(weights['t5'], config['t5'], t5_ids)
    ids = make_ids(height, width, torch.zeros(1, 2), 'cpu')
    out = transformer(weights['transformer'], config['transformer'], img, txt, pooled, .7, 2.5, ids[0].double().numpy())
    with torch.no_grad():
        txt2, pooled2 = mini.encode_text(torch.tensor([clip_ids]), torch.tensor([t5_ids]))
        out2 = mini.transformer(torch.tensor(img)[None].float(), txt2, pooled2, torch.tensor([.7]), torch.tensor([2.5]), ids)
    assert len(clip_ids) == len(t5_ids) == LENGTH
    worst = 0.0
    for name, x, y in (('pooled', pooled, pooled2[0]), ('text', txt, txt2[0]), ('prediction', out, out2[0])):
        error = float(np.abs(x - y.numpy()).max())
        print(f'{name}: largest difference {error:.1e} of {np.abs(x).max():.2f}')
        worst = max(worst, error / np.abs(x).max())
    raise SystemExit(0 if worst < 1e-4 else 'the folder and the training code disagree')


if __name__ == '__main__':
    main()
