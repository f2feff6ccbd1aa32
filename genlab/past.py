"""The generators that a GAN's training went through, so that the past can be scrubbed with any noise.

One safetensors file, ``generators.safetensors``: the weights after some of the epochs in half precision, as
``<epoch>.<name>``; 0 is before the first step. Kept are at most ``MOST``, closer together at the beginning, where
most happens.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from genlab.checkpoints import DTYPES, GENERATORS, find
from genlab.errors import CheckpointError
from genlab.files import check_file, replace
from genlab.models import GAN

MOST = 21
MAX_BYTES = 256 * 2**20
BROKEN = "{path} is missing, cut short, or no safetensors file. Copy it again."


def kept_epochs(epochs: int) -> list[int]:
    """After which epochs a generator is kept, ascending: all of a short training, else the n-th at about n^1.5."""
    if epochs < MOST:
        return list(range(epochs + 1))
    return sorted({round(epochs * (n / (MOST - 1)) ** 1.5) for n in range(MOST)})


class Past:
    """The generators of a run, written to ``path`` at each epoch that is kept."""

    def __init__(self, path: Path, epochs: int, *, resumed: bool) -> None:
        self.path = path
        self.wanted = set(kept_epochs(epochs))
        self.tensors: dict[str, Tensor] = {}
        if resumed and path.exists():
            from safetensors.torch import load_file

            self.tensors = load_file(path)

    def take(self, model: GAN, epoch: int) -> bool:
        """Keep the generator that makes the pictures now, if this epoch is kept; whether it is."""
        if epoch not in self.wanted:
            return False
        from safetensors.torch import save

        now = (model.average or model.generator).state_dict()
        before = {name: value for name, value in self.tensors.items() if int(name.partition(".")[0]) < epoch}
        self.tensors = before | {f"{epoch}.{name}": value.detach().cpu().half() for name, value in now.items()}
        replace(self.path, save({name: value.contiguous() for name, value in self.tensors.items()}))
        return True


def epochs(name: str | Path) -> list[int]:
    """The epochs after which a checkpoint has its generator, ascending.

    Raises:
        CheckpointError: it has none, or the file is broken.
    """
    from safetensors import SafetensorError, safe_open

    path = find(name) / GENERATORS
    check_file(path, MAX_BYTES)
    try:
        with safe_open(path, framework="pt") as file:
            found = {int(key.partition(".")[0]) for key in file.keys()}  # noqa: SIM118 - safe_open is no dict
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(BROKEN, path=str(path)) from error
    return sorted(found)


def load(name: str | Path, model: GAN, epoch: int) -> GAN:
    """A copy of a checkpoint's ``model`` with the generator as it was after ``epoch``, in evaluation mode.

    Raises:
        CheckpointError: there is none of that epoch, or the file does not fit the network.
    """
    from safetensors import SafetensorError, safe_open

    path = find(name) / GENERATORS
    check_file(path, MAX_BYTES)
    past = copy.deepcopy(model)
    wanted = past.generator.state_dict()
    values = {}
    try:
        with safe_open(path, framework="pt") as file:
            for key, weight in wanted.items():
                part = file.get_slice(f"{epoch}.{key}")
                if part.get_shape() != list(weight.shape) or part.get_dtype() not in DTYPES:
                    raise CheckpointError(BROKEN, path=str(path))
                values[key] = file.get_tensor(f"{epoch}.{key}").float()
    except (OSError, SafetensorError) as error:
        raise CheckpointError(BROKEN, path=str(path)) from error
    if not all(torch.isfinite(value).all() for value in values.values()):
        raise CheckpointError(BROKEN, path=str(path))
    past.generator.load_state_dict(values)
    return past.eval().requires_grad_(False)
