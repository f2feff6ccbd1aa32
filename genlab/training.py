"""``fit``: one loop for all models, a generator of records.

The page, the command line and the tests iterate over it; whoever stops iterating stops the training, and nothing
is left behind. Inside is Lightning Fabric, so that the same loop runs on one CPU, one GPU, or many processes on
many nodes (``torchrun`` or ``fabric run``). Batches come straight from the in-memory ``uint8`` tensor.

Nothing random is carried from step to step: order, distortions and noise of step s are drawn from generators
made for (seed, s). So a run that was killed and resumed gives the numbers of one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from genlab.config import TrainConfig
from genlab.data.augment import random_affine
from genlab.data.images import to_float
from genlab.errors import TrainingError
from genlab.models import GAN, PCA, Classifier, ImageNetwork, check_images
from genlab.seeding import make_generator
from genlab.steps import Play, Step
from genlab.training_state import load_state, save_state

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one stretch of training did.

    Attributes:
        step, steps: steps done, and of how many.
        epoch, epochs: the pass over the data this belongs to, from 1, and of how many.
        losses: by name, the mean since the record before.
        epoch_losses: by name, the mean over the epoch that just ended, otherwise None.
        learning_rate: of the last step.
        examples_per_second: images, over all processes, since the record before.
        watched: what ``watch`` returned at the end of this epoch, otherwise empty.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    losses: dict[str, float]
    epoch_losses: dict[str, float] | None
    learning_rate: float
    examples_per_second: float
    watched: dict[str, float]


def fit(
    model: ImageNetwork | Classifier,
    images: Tensor,
    config: TrainConfig,
    step: Step,
    *,
    labels: Tensor | None = None,
    fabric: Fabric | None = None,
    watch: Callable[[Any], dict[str, float]] | None = None,
    state_path: Path | None = None,
    record_every: int = 50,
    compile_model: bool = False,
) -> Iterator[Record]:
    """Train ``model`` in place, yielding a ``Record`` every ``record_every`` steps and at the end of each epoch.

    Args:
        model: changed in place; on the CPU when it comes in, on the fabric's device while it trains; in evaluation
            mode when training ends, whoever ends it.
        images: ``uint8`` (N, C, H, W), 0…255.
        config: how to train.
        step: one of ``genlab.steps.STEPS``.
        labels: ``int64`` (N,), where the step needs them.
        fabric: launched already; by default one process on the best device.
        watch: called at the end of each epoch with the model in evaluation mode; what it returns is recorded.
        state_path: where to keep what is needed to resume, written at the end of each epoch; if the file is there,
            training goes on from it.
        record_every: steps between records.
        compile_model: ``torch.compile`` the model; pays on a GPU and for large models.

    Raises:
        ConfigError: the images are of another size than the model's.
        TrainingError: the loss is no longer a number, or the state does not belong to this run.
    """
    check_images(model.config, images)
    if isinstance(model, PCA):
        yield solve_in_one_go(model, images)
        return
    fabric = fabric or make_fabric(config)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # convolutions are a quarter faster
    optimizer = make_optimizer(model, config)
    steps_per_epoch = math.ceil(len(images) / config.batch_size)
    steps = steps_per_epoch * config.epochs
    run, optimizer = fabric.setup(torch.compile(model) if compile_model else model, optimizer)
    done = load_state(state_path, model, optimizer, config) if state_path and state_path.exists() else 0
    images = images.to(fabric.device)
    labels = labels.to(fabric.device) if labels is not None else None
    meter = Meter()
    epoch_meter = Meter()

    def minimise(loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(loss)
        if config.clip:
            fabric.clip_gradients(run, optimizer, max_norm=config.clip, error_if_nonfinite=False)
        optimizer.step()

    with training_mode(model):
        order = Tensor()
        for s in range(done, steps):
            epoch, place = divmod(s, steps_per_epoch)
            if place == 0 or s == done:
                order = torch.randperm(len(images), generator=make_generator(config.seed, "order", epoch))
                order = order.to(fabric.device)
            chosen = order[place * config.batch_size : (place + 1) * config.batch_size]
            count = len(chosen)
            if count >= fabric.world_size:  # every process takes an equal share; of fewer images each takes all
                count -= count % fabric.world_size
                chosen = chosen[fabric.global_rank : count : fabric.world_size]
            generator = make_generator(config.seed, "step", s, fabric.global_rank)
            x = random_affine(to_float(images[chosen]), config.augment, generator)
            rate = set_learning_rate(optimizer, s, steps, config)
            play = Play(
                model=run,
                network=model,
                latent_dim=model.latent_dim,
                config=config,
                generator=generator,
                minimise=minimise,
                labels=labels[chosen] if labels is not None else None,
            )
            losses = step(play, x)
            meter.add(losses, count)
            epoch_meter.add(losses, count)

            ended = place == steps_per_epoch - 1
            if not ended and (s + 1) % record_every:
                continue
            means, speed = meter.read(fabric)
            if not all(math.isfinite(value) for value in means.values()):
                raise TrainingError(
                    "After {step} steps the loss is no longer a number. Lower the learning rate and start again.",
                    step=s + 1,
                )
            epoch_means, watched = None, {}
            if ended:
                epoch_means, _ = epoch_meter.read(fabric)
                if watch is not None:
                    model.eval()
                    watched = watch(model)
                    model.train()
            record = Record(
                step=s + 1,
                steps=steps,
                epoch=epoch + 1,
                epochs=config.epochs,
                losses=means,
                epoch_losses=epoch_means,
                learning_rate=rate,
                examples_per_second=speed,
                watched=watched,
            )
            try:
                yield record
            finally:  # the caller writes down an epoch before it counts as done: killed between, it is done again
                if ended and state_path is not None and fabric.is_global_zero:
                    save_state(state_path, model, optimizer, config, s + 1)
            if ended and state_path is not None:
                fabric.barrier()


@contextmanager
def training_mode(model: torch.nn.Module) -> Iterator[None]:
    """The model is in training mode inside, and in evaluation mode after, also when the caller stops half-way."""
    model.train()
    try:
        yield
    finally:
        model.eval()


class Meter:
    """Sums losses on the device, so that reading them once in a while is the only wait."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self.since = time.perf_counter()

    def add(self, losses: dict[str, Tensor], count: int) -> None:
        """Losses of a step over ``count`` images."""
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.detach().float() * count
        self.count += count

    def read(self, fabric: Fabric) -> tuple[dict[str, float], float]:
        """Means over all images since the last read, and images per second; starts anew."""
        means = torch.stack(list(self.sums.values())) / self.count
        if fabric.world_size > 1:
            means = fabric.all_reduce(means, reduce_op="mean")
        values = dict(zip(self.sums, means.tolist(), strict=True))
        speed = self.count / max(time.perf_counter() - self.since, 1e-9)
        self.__init__()  # type: ignore[misc]
        return values, speed


