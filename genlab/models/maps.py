"""Convolutional autoencoder whose code is a small picture: the course's bottlenecks of 14×14, 7×7, 2×2 and 1×1.

    z = f(x) is (N, c·s·s), a map of side s; nothing but what the map holds reaches the decoder

Masci et al., *Stacked convolutional auto-encoders for hierarchical feature extraction*, ICANN 2011.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlab.config import MapConfig
from genlab.models.base import ImageAutoencoder, make_activation, to_output
from genlab.models.blocks import initialise_convolutions, residuals


class MapAutoencoder(ImageAutoencoder):
    """Each stage: one convolution to the next smaller size, then blocks at that size; the decoder mirrors it."""

    config: MapConfig

    def __init__(self, config: MapConfig) -> None:
        super().__init__(config)
        colours, side = config.image_shape[:2]
        self.code_shape = (config.code_channels, config.sizes[-1], config.sizes[-1])
        last = config.channels[-1]

        down: list[nn.Module] = []
        up: list[nn.Module] = []
        before = colours
        for after, size in zip(config.channels, config.sizes, strict=True):
            down += [nn.Conv2d(before, after, *resize(side, size)), *self.refine(after)]
            back = before if up else after  # the first stage makes the features from which the picture is drawn
            up = [*self.refine(after), nn.ConvTranspose2d(after, back, *resize(side, size)), *self.activate(), *up]
            before, side = after, size
        self.down = nn.Sequential(*down)
        self.to_code = nn.Conv2d(last, config.code_channels, 1)
        self.code_activation = make_activation(config.code_activation)
        first = nn.Conv2d(config.code_channels, last, 1)
        self.up = nn.Sequential(first, *self.activate(), *up, nn.Conv2d(config.channels[0], colours, 3, padding=1))

    def activate(self) -> list[nn.Module]:
        """One activation."""
        return [make_activation(self.config.activation)]

    def refine(self, channels: int) -> list[nn.Module]:
        """What happens at one size."""
        if self.config.depth:
            return [residuals(self.config.depth, channels, self.config.activation), *self.activate()]
        return [*self.activate(), nn.Conv2d(channels, channels, 3, padding=1), *self.activate()]

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        initialise_convolutions(self, generator)
        if (
            self.config.code_activation == "relu" and self.to_code.bias is not None
        ):  # a code number that begins below 0 for all pictures never learns
            torch.nn.init.ones_(self.to_code.bias)

    def encode(self, x: Tensor) -> Tensor:
        return self.code_activation(self.to_code(self.down(x))).flatten(1)  # (N, C, H, W) -> (N, c, s, s) -> (N, c·s·s)

    def decode(self, z: Tensor) -> Tensor:
        return to_output(self.up(z.unflatten(1, self.code_shape)), self.config.output, self.training)


def resize(before: int, after: int) -> tuple[int, int, int]:
    """Kernel, stride and padding that take a side of ``before`` pixels to ``after`` (and, transposed, back).

    A half is a 4×4 kernel with stride 2; anything else the smallest kernel that covers the whole map.
    """
    if before == 2 * after:
        return 4, 2, 1
    stride = before // after
    return before - stride * (after - 1), stride, 0
