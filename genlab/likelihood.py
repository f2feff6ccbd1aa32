"""How likely real pictures are under a variational autoencoder, in nats: the bound in its terms, and a tighter one.

Pictures are (N, C, H, W) in [0, 1]; grey pixels are the means of Bernoulli variables, or drawn as black or white.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from genlab.bounds import bernoulli_nll, importance_bound, kl_normal, log_weights
from genlab.config import TrainConfig
from genlab.data.images import to_float
from genlab.losses import LOSSES
from genlab.models import VAE, ConditionalVAE
from genlab.seeding import make_generator

BATCH = 1000
ACTIVE = 0.01
ROWS = 1000  # decoded at once: 3 MB of pixels, which stay near the processor


def drawn(images: Tensor, *, binarise: bool) -> Tensor:
    """``uint8`` (N, C, H, W) as float: grey, or every pixel black or white by its grey value, the same at each call."""
    x = to_float(images)
    return torch.bernoulli(x, generator=make_generator(0, "binarise")) if binarise else x


@torch.no_grad()
def bound(model: VAE, images: Tensor, train: TrainConfig, labels: Tensor | None = None) -> dict[str, Any]:
    """The loss in its terms, means over pictures, with one code drawn for each.

    Args:
        model: in evaluation mode.
        images: ``uint8`` (N, C, H, W).
        train: its loss, and whether its pixels are drawn.
        labels: what a conditional network is told.

    Returns:
        ``reconstruction`` (of the training's loss), ``kl`` and ``kl_by_number`` in nats, ``active`` (numbers of the
        code whose mean varies: variance of μ above 0.01, Burda et al. 2016, sec. 5.2), ``pixels`` (grey or drawn), and
        with the loss ``bce`` their sum ``negative_elbo``, otherwise the training's ``loss``.
    """
    x = drawn(images, binarise=train.binarise)
    kl, mus, total = torch.zeros(model.style_dim), [], 0.0
    for n, part in enumerate(x.split(BATCH)):
        eps = torch.randn(1, len(part), model.style_dim, generator=make_generator(n, "bound"))
        how = {} if labels is None else {"labels": labels[n * BATCH : n * BATCH + len(part)]}
        draw = model(part, eps=eps, **how)
        logits, target = draw.logits[0], part.flatten(1)
        if train.loss == "bce":
            total += bernoulli_nll(logits, target).sum().item()
        else:
            total += LOSSES[train.loss](logits.sigmoid(), target).item() * len(part)
        kl += kl_normal(draw.mu, draw.logvar).sum(0)
        mus.append(draw.mu)
    kl, reconstruction = kl / len(x), total / len(x)
    nats = train.loss == "bce"
    whole = reconstruction + kl.sum().item()
    loss = train.loss_weight * reconstruction + train.beta * kl.sum().item()
    return {
        **({"negative_elbo": round(whole, 4)} if nats else {"loss": round(loss, 4)}),
        "reconstruction": round(reconstruction, 4),
        "kl": round(kl.sum().item(), 4),
        "kl_by_number": [round(value, 4) for value in kl.tolist()],
        "active": int((torch.cat(mus).var(0) > ACTIVE).sum()),
        "pixels": "drawn" if train.binarise else "grey",
    }


def estimates(model: VAE, x: Tensor, samples: int, *, seed: int = 0) -> Iterator[Tensor]:
    """ln p(x) of picture after picture, some at a time: the importance-weighted bound with ``samples`` codes.

    Burda, Grosse & Salakhutdinov 2016, eq. 8, which their tables print with K = 5,000; on average at most the truth.

    Args:
        model: in evaluation mode; not a conditional one.
        x: (N, C, H, W), in the form that the likelihood is of: drawn pixels for their tables.
        samples: K, 1 to 100,000.
        seed: of ε.

    Yields:
        (n,), n a few pictures.
    """
    assert not isinstance(model, ConditionalVAE)
    most = max(1, ROWS // samples)
    with torch.no_grad():
        for n, part in enumerate(x.split(most)):
            mu, logvar = model.posterior(part)
            pieces = []
            for k, count in enumerate(_pieces(samples)):
                eps = torch.randn(count, len(part), model.style_dim, generator=make_generator(seed, "importance", n, k))
                z = mu + (0.5 * logvar).exp() * eps
                logits = model.decode_logits(z.flatten(0, 1)).unflatten(0, z.shape[:2])
                pieces.append(log_weights(bernoulli_nll(logits, part.flatten(1)), z, mu, logvar))
            yield importance_bound(torch.cat(pieces))


def _pieces(samples: int) -> list[int]:
    """``samples`` in parts that fit in memory."""
    return [min(ROWS, samples - start) for start in range(0, samples, ROWS)]
