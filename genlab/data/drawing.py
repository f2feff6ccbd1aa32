"""A picture of a digit, as a person may send it, becomes one more digit like MNIST's.

    upload → RGB → ink bright on 0 → cut out, pen made as thick as MNIST's → 20×20 box → 28×28 by centre of mass

The last two steps are how MNIST was made (LeCun, Bottou, Bengio and Haffner, 1998, section III.A; see
``genlab.data.framing``). The ones before are needed because MNIST started from clean scans; they are in
``genlab.data.pictures``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import Tensor

from genlab.data.framing import BOX, CENTRE, FRAME, fit_to_box, place_by_mass
from genlab.data.pictures.ground import resize
from genlab.data.pictures.ink import find_ink, flatten
from genlab.data.pictures.uploads import MAX_BYTES, Upload, open_upload

__all__ = ["MAX_BYTES", "DrawingStages", "Upload", "drawing_stages", "prepare_drawing"]

Floats = NDArray[np.float32]

SHOWN_SIDE = 512  # pixels, the longest side of the stages for display
EDGE = 0.1  # fainter than this is no edge of the ink
CANVAS = 200  # pixels, the longer side on which the pen is measured and changed
THINNEST, THIN = 1.6, 2.2  # pixels of the 20×20 box: a thinner pen is made this thick
THICKEST, THICK = 5.0, 4.0  # and a thicker one this thin; nine in ten of MNIST's pens have 1.6 to 3.8


@dataclass(frozen=True, kw_only=True)
class DrawingStages:
    """What was made of a picture, step by step, to be shown side by side.

    Attributes:
        original: ``uint8`` (H, W, 3), upright, transparency laid on a plain ground, at most 512 pixels a side.
        grey: ``uint8`` (h, w), the same view, or the sheet of paper in it: 0 off the ink, 255 full ink.
        box: ``uint8`` (20, 20), the cut-out digit, its longer side 20, in the middle.
        digit: ``float32`` (1, 28, 28) in [0, 1], set by its centre of mass.
    """

    original: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    box: NDArray[np.uint8]
    digit: Tensor


def prepare_drawing(image: Upload) -> Tensor:
    """Turn a picture of a digit into one like MNIST's.

    Args:
        image: the bytes of a file, a path, a binary file, or a Pillow picture. Ink may be darker or brighter
            than the ground, or of another colour.

    Returns:
        ``float32`` (1, 28, 28) in [0, 1]: ink bright, within 20×20 pixels, centre of mass in the middle.

    Raises:
        NotAPictureError: no picture, one that is damaged, or one in a format that is not read.
        PictureTooLargeError: more than 5 MB, or more than 25 million pixels (50 million for JPEG).
        BlankPictureError: the picture shows no drawing.
    """
    return drawing_stages(image).digit


def drawing_stages(image: Upload) -> DrawingStages:
    """Turn a picture of a digit into one like MNIST's, and keep the steps to show them.

    The arguments and the errors are those of ``prepare_drawing``.
    """
    colour = flatten(open_upload(image))
    ink = find_ink(colour)
    if _is_framed(ink):
        digit = ink
    else:
        digit = place_by_mass(_stretch(fit_to_box(_cut_out(_moderate_pen(_cut_out(ink))))))
    return DrawingStages(
        original=np.stack([_shown(colour[..., channel]) for channel in range(3)], axis=2),
        grey=_shown(ink),
        box=_in_the_middle(_cut_out(digit)),
        digit=torch.from_numpy(digit).unsqueeze(0),
    )


def _is_framed(ink: Floats) -> bool:
    """Whether a picture has MNIST's form already: 28×28, ink within 20×20, mass in the middle."""
    if ink.shape != (FRAME, FRAME):
        return False
    rows, columns = _extent(ink)
    centre = ndimage.center_of_mass(ink)
    return 18 <= max(rows.stop - rows.start, columns.stop - columns.start) <= BOX and all(
        abs(c - CENTRE) <= 0.75 for c in centre
    )


