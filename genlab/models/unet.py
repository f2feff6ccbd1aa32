"""Convolutional denoiser with a bridge: what is fine crosses at half the size, what is coarse at a quarter.

    s₁ = a map at half the size,  s₂ = a map at a quarter,  z = (s₁, s₂),  x̂ = g(s₁ + up(s₂))

Ronneberger, Fischer & Brox, *U-Net: convolutional networks for biomedical image segmentation*, MICCAI 2015,
arXiv:1505.04597. Both maps together are its code, many times longer than the picture: it could copy. What keeps it
from doing so is that it never reads the picture it has to answer (Vincent et al. 2008).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlab.config import UNetConfig
from genlab.models.base import ImageAutoencoder, make_activation, to_output
from genlab.models.blocks import QUIET, initialise_convolutions, residuals


class UNet(ImageAutoencoder):
    """4×4 convolutions with stride 2 between the sizes, residual blocks at each, a dense layer across the smallest."""

    config: UNetConfig

    def __init__(self, config: UNetConfig) -> None:
        super().__init__(config)
        colours, height, width = config.image_shape
        (large, small), (shallow, deep), name = config.channels, config.depth, config.activation
        self.shapes = ((large, height // 2, width // 2), (small, height // 4, width // 4))
        features = small * (height // 4) * (width // 4)
        self.activation = make_activation(name)

        self.first = nn.Conv2d(colours, large, 4, stride=2, padding=1)
        self.large_down = residuals(shallow, large, name)
        self.down = nn.Conv2d(large, small, 4, stride=2, padding=1)
        self.small_down = residuals(deep, small, name)
        self.squeeze = nn.Linear(features, config.width) if config.width else None
        self.spread = nn.Linear(config.width, features) if config.width else None

        self.small_up = residuals(deep, small, name)
        self.up = nn.ConvTranspose2d(small, large, 4, stride=2, padding=1)
        self.large_up = residuals(shallow, large, name)
        self.last = nn.ConvTranspose2d(large, large // 2, 4, stride=2, padding=1)
        self.to_picture = nn.Conv2d(large // 2, colours, 3, padding=1)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        initialise_convolutions(self, generator)
        if self.spread is not None:
            self.spread.weight.mul_(QUIET)

    def encode(self, x: Tensor) -> Tensor:
        s1 = self.large_down(self.first(x))
        s2 = self.small_down(self.down(self.activation(s1)))
        if self.squeeze is not None and self.spread is not None:
            whole = self.spread(self.activation(self.squeeze(self.activation(s2).flatten(1))))
            s2 = s2 + whole.unflatten(1, self.shapes[1])
        return torch.cat([s1.flatten(1), s2.flatten(1)], dim=1)  # (N, c₁, H/2, W/2), (N, c₂, H/4, W/4) -> (N, k)

    def decode(self, z: Tensor) -> Tensor:
        first = self.shapes[0][0] * self.shapes[0][1] * self.shapes[0][2]
        s1, s2 = z[:, :first].unflatten(1, self.shapes[0]), z[:, first:].unflatten(1, self.shapes[1])
        h = self.large_up(s1 + self.up(self.activation(self.small_up(s2))))
        h = self.to_picture(self.activation(self.last(self.activation(h))))
        return to_output(h, self.config.output, self.training)
