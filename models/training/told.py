"""What the throw-away heads of a checkpoint tell of edits of objects that training never draws: what is not told yet is what to
teach next.

  python told.py --checkpoint checkpoint --edit replace      -> of tokens of windows, at each of the noise levels that are served
"""
import argparse

import torch

from chance import Chance
from data import Maker
from evaluate import HELD_OUT
from heads import OUTLINE, SHALL, SHOWN, WHAT, even
from mini import GUIDANCE, STEPS, make_ids, precision, set_up, sigmas
from pool import Pool
from train import Trainer, arguments

SIDE = 192   # of a window, pixels


def told(trainer, b, level):
    """{what: share or distance} of a batch of windows whose target has so much noise."""
    n, tokens, _ = b['x0'].shape
    heads, hidden, levels = trainer.model.heads, [], torch.full((n,), level)
    xt = torch.lerp(b['x0'], torch.randn_like(b['x0']), level)
    with torch.no_grad(), precision(trainer.device):
        v = trainer.forward(torch.cat([xt, b['context']], 1), *trainer.model.encode_text(*trainer.ids(b['prompts'])), levels,
                            torch.full((n,), GUIDANCE), make_ids(b['height'], b['width'], b['places'], trainer.device),
                            tokens, hidden)
        seen, shall, outlines = (head(even(hidden[block])).float() for head, block in (
            (heads.what, WHAT), (heads.shall, SHALL), (heads.outline, OUTLINE)))
    shown, changed = b['shown'].flatten(1, 2), b['changed'].flatten(1)
    new = b['shall'].flatten(1, 2)
    there, painted = shown[..., 0] > 0, (b['meant'].flatten(1) > 0) & (new[..., 0] > 0)
    kinds, _, offsets = seen[:, tokens:].split(SHOWN, -1)
    new_kinds, new_colours, new_offsets = shall[:, :tokens].split(SHOWN, -1)
    error, nothing = ((x - b['x0']).square().mean(2)[changed].mean() for x in (xt - level * v.float(), b['context']))
    return {
        'source: kind wrong': (kinds.argmax(-1) != shown[..., 0])[there].float().mean(),
        'source: where of it, in its sizes, off by': (offsets - shown[..., 2:])[there].norm(dim=-1).median(),
        'target: kind wrong': (new_kinds.argmax(-1) != new[..., 0])[painted].float().mean(),
        'target: colour wrong': (new_colours.argmax(-1) != new[..., 1])[painted].float().mean(),
        'target: where of it, off by': (new_offsets - new[..., 2:])[painted].norm(dim=-1).median(),
        'target: squares of outlines wrong': (
            (outlines[:, :tokens] > 0) != (b['outlines'].flatten(1, 2) > .5))[changed].float().mean(),
        'painted: error, of doing nothing': error / nothing}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--checkpoint', default='checkpoint')
    p.add_argument('--model', default='../pentimento-mini', help='of its VAE and tokenizers')
    p.add_argument('--edit', default='replace', choices=('recolour', 'remove', 'replace'))
    p.add_argument('--batches', type=int, default=6, help='of 24 windows')
    a = p.parse_args()
    set_up('cpu', 2)
    trainer = Trainer(arguments(['--checkpoint', a.checkpoint, '--model', a.model]))
    trainer.model.load_state_dict(trainer.average)
    maker = Maker(Pool(4, 512, Chance(HELD_OUT, 'cpu')))
    batches = [trainer.latents(maker.glimpses(24, SIDE, SIDE, edited=True, names=[a.edit])) for _ in range(a.batches)]
    for level in sigmas(STEPS, 1024)[:-1]:
        each = [told(trainer, b, level) for b in batches]
        print(f'noise {level:.2f}')
        for what in each[0]:
            print(f'  {what} {sum(float(one[what]) for one in each) / len(each):.3f}')


if __name__ == '__main__':
    main()
