"""Greedy layer-wise training: one pair of layers after the other, then all together.

Stage d of D: x → h₁ → … → h_d → … → x̂ through the outer d pairs of layers only; the pairs of earlier stages are
frozen, the new one learns. Last, nothing is frozen. The course's chapter; Hinton, Osindero & Teh (2006); Bengio,
Lamblin, Popovici & Larochelle, *Greedy layer-wise training of deep networks*, NIPS 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from genlab.config import TrainConfig
from genlab.models import DenseAutoencoder
from genlab.steps import layer_step
from genlab.training import Record, fit

if TYPE_CHECKING:
    from lightning_fabric import Fabric


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


def stages(pairs: int, epochs: int) -> list[Stage]:
    """``pairs`` stages that add a pair each, and a last one that tunes the whole; half of the epochs for each kind.

    Every stage has one epoch at least, so that ``epochs`` below pairs + 1 become as many.
    """
    greedy = max(1, epochs // 2 // pairs)
    found = [Stage(depth, False, greedy) for depth in range(1, pairs + 1)]
    return [*found, Stage(pairs, True, max(1, epochs - greedy * pairs))]


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
            layer.requires_grad_(depth == stage.depth or (stage.whole and depth <= stage.depth))


@torch.no_grad()
def through(model: DenseAutoencoder, x: Tensor, depth: int) -> Tensor:
    """What comes back through the outer ``depth`` pairs of layers, (N, C, H, W) -> the same."""
    return model(x, depth=depth)
