"""A control for each setting of a network and of a training, from one table; what it may be is the configuration's."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import streamlit as st

from genlab.config import Config, ModelConfig, TrainConfig
from genlab.errors import ConfigError
from ui.i18n import N_, _, number

RATES = (*(float(f"{digit}e{power}") for power in range(-5, 0) for digit in (1, 2, 5)), 1.0)
SIZES = tuple(2**power for power in range(2, 12))
MOST_LETTERS = 60  # of a list of widths


@dataclass(frozen=True, kw_only=True)
class Field:
    """How a setting is shown.

    Attributes:
        label: not translated.
        low, high, step: of a number.
        stops: a slider with these stops instead, and the default among them.
        help: not translated.
    """

    label: str
    low: float = 0
    high: float = 1
    step: float = 1
    stops: tuple[float, ...] = ()
    help: str = ""


WIDTHS = N_("One number for each layer, such as 256-64")
TABLE = {
    # the network
    "latent_dim": Field(label=N_("Numbers in the code"), low=1, high=4096),
    "hidden": Field(label=N_("Hidden layers"), help=WIDTHS),
    "critic": Field(label=N_("Hidden layers of the discriminator"), help=WIDTHS),
    "channels": Field(label=N_("Channels of each stage"), help=WIDTHS),
    "sizes": Field(label=N_("Side of the map after each stage"), help=WIDTHS),
    "code_channels": Field(label=N_("Pictures in the code"), low=1, high=64),
    "depth": Field(label=N_("Residual blocks"), low=0, high=8),
    "width": Field(label=N_("Dense layer before the code (0 for none)"), low=0, high=4096),
    "activation": Field(label=N_("Activation")),
    "code_activation": Field(label=N_("Activation of the code")),
    "output": Field(label=N_("Output")),
    "init": Field(label=N_("First weights")),
    "tied": Field(label=N_("Tied weights")),
    "spectral": Field(label=N_("Spectral norm in the discriminator")),
    # the training
    "epochs": Field(label=N_("Epochs"), low=1, high=1000),
    "learning_rate": Field(label=N_("Learning rate"), stops=RATES),
    "batch_size": Field(label=N_("Batch"), stops=SIZES, help=N_("Pictures in one step")),
    "optimizer": Field(label=N_("Optimizer")),
    "schedule": Field(label=N_("Rate over time")),
    "weight_decay": Field(label=N_("Weight decay"), high=1, step=0.01),
    "clip": Field(label=N_("Longest gradient (0 for any)"), high=100, step=0.5),
    "beta1": Field(label="β₁", high=0.999, step=0.05),
    "beta2": Field(label="β₂", high=0.9999, step=0.005),
    "augment": Field(label=N_("Distorted pictures, part of a batch"), step=0.1),
    "precision": Field(label=N_("Numbers")),
    "seed": Field(label=N_("Seed"), high=99_999, help=N_("The same seed gives the same training")),
    "loss": Field(label=N_("Loss")),
    "noise": Field(label=N_("Noise")),
    "noise_level": Field(label=N_("Strongest noise"), step=0.05),
    "penalty": Field(label=N_("Penalty")),
    "penalty_weight": Field(label=N_("Weight of the penalty, λ"), high=1000, step=0.1),
    "sparsity": Field(label=N_("Wanted mean activation, ρ"), low=0.01, high=0.5, step=0.01),
    "loss_weight": Field(label=N_("Weight of the reconstruction"), high=100, step=0.1),
    "beta": Field(label=N_("Weight of the KL term, β"), high=100, step=0.25),
    "binarise": Field(label=N_("Draw every pixel as black or white")),
    "samples": Field(label=N_("Codes for each picture"), low=1, high=64),
    "game": Field(label=N_("Game")),
    "critic_steps": Field(label=N_("Steps of D for one of G"), low=1, high=20),
    "critic_rate": Field(label=N_("Learning rate of D, times G’s"), high=10, step=0.25),
    "average": Field(label=N_("Moving average of G (0 for none)"), high=0.9999, step=0.001),
}

MAIN = ("epochs", "learning_rate", "batch_size")
COMMON = ("optimizer", "schedule", "weight_decay", "clip", "beta1", "beta2", "augment", "precision", "seed")
BY_STEP = {
    "autoencoder": ("loss",),
    "stacked": ("loss",),
    "denoising": ("loss", "noise", "noise_level"),
    "penalised": ("loss", "penalty", "penalty_weight", "sparsity"),
    "vae": ("loss", "loss_weight", "beta", "binarise"),
    "conditional": ("loss", "loss_weight", "beta", "binarise"),
    "importance": ("samples",),
    "gan": ("game", "critic_steps", "critic_rate", "average", "penalty", "penalty_weight"),
}
AT_ONCE = ("closed_form", "mixture")  # games without steps
MODEL_OWN = ("image_shape", "classes", "mixtures")  # what follows from data set and row

OPTIONS = {
    "none": N_("none"),
    "constant": N_("constant"),
    "cosine": N_("falling (cosine)"),
    "float32": N_("32 bits"),
    "bfloat16": N_("16 bits (bfloat16)"),
    "identity": N_("linear"),
    "scaled_he": N_("scaled (He)"),
    "torch": N_("torch’s own"),
    "xavier": "Xavier",
    "mse": "MSE",
    "mse_signed": N_("MSE, pixels from −1 to 1"),
    "sse": "SSE",
    "sse_signed": N_("SSE, pixels from −1 to 1"),
    "bce": N_("cross-entropy"),
    "gaussian": N_("Gaussian"),
    "mask": N_("missing pixels"),
    "salt": N_("salt and pepper"),
    "scratch": N_("scratches"),
    "mixed": N_("all kinds"),
    "l1": "L1",
    "kl": "KL",
    "contractive": N_("contractive"),
    "gradient": N_("slope of 1 (gradient penalty)"),
    "r1": N_("flat at real pictures (R1)"),
    "minimax": "minimax",
    "nonsaturating": N_("non-saturating"),
    "least_squares": N_("least squares"),
    "hinge": N_("hinge"),
    "wasserstein": "Wasserstein",
    "adam": "Adam",
    "adamw": "AdamW",
    "relu": "ReLU",
    "silu": "SiLU",
    "gelu": "GELU",
}
PENALTIES = {"penalised": ("none", "l1", "kl", "contractive"), "gan": ("none", "gradient", "r1")}


def model_fields(model: ModelConfig, *, without: Sequence[str] = ()) -> list[str]:
    """The settings of a network that can be changed, in the order of the table."""
    own = {f.name for f in fields(model)} - {*MODEL_OWN, *without}
    return [*(name for name in TABLE if name in own), *sorted(own - set(TABLE))]


def train_fields(step: str) -> tuple[str, ...]:
    """The settings of a game, besides the main ones."""
    return () if step in AT_ONCE else (*BY_STEP.get(step, ()), *COMMON)


def control(config: Config, name: str, *, key: str, step: str = "") -> Any:
    """Draw the control of a setting; what was chosen, of the setting's type.

    Args:
        config: with the value to begin with.
        name: of the setting.
        key: of the widget.
        step: the game, which may leave fewer options.

    Raises:
        ConfigError: a list of widths is no list of numbers.
    """
    value, hint = getattr(config, name), typing.get_type_hints(type(config))[name]
    about = TABLE.get(name, Field(label=name, high=1000))
    label, help_ = _(about.label), _(about.help) or None
    kept: dict[str, Any] = {"key": key, "help": help_, "persist_state": "session"}
    if isinstance(value, bool):
        return st.toggle(label, value=value, **kept)
    if typing.get_origin(hint) is typing.Literal:
        options = PENALTIES.get(step, typing.get_args(hint)) if name == "penalty" else typing.get_args(hint)
        words = {each: option(each) for each in options}
        return st.selectbox(label, options, index=options.index(value), format_func=words.__getitem__, **kept)
    if isinstance(value, tuple):
        text = st.text_input(label, value="-".join(map(str, value)), max_chars=MOST_LETTERS, **kept)
        return to_widths(text, _(about.label))
    if about.stops:
        stops = sorted({*about.stops, value})
        shown = {stop: short(stop) for stop in stops}
        return st.select_slider(label, stops, value=value, format_func=shown.__getitem__, **kept)
    kind = type(value)
    low, high, by = kind(about.low), kind(max(about.high, value)), kind(about.step)
    form = None if kind is int else f"%.{max(0, len(f'{about.step:g}'.partition('.')[2]))}f"
    found = st.number_input(label, low, high, value, by, format=form, **kept)
    return value if found is None else kind(found)


def option(value: str) -> str:
    """One of several words, as people say it."""
    return _(OPTIONS[value]) if value in OPTIONS else value


def short(value: float) -> str:
    """A stop of a slider: 0.0005, 128."""
    return number(value, max(0, len(f"{value:.10f}".rstrip("0").partition(".")[2])))


def to_widths(text: str, label: str) -> tuple[int, ...]:
    """“256-64” to (256, 64); nothing to ().

    Raises:
        ConfigError: something else than numbers.
    """
    parts = [part.strip() for part in text.replace(",", "-").replace("–", "-").split("-") if part.strip()]
    if len(text) > MOST_LETTERS or not all(part.isascii() and part.isdecimal() and len(part) < 7 for part in parts):
        raise ConfigError("“{label}” needs whole numbers with hyphens between them, such as 256-64.", label=label)
    return tuple(map(int, parts))


def as_shipped(train: TrainConfig, step: str) -> bool:
    """Whether a game has settings to show at all."""
    return step not in AT_ONCE and train.epochs > 0
