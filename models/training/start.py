"""Where training starts: a network that already copies the context image.

Only an initialisation; every number here is trained on. From random weights the long part of the training is the
discovery that a target token should look at the context token of the same place; here some heads do so at once:
their queries and keys begin as constant vectors, so that after rotation their product depends on the offset alone.
The residual stream begins with x_t in the first 64 channels, the context token's copy in the next 64, and a constant
in the last 64 that keeps the layer norms' divisor steady. The first block tells each token how near it is to each edge
of the picture, which rotary positions alone do not say.
"""
import math

import torch
import torch.nn as nn

SHARP = 3.0        # scale of q and k on the channel pairs that carry position
CONSTANT = 2.0     # size of the constant channels
EDGE_SLOPE = 1.37  # of q and k: 0.35 a token
EDGE_SINK = .9     # of q and k of the text: half of a head's attention five tokens from the edge
# share of the product carried by each rotary pair: (axis, pair, share); the lowest frequencies rule out aliases
PAIRS = [(0, 0, .20), (1, 0, .22), (1, 1, .13), (1, 2, .05), (2, 0, .22), (2, 1, .13), (2, 2, .05)]


def pair_channel(axes, axis, pair):
    return sum(axes[:axis]) + 2 * pair


def position_vectors(axes, offset):
    """q and k biases [head_dim] whose rotated product is largest where the key lies at `offset` (t, y, x) from the query."""
    size = sum(axes)
    q, k = torch.zeros(size), torch.zeros(size)
    for axis, pair, share in PAIRS:
        c = pair_channel(axes, axis, pair)
        angle = 10000 ** (-2 * pair / axes[axis]) * offset[axis]
        q[c] = k[c] = math.sqrt(share * size)
        k[c], k[c + 1] = q[c] * math.cos(angle), -q[c] * math.sin(angle)
    return q, k


