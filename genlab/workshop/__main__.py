"""``python -m genlab.workshop``: import what a training needs, wait to be told where it lies, do it.

It is started by ``genlab.workshop.watching`` and speaks to nobody else. It gives way to everything else on the
machine, uses one thread, and is the first to go where memory runs out.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from genlab.workshop.bench import Ear, serve

WAIT_SECONDS = 600.0  # for an order
NICE = "10"
VARIABLE = "GENLAB_NICE"  # how much it gives way, 0 to 19, where the machine has nothing else to do


def main() -> int:
    """The process; its exit status."""
    ear = Ear(sys.stdin.buffer)
    step_back()
    warm_up()
    folder = ear.folder(WAIT_SECONDS)
    if folder is None:
        return 0
    from genlab.workshop.looks import log_to

    log_to(folder)
    return serve(folder, ear)


def step_back() -> None:
    """Give way: a visitor who only looks comes first."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.nice(int(os.environ.get(VARIABLE, NICE)))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def warm_up() -> None:
    """Import all of it and take a step, so that an order begins at once."""
    import torch

    torch.set_num_threads(1)
    from genlab import judging, runs  # noqa: F401 - imported for later
    from genlab.config import DenseConfig, TrainConfig
    from genlab.models import build
    from genlab.seeding import make_generator
    from genlab.steps import STEPS
    from genlab.training import fit, make_fabric

    config = TrainConfig(epochs=1, batch_size=2, precision="float32")
    model = build(DenseConfig(latent_dim=1, hidden=(2,), image_shape=(1, 2, 2)), make_generator(0))
    images = torch.zeros(2, 1, 2, 2, dtype=torch.uint8)
    for _ in fit(model, images, config, STEPS["autoencoder"], fabric=make_fabric(config, device="cpu")):
        pass


if __name__ == "__main__":
    os._exit(main())  # its ear is still at the pipe, and an interpreter that ends in order would wait for it
