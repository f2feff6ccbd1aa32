"""Classical filters against noise, as scikit-image has them: what a denoising network must beat.

Each takes one plane (H, W) in [0, 1] and the noise's σ, and gives one back. Unlike the networks, they are told how
strong the noise is; their strengths were chosen on training pictures with Gaussian noise (``benchmarks/filters.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr
from torch import Tensor

from genlab.config import check

Array = NDArray[np.float32]


def median(x: Array, sigma: float, side: int | None = None) -> Array:
    """The middle one of side² neighbours. Tukey, *Exploratory data analysis* (1977)."""
    from skimage.filters import median as filtered

    side = side or (1 if sigma < 0.15 else 3 if sigma < 0.6 else 5)
    return filtered(x, np.ones((side, side)))


def gaussian(x: Array, sigma: float, width: float | None = None) -> Array:
    """A weighted mean of the neighbours, with weights that fall as a Gaussian of ``width`` pixels."""
    from skimage.filters import gaussian as filtered

    return filtered(x, sigma=width or 0.35 + 1.3 * sigma)


def total_variation(x: Array, sigma: float, weight: float | None = None) -> Array:
    """The picture of few edges that is near: min ½‖y − x‖² + λ Σ|∇y|. Rudin, Osher & Fatemi 1992; Chambolle 2004."""
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(x, weight=weight or max(0.42 * sigma, 1e-3))


def nonlocal_means(x: Array, sigma: float, strength: float | None = None) -> Array:
    """A mean over places whose surroundings look alike. Buades, Coll & Morel 2005."""
    from skimage.restoration import denoise_nl_means

    return denoise_nl_means(x, patch_size=5, patch_distance=7, h=strength or 0.05 + 0.35 * sigma)


FILTERS: dict[str, Callable[..., Array]] = {
    "median": median,
    "gaussian": gaussian,
    "tv": total_variation,
    "nlm": nonlocal_means,
}
AVERAGES = ("gaussian", "tv", "nlm")  # these see a mean, which clipping has moved


def clean(name: str, x: Tensor, sigma: float, *, clipped: bool = True, **strength: float) -> Tensor:
    """Filter pictures (N, C, H, W) in [0, 1], plane by plane.

    Args:
        name: of ``FILTERS``.
        x: noisy.
        sigma: of the noise; for other noise than Gaussian, how strong to filter.
        clipped: whether x is a clean picture plus Gaussian noise, clipped to [0, 1]: then what averages is corrected
            for what the clipping did to its mean (``unclip``).
        strength: one setting of the filter, instead of the usual one for this σ.

    Raises:
        ConfigError: there is no such filter.
    """
    check(
        name in FILTERS,
        "There is no filter called “{name}”. Choose one of {names}.",
        name=name,
        names=", ".join(FILTERS),
    )
    run = partial(FILTERS[name], sigma=sigma, **strength)
    planes = x.cpu().numpy().reshape(-1, *x.shape[-2:])
    found = np.stack([run(plane) for plane in planes]).clip(0.0, 1.0)
    if clipped and name in AVERAGES:
        found = unclip(found, sigma)
    return torch.from_numpy(found.reshape(x.shape)).float()


def unclip(y: Array, sigma: float) -> Array:
    """The x for which y is the mean of clip(x + σ ε, 0, 1), ε ~ N(0, 1): on black, clipped noise has a mean of 0.4 σ.

    With φ, Φ of the standard normal and a = −x/σ, b = (1 − x)/σ:
    E clip(x + σ ε) = x (Φ(b) − Φ(a)) + σ (φ(a) − φ(b)) + 1 − Φ(b).
    """
    if sigma <= 0:
        return y
    x = np.linspace(0.0, 1.0, 257)
    a, b = -x / sigma, (1.0 - x) / sigma

    def density(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)

    means = x * (ndtr(b) - ndtr(a)) + sigma * (density(a) - density(b)) + 1.0 - ndtr(b)
    return np.interp(y, means, x).astype(np.float32)  # rising in x; beyond its ends 0 and 1
