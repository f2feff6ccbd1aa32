"""Our training loop against the textbook loop, both in one run.

    python -m benchmarks.loop            # about two minutes; --json for a program

The textbook loop is the course's: ``DataLoader`` over torchvision's MNIST with ToTensor and Normalize, batches of
128, shuffled, Adam 1e-4, 784-256-64-256-784. Ours is ``genlab.training.fit`` with the catalog's
``ae-textbook-mnist-z64``: the same network, loss, optimizer and batch. Two things are timed, turn by turn, so that
whatever else the machine does falls on both:

    data    one epoch of batches and nothing else. For us that is ``fit`` itself with a step that does nothing, so
            it also holds everything else that the loop does around a step.
    epoch   one whole epoch of training.

The bars: data at least 10 times less, the epoch at least 2 times faster. CPU time is the fairer figure on a busy
machine: it does not count waiting for the processor. Exit status 0 if the bars are met, 1 if not, 2 without MNIST.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from genlab import data
from genlab.catalog import get
from genlab.config import TrainConfig
from genlab.data.torchvision_ops import import_datasets
from genlab.errors import GenlabError
from genlab.models import build
from genlab.seeding import make_generator
from genlab.steps import STEPS, Play, Step
from genlab.training import fit, make_fabric

NAME = "ae-textbook-mnist-z64"
BATCH = 128
DATA_BAR, EPOCH_BAR = 10.0, 2.0


@dataclass
class Times:
    """What one thing took, turn by turn, in seconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, work: Callable[[], object]) -> None:
        """Do it once and note the time."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)

    def report(self, examples: int) -> dict[str, Any]:
        """Median and least, and examples per second of the median."""
        return {
            "wall_s": round(statistics.median(self.wall), 3),
            "cpu_s": round(statistics.median(self.cpu), 3),
            "least_wall_s": round(min(self.wall), 3),
            "least_cpu_s": round(min(self.cpu), 3),
            "examples_per_wall_second": round(examples / statistics.median(self.wall)),
            "examples_per_cpu_second": round(examples / statistics.median(self.cpu)),
        }


class TextbookAutoencoder(nn.Module):
    """The course's network, as it is printed there."""

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(input_size, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU())
        self.decoder = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, input_size), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))


def textbook_loader(folder: Path, limit: int) -> DataLoader[Any]:
    """The course's loader; ``folder`` is the one that holds MNIST/raw."""
    datasets = import_datasets()
    from torchvision import transforms  # after import_datasets, which makes it importable

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    dataset = datasets.MNIST(root=str(folder), train=True, download=False, transform=transform)
    return DataLoader(Subset(dataset, range(limit)) if limit else dataset, batch_size=BATCH, shuffle=True)


def textbook_data(loader: DataLoader[Any]) -> None:
    """An epoch of batches, made as the network wants them."""
    for imgs, _ in loader:
        imgs.view(imgs.size(0), -1)


def textbook_epochs(ae: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader[Any], epochs: int) -> float:
    """The course's loop, line by line; the last epoch's mean loss."""
    criterion = nn.MSELoss()
    epoch_loss = 0.0
    for _epoch in range(epochs):
        running_loss = 0.0
        for imgs, _ in loader:
            imgs = imgs.view(imgs.size(0), -1)
            recon = ae(imgs)
            loss = criterion(recon, imgs)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * imgs.size(0)
        epoch_loss = running_loss / len(loader.dataset)
    return epoch_loss


def nothing_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """A step that only looks at the batch: what ``fit`` costs without a network."""
    return {"nothing": x[0, 0, 0, 0]}


