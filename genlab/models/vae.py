"""Variational autoencoder: a picture becomes a distribution of codes, and any code of N(0, I) a picture.

    q(z|x) = N(z; μ(x), σ²(x)),   z = μ + σ·ε, ε ~ N(0, I),   p(x|z) from the decoder
    minimise  E_q[−ln p(x|z)] + KL(q(z|x) ‖ N(0, I))

Kingma & Welling, *Auto-encoding variational Bayes*, ICLR 2014 (arXiv:1312.6114), eqs. 3 and 10; Rezende, Mohamed &
Wierstra, ICML 2014. For everybody who asks for *the* code of a picture, ``encode`` answers μ.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.config import ConditionalVAEConfig, VAEConfig
from genlab.models.dense import DenseAutoencoder


class Draw(NamedTuple):
    """What a forward pass with noise gives: K codes for each picture, and what the decoder makes of them.

    Attributes:
        logits: (K, N, D); the pixels' means are σ(logits).
        z: the codes, (K, N, k).
        mu, logvar: of q(z|x), (N, k).
        class_logits: of a conditional network, what it thinks the class is, (N, classes); otherwise None.
        wished_logits: the same of new pictures that were wished for, (M, classes).
    """

    logits: Tensor
    z: Tensor
    mu: Tensor
    logvar: Tensor
    class_logits: Tensor | None = None
    wished_logits: Tensor | None = None


class VAE(DenseAutoencoder):
    """The dense autoencoder with a second head on its encoder, for ln σ²."""

    config: VAEConfig

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config)
        last = (config.pixels, *config.hidden)[-1]
        self.logvar = nn.Linear(last, self.style_dim)

    @property
    def style_dim(self) -> int:
        """How many numbers of the code are random."""
        return self.latent_dim

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x): images (N, C, H, W) -> μ and ln σ², each (N, style_dim)."""
        h = self.encode_outer(x, len(self.encoder) - 1)
        return self.encoder[-1](h), self.logvar(h)

    def decode_logits(self, z: Tensor) -> Tensor:
        """Codes (N, latent_dim) -> (N, D); σ of it are the pixels' means."""
        y = self.decode_linear(z)
        return 2.0 * y if self.config.output == "tanh" else y  # (tanh y + 1) / 2 = σ(2y)

    def forward(self, x: Tensor, *how: Any, eps: Tensor | None = None, **more: Any) -> Any:
        """As every autoencoder's; with noise ``eps`` (K, N, style_dim), a ``Draw`` with K codes for each picture."""
        if eps is None:
            return super().forward(x, *how, **more)
        mu, logvar = self.posterior(x)
        mu, logvar = mu.float(), logvar.float()
        z = mu + (0.5 * logvar).exp() * eps
        return Draw(logits=self.decode_logits(z.flatten(0, 1)).unflatten(0, z.shape[:2]), z=z, mu=mu, logvar=logvar)

    @torch.no_grad()
    def start_from(self, mean: Tensor) -> None:
        """Let every code decode near the mean picture (C, H, W) at first, as Burda et al.'s program does.

        Otherwise the first steps learn the mean picture alone, and the KL term meanwhile switches numbers off for good.
        """
        mean = mean.flatten().clamp(1e-3, 1 - 1e-3)
        logits = mean.log() - (1 - mean).log()
        bias = self.decoder[-1].bias
        assert isinstance(bias, Tensor)
        bias.copy_(logits / 2 if self.config.output == "tanh" else logits)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Pictures of ``n`` random codes z ~ N(0, I): the pixels' means, (n, C, H, W) in [0, 1]."""
        return self.decode(torch.randn(n, self.latent_dim, generator=generator))


class ConditionalVAE(VAE):
    """A VAE whose decoder is told the class y, and whose encoder guesses it: code = (z, y).

        minimise  E_q[−ln p(x|z, y)] + KL(q(z|x) ‖ N(0, I)) − α ln q(y|x)

    Kingma, Rezende, Mohamed & Welling, *Semi-supervised learning with deep generative models*, NIPS 2014
    (arXiv:1406.5298), eqs. 6 and 9, where every picture has its label; here q(z|x) does not look at y.
    """

    config: ConditionalVAEConfig

    @property
    def style_dim(self) -> int:
        return self.config.style_dim

    def encode(self, x: Tensor) -> Tensor:
        """μ of the style, and the probability of each class: (N, style_dim + classes)."""
        code = super().encode(x)
        return torch.cat([code[:, : self.style_dim], code[:, self.style_dim :].softmax(1)], 1)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code, logvar = super().posterior(x)
        return code[:, : self.style_dim], logvar

    def forward(self, x: Tensor, *how: Any, eps: Tensor | None = None, **more: Any) -> Any:
        """As a VAE's; with noise, ``labels`` (N,) are needed too: what the decoder is told.

        With ``wish``, codes (M, latent_dim) of new pictures, also what the encoder reads on those.
        """
        labels, wish = more.pop("labels", None), more.pop("wish", None)
        if eps is None:
            return super().forward(x, *how, **more)
        h = self.encode_outer(x, len(self.encoder) - 1)
        code, logvar = self.encoder[-1](h).float(), self.logvar(h).float()
        mu, class_logits = code[:, : self.style_dim], code[:, self.style_dim :]
        z = mu + (0.5 * logvar).exp() * eps
        full = torch.cat([z, self.told(labels).expand(len(z), -1, -1)], 2)
        logits = self.decode_logits(full.flatten(0, 1)).unflatten(0, full.shape[:2])
        wished = None if wish is None else self.guess(self.decode_logits(wish).sigmoid())
        return Draw(logits, z, mu, logvar, class_logits, wished)

    def guess(self, x: Tensor) -> Tensor:
        """Class logits (M, classes) of pictures (M, D); gradients reach the pictures, not the encoder."""
        h = 2.0 * x - 1.0 if self.config.output == "tanh" else x
        for i, layer in enumerate(self.encoder):
            assert isinstance(layer, nn.Linear)
            h = self.activation(h) if i else h
            h = F.linear(h, layer.weight.detach(), layer.bias.detach())
        return h[:, self.style_dim :].float()

    def told(self, labels: Tensor) -> Tensor:
        """Classes (N,) as the decoder reads them, (N, classes): 1 for the class, 0 for the others."""
        return F.one_hot(labels, self.config.classes).float()

    def sample(self, n: int, generator: torch.Generator, labels: Tensor | None = None) -> Tensor:
        """Pictures of ``n`` random styles, of ``labels`` (n,) or of random classes."""
        z = torch.randn(n, self.style_dim, generator=generator)
        if labels is None:
            labels = torch.randint(self.config.classes, (n,), generator=generator)
        return self.decode(torch.cat([z, self.told(labels)], 1))
