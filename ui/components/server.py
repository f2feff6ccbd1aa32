"""What the server answers where a browser component cannot run: the same controls, a picture at each release."""

from __future__ import annotations

import streamlit as st

from ui import cache
from ui.i18n import _
from ui.pictures import Picture, grey_png, strip


def sliders(name: str, digit: list[float], *, key: str) -> list[float]:
    """One number of the code at a time."""
    statistics = cache.code_statistics(name)
    kept = st.session_state.setdefault(f"{key}_server", {"digit": digit, "code": list(digit)})
    if kept["digit"] != digit:
        kept.update(digit=digit, code=list(digit))
    index = int(st.number_input(_("Which number of the code"), 1, len(digit), 1, key=f"{key}_which")) - 1
    low = min(statistics.low[index], kept["code"][index])
    high = max(statistics.high[index], kept["code"][index], low + 1e-3)
    value = st.slider(f"z{index + 1}", low, high, kept["code"][index], key=f"{key}_{index}_{hash(tuple(digit))}")
    kept["code"][index] = value
    picture(name, kept["code"])
    return kept["code"]


def picture(name: str, code: list[float]) -> None:
    """What a code decodes to."""
    import torch

    with torch.inference_mode():
        image = cache.checkpoint(name).model.decode(torch.tensor([code]))[0]
    strip([Picture(png=grey_png(image), title=_("decoded from these numbers"))])
