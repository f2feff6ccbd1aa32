"""Lesson: explore the code. A code is a place; what lies between the places of real digits?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import exploring, routing
from ui.i18n import _, explain
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Explore the code"))
    st.markdown(
        _(
            "A code is a **place**. Move over a map, or drag its ring, the **handle**: the decoder draws what it makes "
            "of that place. Every dot is a test picture, in the colour of its digit."
        )
    )
    st.latex(r"z = (z_1, z_2, \dots, z_k) \xrightarrow{\;g\;} \hat x")
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """Two maps, and a walk."""
    if drawing():
        x = own_drawing(exploring.DEEP)
    if x is None:
        missing()
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Two numbers are all"))
        exploring.small_map(x)
    with right:
        st.subheader(_("Two of many numbers"))
        deep = exploring.choose_deep()
        exploring.deep_map(deep, x)
    st.subheader(_("Walk to another digit"))
    exploring.walk(deep, x)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
