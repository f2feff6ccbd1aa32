"""How much of the way between two digits reads as a digit: autoencoder, VAE and mixed pixels, line and circle.

    GENLAB_DATA=… python -m benchmarks.paths             # half a minute
    GENLAB_DATA=… python -m benchmarks.paths --write     # and keep the figures where the lesson on walks finds them

200 pairs of test pictures of different digits, drawn at random from those beyond the first 2,000, which are the real
ones to which the ways are compared. "± s.e." is the standard error over the pairs. What counts as a digit, and each of
its three conditions alone, is said in ``genlab/interpolation.py``. The last row is the same of the real pictures.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import torch
from torch import Tensor

from benchmarks.server import ROOT
from genlab import checkpoints, data
from genlab.data import to_float
from genlab.interpolation import CONFIDENT, WAYS, make_reference, make_space, read, shares
from genlab.models import Judge
from genlab.seeding import make_generator

PAIRS, REAL = 200, 2000
NETWORKS = ("ae-mnist-z16", "vae-mnist-z16")
JUDGE, PIXELS = "classifier-mnist", "pixels"
FILE = ROOT / "ui" / "assets" / "paths.json"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {FILE.relative_to(ROOT)}")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    args = parser.parse_args()
    found = measure(args.pairs)
    if args.write:
        FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@torch.inference_mode()
def measure(count: int) -> dict[str, Any]:
    """Shares of the ways that read as a digit, means over the pairs."""
    torch.set_num_threads(1)
    test = data.load("mnist", "test")
    x = to_float(test.images)
    judge = checkpoints.load(JUDGE, Judge)
    loaded = {name: checkpoints.load(name) for name in NETWORKS}
    reference = make_reference(judge.model, x[:REAL])
    pairs = draw_pairs(test.labels, count)
    print(f"{'':<16}{'':<10}{'digit':>8}{'± s.e.':>8}   {'sure':>7}{'alike':>7}{'near':>7}{'middle':>8}")
    result: dict[str, dict[str, float]] = {}
    for name in (*NETWORKS, PIXELS):
        encode, decode = (loaded[name].model.encode, loaded[name].model.decode) if name in loaded else (flat, shaped)
        space = make_space(encode(x[:REAL]))
        for way, line in WAYS.items():
            rows = []
            for i, j in pairs:
                a, b = encode(x[[i, j]])
                codes = line(a, b, shares())
                found = read(judge.model, codes, decode(codes), space, reference)
                middle = found.reads[len(codes) // 4 : -(len(codes) // 4)]
                parts = (found.reads, found.confidence > CONFIDENT, found.among, ~found.far, middle)
                rows.append(torch.stack([part.float().mean() for part in parts]))
            table = torch.stack(rows)  # (pairs, 5)
            share, sure, alike, near, middle = table.mean(0).tolist()
            error = table[:, 0].std().item() / len(pairs) ** 0.5
            result.setdefault(name, {})[way] = round(share, 4)
            figures = f"{share:8.1%}{error:8.1%}   {sure:7.1%}{alike:7.1%}{near:7.1%}{middle:8.1%}"
            print(f"{name:<16}{way:<10}{figures}", flush=True)
    print(f"{'real pictures':<26}{reference.clear:8.1%}")
    hashes = {name: one.sha256 for name, one in loaded.items()} | {JUDGE: judge.sha256}
    return {"pairs": len(pairs), "weights": hashes, "share": result, "real": round(reference.clear, 4)}


def flat(x: Tensor) -> Tensor:
    return x.flatten(1)


def shaped(pixels: Tensor) -> Tensor:
    return pixels.clamp(0, 1).view(-1, 1, 28, 28)


def draw_pairs(labels: Tensor, count: int) -> list[tuple[int, int]]:
    """Random pairs of different digits, none of them among the real pictures for comparison."""
    generator = make_generator(0, "paths")
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count:
        i, j = torch.randint(REAL, len(labels), (2,), generator=generator).tolist()
        if labels[i] != labels[j]:
            pairs.append((i, j))
    return pairs


if __name__ == "__main__":
    main()
