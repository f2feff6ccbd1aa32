"""MNIST's frame: a glyph fitted to 20×20 pixels, then set into 28×28 by its centre of mass.

This is how MNIST itself was made from NIST's forms (LeCun, Bottou, Bengio and Haffner, "Gradient-based
learning applied to document recognition", 1998, section III.A). In MNIST's files the centre of mass rounds to
the pixel (14, 14), counted from 0, in every image, and the longer side of the ink is exactly 20 pixels; so a
digit of MNIST that is cut out and framed here comes back as it was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FRAME = 28  # pixels, the side of a whole image
BOX = 20  # pixels, the longest side of the ink within it
CENTRE = 14  # the pixel, counted from 0, that the centre of mass is set on

Floats = NDArray[np.float32]


def fit_to_box(glyph: Floats) -> Floats:
    """Scale a glyph so that its longer side is 20 pixels; the aspect ratio stays.

    It averages areas when it shrinks and interpolates bicubically when it enlarges; a glyph that fits already
    is returned unchanged.

    Args:
        glyph: (H, W), ink bright, cropped as wanted.

    Returns:
        (h, w) with max(h, w) = 20, in [0, 1].
    """
    height, width = glyph.shape
    scale = BOX / max(height, width)
    if scale == 1:
        return glyph
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    scaled = np.asarray(Image.fromarray(glyph.astype(np.float32)).resize(size, how))
    return np.clip(scaled, 0, 1, dtype=np.float32)


def place_by_mass(glyph: Floats) -> Floats:
    """Set a glyph of at most 28×28 pixels into an empty frame, its centre of mass on the pixel (14, 14).

    The shift is a whole number of pixels, so no pixel is blurred; it stops where ink would leave the frame.

    Args:
        glyph: (h, w) in [0, 1], ink bright, not all 0.

    Returns:
        (28, 28) in [0, 1].
    """
    frame = np.zeros((FRAME, FRAME), dtype=np.float32)
    mass = glyph.sum(dtype=np.float64)
    first = []
    for axis, side in enumerate(glyph.shape):
        centre = float((glyph.sum(axis=1 - axis, dtype=np.float64) * np.arange(side)).sum() / mass)
        first.append(min(max(int(np.floor(CENTRE - centre + 0.5)), 0), FRAME - side))
    top, left = first
    frame[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    return frame


def center_in_frame(glyph: Floats) -> Floats:
    """Fit a glyph to 20×20 pixels and set it into 28×28 by its centre of mass.

    Args:
        glyph: (H, W) in [0, 1], ink bright, cropped, not all 0.

    Returns:
        (28, 28) in [0, 1].
    """
    return place_by_mass(fit_to_box(glyph))
