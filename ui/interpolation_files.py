"""A walk to take home: an animated GIF, or its film strips as one PNG. Pixels are enlarged without smoothing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genlab.data import typefaces

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 28
FONT = typefaces.FOLDER / "Karla-Bold.otf"  # Pillow’s own has no accents
FILM_SCALE, GIF_SCALE = 4, 6
GAP, LINE = 8, 24  # pixels between pictures, and for a line of text
GROUND, INK = 255, 20
MILLISECONDS = 60  # of a frame
PAUSE = 600  # at either end


def film(rows: Sequence[tuple[str, Tensor]]) -> bytes:
    """Film strips below each other -> PNG. Rows are a title and its pictures (n, 1, 28, 28) in [0, 1], n the same."""
    side = SIDE * FILM_SCALE
    steps = max(len(pictures) for _, pictures in rows)
    sheet = _sheet(GAP + steps * (side + GAP), GAP + len(rows) * (LINE + side + GAP))
    for n, (title, pictures) in enumerate(rows):
        top = GAP + n * (LINE + side + GAP)
        _write(sheet, title, GAP, top)
        for i, picture in enumerate(pictures):
            sheet.paste(_enlarged(picture, FILM_SCALE), (GAP + i * (side + GAP), top + LINE))
    return _saved(sheet, "PNG", optimize=True)


def animation(rows: Sequence[tuple[str, Tensor]]) -> bytes:
    """All rows side by side, there and back for ever -> GIF. As ``film``; n at least 2."""
    side = SIDE * GIF_SCALE
    steps = len(rows[0][1])
    frames = []
    for i in range(steps):
        sheet = _sheet(GAP + len(rows) * (side + GAP), GAP + LINE + side + GAP)
        for n, (title, pictures) in enumerate(rows):
            left = GAP + n * (side + GAP)
            _write(sheet, title, left, GAP)
            sheet.paste(_enlarged(pictures[i], GIF_SCALE), (left, GAP + LINE))
        frames.append(sheet)
    there_and_back = [*frames, *frames[-2:0:-1]]
    pauses = [PAUSE if i in (0, steps - 1) else MILLISECONDS for i in range(len(there_and_back))]
    return _saved(
        frames[0], "GIF", save_all=True, append_images=there_and_back[1:], duration=pauses, loop=0, optimize=False
    )


def _sheet(width: int, height: int) -> Image.Image:
    return Image.new("L", (width, height), GROUND)


def _write(sheet: Image.Image, text: str, left: int, top: int) -> None:
    ImageDraw.Draw(sheet).text((left, top), text, fill=INK, font=ImageFont.truetype(FONT, 16))


def _enlarged(picture: Tensor, scale: int) -> Image.Image:
    pixels = (np.asarray(picture, dtype=np.float32)[0].clip(0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(pixels).resize((SIDE * scale, SIDE * scale), Image.Resampling.NEAREST)


def _saved(sheet: Image.Image, form: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format=form, **how)
    return buffer.getvalue()
