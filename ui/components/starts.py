"""Where a component begins, and its values in the address.

A component counts what Python says only when ``at`` changes, so that no run of the script pulls a handle out of a
hand. ``at`` changes with what the component is about (another picture, another network) and when the browser goes
back in its history; then the values in the address, or the defaults, are taken. It is drawn at random, since a
browser that comes back to a new session sends the values of the old one.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from typing import Any

import streamlit as st

from ui.address import went_back

MOST = 1e4  # no code number is larger


def begin(parameter: str, about: Hashable, length: int) -> tuple[str, list[float] | None]:
    """A component is drawn: its ``at``, and the values in the address with which it begins, or None.

    Args:
        parameter: the values' name in the address, also the name in the session.
        about: changes when the component is to begin anew; the address then loses its values.
        length: how many values there are.
    """
    key = f"{parameter}_start"
    kept = st.session_state.get(key)
    if kept is None or went_back():
        kept = (about, secrets.token_hex(4), _in_address(parameter, length))
    elif kept[0] != about:
        kept = (about, secrets.token_hex(4), None)
        st.query_params.pop(parameter, None)
    st.session_state[key] = kept
    return kept[1], kept[2]


def released(parameter: str, sent: Any, at: str, length: int) -> list[float] | None:
    """What the browser sent on release, if it is a list of values that belongs to ``at``; also put in the address."""
    if not isinstance(sent, dict) or sent.get("at") != at:
        return None
    values = checked(sent.get("values"), length)
    if values is not None:
        remember(parameter, values)
    return values


def remember(parameter: str, values: Sequence[float]) -> None:
    """Put values in the address."""
    written = ",".join(f"{value:.4g}" for value in values)
    if st.query_params.get(parameter) != written:
        st.query_params[parameter] = written


def checked(sent: Any, length: int) -> list[float] | None:
    """A list of so many finite numbers of a code's size; None for anything else."""
    if not isinstance(sent, list) or len(sent) != length:
        return None
    if not all(isinstance(value, int | float) and abs(value) <= MOST for value in sent):  # nan and inf are not, either
        return None
    return [float(value) for value in sent]


def _in_address(parameter: str, length: int) -> list[float] | None:
    written = st.query_params.get(parameter)
    if written is None:
        return None
    try:
        values = checked([float(value) for value in written.split(",")], length)
    except ValueError:
        values = None
    if values is None:
        del st.query_params[parameter]
    return values
