"""An autoencoder with densities fitted to its codes, so that random codes fall where codes of pictures lie.

    p(z) = Σ_j w_j N(z; m_j, C_j),   C_j = L_j L_jᵀ,   z = m_j + L_j·ε

The autoencoder is trained first, the mixtures of several sizes are fitted to its codes afterwards (``genlab.mixtures``;
expectation maximisation, Dempster, Laird & Rubin 1977). Ghosh, Sajjadi, Vergari, Black & Schölkopf, *From
variational to deterministic autoencoders*, ICLR 2020 (arXiv:1903.12436), do the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genlab.config import MixtureConfig
from genlab.models.dense import DenseAutoencoder


class MixtureAutoencoder(DenseAutoencoder):
    """The dense autoencoder, and for each size K of mixture: weights (K,), means (K, k), factors L (K, k, k)."""

    config: MixtureConfig

    def __init__(self, config: MixtureConfig) -> None:
        super().__init__(config)
        k = config.latent_dim
        for size in config.mixtures:
            self.register_buffer(f"weights_{size}", torch.full((size,), 1.0 / size))
            self.register_buffer(f"means_{size}", torch.zeros(size, k))
            self.register_buffer(f"factors_{size}", torch.eye(k).expand(size, k, k).clone())

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        super().initialise(generator)
        for size in self.config.mixtures:  # every mixture begins as N(0, I)
            weights, means, factors = self.mixture(size)
            weights.fill_(1.0 / size)
            means.zero_()
            factors.copy_(torch.eye(self.latent_dim))

    def mixture(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Weights (K,), means (K, k) and factors (K, k, k) of the mixture of ``size`` Gaussians."""
        return tuple(self.get_buffer(f"{part}_{size}") for part in ("weights", "means", "factors"))  # type: ignore[return-value]

    def sample_codes(self, n: int, generator: torch.Generator, size: int | None = None) -> Tensor:
        """``n`` random codes (n, latent_dim) of the mixture of ``size`` Gaussians, by default the largest."""
        weights, means, factors = self.mixture(size or self.config.mixtures[-1])
        j = torch.multinomial(weights, n, replacement=True, generator=generator)
        eps = torch.randn(n, self.latent_dim, 1, generator=generator)
        return means[j] + (factors[j] @ eps).squeeze(2)

    def sample(self, n: int, generator: torch.Generator, size: int | None = None) -> Tensor:
        """Pictures of random codes, (n, C, H, W) in [0, 1]."""
        return self.decode(self.sample_codes(n, generator, size))
