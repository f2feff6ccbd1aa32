"""Lesson: four bottlenecks on letters. How small can a code be, and how few bits do its numbers need?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import letter_source, letters, routing
from ui.i18n import _, explain
from ui.pictures import stops
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Four bottlenecks on letters"))
    st.markdown(
        _(
            "Four convolutional networks squeeze a letter into a code that is a **small picture** itself: 14×14 "
            "numbers, 7×7, 2×2, or one. Then take bits away from each number, and watch what breaks first."
        )
    )
    st.latex(r"x \xrightarrow{\;f\;} z \xrightarrow{\;b\;\mathrm{bits}\;} \tilde z \xrightarrow{\;g\;} \hat x")
    follow(explore, letter_source.choose_letter())


def explore(x: Tensor | None) -> None:
    """The slider, the four networks at that many bits, and the curve."""
    from genlab.quantise import BITS

    if x is None:
        return
    choices = sorted(BITS)
    bits = st.select_slider(_("Bits for each number, b"), choices, value=32, key="bits", bind="query-params") or 32
    stops(choices, bits)
    found = letters.networks()
    shown = [letters.squeeze(side, network, x, bits) for side, network in found.items()]
    letters.side_by_side(x, shown)
    st.subheader(_("What does a code really need?"))
    letters.curve(found, shown)
    letters.measured(found)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
