"""Lesson: Sample a GAN. New pictures out of noise, how they became what they are, and who can tell them from real."""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import gan_copy, gan_game, gan_past, gan_sample, gan_walk, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.turns import follow

VIEWS = {
    "sample": (N_("New pictures"), gan_sample.sample),
    "epochs": (N_("Through the epochs"), gan_past.through_the_epochs),
    "walk": (N_("A walk"), gan_walk.walk),
    "finger": (N_("Under the finger"), gan_walk.finger),
    "copy": (N_("Is it a copy?"), gan_copy.is_it_a_copy),
    "play": (N_("Be the discriminator"), gan_game.play),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Sample a GAN"))
    st.markdown(
        _(
            "A **generator** $G$ turns noise $z \\sim \\mathcal N(0, I)$ into pictures. A **discriminator** $D$ "
            "learns to tell them from real ones, and $G$ learns to deceive it. Afterwards, $G$ alone draws: a throw of "
            "dice, a digit that nobody wrote."
        )
    )
    st.latex(
        r"\begin{aligned} \min_G \max_D\; &\mathbb E_x \ln D(x) \\ {}+{} &\mathbb E_z \ln\bigl(1 - D(G(z))\bigr)"
        r"\end{aligned}"
    )
    view = choose(
        _("What to see"), {key: _(title) for key, (title, _show) in VIEWS.items()}, key="show", default="sample"
    )
    follow(lambda _about: VIEWS[view][1](), None)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
