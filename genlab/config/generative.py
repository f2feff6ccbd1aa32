"""Networks with a distribution in them, and the classifier that judges what they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from genlab.config.base import check
from genlab.config.networks import DenseConfig, ModelConfig, check_halvings

MAX_CLASSES = 1000
MAX_COMPONENTS = 1000


@dataclass(frozen=True, kw_only=True)
class VAEConfig(DenseConfig):
    """A dense variational autoencoder: as the dense autoencoder, but the encoder answers with μ and ln σ²."""

    kind: ClassVar[str] = "vae"

    def validate(self) -> None:
        super().validate()
        check(
            not self.tied and self.code_activation == "identity" and self.output != "identity",
            "A variational autoencoder has untied weights, any number in its code, and pixels in 0…1.",
        )


def check_classes(classes: int, latent_dim: int) -> None:
    """Raise ``ConfigError`` unless a code of ``latent_dim`` numbers can end with ``classes`` after a style."""
    check(
        2 <= classes <= MAX_CLASSES and classes < latent_dim,
        "A code of {k} numbers has no room for {classes} classes and a style.",
        k=latent_dim,
        classes=classes,
    )


@dataclass(frozen=True, kw_only=True)
class ConditionalVAEConfig(VAEConfig):
    """A variational autoencoder that is told the class; the last ``classes`` numbers of its code are the class."""

    kind: ClassVar[str] = "cvae"

    classes: int = 10

    def validate(self) -> None:
        super().validate()
        check_classes(self.classes, self.latent_dim)

    @property
    def style_dim(self) -> int:
        """How many numbers of the code are not the class."""
        return self.latent_dim - self.classes


@dataclass(frozen=True, kw_only=True)
class MixtureConfig(DenseConfig):
    """A dense autoencoder with densities fitted to its codes: mixtures of 1, 2, 5 … Gaussians.

    Attributes:
        mixtures: how many Gaussians each has, ascending.
    """

    kind: ClassVar[str] = "mixture"

    mixtures: tuple[int, ...] = (1, 2, 5, 10, 20, 50, 100, 200)

    def validate(self) -> None:
        super().validate()
        check(
            1 <= len(self.mixtures) <= 16
            and all(1 <= k <= MAX_COMPONENTS for k in self.mixtures)
            and list(self.mixtures) == sorted(set(self.mixtures))
            and self.latent_dim <= 128,
            "Mixtures of {sizes} Gaussians are out of bounds: 1 to {most} each, ascending, of at most 128 numbers.",
            sizes=str(self.mixtures)[:80],
            most=MAX_COMPONENTS,
        )


@dataclass(frozen=True, kw_only=True)
class JudgeConfig(ModelConfig):
    """A small convolutional classifier; ``latent_dim`` numbers before the last layer are its features.

    Attributes:
        channels: of two stages, each of two convolutions, the second of which halves height and width.
        classes: how many it tells apart.
    """

    kind: ClassVar[str] = "judge"

    channels: tuple[int, int] = (32, 64)
    classes: int = 10

    def validate(self) -> None:
        super().validate()
        check(
            all(1 <= c <= 1024 for c in self.channels) and 2 <= self.classes <= MAX_CLASSES,
            "A classifier of {classes} classes with {channels} channels is out of bounds.",
            classes=self.classes,
            channels=self.channels,
        )
        check_halvings(self.image_shape, 2)
