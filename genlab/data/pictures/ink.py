"""Tell ink from ground: any picture of a drawing in, a map of where the pen went out.

1. A sheet of paper is cut out of its desk (``sheet``), and the ground is taken away (``ground``).
2. Ink is what differs from the ground in the direction of colour in which most of the difference lies. So
   black on white, white on black and red on blue are one case, and glare is not ink.
3. Ruled lines cross the whole picture; each is followed and taken away (``ruling``).
4. Pixels near the full ink are ink, and so are fainter pixels that touch them (hysteresis). Specks, a frame
   around everything, and in a photo what hangs in from the rim, are dropped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from genlab.data.pictures.ground import NARROW, SMALL, take_away_ground, to_grey
from genlab.data.pictures.ruling import remove_ruling
from genlab.data.pictures.sheet import find_sheet
from genlab.errors import BlankPictureError

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_CONTRAST = {True: 0.05, False: 0.1}  # of black to white, on flat and uneven ground; a hard pencil has 0.2
QUIET = 0.01  # noise of the ground that does no harm
LEAST_SIGNAL = 9  # ink by the noise of the ground; pure noise has 8, a hair line in a dim photo 11
LEAST_AREA = 5e-5  # of the picture; a digit 30 pixels high in a picture of 1,000
MOST_AREA = 0.75  # of the picture; a bold 8 cut out tightly has 0.65
LEAST_LIKENESS = 0.2  # of neighbouring pixels; noise has none, a line one pixel wide has 0.4
JOINED = 0.012  # of the longer side: strokes that are so near are one drawing
SPECK = 0.04  # of the area of the drawing
BLANK = "The picture shows no drawing. Draw one digit, large and dark on a light ground, and send it again."


def flatten(picture: Image.Image) -> Floats:
    """A picture in mode ``RGBa`` without its transparency: (H, W, 3) in [0, 1].

    Ink on a transparent sheet is laid on white or on black, whichever is farther from it. A picture that only
    has transparent parts (rounded corners) gets its own commonest colour there.

    Raises:
        BlankPictureError: everything is transparent.
    """
    pixels = np.asarray(picture, dtype=np.float32) / np.float32(255)
    colour, alpha = np.ascontiguousarray(pixels[..., :3]), pixels[..., 3:]
    if alpha.min() == 1:
        return colour
    seen = alpha[..., 0] > 0.5
    if not seen.any():
        raise BlankPictureError(BLANK)
    colours = colour[seen] / alpha[seen]  # (n, 3), no longer multiplied by opacity
    grey = colours.mean(axis=1)
    if grey.std() > 0.2 or alpha.mean() > 0.6:
        ground = np.median(colours, axis=0)
    else:
        ground = np.full(3, 1.0 if grey.mean() < 0.5 else 0.0)
    colour += (1 - alpha) * ground.astype(np.float32)
    return colour


def find_ink(colour: Floats) -> Floats:
    """Where the pen went: (H, W, 3) in [0, 1] → (h, w), 0 off the ink, 1 in the middle of a stroke.

    If the picture shows a sheet on a desk, (h, w) is the part with the sheet.

    Raises:
        BlankPictureError: one colour, only noise, or nothing large enough to be a digit.
    """
    sheet = find_sheet(colour)
    ink, flat = _contrast(colour if sheet is None else sheet)
    noise = 0.0
    if min(ink.shape) >= SMALL:
        mean, noise = _ground_noise(ink)
        if flat:  # bold ink may be more than half of it and would count as noise
            mean, noise = 0.0, min(noise, QUIET)
        elif noise > QUIET:
            ink = ndimage.gaussian_filter(ink, 1 if noise < 0.1 or min(ink.shape) < 300 else 2)
            mean, noise = _ground_noise(ink)
        ink = remove_ruling(ink - np.float32(mean), noise, drawn=flat)
    mask = np.ones(ink.shape, dtype=bool)
    for _ in range(2):  # once with all that stands out, then with what was kept of it
        full = _full_ink(ink[mask], noise)
        if full < LEAST_CONTRAST[flat]:
            raise BlankPictureError(BLANK)
        faint = max(0.35 * full, 4 * noise)
        mask = ndimage.binary_propagation(ink > 0.6 * full, mask=ink > faint, structure=np.ones((3, 3)))
        mask = _drop_strays(mask, flat)
    if not 4 <= mask.sum() <= MOST_AREA * mask.size or _is_noise(ink * mask):
        raise BlankPictureError(BLANK)
    reach = max(2, round(0.004 * max(ink.shape)))  # the soft edges of the strokes
    near = ndimage.maximum_filter(mask.view(np.uint8), 2 * reach + 1)
    least = 2 * noise
    return (near * np.clip((ink - least) / (full - least), 0, 1)).astype(np.float32)


def _contrast(colour: Floats) -> tuple[Floats, bool]:
    """How far each pixel is from the ground, towards the ink, and whether the ground is flat.

    The distance (H, W) is 0 on the ground and 1 from black to white.
    """
    difference, sign = take_away_ground(colour)
    weight = np.einsum("hwc,hwc->hw", difference, difference)
    if sign:
        weight *= to_grey(difference) * sign > 0
    strong = weight >= np.percentile(_few(weight), 99)
    direction = (difference[strong] * weight[strong][:, None]).sum(axis=0)
    length = float(np.abs(direction).sum())
    if length < 1e-6:
        raise BlankPictureError(BLANK)
    return difference @ (direction / length).astype(np.float32), sign == 0  # grey ink: the mean of the channels


def _few(values: Floats) -> Floats:
    """About 50,000 of the values, enough for a percentile."""
    return values.ravel()[:: max(1, values.size // 50_000)]


def _ground_noise(ink: Floats) -> tuple[float, float]:
    """Mean and standard deviation of the ground, from its darker side, where there is no ink."""
    low, high = np.percentile(_few(ink), (20, 40))
    deviation = float(high - low) / 0.59  # of a normal distribution, they lie 0.84 and 0.25 below the mean
    return float(high) + 0.25 * deviation, deviation


def _is_noise(ink: Floats) -> bool:
    """Whether pixels are unlike their neighbours, even in the direction in which they are most like them."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    found = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if min(ink.shape) < 16:
        return False  # too few pixels to tell
    rest = np.pad(found - ink.mean(), 1)
    steps = ((0, 1), (1, 0), (1, 1), (1, -1))
    likeness = max(float(np.vdot(rest, np.roll(rest, step, (0, 1)))) for step in steps)
    return likeness < LEAST_LIKENESS * float(np.vdot(rest, rest))


