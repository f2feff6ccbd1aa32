"""The kinds of network, each with its settings and their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from genlab.config.base import Config, check

ActivationName = Literal["relu", "silu", "gelu", "tanh", "sigmoid", "identity"]
OutputName = Literal["sigmoid", "tanh", "identity"]

MAX_WIDTH = 16_384
MAX_LAYERS = 16
MAX_LATENT = 16_384
MAX_PIXELS = 3 * 256 * 256


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Config):
    """What every network has: the images it reads and the numbers of its code.

    Attributes:
        image_shape: (C, H, W).
        latent_dim: how many numbers a code has.
    """

    kind: ClassVar[str]

    image_shape: tuple[int, int, int] = (1, 28, 28)
    latent_dim: int

    def validate(self) -> None:
        channels, height, width = self.image_shape
        check(
            channels in (1, 3) and 1 <= height and 1 <= width and channels * height * width <= MAX_PIXELS,
            "An image of shape {shape} is outside what genlab builds (1 or 3 channels, at most 256×256).",
            shape=self.image_shape,
        )
        check(
            1 <= self.latent_dim <= MAX_LATENT,
            "A code of {k} numbers is out of bounds: choose 1 to {most}.",
            k=self.latent_dim,
            most=MAX_LATENT,
        )

    @property
    def pixels(self) -> int:
        """C·H·W."""
        channels, height, width = self.image_shape
        return channels * height * width


def check_widths(widths: tuple[int, ...]) -> None:
    """Raise ``ConfigError`` unless these can be the widths of hidden layers."""
    check(
        len(widths) <= MAX_LAYERS and all(1 <= w <= MAX_WIDTH for w in widths),
        "Hidden layers {widths} are out of bounds: at most {most} layers of 1 to {width} units.",
        widths=str(widths)[:80],
        most=MAX_LAYERS,
        width=MAX_WIDTH,
    )


@dataclass(frozen=True, kw_only=True)
class DenseConfig(ModelConfig):
    """A dense autoencoder: D – hidden – latent_dim – reversed(hidden) – D.

    Attributes:
        hidden: widths between the image and the code; empty for a single layer.
        activation: after every hidden layer.
        code_activation: after the code; the course's network has a ReLU there.
        output: last step of the decoder. With ``tanh`` the network works in [−1, 1] inside.
        tied: the decoder uses the encoder's weights transposed (biases of its own).
        init: ``scaled_he`` draws weights with a standard deviation of 1.5/√fan_in, ``xavier`` as Glorot & Bengio
            (2010) for tanh; ``torch`` leaves the default.
    """

    kind: ClassVar[str] = "dense"

    hidden: tuple[int, ...] = (1000, 500, 250)
    activation: ActivationName = "silu"
    code_activation: ActivationName = "identity"
    output: OutputName = "sigmoid"
    tied: bool = False
    init: Literal["scaled_he", "xavier", "torch"] = "scaled_he"

    def validate(self) -> None:
        super().validate()
        check_widths(self.hidden)


@dataclass(frozen=True, kw_only=True)
class NestedConfig(DenseConfig):
    """A dense autoencoder in which every prefix of the code decodes (nested dropout); same settings."""

    kind: ClassVar[str] = "nested"

    def validate(self) -> None:
        super().validate()
        check(not self.tied, "A nested autoencoder cannot tie its weights: its decoder also reads the mask.")


def check_halvings(image_shape: tuple[int, int, int], stages: int) -> None:
    """Raise ``ConfigError`` unless height and width can be halved ``stages`` times."""
    _, height, width = image_shape
    check(
        height % 2**stages == 0 and width % 2**stages == 0,
        "{stages} halvings do not fit an image of {height}×{width} pixels.",
        stages=stages,
        height=height,
        width=width,
    )


@dataclass(frozen=True, kw_only=True)
class ConvConfig(ModelConfig):
    """A convolutional autoencoder: each stage halves height and width, then a dense layer makes the code.

    Attributes:
        channels: channels after each halving; height and width must divide by 2 that often.
        width: units of one dense layer between the last feature map and the code, 0 for none.
        activation: after every layer but the last.
        output: last step of the decoder.
    """

    kind: ClassVar[str] = "conv"

    channels: tuple[int, ...] = (32, 64)
    width: int = 0
    activation: ActivationName = "silu"
    output: OutputName = "sigmoid"

    def validate(self) -> None:
        super().validate()
        check(
            1 <= len(self.channels) <= 6 and all(1 <= c <= 1024 for c in self.channels),
            "Channels {channels} are out of bounds: 1 to 6 stages of 1 to 1024 channels.",
            channels=str(self.channels)[:80],
        )
        check(0 <= self.width <= MAX_WIDTH, "A dense layer of {n} units is out of bounds.", n=self.width)
        check_halvings(self.image_shape, len(self.channels))


@dataclass(frozen=True, kw_only=True)
class MapConfig(ModelConfig):
    """A convolutional autoencoder whose code is a small picture: ``code_channels`` × ``sizes[-1]`` × ``sizes[-1]``.

    Attributes:
        sizes: side of the square map after each stage, such as 14 and 7; the last is the code's.
        channels: of the map after each stage.
        code_channels: pictures in the code; ``latent_dim`` must be code_channels · sizes[-1]².
        depth: residual blocks at each size; 0 for one plain 3×3 convolution.
        activation: after every layer but the last.
        code_activation: after the code.
        output: last step of the decoder.
    """

    kind: ClassVar[str] = "map"

    sizes: tuple[int, ...] = (14, 7)
    channels: tuple[int, ...] = (16, 32)
    code_channels: int = 1
    depth: int = 0
    activation: ActivationName = "relu"
    code_activation: ActivationName = "relu"
    output: OutputName = "sigmoid"

    def validate(self) -> None:
        super().validate()
        sides = (self.image_shape[1], *self.sizes)
        check(
            1 <= len(self.sizes) == len(self.channels) <= 6
            and self.image_shape[1] == self.image_shape[2]
            and all(1 <= after < before for before, after in pairwise(sides))
            and all(1 <= c <= 1024 for c in self.channels)
            and 0 <= self.depth <= MAX_LAYERS,
            "Maps of {sizes} with {channels} channels are out of bounds: 1 to 6 of each, ever smaller, at most 1024.",
            sizes=str(self.sizes)[:80],
            channels=str(self.channels)[:80],
        )
        check(
            self.code_channels >= 1 and self.latent_dim == self.code_channels * self.sizes[-1] ** 2,
            "A code of {channels} × {side} × {side} numbers is not one of {k}.",
            channels=self.code_channels,
            side=self.sizes[-1],
            k=self.latent_dim,
        )


@dataclass(frozen=True, kw_only=True)
class UNetConfig(ModelConfig):
    """A convolutional autoencoder with a bridge: its code is the maps at a half and at a quarter of the size.

    Attributes:
        channels: of the map at half and at a quarter of height and width; with these ``latent_dim`` must be
            c₁·H/2·W/2 + c₂·H/4·W/4.
        depth: residual blocks at each size, on the way down and again on the way up.
        width: units of a dense layer across the small map, which sees the whole picture; 0 for none.
        activation: after every layer but the last.
        output: last step of the decoder.
    """

    kind: ClassVar[str] = "unet"

    channels: tuple[int, int] = (24, 48)
    depth: tuple[int, int] = (1, 1)
    width: int = 256
    activation: ActivationName = "silu"
    output: OutputName = "sigmoid"

    def validate(self) -> None:
        super().validate()
        _, height, width = self.image_shape
        check_halvings(self.image_shape, 2)
        check(
            all(2 <= c <= 1024 for c in self.channels) and all(0 <= d <= MAX_LAYERS for d in self.depth),
            "Channels {channels} with {depth} blocks are out of bounds: 2 to 1024, and at most {most}.",
            channels=self.channels,
            depth=self.depth,
            most=MAX_LAYERS,
        )
        check(0 <= self.width <= MAX_WIDTH, "A dense layer of {n} units is out of bounds.", n=self.width)
        wanted = self.channels[0] * (height // 2) * (width // 2) + self.channels[1] * (height // 4) * (width // 4)
        check(
            self.latent_dim == wanted,
            "These maps make a code of {wanted} numbers, not {k}.",
            wanted=wanted,
            k=self.latent_dim,
        )


@dataclass(frozen=True, kw_only=True)
class PCAConfig(ModelConfig):
    """Principal component analysis with ``latent_dim`` components: the best linear autoencoder."""

    kind: ClassVar[str] = "pca"

    def validate(self) -> None:
        super().validate()
        check(self.latent_dim <= self.pixels, "PCA cannot have more components than the image has pixels.")
