"""What a network makes of ten bundled digits after each epoch, so that its training can be scrubbed later.

The pictures are of scikit-learn's digits, which everybody has: no picture of another data set is stored.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genlab import data
from genlab.checkpoints import SNAPSHOTS, find
from genlab.data.images import batches, to_float
from genlab.errors import CheckpointError
from genlab.files import check_file, replace
from genlab.losses import squared_errors
from genlab.models import ImageAutoencoder

MAX_BYTES = 16 * 2**20


class Snapshots:
    """The pictures of a run, written to ``path`` at each epoch."""

    def __init__(self, path: Path, *, resumed: bool) -> None:
        self.path = path
        self.pictures: list[Tensor] = list(read(path)) if resumed and path.exists() else []

    def take(self, model: ImageAutoencoder, epoch: int, depth: int | None) -> float:
        """Keep what the model makes of the ten digits now; its SSE on the bundled test digits.

        Args:
            model: any; put into evaluation mode while it is asked, and back.
            epoch: 0 before the first step; what was taken later is forgotten.
            depth: go through the outer pairs of layers only.
        """
        training = model.training
        model.eval()
        how: dict[str, Any] = {} if depth is None else {"depth": depth}
        device = next(model.parameters()).device
        with torch.no_grad():
            found = model(to_float(ten_digits(), device), **how).mul(255).round().byte().cpu()
            test = data.load("digits", "test").images
            total = sum(squared_errors(model(x, **how), x).sum().item() for x in batches(test, device))
        model.train(training)
        self.pictures = [*self.pictures[:epoch], found]
        self.write()
        return round(total / len(test), 4)

    def write(self) -> None:
        """All pictures so far, ``uint8`` (epochs + 1, 10, 1, 28, 28), in place of the older file."""
        from safetensors.torch import save

        replace(self.path, save({"pictures": torch.stack(self.pictures)}))


@lru_cache(maxsize=1)
def ten_digits() -> Tensor:
    """The first 0, 1, …, 9 of the bundled test digits, ``uint8`` (10, 1, 28, 28); not to be changed."""
    digits = data.load("digits", "test")
    return torch.stack([digits.images[digits.labels == digit][0] for digit in range(10)])


def load(name: str) -> Tensor:
    """The snapshots of a checkpoint, ``uint8`` (epochs + 1, 10, 1, 28, 28).

    Raises:
        CheckpointError: there are none, or the file is broken.
    """
    return read(find(name) / SNAPSHOTS)


def read(path: Path) -> Tensor:
    """The same, of a file."""
    from safetensors import SafetensorError, safe_open

    check_file(path, MAX_BYTES)
    try:
        with safe_open(path, framework="pt") as file:
            part = file.get_slice("pictures")
            epochs, *shape = part.get_shape()
            if part.get_dtype() != "U8" or not epochs or shape != [10, 1, 28, 28]:
                raise CheckpointError("{path} does not hold the pictures of a training.", path=str(path))
            return file.get_tensor("pictures")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            "{path} is missing, cut short, or no safetensors file. Copy it again.", path=str(path)
        ) from error
