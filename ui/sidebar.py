"""The sidebar of every page: language, data set, device."""

from __future__ import annotations

import streamlit as st

from genlab import data
from ui import warm
from ui.i18n import _, language_switch


def draw() -> None:
    """Draw it."""
    language_switch()
    with st.sidebar:
        name = data.default_name()
        st.caption(_("Data set: **{name}**").format(name=_(data.describe(name).title)))
        if name == "digits":
            st.caption(_("MNIST is not on this machine."))
        st.page_link("pages/data.py", label=_("Get more data"), icon=":material/database:")
        device()


def device() -> None:
    """What computes; known once torch is warm, so a panel drawn before looks again until then."""
    if warm.ready.is_set():
        from genlab import device as devices

        st.caption(_("Device: **{name}**").format(name=devices.describe(devices.pick())))
    else:
        _wait_for_device()


@st.fragment(run_every=2.0)
def _wait_for_device() -> None:
    if warm.ready.is_set():
        st.rerun()  # the whole page, which then draws no panel that looks again
    st.caption(_("Device: warming up …"))
