"""Networks that a visitor trained or brought along: kept for the session, and offered where lessons compare networks.

for mine in kept.networks(): …          # all
strip([…, *kept.answers(x)])            # what those that can rebuild make of a picture
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import CheckpointError
from ui.i18n import _, number
from ui.pictures import Picture, grey_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

KEY, COUNT = "kept_networks", "kept_count"
MOST = 6
MOST_PARAMETERS = 24_000_000  # of all together


@dataclass(frozen=True)
class Kept:
    """A network of this visitor's.

    Attributes:
        number: from 1, in the order they were kept; never given again.
        checkpoint: with its network, in evaluation mode.
    """

    number: int
    checkpoint: Checkpoint[Any]

    @property
    def title(self) -> str:
        """For people."""
        return _("Yours {n} · {name}").format(n=number(self.number), name=self.checkpoint.name)


def networks() -> list[Kept]:
    """All of this visitor's, the oldest first."""
    return list(st.session_state.get(KEY, []))


def keep(checkpoint: Checkpoint[Any]) -> Kept:
    """Keep one more; the same weights are kept once.

    Raises:
        CheckpointError: there is no room.
    """
    from genlab.models import count_parameters

    have = networks()
    for mine in have:
        if mine.checkpoint.sha256 == checkpoint.sha256:
            return mine
    size = sum(count_parameters(model) for model in (checkpoint.model, *(mine.checkpoint.model for mine in have)))
    if len(have) >= MOST or size > MOST_PARAMETERS:
        raise CheckpointError("There is no room for another network. Forget one of yours first.")
    count = st.session_state[COUNT] = st.session_state.get(COUNT, 0) + 1
    mine = Kept(count, checkpoint)
    st.session_state[KEY] = [*have, mine]
    return mine


def forget(which: int) -> None:
    """Let one go."""
    st.session_state[KEY] = [mine for mine in networks() if mine.number != which]


def answers(x: Tensor) -> list[Picture]:
    """What this visitor's networks make of a picture, (1, C, H, W) in [0, 1]: those that rebuild such pictures."""
    if not networks():
        return []
    import torch

    from genlab.losses import squared_errors
    from genlab.models import ImageAutoencoder

    found = []
    for mine in networks():
        model = mine.checkpoint.model
        if isinstance(model, ImageAutoencoder) and model.image_shape == tuple(x.shape[1:]):
            with torch.inference_mode():
                x_hat = model(x)
            note = f"SSE {number(squared_errors(x_hat, x).item(), 1)}"
            found.append(Picture(png=grey_png(x_hat[0]), title=_("Yours {n}").format(n=number(mine.number)), note=note))
    return found