def our_epochs(images: Tensor, config: TrainConfig, step: Step, *, compiled: bool = False) -> None:
    """``fit`` from a new network on, all records read."""
    model = build(get(NAME).model, make_generator(config.seed, "init"))
    for _record in fit(model, images, config, step, fabric=make_fabric(config, device="cpu"), compile_model=compiled):
        pass


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Both loops in turn; all times and their ratios."""
    images = data.load("mnist", "train+validation").images[: options.images or None]
    folder = data.available()["mnist"]
    assert folder is not None, "data.load would have said so"
    loader = textbook_loader(folder.parents[1], options.images)
    ae = TextbookAutoencoder(28 * 28)
    optimizer = torch.optim.Adam(ae.parameters(), lr=1e-4)
    config = replace(get(NAME).train, epochs=options.epochs)
    assert config.batch_size == BATCH, "the same batch on both sides"
    assert config.precision == "float32", "the same numbers on both sides"

    step = STEPS[get(NAME).step]
    contest: dict[str, Callable[[], object]] = {
        "textbook data": lambda: [textbook_data(loader) for _ in range(options.epochs)],
        "our data": lambda: our_epochs(images, config, nothing_step),
        "textbook epoch": lambda: textbook_epochs(ae, optimizer, loader, options.epochs),
        "our epoch": lambda: our_epochs(images, config, step),
    }
    few = replace(config, epochs=1)
    our_epochs(images[: 4 * BATCH], few, step)  # imports and first calls are nobody's
    textbook_epochs(ae, optimizer, textbook_loader(folder.parents[1], 4 * BATCH), 1)
    if options.compile:
        contest["our epoch, compiled"] = lambda: our_epochs(images, config, step, compiled=True)
        our_epochs(images, few, step, compiled=True)  # compiles for both sizes of batch

    times = {name: Times() for name in contest}
    for turn in range(options.repeats):
        for name in list(contest)[:: 1 if turn % 2 == 0 else -1]:  # forth and back, so that nobody is always last
            times[name].measure(contest[name])
        print(f"turn {turn + 1} of {options.repeats}", file=sys.stderr, flush=True)

    def ratio(theirs: str, ours: str) -> dict[str, float]:
        return {
            clock: round(
                statistics.median(getattr(times[theirs], clock)) / statistics.median(getattr(times[ours], clock)), 2
            )
            for clock in ("wall", "cpu")
        }

    ratios = {"data": ratio("textbook data", "our data"), "epoch": ratio("textbook epoch", "our epoch")}
    if options.compile:
        ratios["epoch, compiled"] = ratio("textbook epoch", "our epoch, compiled")
    seen = len(images) * options.epochs
    return {
        "model": NAME,
        "examples": seen,
        "repeats": options.repeats,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "times": {name: value.report(seen) for name, value in times.items()},
        "ratios": ratios,
        "bars": {"data": DATA_BAR, "epoch": EPOCH_BAR},
    }


def show(result: dict[str, Any]) -> None:
    """As a table."""
    print(
        f"{result['examples']:,} images a turn, {result['repeats']} turns, {result['threads']} thread(s), "
        f"torch {result['torch']}, load average {result['load_average'][0]}\n"
    )
    print("| | CPU s | wall s | least CPU s | images / CPU s |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, row in result["times"].items():
        print(
            f"| {name} | {row['cpu_s']:.2f} | {row['wall_s']:.2f} | {row['least_cpu_s']:.2f} "
            f"| {row['examples_per_cpu_second']:,} |"
        )
    print()
    for name, row in result["ratios"].items():
        bar = result["bars"].get(name)
        print(
            f"{name}: {row['cpu']} × less CPU time, {row['wall']} × less wall time" + (f" (bar {bar})" if bar else "")
        )


def main() -> int:
    """Measure and print; 0 if the bars are met in CPU time, 1 if not, 2 if the data is not there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1, help="epochs a turn")
    parser.add_argument("--repeats", type=int, default=3, help="turns")
    parser.add_argument("--images", type=int, default=0, help="only the first so many images, for a quick look")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "1")))
    parser.add_argument("--compile", action="store_true", help="also our loop with torch.compile")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    try:
        result = compare(options)
    except GenlabError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
    return 0 if all(result["ratios"][name]["cpu"] >= bar for name, bar in result["bars"].items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
