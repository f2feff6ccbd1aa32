"""Find the sheet of paper in a photo that also shows the desk it lies on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from genlab.data.pictures.ground import resize_colour

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

COARSE = 125  # pixels a side
CONTRAST = 0.05, 0.15  # between sheet and desk: the more, the more uneven the desk is
SHARES = 0.15, 0.92  # of the picture
MOST_SLENDER = 2.5  # long side by short side; a bar is a 1
LEAST_RECTANGULAR = 0.88  # area by that of the smallest box around it: a sheet seen aslant 0.9, an ellipse 0.79
MOST_INK = 0.12  # of the middle of the sheet; the holes of a bold 8 take more, and an 8 is no sheet
EDGE = 3  # coarse pixels along the edge of the sheet that are given up


def find_sheet(colour: Floats) -> Floats | None:
    """Cut out a sheet of paper; what lies around it is painted over in the paper's own colours.

    Args:
        colour: (H, W, 3) in [0, 1].

    Returns:
        (h, w, 3), or ``None`` if the picture shows no sheet with a desk around it.
    """
    height, width = colour.shape[:2]
    shrink = COARSE / max(height, width)
    if shrink > 0.5:
        return None
    size = max(8, round(width * shrink)), max(8, round(height * shrink))
    coarse = resize_colour(colour, size)
    sheet = _sheet_mask(coarse)
    if sheet is None:
        return None
    sheet = ndimage.binary_erosion(sheet, np.ones((3, 3)), iterations=EDGE, border_value=1)
    if not sheet.any():
        return None
    nearest = ndimage.distance_transform_edt(~sheet, return_distances=False, return_indices=True)
    painted = resize_colour(coarse[tuple(nearest)], (width, height), Image.Resampling.BILINEAR)
    whole = np.asarray(Image.fromarray(sheet).resize((width, height)))
    rows, columns = (np.flatnonzero(whole.any(axis=axis)) for axis in (1, 0))
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.where(whole[place][..., None], colour[place], painted[place])


def _sheet_mask(coarse: Floats) -> Mask | None:
    """Where the sheet lies: (h, w, 3) → (h, w) or ``None``."""
    rim = np.concatenate([coarse[0], coarse[-1], coarse[:, 0], coarse[:, -1]])
    desk = np.median(rim, axis=0)
    uneven = 4 * float(np.median(np.abs(rim - desk)))
    away = np.abs(coarse - desk).max(axis=2) > np.clip(uneven, *CONTRAST)
    labels, count = ndimage.label(ndimage.binary_opening(away, np.ones((3, 3))))
    if count == 0:
        return None
    region = labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
    sheet = ndimage.binary_fill_holes(region)
    if not SHARES[0] <= sheet.mean() <= SHARES[1] or _rectangular(sheet) < LEAST_RECTANGULAR:
        return None
    inset = max(1, round(0.12 * np.sqrt(sheet.sum())))
    middle = ndimage.binary_erosion(sheet, np.ones((3, 3)), iterations=inset, border_value=1)
    return sheet if middle.any() and (middle & ~region).sum() <= MOST_INK * middle.sum() else None


def _rectangular(mask: Mask) -> float:
    """The area of a mask by that of the smallest rectangle, turned at will, that holds it; 0 if it is a bar."""
    y, x = np.nonzero(mask ^ ndimage.binary_erosion(mask))  # its outline is enough
    angles = np.deg2rad(np.arange(0, 90, 2))[:, None]
    along, across = x * np.cos(angles) + y * np.sin(angles), y * np.cos(angles) - x * np.sin(angles)
    length, width = np.ptp(along, axis=1) + 1, np.ptp(across, axis=1) + 1
    best = int((length * width).argmin())
    slender = max(length[best] / width[best], width[best] / length[best]) > MOST_SLENDER
    return 0.0 if slender else float(mask.sum() / (length[best] * width[best]))
