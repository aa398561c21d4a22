"""Writes pictures that training never draws, for the product's own evaluation (`npm run eval:model`).

  python held_out.py               -> held-out/cases.json and its pictures, WebP at quality 95

Scenes are sources alone: the edits of whole pictures are computed where they are measured. Object edits come as pairs,
because their target is the same scene drawn anew.
"""
import argparse
import json
import shutil
from pathlib import Path

import torch
from PIL import Image

from chance import Chance
from data import Maker
from evaluate import HELD_OUT
from model_files import BUCKETS
from pool import Pool
from prompts import sentence
from scenes import OBJECT_EDITS


def write(path, x):
    """x [3, H, W] in 0…1"""
    pixels = (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    Image.fromarray(pixels).save(path, quality=95, method=6)
    return path.name


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--scenes', type=int, default=2, help='pictures for the edits of whole pictures')
    p.add_argument('--pairs', type=int, default=12, help='pairs for each object edit')
    p.add_argument('--out', default='held-out')
    a = p.parse_args()
    chance = Chance(HELD_OUT + 1, 'cpu')
    maker = Maker(Pool(max(4, a.scenes), 512, chance))
    folder = Path(f'{a.out}.new')   # takes the other's place at the end: a run cut short must not mix two sets
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    scenes = []
    for i in range(a.scenes):
        width, height = chance.pick(BUCKETS)
        picture = maker.pool.window(height, width) if i % 2 else maker.scenes(1, height, width)[0]
        scenes.append(write(folder / f'scene-{i}.webp', picture[0]))
    objects = []
    for name in OBJECT_EDITS:
        for i in range(a.pairs):
            width, height = chance.pick(BUCKETS)
            source, target, asked, *_ = maker.object_batch(1, height, width, name)
            stem = f'{name.replace(" ", "-")}-{i}'
            objects.append({'edit': name, 'prompt': sentence(asked[0], chance, typos=0),
                            'source': write(folder / f'{stem}-source.webp', source[0]),
                            'target': write(folder / f'{stem}-target.webp', target[0])})
    (folder / 'cases.json').write_text(json.dumps({'scenes': scenes, 'objects': objects}, indent=1) + '\n')
    shutil.rmtree(a.out, ignore_errors=True)
    folder.rename(a.out)


if __name__ == '__main__':
    main()
