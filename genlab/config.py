"""Configurations: frozen, keyword-only dataclasses, valid by construction, JSON both ways.

A configuration says everything that is needed to build a network (``ModelConfig`` and its kinds) or to train
it (``TrainConfig``). It is written beside the weights, so it may come back from a stranger's folder: every
value is checked against bounds before it can cost memory.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from genlab.errors import ConfigError

ActivationName = Literal["relu", "silu", "gelu", "tanh", "sigmoid", "identity"]
OutputName = Literal["sigmoid", "tanh", "identity"]
LossName = Literal["mse", "mse_signed", "sse", "bce"]

MAX_WIDTH = 16_384
MAX_LAYERS = 16
MAX_LATENT = 16_384
MAX_PIXELS = 3 * 256 * 256


def check(condition: bool, sentence: str, **fields: Any) -> None:
    """Raise ``ConfigError(sentence)`` unless ``condition`` holds."""
    if not condition:
        raise ConfigError(sentence, **fields)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all configurations: type-checked on construction, ``to_json`` / ``from_json``."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            check(
                _fits(value, hints[field.name]),
                "The setting “{setting}” cannot be {value}.",
                setting=field.name,
                value=repr(value)[:80],
            )
        self.validate()

    def validate(self) -> None:
        """Raise ``ConfigError`` where a value is out of bounds; a subclass adds its own checks."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, strings, lists: what ``json.dump`` takes."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The inverse of ``to_json``.

        Raises:
            ConfigError: a setting is unknown, missing, of the wrong type, or out of bounds.
        """
        check(isinstance(values, dict), "A configuration must be a JSON object, but this one is not.")
        hints = typing.get_type_hints(cls)
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = ", ".join(sorted(str(name)[:40] for name in set(values) - set(known)))
        check(not unknown, "The configuration has settings that genlab does not know: {names}.", names=unknown)
        required = {n for n, f in known.items() if f.default is dataclasses.MISSING}
        missing = ", ".join(sorted(required - set(values)))
        check(not missing, "The configuration lacks these settings: {names}.", names=missing)
        return cls(**{name: _tupled(value, hints[name]) for name, value in values.items()})


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _tupled(value: Any, hint: Any) -> Any:
    """JSON has lists where a configuration has tuples, and writes 1.0 as 1."""
    if typing.get_origin(hint) is tuple and isinstance(value, list):
        return tuple(value)
    if hint is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    return value


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return value in parts
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        wanted = (parts[0],) * len(value) if parts[-1] is ... else parts
        return len(wanted) == len(value) and all(_fits(v, p) for v, p in zip(value, wanted, strict=True))
    if hint is float:
        return type(value) is float and value == value and abs(value) != float("inf")
    if hint is type(None):
        return value is None
    return type(value) is hint


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


@dataclass(frozen=True, kw_only=True)
class DenseConfig(ModelConfig):
    """A dense autoencoder: D – hidden – latent_dim – reversed(hidden) – D.

    Attributes:
        hidden: widths between the image and the code; empty for a single layer.
        activation: after every hidden layer.
        code_activation: after the code; the course's network has a ReLU there.
        output: last step of the decoder. With ``tanh`` the network works in [−1, 1] inside.
        tied: the decoder uses the encoder's weights transposed (biases of its own).
        init: ``scaled_he`` draws weights with a standard deviation of 1.5/√fan_in; ``torch`` leaves the default.
    """

    kind: ClassVar[str] = "dense"

    hidden: tuple[int, ...] = (1000, 500, 250)
    activation: ActivationName = "silu"
    code_activation: ActivationName = "identity"
    output: OutputName = "sigmoid"
    tied: bool = False
    init: Literal["scaled_he", "torch"] = "scaled_he"

    def validate(self) -> None:
        super().validate()
        check(
            len(self.hidden) <= MAX_LAYERS and all(1 <= w <= MAX_WIDTH for w in self.hidden),
            "Hidden layers {widths} are out of bounds: at most {most} layers of 1 to {width} units.",
            widths=str(self.hidden)[:80],
            most=MAX_LAYERS,
            width=MAX_WIDTH,
        )


@dataclass(frozen=True, kw_only=True)
class NestedConfig(DenseConfig):
    """A dense autoencoder in which every prefix of the code decodes (nested dropout); same settings."""

    kind: ClassVar[str] = "nested"

    def validate(self) -> None:
        super().validate()
        check(not self.tied, "A nested autoencoder cannot tie its weights: its decoder also reads the mask.")


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
        stages = 2 ** len(self.channels)
        check(
            1 <= len(self.channels) <= 6 and all(1 <= c <= 1024 for c in self.channels),
            "Channels {channels} are out of bounds: 1 to 6 stages of 1 to 1024 channels.",
            channels=str(self.channels)[:80],
        )
        check(0 <= self.width <= MAX_WIDTH, "A dense layer of {n} units is out of bounds.", n=self.width)
        check(
            self.image_shape[1] % stages == 0 and self.image_shape[2] % stages == 0,
            "{stages} halvings do not fit an image of {height}×{width} pixels.",
            stages=len(self.channels),
            height=self.image_shape[1],
            width=self.image_shape[2],
        )


@dataclass(frozen=True, kw_only=True)
class PCAConfig(ModelConfig):
    """Principal component analysis with ``latent_dim`` components: the best linear autoencoder."""

    kind: ClassVar[str] = "pca"

    def validate(self) -> None:
        super().validate()
        check(self.latent_dim <= self.pixels, "PCA cannot have more components than the image has pixels.")


MODEL_CONFIGS: dict[str, type[ModelConfig]] = {c.kind: c for c in (DenseConfig, NestedConfig, ConvConfig, PCAConfig)}


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """How a network is trained.

    Attributes:
        dataset: a name of ``genlab.data``.
        split: what it learns from, such as ``train`` or ``train+validation``.
        loss: a name of ``genlab.losses``.
        epochs: passes over the data.
        batch_size: images in one step, over all processes together.
        optimizer: Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019).
        learning_rate: the highest one.
        schedule: ``constant``, or ``cosine`` to zero after ``warmup`` of all steps.
        warmup: the part of all steps in which the rate climbs linearly, 0 to 1.
        beta2: Adam's memory of squared gradients.
        weight_decay: of AdamW.
        clip: largest norm of the gradient, 0 for no limit.
        augment: the part of each batch that is slightly turned, sheared, scaled and moved, 0 to 1.
        precision: ``float32``, or ``bfloat16`` for mixed precision.
        seed: of everything random.
    """

    dataset: Literal["mnist", "notmnist", "svhn", "digits"] = "mnist"
    split: str = "train+validation"
    loss: LossName = "mse"
    epochs: int = 20
    batch_size: int = 128
    optimizer: Literal["adam", "adamw"] = "adamw"
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup: float = 0.02
    beta2: float = 0.99
    weight_decay: float = 0.0
    clip: float = 1.0
    augment: float = 0.0
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    seed: int = 0

    def validate(self) -> None:
        check(
            set(self.split.split("+")) <= {"train", "validation"},
            "A model cannot learn from “{split}”: the test set judges. Use train, or train+validation.",
            split=self.split[:40],
        )
        bounds: dict[str, tuple[float, float]] = {
            "epochs": (1, 100_000),
            "batch_size": (1, 65_536),
            "learning_rate": (0.0, 10.0),
            "warmup": (0.0, 1.0),
            "beta2": (0.0, 0.99999),
            "weight_decay": (0.0, 10.0),
            "clip": (0.0, 1e6),
            "augment": (0.0, 1.0),
            "seed": (0, 2**31 - 1),
        }
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            check(
                least <= value <= most,
                "The setting “{setting}” is {value}; it must lie between {least} and {most}.",
                setting=name,
                value=value,
                least=least,
                most=most,
            )
