"""A typed character becomes one more letter like notMNIST's.

notMNIST's letters (Bulatov, 2011) are cut out and stretched both ways until they fill the frame: in its 10,000 test
images the ink reaches from edge to edge in height in 99 % and in width in 95 %. So an I without serifs is a white
square there, and is one here; ``stretch=False`` keeps the letter's proportions instead.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFont import FreeTypeFont
from torch import Tensor

from genlab.data.typefaces import FONTS, Font
from genlab.errors import BlankPictureError, PictureError

__all__ = ["FONTS", "Font", "typeset"]

FRAME = 28  # pixels, the side of a picture
SIZE = 224  # pixels, the size at which a letter is typed before it is shrunk
NOBODY = "\U0010ffff"  # a character that no font has: what is drawn for it stands for all that are missing


def typeset(text: str, font: str = "karla", *, stretch: bool = True) -> Tensor:
    """Set one character in a bundled font, in notMNIST's form.

    Args:
        text: one character; blanks around it do not count.
        font: a name of ``FONTS``.
        stretch: fill the frame both ways, as in notMNIST; else the longer side fills it and the other is centred.

    Returns:
        ``float32`` (1, 1, 28, 28) in [0, 1], ink bright on dark.

    Raises:
        BlankPictureError: nothing was typed.
        PictureError: more than one character, one that the font lacks, or there is no such font.
        DataFileError: the font's file is missing.
    """
    if font not in FONTS:
        raise PictureError("There is no font “{font}”. Choose one of {names}.", font=font, names=", ".join(FONTS))
    character = unicodedata.normalize("NFC", text).strip()
    if not character:
        raise BlankPictureError("No character was typed. Type one letter or digit, such as A.")
    if len(character) > 1:
        raise PictureError(
            "{count:,} characters were typed, and a picture holds one. Type one letter or digit, such as A.",
            count=len(character),
        )
    opened = FONTS[font].open(SIZE)
    glyph = _glyph(opened, character)
    missing = _glyph(opened, NOBODY)
    if glyph is None or (missing is not None and np.array_equal(glyph, missing)):
        raise PictureError(
            "The font {title} does not have this character. Type another one, such as A, or choose another font.",
            title=FONTS[font].name,
        )
    return torch.from_numpy(_framed(glyph, stretch).astype(np.float32) / 255)[None, None]


def _glyph(font: FreeTypeFont, character: str) -> NDArray[np.uint8] | None:
    """A character, cut out: (H, W), 0 ground, 255 ink; None where there is no ink."""
    mask = font.getmask(character, mode="L")
    box = mask.getbbox()
    if box is None:
        return None
    whole = np.asarray(mask, np.uint8).reshape(mask.size[::-1])
    return whole[box[1] : box[3], box[0] : box[2]]


def _framed(glyph: NDArray[np.uint8], stretch: bool) -> NDArray[np.uint8]:
    """Scaled by averaging areas, (28, 28)."""
    height, width = glyph.shape
    longer = max(height, width)
    rows, columns = (FRAME if stretch else max(1, round(FRAME * side / longer)) for side in (height, width))
    frame = np.zeros((FRAME, FRAME), np.uint8)
    top, left = (FRAME - rows) // 2, (FRAME - columns) // 2
    scaled = Image.fromarray(glyph).resize((columns, rows), Image.Resampling.BOX)
    frame[top : top + rows, left : left + columns] = np.asarray(scaled)
    return frame
