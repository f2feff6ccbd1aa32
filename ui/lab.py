"""The training lab: order a training, watch it, use what came of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from genlab.errors import GenlabError
from genlab.workshop.orders import Order
from ui import lab_live, lab_order, lab_result, lab_runs, live
from ui.i18n import _, explain

ERROR = "lab_error"


def train() -> None:
    """Model and data on top, settings on the left, the training on the right."""
    lab_runs.make_ready()
    entry, dataset = lab_order.choose()
    left, right = st.columns([2, 3], gap="large")
    with left:
        order = lab_order.choose_order(entry, dataset)
    with right:
        run = lab_runs.current()
        active = run is not None and run.active
        with st.container(horizontal=True):
            start_buttons(order)
            if active:
                with st.container(width="content"):
                    st.fragment(lab_live.buttons, run_every=lab_live.EVERY)()
        if ERROR in st.session_state:
            st.error(explain(st.session_state.pop(ERROR)))
        if run is None and lab_runs.last_progress() is None:
            st.caption(_("It trains on this machine while you watch; you may look at other pages meanwhile."))
        live.follow(lab_live.panel, run.worker if run else None, every=lab_live.EVERY)
        lab_result.keep_buttons()


def start_buttons(order: Order | None) -> None:
    """Start, one epoch, start again; go on, where a training was cut off."""
    run = lab_runs.current()
    active = run is not None and run.active
    cut_off = lab_runs.cut_off()
    first = run is None and cut_off is None
    if cut_off is not None:
        st.button(
            _("Go on"),
            icon=":material/resume:",
            key="lab_resume",
            on_click=attempt,
            args=(lab_runs.go_on,),
            type="primary",
            help=_("From the end of its last whole epoch, with the settings it had"),
        )
    st.button(
        _("Start") if first else _("Start anew"),
        icon=":material/play_arrow:",
        key="lab_start",
        on_click=attempt,
        args=(begin(order),),
        type="secondary" if active or cut_off else "primary",
        disabled=order is None,
    )
    if not active:
        st.button(
            _("One epoch"),
            icon=":material/skip_next:",
            key="lab_first_epoch",
            on_click=attempt,
            args=(begin(order, "epoch"),),
            disabled=order is None,
            help=_("Start, and pause after one epoch"),
        )


def begin(order: Order | None, *words: str) -> Callable[[], object]:
    """What the button does."""
    return lambda: lab_runs.start(order, *words) if order is not None else None


def attempt(act: Callable[[], object]) -> None:
    """Do it before the page is drawn; what goes wrong is said there."""
    try:
        act()
    except GenlabError as error:
        st.session_state[ERROR] = type(error)(error.template, **error.fields)
