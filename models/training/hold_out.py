"""Writes the held-out set: generated pictures that training never draws, with prompts and exact targets.

  python hold_out.py          -> held-out/cases.json and pictures (WebP; lossless where objects are drawn)
"""
import argparse
import json
from pathlib import Path

from PIL import Image

import edits
from chance import Chance
from data import Maker
from evaluate import HELD_OUT
from model_files import BUCKETS
from pool import Pool
from prompts import sentence
from scenes import OBJECT_EDITS


def write(path, image, lossless):
    """image [1, 3, H, W] in 0…1"""
    pixels = (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(path, lossless=lossless, quality=100 if lossless else 90, method=6)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--folder', default='held-out')
    p.add_argument('--objects', type=int, default=4, help='scenes for each object edit')
    a = p.parse_args()
    folder = Path(a.folder)
    folder.mkdir(exist_ok=True)
    chance = Chance(HELD_OUT, 'cpu')
    maker = Maker(Pool(16, 512, chance))
    cases, sources = [], []
    for i in range(4):
        width, height = chance.pick(BUCKETS)
        sources.append((f'picture-{i}.webp', maker.pool.window(height, width)))
        write(folder / sources[i][0], sources[i][1], False)
    names = [n for n in edits.GLOBAL for _ in range(3 if n in ('tint', 'frame') else 1)]
    for i, name in enumerate(names):
        file, x = sources[i % 4]
        edit = {'name': name, 'colour': chance.pick(edits.COLOUR_NAMES) if name in ('tint', 'frame') else None}
        target = f'scene-{i:02}.webp'
        write(folder / target, edits.apply(name, x, min(x.shape[2:]), edit['colour']), False)
        cases.append({'group': 'scene', 'edit': name, 'prompt': sentence([edit], chance, typos=0), 'source': file,
                      'target': target})
    for name in OBJECT_EDITS:
        for i in range(a.objects):
            width, height = chance.pick(BUCKETS)
            source, target, asked = maker.object_batch(1, height, width, name)
            files = [f'{name}-{i}-{side}.webp' for side in ('source', 'target')]
            write(folder / files[0], source, True)
            write(folder / files[1], target, True)
            cases.append({'group': 'object', 'edit': name, 'prompt': sentence(asked[0], chance, typos=0),
                          'source': files[0], 'target': files[1]})
    (folder / 'cases.json').write_text(json.dumps(cases, indent=1) + '\n')
    print(len(cases), 'cases,', round(sum(f.stat().st_size for f in folder.iterdir()) / 1e6, 1), 'MB')


if __name__ == '__main__':
    main()
