"""Convolutional autoencoder: convolutions with stride 2 down to a code, transposed ones back up.

Masci et al., *Stacked convolutional auto-encoders for hierarchical feature extraction*, ICANN 2011. Weights are
shared over the picture, so a stroke is described by the same few numbers wherever it lies.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from genlab.config import ConvConfig
from genlab.models.base import ImageAutoencoder, init_scaled_he, make_activation, to_output


class ConvAutoencoder(ImageAutoencoder):
    """Each stage: a 4×4 convolution with stride 2 and a 3×3 one; the decoder mirrors it."""

    config: ConvConfig

    def __init__(self, config: ConvConfig) -> None:
        super().__init__(config)
        shape, channels = config.image_shape, config.channels
        scale = 2 ** len(channels)
        self.map_shape = (channels[-1], shape[1] // scale, shape[2] // scale)
        features = math.prod(self.map_shape)

        down: list[nn.Module] = []
        for before, after in zip((shape[0], *channels), channels, strict=False):
            down += [nn.Conv2d(before, after, 4, stride=2, padding=1), make_activation(config.activation)]
            down += [nn.Conv2d(after, after, 3, padding=1), make_activation(config.activation)]
        self.down = nn.Sequential(*down)

        wide = [config.width] if config.width else []
        self.to_code = _dense([features, *wide, config.latent_dim], config)
        self.from_code = _dense([config.latent_dim, *wide, features], config)
        self.activation = make_activation(config.activation)

        up: list[nn.Module] = []
        for before, after in zip(channels[::-1], (*channels[-2::-1], channels[0]), strict=True):
            up += [nn.Conv2d(before, before, 3, padding=1), make_activation(config.activation)]
            up += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), make_activation(config.activation)]
        self.up = nn.Sequential(*up, nn.Conv2d(channels[0], shape[0], 3, padding=1))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                init_scaled_he(layer, generator)

    def encode(self, x: Tensor) -> Tensor:
        return self.to_code(self.down(x).flatten(1))  # (N, C, H, W) -> (N, features) -> (N, latent_dim)

    def decode(self, z: Tensor) -> Tensor:
        h = self.activation(self.from_code(z)).unflatten(1, self.map_shape)  # (N, latent_dim) -> (N, C', H', W')
        return to_output(self.up(h), self.config.output, self.training)


def _dense(widths: list[int], config: ConvConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), make_activation(config.activation)]
    return nn.Sequential(*layers[:-1])
