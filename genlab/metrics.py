"""What is measured. Pure functions; images are (N, C, H, W) in [0, 1].

SSE is a sum over the pixels of an image, as Hinton & Salakhutdinov (2006) print it; MSE = SSE / D.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

BITS_PER_NUMBER = 32
BITS_PER_PIXEL = 8


def psnr(mse: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error, pixels in [0, 1]: −10 log₁₀ MSE."""
    return -10.0 * math.log10(mse) if mse > 0 else math.inf


def ssim(x_hat: Tensor, x: Tensor) -> Tensor:
    """Structural similarity of each image, (N, C, H, W), (N, C, H, W) -> (N,), 1 for equal images.

    Wang, Bovik, Sheikh & Simoncelli (2004) with their window, a Gaussian of σ = 1.5 pixels. Computed by
    scikit-image.
    """
    from skimage.metrics import structural_similarity

    def one(a: np.ndarray, b: np.ndarray) -> float:
        return float(
            structural_similarity(
                a, b, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=0
            )
        )

    pairs = zip(x_hat.float().cpu().numpy(), x.float().cpu().numpy(), strict=True)
    return torch.tensor([one(a, b) for a, b in pairs])


def code_bits(latent_dim: int, bits_per_number: int = BITS_PER_NUMBER) -> int:
    """Bits of a code as it is: 32 for each number, as the course counts them."""
    return latent_dim * bits_per_number


def compression_ratio(pixels: int, latent_dim: int, bits_per_number: int = BITS_PER_NUMBER) -> float:
    """How many times smaller a code is than its image at 8 bits a pixel; under 1 it is larger."""
    return pixels * BITS_PER_PIXEL / code_bits(latent_dim, bits_per_number)
