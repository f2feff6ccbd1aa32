"""Nested autoencoder: every prefix of the code decodes, so one network serves every code length.

    minimise  E_k  w(k) · L(x, g(z_1 … z_k, 0 … 0)),   z = f(x)

Rippel, Gelbart & Adams, *Learning ordered representations with nested dropout* (2014), arXiv:1402.0915. The
decoder is also told how long the prefix is (a mask of ones and zeros), so that "not sent" and "zero" differ.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from genlab.config import NestedConfig
from genlab.errors import ConfigError
from genlab.models.dense import DenseAutoencoder


class NestedAutoencoder(DenseAutoencoder):
    """``decode`` takes codes of any length k ≤ latent_dim: the first k numbers of what ``encode`` gives."""

    config: NestedConfig

    def make_decoder(self, widths: list[int]) -> nn.ModuleList:
        """As the dense decoder's, but the first layer reads the code and its mask."""
        return nn.ModuleList([nn.Linear(a, b) for a, b in pairwise([2 * widths[0], *widths[1:]])])

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, k) with any k from 1 to latent_dim -> (N, C, H, W) in [0, 1]."""
        if not 1 <= z.shape[1] <= self.latent_dim:
            raise ConfigError(
                "This code has {k} numbers; the network reads 1 to {most}.", k=z.shape[1], most=self.latent_dim
            )
        lengths = torch.full((len(z),), z.shape[1], device=z.device)
        whole = torch.nn.functional.pad(z, (0, self.latent_dim - z.shape[1]))
        return self.decode_prefix(whole, lengths)

    def decode_prefix(self, z: Tensor, lengths: Tensor) -> Tensor:
        """Whole codes (N, latent_dim), cut after ``lengths`` (N,) numbers each -> (N, C, H, W)."""
        mask = (torch.arange(self.latent_dim, device=z.device) < lengths[:, None]).to(z.dtype)  # (N, latent_dim)
        return self.decode_hidden(torch.cat([z * mask, mask], dim=1))  # (N, 2·latent_dim)

    def forward(
        self, x: Tensor, with_code: bool = False, depth: int | None = None, lengths: Tensor | None = None
    ) -> Any:
        """(N, C, H, W) -> (N, C, H, W), through the first ``lengths`` (N,) numbers of each code, or all."""
        if lengths is None:
            return super().forward(x, with_code, depth)
        z = self.encode(x)
        x_hat = self.decode_prefix(z, lengths)
        return (x_hat, z) if with_code else x_hat
