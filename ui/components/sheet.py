"""A sheet of small pictures, of which one is looked at closely: by a tap, or by the arrow keys."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from genlab.errors import GenlabError
from ui.components.mount import mount
from ui.i18n import _, explain
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

GAP = 2  # pixels between two pictures
SHADE = 0.25  # grey of the gaps


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Pictures in rows.

    Attributes:
        pictures: (N, 1, H, W) in [0, 1].
        columns: in a row.
        readings: what is said of each, or nothing of any.
    """

    pictures: Tensor
    columns: int
    readings: Sequence[str] = field(default_factory=list)


def sheet_of_pictures(sheet: Sheet, *, key: str) -> None:
    """Draw a sheet as one picture; the one that is tapped appears large, with what is said of it."""
    png = to_png(sheet)
    words = {
        "sheet": _("{count} decoded pictures; arrow keys choose one").format(count=len(sheet.pictures)),
        "hint": _("Tap another picture."),
        "reads": _("The judge reads {digits}"),
    }
    data = {
        "png": base64.b64encode(png).decode(),
        "columns": sheet.columns,
        "count": len(sheet.pictures),
        "side": sheet.pictures.shape[-1],
        "gap": GAP,
        "readings": list(sheet.readings),
    }
    try:
        failed = mount("sheet", key=key, data=data, words=words, values=[])["failed"]
    except GenlabError as error:
        st.warning(explain(error))
        failed = "server"
    if failed:
        strip([Picture(png=png, alt=words["sheet"])], most=24)


def to_png(sheet: Sheet) -> bytes:
    """All pictures, row by row, with thin lines between them."""
    pictures = sheet.pictures[:, 0].numpy()
    count, height, width = pictures.shape
    rows = -(-count // sheet.columns)
    whole = np.full((rows * (height + GAP) - GAP, sheet.columns * (width + GAP) - GAP), SHADE, dtype=np.float32)
    for n, picture in enumerate(pictures):
        top, left = n // sheet.columns * (height + GAP), n % sheet.columns * (width + GAP)
        whole[top : top + height, left : left + width] = picture
    return grey_png(whole)
