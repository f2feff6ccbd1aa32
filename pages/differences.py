"""Lesson: what sets a variational autoencoder apart. The course's table, each row with its small experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import differences, routing
from ui.i18n import N_, _, explain
from ui.source import choose_picture, drawing, missing, own_drawing
from ui.turns import follow

if TYPE_CHECKING:
    from torch import Tensor

ROWS = (  # what the course says of an autoencoder, of a variational one, and the experiment
    (
        N_("Compresses a picture into a code."),
        N_("Compresses too, and pays for codes that stray from N(0, I)."),
        differences.rebuilt,
    ),
    (N_("The code is not regularised."), N_("The code is regularised."), differences.where_codes_lie),
    (N_("A random code gives garbage."), N_("A random code gives a picture with a meaning."), differences.random_codes),
    (N_("The code has gaps."), N_("The code is smooth and continuous."), differences.half_way),
    (
        N_("A picture has one code: it is certain."),
        N_("The decoder reads a random code, drawn from N(μ, σ²)."),
        differences.several_codes,
    ),
    (N_("It cannot make new pictures."), N_("It can make new pictures."), differences.new_pictures),
    (N_("A code is numbers."), N_("A code is means and variances."), differences.the_code),
)


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Autoencoder and VAE"))
    st.markdown(
        _(
            "Seven differences, as courses print them, each with an experiment: **left an autoencoder, right a "
            "variational one**. The lesson’s two have the same layers, 16 numbers and pictures. Does each row hold?"
        )
    )
    follow(explore, choose_picture())


def explore(x: Tensor | None) -> None:
    """The rows, one below the other."""
    if drawing():
        x = own_drawing(differences.PLAIN)
    names = differences.choose_networks()
    if x is None:
        missing()
        return
    for n, (plain, variational, experiment) in enumerate(ROWS, start=1):
        with st.container(border=True, key=f"row_{n}"):
            sides = [differences.Side(*half) for half in zip(names, st.columns(2, gap="large"), strict=True)]
            for side, text in zip(sides, (plain, variational), strict=True):
                side.column.markdown(f"**{n}.** {_(text)}")
            try:
                experiment(x, *sides)
            except GenlabError as error:  # one row without its network leaves the others
                st.error(explain(error))


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
