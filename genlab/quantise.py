"""Codes in fewer bits: what is stored of each number, and what is left of the picture.

    z → cell = ⌊(z − low) / step⌋ in 0 … 2ᵇ − 1 → ẑ = low + (cell + ½) step,   step = (high − low) / 2ᵇ

A uniform quantiser of b bits for each number of a code: 2ᵇ equal cells between the 1st and the 99th percentile of that
number over the training pictures; a number is replaced by the middle of its cell, one beyond the ends by the first or
last middle. Gray and Neuhoff, *Quantization*, IEEE Trans. Information Theory 44(6), 1998. 16 bits are no cells but half
precision (binary16 of IEEE 754), as weights are stored; 32 bits are the number as it is.

No network here was trained to be quantised; for one that is, see Theis et al., *Lossy image compression with
compressive autoencoders*, ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genlab.data.images import batches
from genlab.errors import CheckpointError, ConfigError
from genlab.losses import squared_errors
from genlab.metrics import psnr
from genlab.models import ImageAutoencoder

BITS = (32, 16, 8, 4, 2, 1)
"""What a number of a code may have."""
WHOLE, HALF = 32, 16
LARGEST_HALF = 65504.0
LOW, HIGH = "0.01", "0.99"


def limits(codes: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """Where the cells of each number begin and end, (k,) and (k,): the 1st and the 99th percentile.

    Args:
        codes: what ``genlab.evaluation.code_statistics`` measured, ``metrics["codes"]`` of a checkpoint.

    Raises:
        CheckpointError: it does not say.
    """
    try:
        low, high = (torch.tensor([float(value) for value in codes["quantiles"][level]]) for level in (LOW, HIGH))
    except (KeyError, TypeError, ValueError):
        low, high = torch.empty(0), torch.empty(1)
    if low.shape != high.shape or not (low <= high).all():
        raise CheckpointError("The measurements of this network do not say where its codes lie. Evaluate it again.")
    return low, high


def cells(z: Tensor, bits: int, low: Tensor, high: Tensor) -> Tensor:
    """What is stored: the cell of each number, an ``int64`` in 0 … 2^bits − 1. (N, k), (k,), (k,) -> (N, k)."""
    step = (high - low) / 2**bits
    inside = (z - low) / torch.where(step > 0, step, 1.0)  # a number that never changes has one place only
    return inside.floor().clamp(0, 2**bits - 1).long()


def middles(stored: Tensor, bits: int, low: Tensor, high: Tensor) -> Tensor:
    """The number in the middle of each cell. (N, k), (k,), (k,) -> (N, k)."""
    return low + (stored + 0.5) * (high - low) / 2**bits


def quantise(z: Tensor, bits: int, low: Tensor, high: Tensor) -> Tensor:
    """Codes as they come back from ``bits`` bits a number.

    Args:
        z: (N, k).
        bits: one of ``BITS``.
        low, high: (k,), see ``limits``.

    Raises:
        ConfigError: of so many bits there is no quantiser here.
    """
    if bits not in BITS:
        raise ConfigError(
            "A number of a code has {bits} bits. Choose one of {choices}.",
            bits=bits,
            choices=", ".join(map(str, sorted(BITS))),
        )
    if bits == WHOLE:
        return z
    if bits == HALF:
        return z.clamp(-LARGEST_HALF, LARGEST_HALF).half().to(z.dtype)
    return middles(cells(z, bits, low, high), bits, low, high)


@torch.no_grad()
def measure(model: ImageAutoencoder, codes: Mapping[str, Any], images: Tensor) -> dict[str, float]:
    """PSNR in dB of what is decoded from quantised codes, of the MSE over all pictures, by bits a number.

    Args:
        model: in evaluation mode.
        codes: its ``code_statistics``, of the training pictures.
        images: ``uint8`` (N, C, H, W), of the test set.

    Returns:
        ``{"16": …, "8": …, "4": …, "2": …, "1": …}``; 32 bits are what ``metrics["test"]`` has.
    """
    low, high = limits(codes)
    total = {bits: 0.0 for bits in BITS if bits != WHOLE}
    for x in batches(images):
        z = model.encode(x)
        for bits in total:
            total[bits] += squared_errors(model.decode(quantise(z, bits, low, high)), x).sum().item()
    return {str(bits): round(psnr(sse / images.numel()), 4) for bits, sse in total.items()}
