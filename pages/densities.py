"""Lesson: densities. Which curve do the data come from, and what can be done with it?"""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import densities, densities_classes, densities_generator, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.turns import follow

VIEWS = {
    "fit": N_("Fit by hand"),
    "classes": N_("Discriminative or generative"),
    "generator": N_("Histogram and generator"),
}
SHOW = {"fit": densities.show, "classes": densities_classes.show, "generator": densities_generator.show}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Densities"))
    follow(explore, None)


def explore(_about: None) -> None:
    """One of three pictures of what a generative model is."""
    view = choose(_("Look at"), {key: _(title) for key, title in VIEWS.items()}, key="density", default="fit")
    SHOW[view]()


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
