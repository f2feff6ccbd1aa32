"""The same short training on each device, one after the other: ``python -m genlab.workshop.timing FOLDER``.

Every way trains the same networks on the same pictures with ``genlab.training.fit``. They take turns, and the best turn
of each counts, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NETWORKS = ("ae-textbook-mnist-z64", "ae-conv-mnist-z32")
BATCH, STEPS, WARM, TURNS = 128, 30, 4, 3
FILE = "timing.json"


@dataclass(frozen=True)
class Way:
    """Where and how.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``.
        name: for people.
        threads: of the processor.
        precision: ``float32`` or ``bfloat16``.
    """

    device: str
    name: str
    threads: int
    precision: str


def ways() -> list[Way]:
    """What this machine has: the processor with one thread and with all, in two precisions, and every kind of GPU."""
    import torch

    from genlab.device import describe

    cores = os.cpu_count() or 1
    found = [Way("cpu", "CPU", 1, "float32")]
    if cores > 1:
        found.append(Way("cpu", "CPU", cores, "float32"))
    found.append(Way("cpu", "CPU", 1, "bfloat16"))
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    for kind, here in present.items():
        if here:
            name = describe(torch.device(kind))
            found += [Way(kind, name, 1, "float32")] + [Way(kind, name, 1, "bfloat16")] * (kind == "cuda")
    return found


def measure(turns: int = TURNS) -> Iterator[dict[str, Any]]:
    """Time every way in turn; after each what is known so far.

    Yields:
        ``done`` and ``of`` (of all turns), ``machine``, ``torch``, and ``rows``: a network, a way, pictures a second.
    """
    import torch

    plan = [(network, way) for network in NETWORKS for way in ways()]
    best: dict[tuple[str, Way], float] = {}
    for turn in range(turns):
        for n, (network, way) in enumerate(plan):
            best[network, way] = max(best.get((network, way), 0.0), speed(network, way))
            yield {
                "done": turn * len(plan) + n + 1,
                "of": turns * len(plan),
                "machine": machine(),
                "torch": torch.__version__,
                "rows": [{"network": name, **asdict(way), "speed": round(best[name, way])} for name, way in best],
            }


def speed(network: str, way: Way) -> float:
    """Pictures a second of a short training on the bundled digits, after a few steps that do not count."""
    import torch

    from genlab import data
    from genlab.catalog import get
    from genlab.config import TrainConfig
    from genlab.models import build
    from genlab.seeding import make_generator
    from genlab.steps import STEPS as GAMES
    from genlab.training import fit, make_fabric

    row = get(network)
    images = data.load("digits", "train+validation").images
    images = images[torch.randint(len(images), (BATCH * (STEPS + WARM),), generator=make_generator(0, "timing"))]
    settings = {"dataset": "digits", "epochs": 1, "batch_size": BATCH, "precision": way.precision, "augment": 0.0}
    config = TrainConfig.from_json({**row.train.to_json(), **settings})
    before = torch.get_num_threads()
    torch.set_num_threads(way.threads)
    try:
        model = build(row.model, make_generator(0, "init"))
        fabric = make_fabric(config, device=way.device)
        began = 0.0
        for record in fit(model, images, config, GAMES[row.step], fabric=fabric, record_every=WARM):
            if way.device == "cuda":
                torch.cuda.synchronize()
            if record.step == WARM:
                began = time.perf_counter()
        return STEPS * BATCH / (time.perf_counter() - began)
    finally:
        torch.set_num_threads(before)


def machine() -> str:
    """The processor, in words."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores"


def main(folder: str) -> int:
    """In a process of its own; what is known so far is in the folder."""
    from genlab.files import write_json
    from genlab.workshop.__main__ import step_back
    from genlab.workshop.bench import Ear

    Ear(sys.stdin.buffer)
    step_back()
    for found in measure():
        write_json(Path(folder) / FILE, found)
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1]))  # as ``genlab.workshop`` does
