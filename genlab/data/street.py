"""Street digits: house numbers that genlab draws, in the form of SVHN. They are no photographs.

SVHN (Netzer, Wang, Coates, Bissacco, Wu and Ng, "Reading digits in natural images with unsupervised feature
learning", 2011) holds digits cut out of street photographs: 32×32 pixels in colour, the digit in the middle, its
neighbours cut off at the sides. These have the same form, so what learns on one runs on the other, and need no
download: a bundled font on a wall or a plate, tilted, badly lit, seen by a camera with too few pixels.

Picture ``i`` of a split depends on (split, i) alone, so a few can be drawn without the others, and nothing is
shared by callers. The digits 0…9 are equally frequent (in SVHN 1 is three times as frequent as 9). Another version
of Pillow or NumPy may draw a pixel differently; another table of fonts would draw other pictures. All splits use
the same fonts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from genlab.data.images import ImageSet
from genlab.data.splits import parse_split
from genlab.data.typefaces import FONTS
from genlab.errors import DataError
from genlab.seeding import make_generator

Floats = NDArray[np.floating]
Random = np.random.Generator
Colour = tuple[int, int, int]

COUNTS = {"train": 30_000, "validation": 2_000, "test": 4_000}
SEED = 2011
SIDE = 32  # pixels of a finished picture
BIG = 64  # pixels while it is drawn
STRIP = (240, 128)  # the number as it is typed, before it is tilted and cut; the digit stands in the middle
TALL = 56  # height of a digit on the strip, in its pixels

WALLS: tuple[Colour, ...] = (
    (196, 184, 160), (214, 212, 206), (150, 150, 148), (104, 106, 110), (150, 86, 68), (120, 82, 56), (66, 50, 42),
    (40, 64, 120), (38, 84, 64), (34, 34, 38), (172, 148, 104), (96, 112, 134), (140, 52, 46), (168, 178, 190),
)  # fmt: skip
INKS: tuple[Colour, ...] = (
    (238, 238, 234), (238, 238, 234), (226, 214, 184), (28, 28, 32), (28, 28, 32), (196, 158, 92), (104, 78, 48),
    (156, 160, 166), (34, 56, 120), (146, 36, 34), (30, 78, 56),
)  # fmt: skip
RARE = ("arapey", "kaushan", "lobster")  # fonts that few houses wear
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def load_street_set(split: str = "train") -> ImageSet:
    """Draw one split, whole: 30,000 pictures to train, 2,000 to validate, 4,000 to test.

    Args:
        split: ``train``, ``validation``, ``test``, or several joined by ``+``, in the order wanted.

    Returns:
        images ``uint8`` (N, 3, 32, 32) 0…255 RGB; labels ``int64`` (N,). It owns its memory.

    Raises:
        DataError: there is no such split.
        DataFileError: a font is missing.
    """
    parts = parse_split(split)
    drawn = [render(part, range(COUNTS[part])) for part in parts]
    return ImageSet(
        name="street",
        split="+".join(parts),
        images=torch.cat([images for images, _ in drawn]),
        labels=torch.cat([labels for _, labels in drawn]),
        class_names=tuple(str(digit) for digit in range(10)),
    )


def render(split: str, indices: Iterable[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw some pictures of one split.

    Args:
        split: ``train``, ``validation`` or ``test``.
        indices: which of its pictures, each from 0 to one less than ``COUNTS[split]``.

    Returns:
        images ``uint8`` (N, 3, 32, 32) 0…255 RGB, and labels ``int64`` (N,).

    Raises:
        DataError: there is no such split or picture.
        DataFileError: a font is missing.
    """
    if split not in COUNTS:
        raise DataError("There is no split “{split}” to draw from. Use train, validation or test.", split=split)
    chosen = list(indices)
    for index in chosen:
        if not 0 <= index < COUNTS[split]:
            raise DataError(
                "There is no street digit {index} in {split}: they run from 0 to {last:,}. Choose one of those.",
                index=index,
                split=split,
                last=COUNTS[split] - 1,
            )
    fonts = _open_fonts()
    images = np.empty((len(chosen), 3, SIDE, SIDE), np.uint8)
    labels = np.empty(len(chosen), np.int64)
    for place, index in enumerate(chosen):
        rng = np.random.default_rng(make_generator(SEED, "street", split, index).initial_seed())
        labels[place] = rng.integers(10)
        images[place] = _draw(rng, fonts, int(labels[place])).transpose(2, 0, 1)
    return torch.from_numpy(images), torch.from_numpy(labels)


