"""Whether a training of a generator is well: which classes its pictures show, how much they differ, when to stop.

*Mode collapse*: the generator has found a few pictures that the discriminator takes for real, and draws nothing else
(Goodfellow, *NIPS 2016 tutorial*, arXiv:1701.00160, section 5.1.1). A classifier of real pictures sees it at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from genlab.goals import FOUND
from genlab.text import N_

PRESENT = FOUND  # a fair share of ten is 0.1
FEW = 0.7  # of the classes; when no more are drawn, some are lost
MOSTLY = 0.35  # of the pictures show one class
ALIKE = 0.6  # of what real pictures differ
WINS = 0.995  # of the discriminator's verdicts are right
EARLY = 1000  # steps before which every generator draws alike
HALF, BAND = 0.5, 0.05


@dataclass(frozen=True)
class Alarm:
    """What is wrong, and why.

    Attributes:
        kind: ``few``, ``mostly``, ``alike``: signs of mode collapse; ``wins``: the discriminator learns too well.
        sentence: in English, with places for the numbers.
        fields: what stands there.
    """

    kind: str
    sentence: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format(**self.fields)


COLLAPSE = ("few", "mostly", "alike")


def class_shares(probabilities: Tensor) -> list[float]:
    """Of pictures whose class probabilities are (N, classes), the part that is read as each class."""
    counts = torch.bincount(probabilities.argmax(1), minlength=probabilities.shape[1])
    return [round(share, 4) for share in (counts / len(probabilities)).tolist()]


def spread(features: Tensor) -> float:
    """Mean distance of two different pictures, in a judge's features (N, k)."""
    distances = torch.cdist(features, features)
    return (distances.sum() / (len(features) * (len(features) - 1))).item()


def diversity(fake: Tensor, real: Tensor) -> float:
    """How much generated pictures differ from each other, of what real ones do: 1 for as much. Features (N, k)."""
    return spread(fake) / max(spread(real), 1e-9)


def drawn(shares: Sequence[float]) -> int:
    """How many classes are drawn."""
    return sum(share >= PRESENT for share in shares)


def alarms(
    shares: Sequence[float],
    differ: float | None = None,
    *,
    d_real: float | None = None,
    d_fake: float | None = None,
    step: int | None = None,
    names: Sequence[str] = (),
) -> list[Alarm]:
    """What is wrong with pictures whose classes have these shares; none if all is well.

    Args:
        shares: of ``class_shares``.
        differ: of ``diversity``.
        d_real, d_fake: how often the discriminator was right about real and about generated pictures, over an epoch.
        step: how many the generator has learned; at first all its pictures are alike, which is no alarm.
        names: of the classes.
    """
    found = _collapse(shares, differ, names) if step is None or step >= EARLY else []
    if d_real is not None and d_fake is not None and min(d_real, d_fake) >= WINS:
        sentence = N_(
            "The discriminator is right about {share:.1f} % of all pictures: the generator learns hardly anything."
        )
        found.append(Alarm("wins", sentence, {"share": 50 * (d_real + d_fake)}))
    return found


def _collapse(shares: Sequence[float], differ: float | None, names: Sequence[str]) -> list[Alarm]:
    """Signs of it."""
    found = []
    if drawn(shares) <= FEW * len(shares):
        sentence = N_("Only {n} of {all} classes appear in the random pictures.")
        found.append(Alarm("few", sentence, {"n": drawn(shares), "all": len(shares)}))
    most = max(shares)
    if most >= MOSTLY:
        which = shares.index(most)
        sentence = N_("{share:.0f} % of the random pictures are read as {name}.")
        found.append(
            Alarm("mostly", sentence, {"share": 100 * most, "name": names[which] if names else str(which)}),
        )
    if differ is not None and differ < ALIKE:
        sentence = N_("They differ from each other only {share:.0f} % as much as real ones.")
        found.append(Alarm("alike", sentence, {"share": 100 * differ}))
    return found


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What made a training stop: from step ``first`` to ``last`` D's accuracy stayed between ``low`` and ``high``."""

    first: int
    last: int
    low: float
    high: float


@dataclass
class StopRule:
    """The course's rule: stop when the discriminator can no longer tell, so that it is right about half the time.

    Its accuracy is the mean of those on real and on generated pictures, of each step.

    Attributes:
        window: for so many steps in a row it must be within 50 ± 5 %; 0 for a rule that never stops anything.
        since: the first step of the row that is going on, 0 for none.
        low, high: the least and the largest accuracy in it.
    """

    window: int
    since: int = 0
    low: float = 1.0
    high: float = 0.0

    def feed(self, step: int, losses: Mapping[str, float]) -> Trigger | None:
        """The losses of a step; what triggered the rule, once it is."""
        if not self.window or "d_real" not in losses or "d_fake" not in losses:
            return None
        accuracy = (losses["d_real"] + losses["d_fake"]) / 2
        if not abs(accuracy - HALF) <= BAND + 1e-9:  # also what is no number
            self.since, self.low, self.high = 0, 1.0, 0.0
            return None
        self.since = self.since or step
        self.low, self.high = min(self.low, accuracy), max(self.high, accuracy)
        if step - self.since + 1 < self.window:
            return None
        return Trigger(first=self.since, last=step, low=self.low, high=self.high)

    def to_json(self) -> list[float]:
        """What is needed to go on after a kill."""
        return [self.since, self.low, self.high]

    def go_on(self, kept: Sequence[float]) -> None:
        """As it was when ``to_json`` was called."""
        since, self.low, self.high = kept
        self.since = int(since)
