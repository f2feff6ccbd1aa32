"""The components, one function each. Where a browser or this server cannot show one, the server answers instead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui.components import server
from ui.components.mount import mount
from ui.components.publish import published_network
from ui.i18n import _, explain

if TYPE_CHECKING:
    from torch import Tensor

MOST = 1e4  # no code number is larger


def latent_sliders(name: str, digit: Tensor, *, at: str, code: Sequence[float] | None, key: str) -> list[float] | None:
    """A slider for each number of a code; the picture follows in the browser.

    Args:
        name: a checkpoint.
        digit: the code of the current picture, (latent_dim,).
        at: changes when the picture does; then the sliders go to the new code.
        code: where they begin instead, such as a code from the address.
        key: the widget's.

    Returns:
        The code where the sliders were let go since ``at``, else None.
    """
    values = [round(value, 4) for value in digit.tolist()]
    try:
        found = mount(
            "sliders",
            key=key,
            data={"decoder": published_network(name, "decode"), "digit": values, "code": code, "at": at},
            words={
                "picture": _("decoded from these numbers"),
                "film": _("{name} from {low} to {high}, all else as it is"),
                "more": _("{n} more numbers"),
                "digit": _("Code of the digit"),
                "mean": _("Mean code"),
                "random": _("Random code"),
            },
            values=["code"],
        )
    except GenlabError as error:
        st.warning(explain(error))
        return server.sliders(name, values, key=key)
    if found["failed"]:
        return server.sliders(name, values, key=key)
    sent = found["code"]
    return checked(sent.get("values"), len(values)) if isinstance(sent, dict) and sent.get("at") == at else None


def checked(sent: Any, length: int) -> list[float] | None:
    """A list of so many finite numbers, as a browser should send it; None for anything else."""
    if not isinstance(sent, list) or len(sent) != length:
        return None
    if not all(isinstance(value, int | float) and math.isfinite(value) and abs(value) <= MOST for value in sent):
        return None
    return [float(value) for value in sent]
