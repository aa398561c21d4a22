"""Measures a model folder: PSNR of output, of unchanged source and of the VAE's own reconstruction, each to the exact target.

An edit is learned when output beats source by 3 dB or lies within 2 dB of the ceiling (keep: within 1.5 dB).
Writes results.json, results.png (source, output, target) and paraphrases.json into the folder. The project's own
evaluation does the same with the TypeScript engine; this one needs nothing but torch and serves while training.
"""
import argparse
import json
import math
import time
from pathlib import Path

import torch

import edits
from chance import Chance
from data import Maker
from export import load_mini
from make_tokenizers import Tokenizers
from mini import STEPS, pack, sample, unpack
from model_files import BUCKETS, contact_sheet, load_vae, photographs
from pool import Pool
from prompts import command, misspell, sentence
from scenes import OBJECT_EDITS

HELD_OUT = 424242  # seed of pictures that training never draws


def psnr(a, b):
    return 10 * math.log10(1 / max(float((a - b).square().mean()), 1e-9))


class Editor:
    def __init__(self, a):
        self.device, self.fast = torch.device(a.device), a.bf16
        self.mini, self.vae = load_mini(a.model).to(self.device), load_vae(a.model).to(self.device)
        self.tokenizers = Tokenizers(a.model)

    def edit(self, source, prompts, steps, seed=0):
        """source [n, 3, H, W], n prompts -> [n, 3, H, W]"""
        t, (height, width) = self.tokenizers, (v // 16 for v in source.shape[2:])
        with torch.no_grad():
            context = pack(self.vae.encode(source))
            txt, pooled = self.mini.encode_text(
                torch.tensor([t.clip_ids(p) for p in prompts], device=self.device),
                torch.tensor([t.t5_ids(p) for p in prompts], device=self.device))
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.fast):
                x = sample(self.mini, context, txt, pooled, height, width, steps, seed=seed)
            return self.vae.decode(unpack(x, height, width))

    def ceiling(self, target):
        with torch.no_grad():
            return self.vae.decode(self.vae.encode(target))


def learned(name, output, source, ceiling):
    return output >= ceiling - 1.5 if name == 'keep' else output >= source + 3 or output >= ceiling - 2


def with_colour(name, chance):
    edit = {'name': name}
    if name in ('tint', 'frame'):
        edit['colour'] = chance.pick(edits.COLOUR_NAMES)
    return edit


def cases_on_photos(photos, names, chance):
    """[(group, name, prompt, source, target)]"""
    cases = []
    for name in names:
        for _, x in photos:
            edit = with_colour(name, chance)
            target = edits.apply(name, x, min(x.shape[2:]), edit.get('colour'))
            cases.append(('photo', name, sentence([edit], chance, typos=0), x, target))
    return cases


def cases_on_scenes(maker, names, images):
    cases, chance = [], maker.chance
    for name in names:
        for _ in range(images):
            width, height = chance.pick(BUCKETS)
            if name in OBJECT_EDITS:
                source, target, asked, *_ = maker.object_batch(1, height, width, name)
                cases.append(('object', name, sentence(asked[0], chance, typos=0), source, target))
            else:
                source = maker.pool.window(height, width)
                edit = with_colour(name, chance)
                target = edits.apply(name, source, min(height, width), edit.get('colour'))
                cases.append(('generated', name, sentence([edit], chance, typos=0), source, target))
    return cases


def run(editor, cases, steps, batch=4):
    """Adds to every case its output and the three numbers; cases of one size run together."""
    sizes, done = {}, []
    for case in cases:
        sizes.setdefault(tuple(case[3].shape[2:]), []).append(case)
    for group in sizes.values():
        for i in range(0, len(group), batch):
            part = group[i:i + batch]
            target = torch.cat([c[4] for c in part])
            output = editor.edit(torch.cat([c[3] for c in part]), [c[2] for c in part], steps)
            ceiling = editor.ceiling(target)
            for j, case in enumerate(part):
                done.append((case, output[j], psnr(output[j], target[j]), psnr(case[3][0], target[j]),
                             psnr(ceiling[j], target[j])))
    return done


