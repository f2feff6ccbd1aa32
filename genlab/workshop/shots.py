"""What a network in training draws: ten watched pictures rebuilt, and random ones, at the end of each epoch.

The file stays small: where there are too many epochs, every second one is forgotten, but never the first or last.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab.errors import CheckpointError
from genlab.files import check_file, replace
from genlab.workshop.folders import SHOTS

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from genlab.models import ImageNetwork

MOST = 41  # epochs
MOST_BYTES = 32 * 2**20
RANDOM = 30
SEED = 0


@dataclass(frozen=True)
class Shots:
    """Pictures, all ``uint8``.

    Attributes:
        epochs: of each shot, ascending, 0 before the first step; (n,).
        watched: what it is asked to rebuild, (10, C, H, W); empty where it rebuilds nothing.
        rebuilt: (n, 10, C, H, W), or empty.
        random: of the same random codes each time, (n, 30, C, H, W), or empty.
        read: the classes that a classifier names for the watched ones, (n, 10), or empty.
    """

    epochs: np.ndarray
    watched: np.ndarray
    rebuilt: np.ndarray
    random: np.ndarray
    read: np.ndarray

    def at(self, epoch: int) -> int:
        """Which shot is the last one not after an epoch."""
        return max(0, int(np.searchsorted(self.epochs, epoch, side="right")) - 1)


NAMES = ("epochs", "watched", "rebuilt", "random", "read")


class Camera:
    """Takes the shots of a run and keeps them in its folder."""

    def __init__(self, folder: Path, watched: Tensor, *, resumed: bool) -> None:
        """
        Args:
            folder: of the training.
            watched: ``uint8`` (10, C, H, W).
            resumed: whether earlier shots are kept.
        """
        self.path, self.watched = folder / SHOTS, watched
        self.epochs: list[int] = []
        self.kept: dict[str, list[np.ndarray]] = {name: [] for name in NAMES[2:]}
        if resumed and self.path.exists():
            old = read(folder)
            self.epochs = old.epochs.tolist()
            self.kept = {name: list(getattr(old, name)) for name in self.kept}

    def take(self, model: ImageNetwork, epoch: int, depth: int | None = None) -> None:
        """Ask the network now, or its outer ``depth`` pairs of layers; what was taken later is forgotten."""
        while self.epochs and self.epochs[-1] >= epoch:
            self._drop(len(self.epochs) - 1)
        for name, values in ask(model, self.watched, depth).items():
            self.kept[name].append(values)
        self.epochs.append(epoch)
        if len(self.epochs) > MOST:
            for place in range(len(self.epochs) - 2, 0, -2):
                self._drop(place)
        self.write()

    def _drop(self, place: int) -> None:
        del self.epochs[place]
        for values in self.kept.values():
            if values:
                del values[place]

    def write(self) -> None:
        """In place of the older file."""
        from safetensors.numpy import save

        empty = np.zeros(0, np.uint8)
        tensors = {name: np.stack(values) if values else empty for name, values in self.kept.items()}
        watched = self.watched.numpy() if self.kept["rebuilt"] or self.kept["read"] else empty
        epochs = np.asarray(self.epochs, np.int64)
        replace(self.path, save({**tensors, "watched": np.ascontiguousarray(watched), "epochs": epochs}))


def ask(model: ImageNetwork, watched: Tensor, depth: int | None = None) -> dict[str, np.ndarray]:
    """What a network makes of the watched pictures and of random codes; its mode is as before after."""
    import torch

    from genlab.data import to_float
    from genlab.models import ImageAutoencoder, Judge
    from genlab.seeding import make_generator
    from genlab.stacking import looking

    found: dict[str, Tensor] = {}
    with looking(model):
        x = to_float(watched, device_of(model))
        if isinstance(model, Judge):
            found["read"] = model(x).argmax(1).to(torch.uint8)
        if isinstance(model, ImageAutoencoder):
            found["rebuilt"] = to_bytes(model(x) if depth is None else model(x, depth=depth))
        pictures = random_pictures(model, RANDOM, make_generator(SEED, "shots"))
        if pictures is not None:
            found["random"] = pictures
    return {name: value.cpu().numpy() for name, value in found.items()}


def random_pictures(model: Any, count: int, generator: Any) -> Tensor | None:
    """Pictures of random codes, ``uint8`` (count, C, H, W); None if nobody samples from the network."""
    z = codes_for(model, count, generator)
    return None if z is None else to_bytes(model.decode(z.to(device_of(model))))


def codes_for(model: Any, count: int, generator: Any) -> Tensor | None:
    """Random codes (count, latent_dim) as a network was made for, and None for one that was not made for random ones.

    One that is told the class makes the classes in turn.
    """
    import torch

    from genlab.models import GAN, VAE, ConditionalVAE, MixtureAutoencoder

    z: Tensor | None = None
    if isinstance(model, GAN):
        classes = model.config.classes
        z = model.draw_codes(count, generator, torch.arange(count) % classes if classes else None)
    elif isinstance(model, ConditionalVAE):
        style = torch.randn(count, model.style_dim, generator=generator)
        z = torch.cat([style, model.told(torch.arange(count) % model.config.classes)], 1)
    elif isinstance(model, MixtureAutoencoder):
        z = model.sample_codes(count, generator)
    elif isinstance(model, VAE):
        z = torch.randn(count, model.latent_dim, generator=generator)
    return z


def device_of(model: Any) -> torch.device:
    """Where its weights are."""
    return next(iter(model.state_dict().values())).device


def to_bytes(x: Tensor) -> Tensor:
    """[0, 1] to ``uint8``."""
    return x.detach().clamp(0, 1).mul(255).round().byte()


def read(folder: Path) -> Shots:
    """The shots of a training so far.

    Raises:
        CheckpointError: there are none, or the file is broken.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = folder / SHOTS
    check_file(path, MOST_BYTES)
    try:
        found = load(path.read_bytes())
        shots = Shots(**{name: found[name] for name in NAMES})
        counts = {len(values) for values in (shots.rebuilt, shots.random, shots.read) if values.size}
        if counts - {len(shots.epochs)} or not len(shots.epochs):
            raise KeyError
        return shots
    except (OSError, KeyError, SafetensorError) as error:
        raise CheckpointError(
            "{path} is missing, cut short, or no safetensors file. Copy it again.", path=SHOTS
        ) from error
