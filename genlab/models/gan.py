"""Generative adversarial network: a generator that turns noise into pictures, and a discriminator that doubts them.

    min_G max_D  E_x ln D(x) + E_z ln(1 − D(G(z))),   z ~ N(0, I)

Goodfellow et al., *Generative adversarial nets*, NIPS 2014 (arXiv:1406.2661), eq. 1. How the two are played against
each other is in ``genlab.adversarial`` (the losses) and ``genlab.steps`` (the turns). Told a class, both are
conditional: Mirza & Osindero 2014 (arXiv:1411.1784); the discriminator as in Miyato & Koyama, *cGANs with projection
discriminator*, ICLR 2018, eq. 3.
"""

from __future__ import annotations

import copy
import math
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.config import ConvGANConfig, GANConfig
from genlab.config.adversarial import LEAK
from genlab.models.base import ImageNetwork, init_scaled_he, to_output
from genlab.models.judge import BatchNorm
from genlab.models.spectral import SpectralConv2d, SpectralLinear


class Verdict(NamedTuple):
    """What the discriminator says: logits (N,) of real and generated pictures, and its slopes where asked for.

    Attributes:
        real, fake: above 0 is "real".
        slopes: ‖∇D‖ at pictures between real and generated ones, or at real ones; (N,) or None.
    """

    real: Tensor
    fake: Tensor
    slopes: Tensor | None = None


class Generator(nn.Module):
    """Codes (N, latent_dim) to pictures (N, C, H, W) in [0, 1]."""

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        self.config = config
        self.map_shape = config.image_shape
        if isinstance(config, ConvGANConfig):
            scale = 2 ** len(config.channels)
            self.map_shape = (config.channels[-1], config.image_shape[1] // scale, config.image_shape[2] // scale)
        widths = [config.latent_dim, *config.hidden, math.prod(self.map_shape)]
        self.dense = nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(widths)])
        conv = isinstance(config, ConvGANConfig)  # without it, what enters the convolutions is too weak
        self.norms = nn.ModuleList([BatchNorm(w) for w in widths[1:]] if conv else [])
        self.up = nn.Sequential(*self.make_convolutions(config)) if isinstance(config, ConvGANConfig) else None

    @staticmethod
    def make_convolutions(config: ConvGANConfig) -> list[nn.Module]:
        """Transposed convolutions that double the size, batch norm and ReLU between them. Radford et al. 2016."""
        layers: list[nn.Module] = []
        for before, after in pairwise([*config.channels[::-1], config.image_shape[0]]):
            layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), BatchNorm(after), nn.ReLU()]
        return layers[:-2]

    def forward(self, z: Tensor) -> Tensor:
        h = z
        last = len(self.dense) - 1
        for i, layer in enumerate(self.dense):
            h = layer(h)
            if self.norms:
                h = self.norms[i](h[:, :, None, None]).flatten(1)
            if i < last or self.up is not None:
                h = h.relu()
        y = h.unflatten(1, self.map_shape)  # (N, features) -> (N, C', H', W')
        if self.up is not None:
            y = self.up(y)
        return to_output(y, self.config.output, self.training)


