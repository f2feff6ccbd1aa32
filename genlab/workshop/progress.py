"""What a training says of itself, in one small file that is always whole.

The process writes it a few times a second, the server reads it; it also outlives both.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genlab.errors import GenlabError, TrainingError
from genlab.files import read_json, replace
from genlab.workshop.folders import PROGRESS

POINTS = 240  # of a curve, fewer than; even, so that they go in pairs
ROWS = 1000  # epochs whose losses are kept
ENDS = ("done", "rule", "stopped", "late", "failed")
STATES = ("preparing", "training", "paused", "saving", *ENDS)


@dataclass
class Curve:
    """Means of a training's losses over stretches of equal length; the more steps, the longer the stretches.

    Attributes:
        stride: steps in one stretch.
        ends: the last step of each.
        values: by name, one for each stretch; None where it was not said.
    """

    stride: int = 1
    ends: list[int] = field(default_factory=list)
    values: dict[str, list[float | None]] = field(default_factory=dict)
    _sums: dict[str, float] = field(default_factory=dict, repr=False)
    _counts: dict[str, int] = field(default_factory=dict, repr=False)

    def add(self, step: int, losses: Mapping[str, float]) -> None:
        """Losses of the step that ended."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        if step % self.stride:
            return
        self.ends.append(step)
        for name in self._sums.keys() | self.values.keys():
            known = self.values.setdefault(name, [None] * (len(self.ends) - 1))
            known.append(self._sums[name] / self._counts[name] if name in self._sums else None)
        self._sums, self._counts = {}, {}
        if len(self.ends) == POINTS:
            self._halve()

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        count = sum(end <= step for end in self.ends)
        self.ends = self.ends[:count]
        self.values = {name: values[:count] for name, values in self.values.items()}
        self._sums, self._counts = {}, {}

    def _halve(self) -> None:
        def mean(a: float | None, b: float | None) -> float | None:
            known = [value for value in (a, b) if value is not None]
            return sum(known) / len(known) if known else None

        pairs = len(self.ends) // 2
        self.values = {
            name: [mean(values[2 * i], values[2 * i + 1]) for i in range(pairs)] for name, values in self.values.items()
        }
        self.ends = [self.ends[2 * i + 1] for i in range(pairs)]
        self.stride *= 2

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        shown = {n: [None if v is None else _short(v) for v in values] for n, values in self.values.items()}
        return {"stride": self.stride, "ends": self.ends, "values": shown}


@dataclass(kw_only=True)
class Progress:
    """How far a training is.

    Attributes:
        state: one of ``STATES``.
        step, steps, epoch, epochs: done, and of how many; ``epoch`` is the one that runs, 0 before the first.
        whole: epochs that have ended.
        seconds: it has trained, pauses not counted, over all its parts.
        speed: pictures a second, lately.
        left: seconds, about; None where that is not known.
        losses: by name, lately.
        curve: of the losses.
        rows: of each epoch its number and its mean losses.
        rules: by epoch, the rule that watches the discriminator as it was then; of the last few.
        shots: how often the network was asked to draw, so that a reader sees that there is something new.
        health: what the judge says of random pictures, where one is asked; see ``genlab.workshop.bench``.
        trigger: what ended it, of the rule that watches the discriminator.
        device: on which it trains, for people.
        error: an English sentence and what stands in it.
    """

    state: str = "preparing"
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    whole: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    speed: float = 0.0
    left: float | None = None
    losses: dict[str, float] = field(default_factory=dict)
    curve: Curve = field(default_factory=Curve)
    rows: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, list[float]] = field(default_factory=dict)
    shots: int = 0
    health: dict[str, Any] | None = None
    trigger: dict[str, Any] | None = None
    device: str = ""
    error: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDS

    @property
    def part(self) -> float:
        """How much of it is done, 0 to 1."""
        if self.state in ("done", "rule"):
            return 1.0
        return min(1.0, self.step / self.steps) if self.steps else 0.0

    def failure(self) -> GenlabError | None:
        """Why it failed, if it did."""
        if self.error is None:
            return None
        return TrainingError(str(self.error.get("template", "")), **self.error.get("fields", {}))

    def write(self, folder: Path) -> None:
        """In place of the older one."""
        import json

        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        values |= {"curve": self.curve.to_json(), "losses": {k: _short(v) for k, v in self.losses.items()}}
        replace(folder / PROGRESS, json.dumps(values, allow_nan=False).encode())

    def end_epoch(self, row: dict[str, Any], rule: list[float]) -> None:
        """One more row, in place of those that were cut off."""
        self.rows = [*(r for r in self.rows if r["epoch"] < row["epoch"]), row][-ROWS:]
        self.rules = {
            str(r["epoch"]): self.rules[str(r["epoch"])] for r in self.rows[-3:-1] if str(r["epoch"]) in self.rules
        }
        self.rules[str(row["epoch"])] = rule
        self.whole = row["epoch"]


def read(folder: Path) -> Progress:
    """What a training said last.

    Raises:
        GenlabError: nothing yet, or what is there cannot be read.
    """
    values = read_json(folder / PROGRESS)
    known = {f.name: f for f in dataclasses.fields(Progress)}
    try:
        if set(values) != set(known) or values["state"] not in STATES:
            raise ValueError
        curve = Curve(**values.pop("curve"))
        if any(len(v) != len(curve.ends) for v in curve.values.values()):
            raise ValueError
        for name in ("step", "steps", "epoch", "epochs", "whole", "shots"):
            if type(values[name]) is not int:
                raise ValueError
        if not all(math.isfinite(values[name]) for name in ("seconds", "cpu_seconds", "speed")):
            raise ValueError
        return Progress(curve=curve, **values)
    except (TypeError, ValueError, AttributeError) as error:
        raise TrainingError("What this training said of itself cannot be read. Start a new one.") from error


def read_or_none(folder: Path) -> Progress | None:
    """The same, or None."""
    try:
        return read(folder)
    except GenlabError:
        return None


def _short(value: float) -> float:
    """Six digits are enough for a curve."""
    return float(f"{value:.6g}")
