"""The exact meaning of every edit of a whole picture. Training targets and measurements use these functions.

Pixels are [n, 3, H, W], float, 0…1, sRGB as stored; results are clipped to 0…1. L is the luma below.
s is the shorter side in pixels of the whole picture. When x is a window of a larger picture, s belongs to the
larger one and (top, left) is where the window begins in it, in pixels.
"""
import math

import torch
import torch.nn.functional as F

COLOURS = {
    'red': (.85, .12, .12), 'green': (.15, .7, .2), 'blue': (.15, .3, .85), 'yellow': (.95, .85, .15),
    'orange': (.95, .55, .1), 'purple': (.55, .2, .7), 'pink': (.95, .55, .7), 'white': (.95, .95, .95),
    'black': (.06, .06, .06), 'gray': (.5, .5, .5), 'brown': (.45, .28, .12), 'cyan': (.2, .8, .85),
}
COLOUR_NAMES = list(COLOURS)


def rgb(values, like):
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)


def luma(x):
    return .299 * x[:, 0:1] + .587 * x[:, 1:2] + .114 * x[:, 2:3]


def gaussian(x, sigma):
    """Separable Gaussian, radius ceil(3 sigma), weights normalised, borders replicated. sigma in pixels."""
    radius = max(1, math.ceil(3 * sigma))
    t = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    weights = torch.exp(-t * t / (2 * sigma * sigma))
    weights = weights / weights.sum()
    n, c, h, w = x.shape
    y = x.reshape(n * c, 1, h, w)
    y = F.conv2d(F.pad(y, (radius, radius, 0, 0), mode='replicate'), weights.view(1, 1, 1, -1))
    y = F.conv2d(F.pad(y, (0, 0, radius, radius), mode='replicate'), weights.view(1, 1, -1, 1))
    return y.reshape(n, c, h, w)


def pixelate(x, s, top=0, left=0):
    """Mean over blocks of floor(s/32 + 0.5) px counted from the picture's top left corner; cut blocks average what they have."""
    block = max(1, math.floor(s / 32 + .5))
    n, c, h, w = x.shape
    up, before = top % block, left % block
    down, after = -(h + up) % block, -(w + before) % block
    ones = F.pad(torch.ones_like(x[:1, :1]), (before, after, up, down))
    total = F.avg_pool2d(F.pad(x, (before, after, up, down)), block) / F.avg_pool2d(ones, block)
    full = total.repeat_interleave(block, 2).repeat_interleave(block, 3)
    return full[:, :, up:up + h, before:before + w]


def vignette(x):
    """Needs the whole picture: rho is the distance of the pixel's middle from the centre over half the diagonal."""
    h, w = x.shape[2:]
    y = torch.arange(h, dtype=x.dtype, device=x.device) + .5 - h / 2
    z = torch.arange(w, dtype=x.dtype, device=x.device) + .5 - w / 2
    rho2 = (y[:, None] ** 2 + z[None] ** 2) / ((h * h + w * w) / 4)
    return x * (1 - .75 * rho2)


def frame(x, s, colour):
    """Needs the whole picture: a border of floor(s/12 + 0.5) px."""
    width = math.floor(s / 12 + .5)
    out = rgb(COLOURS[colour], x).expand_as(x).clone()
    out[:, :, width:-width, width:-width] = x[:, :, width:-width, width:-width]
    return out


def sketch(x, s):
    light = luma(x)
    return (1 - 4 * (light - gaussian(light, s / 128)).abs()).clamp(0, 1).expand_as(x)


PLAIN = {
    'black and white': lambda x: luma(x).expand_as(x),
    'sepia': lambda x: luma(x) * rgb((1.07, .86, .62), x),
    'invert': lambda x: 1 - x,
    'brighter': lambda x: x ** .6,
    'darker': lambda x: x ** 1.8,
    'warmer': lambda x: x * rgb((1.25, 1, .75), x),
    'cooler': lambda x: x * rgb((.75, 1, 1.25), x),
    'more contrast': lambda x: .5 + 1.6 * (x - .5),
    'less contrast': lambda x: .5 + .55 * (x - .5),
    'more vivid': lambda x: luma(x) + 1.9 * (x - luma(x)),
    'faded': lambda x: luma(x) + .4 * (x - luma(x)),
    'posterise': lambda x: torch.round(3 * x) / 3,
    'night': lambda x: (.35 * x + .1 * luma(x)) * rgb((.7, .85, 1.35), x),
    'sunset': lambda x: (.8 * x + .2 * luma(x)) * rgb((1.25, .85, .6), x),
    'keep': lambda x: x,
}
LOCAL = ('blur', 'sharpen', 'sketch', 'pixelate')   # reach over neighbours, at a scale that follows s
WHOLE = ('vignette', 'mirror', 'frame')              # cannot be judged from a window
GLOBAL = [*PLAIN, *LOCAL, 'tint', *WHOLE]            # 'tint' and 'frame' take a colour


def apply(name, x, s, colour=None, top=0, left=0):
    """The target picture, [n, 3, H, W]."""
    if name in PLAIN:
        y = PLAIN[name](x)
    elif name == 'blur':
        y = gaussian(x, s / 64)
    elif name == 'sharpen':
        y = x + (x - gaussian(x, s / 256))
    elif name == 'sketch':
        y = sketch(x, s)
    elif name == 'pixelate':
        y = pixelate(x, s, top, left)
    elif name == 'tint':
        y = 1.05 * luma(x) * rgb(COLOURS[colour], x) + .25 * x
    elif name == 'vignette':
        y = vignette(x)
    elif name == 'mirror':
        y = x.flip(3)
    elif name == 'frame':
        y = frame(x, s, colour)
    else:
        raise ValueError(f'unknown edit {name}')
    return y.clamp(0, 1)
