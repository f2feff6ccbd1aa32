"""Loss functions: pure, a scalar for a batch, differentiable. Images are (N, C, H, W) in [0, 1].

``LOSSES`` names those that compare a reconstruction with its original; a configuration chooses one by name.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F


def mse(x_hat: Tensor, x: Tensor) -> Tensor:
    """Mean squared error: (1/ND) Σ (x̂ − x)², over N images of D pixels."""
    return F.mse_loss(x_hat, x)


def mse_signed(x_hat: Tensor, x: Tensor) -> Tensor:
    """Mean squared error of pixels taken as −1…1: mean of ((2x̂ − 1) − (2x − 1))² = 4·mse. The course's loss."""
    return 4.0 * mse(x_hat, x)


def sse(x_hat: Tensor, x: Tensor) -> Tensor:
    """Squared error of an image, averaged over images: (1/N) Σ_n Σ_d (x̂ − x)². Hinton & Salakhutdinov 2006."""
    return squared_errors(x_hat, x).mean()


def bce(x_hat: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy of an image, averaged over images: −(1/N) Σ_n Σ_d x ln x̂ + (1 − x) ln(1 − x̂), in nats.

    A grey pixel counts as the mean of a Bernoulli variable. x̂ must come from a sigmoid or (tanh + 1)/2.
    """
    return F.binary_cross_entropy(x_hat.float().clamp(1e-6, 1 - 1e-6), x, reduction="sum") / len(x)


def squared_errors(x_hat: Tensor, x: Tensor) -> Tensor:
    """Σ_d (x̂ − x)² of each image: (N, C, H, W), (N, C, H, W) -> (N,)."""
    return (x_hat.float() - x).square().flatten(1).sum(1)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse, "mse_signed": mse_signed, "sse": sse, "bce": bce}
