"""Batches of (source, target, prompt).

Two kinds. A *window* is a piece of an imaginary full-sized picture: it teaches what does not need the whole picture,
at the true scale and place, for a fraction of the cost. A *whole* is a complete picture of any size.
"""
import torch
import torch.nn.functional as F

import edits
from model_files import BUCKETS
from prompts import sentence
from scenes import LEARNT, PLACED, Draughtsman, edit_scene, grounds, random_objects
from shapes import KINDS

TINTS = 3                     # how often the edit with twelve colours comes, compared with the others
HARD = ['faded', 'darker', 'brighter', 'more contrast', 'more vivid', *['posterise'] * 5, *['keep'] * 4, 'blur', 'sharpen',
        *['pixelate'] * 3]   # come so often more
SHAPED = ['frame'] * 3 + ['vignette'] * 2 + ['mirror'] * 10   # what only whole pictures teach
MEANT = ['recolour'] * 3 + ['remove'] * 2 + ['replace'] * 8   # edits that speak of an object that is there
LONE = .4                     # share of the windows for edits of objects with but one: what becomes of the ground is clearest there
SCALED = 330                  # shorter side from which the edits whose scale follows it are taught
WHOLE_SIZES = [(256, 256), (192, 288), (288, 192), (192, 192), (320, 224), (224, 320), (304, 304)]


def meant(asked, shown):
    """Which tokens show what an edit of objects speaks of: [n, H/16, W/16], float. asked: n lists of one edit."""
    kinds = [0 if e['name'] == 'background' else 1 + KINDS.index(e['object']) if 'object' in e else -1 for e, in asked]
    return (shown[..., 0] == torch.tensor(kinds, device=shown.device)[:, None, None]).float()


def changed(source, target):
    """Whether pictures differ in a token: [n, H/16, W/16]."""
    return F.max_pool2d((source - target).abs().amax(1), 16) > .02


