"""Small random distortions of a batch, so that a network sees more handwriting than there is.

Simard, Steinkraus & Platt, *Best practices for convolutional neural networks applied to visual document
analysis*, ICDAR 2003.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

ROTATION = 0.17  # radians, about 10°
SCALE = 0.10
SHEAR = 0.15
SHIFT = 1.2  # pixels


def random_affine(x: Tensor, part: float, generator: torch.Generator) -> Tensor:
    """Turn, scale, shear and move the first ``part`` of a batch a little, each image its own way.

    Batches are shuffled, so the first ones are any ones. Bilinear; what comes in from outside is 0.

    Args:
        x: (N, C, H, W) in [0, 1].
        part: 0 to 1.
        generator: on the CPU; draws 6 numbers an image.
    """
    n = round(part * len(x))
    if n == 0:
        return x
    u = torch.rand(6, n, generator=generator).mul_(2).sub_(1).to(x.device)  # uniform in [−1, 1]
    angle, shear = ROTATION * u[0], SHEAR * u[1]
    sx, sy = 1 + SCALE * u[2], 1 + SCALE * u[3]
    cos, sin = angle.cos(), angle.sin()
    first = [sx * cos, sx * (shear * cos - sin), 2 * SHIFT / x.shape[3] * u[4]]
    second = [sy * sin, sy * (shear * sin + cos), 2 * SHIFT / x.shape[2] * u[5]]
    theta = torch.stack([*first, *second], dim=1).view(n, 2, 3)  # output -> input coordinates, both in [−1, 1]
    grid = F.affine_grid(theta, list(x[:n].shape), align_corners=False)
    return torch.cat([F.grid_sample(x[:n], grid, align_corners=False), x[n:]])
