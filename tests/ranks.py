"""One of several processes that train games of two players; in the end it writes what its own players weigh.

``torchrun --standalone --nproc-per-node 2 -m tests.ranks FOLDER gan-dense-mnist …`` writes 0.json and 1.json there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from lightning_fabric import Fabric
from torch import nn

from genlab import data, launching
from genlab.catalog import get
from genlab.models import build
from genlab.seeding import make_generator
from genlab.steps import STEPS
from genlab.training import fit, make_fabric


def weigh(model: nn.Module) -> dict[str, float]:
    """Σ |weight| of each player."""
    parts = model.named_children()
    return {part: sum(one.double().abs().sum().item() for one in net.parameters()) for part, net in parts}


def played(name: str, fabric: Fabric) -> dict[str, float]:
    """What the players of a row of the catalog weigh after an epoch."""
    row, shown = get(name), data.load("digits", "train")
    config = replace(row.train, dataset="digits", epochs=1, batch_size=128)
    model = build(row.model, make_generator(0, "init"))
    for _ in fit(model, shown.images[:512], config, STEPS[row.step], labels=shown.labels[:512], fabric=fabric):
        pass
    return weigh(model)


def main(folder: Path, *names: str) -> None:
    fabric = make_fabric(get(names[0]).train, device="cpu", devices=2, turns=True)
    fabric.launch()
    weights = {name: played(name, fabric) for name in names}
    (folder / f"{fabric.global_rank}.json").write_text(json.dumps(weights))
    launching.part(fabric)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
