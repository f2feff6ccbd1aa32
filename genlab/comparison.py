"""Denoisers side by side: networks that learned and filters that were thought up.

A method is a checkpoint's name or one of ``genlab.filters.FILTERS``.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genlab.data.images import to_float
from genlab.filters import FILTERS, clean
from genlab.losses import squared_errors
from genlab.metrics import psnr
from genlab.models import ImageAutoencoder
from genlab.noise import NOISES, draw, spoil
from genlab.seeding import make_generator

PICTURES = 300  # of the test set
LEVELS = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)


@torch.no_grad()
def answer(method: str | ImageAutoencoder, noisy: Tensor, kind: str, level: float) -> Tensor:
    """What a method makes of noisy pictures (N, C, H, W) in [0, 1]; the networks are not told kind and level."""
    if isinstance(method, str):
        return clean(method, noisy, level, clipped=kind == "gaussian")
    return method.decode(method.encode(noisy))


def compare(networks: dict[str, ImageAutoencoder], images: Tensor) -> Iterator[tuple[str, str, dict[str, float]]]:
    """PSNR in dB by level of each method for each kind of noise, of the mean squared error over the first pictures.

    Args:
        networks: by name; the filters are added.
        images: ``uint8`` (N, C, H, W).

    Yields:
        Kind, method, and PSNR by level; ``noisy`` is the picture as it is.
    """
    x = to_float(images[:PICTURES])
    methods: dict[str, str | ImageAutoencoder] = {**networks, **{name: name for name in FILTERS}}
    for kind in NOISES:
        noisy = {level: spoil(x, kind, level, draw(tuple(x.shape), make_generator(0, "compare"))) for level in LEVELS}
        yield kind, "noisy", {f"{level:g}": _decibels(noisy[level], x) for level in LEVELS}
        for name, method in methods.items():
            yield (
                kind,
                name,
                {f"{level:g}": _decibels(answer(method, noisy[level], kind, level), x) for level in LEVELS},
            )


def _decibels(x_hat: Tensor, x: Tensor) -> float:
    """Of the mean over all pictures; 99 stands for no error at all, which JSON cannot say."""
    return round(min(psnr(squared_errors(x_hat, x).mean().item() / x[0].numel()), 99.0), 3)