def solve_in_one_go(model: PCA, images: Tensor) -> Record:
    """PCA has a closed form: one "step" over all images."""
    start = time.perf_counter()
    model.solve(images)
    model.eval()
    speed = len(images) / max(time.perf_counter() - start, 1e-9)
    return Record(
        step=1,
        steps=1,
        epoch=1,
        epochs=1,
        losses={},
        epoch_losses={},
        learning_rate=0.0,
        examples_per_second=speed,
        watched={},
    )


def make_fabric(
    config: TrainConfig,
    *,
    device: str = "auto",
    devices: int | str = 1,
    nodes: int = 1,
    loggers: Any = None,
    turns: bool = False,
) -> Fabric:
    """A Fabric for this training, not yet launched: several devices or nodes train with ``ddp``.

    With ``turns``, a backward pass need not reach every weight: a GAN's two networks learn one after the other.
    """
    from lightning_fabric import Fabric

    return Fabric(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        strategy="auto" if devices == 1 and nodes == 1 else "ddp_find_unused_parameters_true" if turns else "ddp",
        precision="bf16-mixed" if config.precision == "bfloat16" else "32-true",
        loggers=loggers,
    )


def make_optimizer(model: torch.nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Adam or AdamW as configured; fused, so that all weights move in one pass over memory."""
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    groups: list[dict[str, Any]] = [{"params": list(model.parameters())}]
    if isinstance(model, GAN):
        groups = [
            {"params": list(model.generator.parameters())},
            {"params": list(model.discriminator.parameters()), "factor": config.critic_rate},
        ]
    return kind(
        groups,
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        weight_decay=config.weight_decay,
        fused=True,
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, step: int, steps: int, config: TrainConfig) -> float:
    """Set the rate of this step: linear warm-up, then constant, or half cosines down to 0.

    Loshchilov & Hutter, *SGDR: stochastic gradient descent with warm restarts*, ICLR 2017, eq. 5.
    """
    factor = 1.0
    if config.schedule == "cosine":
        warmup = max(1, round(config.warmup * steps))
        share = max(0, step - warmup) / max(1, steps - warmup)
        progress, length = share * sum(config.cycle_growth**cycle for cycle in range(config.cycles)), 1.0
        highest = 1.0
        while progress >= length:
            progress, length = progress - length, length * config.cycle_growth
            highest *= config.cycle_rate
        factor = min((step + 1) / warmup, 0.5 * highest * (1 + math.cos(math.pi * progress / length)))
    rate = config.learning_rate * factor
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)
    return rate
