"""Trains the VAE: generated pictures in, the same pictures out.

  python train_vae.py --minutes 35                     from scratch, or on from the weights in the model folder
  python train_vae.py --minutes 5 --decoder-only       latents stay as they are: the transformer stays valid

What goes on from weights also learns to draw scenes of which an object was removed: a quarter of its steps, or half of them with
--decoder-only.
"""
import argparse
import copy
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import edits
from chance import Chance
from data import Maker
from mini import precision, set_up
from model_files import load_vae, photographs, save_vae
from muon import Muon
from pool import Pool
from vae import Vae

CONFIG = {'channels': [16, 48, 96, 128], 'layers': 1, 'groups': 8, 'shift': 0.0, 'scale': 1.0}


def psnr(a, b):
    return 10 * math.log10(1 / max(float(((a - b) ** 2).mean()), 1e-9))


def batch(pool, n, side):
    """[n, 3, side, side]: windows, a third of them edited, as the model has to draw edited pictures too."""
    chance, images = pool.chance, []
    for _ in range(n):
        x = pool.window(side, side)
        if chance.one() < .35:
            name = chance.pick(edits.GLOBAL)
            x = edits.apply(name, x, int(chance.one(336, 513)), chance.pick(edits.COLOUR_NAMES))
        images.append(x)
    return torch.cat(images)


def emptied(maker, n, side):
    """Scenes of which an object was removed, and as they were before, [n, 3, side, side] both."""
    source, target, _, which, *_ = maker.object_batch(n, side, side, 'remove')
    return target, source[which]


def loss_of(vae, probe, x, frozen, anchor, beside=None):
    """Mean absolute and squared error, edges, and latents that are unit-sized and hold a cell's mean colour linearly.

    anchor: an earlier VAE whose latents these stay close to, so that a trained transformer stays valid. beside: pictures whose
    pieces the latents are to be, see `Vae.encode_beside`."""
    with torch.set_grad_enabled(not frozen):
        z = (vae.encoder((x * 2 - 1).to(memory_format=torch.channels_last)) if beside is None else
             vae.encode_beside(x, beside) / vae.config['scale'] + vae.config['shift'])
    noisy = z + .03 * torch.randn_like(z)
    difference = vae.decoder(noisy.to(memory_format=torch.channels_last)).float() - (x * 2 - 1)
    edges = (difference[..., 1:] - difference[..., :-1]).abs().mean()
    edges = edges + (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    loss = .25 * difference.abs().mean() + 4 * difference.square().mean() + .05 * edges
    if not frozen:
        z = z.float()
        loss = loss + .2 * (probe(z) - F.avg_pool2d(x, 8)).square().mean()
        loss = loss + .01 * (z.std((0, 2, 3)) - 1).square().mean() + .01 * z.mean((0, 2, 3)).square().mean()
        if anchor:
            with torch.no_grad():
                before = anchor.encoder((x * 2 - 1).to(memory_format=torch.channels_last))
            loss = loss + .02 * (z - before).square().mean()
    return loss, difference.square().mean() / 4


def measure(vae, pool, device, seed=7):
    """Sets shift and scale so that latents have zero mean and unit deviation."""
    vae.config.update(shift=0.0, scale=1.0)
    with torch.no_grad():
        z = torch.cat([vae.encode(batch(pool, 8, 256)) for _ in range(12)])
    vae.config.update(shift=round(float(z.mean()), 4), scale=round(1 / float(z.std()), 4))
    print('latents: shift', vae.config['shift'], 'scale', vae.config['scale'],
          'deviation by channel', [round(float(v), 2) for v in z.std((0, 2, 3))], flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--minutes', type=float, default=30)
    p.add_argument('--device', default='cpu')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--batch', type=int, default=8)
    p.add_argument('--side', type=int, default=128, help='window in pixels')
    p.add_argument('--pictures', type=int, default=320, help='size of the pool')
    p.add_argument('--rate', type=float, default=1.5e-3)
    p.add_argument('--every', type=int, default=500, help='steps between reports')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--model', default='../pentimento-mini')
    p.add_argument('--photos', help='a folder of photographs to report on; never trained on')
    p.add_argument('--fresh', action='store_true', help='start from scratch')
    p.add_argument('--decoder-only', action='store_true')
    a = p.parse_args()
    torch.manual_seed(a.seed)
    device = torch.device(a.device)
    set_up(a.device, a.threads)
    torch.backends.cudnn.benchmark = True   # few sizes come, so each finds its fastest convolution once
    vae = Vae(dict(CONFIG)) if a.fresh else load_vae(a.model)
    vae = vae.to(device, memory_format=torch.channels_last)
    probe = nn.Conv2d(16, 3, 1).to(device)
    trained = [*vae.decoder.parameters()] if a.decoder_only else [*vae.parameters(), *probe.parameters()]
    anchor = None if a.fresh or a.decoder_only else copy.deepcopy(vae).requires_grad_(False)
    optimiser = Muon(trained, [p for p in trained if p.dim() == 4 and len(p) > 3], a.rate, betas=(.9, .99),
                     weight_decay=1e-3, fused=True)
    average = {k: v.clone() for k, v in vae.state_dict().items()}
    began = time.time()
    pool = Pool(a.pictures, 512, Chance(a.seed, device))
    maker = Maker(pool)
    print(f'pool of {a.pictures} drawn in {time.time() - began:.0f} s', flush=True)
    photos = photographs(a.photos, device) if a.photos else []
    every = 0 if a.fresh else 2 if a.decoder_only else 4   # steps of which one is on scenes of which an object was removed
    began, step, squares, saved = time.time(), 0, [], time.time()
    while (done := (time.time() - began) / 60 / a.minutes) < 1:
        falling = 1 if done < .55 else max(.02, ((1 - done) / .45) ** 1.5)
        for group in optimiser.param_groups:
            group['lr'] = a.rate * min(1, (step + 1) / 200) * falling
        side = a.side if done < .8 or step % 4 else 2 * a.side
        n = a.batch if side == a.side else max(2, a.batch // 4)
        x, beside = emptied(maker, 4, 2 * a.side) if every and step % every == 1 else (batch(pool, n, side), None)
        with precision(device):
            loss, square = loss_of(vae, probe, x, a.decoder_only or beside is not None, anchor, beside)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step += 1
        keep = min(.998, (step + 1) / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), list(vae.state_dict().values()), 1 - keep)
        if step % 40 == 0:
            pool.draw(1)
        if beside is None:
            squares.append(square.detach())
        if step % a.every == 0:
            live = {k: v.clone() for k, v in vae.state_dict().items()}
            vae.load_state_dict(average)
            with torch.no_grad(), precision(device):
                dbs = [round(psnr(vae.decode(vae.encode(x)), x), 2) for _, x in photos]
            print(f'{(time.time() - began) / 60:.1f} min, step {step}, {step * a.batch} windows,',
                  f'{-10 * math.log10(float(sum(squares)) / len(squares)):.2f} dB, photos {dbs}', flush=True)
            squares = []
            if time.time() - saved > 240:
                save_vae(vae, a.model)
                saved = time.time()
            vae.load_state_dict(live)
    vae.load_state_dict(average)
    if a.fresh:
        measure(vae, pool, device)
    save_vae(vae, a.model)


if __name__ == '__main__':
    main()
