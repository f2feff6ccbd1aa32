"""Ways to spoil a picture: what a denoising autoencoder learns to undo.

    x̃ = clip(x + σ ε, 0, 1),  ε ~ N(0, I)            gaussian
    x̃ = x · [u ≥ p],          u ~ U(0, 1)            mask: dropout of the input
    x̃ = 0 where u < p/2, 1 where u ≥ 1 − p/2         salt: salt and pepper

Vincent, Larochelle, Bengio & Manzagol, *Extracting and composing robust features with denoising autoencoders*, ICML
2008. The randomness (``draw``) is apart from what is done with it (``spoil``): with one draw, the noise grows
smoothly while a slider is dragged, in Python and in the browser alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from genlab.config import check


@dataclass(frozen=True)
class Draw:
    """The randomness of one spoiled batch.

    Attributes:
        normal: ε ~ N(0, 1), of the images' shape.
        uniform: u ~ U[0, 1), one for each pixel of an image, (N, 1, H, W).
    """

    normal: Tensor
    uniform: Tensor


def draw(shape: tuple[int, ...], generator: torch.Generator) -> Draw:
    """Randomness for images of ``shape`` (N, C, H, W), from a generator on the CPU."""
    normal = torch.randn(shape, generator=generator)
    uniform = torch.rand(shape[0], 1, *shape[2:], generator=generator)
    return Draw(normal, uniform)


def gaussian(x: Tensor, level: Tensor | float, drawn: Draw) -> Tensor:
    """clip(x + σ ε, 0, 1), with σ = ``level``."""
    return (x + level * drawn.normal).clamp(0.0, 1.0)


def mask(x: Tensor, level: Tensor | float, drawn: Draw) -> Tensor:
    """Each pixel is lost (0) with probability ``level``."""
    return x * (drawn.uniform >= level)


def salt(x: Tensor, level: Tensor | float, drawn: Draw) -> Tensor:
    """Each pixel turns black or white with probability ``level`` / 2 each."""
    x = torch.where(drawn.uniform < level / 2, torch.zeros_like(x), x)
    return torch.where(drawn.uniform >= 1 - level / 2, torch.ones_like(x), x)


NOISES: dict[str, Callable[[Tensor, Tensor | float, Draw], Tensor]] = {"gaussian": gaussian, "mask": mask, "salt": salt}


def spoil(x: Tensor, kind: str, level: Tensor | float, drawn: Draw) -> Tensor:
    """The noisy version of pictures.

    Args:
        x: (N, C, H, W) in [0, 1].
        kind: a name of ``NOISES``.
        level: 0 to 1 for all, or (N, 1, 1, 1), one for each.
        drawn: the randomness, for images of this shape.

    Returns:
        (N, C, H, W) in [0, 1]; at level 0 the pictures themselves.

    Raises:
        ConfigError: there is no such kind.
    """
    check(
        kind in NOISES, "There is no noise called “{kind}”. Choose one of {names}.", kind=kind, names=", ".join(NOISES)
    )
    return NOISES[kind](x, level, Draw(drawn.normal.to(x.device), drawn.uniform.to(x.device)))


SHARES = {"gaussian": 0.6, "mask": 0.15, "salt": 0.15, "scratch": 0.1}  # of a batch with ``mixed`` noise


def spoil_batch(x: Tensor, kind: str, most: float, generator: torch.Generator) -> Tensor:
    """Spoil each picture of a batch with a level of its own, uniform in 0…``most``.

    Args:
        x: (N, C, H, W) in [0, 1].
        kind: a name of ``NOISES``, ``scratch``, or ``mixed``: each picture one of the four, by ``SHARES``.
        most: the highest level, 0 to 1.
        generator: on the CPU.
    """
    level = most * torch.rand(len(x), 1, 1, 1, generator=generator).to(x.device)
    drawn = draw(tuple(x.shape), generator)
    if kind == "scratch":
        return scratch(x, level, generator)
    if kind != "mixed":
        return spoil(x, kind, level, drawn)
    shares = torch.tensor(list(SHARES.values()))
    chosen = torch.multinomial(shares, len(x), replacement=True, generator=generator).to(x.device)
    spoiled = torch.empty_like(x)
    for which, name in enumerate(SHARES):
        rows = (chosen == which).nonzero().flatten()
        part = Draw(drawn.normal[rows.cpu()], drawn.uniform[rows.cpu()])
        some = x[rows], level[rows]
        spoiled[rows] = scratch(*some, generator) if name == "scratch" else spoil(some[0], name, some[1], part)
    return spoiled


SCRATCHES = 3


def scratch(x: Tensor, level: Tensor | float, generator: torch.Generator) -> Tensor:
    """Up to three straight scratches across each picture, bright or dark, up to five pixels wide at level 1.

    Only for training: in the lesson a hand draws them.
    """
    n, _, high, wide = x.shape
    ends = torch.rand(n, SCRATCHES, 2, 2, generator=generator).to(x.device) * torch.tensor([wide, high]).to(x.device)
    bright = (torch.rand(n, 1, 1, 1, generator=generator) < 0.7).to(x.device).to(x.dtype)
    rows, columns = torch.meshgrid(
        torch.arange(high, device=x.device) + 0.5, torch.arange(wide, device=x.device) + 0.5, indexing="ij"
    )
    place = torch.stack([columns, rows], dim=-1).flatten(0, 1)  # (H·W, 2)
    a, b = ends[:, :, None, 0], ends[:, :, None, 1]  # (N, S, 1, 2)
    along = ((place - a) * (b - a)).sum(-1) / (b - a).square().sum(-1).clamp(min=1e-6)
    nearest = a + along.clamp(0, 1)[..., None] * (b - a)  # (N, S, H·W, 2)
    distance = (place - nearest).norm(dim=-1).amin(1).view(n, 1, high, wide)
    hit = distance < 2.5 * level
    return torch.where(hit, bright, x)
