"""From one picture to another by way of their codes, and what is met on the way: digits, or holes.

    straight line   z(t) = (1 − t) a + t b
    great circle    z(t) = sin((1 − t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b,   cos Ω = a·b / (‖a‖ ‖b‖)

Shoemake, *Animating rotation with quaternion curves* (SIGGRAPH 1985); for codes White, *Sampling generative networks*
(2016, arXiv:1609.04468): codes of N(0, I) lie near a sphere, and the circle stays on it while the line cuts across.

A place reads as a digit if three things hold; otherwise it lies in a hole:

1. a classifier is sure of one class, p > 0.9. Alone worth little: it is sure of uniform noise, too;
2. its features of the picture are no further from those of the nearest real picture than 99 % of real ones' are from
   their nearest neighbour's. (Features as in Kynkäänniemi et al., *Improved precision and recall metric*, NeurIPS
   2019; with their balls around each real picture one real digit in 15 would be none itself.)
3. the same of the code: real codes are near. Alone worth little, too: half of one picture and half of another are
   near both.

The two pictures at the ends count as real ones nowhere, or every way would begin and end well by definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from genlab.models import Judge

Way = Literal["straight", "circle"]

POINTS = 101
"""Places on a way that are looked at, ends included."""
FEWEST, MOST = 5, 15
"""Steps of a film strip."""
CONFIDENT = 0.9
USUAL = 0.99
FLAT = 1e-4  # a sine below which two codes lie on one line, and no circle or any goes through them
CHUNK = 100  # pictures judged at once; what fits the processor's cache is judged twice as fast


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """z(t) = (1 − t) a + t b: (k,), (k,), (n,) -> (n, k)."""
    t = t[:, None]
    return (1 - t) * a + t * b


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The great circle, Shoemake 1985: (k,), (k,), (n,) -> (n, k).

    Codes of different length are weighted as they are, as White (2016) does, so the length changes smoothly from one
    to the other. Where a and b lie on one line through the origin the circle is none, or any, and the line is taken.
    """
    cosine = (a @ b / (a.norm() * b.norm()).clamp(min=1e-12)).clamp(-1, 1)
    angle = torch.arccos(cosine)
    if not angle.sin() > FLAT or not a.any() or not b.any():
        return lerp(a, b, t)
    t = t[:, None]
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


WAYS: Mapping[Way, Callable[[Tensor, Tensor, Tensor], Tensor]] = {"straight": lerp, "circle": slerp}


def shares(points: int = POINTS) -> Tensor:
    """t of the places on a way, from 0 to 1, (points,)."""
    return torch.arange(points) / (points - 1)


def stops(steps: int) -> list[int]:
    """Which of the ``POINTS`` places a film strip of so many frames shows, as evenly as whole hundredths allow."""
    return [round((POINTS - 1) * i / (steps - 1)) for i in range(steps)]


@dataclass(frozen=True, kw_only=True)
class Space:
    """Where real pictures lie among codes (or among pixels).

    Attributes:
        codes: (n, k).
        usual: how far 99 % of them are from their nearest neighbour at most.
    """

    codes: Tensor
    usual: float


def make_space(codes: Tensor) -> Space:
    """Measure codes (n, k), n ≥ 2."""
    return Space(codes=codes, usual=to_neighbour(codes).quantile(USUAL).item())


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Real pictures as the judge sees them.

    Attributes:
        features: where they lie among its features.
        clear: the part of them that look like a digit themselves, each judged by the others.
    """

    features: Space
    clear: float


@torch.no_grad()
def make_reference(judge: Judge, pictures: Tensor) -> Reference:
    """Judge real pictures (n, C, H, W) in [0, 1], n ≥ 2."""
    features = torch.cat([judge.features(part) for part in pictures.split(CHUNK)])
    space = make_space(features)
    clear = (judge.head(features).softmax(1).amax(1) > CONFIDENT) & (to_neighbour(features) <= space.usual)
    return Reference(features=space, clear=clear.float().mean().item())


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is met at each place of a way; each (n,).

    Attributes:
        digits: the class that the judge would name.
        confidence: how sure it is, 0 to 1.
        among: whether real pictures' features are near the picture's.
        distances: to the nearest real code.
        nearest: which one it is.
        far: whether it is unusually far.
    """

    digits: Tensor
    confidence: Tensor
    among: Tensor
    distances: Tensor
    nearest: Tensor
    far: Tensor

    @property
    def clear(self) -> Tensor:
        """Whether the picture looks like a digit."""
        return (self.confidence > CONFIDENT) & self.among

    @property
    def reads(self) -> Tensor:
        """Whether the place reads as a digit: a clear picture, and real codes near; if not, it lies in a hole."""
        return self.clear & ~self.far

    @property
    def share(self) -> float:
        """The part of the places that read as a digit."""
        return self.reads.float().mean().item()


@torch.no_grad()
def read(
    judge: Judge, codes: Tensor, pictures: Tensor, space: Space, reference: Reference, *, ends: Sequence[int] = ()
) -> Reading:
    """Look at the places of a way.

    Args:
        judge: in evaluation mode.
        codes: of the places, (n, k).
        pictures: what they decode to, (n, C, H, W) in [0, 1].
        space: where real codes lie.
        reference: the same pictures as the judge sees them, in the same order.
        ends: which of the real pictures the way begins and ends with; they are left out.
    """
    features = torch.cat([judge.features(part) for part in pictures.split(CHUNK)])
    best = judge.head(features).softmax(1).max(1)
    near = _nearest(codes, space, ends)
    return Reading(
        digits=best.indices,
        confidence=best.values,
        among=_nearest(features, reference.features, ends)[0] <= reference.features.usual,
        distances=near[0],
        nearest=near[1],
        far=near[0] > space.usual,
    )


def found_among(picture: Tensor, real: Tensor) -> list[int]:
    """Which of the real pictures ``uint8`` (n, C, H, W) are this one, (C, H, W) in [0, 1]: copies, too."""
    same = (real == (picture * 255).round().byte()).flatten(1).all(1)
    return same.nonzero().flatten().tolist()


def to_neighbour(points: Tensor) -> Tensor:
    """Distance of each of (n, d) to its nearest neighbour among the others, (n,)."""
    found = []
    for start in range(0, len(points), 500):
        distances = torch.cdist(points[start : start + 500], points)
        rows = torch.arange(len(distances))
        distances[rows, rows + start] = torch.inf  # itself
        found.append(distances.amin(1))
    return torch.cat(found)


def _nearest(points: Tensor, space: Space, but: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Distance to the nearest of the space's codes, and which it is, (n,) each."""
    distances = torch.cdist(points, space.codes)
    distances[:, list(but)] = torch.inf
    near = distances.min(1)
    return near.values, near.indices
