"""The FLUX transformer in the diffusers form (tensor names and mathematics), at any size.

Image tokens are [target, context]; text goes in front inside. ids are (t, y, x): text (0, 0, 0), target (0, y, x),
context (1, y, x), counted in tokens of 16 × 16 px.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from text import heads_of


def sinusoid(v):
    """[n] -> [n, 256], cosines first; the value is multiplied by 1000."""
    f = torch.exp(-math.log(10000) * torch.arange(128, device=v.device, dtype=torch.float32) / 128)
    a = 1000 * v.float()[:, None] * f
    return torch.cat([a.cos(), a.sin()], 1)


def rotary(ids, axes):
    """ids [n or 1, t, 3] -> cos, sin [n or 1, 1, t, head_dim / 2]"""
    angles = []
    for k, d in enumerate(axes):
        f = 10000 ** (-torch.arange(0, d, 2, device=ids.device, dtype=torch.float32) / d)
        angles.append(ids[..., k:k + 1].float() * f)
    a = torch.cat(angles, -1)[:, None]
    return a.cos(), a.sin()


def rotate(x, cos, sin):
    """Adjacent channel pairs turned by the token's angles. x [n, heads, t, head_dim]"""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(3)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


def norm(x, scale, shift):
    """Layer norm without own weights, then modulation. scale, shift [n, 1, c]"""
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift


ALL = slice(None)


def attend(q, k, v, cos, sin, rows=ALL):
    """rows: those of the queries."""
    q, k = rotate(q, cos[:, :, rows], sin[:, :, rows]).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
    if v.dtype is torch.bfloat16 and v.device.type == 'cpu':   # its backward pass is three times as fast as the fused one's
        weights = (q * q.shape[-1] ** -.5 @ k.transpose(2, 3)).softmax(-1)
        return (weights @ v).transpose(1, 2).flatten(2)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Modulation(nn.Module):
    """m [n, c] -> `count` tensors [n, 1, c]"""

    def __init__(self, width, count):
        super().__init__()
        self.count = count
        self.linear = nn.Linear(width, count * width)

    def forward(self, m):
        return self.linear(m)[:, None].chunk(self.count, -1)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        inner = nn.Module()
        inner.proj = nn.Linear(width, 4 * width)
        self.net = nn.ModuleList([inner, nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x):
        return self.net[2](F.gelu(self.net[0].proj(x), approximate='tanh'))


class JointAttention(nn.Module):
    """Image and text streams with their own projections, one softmax over both."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        for name in ('to_q', 'to_k', 'to_v', 'add_q_proj', 'add_k_proj', 'add_v_proj', 'to_add_out'):
            self.add_module(name, nn.Linear(width, width))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])
        for name in ('norm_q', 'norm_k', 'norm_added_q', 'norm_added_k'):
            self.add_module(name, RmsNorm(width // heads))

    def forward(self, x, y, cos, sin):
        h, t = self.heads, y.shape[1]
        q = torch.cat([self.norm_added_q(heads_of(self.add_q_proj(y), h)), self.norm_q(heads_of(self.to_q(x), h))], 2)
        k = torch.cat([self.norm_added_k(heads_of(self.add_k_proj(y), h)), self.norm_k(heads_of(self.to_k(x), h))], 2)
        v = torch.cat([heads_of(self.add_v_proj(y), h), heads_of(self.to_v(x), h)], 2)
        out = attend(q, k, v, cos, sin)
        return self.to_out[0](out[:, t:]), self.to_add_out(out[:, :t])


class DoubleBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm1_context = Modulation(width, 6), Modulation(width, 6)
        self.attn = JointAttention(width, heads)
        self.ff, self.ff_context = FeedForward(width), FeedForward(width)

    def forward(self, x, y, m, cos, sin):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.norm1(m)
        shift3, scale3, gate3, shift4, scale4, gate4 = self.norm1_context(m)
        dx, dy = self.attn(norm(x, scale1, shift1), norm(y, scale3, shift3), cos, sin)
        x, y = x + gate1 * dx, y + gate3 * dy
        x = x + gate2 * self.ff(norm(x, scale2, shift2))
        return x, y + gate4 * self.ff_context(norm(y, scale4, shift4))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.norm_q, self.norm_k = RmsNorm(width // heads), RmsNorm(width // heads)

    def forward(self, n, cos, sin, rows):
        q, k = self.norm_q(heads_of(self.to_q(n[:, rows]), self.heads)), self.norm_k(heads_of(self.to_k(n), self.heads))
        return attend(q, k, heads_of(self.to_v(n), self.heads), cos, sin, rows)


class SingleBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm = Modulation(width, 3)
        self.attn = Attention(width, heads)
        self.proj_mlp = nn.Linear(width, 4 * width)
        self.proj_out = nn.Linear(5 * width, width)

    def forward(self, z, m, cos, sin, rows=ALL):
        shift, scale, gate = self.norm(m)
        n = norm(z, scale, shift)
        u = F.gelu(self.proj_mlp(n[:, rows]), approximate='tanh')
        return z[:, rows] + gate * self.proj_out(torch.cat([self.attn(n, cos, sin, rows), u], -1))


class Embedder(nn.Module):
    def __init__(self, cin, width):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(cin, width), nn.Linear(width, width)

    def forward(self, v):
        return self.linear_2(F.silu(self.linear_1(v)))


class Transformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        heads = config['num_attention_heads']
        width = heads * config['attention_head_dim']
        self.x_embedder = nn.Linear(config['in_channels'], width)
        self.context_embedder = nn.Linear(config['joint_attention_dim'], width)
        self.time_text_embed = nn.Module()
        self.time_text_embed.timestep_embedder = Embedder(256, width)
        self.time_text_embed.guidance_embedder = Embedder(256, width)
        self.time_text_embed.text_embedder = Embedder(config['pooled_projection_dim'], width)
        self.transformer_blocks = nn.ModuleList(DoubleBlock(width, heads) for _ in range(config['num_layers']))
        self.single_transformer_blocks = nn.ModuleList(
            SingleBlock(width, heads) for _ in range(config['num_single_layers']))
        self.norm_out = Modulation(width, 2)
        self.proj_out = nn.Linear(width, config['in_channels'])

    def forward(self, img, txt, pooled, sigma, guidance, ids, wanted=None, hidden=None, depth=None):
        """img [n, target + context, 64], txt [n, t, text], pooled [n, p], sigma [n], guidance [n],
        ids [n or 1, t + target + context, 3] -> prediction of the first `wanted` image tokens, by default all: [n, wanted, 64].
        hidden: a list that gets the image tokens as they leave each block but the last, [n, target + context, c].
        depth: single blocks after which to stop, for the sake of `hidden` alone."""
        e = self.time_text_embed
        m = F.silu(e.timestep_embedder(sinusoid(sigma)) + e.guidance_embedder(sinusoid(guidance))
                   + e.text_embedder(pooled))
        x, y = self.x_embedder(img), self.context_embedder(txt)
        cos, sin = rotary(ids, self.config['axes_dims_rope'])
        for block in self.transformer_blocks:
            x, y = block(x, y, m, cos, sin)
            if hidden is not None:
                hidden.append(x)
        text, z = y.shape[1], torch.cat([y, x], 1)
        *blocks, last = self.single_transformer_blocks
        for block in blocks[:depth]:
            z = block(z, m, cos, sin)
            if hidden is not None:
                hidden.append(z[:, text:])
        if depth is not None:
            return None
        z = last(z, m, cos, sin, slice(text, text + (wanted or x.shape[1])))
        scale, shift = self.norm_out(m)
        return self.proj_out(norm(z, scale, shift))