def set_heads(to_q, to_k, axes, offsets):
    """Heads 0, 1, … look at the given offsets; the others start without the sharpened pairs."""
    size = sum(axes)
    sharp = [c + i for axis, pair, _ in PAIRS for c in [pair_channel(axes, axis, pair)] for i in (0, 1)]
    with torch.no_grad():
        for head in range(to_q.out_features // size):
            rows = slice(head * size, head * size + size)
            if head < len(offsets):
                for linear, bias in zip((to_q, to_k), position_vectors(axes, offsets[head])):
                    linear.weight[rows] *= .02
                    linear.bias[rows] = bias
            else:
                for linear in (to_q, to_k):
                    linear.weight[[head * size + c for c in sharp]] /= SHARP


def sharpen(norms, axes):
    with torch.no_grad():
        for axis, pair, _ in PAIRS:
            c = pair_channel(axes, axis, pair)
            for norm in norms:
                norm.weight[c:c + 2] = SHARP


def tell_edges(block, axes):
    """Sets a double block that adds to the image stream's last four channels how near the bottom, top, right and left edges
    are: about 2.5 at the edge, 1.5 five tokens (80 px) from it, 0 at fifteen. The rest of its output begins as nothing.

    A head's product with image tokens grows with their distance in one direction: the nearer the edge, the less there is
    to look at, and the more remains for the text tokens, whose product is constant. Only text tokens carry a value."""
    attn, size = block.attn, sum(axes)
    sink, far = pair_channel(axes, 0, axes[0] // 2 - 1), 2     # the pair that hardly turns; 0.046 radians a token
    with torch.no_grad():
        for modulation in (block.norm1, block.norm1_context):
            nn.init.zeros_(modulation.linear.weight)
            modulation.linear.bias.view(6, -1)[[2, 5]] = 1
        for linear in (attn.to_out[0], attn.to_add_out, block.ff.net[2], block.ff_context.net[2]):
            nn.init.zeros_(linear.weight)
        for head, (axis, sign) in enumerate([(1, 1), (1, -1), (2, 1), (2, -1)]):
            rows, towards = slice(head * size, (head + 1) * size), pair_channel(axes, axis, far)
            for linear in (attn.to_q, attn.to_k, attn.add_q_proj, attn.add_k_proj):
                linear.weight[rows] *= .02
            attn.to_q.bias[[head * size + c for c in (towards, sink)]] = math.sqrt(size / 2)
            attn.to_k.bias[head * size + towards + 1] = -sign * math.sqrt(size)
            attn.add_k_proj.bias[head * size + sink] = math.sqrt(size)
            for linear in (attn.to_v, attn.add_v_proj):
                linear.weight[head * size] = 0
            attn.add_v_proj.bias[head * size] = 1
            attn.to_out[0].weight[head - 4, head * size] = 3
        for norm in (attn.norm_q, attn.norm_k):
            for axis in (1, 2):
                c = pair_channel(axes, axis, far)
                norm.weight[c:c + 2] = EDGE_SLOPE
        for norm in (attn.norm_q, attn.norm_added_k):
            norm.weight[sink:sink + 2] = EDGE_SINK


def start(model):
    """Sets all weights of a Transformer with at least 192 channels and heads of 32."""
    axes, width = model.config['axes_dims_rope'], model.proj_out.in_features
    depth = len(model.transformer_blocks) + len(model.single_transformer_blocks)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features ** -.5)
            nn.init.zeros_(module.bias)
    here = (1, 0, 0)
    around = [(1, -1, 0), (1, 1, 0), (1, 0, -1), (1, 0, 1)]
    with torch.no_grad():
        embed = model.time_text_embed
        embed.guidance_embedder.linear_2.weight *= .1
        for block in model.transformer_blocks[1:]:
            for modulation in (block.norm1, block.norm1_context):
                modulation.linear.weight *= .25
                modulation.linear.bias.view(6, width)[[2, 5]] = 1
            set_heads(block.attn.to_q, block.attn.to_k, axes, [here, here, *around])
            set_heads(block.attn.add_q_proj, block.attn.add_k_proj, axes, [])
            sharpen((block.attn.norm_q, block.attn.norm_k), axes)
            for linear in (block.attn.to_out[0], block.attn.to_add_out, block.ff.net[2], block.ff_context.net[2]):
                linear.weight *= .5 / math.sqrt(depth)
        for block in model.single_transformer_blocks:
            block.norm.linear.weight *= .25
            block.norm.linear.bias.view(3, width)[2] = 1
            set_heads(block.attn.to_q, block.attn.to_k, axes, [here, here])
            sharpen((block.attn.norm_q, block.attn.norm_k), axes)
            block.proj_out.weight *= .5 / math.sqrt(depth)
        tell_edges(model.transformer_blocks[0], axes)
        copy_context(model, width)


def copy_context(model, width):
    """The second block's first two heads carry the context token's 64 channels to channels 64…127 of the target token."""
    eye = torch.eye(64)
    model.x_embedder.weight *= .02
    model.x_embedder.weight[:64] += eye
    sign = torch.tensor([1.0, -1.0]).repeat(32)
    model.x_embedder.bias[128:192] = CONSTANT * sign
    attn = model.transformer_blocks[1].attn
    attn.to_v.weight[:64] *= .02
    attn.to_v.weight[:64, :64] += eye
    into = math.sqrt((64 + 64 * CONSTANT ** 2) / width)   # undoes the layer norm before the values
    attn.to_out[0].weight[:, :64] *= .1
    attn.to_out[0].weight[64:128, :64] += into * eye
    model.norm_out.linear.weight *= .25
    out = math.sqrt((2 * 64 + 64 * CONSTANT ** 2) / width)  # and the one before the output
    model.proj_out.weight *= .05
    model.proj_out.weight[:, :64] += out * eye
    model.proj_out.weight[:, 64:128] -= out * eye
