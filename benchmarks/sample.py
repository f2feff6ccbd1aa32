"""How long a grid of 256 generated pictures takes on the CPU, from the noise to the PNG that a page shows.

    python -m benchmarks.sample                # every GAN that ships, on one thread as the app uses
    python -m benchmarks.sample --json

"Grid": noise, generator, one PNG. "With opinions": the discriminator's and the classifier's of all 256, too. Medians of
five, after one to warm up, in wall seconds, with the processor seconds of the grid beside them: on a busy machine these
say more. The bar: a grid in at most 0.5 s. Exit status 0 if every GAN meets it, 1 if not, 2 if none is here.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from genlab import checkpoints
from genlab.errors import GenlabError
from genlab.models import GAN, Judge
from genlab.seeding import make_generator
from ui.components.sheet import Sheet, to_png

PICTURES, COLUMNS, REPEATS, BAR = 256, 16, 5, 0.5
JUDGE = "classifier-mnist"


def main() -> int:
    """Print the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows = measure()
    if not rows:
        print("No GAN is here: python -m genlab list", file=sys.stderr)
        return 2
    load = round(os.getloadavg()[0], 1)
    if args.json:
        print(json.dumps({"load": load, "threads": args.threads, "rows": rows}))
    else:
        print(f"{PICTURES} pictures, {args.threads} thread(s), load average {load}, medians of {REPEATS}")
        print(f"{'':<24}{'grid':>10}{'CPU':>10}{'with opinions':>16}")
        for row in rows:
            opinions = "–" if row["opinions"] is None else f"{row['opinions']:.3f} s"
            print(f"{row['name']:<24}{row['grid']:>8.3f} s{row['cpu']:>8.3f} s{opinions:>16}")
        print(f"bar: grid at most {BAR} s")
    return 0 if all(row["grid"] <= BAR for row in rows) else 1


def measure() -> list[dict[str, Any]]:
    """A row for each GAN on this machine."""
    try:
        judge = checkpoints.load(JUDGE, Judge).model
    except GenlabError:
        judge = None
    rows = []
    for name in checkpoints.names():
        try:
            model = checkpoints.load(name, GAN).model
        except GenlabError:  # another kind of network
            continue
        grid = timed(lambda model=model: draw(model))
        row = {"name": name, "grid": grid[0], "cpu": grid[1], "opinions": None}
        if judge is not None:
            row["opinions"] = timed(lambda model=model: doubt(model, judge))[0]
        rows.append(row)
    return rows


@torch.inference_mode()
def draw(model: GAN) -> bytes:
    """A grid of new pictures."""
    x = model.sample(PICTURES, make_generator(0, "benchmark"))
    return to_png(Sheet(pictures=x, columns=COLUMNS))


@torch.inference_mode()
def doubt(model: GAN, judge: Judge) -> bytes:
    """The same with what both networks make of it."""
    z = model.draw_codes(PICTURES, make_generator(0, "benchmark"))
    x = model.decode(z)
    model.judge(x, model.classes_of(z))
    judge(x).softmax(1)
    return to_png(Sheet(pictures=x, columns=COLUMNS))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Median wall and processor seconds."""
    work()
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return round(statistics.median(walls), 4), round(statistics.median(cpus), 4)


if __name__ == "__main__":
    sys.exit(main())