def _extent(ink: Floats) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero((ink > EDGE).any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _cut_out(ink: Floats) -> Floats:
    """The part of a picture that has ink."""
    return ink[_extent(ink)]


def _moderate_pen(glyph: Floats) -> Floats:
    """Make a very thin pen thicker and a very thick one thinner; leave the others as they are.

    Args:
        glyph: (H, W) in [0, 1], cut out.

    Returns:
        (H', W') in [0, 1], of about the same shape.
    """
    side = max(glyph.shape)
    pixel = side / BOX  # of the box, in pixels of the glyph
    canvas = _to_canvas(glyph, keep_thin=_rough_width(glyph) < THINNEST * pixel)
    pixel = max(canvas.shape) / BOX
    width = pen_width(canvas) / pixel
    if THINNEST <= width <= THICKEST or width == 0:
        return glyph
    margin = int(2 * pixel)
    mask = np.pad(canvas > 0.5, margin)
    if width < THINNEST:
        reach = (THIN - width) / 2 * pixel
        return np.clip(reach + 1 - ndimage.distance_transform_edt(~mask), 0, 1).astype(np.float32)
    inside = ndimage.distance_transform_edt(mask)
    reach = min((width - THICK) / 2 * pixel, 0.5 * float(inside.max()))
    return np.clip(inside - reach, 0, 1).astype(np.float32)


def pen_width(glyph: Floats) -> float:
    """The typical width of the strokes in pixels, from the mean distance of ink to the ground.

    In a stroke of width w these distances rise from 0 at both edges to w/2, so their mean is w/4. (Counted
    from middle to middle of pixels, half a pixel is added.)
    """
    mask = np.pad(glyph > 0.5, 1)
    if not mask.any():
        return 0.0
    return float(4 * (ndimage.distance_transform_edt(mask)[mask].mean() - 0.5))


def _rough_width(glyph: Floats) -> float:
    """The width of the strokes without a distance transform: twice the area by the length of the outline."""
    mask = np.pad(glyph > 0.5, 1)
    edges = sum(float((np.diff(mask, axis=axis)).sum()) for axis in (0, 1))
    return 2 * float(mask.sum()) / max(edges * np.pi / 4, 1)  # Cauchy and Crofton: outline from crossings


def _to_canvas(glyph: Floats, *, keep_thin: bool) -> Floats:
    """Scale to about 200 pixels; ``keep_thin`` takes the brightest of each block, so no line fades."""
    factor = max(glyph.shape) // CANVAS
    if keep_thin and factor > 1:
        padded = np.pad(glyph, [(0, -n % factor) for n in glyph.shape])
        rows, columns = (n // factor for n in padded.shape)
        return padded.reshape(rows, factor, columns, factor).max(axis=(1, 3))
    scale = CANVAS / max(glyph.shape)
    size = max(1, round(glyph.shape[1] * scale)), max(1, round(glyph.shape[0] * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return resize(glyph, size, how)


def _stretch(boxed: Floats) -> Floats:
    """Make the middle of the strokes 1."""
    strong = boxed[boxed > 0.5 * boxed.max()]
    return np.clip(boxed / np.percentile(strong, 90), 0, 1).astype(np.float32)


def _shown(plane: Floats) -> NDArray[np.uint8]:
    """A plane in [0, 1] as bytes, at most 512 pixels a side."""
    picture = Image.fromarray(np.round(plane * 255).astype(np.uint8))
    picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)


def _in_the_middle(boxed: Floats) -> NDArray[np.uint8]:
    """A glyph of at most 20×20 pixels in the middle of (20, 20) bytes."""
    box = np.zeros((BOX, BOX), dtype=np.uint8)
    top, left = ((BOX - n) // 2 for n in boxed.shape)
    box[top : top + boxed.shape[0], left : left + boxed.shape[1]] = np.round(boxed * 255)
    return box