def table(done):
    rows = {}
    for (group, name, *_), _, *numbers in done:
        rows.setdefault((group, name), []).append(numbers)
    out = []
    for (group, name), numbers in rows.items():
        output, source, ceiling = (round(sum(n[i] for n in numbers) / len(numbers), 2) for i in range(3))
        out.append({'set': group, 'edit': name, 'images': len(numbers), 'output': output, 'source': source,
                    'ceiling': ceiling, 'learned': learned(name, output, source, ceiling)})
    return out


def shares(rows):
    groups = {}
    for r in rows:
        groups.setdefault(r['set'], []).append(r['learned'])
    return {g: f'{sum(v)} of {len(v)}' for g, v in groups.items()}


def paraphrases(editor, photo, steps, chance, count):
    """Held-back wording, half of it misspelt, on one photograph."""
    names = [n for n in edits.GLOBAL]
    cases = []
    for i in range(count):
        edit = with_colour(names[i % len(names)], chance)
        text = command(edit, chance, held=True)
        text = misspell(command(edit, chance), chance) if i >= count // 2 else text
        target = edits.apply(edit['name'], photo, min(photo.shape[2:]), edit.get('colour'))
        cases.append(('paraphrase', edit['name'], text, photo, target))
    return [{'prompt': c[2], 'edit': c[1], 'output': round(o, 2), 'source': round(s, 2), 'ceiling': round(k, 2),
             'learned': learned(c[1], o, s, k)} for c, _, o, s, k in run(editor, cases, steps)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--model', default='../pentimento-mini')
    p.add_argument('--photos', help='a folder of photographs')
    p.add_argument('--images', type=int, default=2, help='generated pictures for each edit')
    p.add_argument('--steps', type=int, default=STEPS)
    p.add_argument('--only', nargs='+', help='names of edits')
    p.add_argument('--paraphrases', type=int, default=0, help='how many to try')
    p.add_argument('--device', default='cpu')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--bf16', action='store_true', help='faster; the engine computes in float32')
    p.add_argument('--out', default='results', help='folder for the results')
    a = p.parse_args()
    if a.device == 'cpu':
        torch.set_num_threads(a.threads)
    editor, began = Editor(a), time.time()
    chance = Chance(HELD_OUT, a.device)
    names = [n for n in [*edits.GLOBAL, *OBJECT_EDITS] if not a.only or n in a.only]
    photos = photographs(a.photos, a.device) if a.photos else []
    cases = cases_on_photos(photos, [n for n in names if n not in OBJECT_EDITS], chance)
    if a.images:
        cases += cases_on_scenes(Maker(Pool(32, 512, chance)), names, a.images)
    done = run(editor, cases, a.steps)
    rows = table(done)
    for r in rows:
        print(f"{r['set']:<10} {r['edit']:<16} output {r['output']:6.2f}  source {r['source']:6.2f}  "
              f"ceiling {r['ceiling']:6.2f}  {'learned' if r['learned'] else ''}", flush=True)
    kept = {name: round(psnr(editor.ceiling(x), x), 2) for name, x in photos}
    print(shares(rows), 'VAE on photos', kept, f'{time.time() - began:.0f} s', flush=True)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / 'results.json').write_text(json.dumps(
        {'steps': a.steps, 'vaeOnPhotos': kept, 'learned': shares(rows), 'edits': rows}, indent=1) + '\n')
    sheet = {}
    for case, output, *_ in done:
        sheet.setdefault((case[0], case[1]), [case[3][0], output, case[4][0]])
    columns = list(sheet.values())
    lines = [sum((columns[i] for i in range(k, min(k + 3, len(columns)))), []) for k in range(0, len(columns), 3)]
    contact_sheet(lines, out / 'results.png', 160)
    if a.paraphrases and photos:
        found = paraphrases(editor, photos[-1][1], a.steps, chance, a.paraphrases)
        (out / 'paraphrases.json').write_text(json.dumps(found, indent=1) + '\n')
        print(f"paraphrases: {sum(f['learned'] for f in found)} of {len(found)} work")


if __name__ == '__main__':
    main()
