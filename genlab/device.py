"""Where the numbers are computed: one function, cuda → mps → cpu."""

from __future__ import annotations

import torch

from genlab.errors import ConfigError

CHOICES = ("auto", "cuda", "mps", "cpu")


def pick(wanted: str = "auto") -> torch.device:
    """The device to compute on: ``wanted``, or with "auto" the first present of cuda, mps, cpu.

    Raises:
        ConfigError: ``wanted`` is not one of ``CHOICES`` or is not present on this machine.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, here in present.items() if here))
    if wanted not in CHOICES:
        raise ConfigError(
            "There is no device “{device}”. Choose one of {choices}.", device=wanted, choices=", ".join(CHOICES)
        )
    if not present[wanted]:
        raise ConfigError(
            "This machine has no “{device}” device. Leave the choice at “auto” to use what is here.", device=wanted
        )
    return torch.device(wanted)


def describe(device: torch.device) -> str:
    """A name a person knows, such as "NVIDIA H200" or "CPU (2 cores)"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    import os

    return f"CPU ({os.cpu_count()} cores)"
