"""Small pictures, shown large and crisp: arrays → PNG → one block of HTML.

Every picture has an alternative text; pixels are enlarged without smoothing; a strip breaks into rows where the
screen is narrow. The PNG travels inside the page, so that it needs no second request.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor

CODE_PIXELS = 128  # side of a code's picture, at least
CODE_SPREADS = 2.5  # standard deviations to the edge
MORE_INK, LESS_INK = (255, 140, 26), (64, 156, 255)  # orange and blue: apart for every kind of colour vision
STRENGTH = np.linspace(-1, 1, 511)[:, None]
ERROR_COLOURS = (np.abs(STRENGTH) ** 0.7 * np.where(STRENGTH > 0, MORE_INK, LESS_INK)).round().astype(np.uint8)
"""From −1 in the first row to 1 in the last."""

STYLE = """
<style>
.gl-strip { display: grid; gap: 0.75rem; padding: 3px; max-width: var(--most);
  grid-template-columns: repeat(auto-fit, minmax(var(--least), 1fr)); }
.gl-strip figure { margin: 0; }
.gl-strip img { width: 100%; aspect-ratio: 1; image-rendering: pixelated; display: block; background: #000;
  border-radius: 0.4rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.gl-strip figure.gl-chosen img { outline: 3px solid var(--st-primary-color, #1c6fd0); outline-offset: 0; }
.gl-strip figcaption { font-size: 0.95rem; line-height: 1.25; padding-top: 0.3rem; text-align: center;
  overflow-wrap: break-word; hyphens: auto; }
.gl-strip figcaption b { font-size: 1.1rem; }
@media (max-width: 640px) { .gl-strip figcaption, .gl-strip figcaption b { font-size: 0.9rem; } }
.gl-strip .gl-smooth { image-rendering: auto; object-fit: contain; }
</style>
"""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a strip.

    Attributes:
        png: encoded.
        title: bold, under the picture.
        note: below it; may have several lines.
        alt: for who cannot see it; title and note if empty.
        chosen: framed.
        smooth: a photograph, shown without hard pixels.
    """

    png: bytes
    title: str = ""
    note: str = ""
    alt: str = ""
    chosen: bool = False
    smooth: bool = False


def grey_png(x: Tensor | np.ndarray) -> bytes:
    """(1, H, W), (H, W) or (3, H, W) in [0, 1] -> PNG."""
    pixels = np.asarray(x, dtype=np.float32)
    if pixels.ndim == 3:
        pixels = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    return to_png((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def error_png(error: Tensor | np.ndarray) -> bytes:
    """A signed error (1, H, W) or (H, W) in [−1, 1] -> PNG: black is right, orange too much ink, blue too little."""
    values = np.asarray(error, dtype=np.float32)
    levels = (values.reshape(values.shape[-2:]).clip(-1, 1) * 255).round().astype(np.int16)
    return to_png(ERROR_COLOURS.take(levels + 255, axis=0))


def code_png(z: Tensor | np.ndarray) -> bytes:
    """A code (k,) in units of its usual spread -> PNG with a bar for each number: orange up, blue down."""
    heights = (np.asarray(z, dtype=np.float32).reshape(-1) / CODE_SPREADS).clip(-1, 1)
    wide = max(1, CODE_PIXELS // len(heights))
    side = wide * len(heights)
    level = np.linspace(1, -1, side)[:, None]  # of each row, top to bottom
    up, down = (level > 0) & (level <= heights), (level < 0) & (level >= heights)  # (side, k)
    bars = np.repeat(up.astype(np.int8) - down, wide, axis=1)
    if wide > 2:
        bars[:, ::wide] = 0  # a gap, so that bars can be counted
    return error_png(bars)


def to_png(pixels: np.ndarray) -> bytes:
    """``uint8`` (H, W) or (H, W, 3) -> PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def strip(pictures: Sequence[Picture], *, columns: int = 0, least: float = 4.2, most: float = 12.0) -> None:
    """Draw pictures side by side, equally wide.

    Args:
        pictures: from left to right.
        columns: leave room for so many, so that strips of different length line up; as many as there are if less.
        least: narrowest width of one, in rem; below it the strip breaks into rows.
        most: widest width of one, in rem.
    """
    figures = "".join(_figure(picture) for picture in pictures)
    missing = max(0, columns - len(pictures))
    figures += "<figure></figure>" * missing
    widest = (len(pictures) + missing) * (most + 0.75)
    st.html(f'{STYLE}<div class="gl-strip" style="--least: {least}rem; --most: {widest}rem">{figures}</div>')


def stops(choices: Sequence[int], current: int) -> None:
    """Every stop of the slider by its number, below it, large enough for a projector."""
    marks = "".join(f'<span class="{"gl-now" if choice == current else ""}">{choice}</span>' for choice in choices)
    st.html(
        "<style>[data-testid='stSliderTickBar'] { display: none; }"  # our own marks say it
        ".gl-stops { display: flex; justify-content: space-between; font-size: 1.1rem; margin: -1.2rem 0 0; }"
        ".gl-stops span { width: 2.2rem; text-align: center; } .gl-stops .gl-now { font-weight: 700; }"
        f'</style><div class="gl-stops" aria-hidden="true">{marks}</div>'
    )


def _figure(picture: Picture) -> str:
    source = base64.b64encode(picture.png).decode()
    alt = escape(picture.alt or f"{picture.title} {picture.note}".strip(), quote=True)
    title = f"<b>{escape(picture.title)}</b>" if picture.title else ""
    note = "<br>".join(escape(line) for line in picture.note.splitlines())
    between = "<br>" if title and note else ""
    caption = f"<figcaption>{title}{between}{note}</figcaption>" if title or note else ""
    smooth = ' class="gl-smooth"' if picture.smooth else ""
    chosen = ' class="gl-chosen"' if picture.chosen else ""
    return f'<figure{chosen}><img{smooth} alt="{alt}" src="data:image/png;base64,{source}">{caption}</figure>'
