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
LEARNT = ['recolour'] * 6 + ['remove'] * 4 + ['replace'] * 6 + ['background']   # how often each is taught
PLACED = ['add'] * 8   # what complete pictures alone teach: fewer tokens do not show where in the picture one is
ADDED_SIZE = .13  # of the shorter side: half the size of an added object
SOFT = 1.2        # width of an object's edge in pixels
REACH = 1.25      # an outline's largest radius, in sizes, is 1.14


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


def edit_scene(name, objects, chance, height, width, named=None):
    """-> (edit for the prompt, objects of the target, ground of the target or None for the same). named: indices of those that
    may be meant, by default all."""
    named = named or range(len(objects))
    i = named[int(chance.one() * len(named))]
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
    kind = chance.integers(4, n)[:, None, None]
    axis = torch.linspace(0, 1, size, device=chance.device)
    turn = chance.uniform(0, 1, n, 1, 1)
    graded = axis[None, None] * turn + axis[None, :, None] * (1 - turn)
    clouds = torch.sigmoid(smooth(n, size, 4, chance) * 1.5)
    mix = torch.where(kind < 2, 0.0, torch.where(kind == 2, graded, clouds))[:, None, :height, :width]
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
        """ground [n, 3, H, W]; scenes: n lists of objects. Later objects lie on top. Each is drawn in its own box alone."""
        image = ground.clone()
        height, width = ground.shape[2:]
        for picture, objects in zip(image, scenes):
            for o in objects:
                reach = REACH * max(1, o['size']) + SOFT
                rows, columns = (slice(max(0, int(at - reach)), max(0, min(size, int(at + reach) + 2)))
                                 for at, size in ((o['y'], height), (o['x'], width)))
                box = picture[:, rows, columns]
                if box.numel():
                    p, dx, dy, alpha = self.layer([o], self.steps(height)[rows], self.steps(width)[columns])
                    shade = 1 + p[:, 6] * (dx * torch.cos(p[:, 7]) + dy * torch.sin(p[:, 7])) / p[:, 4]
                    box += (p[0, 8:11] * shade - box) * alpha
        return image.clamp(0, 1)

    def shown(self, scenes, height, width):
        """[n, height, width, 4], in tokens of 16 px: of the topmost object over the middle of each 1 + the kind, 1 + the colour
        and how far right of its own middle and below it that is, in its sizes; 0 where there is none."""
        shown = torch.zeros(len(scenes), height, width, 4, device=self.device)
        for p, dx, dy, alpha in self.layers(scenes, height, width, 16):
            said = torch.broadcast_tensors(1 + p[:, 1], 1 + p[:, 11], dx / p[:, 4], dy / p[:, 4])
            shown = torch.where((alpha > .5)[..., None], torch.stack(said, -1), shown)
        return shown

    def outlines(self, scenes, height, width):
        """[n, height, width, 16], in tokens: of each of their 4 × 4 squares of 4 px how much of its middle an object covers."""
        covered = torch.zeros(len(scenes), 4 * height, 4 * width, device=self.device)
        for *_, alpha in self.layers(scenes, 4 * height, 4 * width, 4):
            covered = torch.maximum(covered, alpha)
        return covered.view(-1, height, 4, width, 4).transpose(2, 3).flatten(3)

    def layers(self, scenes, height, width, step):
        """The objects from below, one of each scene at a time, over every step-th pixel: what `layer` gives."""
        yy, xx = self.steps(height, step), self.steps(width, step)
        for slot in range(max(len(objects) for objects in scenes)):
            yield self.layer([objects[slot] if slot < len(objects) else None for objects in scenes], yy, xx)

    def steps(self, count, step=1):
        """The middles of pixels, or of squares of so many pixels a side."""
        return (torch.arange(count, device=self.device, dtype=torch.float32) + .5) * step

    def layer(self, objects, yy, xx):
        """n objects or None: numbers [n, 12, 1, 1] (there, kind, x, y, size, angle, shade, its angle, red, green, blue,
        colour), offsets [n, rows, columns] of each place from the object's middle, coverage 0…1."""
        rows = [[0.0] * 4 + [1.0] + [0.0] * 7 if o is None else [
            1.0, KINDS.index(o['kind']), o['x'], o['y'], max(1, o['size']), o['angle'], o['shade'],
            o['shade_angle'], *o['rgb'], COLOUR_NAMES.index(o['colour'])] for o in objects]
        p = torch.tensor(rows, device=self.device)[:, :, None, None]
        dx, dy = xx[None, None] - p[:, 2], yy[None, :, None] - p[:, 3]
        return p, dx, dy, coverage(dx, dy, p[:, 4], p[:, 5], p[:, 1].long(), *self.tables, SOFT) * p[:, 0]
