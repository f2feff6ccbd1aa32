"""Lesson: regularisers. One network, one switch: what keeps a code from copying?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import bench, bench_figures, routing
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

VIEWS = {
    "figures": N_("Figures"),
    "filters": N_("Filters"),
    "units": N_("Activations"),
    "push": N_("A small push"),
    "all": N_("All networks"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Regularisers"))
    st.markdown(
        _(
            "One network, $h = \\sigma(Wx + b)$ with 144 units and $\\hat x = W'h + c$, trained in the same way each "
            "time, **one switch on**. Put two side by side: what does the switch do to the code?"
        )
    )
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """Two networks of the bench, beside each other."""
    if drawing():
        x = own_drawing("ae-mnist-z64")
    if x is None:
        missing()
        return
    options = bench.options()
    left, right = st.columns(2, gap="large")
    with left:
        first = choose(_("One network"), options, key="one", default="plain", round_=True)
        bench.head(first, x)
    with right:
        second = choose(_("Another"), options, key="other", default="kl", round_=True)
        bench.head(second, x)
    view = choose(_("Look closer"), {key: _(title) for key, title in VIEWS.items()}, key="look", default="figures")
    if view == "figures":
        bench_figures.figures(list(dict.fromkeys([first, second])))
    elif view == "all":
        bench_figures.figures(list(bench.SWITCHES))
    elif view == "units":
        bench_figures.histogram([first, second])
    elif view == "filters":
        for column, switch in zip(st.columns(2, gap="large"), (first, second), strict=True):
            with column:
                bench.filters(switch, x)
    else:
        pushed(first, second, x)


def pushed(first: str, second: str, x: Tensor) -> None:
    """The same push for both."""
    strength = st.slider(_("Strength of the push"), 0.0, 0.5, 0.1, 0.01, key="push", bind="query-params")
    seed = st.session_state.setdefault("push_number", 1)
    if st.button(_("Another push"), icon=":material/casino:", key="push_new"):
        seed = st.session_state["push_number"] = seed + 1
    for column, switch in zip(st.columns(2, gap="large"), (first, second), strict=True):
        with column:
            bench.push(switch, x, strength, seed)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
