"""Heads that are thrown away: they read what the networks should know by then, and so teach it to them.

They read tokens after a layer norm. Some channels of the residual stream are far larger than others, and a linear head that
reads it as it is learns next to nothing of the rest.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from edits import COLOUR_NAMES
from prompts import LABELS, SIZES, labels
from shapes import KINDS

WHOLE, WHAT, MEANT, WHERE, SHALL, OUTLINE = 2, 3, 4, 5, 6, 7   # blocks that are read: the last two double ones, four single ones
SHOWN = [len(KINDS) + 1, len(COLOUR_NAMES) + 1, 2]   # what is said of a token: kind, colour, and where of the object it is
GROUND = .2    # what a token of the ground counts beside one of an object, of which the kind is asked
NEAR = 4       # what it counts where of an object a token is: an outline is drawn as well as that is known
DRAWN = 3      # what outlines count
TOKENS = 6     # of an object that shows so few its kind is not asked as a whole


def even(x):
    return F.layer_norm(x.float(), x.shape[-1:])


def distance(said, true):
    """Loss of a place that is told, [..., 2] -> [...]. Squares would hardly count any more where it is told to a tenth."""
    return NEAR * ((said - true).square().sum(-1) + 1e-4).sqrt()


class Heads(nn.Module):
    """text, width: channels of the text encoders and of the transformer.

    hidden: image tokens as they leave each block, [n, target + context, width] each. shown [n, tokens, 4]: what the context
    tokens show, as `Draughtsman.shown` has it; shall: the same of what the target tokens shall show; outlines [n, tokens, 16]:
    `Draughtsman.outlines` of these. meant, changed [n, tokens]: whether the prompt speaks of a context token, whether the edit
    changes a target token."""

    def __init__(self, text, width):
        super().__init__()
        self.clip, self.t5 = nn.Linear(text, LABELS), nn.Linear(text, LABELS)
        self.whole = nn.Linear(width, len(KINDS))
        self.what = nn.Linear(width, sum(SHOWN))
        self.meant, self.where = nn.Linear(width, 1), nn.Linear(width, 1)
        self.shall = nn.Linear(width, sum(SHOWN))
        self.outline = nn.Linear(width, 16)
        self.place = nn.Linear(width, 8)

    def read(self, txt, pooled, asked):
        """Loss of telling the edits from CLIP's pooled vector, and from the mean of T5's sequence."""
        answers = torch.tensor([labels(e) for e in asked], device=pooled.device).split(SIZES, 1)
        return sum(F.cross_entropy(said, answer) for head, x in ((self.clip, pooled), (self.t5, txt.mean(1)))
                   for said, answer in zip(head(even(x)).float().split(SIZES, 1), answers))

    def seen(self, hidden, shown, meant):
        """-> loss of telling of context tokens which object each shows and where of it, a block later whether it is meant;
        share of the objects' tokens whose kind is not told."""
        whole, what, spoken = (even(hidden[block][:, -shown.shape[1]:]) for block in (WHOLE, WHAT, MEANT))
        kind, colour = shown[..., 0].long(), shown[..., 1].long()
        kinds, colours, offsets = self.what(what).float().split(SHOWN, -1)
        there = kind > 0
        weights = torch.ones(len(KINDS) + 1, device=shown.device)
        weights[0] = GROUND
        loss = (self.seen_whole(whole, kind) + F.cross_entropy(kinds.flatten(0, 1), kind.flatten(), weights)
                + F.cross_entropy(colours.flatten(0, 1), colour.flatten()) + distance(offsets[there], shown[there][:, 2:]).mean()
                + F.binary_cross_entropy_with_logits(self.meant(spoken).float()[..., 0], meant))
        return loss, (kinds.detach().argmax(-1) != kind)[there].float().mean()

    def seen_whole(self, tokens, kind):
        """Loss of telling the kind from the mean of all tokens of an object, a block earlier: what these have in common is soon
        known, and shows the blocks what to look for."""
        each = F.one_hot(kind, len(KINDS) + 1)[..., 1:].float()
        count = each.sum(1)
        mean = each.transpose(1, 2) @ tokens / count.clamp(min=1)[..., None]
        i, k = (count >= TOKENS).nonzero(as_tuple=True)
        return F.cross_entropy(self.whole(even(mean[i, k])).float(), k) if len(k) else 0

    def found(self, hidden, shown, meant, changed, shall, outlines):
        """Loss of the same in an edit, of telling which target tokens it changes, and, a block later, what these shall show,
        before the last blocks paint them, and a block later its outlines: few do, which count more than those that do not."""
        where, then, last = (even(hidden[block][:, :changed.shape[1]]) for block in (WHERE, SHALL, OUTLINE))
        share = changed.float().mean(1, keepdim=True).clamp(.2, .8)
        balanced = torch.where(changed, .5 / share, .5 / (1 - share))
        drawn = F.binary_cross_entropy_with_logits(self.outline(last).float(), outlines, reduction='none').mean(-1)
        return (self.seen(hidden, shown, meant)[0] + self.told(then, shall, balanced) + DRAWN * (drawn * balanced).mean()
                + F.binary_cross_entropy_with_logits(self.where(where).float()[..., 0], changed.float(), balanced))

    def told(self, tokens, shall, weights):
        """Loss of telling what target tokens shall show: its kind, its colour, and where of it each is. weights [n, tokens]"""
        kinds, colours, offsets = self.shall(tokens).float().split(SHOWN, -1)
        kind, colour = shall[..., 0].long(), shall[..., 1].long()
        off = distance(offsets, shall[..., 2:]) * (kind > 0)
        told = sum(F.cross_entropy(said.transpose(1, 2), answer, reduction='none')
                   for said, answer in ((kinds, kind), (colours, colour)))
        return ((told + off) * weights).mean()

    def placed(self, hidden, at):
        """Loss of telling where in a whole picture target tokens are: which third from the top and from the left, and how far.

        at [n or 1, tokens, 2]: from the top and from the left, 0…1."""
        said = self.place(even(hidden[WHAT][:, :at.shape[1]])).float()
        at = at.expand(len(said), -1, -1)
        third = (at * 3).long().clamp(max=2)
        return (F.cross_entropy(said[..., :3].flatten(0, 1), third[..., 0].flatten())
                + F.cross_entropy(said[..., 3:6].flatten(0, 1), third[..., 1].flatten()) + 4 * F.mse_loss(said[..., 6:], at))
