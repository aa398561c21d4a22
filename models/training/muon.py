"""Muon for the matrices, AdamW for the rest, in one optimiser.

Muon replaces a matrix's momentum by the nearest matrix with equal singular values (a few Newton–Schulz steps), so that
every direction learns at one rate. Its updates are scaled to the size of AdamW's: one learning rate serves both.
"""
import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonal(x, steps=5):
    """[n, rows, columns] -> about the nearest matrices with all singular values 1."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(steps):
        square = x @ x.transpose(1, 2)
        x = a * x + torch.baddbmm(b * square, square, square, alpha=c) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.AdamW):
    """AdamW over `parameters`; those in `matrices` (anything of two or more dimensions) get Muon's update instead."""

    def __init__(self, parameters, matrices, rate, momentum=.95, **adam):
        self.momentum = momentum
        self.matrices = list(matrices)
        chosen = {id(p) for p in self.matrices}
        super().__init__([p for p in parameters if id(p) not in chosen], rate, **adam)
        shapes = {}
        for p in self.matrices:
            shapes.setdefault((p.shape[0], p[0].numel()), []).append(p)
        self.stacks = list(shapes.items())

    def zero_grad(self, set_to_none=True):
        super().zero_grad(set_to_none)
        for p in self.matrices:
            p.grad = None

    @torch.no_grad()
    def step(self, closure=None):
        super().step(closure)
        group = self.param_groups[0]
        rate, decay = group['lr'], group['weight_decay']
        for shape, parameters in self.stacks:
            trained = [p for p in parameters if p.grad is not None]
            if not trained:
                continue
            momenta = [self.state[p].setdefault('momentum', torch.zeros_like(p)) for p in trained]
            for m, p in zip(momenta, trained):
                m.mul_(self.momentum).add_(p.grad)
            ahead = torch.stack([p.grad.add(m, alpha=self.momentum).reshape(shape) for m, p in zip(momenta, trained)])
            for p, update in zip(trained, orthogonal(ahead)):
                p.mul_(1 - rate * decay).add_(update.view_as(p), alpha=-.2 * max(shape) ** .5 * rate)
