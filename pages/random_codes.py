"""Lesson: random codes. What does a decoder draw of a code that no picture ever had?"""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import random_codes, random_codes_views, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.turns import follow

VIEWS = {
    "why": N_("Why?"),
    "curve": N_("How many Gaussians?"),
    "style": N_("Choose the digit"),
    "noise": N_("A sure judge"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Random codes"))
    st.markdown(
        _(
            "Roll dice for a code and decode it: the **generative** use of a decoder. A plain autoencoder draws "
            "mostly garbage; a VAE has learned that codes come from $\\mathcal N(0, I)$; a density fitted to the codes "
            "helps the autoencoder, too."
        )
    )
    st.latex(r"\varepsilon \sim \mathcal N(0, I) \;\longrightarrow\; z \xrightarrow{\;g\;} x")
    follow(explore, None)


def explore(_about: None) -> None:
    """Two sheets of pictures, what was measured of each, and a closer look."""
    pair = random_codes.choose_pair()
    draw = random_codes.draw_number("draw")
    random_codes.new_draw(_("New codes"), "draw")
    random_codes.sheets(pair, draw)
    random_codes.measures(pair)
    view = choose(_("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="dice", default="why")
    if view == "why":
        random_codes_views.why(pair, draw)
    elif view == "curve":
        random_codes_views.curve(pair)
    elif view == "style":
        random_codes_views.styles()
    else:
        random_codes_views.noise(draw)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