def _full_ink(ink: Floats, noise: float) -> float:
    """The contrast in the middle of a stroke: the typical pixel of the stronger half of what stands out."""
    candidates = ink[ink > max(LEAST_CONTRAST[True], 5 * noise)]
    if len(candidates) < 3:
        raise BlankPictureError(BLANK)
    full = float(np.median(candidates[candidates >= _otsu(candidates)]))
    if full < LEAST_SIGNAL * noise:
        raise BlankPictureError(BLANK)
    return full


def _otsu(values: Floats) -> float:
    """The threshold that parts values into two classes as different as can be (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * middles).cumsum()
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    between = below * above * np.square(apart)
    return float(edges[1 + int(between[:-1].argmax())]) if between[:-1].any() else float(edges[0])


def _drop_strays(mask: Mask, flat: bool) -> Mask:
    """Keep the drawing: drop specks, a frame around it, and in a photo what hangs in from the rim."""
    labels, count = _label_drawings(mask)
    area = np.bincount(labels.ravel(), minlength=count + 1).astype(float)
    area[0] = 0
    sizes = np.zeros((count + 1, 2))  # of the picture: height, width
    touches = np.zeros((count + 1, 2), dtype=bool)  # the upper or lower rim, the left or right
    for label, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is not None:
            sizes[label] = [(s.stop - s.start) / n for s, n in zip(place, mask.shape, strict=True)]
            touches[label] = [s.start <= 1 or s.stop >= n - 1 for s, n in zip(place, mask.shape, strict=True)]
    outside = (sizes[:, 0] >= 0.9) & (sizes[:, 1] >= 0.9)
    if not flat:
        outside = outside | touches[:, 0] | touches[:, 1]
        area[(touches & (sizes < NARROW)).any(axis=1)] = 0  # the tip of a shadow
    if area[~outside].sum() >= 0.1 * area.sum() or sizes[~outside].max() >= 0.08:
        area[outside] = 0
    keep = np.asarray(area >= max(1, SPECK * area.max(), LEAST_AREA * mask.size))
    return keep[labels]


def _label_drawings(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Number what is inked, strokes that are near each other alike: (H, W) with 0 off the ink, and the count."""
    reach = round(JOINED * max(mask.shape))
    cell = max(1, reach // 3)  # pixels a side, finer than needed and much faster
    cells = np.pad(mask, [(0, -n % cell) for n in mask.shape])
    cells = cells.reshape(cells.shape[0] // cell, cell, cells.shape[1] // cell, cell).max(axis=(1, 3))
    if reach:
        cells = ndimage.binary_dilation(cells, np.ones((3, 3)), iterations=reach // cell)
    labels, count = ndimage.label(cells, structure=np.ones((3, 3)))
    return labels.repeat(cell, axis=0).repeat(cell, axis=1)[: mask.shape[0], : mask.shape[1]] * mask, count
