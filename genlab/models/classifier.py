"""A classifier on top of an encoder: what the course calls reusing the encoder in another network.

    y = W (z − m) / s + b,  z = f(x)

m and s are the mean and the spread of the codes of the pictures it learns from, so that every number of the code
counts alike whatever network it comes from.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlab.config import ModelConfig
from genlab.models.base import ImageAutoencoder


class Classifier(nn.Module):
    """Encoder and one linear layer, which begins at 0."""

    mean: Tensor
    spread: Tensor

    def __init__(self, encoder: ImageAutoencoder, classes: int) -> None:
        super().__init__()
        self.autoencoder = encoder
        self.head = nn.Linear(encoder.latent_dim, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("mean", torch.zeros(encoder.latent_dim))
        self.register_buffer("spread", torch.ones(encoder.latent_dim))

    @property
    def config(self) -> ModelConfig:
        """Of the encoder."""
        return self.autoencoder.config

    @property
    def latent_dim(self) -> int:
        """How many numbers it reads."""
        return self.autoencoder.latent_dim

    @torch.no_grad()
    def standardise(self, x: Tensor) -> None:
        """Set m and s from pictures (N, C, H, W) in [0, 1], at least two."""
        z = self.autoencoder.encode(x)
        self.mean.copy_(z.mean(0))
        self.spread.copy_(z.std(0).clamp(min=1e-3))

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, C, H, W) -> logits (N, classes)."""
        return self.head((self.autoencoder.encode(x) - self.mean) / self.spread)
