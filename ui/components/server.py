"""What the server answers where a browser component cannot run: like controls, and a picture at each release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ui import cache
from ui.i18n import _, number
from ui.noisy import DRAWS, NO_SCRATCHES, Hand, spoiled
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor


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


def noise(networks: Sequence[tuple[str, str]], clean: Tensor, kind: str, hand: Hand, *, key: str, at: str) -> Hand:
    """A slider for the level, buttons for another draw and against scratches, and what the networks make of it."""
    import torch

    level = st.slider(_("Noise"), 0.0, 1.0, hand.level, 0.01, key=f"{key} {at} level")
    hand = replace(hand, level=level)
    if st.button(_("New noise"), key=f"{key} {at} another"):
        hand = replace(hand, number=hand.number % DRAWS + 1)
    if hand.scratched and st.button(_("Remove scratches"), key=f"{key} {at} remove"):
        hand = replace(hand, scratches=NO_SCRATCHES)
    spoiled_one = spoiled(clean, kind, hand).picture
    pictures = [(_("Noisy"), spoiled_one)]
    with torch.inference_mode():
        pictures += [(title, cache.checkpoint(name).model(spoiled_one)) for name, title in networks]
    shown = [Picture(png=grey_png(image[0]), title=title, note=_psnr(image, clean)) for title, image in pictures]
    strip([*shown, Picture(png=grey_png(clean[0]), title=_("Original"))], least=7.0)
    return hand


def picture(name: str, code: list[float]) -> None:
    """What a code decodes to."""
    import torch

    with torch.inference_mode():
        image = cache.checkpoint(name).model.decode(torch.tensor([code]))[0]
    strip([Picture(png=grey_png(image), title=_("Decoded"))])


def _psnr(image: Tensor, clean: Tensor) -> str:
    """How near to the original; nothing where there is no difference."""
    from genlab.metrics import psnr

    mse = (image - clean).square().mean().item()
    return f"PSNR {number(psnr(mse), 1)} dB" if mse else ""


def _slide(name: str, code: list[float], index: int, key: str) -> None:
    """A slider for one number of ``code``, which it changes."""
    statistics = cache.code_statistics(name)
    low = min(statistics.low[index], code[index])
    high = max(statistics.high[index], code[index], low + 1e-3)
    code[index] = st.slider(f"z{index + 1}", low, high, code[index], key=f"{key} {index}")
