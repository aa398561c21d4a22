"""Teaches the text encoders other words for what the transformer already reads, on text alone.

  python train_words.py --steps 1500
  python train_words.py --steps 450 --anew       once, before edits of objects are trained in earnest

Minutes where training with pictures would take hours: a sentence as people type it shall come out of the encoders as a
plain one from the templates that asks for the same did before, and the plain ones stay where they were, so that the
transformer reads both. With --anew those that speak of objects may move, to where the heads tell best what they ask for,
and the transformer has to learn to read them again. Continues and saves the checkpoint of train.py, which then goes on with
pictures.
"""
import argparse
import copy

import torch
import torch.nn.functional as F

import phrases as P
from chance import Chance
from prompts import random_edits, sentence
from train import Trainer, arguments


def spread(x):
    """Mean square of what tells the sentences of a batch apart: the unit of the losses."""
    return (x - x.mean(0)).square().mean().detach() + 1e-6


class Rewording:
    """anew: whether sentences that speak of objects may move."""

    def __init__(self, trainer, seed, anew=False):
        self.anew = anew
        self.trainer, self.model, self.chance = trainer, trainer.model, Chance(seed, 'cpu')
        self.before = copy.deepcopy(self.model).requires_grad_(False)
        self.trained = [*self.model.clip.parameters(), *self.model.t5.parameters(),
                        *self.model.heads.clip.parameters(), *self.model.heads.t5.parameters()]

    def loss(self, n):
        """-> loss, (pooled, mean of the sequence, drift of plain sentences, reading), the first three 1 = knows nothing"""
        asked = [random_edits(self.chance) for _ in range(n)]
        typed = self.trainer.ids([sentence(e, self.chance, typed=.8) for e in asked])
        plain = self.trainer.ids([sentence(e, self.chance, typos=0, typed=0) for e in asked])
        with torch.no_grad():
            txt, pooled = self.before.encode_text(*plain)
        txt_typed, pooled_typed = self.model.encode_text(*typed)
        txt_plain, pooled_plain = self.model.encode_text(*plain)
        held = torch.tensor([.15 if self.anew and e[0]['name'] in P.OBJECT_WORDING else 1.0 for e in asked])

        def apart(x, y):
            return ((x - y).square().flatten(1).mean(1) * held).mean() / spread(y)

        same, same_txt = apart(pooled_typed, pooled), apart(txt_typed.mean(1), txt.mean(1))
        drift = apart(pooled_plain, pooled) + apart(txt_plain, txt)
        read = self.model.heads.read(txt_typed, pooled_typed, asked)
        parts = same, same_txt, drift, read
        return same + .5 * same_txt + 2 * drift + .3 * read, [float(x.detach()) for x in parts]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--steps', type=int, default=1500)
    p.add_argument('--batch', type=int, default=64, help='pairs of sentences')
    p.add_argument('--rate', type=float, default=7e-4)
    p.add_argument('--anew', action='store_true', help='sentences that speak of objects may move')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=2)
    own, rest = p.parse_known_args()
    torch.set_num_threads(own.threads)
    trainer = Trainer(arguments(rest))
    rewording = Rewording(trainer, own.seed, own.anew)
    optimiser = torch.optim.AdamW(rewording.trained, own.rate, betas=(.9, .99), weight_decay=.01)
    seen = []
    for step in range(own.steps):
        for group in optimiser.param_groups:
            group['lr'] = own.rate * min(1, (step + 1) / 50) * max(.02, 1 - step / own.steps)
        loss, parts = rewording.loss(own.batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rewording.trained, 1.0)
        optimiser.step()
        seen.append(parts)
        if step % 100 == 99:
            print(f'step {step + 1}: pooled, sequence, drift, reading', [round(sum(x) / len(x), 4) for x in zip(*seen)], flush=True)
            seen = []
    for name, value in trainer.model.state_dict().items():
        if not name.startswith('transformer.'):
            trainer.average[name].copy_(value)
    trainer.save()


if __name__ == '__main__':
    main()
