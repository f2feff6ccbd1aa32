"""Networks that a visitor trained or brought along: kept for the session, and offered where lessons compare networks.

for mine in kept.networks(): …          # all
strip([…, *kept.answers(x)])            # what those that can rebuild make of a picture
kept.find(name)                         # the one with a name that a list of networks gave it; None for a shipped one
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import CheckpointError
from ui.i18n import _, number
from ui.pictures import Picture, grey_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

PREFIX = "yours-"
KEY, COUNT = "kept_networks", "kept_count"
DIGITS = (1, 28, 28)
MOST = 6
MOST_PARAMETERS = 24_000_000  # of all together


@dataclass(frozen=True)
class Kept:
    """A network of this visitor's.

    Attributes:
        number: from 1, in the order they were kept; never given again.
        checkpoint: with its network, in evaluation mode.
        packed: what this visitor's browser was given of it (``ui/components/carry.py``).
    """

    number: int
    checkpoint: Checkpoint[Any]
    packed: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        """For people."""
        return _("Yours {n} · {name}").format(n=number(self.number), name=self.checkpoint.name)

    @property
    def short(self) -> str:
        """For people who see it among others."""
        return _("Yours {n}").format(n=number(self.number))

    @cached_property
    def name(self) -> str:
        """Among names of checkpoints; of all that it does, so that caches which all visitors share never mix two."""
        from genlab.models import config_to_json

        found = self.checkpoint
        about = [found.sha256, config_to_json(found.config), found.train.to_json(), found.step]
        return f"{PREFIX}{hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]}"


def networks() -> list[Kept]:
    """All of this visitor's, the oldest first."""
    return list(st.session_state.get(KEY, []))


def find(name: str) -> Checkpoint[Any] | None:
    """This visitor's network of a name; None if the name is of no such network.

    Raises:
        CheckpointError: it was forgotten, or is another visitor's.
    """
    mine = owned(name)
    return None if mine is None else mine.checkpoint


def owned(name: str) -> Kept | None:
    """The same with all that is known of it."""
    if not name.startswith(PREFIX):
        return None
    for mine in networks():
        if mine.name == name:
            return mine
    raise CheckpointError("This network is not kept any more. Bring it to the training lab again.")


def codes_digits(checkpoint: Checkpoint[Any]) -> bool:
    """Whether it turns digits into one code and back."""
    from genlab.models import ConditionalVAE, ImageAutoencoder

    model = checkpoint.model
    return isinstance(model, ImageAutoencoder) and not isinstance(model, ConditionalVAE) and _of_digits(checkpoint)


def beside(shipped: Mapping[str, str], fits: Callable[[Checkpoint[Any]], bool]) -> dict[str, str]:
    """The options of a choice: those given, name → title, and this visitor's networks that fit."""
    return {**shipped, **{mine.name: mine.short for mine in networks() if fits(mine.checkpoint)}}


def is_vae(checkpoint: Checkpoint[Any]) -> bool:
    """Whether it turns digits into a distribution of codes."""
    from genlab.models import VAE

    return codes_digits(checkpoint) and isinstance(checkpoint.model, VAE)


def draws_digits(checkpoint: Checkpoint[Any]) -> bool:
    """Whether it is a GAN of digits."""
    from genlab.models import GAN

    return isinstance(checkpoint.model, GAN) and _of_digits(checkpoint)


def _of_digits(checkpoint: Checkpoint[Any]) -> bool:
    return checkpoint.model.image_shape == DIGITS and checkpoint.train.dataset in ("mnist", "digits")


def same(checkpoint: Checkpoint[Any]) -> Kept | None:
    """The network that this visitor kept, if it is this one."""
    name = Kept(0, checkpoint).name
    return next((mine for mine in networks() if mine.name == name), None)


def keep(checkpoint: Checkpoint[Any]) -> Kept:
    """Keep one more; the same network is kept once.

    Raises:
        CheckpointError: there is no room.
    """
    from genlab.models import count_parameters

    have = networks()
    if (mine := same(checkpoint)) is not None:
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


def answers(x: Tensor, original: Tensor | None = None) -> list[Picture]:
    """What this visitor's networks make of a picture, those that rebuild such pictures.

    Args:
        x: (1, C, H, W) in [0, 1].
        original: what it was before it was spoiled; the error is measured against that.
    """
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
            note = f"SSE {number(squared_errors(x_hat, x if original is None else original).item(), 1)}"
            found.append(Picture(png=grey_png(x_hat[0]), title=mine.short, note=note))
    return found
