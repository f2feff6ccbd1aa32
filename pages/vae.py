"""Lesson: inside the variational autoencoder. Every quantity from picture to loss, its formula and its line of code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import cache, routing, vae, vae_beta, vae_manifold
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

VIEWS = {"manifold": N_("All codes of two numbers"), "beta": N_("Blur against order: β")}
PLAIN = "ae-mnist-z64"  # follows the pen where the chosen network is not here


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Inside the VAE"))
    st.markdown(
        _(
            "A **variational autoencoder** codes a picture not as a point but as a cloud: a mean μ and a spread σ for "
            "each number. A die picks one point z of it, and the decoder draws that."
        )
    )
    terms = _("reconstruction"), _("order")
    st.latex(
        r"\begin{gathered} q(z\mid x) = \mathcal N(\mu, \sigma^2),\quad p(z) = \mathcal N(0, I) \\"
        rf"-\mathrm{{ELBO}} = \underbrace{{\mathbb E_q[-\ln p(x\mid z)]}}_{{\text{{{terms[0]}}}}}"
        rf" + \underbrace{{\mathrm{{KL}}(q\,\|\,p)}}_{{\text{{{terms[1]}}}}} \end{{gathered}}"
    )
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """The machine, then a closer look."""
    name = vae.choose_network()
    if drawing():
        x = own_drawing(name if cache.checkpoint_or_none(name) else PLAIN)
    if x is None:
        missing()
        return
    st.caption(_("Point at a quantity, a formula or a line: the three belong together."))
    safely(lambda: vae.machine(name, x))
    view = choose(_("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="inside", default="manifold")
    safely(lambda: (vae_manifold if view == "manifold" else vae_beta).show(x))


def safely(show: Callable[[], None]) -> None:
    """One part of the page; what it lacks is said in its place, and the others go on."""
    try:
        show()
    except GenlabError as error:
        st.error(explain(error))


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
