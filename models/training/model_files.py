"""Reads and writes the parts of the model folder (diffusers layout), and reads photographs."""
import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from vae import Vae

# The 17 preferred aspect ratios of Kontext at about a quarter of a megapixel, width × height, multiples of 16.
BUCKETS = [(336, 784), (336, 752), (352, 736), (368, 704), (400, 672), (416, 624), (432, 592), (480, 560), (512, 512),
           (560, 480), (592, 432), (624, 416), (672, 400), (704, 368), (736, 352), (752, 336), (784, 336)]


def write_json(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(value, indent=2) + '\n')


def write_tensors(path, tensors, facts={}):
    """float16, contiguous, in a stable order; what is worth knowing about the training goes into the header."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file({k: tensors[k].detach().to('cpu', torch.float16).contiguous() for k in sorted(tensors)}, path,
              metadata={'format': 'pt', **({'training': json.dumps(facts)} if facts else {})})
    Path(path).chmod(0o644)


def save_vae(vae, model):
    c = vae.config
    levels = len(c['channels'])
    write_json(f'{model}/vae/config.json', {
        '_class_name': 'AutoencoderKL', '_diffusers_version': '0.34.0', 'act_fn': 'silu',
        'block_out_channels': c['channels'], 'down_block_types': ['DownEncoderBlock2D'] * levels,
        'force_upcast': True, 'in_channels': 3, 'latent_channels': 16, 'latents_mean': None, 'latents_std': None,
        'layers_per_block': c['layers'], 'mid_block_add_attention': False, 'norm_num_groups': c['groups'],
        'out_channels': 3, 'sample_size': 512, 'scaling_factor': c['scale'], 'shift_factor': c['shift'],
        'up_block_types': ['UpDecoderBlock2D'] * levels, 'use_post_quant_conv': False, 'use_quant_conv': False})
    write_tensors(f'{model}/vae/diffusion_pytorch_model.safetensors', vae.state_dict())


def load_vae(model):
    c = json.loads(Path(f'{model}/vae/config.json').read_text())
    vae = Vae({'channels': c['block_out_channels'], 'layers': c['layers_per_block'], 'groups': c['norm_num_groups'],
               'shift': c['shift_factor'], 'scale': c['scaling_factor']})
    tensors = load_file(f'{model}/vae/diffusion_pytorch_model.safetensors')
    vae.load_state_dict({k: v.float() for k, v in tensors.items()})
    return vae


def bucket(width, height):
    """The preferred size nearest in aspect, both sides first floored to 16 as diffusers does; ties to the smaller width."""
    width, height = max(16, width // 16 * 16), max(16, height // 16 * 16)
    return min(BUCKETS, key=lambda b: (abs(width / height - b[0] / b[1]), b[0], b[1]))


def photographs(folder, device):
    """[(name, [1, 3, H, W] in 0…1)] stretched with Lanczos to their bucket."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() in ('.png', '.jpg', '.jpeg', '.webp'):
            image = Image.open(path).convert('RGB')
            image = image.resize(bucket(*image.size), Image.LANCZOS)
            pixels = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float() / 255
            found.append((path.stem, pixels.to(device)))
    return found


def contact_sheet(rows, path, side=256):
    """rows: lists of [3, H, W] in 0…1, each drawn to fit side × side px."""
    sheet = Image.new('RGB', (side * max(len(r) for r in rows), side * len(rows)), 'white')
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            pixels = (image.clamp(0, 1) * 255 + .5).byte().permute(1, 2, 0).cpu().numpy()
            picture = Image.fromarray(pixels)
            ratio = (side - 4) / max(picture.size)
            picture = picture.resize([math.floor(v * ratio) for v in picture.size], Image.LANCZOS)
            sheet.paste(picture, (x * side + 2, y * side + 2))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
