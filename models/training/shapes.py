"""Outlines of the objects that scenes are made of.

Every outline is star-shaped about its centre, so one table of radii over the angle describes it. A batch of
different objects is then drawn with the same few tensor operations, on CPU and GPU alike.
"""
import math

import torch

ANGLES = 256  # samples of the radius table over a full turn


def polygon_radii(points):
    """Radius of a star-shaped polygon in each of ANGLES directions. points: [(x, y)], y downwards, about (0, 0)."""
    radii = []
    for k in range(ANGLES):
        a = 2 * math.pi * k / ANGLES
        dx, dy, best = math.cos(a), math.sin(a), 0.0
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1]):
            ex, ey = x2 - x1, y2 - y1
            det = ex * dy - ey * dx
            if abs(det) < 1e-9:
                continue
            along_ray = (ex * y1 - ey * x1) / det
            along_edge = (dx * y1 - dy * x1) / det
            if -1e-6 <= along_edge <= 1 + 1e-6 and along_ray > best:
                best = along_ray
        radii.append(best)
    return radii


def regular(n, turn=0.0, inner=None):
    """Corners of a regular polygon, or of a star when `inner` (radius of the inner corners) is given."""
    points = []
    for k in range(n):
        a = turn + 2 * math.pi * k / n - math.pi / 2
        points.append((math.cos(a), math.sin(a)))
        if inner is not None:
            b = a + math.pi / n
            points.append((inner * math.cos(b), inner * math.sin(b)))
    return points


def heart():
    points = []
    for k in range(120):
        t = 2 * math.pi * k / 120
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x / 17, -(y + 2) / 17))
    return points


def drop():
    points = []
    for k in range(120):
        t = 2 * math.pi * k / 120
        points.append((0.75 * math.sin(t) * math.sin(t / 2) ** 1.2, -math.cos(t)))
    return points


CROSS = [(-.33, -1), (.33, -1), (.33, -.33), (1, -.33), (1, .33), (.33, .33), (.33, 1), (-.33, 1), (-.33, .33),
         (-1, .33), (-1, -.33), (-.33, -.33)]
HOUSE = [(0, -1), (.95, -.2), (.7, -.2), (.7, .8), (-.7, .8), (-.7, -.2), (-.95, -.2)]


def _wave(fn):
    return [fn(2 * math.pi * k / ANGLES) for k in range(ANGLES)]


# name -> (outer radii, inner hole radius)
OUTLINES = {
    'circle': (_wave(lambda a: .9), 0),
    'square': (polygon_radii([(-.8, -.8), (.8, -.8), (.8, .8), (-.8, .8)]), 0),
    'triangle': (polygon_radii(regular(3)), 0),
    'star': (polygon_radii(regular(5, inner=.42)), 0),
    'heart': (polygon_radii(heart()), 0),
    'hexagon': (polygon_radii(regular(6, turn=math.pi / 6)), 0),
    'diamond': (polygon_radii([(0, -1), (.65, 0), (0, 1), (-.65, 0)]), 0),
    'cross': (polygon_radii(CROSS), 0),
    'flower': (_wave(lambda a: .72 + .26 * math.cos(6 * a)), 0),
    'ring': (_wave(lambda a: .95), .55),
    'oval': (_wave(lambda a: 1 / math.hypot(math.cos(a), math.sin(a) / .58)), 0),
    'drop': (polygon_radii(drop()), 0),
    'house': (polygon_radii(HOUSE), 0),
}
KINDS = list(OUTLINES)


def radius_table(device):
    """[kinds, ANGLES] outer radii and [kinds] hole radii, in units of the object's size."""
    outer = torch.tensor([OUTLINES[k][0] for k in KINDS], dtype=torch.float32, device=device)
    hole = torch.tensor([OUTLINES[k][1] for k in KINDS], dtype=torch.float32, device=device)
    return outer, hole


def coverage(dx, dy, size, angle, kind, outer, hole, soft):
    """Coverage 0…1 of pixels at offset (dx, dy) px from the centre.

    size (px), angle (radians), kind (index) and soft (edge width, px) broadcast against dx and dy;
    outer is a table [kinds, ANGLES], hole [kinds]. Returns the broadcast shape.
    """
    turn = (torch.atan2(dy, dx) - angle) * (ANGLES / (2 * math.pi))
    low = torch.floor(turn)
    part = turn - low
    index = low.long() % ANGLES
    row = kind * ANGLES
    flat = outer.reshape(-1)
    radius = torch.lerp(flat[row + index], flat[row + (index + 1) % ANGLES], part)
    rho = torch.sqrt(dx * dx + dy * dy)
    inside = ((radius * size - rho) / soft + .5).clamp(0, 1)
    h = hole[kind]
    return inside * (((rho - h * size) / soft + .5).clamp(0, 1) * (h > 0) + (h <= 0))
