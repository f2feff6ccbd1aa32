"""What to train: a row of the catalog on a data set, its settings changed within the bounds of a shared machine."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from genlab import data
from genlab.catalog import Entry, get
from genlab.config import MapConfig, ModelConfig, PCAConfig, TrainConfig, UNetConfig, check
from genlab.errors import ConfigError
from genlab.text import N_

IN_FORM = {"digits": (1, 28, 28)}  # of sets whose pictures are loaded in another form than their files'

MOST: dict[str, float] = {
    "epochs": 1000,
    "batch_size": 2048,
    "samples": 64,
    "cycles": 20,
    "critic_steps": 20,
    "learning_rate": 1.0,
}
"""Of a visitor's training, smaller than what ``TrainConfig`` takes."""
MOST_PARAMETERS = 20_000_000
MOST_WINDOW = 10_000

UPDATES = 2_000  # about so many are suggested on a small data set
FEW_EPOCHS = 10  # and no more epochs than these on a large one
LARGE = 10_000  # pictures


@dataclass(frozen=True, kw_only=True)
class Order:
    """A training that a visitor wants.

    Attributes:
        entry: the row of the catalog that it began as.
        model: the network.
        train: how it is trained, and on what.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        window: end when the discriminator's accuracy stays near one half for so many steps; 0 for never.
    """

    entry: str
    model: ModelConfig
    train: TrainConfig
    device: str = "cpu"
    window: int = 0

    def __post_init__(self) -> None:
        row = get(self.entry)
        for name, most in MOST.items():
            value = getattr(self.train, name)
            check(
                value <= most,
                "The setting “{setting}” is {value}; on this page it may be {most} at most.",
                setting=name,
                value=value,
                most=most,
            )
        check(0 <= self.window <= MOST_WINDOW, "A window of {n} steps is out of bounds.", n=self.window)
        wanted = image_shape(self.train.dataset)
        check(
            self.model.image_shape == wanted,
            "This network reads images of {wanted} (channels × height × width), and these are {found}.",
            wanted="×".join(map(str, self.model.image_shape)),
            found="×".join(map(str, wanted)),
        )
        check(
            type(self.model) is type(row.model) and (not row.base or self.model == row.model),
            "This network begins with the weights of “{base}”, so its architecture stays as it is.",
            base=row.base,
        )

    def row(self) -> Entry:
        """The catalog's row with these settings."""
        return replace(get(self.entry), model=self.model, train=self.train, snapshots=False, goals={})

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``order_from_json`` is the inverse."""
        model = {"kind": self.model.kind, **self.model.to_json()}
        own = {"entry": self.entry, "device": self.device, "window": self.window}
        return {**own, "model": model, "train": self.train.to_json()}


def order_from_json(values: Any) -> Order:
    """The inverse of ``Order.to_json``.

    Raises:
        ConfigError: something is missing, of a wrong type, or out of bounds.
    """
    from genlab.models import config_from_json

    sentence = N_("The order of this training cannot be read. Start a new one.")
    check(isinstance(values, dict) and set(values) == {"entry", "device", "window", "model", "train"}, sentence)
    entry, device, window = values["entry"], values["device"], values["window"]
    check(isinstance(entry, str) and isinstance(device, str) and type(window) is int, sentence)
    model, train = config_from_json(values["model"]), TrainConfig.from_json(values["train"])
    return Order(entry=entry, device=device, window=window, model=model, train=train)


def check_size(model: ModelConfig) -> int:
    """How many parameters a network would have, without building it.

    Raises:
        ConfigError: more than a visitor may train.
    """
    from genlab.models import build_empty, count_parameters

    size = count_parameters(build_empty(model))
    check(
        size <= MOST_PARAMETERS,
        "This network would have {n:,} parameters; on this page it may have {most:,} at most.",
        n=size,
        most=MOST_PARAMETERS,
    )
    return size


def image_shape(dataset: str) -> tuple[int, int, int]:
    """(C, H, W) of a data set's pictures as they are loaded."""
    return IN_FORM.get(dataset, data.describe(dataset).file_shape)


def here() -> list[str]:
    """The data sets on this machine, in their order."""
    return [name for name, folder in data.available().items() if folder is not None]


def fitting(entry: Entry) -> list[str]:
    """The data sets on this machine that a row of the catalog can be trained on, as it is."""
    return [name for name in here() if _fits(entry, name)]


def _fits(entry: Entry, dataset: str) -> bool:
    if entry.base:
        return image_shape(dataset) == entry.model.image_shape
    try:
        fitted(entry, dataset)
    except ConfigError:
        return False
    return True


def fitted(entry: Entry, dataset: str) -> ModelConfig:
    """The row's network for the pictures of a data set.

    Raises:
        ConfigError: it cannot read them.
    """
    return changed(entry.model, image_shape=image_shape(dataset))


def changed(model: ModelConfig, **settings: Any) -> ModelConfig:
    """A network with other settings; the length of the code follows where the others make it.

    Raises:
        ConfigError: they are out of bounds or do not go together.
    """
    values = {**{f.name: getattr(model, f.name) for f in fields(model)}, **settings}
    _, height, width = values["image_shape"]
    if isinstance(model, UNetConfig):
        first, second = values["channels"]
        values["latent_dim"] = first * (height // 2) * (width // 2) + second * (height // 4) * (width // 4)
    if isinstance(model, MapConfig) and values["sizes"]:
        values["latent_dim"] = values["code_channels"] * values["sizes"][-1] ** 2
    return type(model)(**values)


def makes_its_length(model: ModelConfig) -> bool:
    """Whether the length of the code follows from other settings."""
    return isinstance(model, UNetConfig | MapConfig)


def suggested(entry: Entry, dataset: str) -> TrainConfig:
    """The row's training for a data set, with as many epochs as a lesson has time for."""
    train = TrainConfig.from_json({**entry.train.to_json(), "dataset": dataset})
    part = data.describe(dataset).train.count
    if isinstance(entry.model, PCAConfig) or entry.step == "mixture":
        return replace(train, epochs=1)
    if part >= LARGE:
        return replace(train, epochs=min(train.epochs, FEW_EPOCHS))
    steps = math.ceil(part / train.batch_size)
    return replace(train, epochs=max(1, round(UPDATES / steps / 10)) * 10)
