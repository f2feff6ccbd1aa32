"""Tell ink from ground: any picture of a drawing in, a map of where the pen went out.

1. The ground is the colour of the rim, if most of the rim has it (a canvas, a screenshot, MNIST). Otherwise
   it varies (a photo), and is found as a morphological closing: whatever is narrower than a third of the
   picture is filled with what is around it. Dark ink is divided by the paper, as light multiplies.
2. Ink is what differs from the ground in the direction of colour in which most of the difference lies. So
   black on white, white on black and red on blue are one case, and glare is not ink.
3. Ruled lines cross the whole picture; each is followed and taken away (``genlab.data.ruling``).
4. Pixels near the full ink are ink, and so are fainter pixels that touch them (hysteresis). Specks, a frame
   around everything, and in a photo what hangs in from the rim, are dropped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from genlab.data.ruling import remove_ruling
from genlab.data.sheet import find_sheet, resize_colour
from genlab.errors import BlankPictureError

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SMALL = 64  # pixels a side: below it, pixels count one by one
SAME_COLOUR = 4 / 255  # what JPEG makes of a flat ground; a photo of paper spreads wider
LEAST_CONTRAST = {True: 0.05, False: 0.1}  # of black to white, on flat and uneven ground; a hard pencil has 0.2
LEAST_AREA = 5e-5  # of the picture; a digit 30 pixels high in a picture of 1,000
MOST_AREA = 0.75  # of the picture; a bold 8 cut out tightly has 0.65
LEAST_LIKENESS = 0.2  # of neighbouring pixels; noise has none, a line one pixel wide has 0.4
COARSE = 125  # pixels a side, enough for a ground that changes slowly
BLANK = "The picture shows no drawing. Draw one digit, large and dark on a light ground, and send it again."


def flatten(picture: Image.Image) -> Floats:
    """A picture in mode ``RGBa`` without its transparency: (H, W, 3) in [0, 1].

    Ink on a transparent sheet is laid on white or on black, whichever is farther from it. A picture that only
    has transparent parts (rounded corners) gets its own commonest colour there.

    Raises:
        BlankPictureError: everything is transparent.
    """
    pixels = np.asarray(picture, dtype=np.float32) / 255
    colour, alpha = pixels[..., :3], pixels[..., 3:]
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
    return colour + (1 - alpha) * ground.astype(np.float32)


def find_ink(colour: Floats) -> Floats:
    """Where the pen went: (H, W, 3) in [0, 1] → (H, W), 0 off the ink, 1 in the middle of a stroke.

    If the picture shows a sheet on a desk, only the part with the sheet is returned.

    Raises:
        BlankPictureError: one colour, only noise, or nothing large enough to be a digit.
    """
    sheet = find_sheet(colour)
    return _find_ink(colour if sheet is None else sheet)


def _find_ink(colour: Floats) -> Floats:
    ink, flat = _contrast(colour)
    noise = 0.0
    if min(ink.shape) >= SMALL:
        noise = _spread(ink)
        if noise > 0.01:
            ink = ndimage.gaussian_filter(ink, 1 if noise < 0.1 or min(ink.shape) < 300 else 2)
            noise = _spread(ink)
        ink = remove_ruling(ink, noise)
    mask = np.ones(ink.shape, dtype=bool)
    for _ in range(2):  # once with all that stands out, then with what was kept of it
        full = _full_ink(ink[mask], noise, ink.size)
        if full < max(LEAST_CONTRAST[flat], 10 * noise):
            raise BlankPictureError(BLANK)
        faint = max(0.35 * full, 4 * noise)
        mask = ndimage.binary_propagation(ink > 0.6 * full, mask=ink > faint, structure=np.ones((3, 3)))
        mask = _drop_strays(mask, flat)
    if not max(4 / mask.size, LEAST_AREA) <= mask.mean() <= MOST_AREA or _likeness_of_neighbours(mask * ink) < LEAST_LIKENESS:
        raise BlankPictureError(BLANK)
    reach = max(2, round(0.004 * max(ink.shape)))  # the soft edges of the strokes
    near = ndimage.maximum_filter(mask.view(np.uint8), 2 * reach + 1)
    least = 2 * noise
    return near * np.clip((ink - least) / (full - least), 0, 1)


def _contrast(colour: Floats) -> tuple[Floats, bool]:
    """How far each pixel is from the ground, towards the ink, and whether the ground is flat.

    The distance (H, W) is 0 on the ground and 1 from black to white.
    """
    difference, sign = _difference(colour)
    weight = np.einsum("hwc,hwc->hw", difference, difference)
    if sign:
        weight *= difference.sum(axis=2) * sign > 0
    strong = weight >= np.percentile(weight.ravel()[:: max(1, weight.size // 50_000)], 99)
    direction = (difference[strong] * weight[strong][:, None]).sum(axis=0)
    length = float(np.abs(direction).sum())
    if length < 1e-6:
        raise BlankPictureError(BLANK)
    return difference @ (direction / length).astype(np.float32), sign == 0  # grey ink: the mean of the channels


def _difference(colour: Floats) -> tuple[Floats, int]:
    """The picture (H, W, 3) less its ground; and 0 if that is flat, else −1 for dark ink and 1 for bright."""
    rim = _rim(colour)
    ground = np.median(rim, axis=0)
    few = colour[:: max(1, colour.shape[0] // 200), :: max(1, colour.shape[1] // 200)]
    on_rim, all_over = (float((np.abs(c - ground) < SAME_COLOUR).all(axis=-1).mean()) for c in (rim, few))
    if on_rim >= 0.4 and all_over >= 0.25:
        return colour - ground, 0
    if min(colour.shape[:2]) < SMALL:  # too few pixels for more: the rim is nearer to the ground than to the ink
        grey = colour.mean(axis=2)
        darkest, brightest = (colour.reshape(-1, 3)[i] for i in (grey.argmin(), grey.argmax()))
        dark = abs(rim.mean() - darkest.mean()) < abs(rim.mean() - brightest.mean())
        return colour - (darkest if dark else brightest), 0
    return _against_uneven_ground(colour)


def _rim(colour: Floats) -> Floats:
    """The pixels of the outermost 2 %: (n, 3)."""
    edge = max(1, round(0.02 * min(colour.shape[:2])))
    inner = np.zeros(colour.shape[:2], dtype=bool)
    inner[edge:-edge, edge:-edge] = True
    return colour[~inner]


def _spread(ink: Floats) -> float:
    """The standard deviation of the ground, from the median deviation, which ink hardly moves."""
    few = ink.ravel()[:: max(1, ink.size // 50_000)]
    return float(1.4826 * np.median(np.abs(few - np.median(few))))


def _likeness_of_neighbours(ink: Floats) -> float:
    """The correlation of pixels with their neighbours, in the direction in which it is greatest."""
    rest = np.pad(ink - ink.mean(), 1)
    power = float(np.square(rest).sum()) + 1e-12
    return (
        max(float((rest * np.roll(rest, shift, (0, 1))).sum()) for shift in ((0, 1), (1, 0), (1, 1), (1, -1))) / power
    )


def _against_uneven_ground(colour: Floats) -> tuple[Floats, int]:
    """(H, W, 3), what is left when a ground that changes slowly is taken away; −1 for dark ink, 1 for bright."""
    height, width = colour.shape[:2]
    shrink = min(1.0, COARSE / max(height, width))
    size = max(2, round(width * shrink)), max(2, round(height * shrink))
    coarse = resize_colour(colour, size)
    dark_ink = _skew(coarse.mean(axis=2)) < 0
    ground = _fill(coarse) if dark_ink else 1 - _fill(1 - coarse)
    whole = resize_colour(ground, (width, height), Image.Resampling.BILINEAR)
    difference = colour - whole
    return (difference / np.maximum(whole, 0.15), -1) if dark_ink else (difference, 1)


def _fill(coarse: Floats) -> Floats:
    """Fill what is dark and narrow, or very dark and an island: (h, w, 3) → the same.

    What is narrow is filled by a morphological closing. Islands, such as the strokes of a broad marker, are
    filled up to the lowest pass to the rim (reconstruction by erosion); so a desk that reaches in from the
    rim stays ground, and so does a shadow, which is not very dark.
    """
    window = max(3, round(0.12 * min(coarse.shape[:2])))
    closed = ndimage.grey_closing(coarse, size=(window, window, 1), mode="nearest")
    level = np.full_like(closed, 1)
    level[[0, -1]], level[:, [0, -1]] = closed[[0, -1]], closed[:, [0, -1]]
    for _ in range(4 * COARSE):
        lower = np.maximum(ndimage.minimum_filter(level, size=(3, 3, 1), mode="nearest"), closed)
        if np.array_equal(lower, level):
            break
        level = lower
    dark_island = (coarse < 0.5 * level).any(axis=2)
    level = np.where(ndimage.binary_dilation(dark_island, np.ones((5, 5)))[..., None], level, closed)
    smooth = ndimage.gaussian_filter(level, (1, 1, 0), mode="nearest")
    return ndimage.minimum_filter(smooth, size=(3, 3, 1), mode="nearest")  # at an edge of the desk: the desk


def _skew(grey: Floats) -> float:
    """Whether what stands out from its surroundings is dark (below 0) or bright (above 0).

    Both the skewness of small things and that of large ones count: glare would mislead the one, and the holes
    between the strokes of a broad marker the other.
    """
    total = 0.0
    for reach in (0.03, 0.2):
        rest = grey - ndimage.gaussian_filter(grey, reach * min(grey.shape), mode="nearest")
        rest -= np.median(rest)
        total += float((rest**3).mean() / (np.square(rest).mean() ** 1.5 + 1e-9))
    return total


def _full_ink(ink: Floats, noise: float, pixels: int) -> float:
    """The contrast in the middle of a stroke: the typical pixel of the stronger half of what stands out."""
    candidates = ink[ink > max(LEAST_CONTRAST[True], 5 * noise)]
    if len(candidates) < max(3, LEAST_AREA / 2 * pixels):
        raise BlankPictureError(BLANK)
    return float(np.median(candidates[candidates >= _otsu(candidates)]))


def _otsu(values: Floats) -> float:
    """The threshold that parts values into two classes as different as can be (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * middles).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * np.square(sums / below - (sums[-1] - sums) / above)
    return float(edges[1 + int(np.nanargmax(between))]) if np.isfinite(between).any() else float(edges[0])


