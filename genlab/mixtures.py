"""Densities of codes: Gaussian mixtures of several sizes, fitted to an autoencoder's codes. See ``models.mixture``."""

from __future__ import annotations

import torch
from torch import Tensor

from genlab.models import MixtureAutoencoder

LEAST_VARIANCE = 1e-6


@torch.no_grad()
def fit_mixtures(model: MixtureAutoencoder, codes: Tensor, seed: int) -> None:
    """Fit every mixture of ``model`` to ``codes`` (N, latent_dim), in place, by expectation maximisation.

    Full covariances, started from k-means; scikit-learn's ``GaussianMixture``.
    """
    from sklearn.mixture import GaussianMixture

    for size in model.config.mixtures:
        found = GaussianMixture(size, reg_covar=LEAST_VARIANCE, max_iter=200, random_state=seed).fit(codes.numpy())
        weights, means, factors = model.mixture(size)
        weights.copy_(torch.from_numpy(found.weights_))
        means.copy_(torch.from_numpy(found.means_))
        factors.copy_(torch.linalg.cholesky(torch.from_numpy(found.covariances_)))
