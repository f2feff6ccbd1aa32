"""What the lesson on codes shows: a map of two numbers, a map of two of thirty, and a walk between two digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from ui import cache, kept
from ui.address import choose
from ui.components.parts import interpolation_scrubber, latent_pad
from ui.i18n import _
from ui.nearest import Near, nearest_pictures

if TYPE_CHECKING:
    from torch import Tensor

SMALL, DEEP = "ae-mnist-z2", "ae-deep-mnist-z30"
NEIGHBOURS = 5


def small_map(x: Tensor) -> None:
    """The whole code of a small network."""
    name = _choose(SMALL, range(2, 3), "small_of")
    st.caption(_("Near each other, alike: but there are gaps, and shapes that are no digit."))
    _map(name, x, (0, 1), "small")


def choose_deep() -> str:
    """The network with more numbers."""
    return _choose(DEEP, range(3, 10**6), "deep_of")


def deep_map(name: str, x: Tensor) -> None:
    """Two numbers of the deep network's code; the others stay as the picture has them."""
    std = cache.code_statistics(name).std
    st.caption(
        _(
            "The other {n} stay as your picture has them. Near the handle little changes: no two numbers alone say "
            "which digit it is. Far from it, where no picture was ever coded, the decoder may draw nonsense."
        ).format(n=len(std) - 2)
    )
    first, second = sorted(range(len(std)), key=lambda i: -std[i])[:2]
    _map(name, x, (first, second), "deep")


def _choose(shipped: str, lengths: range, key: str) -> str:
    """A network: what ships, or one of the visitor's with a code of such a length. Without one there is no choice."""
    options = kept.beside(
        {shipped: _("The lesson’s")}, lambda own: kept.codes_digits(own) and own.config.latent_dim in lengths
    )
    return choose(_("Network"), options, key=key, default=shipped) if len(options) > 1 else shipped


def _map(name: str, x: Tensor, dims: tuple[int, int], key: str) -> None:
    import torch

    with torch.inference_mode():
        z = cache.checkpoint(name).model.encode(x)[0]
    chosen, place = latent_pad(name, data.default_name(), z, dims=dims, about=x.numpy().tobytes(), key=key)
    code = z.clone()
    code[chosen] = torch.tensor(place)
    _neighbours(name, code)


def _neighbours(name: str, code: Tensor) -> None:
    """The test pictures whose codes are nearest to the place."""
    codes, _labels = cache.test_codes(name, data.default_name())
    distances = (codes - code).square().sum(1).sqrt()
    found = [Near(index=i, distance=distances[i].item()) for i in distances.argsort()[:NEIGHBOURS].tolist()]
    nearest_pictures(found, digits=2, least=3.4, most=6.0)


def walk(network: str, x: Tensor) -> None:
    """In a straight line from the picture's code to that of a test picture."""
    import torch

    name = data.default_name()
    shown = {str(i): title for i, title in enumerate(cache.test_set(name).class_names)}
    to = int(choose(_("To a"), shown, key="to", default="9", round_=True))
    model = cache.checkpoint(network).model
    with torch.inference_mode():
        ends = model.encode(torch.cat([x, cache.test_picture(name, to, 1)]))
    interpolation_scrubber(network, (ends[0], ends[1]), about=(x.numpy().tobytes(), to), key="walk")
    st.caption(_("$z = (1 - t)\\,a + t\\,b$, with the codes $a$ and $b$ of both digits."))
