"""The three trained parts together (CLIP, T5, transformer), packing, the noise schedule and sampling."""
import contextlib
import math

import torch
import torch.nn as nn

from make_tokenizers import LENGTH
from text import ClipText, T5Text
from transformer import Transformer

TRANSFORMER = {
    '_class_name': 'FluxTransformer2DModel', '_diffusers_version': '0.34.0', 'attention_head_dim': 32,
    'axes_dims_rope': [8, 12, 12], 'guidance_embeds': True, 'in_channels': 64, 'joint_attention_dim': 128,
    'num_attention_heads': 6, 'num_layers': 4, 'num_single_layers': 5, 'out_channels': None, 'patch_size': 1,
    'pooled_projection_dim': 128}
SHIFT = {'base_image_seq_len': 256, 'base_shift': .5, 'max_image_seq_len': 4096, 'max_shift': 1.15}
STEPS, GUIDANCE = 2, 2.5   # that the model is shipped for


def precision(device):
    """Autocast to bfloat16 where the machine has instructions for it; elsewhere that would be ten times slower."""
    if device.type == 'cpu' and not torch.cpu._is_avx512_bf16_supported():
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def set_up(device, threads):
    """How a process computes that trains: its CPU threads, or on a GPU float32 products in TF32, which training bears."""
    if device == 'cpu':
        torch.set_num_threads(threads)
    else:
        torch.set_float32_matmul_precision('high')


def text_configs(clip_vocabulary, t5_vocabulary):
    """bos and eos are CLIP's last two ids, eos the largest: arg-max and first-eos pooling agree."""
    clip = {'architectures': ['CLIPTextModel'], 'attention_dropout': 0.0, 'bos_token_id': clip_vocabulary - 2,
            'eos_token_id': clip_vocabulary - 1, 'hidden_act': 'quick_gelu', 'hidden_size': 128,
            'intermediate_size': 384, 'layer_norm_eps': 1e-5, 'max_position_embeddings': LENGTH,
            'model_type': 'clip_text_model', 'num_attention_heads': 4, 'num_hidden_layers': 3,
            'pad_token_id': clip_vocabulary - 1, 'projection_dim': 128, 'torch_dtype': 'float16',
            'vocab_size': clip_vocabulary}
    t5 = {'architectures': ['T5EncoderModel'], 'd_ff': 256, 'd_kv': 32, 'd_model': 128, 'dense_act_fn': 'gelu_new',
          'dropout_rate': 0.0, 'eos_token_id': 1, 'feed_forward_proj': 'gated-gelu', 'is_encoder_decoder': False,
          'is_gated_act': True, 'layer_norm_epsilon': 1e-6, 'model_type': 't5', 'num_heads': 4, 'num_layers': 3,
          'pad_token_id': 0, 'relative_attention_max_distance': 128, 'relative_attention_num_buckets': 32,
          'tie_word_embeddings': False, 'torch_dtype': 'float16', 'use_cache': False, 'vocab_size': t5_vocabulary}
    return clip, t5


class Mini(nn.Module):
    def __init__(self, clip_config, t5_config, transformer_config=None):
        super().__init__()
        self.clip = ClipText(clip_config)
        self.t5 = T5Text(t5_config, LENGTH)
        self.transformer = Transformer(transformer_config or TRANSFORMER)

    def encode_text(self, clip_ids, t5_ids):
        """[n, LENGTH] each -> txt [n, LENGTH, 128], pooled [n, 128]"""
        return self.t5(t5_ids), self.clip(clip_ids)


def pack(z):
    """[n, 16, H, W] -> [n, (H/2)(W/2), 64]; channel = c * 4 + dy * 2 + dx"""
    n, c, h, w = z.shape
    return z.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(n, h // 2 * (w // 2), c * 4)


def unpack(t, height, width):
    """The inverse; height and width in tokens."""
    n = t.shape[0]
    return t.view(n, height, width, 16, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(n, 16, 2 * height, 2 * width)


def take(x, kept):
    """The kept ones of the tokens x [n, tokens, …]: a slice or [k] for all pictures alike, or [n, k] where each has its own."""
    if isinstance(kept, torch.Tensor) and kept.dim() == 2:
        return x[torch.arange(len(kept), device=kept.device)[:, None], kept]
    return x[:, kept]


def make_ids(height, width, places, device, kept=slice(None)):
    """[n, LENGTH + 2 * tokens, 3]; places [n, 2]: row and column of the window in tokens (zeros: whole); kept: indices of
    those of the height * width tokens that are there, as `take` has them."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing='ij')
    grid = torch.stack([rows, columns], -1).reshape(1, -1, 2).float().to(device) + places[:, None].float()
    grid = take(grid, kept)
    time = torch.zeros_like(grid[..., :1])
    text = torch.zeros(len(places), LENGTH, 3, device=device)
    return torch.cat([text, torch.cat([time, grid], 2), torch.cat([time + 1, grid], 2)], 1)


def mu_of(tokens):
    s = SHIFT
    slope = (s['max_shift'] - s['base_shift']) / (s['max_image_seq_len'] - s['base_image_seq_len'])
    return s['base_shift'] + (tokens - s['base_image_seq_len']) * slope


def shifted(u, mu):
    """u in 0…1 (number or tensor) -> sigma"""
    e = math.exp(mu)
    return e * u / (1 + (e - 1) * u)


def sigmas(steps, tokens):
    return [shifted(1 - i / steps, mu_of(tokens)) for i in range(steps)] + [0.0]


@torch.no_grad()
def sample(mini, context, txt, pooled, height, width, steps=STEPS, guidance=GUIDANCE, seed=0):
    """context [n, t, 64] -> latents [n, t, 64] by Euler steps from noise."""
    n = len(context)
    noise = torch.randn(context.shape, generator=torch.Generator().manual_seed(seed)).to(context.device)
    x, ids = noise, make_ids(height, width, torch.zeros(1, 2, device=context.device), context.device)
    g = torch.full((n,), float(guidance), device=context.device)
    line = sigmas(steps, height * width)
    for now, after in zip(line, line[1:]):
        s = torch.full((n,), now, device=context.device)
        v = mini.transformer(torch.cat([x, context], 1), txt, pooled, s, g, ids, x.shape[1])
        x = x + (after - now) * v.float()
    return x
