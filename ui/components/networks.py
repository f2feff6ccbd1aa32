"""Networks for the browser, half by half."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from genlab.errors import ExportError
from ui import cache
from ui.components.reach import reach

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
    return reach(name, direction, lambda: packed_network(name, direction))


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
