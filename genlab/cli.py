"""The command line: ``python -m genlab list | train | evaluate | card | download``, and the longer ``studies``.

Errors are sentences on standard error and exit status 2; what a program reads goes to standard output.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from genlab import files, studies
from genlab.catalog import CATALOG, Entry, get
from genlab.errors import GenlabError

OVERRIDES: dict[str, type] = {
    "dataset": str,
    "split": str,
    "epochs": int,
    "batch_size": int,
    "learning_rate": float,
    "augment": float,
    "precision": str,
    "seed": int,
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status."""
    for stream in (sys.stdout, sys.stderr):  # a pipe on Windows may know neither “ nor −
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()  # here, where a closed pipe is dealt with
    except GenlabError as error:
        print(f"genlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        again = " The same command goes on from the last whole epoch." if options.run is train_model else ""
        print(f"\ngenlab: stopped.{again}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # “… | head” closed our output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a folder that cannot be written, a full disk
        print(f"genlab: {error.filename or 'A file'}: {error.strerror or error}.", file=sys.stderr)
        return 2
    return 0


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m genlab", description="Train and measure genlab's models.")
    commands = parser.add_subparsers(required=True, metavar="command")

    show = commands.add_parser("list", help="the models of the catalog and what was measured of those shipped")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=list_models)

    train = commands.add_parser("train", help="train a model and write its checkpoint")
    train.add_argument("name", help="a name that “list” shows")
    train.add_argument("--out", type=Path, help="folder of the checkpoint (default: runs/NAME)")
    train.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    train.add_argument("--devices", type=int, default=1, help="processes on this machine, one for each device")
    train.add_argument("--nodes", type=int, default=1, help="machines; torchrun says both itself")
    train.add_argument("--compile", action="store_true", help="torch.compile the network")
    train.add_argument("--tensorboard", type=Path, metavar="FOLDER", help="write TensorBoard logs there")
    train.add_argument("--dry-run", action="store_true", help="show what would be done, and stop")
    for setting, kind in OVERRIDES.items():
        train.add_argument(f"--{setting.replace('_', '-')}", type=kind, help="instead of the catalog's")
    train.set_defaults(run=train_model)

    evaluate = commands.add_parser("evaluate", help="measure a checkpoint again on its test set")
    evaluate.add_argument("name", help="a checkpoint's name, folder, or Hugging Face repository")
    evaluate.add_argument("--json", action="store_true", help="as JSON")
    evaluate.add_argument("--write", action="store_true", help="put the figures and a new card into its folder")
    evaluate.set_defaults(run=evaluate_model)

    studies.add_to(commands)

    card = commands.add_parser("card", help="print a checkpoint's model card, made anew")
    card.add_argument("name")
    card.add_argument("--write", action="store_true", help="put it into the checkpoint's folder")
    card.set_defaults(run=print_card)

    download = commands.add_parser("download", help="fetch a data set")
    download.add_argument("name", choices=["mnist", "notmnist", "svhn"])
    download.set_defaults(run=download_dataset)
    return parser


def list_models(options: argparse.Namespace) -> None:
    """One line a model: name, parameters, data, and the shipped checkpoint's error."""
    from genlab import checkpoints
    from genlab.models import build_empty, config_to_json, count_parameters

    shipped = set(checkpoints.names())
    rows: list[dict[str, Any]] = []
    for entry in CATALOG.values():
        metrics = files.read_json(checkpoints.root() / entry.name / "metrics.json") if entry.name in shipped else {}
        rows.append(
            {
                "name": entry.name,
                "title": entry.title,
                "paper": entry.paper,
                "parameters": count_parameters(build_empty(entry.model)),
                "dataset": entry.train.dataset,
                "shipped": entry.name in shipped,
                "test": metrics.get("test"),
                "model": config_to_json(entry.model),
            }
        )
    if options.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    print(f"{'name':<24} {'parameters':>11} {'data':<9} {'test SSE':>9}")
    for row in rows:
        error = "not shipped"
        if test := row["test"]:
            error = f"{test['sse']:9.2f}" if "sse" in test else ""
            error = f"{100 * test['error']:7.2f} %" if "error" in test else error
        print(f"{row['name']:<24} {row['parameters']:>11,} {row['dataset']:<9} {error}")


def train_model(options: argparse.Namespace) -> None:
    """Train, with a progress bar on the first process; writes the checkpoint folder."""
    from genlab import launching, runs

    launching.quieten()
    entry = with_overrides(get(options.name), options)
    out = options.out or Path("runs") / entry.name
    if options.dry_run:
        print(plan(entry, out))
        return
    from tqdm import tqdm

    fabric = launching.launch(entry.train, options, turns=entry.step == "gan")
    with tqdm(unit="step", disable=not fabric.is_global_zero, dynamic_ncols=True, delay=0.001) as bar:
        for record in runs.train(entry, out, fabric=fabric, compile_model=options.compile):
            bar.total = record.steps
            bar.update(record.step - bar.n)
            losses = {name: f"{value:.5g}" for name, value in record.losses.items()}
            bar.set_postfix({"epoch": f"{record.epoch}/{record.epochs}", **losses}, refresh=False)
            fabric.log_dict({**record.losses, "learning_rate": record.learning_rate}, step=record.step)
    if fabric.is_global_zero:
        print(f"Wrote {out}. Measure it with: python -m genlab evaluate {out}")
    launching.part(fabric)


def with_overrides(entry: Entry, options: argparse.Namespace) -> Entry:
    """The catalog's row with the settings that the command line names."""
    given = {name: getattr(options, name) for name in OVERRIDES if getattr(options, name) is not None}
    return replace(entry, train=replace(entry.train, **given))


def plan(entry: Entry, out: Path) -> str:
    """What training would do, in words and numbers."""
    from genlab import data
    from genlab.cards import describe
    from genlab.models import build_empty, check_images, config_to_json, count_parameters

    images = data.load(entry.train.dataset, entry.train.split).images
    check_images(entry.model, images)
    count = len(images)
    steps = -(-count // entry.train.batch_size) * entry.train.epochs
    settings = "\n".join(f"    {name}: {value}" for name, value in entry.train.to_json().items())
    return (
        f"{entry.name}: {describe(config_to_json(entry.model))}\n"
        f"  {count_parameters(build_empty(entry.model)):,} parameters\n"
        f"  {count:,} images of {entry.train.dataset}, {steps:,} steps\n"
        f"  writes {out}\n  settings:\n{settings}"
    )


def evaluate_model(options: argparse.Namespace) -> None:
    """Measure on the test set, beside PCA with the same number of components, and compare with the catalog's goals."""
    from genlab import checkpoints, runs
    from genlab.models import ImageNetwork
    from genlab.reports import report

    if options.write:
        runs.remeasure(options.name)
    checkpoint = checkpoints.load(options.name, ImageNetwork)
    result: dict[str, Any] = {"name": checkpoint.name, "weights_sha256": checkpoint.sha256}
    result |= checkpoint.metrics if options.write else runs.measured(checkpoint.model, checkpoint.train)
    print(json.dumps(result, indent=2) if options.json else report(checkpoint, result))


def print_card(options: argparse.Namespace) -> None:
    """The card from ``config.json`` and ``metrics.json`` as they are now."""
    from genlab import checkpoints
    from genlab.cards import make_card

    folder = checkpoints.find(options.name)
    config = files.read_json(folder / checkpoints.CONFIG)
    checkpoints.read_config(folder)  # says what is wrong, if something is
    text = make_card(folder.name, config, files.read_json(folder / checkpoints.METRICS))
    if options.write:
        (folder / checkpoints.CARD).write_text(text, encoding="utf-8")
    else:
        print(text)


def download_dataset(options: argparse.Namespace) -> None:
    """Fetch a data set into the folder where genlab finds it, with a progress bar."""
    from tqdm import tqdm

    from genlab import data

    with tqdm(unit="B", unit_scale=True, desc=options.name) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        folder = data.download(options.name, progress=show)
    print(f"{options.name} is in {folder}.")
