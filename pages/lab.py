"""The training lab: any model of the catalog, trained here."""

from __future__ import annotations

import streamlit as st

from genlab.errors import GenlabError
from ui import lab, lab_devices, lab_use, routing
from ui.address import choose
from ui.i18n import N_, _, explain

VIEWS = {"train": N_("Train"), "use": N_("Use it"), "devices": N_("CPU and GPU")}


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Training lab"))
    st.markdown(_("Train any network of this app yourself. Change one thing, and see what becomes of it."))
    view = choose(_("Look at"), {key: _(title) for key, title in VIEWS.items()}, key="view", default="train", own=True)
    if view == "train":
        lab.train()
    elif view == "use":
        lab_use.use()
    else:
        lab_devices.compare()


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
