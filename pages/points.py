"""Lesson: how a GAN learns. Two networks play on points in the plane, at full speed, step by step, in slow motion."""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import points, routing
from ui.i18n import _, explain
from ui.turns import follow


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("How a GAN learns"))
    st.markdown(
        _(
            "The **generator** G turns noise into points; the **discriminator** D tells real points from generated "
            "ones. Each learns from the other, here and now, in your browser."
        )
    )
    follow(lambda _about: points.play(), None)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