class Maker:
    """Makes batches from a pool of pictures, deterministically by the pool's chance."""

    def __init__(self, pool, held=False, typos=.25):
        self.pool, self.chance, self.held, self.typos = pool, pool.chance, held, typos
        self.draughtsman = Draughtsman(pool.chance.device)

    def name(self, whole, s):
        if whole and self.chance.one() < .5:
            return self.chance.pick(SHAPED)
        return self.chance.pick([*edits.PLAIN, *HARD, *['tint'] * TINTS, *(edits.LOCAL * 3 if s >= SCALED else [])])

    def global_edit(self, x, name, s, top=0, left=0):
        """-> (edits, target); one in nine prompts asks for a second edit after the first."""
        chain = [name]
        if self.chance.one() < .11 and name not in ('keep', 'mirror'):
            chain.append(self.chance.pick([n for n in [*edits.PLAIN, 'tint'] if n not in (name, 'keep')]))
        asked = []
        for step in chain:
            edit = {'name': step}
            if step in ('tint', 'frame'):
                edit['colour'] = self.chance.pick(edits.COLOUR_NAMES)
            x = edits.apply(step, x, s, edit.get('colour'), top, left)
            asked.append(edit)
        return asked, x

    def scenes(self, n, height, width):
        """-> sources [n, 3, H, W], grounds, objects."""
        chance = self.chance
        ground = grounds(n, height, width, chance)
        for i in range(n):
            if chance.one() < .15:
                ground[i] = self.pool.window(height, width)[0]
        objects = [random_objects(chance, height, width, 1 + int(4 * chance.one() ** 2)) for _ in range(n)]
        return self.draughtsman.draw(ground, objects), ground, objects

    def object_batch(self, n, height, width, name=None, names=LEARNT):
        """Two edits of each scene, mostly of one kind: only the prompt tells which object is meant.

        -> sources [m, 3, H, W], targets [n, 3, H, W], edits, [n] indices into sources, [n, H/16, W/16] whether the pictures
        differ in a token, [n, H/16, W/16, 4] what it shows (`Draughtsman.shown`), the same of what it shall show, and its outlines
        (`Draughtsman.outlines`)."""
        source, ground, scenes = self.scenes((n + 1) // 2, height, width)
        which = torch.arange(n, device=source.device) // 2
        ground = ground[which]
        asked, targets = [], []
        for i in range(n):
            if not i % 2 or self.chance.one() < .4:
                kind = name or self.chance.pick(names)
            edit, after, colour = edit_scene(kind, scenes[i // 2], self.chance, height, width)
            if colour:
                ground[i] = torch.tensor(colour, device=ground.device)[:, None, None]
            asked.append([edit])
            targets.append(after)
        target = self.draughtsman.draw(ground, targets)
        shown, shall = (self.draughtsman.shown(what, height // 16, width // 16) for what in (scenes, targets))
        outlines = self.draughtsman.outlines(targets, height // 16, width // 16)
        return source, target, asked, which, changed(source[which], target), shown[which], shall, outlines

    def crowd(self, count, height, width):
        """Windows of crowded scenes of a bucket's size, each about one of the objects.

        -> sources [count, 3, H, W], their grounds, the objects that reach into each (places counted from the window),
        [count, 2] places (row, column) of the windows in tokens."""
        chance, scenes, places = self.chance, [], []
        for _ in range(count):
            wide, high = chance.pick(BUCKETS)
            objects = random_objects(chance, high, wide, 1 if chance.one() < LONE else 3 + int(chance.one() * 7))
            row, column = (min(max(0, round((objects[0][at] + chance.one(-40, 40) - size / 2) / 16)), (whole - size) // 16)
                           for at, size, whole in (('y', height, high), ('x', width, wide)))
            moved = [{**o, 'x': o['x'] - 16 * column, 'y': o['y'] - 16 * row} for o in objects]
            scenes.append([o for o in moved if abs(2 * o['x'] - width) < width + 2 * o['size']
                           and abs(2 * o['y'] - height) < height + 2 * o['size']])
            places.append((row, column))
        ground = grounds(count, height, width, chance)
        return self.draughtsman.draw(ground, scenes), ground, scenes, torch.tensor(places, device=ground.device)

    def global_batch(self, n, height, width, whole, name=None):
        """Two edits of each source: half the sources to draw and encode, and only the prompt tells the two apart.

        -> sources, targets, edits, [n, 2] places (row, column) of the windows in tokens, [n] indices into sources."""
        chance, places, asked, target = self.chance, [], [], []
        count = (n + 1) // 2
        scenes = self.scenes(max(1, count // 2), height, width)[0] if count > 2 or chance.one() < .5 else []
        source = torch.cat([scenes[i:i + 1] if i < len(scenes) else self.pool.window(height, width) for i in range(count)])
        for i in range(n):
            wide, high = (width, height) if whole else chance.pick(BUCKETS)
            row = int(chance.one() * ((high - height) // 16 + 1))
            column = int(chance.one() * ((wide - width) // 16 + 1))
            s = min(wide, high)
            edit, y = self.global_edit(source[i // 2:i // 2 + 1], name or self.name(whole, s), s, row * 16, column * 16)
            places.append((row, column))
            asked.append(edit)
            target.append(y)
        device = source.device
        return (source, torch.cat(target), asked, torch.tensor(places, device=device),
                torch.arange(n, device=device) // 2)

    def batch(self, n, height, width, whole):
        """Edits of whole pictures: dict of source [m, 3, H, W], which [n] (indices into source), target [n, 3, H, W], prompts,
        asked (edits), places [n, 2]."""
        source, target, asked, places, which = self.global_batch(n, height, width, whole)
        return {'source': source, 'target': target, 'asked': asked, 'places': places, 'which': which,
                'prompts': self.prompts(asked)}

    def objects(self, n, height, width, complete):
        """Edits of objects: the same, with `changed`, `shown`, `shall` and `outlines` of object_batch and `meant`. complete: all
        of each picture will be looked at, which shows how large it is."""
        names = [*LEARNT, *PLACED] if complete else LEARNT
        source, target, asked, which, differs, shown, shall, outlines = self.object_batch(n, height, width, names=names)
        places = torch.zeros(n, 2, device=which.device, dtype=torch.long)
        return {'source': source, 'target': target, 'asked': asked, 'which': which, 'places': places,
                'prompts': self.prompts(asked), 'changed': differs, 'shown': shown, 'shall': shall, 'outlines': outlines,
                'meant': meant(asked, shown)}

    def glimpses(self, n, height, width, edited=False, names=MEANT):
        """Windows of crowded scenes, two commands about objects of each: dict of source, which, asked, prompts, places, `shown`
        and `meant` as above; edited: also target, `changed`, `shall` and `outlines`, otherwise they are only looked at; names:
        of edits to pick from."""
        source, ground, scenes, places = self.crowd((n + 1) // 2, height, width)
        which = torch.arange(n, device=source.device) // 2
        shown = self.draughtsman.shown(scenes, height // 16, width // 16)
        asked, targets = [], []
        for i in range(n):
            seen = {KINDS[int(k) - 1] for k in shown[i // 2, ..., 0].unique() if k}
            named = [j for j, o in enumerate(scenes[i // 2]) if o['kind'] in seen]
            edit, after, _ = edit_scene(self.chance.pick(names), scenes[i // 2], self.chance, height, width, named)
            asked.append([edit])
            targets.append(after)
        shown = shown[which]
        batch = {'source': source, 'which': which, 'asked': asked, 'prompts': self.prompts(asked), 'places': places[which],
                 'shown': shown, 'meant': meant(asked, shown)}
        if edited:
            target = self.draughtsman.draw(ground[which], targets)
            batch.update(target=target, changed=changed(source[which], target),
                         shall=self.draughtsman.shown(targets, height // 16, width // 16),
                         outlines=self.draughtsman.outlines(targets, height // 16, width // 16))
        return batch

    def prompts(self, asked):
        return [sentence(a, self.chance, self.held, self.typos) for a in asked]
