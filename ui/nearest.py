"""The test pictures whose codes are nearest to a place, as a strip of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from genlab import data
from ui import cache
from ui.i18n import _, number
from ui.pictures import Picture, grey_png, strip


@dataclass(frozen=True, kw_only=True)
class Near:
    """A test picture.

    Attributes:
        index: in the test set.
        distance: of its code from the place.
        title: whose code, where there are several; else the picture's class is.
    """

    index: int
    distance: float
    title: str = ""


def nearest_pictures(found: Sequence[Near], *, digits: int, least: float, most: float) -> None:
    """Draw them, with class and distance below each.

    Args:
        found: test pictures of the lessons' data set.
        digits: of a distance, after the point.
        least, most: width of a picture, in rem.
    """
    from genlab.data import to_float

    test = cache.test_set(data.default_name())
    pictures = []
    for near in found:
        label, far = test.class_names[int(test.labels[near.index])], number(near.distance, digits)
        pictures.append(
            Picture(
                png=grey_png(to_float(test.images[near.index : near.index + 1])[0]),
                title=near.title or label,
                note=f"{label} · {far}" if near.title else far,
            )
        )
    st.markdown(_("**The nearest test pictures** to the handle, and how far their codes are"))
    strip(pictures, least=least, most=most)
