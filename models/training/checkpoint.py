"""The whole training state in small files: weights and average in float16, the optimiser's moments in 8 bits.

state.json says step, samples and layout; part-0.bin, part-1.bin, … are one byte string cut into pieces of at most
PART bytes, small enough to travel. Random generators are seeded from (seed, step), so they need no state.
"""
import json
from pathlib import Path

import torch
from safetensors.torch import load, save

PART = 14_000_000
BLOCK = 64  # numbers that share a scale
MOMENTS = {'exp_avg': True, 'exp_avg_sq': False, 'momentum': True}   # of AdamW and Muon; True: signed


def to_bytes8(x, signed):
    """float tensor -> uint8 codes and float16 scales per BLOCK; square-root spaced, so small values keep precision."""
    flat = x.detach().float().cpu().flatten()
    padded = torch.cat([flat, flat.new_zeros(-len(flat) % BLOCK)]).view(-1, BLOCK)
    scale = padded.abs().amax(1, keepdim=True).clamp(min=1e-30).log2().ceil().clamp(-120, 120)
    part = (padded / 2 ** scale).abs().sqrt()
    if signed:
        codes = (part * 127).round() * padded.sign() + 128
    else:
        codes = (part * 255).round()
    return codes.clamp(0, 255).to(torch.uint8).flatten()[:len(flat)].clone(), scale.flatten().to(torch.int8)


def from_bytes8(codes, scale, shape, signed):
    flat = codes.float()
    flat = (flat - 128) / 127 if signed else flat / 255
    padded = torch.cat([flat, flat.new_zeros(-len(flat) % BLOCK)]).view(-1, BLOCK)
    values = padded * padded.abs() * 2 ** scale.float()[:, None]
    return values.flatten()[:len(codes)].view(shape)


def save_state(folder, model, average, optimiser, facts):
    """facts: a dict for state.json."""
    tensors = {}
    weights = dict(model.state_dict())
    for name, value in weights.items():
        tensors[f'weight/{name}'] = value.detach().cpu().half().contiguous()
        tensors[f'average/{name}'] = average[name].detach().cpu().half().contiguous()
    for name, parameter in model.named_parameters():
        state = optimiser.state.get(parameter, {})
        for key, signed in MOMENTS.items():
            if key in state:   # the root of the second moment is what the update divides by
                value = state[key] if signed else state[key].sqrt()
                tensors[f'{key}/{name}'], tensors[f'{key}-scale/{name}'] = to_bytes8(value, signed)
    blob = save(tensors)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = range(0, len(blob), PART)
    for old in folder.glob('part-*.bin'):
        if int(old.stem.split('-')[1]) >= len(parts):
            old.unlink()
    for i, start in enumerate(parts):
        (folder / f'part-{i}.bin').write_bytes(blob[start:start + PART])
    (folder / 'state.json').write_text(json.dumps({**facts, 'parts': len(parts), 'bytes': len(blob)}, indent=2) + '\n')


def load_state(folder, model, average, optimiser, device):
    """Fills everything in place and returns the facts, or None when there is no checkpoint."""
    folder = Path(folder)
    if not (folder / 'state.json').exists():
        return None
    facts = json.loads((folder / 'state.json').read_text())
    blob = b''.join((folder / f'part-{i}.bin').read_bytes() for i in range(facts['parts']))
    if len(blob) != facts['bytes']:
        raise ValueError(f"checkpoint {folder} is incomplete: {len(blob)} of {facts['bytes']} bytes")
    tensors = load(blob)
    known = {k for k, v in model.state_dict().items() if f'weight/{k}' in tensors and tensors[f'weight/{k}'].shape == v.shape}
    for into, kind in ((model.state_dict(), 'weight'), (average, 'average')):   # a throw-away head that came later begins anew
        for k in known:
            into[k].copy_(tensors[f'{kind}/{k}'].float())
    for name, p in model.named_parameters():
        for key, signed in MOMENTS.items():
            if name in known and f'{key}/{name}' in tensors:
                value = from_bytes8(tensors[f'{key}/{name}'], tensors[f'{key}-scale/{name}'], p.shape, signed).to(device)
                optimiser.state[p][key] = value if signed else value.square() + 1e-16
                if key == 'exp_avg':
                    optimiser.state[p]['step'] = torch.tensor(float(facts['step']), device=device)
    return facts
