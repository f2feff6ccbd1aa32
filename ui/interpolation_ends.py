"""The two ends of a walk: examples, the second picture, and a picture kept to be the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from ui import cache
from ui.address import choose
from ui.i18n import _
from ui.source import MOST_MEMBERS

if TYPE_CHECKING:
    from torch import Tensor

EXAMPLES = (("4", "9", 1), ("5", "3", 2))  # from a, to a, and which one
KEPT = "interpolate_kept"  # in the session: a picture that the visitor made the second end


def press(key: str, value: str) -> None:
    """Choose for the visitor, in a callback, what ``ui.address.choose`` asks under ``key``."""
    st.session_state[f"{key}_chosen"] = (value, "")  # as if on another page: what the widget itself remembers is over
    st.query_params.pop(key, None)


def examples() -> None:
    """Pairs to begin with, one click each."""

    def go(first: str, second: str, number: int) -> None:
        for key, value in {"source": "test", "digit": first, "to": second, "second": "test"}.items():
            press(key, value)
        st.session_state["to_number"] = number
        st.session_state["back"] = False

    with st.container(horizontal=True):
        for first, second, number in EXAMPLES:
            st.button(f"{first} → {second}", key=f"example_{first}", on_click=go, args=(first, second, number))


def both_ends(x: Tensor) -> tuple[Tensor, Tensor]:
    """The panel of the second picture; both, (1, 1, 28, 28) in [0, 1], in the order of the walk."""
    y = _second()
    with st.container(horizontal=True, vertical_alignment="center"):
        back = st.toggle(_("Swap the ends"), key="back", bind="query-params")
        st.button(
            _("Keep as second picture"),
            key="keep",
            icon=":material/keep:",
            on_click=_keep,
            args=(x,),
            help=_("Both ends can be drawn or uploaded: keep one, then draw or upload the other."),
        )
    return (y, x) if back else (x, y)


def _second() -> Tensor:
    name = data.default_name()
    kept: Tensor | None = st.session_state.get(KEPT)
    if kept is not None:
        options = {"test": _("Test picture"), "kept": _("Kept picture")}
        if choose(_("Second picture"), options, key="second", default="test") == "kept":
            return kept
    which, where = st.columns([3, 1])
    with which:
        shown = {str(i): title for i, title in enumerate(cache.test_set(name).class_names)}
        digit = int(choose(_("To a"), shown, key="to", default="9", round_=True))
    count = len(cache.members(name, digit))
    asked = where.number_input(  # no value, or it could not be set by an example
        _("Number, 1 to {count}").format(count=count), 1, MOST_MEMBERS, key="to_number", bind="query-params"
    )
    return cache.test_picture(name, digit, ((asked or 1) - 1) % count + 1)


def _keep(x: Tensor) -> None:
    st.session_state[KEPT] = x
    press("second", "kept")
