"""Small CLIP and T5 text encoders in the Hugging Face form (tensor names and mathematics).

Neither receives an attention mask: padding is attended to, as in the FLUX pipelines.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def heads_of(x, heads):
    """[n, t, heads * d] -> [n, heads, t, d]"""
    n, t, c = x.shape
    return x.view(n, t, heads, c // heads).transpose(1, 2)


class ClipAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (heads_of(p(x), self.heads) for p in (self.q_proj, self.k_proj, self.v_proj))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(y.transpose(1, 2).flatten(2))


class ClipMlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        y = self.fc1(x)
        return self.fc2(y * torch.sigmoid(1.702 * y))


class ClipLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn = ClipAttention(c['hidden_size'], c['num_attention_heads'])
        self.layer_norm1 = nn.LayerNorm(c['hidden_size'], eps=1e-5)
        self.mlp = ClipMlp(c['hidden_size'], c['intermediate_size'])
        self.layer_norm2 = nn.LayerNorm(c['hidden_size'], eps=1e-5)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class ClipText(nn.Module):
    """Token ids [n, length] -> pooled vector [n, hidden_size]: the final norm's row at the first eos."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        width = config['hidden_size']
        model = nn.Module()
        model.embeddings = nn.Module()
        model.embeddings.token_embedding = nn.Embedding(config['vocab_size'], width)
        model.embeddings.position_embedding = nn.Embedding(config['max_position_embeddings'], width)
        model.encoder = nn.Module()
        model.encoder.layers = nn.ModuleList(ClipLayer(config) for _ in range(config['num_hidden_layers']))
        model.final_layer_norm = nn.LayerNorm(width, eps=1e-5)
        self.text_model = model
        nn.init.normal_(model.embeddings.token_embedding.weight, std=.05)
        nn.init.normal_(model.embeddings.position_embedding.weight, std=.02)

    def forward(self, ids):
        m = self.text_model
        x = m.embeddings.token_embedding(ids) + m.embeddings.position_embedding.weight[:ids.shape[1]]
        for layer in m.encoder.layers:
            x = layer(x)
        first_eos = (ids == self.config['eos_token_id']).int().argmax(1)
        return m.final_layer_norm(x)[torch.arange(len(ids), device=ids.device), first_eos]


class T5Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6))


def relative_buckets(length):
    """[query, key] -> row of the bias table, 0…31: exact below 8, logarithmic up to 128, halves by sign."""
    table = []
    for q in range(length):
        row = []
        for k in range(length):
            r = abs(k - q)
            b = r if r < 8 else min(15, 8 + int(8 * math.log(r / 8) / math.log(16) + 1e-9))
            row.append(b + (16 if k > q else 0))
        table.append(row)
    return torch.tensor(table)


class T5Attention(nn.Module):
    def __init__(self, c, has_bias):
        super().__init__()
        inner = c['num_heads'] * c['d_kv']
        self.heads = c['num_heads']
        self.q, self.k = nn.Linear(c['d_model'], inner, bias=False), nn.Linear(c['d_model'], inner, bias=False)
        self.v, self.o = nn.Linear(c['d_model'], inner, bias=False), nn.Linear(inner, c['d_model'], bias=False)
        nn.init.normal_(self.q.weight, std=(c['d_model'] * c['d_kv']) ** -.5)
        nn.init.normal_(self.k.weight, std=c['d_model'] ** -.5)
        if has_bias:
            self.relative_attention_bias = nn.Embedding(32, c['num_heads'])
            nn.init.normal_(self.relative_attention_bias.weight, std=.3)

    def forward(self, x, bias):
        """Scores are not scaled; bias [heads, t, t] is added."""
        q, k, v = (heads_of(p(x), self.heads) for p in (self.q, self.k, self.v))
        weights = ((q @ k.transpose(2, 3)).float() + bias).softmax(-1).to(v.dtype)
        return self.o((weights @ v).transpose(1, 2).flatten(2))


class T5Layer(nn.Module):
    """`part` under the name that transformers uses, with its norm before it."""

    def __init__(self, name, part, width):
        super().__init__()
        self.part = name
        self.add_module(name, part)
        self.layer_norm = T5Norm(width)

    def forward(self, x, *bias):
        return x + getattr(self, self.part)(self.layer_norm(x), *bias)


class GatedGelu(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.wi_0, self.wi_1 = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.wo = nn.Linear(inner, width, bias=False)

    def forward(self, y):
        return self.wo(F.gelu(self.wi_0(y), approximate='tanh') * self.wi_1(y))


class T5Block(nn.Module):
    def __init__(self, c, first):
        super().__init__()
        width = c['d_model']
        self.layer = nn.ModuleList([T5Layer('SelfAttention', T5Attention(c, first), width),
                                    T5Layer('DenseReluDense', GatedGelu(width, c['d_ff']), width)])

    def forward(self, x, bias):
        return self.layer[1](self.layer[0](x, bias))


class T5Text(nn.Module):
    """Token ids [n, length] -> sequence [n, length, d_model]; padding is kept."""

    def __init__(self, config, length):
        super().__init__()
        self.config = config
        self.shared = nn.Embedding(config['vocab_size'], config['d_model'])
        self.encoder = nn.Module()
        self.encoder.block = nn.ModuleList(T5Block(config, i == 0) for i in range(config['num_layers']))
        self.encoder.final_layer_norm = T5Norm(config['d_model'])
        self.register_buffer('buckets', relative_buckets(length), persistent=False)

    def forward(self, ids):
        x = self.shared(ids)
        table = self.encoder.block[0].layer[0].SelfAttention.relative_attention_bias
        bias = table(self.buckets[:ids.shape[1], :ids.shape[1]]).permute(2, 0, 1).float()
        for block in self.encoder.block:
            x = block(x, bias)
        return self.encoder.final_layer_norm(x)
