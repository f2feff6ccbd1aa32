"""Where a component begins, and its values in the address.

A component counts what Python says only when ``at`` changes, so that no run of the script pulls a handle out of a
hand. ``at`` changes with what the component is about (another picture, another network) and when the browser goes
back in its history; then the values in the address, or the defaults, are taken. It is drawn at random, since a
browser that comes back to a new session sends the values of the old one. A component that is drawn again, after
another page or another view, begins where it was let go, unless the address says something new.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from ui.address import here, went_back

MOST = 1e4  # no code number is larger


class Start(NamedTuple):
    """In the session, for each page and parameter.

    Attributes:
        about: what the component is about.
        at: the name of this beginning.
        values: with which it began; None for the defaults.
        newest: where it was let go last, or as ``values``.
    """

    about: Hashable
    at: str
    values: list[float] | None
    newest: list[float] | None


def begin(parameter: str, about: Hashable, length: int, *, key: str | None = None) -> tuple[str, list[float] | None]:
    """A component is drawn: its ``at``, and the values in the address with which it begins, or None.

    Args:
        parameter: the values' name in the address.
        about: changes when the component is to begin anew; the address then loses its values.
        length: how many values there are.
        key: the component's, if it is not ``parameter``.
    """
    kept = kept_start(parameter)
    drawn = (key or parameter) in st.session_state  # in the last run; Streamlit forgets what is drawn no more
    asked = None if drawn and kept and not went_back() else _in_address(parameter, length)
    if kept is None or went_back() or (asked and _written(asked) != _written(kept.newest)):
        kept = Start(about, secrets.token_hex(4), asked, asked)
    elif kept.about != about:
        kept = Start(about, secrets.token_hex(4), None, None)
        st.query_params.pop(parameter, None)
    elif not drawn and kept.newest:
        kept = kept._replace(values=kept.newest)
    st.session_state[_key(parameter)] = kept
    if not drawn and kept.values:
        remember(parameter, kept.values)
    return kept.at, kept.values


def kept_start(parameter: str) -> Start | None:
    """How a component of this page began, if it did."""
    return st.session_state.get(_key(parameter))


def _key(parameter: str) -> str:
    return f"{parameter}_start {here()}"


def released(parameter: str, sent: Any, at: str, length: int) -> list[float] | None:
    """What the browser sent on release, if it is a list of values that belongs to ``at``; also put in the address."""
    if not isinstance(sent, dict) or sent.get("at") != at:
        return None
    values = checked(sent.get("values"), length)
    if values is not None:
        remember(parameter, values)
    return values


def remember(parameter: str, values: Sequence[float]) -> None:
    """Put values in the address, and into the session for when the visitor comes back to the page."""
    if (kept := kept_start(parameter)) is not None:
        st.session_state[_key(parameter)] = kept._replace(newest=list(values))
    if st.query_params.get(parameter) != _written(values):
        st.query_params[parameter] = _written(values)


def _written(values: Sequence[float] | None) -> str:
    return ",".join(f"{value:.4g}" for value in values or [])


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
