"""Lesson: denoise. What does a network know about digits, that it finds one under noise?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import denoising, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.noisy import choose_kind
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

FORMULAS = {
    "gaussian": r"\tilde x = x + \sigma\varepsilon,\quad \varepsilon \sim \mathcal N(0, I)",
    "mask": r"P(\tilde x_i = 0) = p",
    "salt": r"P(\tilde x_i = 0) = P(\tilde x_i = 1) = \tfrac p2",
}
VIEWS = {
    "methods": N_("Methods"),
    "curve": N_("Noise curve"),
    "draws": N_("Several draws"),
    "copy": N_("Why not just copy?"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Denoise"))
    st.markdown(
        _(
            "A **denoising autoencoder** reads a spoiled picture $\\tilde x$ and must answer with the clean $x$. It "
            "can only guess well if it knows what digits look like. Turn the noise up, or scratch the picture."
        )
    )
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """The noise, and what each method makes of it."""
    if drawing():
        x = own_drawing(denoising.PLAIN)
    if x is None:
        missing()
        return
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        kind = choose_kind()
    with right:
        st.latex(FORMULAS[kind])
    noisy = denoising.spoil(x, kind)
    view = choose(
        _("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="view", default="methods", own=True
    )
    if view == "methods":
        denoising.side_by_side(x, noisy)
    elif view == "curve":
        denoising.curve(x, noisy)
    elif view == "draws":
        denoising.several(x, noisy)
    else:
        denoising.copying(x, noisy)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