def _drop_strays(mask: Mask, flat: bool) -> Mask:
    """Keep the drawing: drop specks, a frame around the drawing, and in a photo what hangs in from the rim."""
    reach = round(0.012 * max(mask.shape))
    coarse = max(1, reach // 3)  # cells of this many pixels a side, which is finer than needed and much faster
    cells = np.pad(mask, [(0, -n % coarse) for n in mask.shape])
    cells = cells.reshape(cells.shape[0] // coarse, coarse, cells.shape[1] // coarse, coarse).any(axis=(1, 3))
    if reach:
        cells = ndimage.binary_dilation(cells, np.ones((3, 3)), iterations=reach // coarse)
    labels, count = ndimage.label(cells, structure=np.ones((3, 3)))
    if count < 2:
        return mask
    labels = labels.repeat(coarse, axis=0).repeat(coarse, axis=1)[: mask.shape[0], : mask.shape[1]] * mask
    area = np.bincount(labels.ravel(), minlength=count + 1).astype(float)
    area[0] = 0
    sizes = np.zeros((count + 1, 2))
    touches = np.zeros(count + 1, dtype=bool)
    for label, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is not None:
            sizes[label] = [(s.stop - s.start) / n for s, n in zip(place, mask.shape, strict=True)]
            touches[label] = any(s.start <= 1 or s.stop >= n - 1 for s, n in zip(place, mask.shape, strict=True))
    outside = (sizes >= 0.9).all(axis=1) | (touches & (not flat))
    area[touches & (sizes.max(axis=1) < 0.25) & (not flat)] = 0  # the tip of a shadow
    if area[~outside].sum() >= 0.1 * area.sum() or sizes[~outside].max() >= 0.08:
        area[outside] = 0
    keep = area >= 0.04 * area.max()
    keep[0] = False
    return keep[labels]
