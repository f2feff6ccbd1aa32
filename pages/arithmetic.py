"""Lesson: vector arithmetic. A direction in the space of codes can mean “bolder”, or “a 7 instead of a 4”."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import arithmetic, routing
from ui.i18n import _, explain
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Bolder, more slanted"))
    st.markdown(
        _(
            "Codes can be **added**. What all slanted digits have in their codes, and upright ones have not, is a "
            "direction; add a little of it to your digit’s code, and the digit leans."
        )
    )
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """Attributes, then classes."""
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        name = arithmetic.choose_network()
    with right:
        st.latex(r"z' = z + \Delta_1 d_1 + \Delta_2 d_2 + \Delta_3 d_3")
    if drawing():
        x = own_drawing(name)
    if x is None:
        missing()
    else:
        arithmetic.attributes(name, x)
        st.subheader(_("The same hand, another digit"))
        st.latex(r"z' = z - \bar z_{a} + \bar z_{b}")
        arithmetic.other_classes(name, x)
    st.subheader(_("Half-way"))
    st.latex(r"z = (1 - t)\,\bar z_{a} + t\,\bar z_{b}")
    arithmetic.half_way(name)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
