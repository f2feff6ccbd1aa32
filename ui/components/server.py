"""What the server answers where a browser component cannot run: like controls, and a picture at each release."""

from __future__ import annotations

import streamlit as st

from ui import cache
from ui.i18n import _
from ui.pictures import Picture, grey_png, strip


def sliders(name: str, code: list[float], *, key: str, at: str) -> list[float]:
    """One number of the code at a time; begins anew with ``at``."""
    kept = st.session_state.setdefault(f"{key}_server", {})
    if kept.get("at") != at:
        kept.update(at=at, code=list(code))
    which = st.number_input(_("Which number of the code"), 1, len(code), 1, key=f"{key} {at} which")
    _slide(name, kept["code"], int(which or 1) - 1, f"{key} {at}")
    picture(name, kept["code"])
    return list(kept["code"])


def pad(name: str, base: list[float], dims: list[int], place: list[float], *, key: str, at: str) -> list[float]:
    """Two sliders for the two numbers of a map."""
    code = list(base)
    for dim, value in zip(dims, place, strict=True):
        code[dim] = value
        _slide(name, code, dim, f"{key} {at}")
    picture(name, code)
    return [code[dim] for dim in dims]


def scrubber(name: str, a: list[float], b: list[float], share: float, *, key: str, at: str) -> float:
    """A slider from 0 to 1."""
    share = st.slider(_("From the first digit to the second"), 0.0, 1.0, share, key=f"{key} {at}")
    picture(name, [(1 - share) * x + share * y for x, y in zip(a, b, strict=True)])
    return share


def picture(name: str, code: list[float]) -> None:
    """What a code decodes to."""
    import torch

    with torch.inference_mode():
        image = cache.checkpoint(name).model.decode(torch.tensor([code]))[0]
    strip([Picture(png=grey_png(image), title=_("Decoded"))])


def _slide(name: str, code: list[float], index: int, key: str) -> None:
    """A slider for one number of ``code``, which it changes."""
    statistics = cache.code_statistics(name)
    low = min(statistics.low[index], code[index])
    high = max(statistics.high[index], code[index], low + 1e-3)
    code[index] = st.slider(f"z{index + 1}", low, high, code[index], key=f"{key} {index}")
