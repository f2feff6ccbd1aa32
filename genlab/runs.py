"""A whole training run of a catalog entry: data, loop, measuring, checkpoint. The command line and pages call it."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from genlab import checkpoints, data, files, judging, quantise
from genlab.cards import make_card
from genlab.catalog import Entry, get
from genlab.checkpoints import GENERATORS, SNAPSHOTS
from genlab.config import TrainConfig
from genlab.data.images import ImageSet, batches, to_float
from genlab.evaluation import against, classification, code_statistics, main_loss, measure, sum_of_squares
from genlab.mixtures import fit_mixtures
from genlab.models import (
    GAN,
    VAE,
    DenseAutoencoder,
    ImageAutoencoder,
    ImageNetwork,
    Judge,
    MapAutoencoder,
    MixtureAutoencoder,
    build,
)
from genlab.past import Past
from genlab.seeding import make_generator
from genlab.snapshots import Snapshots
from genlab.stacking import fit_stacked
from genlab.steps import STEPS
from genlab.training import Record, fit

if TYPE_CHECKING:
    from lightning_fabric import Fabric

STATE, HISTORY = "state.safetensors", "history.json"
PLAIN = "bench-plain-mnist"  # with which the bench compares
KEPT = (
    "schema",
    "training",
    "few_labels",
    "comparison",
    "likelihood",
    "weights_sha256",
)  # what measuring again leaves as it is
LABELLED = ("classifier", "conditional", "gan")  # games that are told what is on the pictures
HALF_IS_ENOUGH = 1e-3  # the largest relative change of the error for which weights are stored in half precision


def train(entry: Entry, out: Path, *, fabric: Fabric | None = None, compile_model: bool = False) -> Iterator[Record]:
    """Train ``entry`` and write its checkpoint folder ``out``; a run that was cut off there goes on.

    Yields the records of ``fit``. Only the first process of several writes.

    Raises:
        DataNotFoundError: its data set is not here.
        TrainingError: as ``fit``.
    """
    first = fabric is None or fabric.is_global_zero
    pictures = data.load(entry.train.dataset, entry.train.split)
    model = begin(entry, pictures)
    history, seconds, cpu_seconds = read_history(out / HISTORY if any(out.glob(f"*{STATE}")) else None)
    clock, cpu_clock = time.perf_counter() - seconds, time.process_time() - cpu_seconds
    if first:
        out.mkdir(parents=True, exist_ok=True)
    shots = Snapshots(out / SNAPSHOTS, resumed=bool(history)) if entry.snapshots and first else None
    if shots and not history:
        shots.take(model, 0, None)
    past = None
    if first and isinstance(model, GAN):
        past = Past(out / GENERATORS, entry.train.epochs, resumed=bool(history))
        if not history:
            past.take(model, 0)
    for depth, record in play(
        entry, model, pictures, fabric=fabric, state_path=out / STATE, compile_model=compile_model
    ):
        if record.epoch_losses is not None and first:
            row = {"epoch": record.epoch, **{k: round(v, 6) for k, v in record.epoch_losses.items()}}
            if shots:
                row["depth"] = depth or 0
                row["digits_sse"] = shots.take(model, record.epoch, depth)
            if past and past.take(model, record.epoch):
                row |= glance(model, entry.train.dataset)
            history = [*(h for h in history if h["epoch"] < record.epoch), row]
            seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu_clock
            write_history(out / HISTORY, history, seconds, cpu_seconds)
        yield record
    if entry.step == "mixture":  # which has no epochs
        seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu_clock
    if first:
        if isinstance(model, GAN):
            model.settle()
        training = {
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
            "hardware": hardware(fabric),
            "torch": torch.__version__,
            "history": history,
        }
        publish(entry, model.cpu().float().eval(), pictures, training, out)
        for leftover in (*out.glob(f"*{STATE}"), *out.glob(".tmp*"), out / HISTORY):
            leftover.unlink(missing_ok=True)


def glance(model: GAN, dataset: str) -> dict[str, Any]:
    """What the judge says of a training half-way, of 2,000 pictures; nothing where there is none."""
    if dataset != judging.DATASET or not (checkpoints.root() / judging.JUDGE).is_dir():
        return {}
    model.eval()
    try:
        return judging.glance(model, dataset)
    finally:
        model.train()


def begin(entry: Entry, pictures: ImageSet) -> Any:
    """The network as its training finds it: with random weights, and those of the row's ``base`` where it has one.

    A variational one of pixels drawn black or white starts from the mean picture.

    Raises:
        CheckpointError: the base is not here.
    """
    model = build(entry.model, make_generator(entry.train.seed, "init"))
    if entry.base:
        base = checkpoints.load(entry.base, ImageNetwork).model
        odd = model.load_state_dict(base.state_dict(), strict=False)  # what only this network has stays as it is
        assert not odd.unexpected_keys, odd
    elif isinstance(model, VAE) and entry.train.binarise:
        model.start_from(to_float(pictures.images).mean(0))
    if isinstance(model, GAN) and entry.train.average:
        model.keep_average()
    return model


def play(
    entry: Entry, model: Any, pictures: ImageSet, *, state_path: Path, **how: Any
) -> Iterator[tuple[int | None, Record]]:
    """The training itself: how many pairs of layers a picture goes through (None for all), and the record."""
    images, labels = pictures.images, pictures.labels
    if entry.step == "mixture":  # the network is trained already
        assert isinstance(model, MixtureAutoencoder)
        with torch.no_grad():
            codes = torch.cat([model.encode(x) for x in batches(images)])
        fit_mixtures(model.eval(), codes, entry.train.seed)
        return
    if entry.step == "stacked":
        assert isinstance(model, DenseAutoencoder)
        for stage, record in fit_stacked(model, images, entry.train, state_path=state_path, **how):
            yield stage.depth, record
        return
    step = STEPS.get(entry.step, STEPS["autoencoder"])
    told = labels if entry.step in LABELLED else None
    for record in fit(model, images, entry.train, step, labels=told, state_path=state_path, **how):
        yield None, record


def publish(
    entry: Entry, model: ImageNetwork, pictures: ImageSet, training: dict[str, Any], out: Path
) -> dict[str, Any]:
    """Store a trained model as a checkpoint, measured as it is stored; what was measured."""
    test = data.load(entry.train.dataset, "test")
    full = main_loss(model, test)
    single = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict({name: value.half().float() for name, value in single.items()})
    half = main_loss(model, test)
    dtype = torch.float16
    if not abs(half - full) <= HALF_IS_ENOUGH * full:
        model.load_state_dict(single)
        dtype = torch.float32
    metrics = {
        **measured(model, entry.train),
        "train": learned(model, pictures),
        "goals": dict(entry.goals),
        **codes(model, entry.train, pictures.images),
        "training": training,
    }
    checkpoints.save(out, model, entry.train, entry.step, metrics, entry=entry.name, dtype=dtype)
    return metrics


def measured(model: ImageNetwork, train: TrainConfig) -> dict[str, Any]:
    """All that is measured of a model on its test set.

    For the bench beside its plain network, and of random pictures what the judge says, where those are here.
    """
    metrics = measure(model, train)
    if judging.ways(model) and (checkpoints.root() / judging.JUDGE).is_dir():
        metrics["samples"] = judging.measure_samples(model, train.dataset)
    plain = checkpoints.root() / PLAIN / checkpoints.METRICS
    if "units" in metrics and plain.is_file():
        theirs = files.read_json(plain)
        if theirs["test"]["dataset"] == metrics["test"]["dataset"]:
            metrics["against_plain"] = against(metrics, theirs)
    return metrics


def remeasure(name: str) -> dict[str, Any]:
    """Measure a shipped checkpoint again and put the figures and a new card into its folder; what was measured.

    Raises:
        CheckpointError: it is not there or broken.
        DataNotFoundError: its data set is not here.
    """
    checkpoint = checkpoints.load(name, ImageNetwork)
    entry = get(checkpoint.entry)
    pictures = data.load(checkpoint.train.dataset, checkpoint.train.split)
    metrics = {
        **{key: checkpoint.metrics[key] for key in KEPT if key in checkpoint.metrics},
        **measured(checkpoint.model, checkpoint.train),
        "train": learned(checkpoint.model, pictures),
        "goals": dict(entry.goals),
        **codes(checkpoint.model, checkpoint.train, pictures.images),
    }
    rewrite(name, metrics)
    return metrics


def rewrite(name: str, metrics: dict[str, Any]) -> None:
    """New measurements, and a new card, for weights that stay."""
    folder = checkpoints.find(name)
    files.write_json(folder / checkpoints.METRICS, metrics)
    card = make_card(folder.resolve().name, files.read_json(folder / checkpoints.CONFIG), metrics)
    files.replace(folder / checkpoints.CARD, card.encode())


MOST_SLIDERS = 4096  # a longer code is of maps, which nobody moves number by number


def codes(model: ImageNetwork, train: TrainConfig, images: torch.Tensor) -> dict[str, Any]:
    """Where the codes of the training pictures lie, for sliders; and what quantising a map's numbers costs.

    Nothing for very long codes.
    """
    if not isinstance(model, ImageAutoencoder) or model.latent_dim > MOST_SLIDERS:
        return {}
    found = {"codes": code_statistics(model, images)}
    if isinstance(model, MapAutoencoder):
        test = data.load(train.dataset, "test").images
        found["quantised"] = quantise.measure(model, found["codes"], test)
    return found


def learned(model: ImageNetwork, pictures: ImageSet) -> dict[str, Any]:
    """The error on pictures that the model learned from."""
    first = replace(pictures, images=pictures.images[:10_000], labels=pictures.labels[:10_000])
    if isinstance(model, Judge):
        return {**classification(model, first), "count": len(first.images)}
    if isinstance(model, GAN):
        return {}
    assert isinstance(model, ImageAutoencoder)
    return {"sse": round(sum_of_squares(model, first.images), 4), "count": len(first.images)}


def hardware(fabric: Fabric | None) -> str:
    """The machine in a few words, such as "CPU (x86_64, 2 cores) × 1"."""
    if fabric is not None and fabric.device.type == "cuda":
        return f"{torch.cuda.get_device_name(fabric.device)} × {fabric.world_size}"
    processes = 1 if fabric is None else fabric.world_size
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads) × {processes}"


def read_history(path: Path | None) -> tuple[list[dict[str, Any]], float, float]:
    """Losses of each epoch, seconds and CPU-seconds of a run that was cut off; nothing where there is none."""
    if path is None or not path.exists():
        return [], 0.0, 0.0
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return list(values["history"]), float(values["seconds"]), float(values["cpu_seconds"])
    except (ValueError, KeyError, TypeError):
        return [], 0.0, 0.0


def write_history(path: Path, history: list[dict[str, Any]], seconds: float, cpu_seconds: float) -> None:
    """Keep the run's curve beside its state."""
    files.write_json(path, {"seconds": seconds, "cpu_seconds": cpu_seconds, "history": history})
