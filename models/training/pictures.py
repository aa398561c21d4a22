"""Photographic-looking pictures without photographs: fractal clouds, dead leaves of all sizes, light, blur, grain.

Everything is drawn in batches with tensor operations, so the same code runs on CPU and GPU.
Pictures are [n, 3, S, S], float32, 0…1, sRGB as stored.
"""
import torch
import torch.nn.functional as F

from shapes import ANGLES, coverage, radius_table

BLOBS = 24  # irregular outlines drawn besides the named ones


def fractal(n, size, slope, chance):
    """Noise [n, size, size] with amplitude spectrum 1/f^slope (slope [n]), zero mean, unit deviation."""
    spectrum = torch.fft.rfft2(chance.normal(n, size, size))
    fy = torch.fft.fftfreq(size, device=chance.device)[:, None]
    fx = torch.fft.rfftfreq(size, device=chance.device)[None]
    f = torch.sqrt(fy * fy + fx * fx).clamp(min=1 / size)
    field = torch.fft.irfft2(spectrum * f[None] ** -slope[:, None, None], s=(size, size))
    field = field - field.mean((1, 2), keepdim=True)
    return field / field.std((1, 2), keepdim=True)


def smooth(n, size, cells, chance):
    """Soft field [n, size, size] from cells × cells random numbers, about unit deviation."""
    return F.interpolate(chance.normal(n, 1, cells, cells), size=(size, size), mode='bicubic',
                         align_corners=False)[:, 0]


def palettes(n, colours, chance):
    """[n, colours, 3]: related colours; photographs are mostly grey, a share is saturated."""
    saturation = chance.uniform(0, 1, n, 1, 1) ** 1.6
    base = chance.normal(n, 1, 3) * .35 + chance.normal(n, colours, 3) * .5
    base = base - base.mean(2, keepdim=True)
    light = .5 + chance.normal(n, 1, 1) * .15 + chance.normal(n, colours, 1) * .28
    return (light + base * saturation * .6).clamp(0.01, .99)


def outlines(chance):
    """Radius tables of the named kinds and of BLOBS irregular ones: [kinds, ANGLES], [kinds]."""
    outer, hole = radius_table(chance.device)
    angle = torch.arange(ANGLES, device=chance.device) * (2 * torch.pi / ANGLES)
    radii = torch.zeros(BLOBS, ANGLES, device=chance.device)
    for k in range(1, 8):
        radii += chance.normal(BLOBS, 1) / k ** 1.3 * torch.cos(k * angle + chance.uniform(0, 6.3, BLOBS, 1))
    radii = .35 + .65 * torch.sigmoid(radii)
    return torch.cat([outer, radii]), torch.cat([hole, torch.zeros(BLOBS, device=chance.device)])


def leaves(image, texture, palette, cells, chance, tables):
    """Draws one layer of leaves, one in each cell of a turned grid with `cells` [n] cells per side, over image."""
    n, _, size, _ = image.shape
    most = int(cells.max()) * 2 + 4
    axis = torch.arange(size, device=chance.device, dtype=torch.float32) - size / 2
    turn = chance.uniform(0, 6.3, n, 1, 1)
    cell = (size / cells)[:, None, None]
    u = (axis[None, None] * torch.cos(turn) + axis[None, :, None] * torch.sin(turn)) / cell + most / 2
    v = (axis[None, :, None] * torch.cos(turn) - axis[None, None] * torch.sin(turn)) / cell + most / 2
    cu, cv = u.floor(), v.floor()
    index = (cv * most + cu).long().clamp(0, most * most - 1)
    index = index + torch.arange(n, device=chance.device)[:, None, None] * most * most

    def table(low, high):
        return chance.uniform(low, high, n * most * most)

    radius = table(0, 1) ** 1.2 * .42 + .08
    room = .5 - radius
    centre_u, centre_v = .5 + room * table(-1, 1), .5 + room * table(-1, 1)
    kind = chance.integers(len(tables[0]), n * most * most)
    soft = table(0, 1) ** 4 * 6 + .9
    present = (table(0, 1) < .8).float() * (1 - table(0, 1) ** 6 * .8)
    dx, dy = (u - cu - centre_u[index]) * cell, (v - cv - centre_v[index]) * cell
    alpha = coverage(dx, dy, radius[index] * cell, table(0, 6.3)[index], kind[index], *tables, soft[index])
    alpha = alpha * present[index]
    colours = palette.shape[1]
    which = chance.integers(colours, n * most * most) + torch.arange(n, device=chance.device).repeat_interleave(
        most * most) * colours
    colour = palette.reshape(-1, 3)[which] + chance.normal(n * most * most, 1) * .08 + chance.normal(
        n * most * most, 3) * .02
    slope = table(0, 1) ** 2 * .9
    shade = slope[index] * (dx * torch.cos(turn) + dy * torch.sin(turn)) / cell
    grainy = (table(0, 1) ** 3 * .22)[index] * texture + shade
    fill = colour[index].permute(0, 3, 1, 2) * (1 + grainy[:, None])
    return image + (fill - image) * alpha[:, None]


