"""What a generator and a discriminator want of each other: pure functions of logits, differentiable.

With D(x) = σ(logit), "real" is 1 and "generated" 0. Each game is two losses, of the discriminator and of the generator:

    minimax         −ln D(x) − ln(1 − D(G(z)))          ln(1 − D(G(z)))            Goodfellow et al. 2014, eq. 1
    nonsaturating   the same                            −ln D(G(z))                Goodfellow et al. 2014, section 3
    least_squares   ½(D(x) − 1)² + ½ D(G(z))²           ½(D(G(z)) − 1)²            Mao et al., ICCV 2017, eq. 9
    hinge           (1 − D(x))₊ + (1 + D(G(z)))₊        −D(G(z))                   Miyato et al., ICLR 2018, eqs. 16, 17
    wasserstein     D(G(z)) − D(x)                      −D(G(z))                   Arjovsky et al., ICML 2017, eqs. 2, 3

In the last three D is the logit itself. All are means over the batch, in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Game:
    """The two losses: ``discriminator(real, fake)`` and ``generator(fake)``, of logits (N,), each a scalar.

    Attributes:
        discriminator, generator: to be minimised.
        verdict: the logit above which a picture counts as real; None where the critic only compares.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    verdict: float | None = 0.0


def cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """−ln σ(real) − ln(1 − σ(fake))."""
    return F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()


def saturating(fake: Tensor) -> Tensor:
    """ln(1 − σ(fake)): hardly any slope while the discriminator is sure."""
    return -F.softplus(fake.float()).mean()


def nonsaturating(fake: Tensor) -> Tensor:
    """−ln σ(fake)."""
    return F.softplus(-fake.float()).mean()


def squares(real: Tensor, fake: Tensor) -> Tensor:
    """½(real − 1)² + ½ fake²."""
    return 0.5 * ((real.float() - 1.0).square().mean() + fake.float().square().mean())


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    """(1 − real)₊ + (1 + fake)₊."""
    return (1.0 - real.float()).relu().mean() + (1.0 + fake.float()).relu().mean()


GAMES: dict[str, Game] = {
    "minimax": Game(cross_entropy, saturating),
    "nonsaturating": Game(cross_entropy, nonsaturating),
    "least_squares": Game(squares, lambda fake: 0.5 * (fake.float() - 1.0).square().mean(), verdict=0.5),
    "hinge": Game(hinge, lambda fake: -fake.float().mean()),
    "wasserstein": Game(
        lambda real, fake: fake.float().mean() - real.float().mean(), lambda fake: -fake.float().mean(), verdict=None
    ),
}


def gradient_penalty(slopes: Tensor) -> Tensor:
    """(‖∇D‖ − 1)² at pictures between real and generated ones, (N,): Gulrajani et al., NIPS 2017, eq. 3."""
    return (slopes - 1.0).square().mean()


def r1(slopes: Tensor) -> Tensor:
    """½‖∇D‖² at real pictures, (N,): Mescheder, Geiger & Nowozin, ICML 2018, eq. 9."""
    return 0.5 * slopes.square().mean()


SLOPE_PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {"gradient": gradient_penalty, "r1": r1}