def _open_fonts() -> list[ImageFont.FreeTypeFont]:
    """The fonts, each at the size at which its digits are as tall as ``TALL``; frequent ones thrice."""
    fonts = []
    for name, font in FONTS.items():
        top, bottom = font.open(100).getbbox("0", anchor="ls")[1::2]
        opened = font.open(round(100 * TALL / (bottom - top)))
        fonts += [opened] if name in RARE else [opened] * 3
    return fonts


def _draw(rng: Random, fonts: list[ImageFont.FreeTypeFont], digit: int) -> NDArray[np.uint8]:
    """One picture, (32, 32, 3)."""
    tilt = _tilt(rng)
    number = _typed(rng, fonts[rng.integers(len(fonts))], digit)
    mask = number.transform((BIG, BIG), Image.Transform.AFFINE, tilt, Image.Resampling.BICUBIC)
    x, y = np.meshgrid(np.arange(BIG, dtype=np.float32), np.arange(BIG, dtype=np.float32))
    u, v = tilt[0] * x + tilt[1] * y + tilt[2], tilt[3] * x + tilt[4] * y + tilt[5]  # of the strip
    colour, behind = _ground(rng, u, v)
    scene = _clutter(rng, behind)
    scene = _lettered(rng, scene, mask, _ink(rng, colour))
    return _photograph(rng, _lit(rng, scene, x, y))


def _tilt(rng: Random) -> tuple[float, float, float, float, float, float]:
    """How a pixel of the picture is found on the strip: turned, sheared, scaled, and a little off the middle."""
    angle = float(rng.normal(0, 0.1))
    tall = rng.uniform(0.66, 0.96) * BIG  # the digit in the picture
    wide = tall * rng.uniform(0.72, 1.12)
    slant = rng.normal(0, 0.08)
    a, b = TALL / wide * math.cos(angle), TALL / wide * (math.sin(angle) + slant)
    d, e = -TALL / tall * math.sin(angle), TALL / tall * math.cos(angle)
    left, top = (BIG / 2 + rng.normal(0, 1.8, 2)).tolist()
    return a, b, STRIP[0] / 2 - a * left - b * top, d, e, STRIP[1] / 2 - d * left - e * top


def _typed(rng: Random, font: ImageFont.FreeTypeFont, digit: int) -> Image.Image:
    """The digit in the middle of the strip, often with others of the number beside it: 0 is ground, 255 ink."""
    strip = Image.new("L", STRIP)
    pen = ImageDraw.Draw(strip)
    middle, base = STRIP[0] / 2, STRIP[1] / 2 + TALL / 2
    apart = rng.uniform(1, 11)
    left, right = rng.integers(10, size=2)
    sides = rng.random(2) < 0.62
    box = font.getbbox(str(digit), anchor="ls")
    start = middle - (box[0] + box[2]) / 2
    pen.text((start, base), str(digit), 255, font, anchor="ls")
    if sides[0]:
        pen.text((start + box[0] - apart, base), str(left), 255, font, anchor="rs")
    if sides[1]:
        pen.text((start + box[2] + apart, base), str(right), 255, font, anchor="ls")
    return strip