def writing(image, palette, chance):
    """Rows of small random marks, like print, in a box of the picture."""
    n, _, size, _ = image.shape
    px = chance.pick((1, 2, 3))
    rows = size // px + 1
    marks = (chance.uniform(0, 1, n, 1, rows, rows) < .55).float()
    axis = torch.arange(rows, device=chance.device)
    marks = marks * ((axis % 8 < 6)[:, None] & (axis % 5 < 4)[None]).float()
    marks = F.interpolate(marks, scale_factor=px, mode='nearest')[:, :, :size, :size]
    x0, y0 = chance.uniform(0, .8, n, 1, 1), chance.uniform(0, .8, n, 1, 1)
    w, h = chance.uniform(.1, .6, n, 1, 1), chance.uniform(.05, .4, n, 1, 1)
    t = torch.arange(size, device=chance.device) / size
    box = (t[None, None] > x0) & (t[None, None] < x0 + w) & (t[None, :, None] > y0) & (t[None, :, None] < y0 + h)
    ink = palette[:, 0, :, None, None]
    return torch.where(box[:, None], image + (ink - image) * marks * .9, image)


def pictures(n, size, chance):
    """[n, 3, size, size] in 0…1."""
    def u(low, high):
        return chance.uniform(low, high, n, 1, 1)

    plain = chance.one() < .2  # drawn, not photographed: flat or graded ground, strong colours, no texture
    palette = palettes(n, 6, chance) if not plain else chance.uniform(0, 1, n, 6, 3)
    field = fractal(n, size, chance.uniform(1.3, 2.8, n), chance)
    texture = fractal(n, size, chance.uniform(.5, 1.9, n), chance)
    if plain:
        axis = torch.linspace(-1.7, 1.7, size, device=chance.device)
        field = u(-1, 1) * axis[None, None] + u(-1, 1) * axis[None, :, None]
        texture = torch.zeros_like(texture)
    position = torch.sigmoid(field * u(.2, 1.3)) * 4.999
    low = position.floor().long().clamp(0, 4)
    rows = torch.arange(n, device=chance.device)[:, None, None]
    image = torch.lerp(palette[rows, low], palette[rows, low + 1], (position - low)[..., None]).permute(0, 3, 1, 2)
    image = image * (1 + (texture * u(0, 1) ** 3 * .3)[:, None])
    tables = outlines(chance)
    for base in (1, 1.3, 1.7, 2.2, 3, 4.5, 7, 12, 20):
        if chance.one() < (.8 if base < 4 else .15 if plain else .4):
            image = leaves(image, texture, palette, base * chance.uniform(.8, 1.3, n), chance, tables)
    if chance.one() < .4:
        image = writing(image, palette, chance)
    if plain:
        return image.clamp(0, 1)
    image = image * torch.exp(smooth(n, size, 3, chance) * u(0, .45))[:, None]
    image = image + (smooth(n, size, 5, chance) * u(0, .06))[:, None]
    small = F.avg_pool2d(image, 4)
    out_of_focus = F.interpolate(F.avg_pool2d(F.pad(small, (2, 2, 2, 2), mode='replicate'), 5, 1), size=(size, size),
                                 mode='bilinear', align_corners=False)
    focus = torch.sigmoid(3 * (smooth(n, size, 3, chance) + u(-1, 4)))[:, None]
    image = torch.lerp(out_of_focus, image, focus)
    light = .299 * image[:, :1] + .587 * image[:, 1:2] + .114 * image[:, 2:]
    image = light + (image - light) * u(.5, 1.4)[:, None]
    image = image.clamp(0, 1) ** torch.exp(chance.normal(n, 1, 1, 1) * .35)
    grain = chance.normal(n, 1, size, size) * .7 + chance.normal(n, 3, size, size) * .5
    image = image + grain * (u(0, 1) ** 3 * .04)[:, None]
    return image.clamp(0, 1)
