"""Noise for a generator: cut off, and walked through in a circle. And whether a picture is a copy of another."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genlab.data.images import to_float
from genlab.interpolation import slerp

CHUNK = 5000  # pictures compared at once: 16 MB of floats


def truncated(eps: Tensor, psi: float) -> Tensor:
    """Normal numbers as if each that is beyond ±ψ had been drawn again until it is not, of the same shape.

    Brock, Donahue & Simonyan, *Large scale GAN training*, ICLR 2019 (arXiv:1809.11096), section 3.1. What is drawn
    again has the distribution function (Φ(z) − Φ(−ψ)) / (Φ(ψ) − Φ(−ψ)), and that is inverted here, so that the same
    noise moves smoothly with ψ: with erf(x) = 2Φ(√2 x) − 1,

        z = √2 erf⁻¹( erf(ε/√2) · erf(ψ/√2) )

    Args:
        eps: from N(0, 1).
        psi: above 0; infinity leaves eps as it is.
    """
    if math.isinf(psi):
        return eps
    within = torch.erf(eps.double() / math.sqrt(2)) * math.erf(psi / math.sqrt(2))
    return (math.sqrt(2) * torch.erfinv(within)).clamp(-psi, psi).to(eps.dtype)


def round_trip(stations: Tensor, steps: int) -> Tensor:
    """From each noise to the next on the great circle (Shoemake 1985), and from the last back to the first.

    Args:
        stations: (m, k).
        steps: from one to the next.

    Returns:
        (m · steps + 1, k); every ``steps``-th is a station, and the last is the first again.
    """
    t = torch.arange(steps) / steps
    ways = [slerp(a, b, t) for a, b in zip(stations, stations.roll(-1, 0), strict=True)]
    return torch.cat([*ways, stations[:1]])


@torch.no_grad()
def nearest(x: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
    """The most similar of many pictures: distance ‖x − xᵢ‖₂ over all pixels, and which it is, (n,) each.

    Args:
        x: (n, C, H, W) in [0, 1].
        images: ``uint8`` (N, C, H, W).
    """
    flat = x.flatten(1)
    best, which = torch.full((len(x),), torch.inf), torch.zeros(len(x), dtype=torch.long)
    for start in range(0, len(images), CHUNK):
        found = torch.cdist(flat, to_float(images[start : start + CHUNK]).flatten(1)).min(1)
        closer = found.values < best
        best = torch.where(closer, found.values, best)
        which = torch.where(closer, found.indices + start, which)
    return (flat - to_float(images[which]).flatten(1)).norm(dim=1), which  # cdist is rough where they are close
