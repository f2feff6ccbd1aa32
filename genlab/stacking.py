"""Greedy layer-wise training: one pair of layers after the other, then all together.

Stage d of D: x → h₁ → … → h_d → … → x̂ through the outer d pairs of layers only; the pairs of earlier stages are
frozen, the new one learns. Last, nothing is frozen. The course's chapter; Hinton, Osindero & Teh (2006); Bengio,
Lamblin, Popovici & Larochelle, *Greedy layer-wise training of deep networks*, NIPS 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from genlab.config import DenseConfig, TrainConfig
from genlab.data.images import to_float
from genlab.losses import squared_errors
from genlab.models import DenseAutoencoder, build
from genlab.seeding import make_generator
from genlab.steps import autoencoder_step, layer_step
from genlab.training import Record, fit, make_fabric

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PairState = Literal["learns", "frozen", "absent"]


@dataclass(frozen=True)
class Stage:
    """One part of the training.

    Attributes:
        depth: how many pairs of layers the picture goes through.
        whole: whether all of them learn, or the innermost only.
        epochs: passes over the data.
    """

    depth: int
    whole: bool
    epochs: int

    def state(self, pair: int) -> PairState:
        """What the ``pair``-th pair of layers, counted from outside from 1, does in this stage."""
        if pair > self.depth:
            return "absent"
        return "learns" if self.whole or pair == self.depth else "frozen"


def stages(pairs: int, epochs: int) -> list[Stage]:
    """``pairs`` stages that add a pair each, at most half of the epochs in equal parts; and one that tunes the whole.

    Every stage has one epoch at least, so that ``epochs`` below pairs + 1 become as many.
    """
    greedy = max(1, epochs // 2 // pairs)
    found = [Stage(depth, False, greedy) for depth in range(1, pairs + 1)]
    return [*found, Stage(pairs, True, max(1, epochs - greedy * pairs))]


def stage_at(plan: list[Stage], epoch: int) -> Stage:
    """The stage that an epoch, from 1, belongs to; epochs before and after belong to the first and the last."""
    for stage in plan:
        epoch -= stage.epochs
        if epoch <= 0:
            return stage
    return plan[-1]


def fit_stacked(
    model: DenseAutoencoder,
    images: Tensor,
    config: TrainConfig,
    *,
    fabric: Fabric | None = None,
    state_path: Path | None = None,
    record_every: int = 50,
    compile_model: bool = False,
) -> Iterator[tuple[Stage, Record]]:
    """Train ``model`` in place, stage by stage; arguments and errors as ``genlab.training.fit``.

    Yields:
        The stage, and a record whose steps and epochs count through all stages.
    """
    plan = stages(len(model.encoder), config.epochs)
    epochs = sum(stage.epochs for stage in plan)
    done_epochs = 0
    try:
        for index, stage in enumerate(plan):
            learn_only(model, stage)
            loop = fit(
                model,
                images,
                replace(config, epochs=stage.epochs, seed=config.seed + index),
                partial(layer_step, depth=stage.depth),
                fabric=fabric,
                state_path=state_path.with_name(f"{index}-{state_path.name}") if state_path else None,
                record_every=record_every,
                compile_model=compile_model,
            )
            for record in loop:
                each = record.steps // stage.epochs
                yield (
                    stage,
                    replace(
                        record,
                        step=record.step + done_epochs * each,
                        steps=epochs * each,
                        epoch=record.epoch + done_epochs,
                        epochs=epochs,
                    ),
                )
            done_epochs += stage.epochs
    finally:
        model.requires_grad_(True)


def learn_only(model: DenseAutoencoder, stage: Stage) -> None:
    """Freeze all but the layers that learn in ``stage``."""
    pairs = list(zip(model.encoder, reversed(model.decoder), strict=True))
    for depth, pair in enumerate(pairs, start=1):
        for layer in pair:
            layer.requires_grad_(stage.state(depth) == "learns")


@torch.no_grad()
def through(model: DenseAutoencoder, x: Tensor, depth: int) -> Tensor:
    """What comes back through the outer ``depth`` pairs of layers, (N, C, H, W) -> the same."""
    return model(x, depth=depth)


Way = Literal["stacked", "at_once"]
WAYS: tuple[Way, ...] = ("stacked", "at_once")


@dataclass(frozen=True, kw_only=True)
class Round:
    """Both ways after one more epoch.

    Attributes:
        epoch, epochs: epochs done, 0 before the first, and of how many.
        stage: of the epoch that just ended.
        pictures: what each way makes of the pictures to watch, ``uint8`` (n, C, H, W).
        errors: of each way, the mean SSE on the pictures to measure after each epoch so far; the first is epoch 0's.
    """

    epoch: int
    epochs: int
    stage: Stage
    pictures: dict[Way, Tensor]
    errors: dict[Way, tuple[float, ...]]


def race(network: DenseConfig, images: Tensor, config: TrainConfig, watched: Tensor, test: Tensor) -> Iterator[Round]:
    """Train the same network, from the same weights, both ways in turn, an epoch each; on the CPU.

    Args:
        network: what to build, twice.
        images: to learn from, ``uint8`` (N, C, H, W).
        config: how; of its seed come the first weights too.
        watched, test: to draw and to measure, ``uint8`` (n, C, H, W).

    Raises:
        ConfigError, TrainingError: as ``genlab.training.fit``.
    """
    stacked, at_once = (build(network, make_generator(config.seed, "init")) for _ in WAYS)
    assert isinstance(stacked, DenseAutoencoder)
    plan = stages(len(stacked.encoder), config.epochs)
    config = replace(config, epochs=sum(stage.epochs for stage in plan))
    errors: dict[Way, tuple[float, ...]] = dict.fromkeys(WAYS, ())

    def look(epoch: int, stage: Stage, depth: int | None) -> Round:
        pictures: dict[Way, Tensor] = {}
        for way, model, outer in zip(WAYS, (stacked, at_once), (depth, None), strict=True):
            with looking(model):
                pictures[way] = model(to_float(watched), depth=outer).mul(255).round().byte()
                x = to_float(test)
                errors[way] += (squared_errors(model(x, depth=outer), x).mean().item(),)
        return Round(epoch=epoch, epochs=config.epochs, stage=stage, pictures=pictures, errors=dict(errors))

    yield look(0, plan[0], None)
    never = 2**31  # records at the ends of epochs only
    loops = (
        fit_stacked(stacked, images, config, fabric=make_fabric(config, device="cpu"), record_every=never),
        fit(at_once, images, config, autoencoder_step, fabric=make_fabric(config, device="cpu"), record_every=never),
    )
    for (stage, record), _ in zip(*loops, strict=True):
        yield look(record.epoch, stage, stage.depth)


@contextmanager
def looking(model: torch.nn.Module) -> Iterator[None]:
    """Ask a model that is being trained: evaluation mode and no gradients inside, its mode as before after."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)
