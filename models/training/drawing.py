"""What is drawn for the training: batches of one kind after the other, in the training's process or by others beside it."""
import queue
import tempfile
import threading

import numpy as np
import torch
import torch.multiprocessing as processes

from chance import Chance
from data import WHOLE_SIZES, Maker
from model_files import BUCKETS
from pool import Pool

WAIT = 120   # seconds after which a batch that does not come is an error
AHEAD = 4    # batches that lie ready


def count(a, tokens):
    """How many pictures of so many tokens each are a batch."""
    return min(max(2, a.tokens // tokens), a.most)


def draw(a, maker):
    """A batch of `Maker`: kind by --mix, as many pictures as --tokens target tokens and --most allow; whole: complete pictures."""
    chance = maker.chance
    window, small, whole, objects, _ = a.mix
    r = chance.one() * sum(a.mix)
    if r >= window + small + whole + objects:
        return draw_glimpses(a, maker)
    if r >= window + small + whole:
        return draw_objects(a, maker)
    whole = r >= window
    side = 16 * chance.pick(a.windows)
    width, height = (side, side) if not whole else chance.pick(WHOLE_SIZES if r < window + small else BUCKETS)
    return {**maker.batch(count(a, height // 16 * (width // 16)), height, width, whole), 'whole': whole}


def draw_objects(a, maker):
    """A batch of object edits: windows of crowded scenes, or at a bucket's size, of which `matter` tokens are to be looked at:
    --matter, or all."""
    chance = maker.chance
    if chance.one() < a.close:
        return draw_glimpses(a, maker, edited=True)
    width, height = chance.pick(BUCKETS)
    complete = chance.one() < a.complete_objects
    matter = height // 16 * (width // 16) if complete else a.matter
    return {**maker.objects(count(a, matter), height, width, complete), 'whole': True, 'matter': matter}


def draw_glimpses(a, maker, edited=False):
    side = maker.chance.pick(a.glimpses)
    matter = min(side ** 2, a.matter_close) if edited else side ** 2
    b = maker.glimpses(count(a, matter), 16 * side, 16 * side, edited)
    return {**b, 'whole': False, 'matter': matter}


class Drawing:
    """Endless batches, drawn when they are asked for. pool: lives where the batches shall be."""

    def __init__(self, a, pool):
        self.a, self.pool, self.maker = a, pool, Maker(pool, typos=a.typos)

    def __next__(self):
        return draw(self.a, self.maker)


class Drawers:
    """The same from --drawers processes on the CPU, beside a GPU that is busy training; pictures come in bytes, tensors pinned.

    The pool is drawn here and lies in a file that all of them see. In which order batches come depends on the machine."""

    def __init__(self, a, seed, device):
        context = processes.get_context('spawn')
        self.file = tempfile.NamedTemporaryFile(prefix='pool-')
        self.pool = Pool(a.pictures, 512, Chance(seed, device), self.file.name)
        drawn = context.Queue(2 * a.drawers)
        for number in range(1, a.drawers + 1):
            context.Process(target=draw_all, args=(a, seed + number, self.file.name, drawn), daemon=True).start()
        self.ready, self.pinned = queue.Queue(AHEAD), device.type == 'cuda'
        threading.Thread(target=self.receive, args=(drawn,), daemon=True).start()

    def receive(self, drawn):
        while True:
            b = drawn.get()
            tensors = {k: torch.from_numpy(v) for k, v in b.items() if isinstance(v, np.ndarray)}
            self.ready.put({**b, **{k: v.pin_memory() if self.pinned else v for k, v in tensors.items()}})

    def __next__(self):
        try:
            return self.ready.get(timeout=WAIT)
        except queue.Empty:
            raise RuntimeError(f'no drawer gave a batch for {WAIT} s; what stopped them stands above') from None


def draw_all(a, seed, file, drawn):
    """A drawer's work. Tensors travel as arrays: torch would put each into shared memory, of which there may be little."""
    torch.set_num_threads(1)
    drawing = Drawing(a, Pool(a.pictures, 512, Chance(seed, 'cpu'), file, drawn=True))
    while True:
        b = next(drawing)
        for k in ('source', 'target'):
            if k in b:
                b[k] = (b[k] * 255 + .5).byte()
        drawn.put({k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in b.items()})
