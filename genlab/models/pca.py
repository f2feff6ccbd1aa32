"""Principal component analysis as an autoencoder: the best that a linear network can do.

    z = W (x − m),  x_hat = Wᵀ z + m,   W Wᵀ = 1

The rows of W are the directions of largest variance (Pearson 1901). A linear autoencoder trained on squared
error ends in the same subspace (Baldi & Hornik 1989). Components are ordered, so every prefix of a code decodes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlab.config import PCAConfig
from genlab.errors import ConfigError
from genlab.models.base import ImageAutoencoder


class PCA(ImageAutoencoder):
    """Solved in closed form by ``solve``; ``decode`` takes codes of any length k ≤ latent_dim."""

    config: PCAConfig

    def __init__(self, config: PCAConfig) -> None:
        super().__init__(config)
        self.mean = nn.Parameter(torch.zeros(config.pixels))  # (D,)
        self.components = nn.Parameter(torch.zeros(config.latent_dim, config.pixels))  # (k, D), rows of length 1

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        self.mean.zero_()
        self.components.copy_(torch.eye(*self.components.shape))

    @torch.no_grad()
    def solve(self, images: Tensor) -> None:
        """Set mean and components from ``uint8`` images (N, C, H, W): eigenvectors of their covariance."""
        flat = images.flatten(1)
        total = torch.zeros(flat.shape[1], dtype=torch.double)
        products = torch.zeros(flat.shape[1], flat.shape[1], dtype=torch.double)
        for part in flat.split(8192):  # in pieces: as doubles, all of SVHN would be 1.8 GB
            x = part.double() / 255.0
            total += x.sum(0)
            products += x.T @ x
        mean = total / len(flat)
        covariance = products / len(flat) - torch.outer(mean, mean)
        _, vectors = torch.linalg.eigh(covariance)  # ascending
        components = vectors.T.flip(0)[: self.latent_dim]
        signs = components.gather(1, components.abs().argmax(1, keepdim=True)).sign()  # a sign that never flips
        self.mean.copy_(mean)
        self.components.copy_(components * signs)

    def encode(self, x: Tensor) -> Tensor:
        return (x.flatten(1) - self.mean) @ self.components.T  # (N, D) -> (N, k)

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, k) with any k from 1 to latent_dim -> (N, C, H, W), clipped to [0, 1]."""
        return self.decode_unclipped(z).clamp(0.0, 1.0)

    def decode_unclipped(self, z: Tensor) -> Tensor:
        """As ``decode``, but the linear map itself, as the literature reports its error: it leaves [0, 1]."""
        if not 1 <= z.shape[1] <= self.latent_dim:
            raise ConfigError(
                "This code has {k} numbers; the network reads 1 to {most}.", k=z.shape[1], most=self.latent_dim
            )
        return (z @ self.components[: z.shape[1]] + self.mean).unflatten(1, self.image_shape)
