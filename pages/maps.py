"""Lesson: latent maps. A code has many numbers; what can two of them, or a map, say of where it lies?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import kept, maps, maps_making, maps_views, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.maps_space import PIXELS, STAND_IN, Space, choose_space
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

VIEWS = {
    "belief": N_("What to believe"),
    "pca": N_("Inside PCA"),
    "make": N_("Your own map"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    maps_making.collect()
    st.title(_("Latent maps"))
    st.markdown(
        _(
            "Digits fill little of the space of all pictures (the **manifold hypothesis**); an encoder learns where. "
            "A map shows many numbers on a plane: **PCA** projects, **t-SNE** and **UMAP** keep neighbours together. "
            "Every dot is a picture, in the colour of its digit; ◆ is yours."
        )
    )
    x = choose_picture()
    here = choose_space()
    follow(explore, (x, here))
    view = choose(_("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="closer", default="belief")
    if view == "belief":
        maps_views.belief(here)
    elif view == "pca":
        maps_views.inside_pca(here)
    else:
        maps_making.panel(here)


def explore(about: tuple[Tensor | None, Space]) -> None:
    """The maps, and the visitor's picture on them."""
    x, here = about
    if drawing():
        x = own_drawing(STAND_IN if here.source == PIXELS or kept.find(here.source) else here.source)
    if x is None:
        missing()
    maps.explore(x, here)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