def _ground(rng: Random, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """A wall, or a plate on a wall: the colour behind the digit (3,), and the scene (H, W, 3), both 0…255."""
    wall = _jittered(rng, WALLS)
    scene = wall * _texture(rng, u, v)[..., None]
    if rng.random() < 0.4:  # a plate: its edges run along the number
        plate = _jittered(rng, WALLS)
        middle_u, middle_v = STRIP[0] / 2, STRIP[1] / 2
        up, down = rng.uniform(30, 46, 2)
        ends = np.where(rng.random(2) < 0.35, rng.uniform(26, 44, 2), 200)
        inside = np.minimum(
            np.minimum(v - middle_v + up, middle_v + down - v),
            np.minimum(u - middle_u + ends[0], middle_u + ends[1] - u),
        )
        cover = np.clip(inside, 0, 1)[..., None]
        smooth = 1 + rng.uniform(0, 0.06) * _clouds(rng, 6)[..., None]
        scene = scene * (1 - cover) + plate * smooth * cover
        if rng.random() < 0.5:  # its rim
            rim = np.exp(-(((inside - 2.5) / 1.2) ** 2))[..., None] * rng.uniform(0.3, 0.9)
            scene = scene * (1 - rim) + _jittered(rng, INKS) * rim
        return plate, scene
    return wall, scene


def _texture(rng: Random, u: Floats, v: Floats) -> Floats:
    """What a wall is made of: a factor around 1 for each pixel, (H, W)."""
    kind = rng.choice(5, p=(0.3, 0.25, 0.15, 0.2, 0.1))
    rough = 1 + rng.uniform(0.02, 0.1) * _clouds(rng, int(rng.integers(4, 9)))
    if kind == 0:  # smooth plaster
        return rough
    if kind == 1:  # rough plaster, stone
        return rough + rng.uniform(0.04, 0.2) * _clouds(rng, int(rng.integers(14, 40)))
    u, v, depth = u + rng.uniform(0, 99), v + rng.uniform(0, 99), rng.uniform(-0.4, 0.3)
    if kind == 2:  # bricks
        high = rng.uniform(14, 30)
        row = np.floor(v / high)
        u = u / (2.3 * high) + 0.5 * (row % 2)
        brick = np.floor(u)
        edge = np.maximum(2 * np.abs(v / high - row - 0.5), 1 - 4.6 * (0.5 - np.abs(u - brick - 0.5)))  # 1 at the joint
        return rough + 0.1 * np.sin(12.9898 * brick + 78.233 * row) - depth * np.clip(12 * (edge - 0.86), 0, 1)
    along = v if rng.random() < 0.6 else u
    wide = rng.uniform(12, 40) if kind == 3 else rng.uniform(3, 7)  # boards, or a shutter's slats
    board = np.floor(along / wide)
    groove = np.clip((np.abs(along / wide - board - 0.5) * 2 - 0.8) * 8, 0, 1)
    return rough + 0.06 * np.sin(78.233 * board) - 0.8 * np.abs(depth) * groove


def _clouds(rng: Random, cells: int) -> Floats:
    """Smooth noise around 0 with about that many bumps along a side, (BIG, BIG)."""
    bumps = Image.fromarray(rng.standard_normal((cells, cells), np.float32))
    return np.asarray(bumps.resize((BIG, BIG), Image.Resampling.BICUBIC))


def _clutter(rng: Random, scene: Floats) -> Floats:
    """A door's edge, a cable, a moulding or a screw, now and then."""
    things = int(rng.choice(4, p=(0.45, 0.3, 0.15, 0.1)))
    if not things:
        return scene
    picture = _to_picture(scene)
    pen = ImageDraw.Draw(picture)
    for _ in range(things):
        kind, colour = rng.integers(4), tuple(int(c) for c in _jittered(rng, WALLS))
        x, y, far = rng.uniform(0, BIG, 3)
        if kind == 0:  # a frame along one side
            wide, lean = rng.uniform(3, 14), rng.normal(0, 3)
            at = (0.0, wide) if rng.random() < 0.5 else (BIG - wide, float(BIG))
            pen.polygon([(at[0], -1), (at[1], -1), (at[1] + lean, BIG), (at[0] + lean, BIG)], colour)
        elif kind == 1:  # a cable, a crack
            pen.line([(x, -2), (x + rng.normal(0, 20), BIG + 2)], colour, int(rng.integers(1, 4)))
        elif kind == 2:  # an edge across
            pen.line([(-2, y), (BIG + 2, y + rng.normal(0, 6))], colour, int(rng.integers(1, 6)))
        else:  # a screw, a bell
            pen.ellipse([far - 3, y - 3, far + 3, y + 3], colour)
    return np.asarray(picture, np.float32)


def _ink(rng: Random, ground: Floats) -> Floats:
    """A colour that can be told from the ground, sometimes only just."""
    least = rng.uniform(45, 110)
    tried = np.stack([_jittered(rng, INKS) for _ in range(4)])
    apart = np.abs((tried - ground) @ LUMA)
    enough = np.flatnonzero(apart >= least)
    return tried[enough[0] if len(enough) else apart.argmax()]


def _lettered(rng: Random, scene: Floats, mask: Image.Image, ink: Floats) -> Floats:
    """Put the number on the ground: painted, outlined, or of metal with a shadow."""
    cover = np.asarray(mask, np.float32)[..., None] / 255
    way = rng.random()
    if way < 0.3:  # it stands off the wall
        along, down = (int(n) for n in rng.integers(-3, 5, 2))
        shadow = np.roll(cover, (down, along), (0, 1)) * rng.uniform(0.2, 0.65)
        scene = scene * (1 - shadow)
    elif way < 0.42:  # outlined
        outline = np.asarray(mask.filter(ImageFilter.MaxFilter(5)), np.float32)[..., None] / 255
        scene = scene * (1 - outline) + _jittered(rng, INKS) * outline
    shine = np.linspace(rng.uniform(-30, 30), rng.uniform(-30, 30), BIG, dtype=np.float32)[:, None, None]
    worn = 1 - rng.uniform(0, 0.35) * np.clip(_clouds(rng, 12), 0, 1)[..., None]
    return scene * (1 - cover * worn) + (ink + shine) * (cover * worn)


def _lit(rng: Random, scene: Floats, x: Floats, y: Floats) -> Floats:
    """Light from one side, sometimes the edge of a shadow, and the colour of the hour."""
    turn = rng.uniform(0, 2 * math.pi)
    across = math.cos(turn) / BIG * (x - BIG / 2) + math.sin(turn) / BIG * (y - BIG / 2)  # −0.7…0.7
    light = 1 + rng.normal(0, 0.22) * across
    if rng.random() < 0.12:
        light = light * (1 - rng.uniform(0.2, 0.5) * np.clip(12 * (across - rng.uniform(-0.35, 0.35)) + 0.5, 0, 1))
    cast = rng.normal((1, 1.03, 1.13), (0.05, 0.02, 0.08)) * rng.uniform(0.6, 1.2)
    grey = rng.uniform(0, 0.65)  # how far colours have faded
    lit = (scene * (1 - grey) + (scene @ LUMA)[..., None] * grey) * light[..., None] * cast.astype(np.float32)
    haze = rng.uniform(0, 0.55) ** 1.5  # low contrast, as through a car's window
    return lit * (1 - haze) + np.float32(rng.uniform(70, 170)) * haze


def _photograph(rng: Random, scene: Floats) -> NDArray[np.uint8]:
    """What a camera with few pixels keeps: it is shrunk, enlarged to 32×32, blurred, and noisy."""
    pixels = int(np.clip(rng.normal(22, 6), 11, SIDE))
    how = Image.Resampling.BOX if pixels > 24 else Image.Resampling.BILINEAR
    small = _to_picture(scene).resize((pixels, pixels), how)
    if pixels < SIDE:
        small = small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    soft = rng.uniform(-0.4, 1)
    if soft > 0.1:
        small = small.filter(ImageFilter.GaussianBlur(soft))
    noise = rng.standard_normal((SIDE, SIDE, 3), np.float32) * np.float32(rng.uniform(0.5, 5))
    return np.clip(np.round(np.asarray(small, np.float32) + noise), 0, 255).astype(np.uint8)


def _jittered(rng: Random, colours: tuple[Colour, ...]) -> Floats:
    """One of some colours, a little changed, (3,) 0…255."""
    colour = np.array(colours[rng.integers(len(colours))]) + rng.normal(0, 14) + rng.normal(0, 8, 3)
    return np.clip(colour, 0, 255).astype(np.float32)


def _to_picture(scene: Floats) -> Image.Image:
    return Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8))
