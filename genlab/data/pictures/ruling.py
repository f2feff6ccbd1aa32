"""Take the lines of ruled or squared paper out of a map of ink.

A printed line crosses the whole picture, nearly straight; the stroke of a digit does not. So lines are found
with a small Radon transform: the picture is sheared by every slope of ±15°, and the rows of which at least
three quarters are inked are lines. A few of them are needed, so that the bar of a lone, large 7 is none.
Each line is then followed in sixteen pieces, and only what is clearly darker than it is left on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]

SEARCH_SIDE = 320  # pixels, the longest side lines are looked for on
SLOPES = np.linspace(-0.27, 0.27, 55)  # ±15°, one pixel of shift at the rim from one to the next
LEAST_COVER = 0.75  # of the width of the picture
LEAST_LINES = 3
PIECES = 16
FAINT = 0.6  # of the ink: the lines of a screen's ruled paper
FAINTEST = 0.03  # of black to white: fainter lines do no harm


def remove_ruling(ink: Floats, noise: float, *, drawn: bool = False) -> Floats:
    """Remove near-horizontal, then near-vertical ruled lines.

    Args:
        ink: (H, W), 0 on the ground, up to 1 for black on white.
        noise: the standard deviation of the ground.
        drawn: the picture was drawn on a screen, where both edges of one thick, straight stroke look like lines; so
            only lines that are clearly fainter than the ink are taken.

    Returns:
        (H, W), the same array if there are no lines.
    """
    for turned in (False, True):
        seen = ink.T if turned else ink
        lines = _find_lines(seen, noise)
        if len(lines) >= LEAST_LINES:
            seen = _erase(seen, lines, strongest=FAINT * float(seen.max()) if drawn else np.inf)
            ink = np.ascontiguousarray(seen.T) if turned else seen
    return ink


def _find_lines(ink: Floats, noise: float) -> list[tuple[float, float]]:
    """Lines as (row in the middle of the picture, slope), in pixels of ``ink``, from top to bottom."""
    factor = -(-max(ink.shape) // SEARCH_SIDE)
    rows, columns = (n // factor for n in ink.shape)
    small = ink[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor).max(axis=(1, 3))
    ridge = small - ndimage.uniform_filter1d(small, 9, axis=0)
    inked = (ridge > max(FAINTEST / 2, 2 * noise)).astype(np.float32)
    rough = [np.square(_cover(inked[:, ::4], slope * 4)).sum() for slope in SLOPES]
    best = int(np.argmax(rough))
    thick = ndimage.maximum_filter1d(inked, 3, axis=0)  # paper is not quite flat
    near = SLOPES[max(0, best - 2) : best + 3]
    covers = np.stack([_cover(thick, slope) for slope in near])
    cover = covers.max(axis=0)
    peak = (cover >= LEAST_COVER) & (cover == ndimage.maximum_filter1d(cover, 5))
    labels, count = ndimage.label(peak)  # a plateau is one line
    middles = ndimage.center_of_mass(peak, labels, range(1, count + 1))
    return [((m + 0.5) * factor, float(near[covers[:, round(m)].argmax()])) for (m,) in middles]


def _cover(inked: Floats, slope: float) -> Floats:
    """The share of each line of that slope that is inked, by its row in the middle: (H, W) → (H,)."""
    height, width = inked.shape
    shift = np.round(slope * (np.arange(width) - width / 2)).astype(int)
    rows = np.arange(height)[:, None] + shift
    inside = (rows >= 0) & (rows < height)
    found = np.where(inside, inked[rows.clip(0, height - 1), np.arange(width)], 0)
    counted = inside.sum(axis=1)
    return np.where(counted >= width / 2, found.sum(axis=1) / np.maximum(counted, 1), 0).astype(np.float32)


def _erase(ink: Floats, lines: list[tuple[float, float]], strongest: float) -> Floats:
    """Keep only what is clearly darker than the line it lies on; a line above ``strongest`` is ink and stays."""
    ink = ink.copy()
    height, width = ink.shape
    pitch = min(np.diff([row for row, _ in lines]))
    reach = max(2, min(round(0.012 * max(ink.shape)), int(0.4 * pitch)))
    columns = np.arange(width)
    middles = (np.arange(PIECES) + 0.5) * width / PIECES
    for row, slope in lines:
        centre = np.round(row + slope * (columns - width / 2)).astype(int)
        rows = (centre + np.arange(-reach, reach + 1)[:, None]).clip(0, height - 1)  # (2 reach + 1, W)
        band = ink[rows, columns]
        pieces = np.array_split(band, PIECES, axis=1)
        profile = np.stack([np.median(piece, axis=1) for piece in pieces])  # ink across it is a minority
        usual = float(np.median(profile.max(axis=1)))
        if usual > strongest:
            continue
        profile = profile.clip(0, 1.4 * usual)  # a stroke along the line is not the line
        line = np.stack([np.interp(columns, middles, p) for p in profile.T])
        line = ndimage.maximum_filter1d(line, 3, axis=0)
        ink[rows, columns] = band * ((band - 1.25 * line) / (0.4 * line + 0.01)).clip(0, 1)
    return ink
