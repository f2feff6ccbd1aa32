"""What a picture would look like without the ink, and what is left when that is taken away.

A drawn picture (a canvas, a screenshot, MNIST) has one colour of ground: that of most of its rim. In a photo
the ground varies with the light. There it is found as a morphological closing: whatever is dark and narrower
than a sixth of the picture is filled with what is around it. Dark ink is then divided by the paper, because
light multiplies. For bright ink (chalk) the picture is taken as its negative.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Floats = NDArray[np.float32]
Sign = Literal[-1, 0, 1]

SMALL = 64  # pixels a side: below it, pixels count one by one
SAME_COLOUR = 4 / 255  # what JPEG makes of a flat ground; a photo of paper spreads wider
NARROW = 0.16  # of the shorter side: wider than a pen, narrower than a shadow
VERY_DARK = 0.5  # of the ground: ink, not shadow
LEAST_GROUND = 0.15  # what is divided by; darker paper would only show its noise
COARSE = 125  # pixels a side, enough for a ground that changes slowly


def take_away_ground(colour: Floats) -> tuple[Floats, Sign]:
    """The picture less its ground.

    Args:
        colour: (H, W, 3) in [0, 1].

    Returns:
        The difference (H, W, 3), 0 on the ground; and 0 if the ground is flat, so that ink may be anything
        else, −1 if it is uneven and the ink is darker, 1 if it is uneven and the ink is brighter.
    """
    rim = _rim(colour)
    ground = np.median(rim, axis=0)
    few = colour[:: max(1, colour.shape[0] // 200), :: max(1, colour.shape[1] // 200)]
    on_rim, all_over = (float((np.abs(c - ground) < SAME_COLOUR).all(axis=-1).mean()) for c in (rim, few))
    if on_rim >= 0.4 and all_over >= 0.25:
        return colour - ground, 0
    if min(colour.shape[:2]) < SMALL:  # too few pixels for more: the rim is nearer to the ground than to the ink
        grey = to_grey(colour)
        darkest, brightest = (colour.reshape(-1, 3)[i] for i in (grey.argmin(), grey.argmax()))
        dark = abs(rim.mean() - darkest.mean()) < abs(rim.mean() - brightest.mean())
        return colour - (darkest if dark else brightest), 0
    return _take_away_uneven_ground(colour)


def to_grey(colour: Floats) -> Floats:
    """(H, W, 3) → (H, W), the mean of the channels."""
    return colour @ np.full(3, 1 / 3, dtype=np.float32)


def resize_colour(colour: Floats, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BOX) -> Floats:
    """(H, W, 3) → (h, w, 3) with ``size`` = (w, h)."""
    return np.stack([resize(colour[..., channel], size, how) for channel in range(3)], axis=2)


def resize(plane: Floats, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BOX) -> Floats:
    """(H, W) → (h, w) with ``size`` = (w, h)."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(size, how))


def _rim(colour: Floats) -> Floats:
    """The pixels of the outermost 2 %: (n, 3)."""
    edge = max(1, round(0.02 * min(colour.shape[:2])))
    inner = np.zeros(colour.shape[:2], dtype=bool)
    inner[edge:-edge, edge:-edge] = True
    return colour[~inner]


def _take_away_uneven_ground(colour: Floats) -> tuple[Floats, Sign]:
    height, width = colour.shape[:2]
    shrink = min(1.0, COARSE / max(height, width))
    coarse = resize_colour(colour, (max(2, round(width * shrink)), max(2, round(height * shrink))))
    dark_ink = _skew(colour, coarse) < 0
    ground = _fill(coarse) if dark_ink else 1 - _fill(1 - coarse)
    whole = resize_colour(ground, (width, height), Image.Resampling.BILINEAR)
    difference = colour - whole
    if not dark_ink:
        return difference, 1
    difference /= np.maximum(whole, LEAST_GROUND)
    return difference, -1


def _fill(coarse: Floats) -> Floats:
    """Fill what is dark and narrow, or very dark and an island: (h, w, 3) → the same.

    What is narrow is filled by a closing. Islands, such as the strokes of a broad marker, are filled up to
    the lowest pass to the rim (reconstruction by erosion); so a desk that reaches in from the rim stays
    ground, and so does a shadow, which is not very dark.
    """
    window = max(3, round(NARROW * min(coarse.shape[:2])))
    closed: Floats = ndimage.grey_closing(coarse, size=(window, window, 1), mode="nearest")
    level = np.ones_like(closed)
    level[[0, -1]], level[:, [0, -1]] = closed[[0, -1]], closed[:, [0, -1]]
    for _ in range(4 * COARSE):
        lower = np.maximum(ndimage.minimum_filter(level, size=(3, 3, 1), mode="nearest"), closed)
        if np.array_equal(lower, level):
            break
        level = lower
    island = ndimage.binary_dilation((coarse < VERY_DARK * level).any(axis=2), np.ones((5, 5)))
    smooth = ndimage.gaussian_filter(np.where(island[..., None], level, closed), (1, 1, 0), mode="nearest")
    filled: Floats = ndimage.minimum_filter(smooth, size=(3, 3, 1), mode="nearest")  # at the edge of a desk, the desk
    return filled


def _skew(colour: Floats, coarse: Floats) -> float:
    """Whether what stands out from its surroundings is dark (below 0) or bright (above 0).

    Both the skewness of small things and that of large ones count: glare would mislead the one, and the holes
    between the strokes of a broad marker the other.
    """
    grey, coarse_grey = to_grey(colour), to_grey(coarse)
    near, far = (ndimage.gaussian_filter(coarse_grey, reach * min(coarse_grey.shape)) for reach in (0.03, 0.2))
    near = resize(near, (grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR)
    return _skewness(grey - near) + _skewness(coarse_grey - far)


def _skewness(values: Floats) -> float:
    rest = values - np.median(values.ravel()[:: max(1, values.size // 50_000)])
    square = rest * rest
    return float((square * rest).mean() / (square.mean() ** 1.5 + 1e-9))
