"""What a data set is, once it is in memory: one ``uint8`` tensor of images and their labels.

Pixel range, stated once for the whole package: images in memory are ``uint8`` in 0…255, batches that reach
a model are ``float32`` in [0, 1], 0 is the empty ground and 1 is full ink.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

BATCH = 128
"""With 1,000 at once, a convolution's memory would come from the system anew each time, and take twice as long."""


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """A split of a data set, whole and in memory.

    Attributes:
        name: ``mnist``, ``notmnist``, ``svhn``, ``digits`` or ``street``.
        split: ``train``, ``validation``, ``test``, or two of them joined by ``+``.
        images: ``uint8`` (N, C, H, W), 0…255, ink bright on dark ground.
        labels: ``int64`` (N,), the index into ``class_names``.
        class_names: what each label is called, such as ``("0", …, "9")``.
    """

    name: str
    split: str
    images: Tensor
    labels: Tensor
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width


def to_float(images: Tensor, device: torch.device | str | None = None) -> Tensor:
    """``uint8`` 0…255 → ``float32`` in [0, 1], same shape, on ``device`` (moved as bytes, then widened)."""
    return images.to(device=device, non_blocking=True).to(torch.float32).div_(255.0)


def batches(images: Tensor, device: torch.device | str | None = None) -> Iterator[Tensor]:
    """``uint8`` (N, C, H, W) in pieces of at most ``BATCH``, as ``to_float`` makes them."""
    for part in images.split(BATCH):
        yield to_float(part, device)
