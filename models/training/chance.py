"""Seeded random numbers: bulk draws on the device that draws the scenes, single decisions on the host."""
import random

import torch


class Chance:
    """Two generators from one seed. Reading a single number from a GPU would wait for it, hence the one on the host."""

    def __init__(self, seed, device):
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device)
        self.generator.manual_seed(seed)
        self.host = random.Random(seed)

    def uniform(self, low, high, *shape):
        return torch.rand(*shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator, device=self.device)

    def integers(self, high, *shape):
        return torch.randint(0, high, shape, generator=self.generator, device=self.device)

    def one(self, low=0.0, high=1.0):
        return self.host.uniform(low, high)

    def pick(self, items):
        return items[self.host.randrange(len(items))]

    def permutation(self, n):
        return self.host.sample(range(n), n)
