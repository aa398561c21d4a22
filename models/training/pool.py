"""A pool of pictures, and random windows of them: drawing a picture costs far more than cutting a window."""
import torch
import torch.nn.functional as F

from pictures import pictures


class Pool:
    """count pictures of size × size px, kept as uint8 on the device, or in a file that several processes see; drawn: by another
    of them."""

    def __init__(self, count, size, chance, file=None, drawn=False):
        self.size, self.chance, self.next = size, chance, 0
        shape = count, 3, size, size
        self.pixels = (torch.from_file(file, True, count * 3 * size * size, dtype=torch.uint8).view(shape) if file else
                       torch.empty(shape, dtype=torch.uint8, device=chance.device))
        for start in range(0, 0 if drawn else count, 4):
            self.draw(min(4, count - start))

    def draw(self, n):
        """Replaces the n oldest pictures by new ones."""
        for image in pictures(n, self.size, self.chance):
            self.pixels[self.next] = (image * 255 + .5).byte()
            self.next = (self.next + 1) % len(self.pixels)

    def window(self, height, width):
        """[1, 3, height, width] in 0…1: a shrunken, flipped, recoloured window of one picture."""
        chance = self.chance
        most = min(self.size // height, self.size // width)
        shrink = 1
        if most > 1 and chance.one() < .5:
            shrink = 2 + int(chance.one() * (min(most, 4) - 1))
        h, w = height * shrink, width * shrink
        if h > self.size or w > self.size:
            return self.large(height, width)
        y = int(chance.one() * (self.size - h + 1))
        x = int(chance.one() * (self.size - w + 1))
        image = self.pixels[int(chance.one() * len(self.pixels)), :, y:y + h, x:x + w].float()[None] / 255
        image = F.avg_pool2d(image, shrink) if shrink > 1 else image
        return self.recolour(image)

    def large(self, height, width):
        """A window larger than a picture: the picture is stretched to cover it."""
        chance = self.chance
        image = self.pixels[int(chance.one() * len(self.pixels))].float()[None] / 255
        side = max(height, width)
        image = F.interpolate(image, size=(side, side), mode='bicubic', align_corners=False)[:, :, :height, :width]
        return self.recolour(image.clamp(0, 1))

    def recolour(self, image):
        """Flips, exchanges channels and shifts exposure, so that one picture serves many times."""
        chance = self.chance
        if chance.one() < .5:
            image = image.flip(3)
        if chance.one() < .3:
            image = image.flip(2)
        if chance.one() < .7:
            image = image[:, chance.permutation(3)]
        if chance.one() < .4:
            image = image ** (2 ** chance.one(-1, 1)) * chance.one(.6, 1.05)
        return image.clamp(0, 1)
