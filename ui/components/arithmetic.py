"""The sliders that add directions to a code: slant, thickness, width."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui.components import server
from ui.components.mount import mount
from ui.components.networks import published_network
from ui.components.starts import begin, released
from ui.i18n import _, explain

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Slider:
    """How far one direction can be followed.

    Attributes:
        name: what it changes, translated.
        unit: °, px.
        most: to both sides.
        step: between two places of the handle.
        digits: decimals shown.
    """

    name: str
    unit: str
    most: float
    step: float
    digits: int


def direction_sliders(
    name: str, code: Tensor, steps: Tensor, sliders: Sequence[Slider], *, about: Hashable, key: str
) -> list[float]:
    """A slider for each direction in a space of codes; the picture follows in the browser.

    Args:
        name: a checkpoint.
        code: of the picture, (latent_dim,).
        steps: what one unit of each direction adds to a code, (len(sliders), latent_dim).
        sliders: one for each direction.
        about: what changes when the picture does; then all sliders go back to 0.
        key: the widget's, and the values' name in the address.

    Returns:
        What was asked of each direction when the handle was let go, 0 at first.
    """
    at, start = begin(key, about, len(sliders))
    asked = start or [0.0] * len(sliders)
    words = {"before": _("Rebuilt"), "after": _("Changed"), "back": _("Back to 0")}
    sent = {
        "code": [round(value, 4) for value in code.tolist()],
        "steps": [[round(value, 5) for value in step.tolist()] for step in steps],
        "sliders": [vars(slider) for slider in sliders],
        "asked": asked,
        "at": at,
    }
    try:
        decoder = published_network(name, "decode")
        found = mount("arithmetic", key=key, data={"decoder": decoder, **sent}, words=words, values=["asked"])
    except GenlabError as error:
        st.warning(explain(error))
        found = {"failed": True}
    if found["failed"]:
        return _by_the_server(name, code, steps, sliders, asked, f"{key} {at}")
    return _bounded(released(key, found["asked"], at, len(sliders)) or asked, sliders)


def _bounded(asked: Sequence[float], sliders: Sequence[Slider]) -> list[float]:
    return [min(max(value, -slider.most), slider.most) for value, slider in zip(asked, sliders, strict=True)]


def _by_the_server(
    name: str, code: Tensor, steps: Tensor, sliders: Sequence[Slider], asked: Sequence[float], key: str
) -> list[float]:
    import torch

    values = [
        st.slider(f"{slider.name}, {slider.unit}", -slider.most, slider.most, value, slider.step, key=f"{key} {n}")
        for n, (slider, value) in enumerate(zip(sliders, _bounded(asked, sliders), strict=True))
    ]
    server.picture(name, (code + torch.tensor(values) @ steps).tolist())
    return values
