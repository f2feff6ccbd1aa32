"""Loss functions: pure, a scalar for a batch, differentiable. Images are (N, C, H, W) in [0, 1].

``LOSSES`` names those that compare a reconstruction with its original, ``PENALTIES`` what a code may cost besides;
a configuration chooses each by name. What a variational autoencoder pays is in ``genlab.bounds``.
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


def sse_signed(x_hat: Tensor, x: Tensor) -> Tensor:
    """Squared error of an image with pixels in −1…1, averaged over images: 4·sse. The course's VAE."""
    return 4.0 * sse(x_hat, x)


def bce(x_hat: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy of an image, averaged over images: −(1/N) Σ_n Σ_d x ln x̂ + (1 − x) ln(1 − x̂), in nats.

    A grey pixel counts as the mean of a Bernoulli variable. x̂ must come from a sigmoid or (tanh + 1)/2.
    """
    return F.binary_cross_entropy(x_hat.float().clamp(1e-6, 1 - 1e-6), x, reduction="sum") / len(x)


def squared_errors(x_hat: Tensor, x: Tensor) -> Tensor:
    """Σ_d (x̂ − x)² of each image: (N, C, H, W), (N, C, H, W) -> (N,)."""
    return (x_hat.float() - x).square().flatten(1).sum(1)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": mse,
    "mse_signed": mse_signed,
    "sse": sse,
    "sse_signed": sse_signed,
    "bce": bce,
}


def l1(h: Tensor, weight: Tensor, rho: float) -> Tensor:
    """Σ_j |h_j|, averaged over pictures: few units may be active at once. ``weight`` and ``rho`` are not used."""
    return h.float().abs().sum(1).mean()


def kl_sparsity(h: Tensor, weight: Tensor, rho: float) -> Tensor:
    """Σ_j ρ ln(ρ/ρ̂_j) + (1 − ρ) ln((1 − ρ)/(1 − ρ̂_j)), with ρ̂_j the mean of unit j over the batch, in nats.

    0 if the mean activation of each unit is ρ; whether from few high ones or many low ones it does not ask.
    Ng, *Sparse autoencoder*, CS294A lecture notes (2011);
    Lee, Ekanadham & Ng, *Sparse deep belief net model for visual area V2* (2007).

    Args:
        h: (N, k) in [0, 1], as a sigmoid gives them.
        weight: not used.
        rho: the mean activation wanted, 0 to 1.
    """
    found = h.float().mean(0).clamp(1e-6, 1 - 1e-6)
    return (rho * (rho / found).log() + (1 - rho) * ((1 - rho) / (1 - found)).log()).sum()


def contractive(h: Tensor, weight: Tensor, rho: float) -> Tensor:
    """‖J‖²_F = Σ_j (h_j (1 − h_j))² Σ_i W_ji², averaged over pictures; J = ∂h/∂x of one sigmoid layer.

    How far the code moves for a small push of the picture. Rifai, Vincent, Muller, Glorot & Bengio, *Contractive
    auto-encoders: explicit invariance during feature extraction*, ICML 2011, eq. 7.

    Args:
        h: (N, k), the code σ(W x + b).
        weight: W, (k, D).
        rho: not used.
    """
    slopes = (h * (1 - h)).float().square()  # (N, k)
    return (slopes @ weight.float().square().sum(1)).mean()


PENALTIES: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "l1": l1,
    "kl": kl_sparsity,
    "contractive": contractive,
}
