"""Lesson: rebuild a digit. How much of a picture fits into k numbers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.catalog import SIZES
from genlab.errors import GenlabError
from ui import codes, reconstruction, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.pictures import stops
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

VIEWS = {
    "sizes": N_("All sizes"),
    "curve": N_("Error curve"),
    "random": N_("Random codes"),
    "networks": N_("Other networks"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Rebuild a digit"))
    st.markdown(
        _(
            "The **encoder** squeezes a picture $x$ of 784 pixels into a code $z$ of $k$ numbers; the **decoder** "
            "rebuilds it from the code alone. Drag $k$ and watch what stays."
        )
    )
    st.latex(r"x \xrightarrow{\;f\;} z \xrightarrow{\;g\;} \hat x \qquad \min \, \lVert x - \hat x \rVert^2")
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """The slider, and the picture at that size."""
    k = st.select_slider(_("Numbers in the code, k"), SIZES, value=8, key="k", bind="query-params") or 8
    stops(SIZES, k)
    if drawing():
        x = own_drawing(f"ae-mnist-z{k}")
    if x is None:
        missing()
        return
    ours = reconstruction.side_by_side(x, k)
    codes.drag_code(f"ae-mnist-z{k}", ours)
    view = choose(
        _("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="view", default="sizes", own=True
    )
    if view == "sizes":
        reconstruction.all_sizes(x, k)
    elif view == "curve":
        reconstruction.error_curve(x, k)
    elif view == "random":
        reconstruction.random_codes(k)
    else:
        reconstruction.other_networks(x)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
