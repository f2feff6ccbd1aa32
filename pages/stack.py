"""Lesson: layer by layer. Must all layers of a deep network learn at once?"""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import few_labels, routing, stacking
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.turns import follow

VIEWS = {
    "watch": N_("Watch the recording"),
    "train": N_("Train it here"),
    "few": N_("Few labels"),
}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Layer by layer"))
    st.markdown(
        _(
            "Train the **outer pair** of layers, freeze it, train the next pair inside it, and so on; at last, train "
            "all together. That is how the first deep networks learned."
        )
    )
    st.latex(r"\min_{f_d,\,g_d} \, \lVert x - g_1 \cdots g_d \, f_d \cdots f_1 (x) \rVert^2")
    view = choose(_("Look at"), {key: _(title) for key, title in VIEWS.items()}, key="view", default="watch", own=True)
    if view == "watch":
        follow(lambda _nothing: stacking.watch(), None)
    elif view == "train":
        stacking.train_here()
    else:
        follow(lambda _nothing: few_labels.curve(), None)


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
