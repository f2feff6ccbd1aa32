"""Generative adversarial networks: a generator and a discriminator, dense or convolutional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from genlab.config.base import check
from genlab.config.generative import check_classes
from genlab.config.networks import ModelConfig, OutputName, check_halvings, check_widths

LEAK = 0.2
"""Slope of the discriminator's leaky ReLU below 0, as in the course and in Radford, Metz & Chintala 2016."""


@dataclass(frozen=True, kw_only=True)
class GANConfig(ModelConfig):
    """A dense generator latent_dim – hidden – D and a dense discriminator D – critic – 1.

    Attributes:
        hidden: widths of the generator, with ReLU after each.
        critic: widths of the discriminator, with leaky ReLU after each.
        output: last step of the generator.
        spectral: divide every weight of the discriminator by its largest singular value.
        classes: how many classes both are told of, 0 for none; the last ``classes`` numbers of a code are the class.
        init: as of the dense autoencoder, for the generator.
    """

    kind: ClassVar[str] = "gan"

    hidden: tuple[int, ...] = (256,)
    critic: tuple[int, ...] = (256,)
    output: OutputName = "tanh"
    spectral: bool = False
    classes: int = 0
    init: Literal["scaled_he", "torch"] = "torch"

    def validate(self) -> None:
        super().validate()
        check_widths(self.hidden)
        check_widths(self.critic)
        if self.classes:
            check_classes(self.classes, self.latent_dim)

    @property
    def style_dim(self) -> int:
        """How many numbers of a code are random."""
        return self.latent_dim - self.classes


@dataclass(frozen=True, kw_only=True)
class ConvGANConfig(GANConfig):
    """The same with convolutions: ``hidden`` and ``critic`` are dense layers beside the code and before the verdict.

    Attributes:
        channels: from the picture inwards; each stage halves height and width.
    """

    kind: ClassVar[str] = "conv_gan"

    hidden: tuple[int, ...] = ()
    critic: tuple[int, ...] = (128,)
    channels: tuple[int, ...] = (32, 64)

    def validate(self) -> None:
        super().validate()
        check(
            1 <= len(self.channels) <= 6 and all(1 <= c <= 1024 for c in self.channels),
            "The channels {channels} are out of bounds: 1 to 6 stages of 1 to 1024 channels.",
            channels=self.channels,
        )
        check_halvings(self.image_shape, len(self.channels))
