"""Longer studies with a command of their own; each puts what it found into the ``metrics.json`` it belongs to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> None:
    """Add the commands to the command line's parser."""
    few = commands.add_parser("few-labels", help="classifiers on few labels, with and without a pre-trained encoder")
    few.add_argument("name", nargs="?", default="ae-deep-mnist-z30", help="the checkpoint whose encoder is used")
    few.add_argument("--write", action="store_true", help="put the curve into the checkpoint's metrics.json")
    few.set_defaults(run=try_few_labels)

    compare = commands.add_parser("compare-denoisers", help="networks and classical filters against noise")
    compare.add_argument("--write", action="store_true", help="put the curves into the metrics.json of dae-mnist")
    compare.set_defaults(run=compare_denoisers)

    maps = commands.add_parser("maps", help="measure the shipped latent maps; with --write, compute them anew")
    maps.add_argument("names", nargs="*", help="pixels, or encoders with shipped maps (default: all)")
    maps.add_argument("--write", action="store_true", help="compute PCA, t-SNE and UMAP into checkpoints/maps: minutes")
    maps.set_defaults(run=make_maps)

    likely = commands.add_parser("likelihood", help="test log-likelihood of a variational autoencoder")
    likely.add_argument("name", help="a variational autoencoder's checkpoint")
    likely.add_argument("--samples", type=int, default=5_000, help="codes drawn for each picture (default: 5,000)")
    likely.add_argument("--count", type=int, default=10_000, help="how many test pictures (default: all)")
    likely.add_argument("--write", action="store_true", help="put the figure into the checkpoint's metrics.json")
    likely.set_defaults(run=measure_likelihood)

    everything = commands.add_parser("train-all", help="train all that ships again, in order; hours")
    everything.add_argument("names", nargs="*", help="only these models")
    everything.add_argument("--out", type=Path, default=None, help="default: where the checkpoints are")
    everything.add_argument("--dry-run", action="store_true", help="show the commands, and stop")
    everything.set_defaults(run=train_everything)


def train_everything(options: argparse.Namespace) -> None:
    """A command after the other, each as it would be given by hand."""
    from genlab import checkpoints, everything

    for line in everything.run(options.out or checkpoints.root(), options.names or None, dry=options.dry_run):
        print(f"python -m genlab {line}", flush=True)


def try_few_labels(options: argparse.Namespace) -> None:
    """Train the classifiers, a line each; with ``--write`` the errors go into ``metrics.json``."""
    from genlab import checkpoints, few_labels, launching, runs

    launching.quieten()
    checkpoint = checkpoints.load(options.name)
    found = []
    print(f"{'labels':>7} {'seed':>4} {'way':<7} {'error, %':>8}")
    for trial in few_labels.trials(checkpoint):
        print(f"{trial.labels:>7,} {trial.seed:>4} {trial.way:<7} {100 * trial.error:>8.2f}", flush=True)
        found.append(trial)
    if options.write:
        metrics = checkpoints.load(options.name).metrics  # as they are by now
        metrics = {**metrics, "few_labels": few_labels.summary(found)}
        runs.rewrite(options.name, metrics)


def compare_denoisers(options: argparse.Namespace) -> None:
    """A line for each kind of noise and method; with ``--write`` the curves go into ``metrics.json``."""
    from genlab import checkpoints, comparison, data, runs

    names = ("dae-mnist", "dae-dense-mnist", "ae-mnist-z64")
    loaded = {name: checkpoints.load(name) for name in names}
    found: dict[str, dict[str, dict[str, float]]] = {}
    images = data.load("mnist", "test").images
    for kind, method, levels in comparison.compare({name: c.model for name, c in loaded.items()}, images):
        shown = "   ".join(f"{level}: {psnr:.2f}" for level, psnr in levels.items())
        print(f"{kind:<9} {method:<16} {shown}", flush=True)
        found.setdefault(kind, {})[method] = levels
    if options.write:
        metrics = {**loaded[names[0]].metrics, "comparison": {"pictures": comparison.PICTURES, "psnr": found}}
        runs.rewrite(names[0], metrics)


def make_maps(options: argparse.Namespace) -> None:
    """A line for each map; with ``--write`` they are computed anew, those of encoders that are not here left out."""
    from genlab import checkpoints, mapping

    known = set(checkpoints.names()) | {mapping.PIXELS}
    for name in options.names or [name for name in mapping.SHIPPED if name in known]:
        for of, which, found in mapping.build(name) if options.write else mapping.measured(name):
            shown = "   ".join(f"{key} {value:.4g}" for key, value in found.items())
            print(f"{name:<24} {of:<7} {which:<7} {shown}", flush=True)


def measure_likelihood(options: argparse.Namespace) -> None:
    """The importance-sampled estimate; pixels are drawn black or white once, with a fixed seed."""
    import torch
    from tqdm import tqdm

    from genlab import checkpoints, data, likelihood, runs
    from genlab.config import check
    from genlab.models import VAE

    check(
        1 <= options.samples <= 100_000 and options.count >= 1,
        "{samples} samples of {count} pictures are out of bounds: choose 1 to 100,000 samples.",
        samples=options.samples,
        count=options.count,
    )
    checkpoint = checkpoints.load(options.name, VAE)
    x = likelihood.drawn(data.load(checkpoint.train.dataset, "test").images[: options.count], binarise=True)
    values, done = torch.empty(len(x)), 0  # at once: small pieces between large ones would keep the heap from shrinking
    with tqdm(total=len(x), unit="picture", dynamic_ncols=True, delay=0.001) as bar:
        for part in likelihood.estimates(checkpoint.model, x, options.samples):
            values[done : done + len(part)] = -part
            done += len(part)
            bar.update(len(part))
    result = {
        "nll": round(values.mean().item(), 4),
        "standard_error": round((values.std() / len(values) ** 0.5).item(), 4),
        "samples": options.samples,
        "count": len(values),
    }
    print(
        f"{checkpoint.name}: {result['nll']:.2f} nats (standard error {result['standard_error']:.2f}) by "
        f"{options.samples:,} importance samples over {len(values):,} test pictures of {checkpoint.train.dataset}"
    )
    if options.write:
        metrics = {**checkpoints.load(options.name, VAE).metrics, "likelihood": result}  # as they are by now
        runs.rewrite(options.name, metrics)
