"""Scenes of named objects on a ground, and the edits that mean objects: the target is the same scene drawn anew.

A scene is a dict: objects, each with kind, colour (a name or None), rgb, x, y, size, angle, shade, shade_angle
(pixels, radians); and ground, an index into the batch of backgrounds or an rgb triple.
"""
import torch

from edits import COLOUR_NAMES, COLOURS
from phrases import PLACES
from pictures import fractal, smooth
from shapes import KINDS, coverage, radius_table

OBJECT_EDITS = ('recolour', 'remove', 'add', 'replace', 'background')
ADDED_SIZE = .13  # of the shorter side: half the size of an added object
SOFT = 1.2        # width of an object's edge in pixels


def cell_centre(column, row, height, width):
    return (column + .5) * width / 3, (row + .5) * height / 3


def random_objects(chance, height, width, count):
    """Objects of different kinds in different cells of a 3 × 3 grid."""
    s = min(height, width)
    kinds, cells = chance.permutation(len(KINDS))[:count], chance.permutation(9)[:count]
    objects = []
    for kind, cell in zip(kinds, cells):
        x, y = cell_centre(cell % 3, cell // 3, height, width)
        colour = chance.pick(COLOUR_NAMES)
        jitter = .04 if chance.one() < .5 else 0
        objects.append({
            'kind': KINDS[kind], 'colour': colour, 'rgb': [v + chance.one(-jitter, jitter) for v in COLOURS[colour]],
            'x': x + chance.one(-.02, .02) * s, 'y': y + chance.one(-.02, .02) * s, 'size': chance.one(.1, .165) * s,
            'angle': chance.one(-.35, .35) if chance.one() < .6 else 0.0, 'cell': cell,
            'shade': chance.one(0, .18) if chance.one() < .5 else 0.0, 'shade_angle': chance.one(0, 6.28)})
    return objects


def edit_scene(name, objects, chance, height, width):
    """-> (edit for the prompt, objects of the target, ground of the target or None for the same)."""
    i = int(chance.one() * len(objects))
    chosen = objects[i]
    edit = {'name': name}
    if name in ('recolour', 'remove', 'replace'):
        edit.update(object=chosen['kind'], old_colour=chosen['colour'])
    if name == 'recolour':
        edit['colour'] = chance.pick([c for c in COLOUR_NAMES if c != chosen['colour']])
        new = {**chosen, 'colour': edit['colour'], 'rgb': list(COLOURS[edit['colour']])}
        return edit, [*objects[:i], new, *objects[i + 1:]], None
    if name == 'remove':
        return edit, [*objects[:i], *objects[i + 1:]], None
    if name == 'replace':
        edit['new'] = chance.pick([k for k in KINDS if k not in [o['kind'] for o in objects]])
        new = {**chosen, 'kind': edit['new']}
        if chance.one() < .4:
            edit['new_colour'] = chance.pick(COLOUR_NAMES)
            new.update(colour=edit['new_colour'], rgb=list(COLOURS[edit['new_colour']]))
        return edit, [*objects[:i], new, *objects[i + 1:]], None
    if name == 'background':
        edit['colour'] = chance.pick(COLOUR_NAMES)
        return edit, objects, COLOURS[edit['colour']]
    free = [p for p, (c, r, _) in PLACES.items() if c + 3 * r not in [o['cell'] for o in objects]]
    edit.update(place=chance.pick(free), new_colour=chance.pick(COLOUR_NAMES),
                new=chance.pick([k for k in KINDS if k not in [o['kind'] for o in objects]]))
    column, row, _ = PLACES[edit['place']]
    x, y = cell_centre(column, row, height, width)
    new = {'kind': edit['new'], 'colour': edit['new_colour'], 'rgb': list(COLOURS[edit['new_colour']]), 'x': x, 'y': y,
           'size': ADDED_SIZE * min(height, width), 'angle': 0.0, 'shade': 0.0, 'shade_angle': 0.0,
           'cell': column + 3 * row}
    return edit, [*objects, new], None


def grounds(n, height, width, chance):
    """Backgrounds without objects: flat, graded or softly clouded. [n, 3, height, width]"""
    size = max(height, width)
    first, second = chance.uniform(0, 1, n, 3, 1, 1), chance.uniform(0, 1, n, 3, 1, 1)
    kind = chance.integers(3, n)[:, None, None]
    axis = torch.linspace(0, 1, size, device=chance.device)
    turn = chance.uniform(0, 1, n, 1, 1)
    graded = axis[None, None] * turn + axis[None, :, None] * (1 - turn)
    clouds = torch.sigmoid(smooth(n, size, 4, chance) * 1.5)
    mix = torch.where(kind == 0, 0.0, torch.where(kind == 1, graded, clouds))[:, None, :height, :width]
    image = first + (second - first) * mix
    fine = fractal(n, size, chance.uniform(1, 2, n), chance)[:, None, :height, :width]
    rough = chance.uniform(0, 1, n, 1, 1, 1)
    return (image + fine * (rough > .8) * (rough - .8) * .25).clamp(0, 1)


class Draughtsman:
    """Draws batches of scenes."""

    def __init__(self, device):
        self.device = device
        self.tables = radius_table(device)

    def draw(self, ground, scenes):
        """ground [n, 3, H, W]; scenes: n lists of objects. Later objects lie on top."""
        image = ground
        for p, dx, dy, alpha in self.layers(scenes, *ground.shape[2:]):
            shade = 1 + p[:, 6] * (dx * torch.cos(p[:, 7]) + dy * torch.sin(p[:, 7])) / p[:, 4]
            image = image + (p[:, 8:11] * shade[:, None] - image) * alpha[:, None]
        return image.clamp(0, 1)

    def shown(self, scenes, height, width):
        """[n, height, width, 2], in tokens of 16 px: 1 + the kind and 1 + the colour of the topmost object over the middle of
        each, 0 where there is none."""
        shown = torch.zeros(len(scenes), height, width, 2, dtype=torch.long, device=self.device)
        for p, _, _, alpha in self.layers(scenes, height, width, 16):
            over = (alpha > .5)[..., None]
            shown = torch.where(over, 1 + torch.stack([p[:, 1], p[:, 11]], -1).long(), shown)
        return shown

    def layers(self, scenes, height, width, step=1):
        """The objects from below, one of each scene at a time: numbers [n, 12, 1, 1] (there, kind, x, y, size, angle, shade,
        its angle, red, green, blue, colour), offsets [n, height, width] of every step-th pixel from its middle, coverage 0…1."""
        yy = (torch.arange(height, device=self.device, dtype=torch.float32)[None, :, None] + .5) * step
        xx = (torch.arange(width, device=self.device, dtype=torch.float32)[None, None] + .5) * step
        for slot in range(max(len(objects) for objects in scenes)):
            rows = []
            for objects in scenes:
                o = objects[slot] if slot < len(objects) else None
                rows.append([0.0] * 4 + [1.0] + [0.0] * 7 if o is None else [
                    1.0, KINDS.index(o['kind']), o['x'], o['y'], max(1, o['size']), o['angle'], o['shade'],
                    o['shade_angle'], *o['rgb'], COLOUR_NAMES.index(o['colour'])])
            p = torch.tensor(rows, device=self.device)[:, :, None, None]
            dx, dy = xx - p[:, 2], yy - p[:, 3]
            yield p, dx, dy, coverage(dx, dy, p[:, 4], p[:, 5], p[:, 1].long(), *self.tables, SOFT) * p[:, 0]
