"""What a variational autoencoder pays, in nats: pure functions, differentiable.

    −ELBO = E_q[−ln p(x|z)] + KL(q(z|x) ‖ p(z))                       Kingma & Welling 2014, eqs. 3 and 10
    L_K   = E[ln 1/K Σ_i p(x|z_i) p(z_i) / q(z_i|x)], z_i ~ q(z|x)    Burda, Grosse & Salakhutdinov 2016, eq. 8

With K = 1 the second is the ELBO; with growing K it rises to ln p(x).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def kl_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) of each number: ½(μ² + σ² − 1 − ln σ²), any shape -> the same shape."""
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """−ln p(x|z) of pixels with means σ(logits): (…, D), (…, D) -> (…,). A grey x is a Bernoulli variable's mean."""
    return F.binary_cross_entropy_with_logits(logits.float(), x.expand_as(logits).float(), reduction="none").sum(-1)


def binary_nll(logits: Tensor, x: Tensor) -> Tensor:
    """The same of pixels that are black or white, −ln σ((2x − 1)·l): in one pass, and exact enough in bfloat16."""
    return F.softplus((1.0 - 2.0 * x).to(logits.dtype) * logits).sum(-1, dtype=torch.float32)


def log_normal(z: Tensor, mu: Tensor | float = 0.0, logvar: Tensor | float = 0.0) -> Tensor:
    """ln N(z; μ, σ²) of independent numbers: (…, k) -> (…,)."""
    logvar = torch.as_tensor(logvar)
    return -0.5 * ((z - mu).square() * (-logvar).exp() + logvar + math.log(2 * math.pi)).sum(-1)


def log_weights(nll: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """ln w = ln p(x|z) + ln p(z) − ln q(z|x): (K, N), (K, N, k), (N, k), (N, k) -> (K, N)."""
    return log_normal(z) - nll - log_normal(z, mu, logvar)


def importance_bound(log_w: Tensor) -> Tensor:
    """ln 1/K Σ_i w_i of each picture: (K, N) -> (N,). In expectation at most ln p(x)."""
    return log_w.logsumexp(0) - math.log(len(log_w))
