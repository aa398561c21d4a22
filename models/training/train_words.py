"""Teaches the text encoders other words for what the transformer already reads, on text alone.

  python train_words.py --steps 1500

Minutes where training with pictures would take hours: a sentence as people type it shall come out of the encoders as a
plain one from the templates that asks for the same did before, and the plain ones stay where they were, so that the
transformer reads both. Continues and saves the checkpoint of train.py, which then goes on with pictures.
"""
import argparse
import copy

import torch
import torch.nn.functional as F

from chance import Chance
from prompts import random_edits, sentence
from train import Trainer, arguments


def spread(x):
    """Mean square of what tells the sentences of a batch apart: the unit of the losses."""
    return (x - x.mean(0)).square().mean().detach() + 1e-6


class Rewording:
    def __init__(self, trainer, seed):
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
        same = F.mse_loss(pooled_typed, pooled) / spread(pooled)
        same_txt = F.mse_loss(txt_typed.mean(1), txt.mean(1)) / spread(txt.mean(1))
        drift = F.mse_loss(pooled_plain, pooled) / spread(pooled) + F.mse_loss(txt_plain, txt) / spread(txt)
        read = self.model.heads.read(txt_typed, pooled_typed, asked)
        parts = same, same_txt, drift, read
        return same + .5 * same_txt + 2 * drift + 2 * read, [float(x.detach()) for x in parts]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--steps', type=int, default=1500)
    p.add_argument('--batch', type=int, default=64, help='pairs of sentences')
    p.add_argument('--rate', type=float, default=7e-4)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=2)
    own, rest = p.parse_known_args()
    torch.set_num_threads(own.threads)
    trainer = Trainer(arguments(rest))
    rewording = Rewording(trainer, own.seed)
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