class Discriminator(nn.Module):
    """Pictures (N, C, H, W) in [0, 1] to logits (N,): above 0 for what it takes to be real."""

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        conv, linear = (SpectralConv2d, SpectralLinear) if config.spectral else (nn.Conv2d, nn.Linear)
        down: list[nn.Module] = []
        features = config.pixels
        if isinstance(config, ConvGANConfig):
            for before, after in pairwise([config.image_shape[0], *config.channels]):
                down += [conv(before, after, 4, stride=2, padding=1), nn.LeakyReLU(LEAK)]
            features = config.channels[-1] * config.image_shape[1] * config.image_shape[2] // 4 ** len(config.channels)
        self.down = nn.Sequential(*down)
        dense: list[nn.Module] = []
        for a, b in pairwise([features, *config.critic]):
            dense += [linear(a, b), nn.LeakyReLU(LEAK)]
        self.dense = nn.Sequential(*dense)
        last = config.critic[-1] if config.critic else features
        self.verdict = linear(last, 1)
        self.classes = linear(config.classes, last, bias=False) if config.classes else None

    def forward(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        """``told``: the class of each picture as (N, classes), 1 for it and 0 for the others."""
        h = self.dense(self.down(2.0 * x - 1.0).flatten(1))  # it works in [−1, 1]
        logits = self.verdict(h).squeeze(1)
        if self.classes is not None:
            assert told is not None
            logits = logits + (self.classes(told) * h).sum(1)
        return logits


class GAN(ImageNetwork):
    """Both networks. ``decode`` makes pictures of codes, ``sample`` of random ones, ``judge`` doubts pictures.

    A training may keep a moving average of the generator's weights beside it (``keep_average``), which then makes the
    pictures: Yazıcı et al., *The unusual effectiveness of averaging in GAN training*, ICLR 2019.
    """

    config: GANConfig

    def __init__(self, config: GANConfig) -> None:
        super().__init__(config)
        self.generator = Generator(config)
        self.discriminator = Discriminator(config)
        self.average: Generator | None = None

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        super().initialise(generator)
        for layer in self.generator.modules():
            if isinstance(layer, nn.Linear | nn.ConvTranspose2d) and self.config.init == "scaled_he":
                init_scaled_he(layer, generator)
        for layer in self.modules():
            if isinstance(layer, BatchNorm | SpectralConv2d | SpectralLinear):
                layer.restart()

    @property
    def style_dim(self) -> int:
        """How many numbers of a code are random."""
        return self.config.style_dim

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, latent_dim) -> (N, C, H, W) in [0, 1]."""
        return cast(Tensor, (self.average or self.generator)(z))

    def judge(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (N, C, H, W) in [0, 1], with their classes (N,) if it is conditional -> logits (N,)."""
        return cast(Tensor, self.discriminator(x, None if labels is None else self.told(labels)))

    def told(self, labels: Tensor) -> Tensor:
        """Classes (N,) as (N, classes): 1 for the class, 0 for the others. No columns where it knows no classes."""
        if not self.config.classes:
            return labels.new_zeros(len(labels), 0)
        return F.one_hot(labels, self.config.classes).float()

    def classes_of(self, z: Tensor) -> Tensor | None:
        """The classes (N,) that codes (N, latent_dim) ask for; None where it knows no classes."""
        return z[:, self.style_dim :].argmax(1) if self.config.classes else None

    def draw_codes(self, n: int, generator: torch.Generator, labels: Tensor | None = None) -> Tensor:
        """Random codes (n, latent_dim): z ~ N(0, I), and a class for each, as told or any."""
        z = torch.randn(n, self.style_dim, generator=generator)
        if self.config.classes and labels is None:
            labels = torch.randint(self.config.classes, (n,), generator=generator)
        return z if labels is None else torch.cat([z, self.told(labels)], 1)

    def sample(self, n: int, generator: torch.Generator, labels: Tensor | None = None) -> Tensor:
        """Pictures of random codes, (n, C, H, W) in [0, 1]."""
        return self.decode(self.draw_codes(n, generator, labels))

    def forward(
        self, z: Tensor, x: Tensor | None = None, told: Tensor | None = None, between: Tensor | None = None
    ) -> Verdict:
        """The game: what the discriminator says of the pictures of codes ``z`` (N, latent_dim), and of real ``x``.

        Args:
            z: codes.
            x: real pictures (N, C, H, W), where it is the discriminator's turn.
            told: their classes (N, classes).
            between: how far from the generated to the real picture its slope is asked for, (N, 1, 1, 1) in 0…1.
        """
        wished = z[:, self.style_dim :] if self.config.classes else None
        fake = self.generator(z)
        if x is None:
            return Verdict(real=z.new_zeros(0), fake=self.discriminator(fake, wished))
        classes = None if wished is None or told is None else torch.cat([told, wished])
        real_logits, fake_logits = self.discriminator(torch.cat([x, fake]), classes).split([len(x), len(z)])
        slopes = None if between is None else self.slopes(fake + between * (x - fake), told)
        return Verdict(real=real_logits, fake=fake_logits, slopes=slopes)

    def slopes(self, x: Tensor, told: Tensor | None) -> Tensor:
        """‖∂D/∂x‖₂ at pictures taken in [−1, 1], (N,); differentiable."""
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(self.discriminator(x, told).sum(), x, create_graph=True)
        return (gradient.float() / 2.0).flatten(1).norm(dim=1)  # a step of 2 in [−1, 1] is a step of 1 in [0, 1]

    # ---------------------------------------------------------------------------------- the moving average

    def keep_average(self) -> None:
        """Begin a moving average of the generator, with its present weights."""
        self.average = copy.deepcopy(self.generator).requires_grad_(False)

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """θ̄ ← decay·θ̄ + (1 − decay)·θ, also of batch norm's means and variances; nothing without an average."""
        if self.average is not None:
            ours, theirs = list(self.average.state_dict().values()), list(self.generator.state_dict().values())
            torch._foreach_lerp_(ours, theirs, 1.0 - decay)

    def settle(self) -> None:
        """The training is over: the average becomes the generator."""
        if self.average is not None:
            self.generator, self.average = self.average.requires_grad_(True), None
