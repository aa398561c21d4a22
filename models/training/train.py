"""Trains the transformer and both text encoders on generated edits, with the VAE frozen.

  python train.py --minutes 60                                  CPU
  python train.py --minutes 9 --device cuda --drawers 14 …      GPU, see README.md

Continues from the checkpoint folder when there is one, otherwise from the weights of the model folder, or from nothing
with --fresh. Everything random is seeded from --seed and the step.
"""
import argparse
import os
import time

import torch
import torch.nn as nn
import torch.multiprocessing as processes
import torch.nn.functional as F

from chance import Chance
from checkpoint import load_state, save_state
from drawing import Drawers, Drawing
from export import facts_of, load_mini
from heads import Heads
from make_tokenizers import Tokenizers
from metric import pixel_root
from mini import (GUIDANCE, STEPS, TRANSFORMER, Mini, make_ids, mu_of, pack, precision, set_up, shifted, sigmas, take,
                  text_configs)
from model_files import load_vae
from muon import Muon
from pool import Pool
from prompts import random_sentence
from start import start

ALL = slice(None)
LARGE = 600    # tokens from which a whole picture counts as large
DOUBTED = .3   # noise level from which the noisy picture may hold a wrong picture


def along(height, width):
    """Of every token how far from the top and from the left of the picture its middle is, 0…1. [1, tokens, 2]"""
    rows, columns = ((torch.arange(size) + .5) / size for size in (height, width))
    return torch.stack(torch.meshgrid(rows, columns, indexing='ij'), -1).flatten(0, 1)[None]


