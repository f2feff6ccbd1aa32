"""Codes: to them, from them, and at random. What the lessons do with a model, in plain functions.

Images are (N, C, H, W) in [0, 1]; codes are (N, latent_dim).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genlab.errors import CheckpointError
from genlab.losses import squared_errors
from genlab.metrics import psnr, ssim
from genlab.models import ImageAutoencoder


@dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """A picture, what came back of it, and how far apart they are.

    Attributes:
        x, x_hat: (1, C, H, W) in [0, 1].
        z: the code, (1, k).
        sse: Σ (x̂ − x)².
        mse: SSE over the number of pixels.
        psnr: in dB.
    """

    x: Tensor
    x_hat: Tensor
    z: Tensor
    sse: float
    mse: float
    psnr: float

    @property
    def error(self) -> Tensor:
        """x̂ − x, in [−1, 1]: positive where ink was added, negative where it was lost."""
        return self.x_hat - self.x

    def ssim(self) -> float:
        """Structural similarity; imports scikit-image, so only on demand."""
        return ssim(self.x_hat, self.x).item()


@torch.no_grad()
def reconstruct(model: ImageAutoencoder, x: Tensor, length: int | None = None) -> Reconstruction:
    """Encode and decode one picture.

    Args:
        model: in evaluation mode.
        x: (1, C, H, W) in [0, 1].
        length: keep only the first numbers of the code, where the model decodes prefixes.
    """
    z = model.encode(x)[:, :length]
    x_hat = model.decode(z)
    sse = squared_errors(x_hat, x).item()
    mse = sse / x[0].numel()
    return Reconstruction(x=x, x_hat=x_hat, z=z, sse=sse, mse=mse, psnr=psnr(mse))


@torch.no_grad()
def decode_random(
    model: ImageAutoencoder,
    count: int,
    generator: torch.Generator,
    *,
    mean: Tensor | None = None,
    std: Tensor | None = None,
) -> Tensor:
    """Pictures of random codes z = mean + std·ε, ε ~ N(0, I); with neither given, the course's N(0, I).

    Args:
        model: in evaluation mode.
        count: how many pictures.
        generator: of ε.
        mean, std: (latent_dim,), of the codes of training pictures.

    Returns:
        (count, C, H, W) in [0, 1].
    """
    z = torch.randn(count, model.latent_dim, generator=generator)
    if std is not None:
        z = z * std
    if mean is not None:
        z = z + mean
    return model.decode(z)


@dataclass(frozen=True, kw_only=True)
class CodeStatistics:
    """Where the codes of the training pictures lie, number by number; each a list of latent_dim.

    Attributes:
        mean, std: of each number.
        low, high: 1st and 99th percentile, between which a slider goes.
    """

    mean: list[float]
    std: list[float]
    low: list[float]
    high: list[float]


def code_statistics(metrics: Mapping[str, Any], latent_dim: int) -> CodeStatistics:
    """What a checkpoint's ``metrics.json`` says of its codes.

    Raises:
        CheckpointError: it says nothing, or not of so many numbers.
    """
    try:
        codes = metrics["codes"]
        found = [codes["mean"], codes["std"], codes["quantiles"]["0.01"], codes["quantiles"]["0.99"]]
        lists = [[float(value) for value in values] for values in found]
    except (KeyError, TypeError, ValueError, OverflowError):
        lists = []
    wrong = any(len(values) != latent_dim or not all(map(math.isfinite, values)) for values in lists)
    if not lists or wrong or any(low > high for low, high in zip(*lists[2:], strict=True)):
        raise CheckpointError(
            "The measurements of this network do not say where its {n} code numbers lie. Evaluate it again.",
            n=latent_dim,
        )
    return CodeStatistics(mean=lists[0], std=lists[1], low=lists[2], high=lists[3])
