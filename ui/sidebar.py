"""The sidebar of every page: language, data set, device."""

from __future__ import annotations

import os

import streamlit as st

from genlab import data
from ui import ahead, warm
from ui.i18n import _, language_switch, n_


def draw() -> None:
    """Draw it."""
    language_switch()
    with st.sidebar:
        chosen = st.session_state.get("data") or st.query_params.get("data")  # in a lesson's own panel
        name = chosen if chosen in data.NAMES else data.default_name()
        st.caption(_("Data set: **{name}**").format(name=_(data.describe(name).title)))
        if name == "digits":
            st.caption(_("MNIST is not on this machine."))
        st.page_link("pages/data.py", label=_("Get more data"), icon=":material/database:")
        device()
        ahead.load()


def device() -> None:
    """What computes the lessons: the processor, since one picture at a time is no work for a GPU.

    A GPU is named as what can train. Known once torch is warm, so a panel drawn before looks again until then.
    """
    early = not warm.ready.is_set()
    st.fragment(_device, run_every=2.0 if early else None)(early)


def _device(early: bool) -> None:
    if not warm.ready.is_set():
        st.caption(_("Device: warming up …"))
    elif early:
        st.rerun()  # the whole page, whose panel looks no more; it is the same fragment, for a look under way
    else:
        from genlab import device as devices

        cores = os.cpu_count() or 1
        name = n_("CPU, {n} core", "CPU, {n} cores", cores).format(n=cores)
        st.caption(_("Device: **{name}**").format(name=name))
        best = devices.pick()
        if best.type != "cpu":
            st.caption(_("For training: **{name}**").format(name=devices.describe(best)))
