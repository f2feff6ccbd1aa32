"""Parts that several convolutional networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlab.config import ActivationName
from genlab.models.base import init_scaled_he, make_activation

QUIET = 0.2  # a residual block begins near the identity, so that a deep stack does


class Residual(nn.Module):
    """h + conv(a(conv(a(h)))), both 3×3; He, Zhang, Ren & Sun, *Identity mappings in deep residual networks* (2016)."""

    def __init__(self, channels: int, activation: ActivationName) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.activation = make_activation(activation)

    def forward(self, h: Tensor) -> Tensor:
        """(N, C, H, W) -> the same."""
        return h + self.second(self.activation(self.first(self.activation(h))))


def residuals(count: int, channels: int, activation: ActivationName) -> nn.Sequential:
    """``count`` residual blocks, one after the other."""
    return nn.Sequential(*(Residual(channels, activation) for _ in range(count)))


@torch.no_grad()
def initialise_convolutions(network: nn.Module, generator: torch.Generator | None) -> None:
    """Scaled He for every layer; what a residual block adds begins small."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            init_scaled_he(layer, generator)
    for layer in network.modules():
        if isinstance(layer, Residual):
            layer.second.weight.mul_(QUIET)
