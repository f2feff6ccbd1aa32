"""Lesson: walk from one digit to another. Is every place on the way a digit, or are there holes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import interpolation, routing
from ui.i18n import _, explain
from ui.interpolation_ends import both_ends, examples
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Walk between digits"))
    st.markdown(
        _(
            "Take two pictures, go from the code of one to the code of the other, and **decode every place on the "
            "way**. Below: an autoencoder, a variational autoencoder, both with 16 numbers, and plain mixing of "
            "pixels for comparison. Drag the handle."
        )
    )
    examples()
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """The other end, and the walk."""
    if drawing():
        x = own_drawing(interpolation.PLAIN)
    if x is None:
        missing()
        return
    interpolation.walk(*both_ends(x))


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
