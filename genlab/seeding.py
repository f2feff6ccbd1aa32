"""Randomness as an argument.

Visitors of one server are threads of one process and share torch's global generators, so nothing here
touches those: every draw takes a ``torch.Generator``. A generator is derived from a seed and a *place*
(what it is for, at which step), not carried along, so a training run that is resumed in the middle draws
exactly the numbers it would have drawn, and has no generator state to store.
"""

from __future__ import annotations

import zlib

import torch


def make_generator(seed: int, *place: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one place: the same ``seed`` and ``place`` always give the same numbers.

    ``place`` is any sequence of words and counts, such as ``("augment", step)``. The numbers of two places
    are unrelated (their seeds are CRC-32 mixes; torch's generator on the CPU takes 32 bits of a seed).
    """
    words = "/".join(str(part) for part in (seed, *place)).encode()
    mixed = zlib.crc32(words) << 31 ^ zlib.crc32(words, 0xDEAD_BEEF)
    return torch.Generator(device=device).manual_seed(mixed)
