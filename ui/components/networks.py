"""Networks for the browser: one that ships as a file that all browsers share, a visitor's own by `carry`."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import streamlit as st

from genlab.errors import ExportError
from ui import cache, kept
from ui.components.carry import carry
from ui.components.publish import digest, publish

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.models import ImageAutoencoder

Direction = Literal["encode", "decode", "spread", "logits"]


def published_network(name: str, direction: Direction) -> str:
    """The address of a network's encoder or decoder.

    Of a variational one also ``spread``, ln σ² of a picture, and ``logits``, its pixels before their last sigmoid.

    Raises:
        CheckpointError: the checkpoint is missing or broken, or not kept any more.
        ExportError: it is not dense, or too large for a browser.
        PublishError: the folder for files cannot be written.
    """
    mine = kept.owned(name)
    if mine is None:
        return shipped_network(name, direction)
    return carry(mine, direction, lambda: packed_network(name, direction))


@st.cache_resource(show_spinner=False)
def shipped_network(name: str, direction: Direction) -> str:
    """The same of a shipped one, versioned by its checkpoint's hash."""
    packed = packed_network(name, direction)
    return publish(f"networks/{name}-{direction}-{cache.shipped(name).sha256[:16]}-{digest(packed)}.gz", packed)


def packed_network(name: str, direction: Direction) -> bytes:
    """One direction of a network and where its codes lie, as ``runtime.js`` reads it."""
    import torch

    from genlab.export import record, to_bytes

    model = cache.checkpoint(name).model
    example = torch.zeros(1, model.latent_dim)
    if direction in ("encode", "spread"):
        example = torch.zeros(1, *model.image_shape)
    program = record(_half(model, direction), example)
    codes = cache.code_statistics(name)
    about = {"codes": {"mean": codes.mean, "std": codes.std, "low": codes.low, "high": codes.high}}
    return gzip.compress(to_bytes(program, about), 6, mtime=0)


def _half(model: ImageAutoencoder, direction: Direction) -> Callable[[Tensor], Tensor]:
    from genlab.models import VAE

    if direction in ("encode", "decode"):
        half: Callable[[Tensor], Tensor] = getattr(model, direction)
        return half
    if not isinstance(model, VAE):
        raise ExportError("This network has no distribution of codes. Choose a variational autoencoder.")
    return model.decode_logits if direction == "logits" else lambda x: model.posterior(x)[1]
