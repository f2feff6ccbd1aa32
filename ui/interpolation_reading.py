"""What a classifier reads on the way between two pictures: shared by all, except for the last ways of a visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from ui import cache
from ui.judge import judge

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.interpolation import Reading, Reference, Space, Way

PIXELS = "pixels"  # instead of a network
READ = "interpolate_read"  # in the session: what was read on the last ways
MOST_READ = 12


@st.cache_resource(show_spinner=False, max_entries=4)
def reference(name: str) -> Reference:
    """The first test pictures of a data set as the judge sees them, as many as ``cache.test_codes`` takes."""
    from genlab.data import to_float
    from genlab.interpolation import make_reference

    return make_reference(judge().model, to_float(cache.test_set(name).images[: cache.MOST_CODES]))


@st.cache_resource(show_spinner=False, max_entries=8)
def space(network: str, name: str) -> Space:
    """Where the codes of the same pictures lie, or their pixels."""
    from genlab.data import to_float
    from genlab.interpolation import make_space

    if network == PIXELS:
        return make_space(to_float(cache.test_set(name).images[: cache.MOST_CODES]).flatten(1))
    return make_space(cache.test_codes(network, name)[0])


def decoder(network: str) -> Callable[[Tensor], Tensor]:
    """Codes, or pixels that may be out of range, -> pictures (n, 1, 28, 28)."""
    if network == PIXELS:
        return lambda z: z.clamp(0, 1).view(-1, 1, 28, 28)
    return cache.checkpoint(network).model.decode


def ends_of(network: str, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Both pictures' codes, (k,) each."""
    import torch

    both = torch.cat([x, y])
    with torch.inference_mode():
        codes = both.flatten(1) if network == PIXELS else cache.checkpoint(network).model.encode(both)
    return codes[0].clone(), codes[1].clone()


def reading(network: str, x: Tensor, y: Tensor, way: Way) -> Reading:
    """What is met between two pictures; the last ones are kept for the visitor.

    Raises:
        CheckpointError: the network or the judge is not here.
        DataError: the test pictures are not.
    """
    import torch

    from genlab.interpolation import WAYS as LINES
    from genlab.interpolation import found_among, read, shares

    kept: dict[Any, Reading] = st.session_state.setdefault(READ, {})
    name = data.default_name()
    about = (network, way, name, x.numpy().tobytes(), y.numpy().tobytes())
    if about not in kept:
        real = cache.test_set(name).images[: cache.MOST_CODES]
        with torch.inference_mode():
            codes = LINES[way](*ends_of(network, x, y), shares())
            pictures = decoder(network)(codes)
            ends = [*found_among(x[0], real), *found_among(y[0], real)]
            found = read(judge().model, codes, pictures, space(network, name), reference(name), ends=ends)
        while len(kept) >= MOST_READ:
            kept.pop(next(iter(kept)), None)
        kept[about] = found
    return kept[about]
