"""Dense autoencoder: x -> z -> x_hat through fully connected layers.

    z = f(x),  x_hat = g(z),  minimise L(x, g(f(x)))

Rumelhart, Hinton & Williams (1986) trained the first; Hinton & Salakhutdinov, *Reducing the dimensionality of
data with neural networks*, Science 313 (2006), made it deep: 784-1000-500-250-30. With fewer code numbers than
pixels it is undercomplete, with as many or more overcomplete.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.config import DenseConfig
from genlab.models.base import ImageAutoencoder, init_scaled_he, init_xavier, make_activation, to_output


class DenseAutoencoder(ImageAutoencoder):
    """Widths D – hidden – latent_dim – reversed hidden – D, with D = C·H·W."""

    config: DenseConfig

    def __init__(self, config: DenseConfig) -> None:
        super().__init__(config)
        widths = [config.pixels, *config.hidden, config.latent_dim]
        self.encoder = nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(widths)])
        self.decoder = self.make_decoder(widths[::-1])
        self.activation = make_activation(config.activation)
        self.code_activation = make_activation(config.code_activation)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        super().initialise(generator)
        for layer in self.modules():
            if isinstance(layer, Transposed):
                layer.bias.zero_()
            elif isinstance(layer, nn.Linear) and self.config.init == "scaled_he":
                init_scaled_he(layer, generator)
            elif isinstance(layer, nn.Linear) and self.config.init == "xavier":
                init_xavier(layer, generator)

    def make_decoder(self, widths: list[int]) -> nn.ModuleList:
        """Layers from the code to the image; with tied weights only their biases are new."""
        if self.config.tied:
            return nn.ModuleList([Transposed(b) for b in widths[1:]])
        return nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(widths)])

    def encode(self, x: Tensor) -> Tensor:
        return self.code_activation(self.encoder[-1](self.encode_outer(x, len(self.encoder) - 1)))

    def encode_outer(self, x: Tensor, depth: int) -> Tensor:
        """Through the first ``depth`` layers, each with its activation: (N, C, H, W) -> (N, units)."""
        h = x.flatten(1)  # (N, C, H, W) -> (N, D)
        if self.config.output == "tanh":  # this network works in [−1, 1]
            h = 2.0 * h - 1.0
        for layer in self.encoder[:depth]:
            h = self.activation(layer(h))
        return h

    def decode(self, z: Tensor) -> Tensor:
        return self.decode_hidden(z)

    @property
    def code_weight(self) -> Tensor:
        """W of the layer that makes the code, (latent_dim, its inputs)."""
        weight = self.encoder[-1].weight
        assert isinstance(weight, Tensor)
        return weight

    def forward(self, x: Tensor, with_code: bool = False, depth: int | None = None) -> Any:
        """As every autoencoder's; with ``depth``, through the outer ``depth`` pairs of layers only."""
        if depth is None or depth == len(self.encoder):
            return super().forward(x, with_code)
        h = self.encode_outer(x, depth)
        x_hat = self.decode_hidden(h, skip=len(self.decoder) - depth)
        return (x_hat, h) if with_code else x_hat

    def decode_hidden(self, h: Tensor, skip: int = 0) -> Tensor:
        """What enters the decoder's first layer (or the one after ``skip``) -> images (N, C, H, W) in [0, 1]."""
        y = self.decode_linear(h, skip)
        return to_output(y, self.config.output, self.training).unflatten(1, self.image_shape)  # (N, D) -> (N, C, H, W)

    def decode_linear(self, h: Tensor, skip: int = 0) -> Tensor:
        """The same before its last step: (N, D), any real numbers."""
        last = len(self.decoder) - 1
        for i, layer in enumerate(self.decoder):
            if i < skip:
                continue
            h = layer(h, self.encoder[last - i].weight) if self.config.tied else layer(h)
            if i < last:
                h = self.activation(h)
        return h


class Transposed(nn.Module):
    """A linear layer that borrows another layer's weight, transposed, and has a bias of its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, h: Tensor, weight: Tensor) -> Tensor:
        """(N, out of the lender) -> (N, in of the lender)."""
        return F.linear(h, weight.T, self.bias)