class Trainer:
    """model: None, or the shared one of the process that this one helps."""

    def __init__(self, a, model=None):
        self.a, self.device = a, torch.device(a.device)
        torch.manual_seed(a.seed)
        self.tokenizers = Tokenizers(a.model)
        self.model = model or self.new_model()
        self.model.to(self.device)
        if model is None:
            transformer = self.model.transformer
            blocks = [*transformer.transformer_blocks.parameters(), *transformer.single_transformer_blocks.parameters()]
            self.optimiser = Muon(self.model.parameters(), [p for p in blocks if p.dim() == 2], a.rate, betas=(.9, .99),
                                  weight_decay=.01, fused=True)
            self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
            self.facts = load_state(a.checkpoint, self.model, self.average, self.optimiser, self.device) or {
                'step': 0, 'samples': 0, 'minutes': 0.0, **({} if a.fresh_start else facts_of(a.model)),
                'warm': 0, 'seed': a.seed}
        self.vae = load_vae(a.model).to(self.device, memory_format=torch.channels_last).requires_grad_(False)
        self.waited = 0.0   # seconds, for pictures to be drawn
        self.forward = self.model.transformer
        if a.compile:
            for block in (*self.forward.transformer_blocks, *self.forward.single_transformer_blocks):
                block.compile(dynamic=True)

    def new_model(self):
        if self.a.fresh_start:
            t = self.tokenizers
            model = Mini(*text_configs(t.clip.get_vocab_size(), t.t5.get_vocab_size()))
            start(model.transformer)
        else:
            model = load_mini(self.a.model).train().requires_grad_(True)
        model.heads = Heads(128, TRANSFORMER['num_attention_heads'] * TRANSFORMER['attention_head_dim'])
        return model

    def ids(self, prompts):
        t = self.tokenizers
        return (torch.tensor([t.clip_ids(p) for p in prompts], device=self.device),
                torch.tensor([t.t5_ids(p) for p in prompts], device=self.device))

    def update(self, rate):
        for group in self.optimiser.param_groups:
            group['lr'] = rate
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.facts['step'] += 1
        keep = min(self.a.keep, (self.facts['step'] + 1) / (self.facts['step'] + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.model.state_dict().values()), 1 - keep)

    def warm_text(self, steps, n=128, heads_alone=False):
        """The text encoders learn to tell the edits apart before any picture is seen; or only the heads learn to read them."""
        chance = Chance(self.a.seed + 999, 'cpu')
        for i in range(self.facts['warm'], steps):
            prompts, asked = zip(*(random_sentence(chance) for _ in range(n)))
            with precision(self.device):
                with torch.set_grad_enabled(not heads_alone):
                    text = self.model.encode_text(*self.ids(prompts))
                loss = self.model.heads.read(*text, asked)
            loss.backward()
            self.update((1e-2 if heads_alone else 2e-3) * min(1, (i + 1) / 50) * (1 - .8 * i / steps))
            self.facts['warm'] += 1
            if i % 100 == 99:
                print(f'text {i + 1}: {float(loss.detach()):.4f}', flush=True)

    def latents(self, b):
        """The batch on the device, with latents in place of its pictures, and with its height and width in tokens."""
        b = {k: v.to(self.device, non_blocking=True) if isinstance(v, torch.Tensor) else v for k, v in b.items()}
        height, width = (side // 16 for side in b['source'].shape[2:])
        source, target = (v if v is None or v.is_floating_point() else v.float() / 255
                          for v in (b.pop('source'), b.pop('target', None)))
        with torch.no_grad(), precision(self.device):
            b['context'] = pack(self.encode(source))[b['which']]
            if target is not None:
                b['x0'] = torch.empty_like(b['context'])
                gone = torch.tensor([edit['name'] == 'remove' for edit, *_ in b['asked']], device=self.device)
                for rows, beside in ((~gone, None), (gone, source[b['which'][gone]])):
                    if rows.any():
                        b['x0'][rows] = pack(self.encode(target[rows], beside))
        return {**b, 'height': height, 'width': width}

    def encode(self, pictures, beside=None):
        """In parts that memory holds."""
        if beside is None:
            return torch.cat([self.vae.encode(p) for p in pictures.split(64)])
        return torch.cat([self.vae.encode_beside(p, q) for p, q in zip(pictures.split(64), beside.split(64))])

    def kept(self, b):
        """Of a large whole picture only bands of rows or columns: both edges and, mirrored, something between. Of an edit of
        objects all the objects, what it changes and patches of the ground: which one is meant must not show in it. [n, k]"""
        if 'changed' in b:
            if b['matter'] >= b['height'] * b['width']:
                return ALL
            changed, there = b['changed'].float(), b['shown'][..., 0] > 0
            patches = F.interpolate(torch.rand(len(changed), 1, b['height'] // 4, b['width'] // 4), changed.shape[1:])[:, 0]
            few = changed.mean((1, 2), keepdim=True) < .4
            matter = (torch.maximum(changed * few, there.float()) + patches.to(self.device)).flatten(1)
            return matter.topk(b['matter']).indices.sort(1).values
        rows = torch.rand(()) < .5
        length, size = (b['height'], b['width']) if rows else (b['width'], b['height'])
        if length * size < LARGE or torch.rand(()) < self.a.complete:
            return ALL
        inner = torch.randperm(max(1, length // 2 - 4))[:2] + 4
        line = torch.cat([torch.arange(4), inner])
        line = torch.cat([line, length - 1 - line]).unique()
        grid = torch.arange(b['height'] * b['width']).view(b['height'], b['width'])
        return (grid[line] if rows else grid[:, line]).flatten().to(self.device)

    def stands_for(self, b, kept, tokens):
        """What a kept token counts in the mean over these: in an edit of objects those that stay the same stand for all such
        tokens of the picture, of which few were kept. [n or 1, tokens]"""
        if 'changed' not in b or tokens == b['height'] * b['width']:
            return torch.ones(1, 1, device=self.device)
        changed = b['changed'].flatten(1)
        same = ~take(changed, kept)
        each = torch.where(same, ((~changed).sum(1) / same.sum(1).clamp(min=1))[:, None], 1.0)
        return each / each.mean(1, keepdim=True)

    def noise_levels(self, n):
        """A third anywhere, the rest exactly where the shipped number of steps looks."""
        u = (torch.randperm(n) + torch.rand(n)) / n
        line = torch.tensor(sigmas(STEPS, 1024)[:-1])
        served = line[torch.randint(len(line), (n,))]
        return torch.where(torch.rand(n) < 1 / 3, shifted(u, mu_of(1024)).clamp(min=.05), served).to(self.device)

    def loss(self, b):
        """-> plain squared error of the velocity (2 knows nothing), what is minimised

        The answer is determined by source and prompt, so the noisy picture deserves no trust: in half of the samples it
        holds a wrong picture on its way from the source, as it does when an earlier step was wrong. Errors are weighed by
        what they cost in pixels, and every sample's by its own size: pictures are judged in decibels, and a few that are
        far off would otherwise decide every step."""
        if 'x0' not in b:
            return self.glimpse(b)
        kept = self.kept(b)
        x0, context = take(b['x0'], kept), take(b['context'], kept)
        n, tokens, _ = x0.shape
        sigma = self.noise_levels(n)
        guidance = torch.where(torch.rand(n) < .5, torch.full((n,), GUIDANCE), 1 + 9 * torch.rand(n)).to(self.device)
        doubt = (torch.rand(n) * .6 * (torch.rand(n) < .5)).to(self.device) * (sigma > DOUBTED)
        s = sigma[:, None, None]
        noise = torch.randn_like(x0)
        xt = torch.lerp(torch.lerp(x0, context, doubt[:, None, None]), noise, s)
        hidden = [] if 'shown' in b or b['whole'] else None
        with precision(self.device):
            txt, pooled, read = self.text(b, self.a.sentences)
            v = self.forward(torch.cat([xt, context], 1), txt, pooled, sigma, guidance,
                             make_ids(b['height'], b['width'], b['places'], self.device, kept), tokens, hidden)
            found = self.model.heads.found(
                hidden, *(take(b[what].flatten(1, 2), kept) for what in ('shown', 'meant', 'changed', 'shall', 'outlines'))
            ) if 'shown' in b else 0
            if b['whole'] and tokens == b['height'] * b['width']:   # fewer do not show how large the picture is
                found = found + self.model.heads.placed(hidden, along(b['height'], b['width']).to(self.device))
        error = v.float() - (xt - x0) / s
        weighed = (((error @ self.root).square() * s).mean(2) * self.stands_for(b, kept, tokens)).mean(1)
        level = weighed / (weighed.detach() + self.a.level * (.3 if 'shown' in b and b['whole'] else 1))
        level = level * self.counts(b)
        return error.detach().square().mean(), level.mean() + .1 * read + .3 * found

    def counts(self, b):
        """What each sample of a batch counts: complete pictures are few beside windows, and mirroring needs them. [n]"""
        large = b['whole'] and 'shown' not in b and b['height'] * b['width'] >= LARGE
        mirrored = torch.tensor([edit['name'] == 'mirror' for edit, *_ in b['asked']], device=self.device)
        return torch.where(mirrored, self.a.mirror, 1.0) * (self.a.wholes if large else 1)

    def text(self, b, more=0):
        """-> txt, pooled, the loss of reading: the prompts of a batch and others, for text alone is cheap."""
        n = len(b['prompts'])
        more, more_asked = zip(*(random_sentence(self.words) for _ in range(more))) if more else ((), ())
        txt, pooled = self.model.encode_text(*self.ids([*b['prompts'], *more]))
        return txt[:n], pooled[:n], self.model.heads.read(txt, pooled, [*b['asked'], *more_asked])

    def glimpse(self, b):
        """-> share of the objects' tokens whose kind is not told, what is minimised: the first blocks look at context tokens
        alone, a small part of the cost of an edit, and learn what there is to see and which of it is meant."""
        n, tokens, _ = b['context'].shape
        ids, hidden = make_ids(b['height'], b['width'], b['places'], self.device), []
        ids = torch.cat([ids[:, :-2 * tokens], ids[:, -tokens:]], 1)
        with precision(self.device):
            txt, pooled, read = self.text(b)
            self.forward(b['context'], txt, pooled, self.noise_levels(n), torch.full((n,), GUIDANCE, device=self.device), ids,
                         hidden=hidden, depth=1)
            loss, wrong = self.model.heads.seen(hidden, b['shown'].flatten(1, 2), b['meant'].flatten(1))
        return wrong, loss + .1 * read

    def save(self):
        save_state(self.a.checkpoint, self.model, self.average, self.optimiser, self.facts)

    def batches(self, seed):
        """Endless. Each encoded batch of edits is used --reuse times, in shuffled order."""
        a = self.a
        drawing = Drawers(a, seed, self.device) if a.drawers else Drawing(a, Pool(a.pictures, 512, Chance(seed, self.device)))
        pool, self.words = drawing.pool, Chance(seed + 1, 'cpu')
        windows = torch.cat([pool.window(96, 96) for _ in range(4)]).to(self.device)
        self.root = pixel_root(self.vae, windows, a.pixels)
        while True:
            asked = time.time()
            drawn = [next(drawing) for _ in range(a.fresh)]
            self.waited += time.time() - asked
            fresh = [self.latents(b) for b in drawn]
            again = [b for b in fresh if 'x0' in b] * (a.reuse - 1)   # with new noise, which glimpses do not have
            yield from pool.chance.host.sample(fresh + again, len(fresh + again))
            pool.draw(a.redraw)

    def help(self, number, slot):
        """A process that only computes gradients, into shared memory whenever the leader has taken the last ones."""
        parameters = list(self.model.parameters())
        torch.manual_seed(self.a.seed * 7919 + number)
        samples = 0
        for b in self.batches(self.a.seed * 1_000_003 + number):
            (self.loss(b)[1] * len(b['prompts'])).backward()
            samples += len(b['prompts'])
            if not slot['samples']:
                for p, shared in zip(parameters, slot['gradients']):
                    if p.grad is not None:
                        shared.copy_(p.grad)
                        p.grad.zero_()
                slot['samples'].fill_(samples)
                samples = 0
            if os.getppid() != self.a.leader:
                return

    def helpers(self):
        """Starts them; they read the shared weights while these change, so the order of updates is no longer determined."""
        slots = []
        if self.a.helpers:
            self.model.share_memory()
        for number in range(1, self.a.helpers + 1):
            slot = {'samples': torch.zeros((), dtype=torch.long).share_memory_(),
                    'gradients': [torch.zeros_like(p).share_memory_() for p in self.model.parameters()]}
            processes.get_context('spawn').Process(
                target=help_leader, args=(self.a, self.model, self.facts['step'] + number, slot), daemon=True).start()
            slots.append(slot)
        return slots

    def gather(self, slots, samples):
        """Adds what the helpers have ready to the own gradient (a sum over samples); all become one mean."""
        for slot in slots:
            if slot['samples']:
                for p, shared in zip(self.model.parameters(), slot['gradients']):
                    if p.grad is not None:
                        p.grad += shared
                samples += int(slot['samples'])
                slot['samples'].zero_()
        for p in self.model.parameters():
            if p.grad is not None:
                p.grad /= samples
        return samples

    def run(self):
        a, began = self.a, time.time()
        before, trained = self.facts['minutes'], self.facts['samples']
        if not self.facts['warm']:   # text alone would move away from what a trained transformer has learned to read
            if a.fresh_start:
                self.warm_text(a.warm)
            else:
                self.warm_text(100, n=64, heads_alone=True)
        slots = self.helpers()
        first = self.facts['step']
        batches = self.batches(a.seed * 1_000_003 + first)
        torch.manual_seed(a.seed * 7919 + first)
        seen, saved, told, done, samples = {}, time.time(), time.time(), 0, 0
        while True:
            minutes = (time.time() - began) / 60
            left = 1 - ((self.facts['samples'] - trained) / a.piece if a.piece else minutes / a.minutes)
            if left <= 0:
                break
            b = next(batches)
            falling = min(1, left / a.fall) if a.fall else 1
            error, loss = self.loss(b)
            (loss * len(b['prompts'])).backward()
            samples += len(b['prompts'])
            kind = 'glimpses' if 'x0' not in b else 'objects' if 'shown' in b else f"{b['height'] * b['width']} tokens"
            seen.setdefault(kind, []).append(torch.stack([error, loss.detach()]))
            ready = samples + sum(int(slot['samples']) for slot in slots)
            if ready < a.samples:
                continue
            samples = self.gather(slots, samples)
            self.update(a.rate * min(1, (self.facts['step'] - first + 1) / a.rise) * max(.03, falling))
            self.facts['samples'] += samples
            done, samples = done + samples, 0
            if self.facts['step'] % a.every == 0:
                self.facts['minutes'] = round(before + minutes, 1)
                parts = {k: [round(float(x), 3) for x in torch.stack(v).mean(0)] for k, v in sorted(seen.items())}
                print(f"{self.facts['minutes']} min, step {self.facts['step']}, {self.facts['samples']} samples,",
                      f'{done / (time.time() - told):.1f} a second, drawing {self.waited / (time.time() - told):.0%}: {parts}',
                      flush=True)
                seen, told, done, self.waited = {}, time.time(), 0, 0.0
            if time.time() - saved > 60 * a.save_minutes:
                self.save()
                saved = time.time()
        self.facts['minutes'] = round(before + (time.time() - began) / 60, 1)
        self.save()


def help_leader(a, model, number, slot):
    set_up(a.device, a.threads)
    Trainer(a, model).help(number, slot)


def arguments(given=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--minutes', type=float, default=60, help='of this piece')
    p.add_argument('--piece', type=int, default=0, help='length of this piece in samples instead of minutes: pauses cost nothing')
    p.add_argument('--device', default='cpu')
    p.add_argument('--threads', type=int, default=2, help='CPU threads of each process')
    p.add_argument('--helpers', type=int, default=0, help='further processes; one thread each is best on a busy machine')
    p.add_argument('--samples', type=int, default=1, help='least number of samples in a step, gathered over batches')
    p.add_argument('--tokens', type=int, default=2048, help='target tokens in a batch')
    p.add_argument('--most', type=int, default=1000, help='pictures in a batch at most')
    p.add_argument('--drawers', type=int, default=0, help='processes that draw on the CPU, for a GPU that trains')
    p.add_argument('--mix', type=float, nargs=5, default=[.35, .1, .35, .15, .05],
                   metavar=('WINDOW', 'SMALL', 'FULL', 'OBJECTS', 'GLIMPSES'), help='shares of batches: windows, small whole '
                   'pictures, those of a bucket, edits of objects at a bucket, windows of crowded scenes to look at')
    p.add_argument('--matter', type=int, default=256, help='tokens used of an object edit at a bucket')
    p.add_argument('--matter-close', type=int, default=1000, help='the same in a window, at most')
    p.add_argument('--close', type=float, default=.6, help='share of edits of objects in windows instead of at a bucket')
    p.add_argument('--windows', type=int, nargs='+', default=[8, 8, 10], help='sides of windows in tokens')
    p.add_argument('--glimpses', type=int, nargs='+', default=[12], help='sides in tokens of windows to look at')
    p.add_argument('--rate', type=float, default=1e-3)
    p.add_argument('--rise', type=int, default=100, help='steps of warm-up')
    p.add_argument('--fall', type=float, default=0, help='last share of this piece over which the rate falls')
    p.add_argument('--keep', type=float, default=.998, help='of the moving average of the weights')
    p.add_argument('--fresh', type=int, default=8, help='batches encoded at a time')
    p.add_argument('--reuse', type=int, default=2, help='times a batch is used')
    p.add_argument('--redraw', type=int, default=1, help='pictures of the pool replaced after each round')
    p.add_argument('--pictures', type=int, default=200, help='size of the pool')
    p.add_argument('--typos', type=float, default=.25, help='share of misspelt prompts')
    p.add_argument('--sentences', type=int, default=32, help='prompts without pictures in a batch')
    p.add_argument('--pixels', type=float, default=.7, help='share of the loss weighed by what an error costs in pixels')
    p.add_argument('--level', type=float, default=.04, help='error of a sample below which less of it counts as less')
    p.add_argument('--wholes', type=float, default=1, help='what a large whole picture counts beside the others')
    p.add_argument('--mirror', type=float, default=1, help='what one that is to be mirrored counts more')
    p.add_argument('--complete', type=float, default=.2, help='share of large whole pictures used with all their tokens')
    p.add_argument('--complete-objects', type=float, default=.05, help='the same of edits of objects at a bucket')
    p.add_argument('--fresh-start', dest='fresh_start', action='store_true', help='from nothing')
    p.add_argument('--warm', type=int, default=600, help='steps on text alone at the very start')
    p.add_argument('--every', type=int, default=50, help='steps between reports')
    p.add_argument('--save-minutes', type=float, default=4)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--model', default='../pentimento-mini')
    p.add_argument('--checkpoint', default='checkpoint')
    p.add_argument('--compile', action='store_true', help='the blocks, for a GPU')
    a = p.parse_args(given)
    a.leader = os.getpid()
    return a


if __name__ == '__main__':
    a = arguments()
    set_up(a.device, a.threads)
    Trainer(a).run()
