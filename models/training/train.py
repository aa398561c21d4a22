"""Trains the transformer and both text encoders on generated edits, with the VAE frozen.

  python train.py --minutes 60                                     CPU
  python train.py --minutes 9 --device cuda --tokens 131072 …      GPU, see README.md

Continues from the checkpoint folder when there is one. Everything random is seeded from --seed and the step.
"""
import argparse
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from chance import Chance
from checkpoint import load_state, save_state
from data import WHOLE_SIZES, Maker
from make_tokenizers import Tokenizers
from mini import GUIDANCE, Mini, make_ids, mu_of, pack, shifted, text_configs
from model_files import BUCKETS, load_vae
from pool import Pool
from prompts import LABELS, labels, random_sentence
from start import start


class Trainer:
    def __init__(self, a):
        self.a, self.device = a, torch.device(a.device)
        torch.manual_seed(a.seed)
        self.tokenizers = Tokenizers(a.model)
        sizes = self.tokenizers.clip.get_vocab_size(), self.tokenizers.t5.get_vocab_size()
        self.model = Mini(*text_configs(*sizes))
        start(self.model.transformer)
        self.model.head = nn.Linear(128, LABELS)      # thrown away: reads the edit from CLIP's pooled vector
        self.model.t5_head = nn.Linear(128, LABELS)   # and from the mean of T5's sequence
        self.model.to(self.device)
        self.names = [n for n, _ in self.model.named_parameters()]
        self.optimiser = torch.optim.AdamW(self.model.parameters(), a.rate, betas=(.9, .99), weight_decay=.01, fused=True)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.facts = load_state(a.checkpoint, self.model, self.average, self.optimiser, self.names, self.device) or {
            'step': 0, 'samples': 0, 'minutes': 0.0, 'warm': 0, 'seed': a.seed}
        self.vae = load_vae(a.model).to(self.device, memory_format=torch.channels_last).requires_grad_(False)
        self.forward = torch.compile(self.model.transformer, dynamic=True) if a.compile else self.model.transformer

    def ids(self, prompts):
        t = self.tokenizers
        return (torch.tensor([t.clip_ids(p) for p in prompts], device=self.device),
                torch.tensor([t.t5_ids(p) for p in prompts], device=self.device))

    def read(self, txt, pooled, asked):
        """Loss of the throw-away heads."""
        answers = torch.tensor([labels(e) for e in asked], device=self.device)
        return (F.binary_cross_entropy_with_logits(self.model.head(pooled).float(), answers)
                + F.binary_cross_entropy_with_logits(self.model.t5_head(txt.mean(1)).float(), answers))

    def update(self, loss, rate):
        for group in self.optimiser.param_groups:
            group['lr'] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.facts['step'] += 1
        keep = min(self.a.keep, (self.facts['step'] + 1) / (self.facts['step'] + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.model.state_dict().values()), 1 - keep)

    def warm_text(self, steps, n=128):
        """The text encoders learn to tell the edits apart before any picture is seen."""
        chance = Chance(self.a.seed + 999, 'cpu')
        for i in range(self.facts['warm'], steps):
            prompts, asked = zip(*(random_sentence(chance) for _ in range(n)))
            with torch.autocast(self.device.type, torch.bfloat16):
                loss = self.read(*self.model.encode_text(*self.ids(prompts)), asked)
            self.update(loss, 2e-3 * min(1, (i + 1) / 50) * (1 - .8 * i / steps))
            self.facts['warm'] += 1
            if i % 100 == 99:
                print(f'text {i + 1}: {float(loss.detach()):.4f}', flush=True)

    def encoded(self, maker):
        """A batch with latents: kind by --mix, as many pictures as --tokens target tokens allow."""
        chance = maker.chance
        window, small, _ = self.a.mix
        r = chance.one() * sum(self.a.mix)
        whole = r >= window
        side = 16 * chance.pick(self.a.windows)
        width, height = (side, side) if not whole else chance.pick(WHOLE_SIZES if r < window + small else BUCKETS)
        tokens = height // 16 * (width // 16)
        n = max(1, self.a.tokens // tokens)
        b = maker.batch(n, height, width, whole, self.a.objects)
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16):
            z = [self.vae.encode(p) for x in (b['source'], b['target']) for p in x.split(64)]
        z = pack(torch.cat(z))
        return {'context': z[:n], 'x0': z[n:], 'prompts': b['prompts'], 'asked': b['asked'], 'places': b['places'],
                'height': height // 16, 'width': width // 16}

    def loss(self, b):
        n, tokens, _ = b['x0'].shape
        u = (torch.randperm(n) + torch.rand(n)).to(self.device) / n
        sigma = shifted(u, mu_of(1024)).clamp(min=.02)
        sigma = torch.where(torch.rand(n).to(self.device) < .12, torch.ones_like(sigma), sigma)
        guidance = torch.where(torch.rand(n) < .5, torch.full((n,), GUIDANCE), 1 + 9 * torch.rand(n)).to(self.device)
        noise = torch.randn_like(b['x0'])
        xt = torch.lerp(b['x0'], noise, sigma[:, None, None])
        with torch.autocast(self.device.type, torch.bfloat16):
            txt, pooled = self.model.encode_text(*self.ids(b['prompts']))
            v = self.forward(torch.cat([xt, b['context']], 1), txt, pooled, sigma, guidance,
                             make_ids(b['height'], b['width'], b['places'], self.device))[:, :tokens]
            error = (v.float() - (noise - b['x0'])).square().mean()
            return error, error + .05 * self.read(txt, pooled, b['asked'])

    def save(self):
        save_state(self.a.checkpoint, self.model, self.average, self.optimiser, self.names, self.facts)

    def run(self):
        a, began = self.a, time.time()
        before = self.facts['minutes']
        if not self.facts['samples']:   # later it would move the text away from what the transformer has learned
            self.warm_text(a.warm)
        maker = Maker(Pool(a.pictures, 512, Chance(a.seed * 1_000_003 + self.facts['step'], self.device)))
        torch.manual_seed(a.seed * 7919 + self.facts['step'])
        recent, seen, saved, told = [], {}, time.time(), time.time()
        first, queue = self.facts['step'], []
        while (minutes := (time.time() - began) / 60) < a.minutes:
            if not queue:   # each encoded batch is used --reuse times, in shuffled order, with new noise
                fresh = [self.encoded(maker) for _ in range(a.fresh)]
                queue = maker.chance.host.sample(fresh * a.reuse, a.fresh * a.reuse)
                maker.pool.draw(a.redraw)
            b = queue.pop()
            left = (a.minutes - minutes) / a.minutes
            falling = min(1, left / a.fall) if a.fall else 1
            error, loss = self.loss(b)
            self.update(loss, a.rate * min(1, (self.facts['step'] - first + 1) / a.rise) * max(.03, falling))
            self.facts['samples'] += len(b['x0'])
            seen.setdefault(b['height'] * b['width'], []).append(error.detach())
            if self.facts['step'] % a.every == 0:
                self.facts['minutes'] = round(before + minutes, 1)
                parts = {k: round(float(torch.stack(v).mean()), 4) for k, v in sorted(seen.items())}
                speed = sum(len(v) for v in seen.values()) / (time.time() - told)
                print(f"{self.facts['minutes']} min, step {self.facts['step']}, {self.facts['samples']} samples,",
                      f'{speed:.2f} steps/s, loss by tokens {parts}', flush=True)
                seen, told = {}, time.time()
            if time.time() - saved > 60 * a.save_minutes:
                self.save()
                saved = time.time()
        self.facts['minutes'] = round(before + (time.time() - began) / 60, 1)
        self.save()


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--minutes', type=float, default=60, help='of this piece')
    p.add_argument('--device', default='cpu')
    p.add_argument('--threads', type=int, default=2, help='CPU threads')
    p.add_argument('--tokens', type=int, default=2048, help='target tokens in a batch')
    p.add_argument('--mix', type=float, nargs=3, default=[.6, .4, 0], metavar=('WINDOW', 'SMALL', 'FULL'),
                   help='shares of windows, small whole pictures, whole pictures at the buckets')
    p.add_argument('--windows', type=int, nargs='+', default=[8, 8, 10], help='sides of windows in tokens')
    p.add_argument('--objects', type=float, default=.4, help='share of object edits among whole pictures')
    p.add_argument('--rate', type=float, default=1e-3)
    p.add_argument('--rise', type=int, default=100, help='steps of warm-up')
    p.add_argument('--fall', type=float, default=0, help='last share of this piece over which the rate falls')
    p.add_argument('--keep', type=float, default=.998, help='of the moving average of the weights')
    p.add_argument('--fresh', type=int, default=8, help='batches encoded at a time')
    p.add_argument('--reuse', type=int, default=2, help='times a batch is used')
    p.add_argument('--redraw', type=int, default=1, help='pictures of the pool replaced after each round')
    p.add_argument('--pictures', type=int, default=200, help='size of the pool')
    p.add_argument('--warm', type=int, default=600, help='steps on text alone at the very start')
    p.add_argument('--every', type=int, default=50, help='steps between reports')
    p.add_argument('--save-minutes', type=float, default=4)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--model', default='../pentimento-mini')
    p.add_argument('--checkpoint', default='checkpoint')
    p.add_argument('--compile', action='store_true')
    return p.parse_args()


if __name__ == '__main__':
    a = arguments()
    if a.device == 'cpu':
        torch.set_num_threads(a.threads)
    Trainer(a).run()
