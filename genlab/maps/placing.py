"""A new vector on a map that is there, in a moment and without the library that made the map.

Neither t-SNE nor UMAP has a formula for new points. Both libraries begin with a mean of the places of the nearest
vectors and then move the point for some steps (openTSNE's ``transform``, umap-learn's ``transform``). Here the
beginning is the answer: with openTSNE's Gaussian weights, as wide as perplexity 5 asks, and with a median instead of a
mean, so that who has neighbours in two groups does not land between them (Weiszfeld 1937):

    y = argmin Σ w_i |y − y_i|,   w_i ∝ exp(−β (d_i² − d_1²)),   entropy of w = ln 5,   over the 15 nearest

``genlab.mapping.build`` measures it beside the libraries' own answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEAREST = 15
PERPLEXITY = 5.0
STEPS = 30


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a vector belongs.

    Attributes:
        points: its place on each map that was asked for, (2,) each.
        near: which vectors are nearest, nearest first.
        distances: to them.
    """

    points: list[NDArray[np.float32]]
    near: NDArray[np.intp]
    distances: NDArray[np.float32]


def place(new: NDArray[np.floating[Any]], x: NDArray[np.float32], *maps: NDArray[np.floating[Any]]) -> Placed:
    """Place one vector on maps of others.

    Args:
        new: (d,).
        x: the vectors of the maps, (n, d) with n > ``NEAREST``.
        maps: (n, 2) each. A vector that is one of them goes to its very place.
    """
    squared = ((x - new.astype(np.float32)) ** 2).sum(axis=1)
    near = np.argpartition(squared, NEAREST)[:NEAREST]
    near = near[np.argsort(squared[near], kind="stable")]
    distances = np.sqrt(squared[near])
    weights = _weights(squared[near])
    points = [_median(one[near].astype(np.float64), weights) for one in maps]
    return Placed(points=points, near=near, distances=distances)


def _weights(squared: NDArray[np.float32]) -> NDArray[np.float64]:
    """Gaussian weights of squared distances, nearest first, with the wished entropy; by bisection of ln β."""
    if squared[0] <= 1e-9 * max(float(squared[-1]), 1e-12):  # it is one of the vectors
        return np.eye(1, len(squared))[0]
    d = (squared - squared[0]).astype(np.float64)
    scale = d.mean()
    if scale <= 0:
        return np.full(len(d), 1 / len(d))
    d /= scale
    low, high = -20.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        w = np.exp(-math.exp(middle) * d)
        w /= w.sum()
        entropy = -(w * np.log(np.maximum(w, 1e-300))).sum()
        low, high = (middle, high) if entropy > math.log(PERPLEXITY) else (low, middle)
    return np.asarray(w)


def _median(points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """The weighted geometric median of points (m, 2)."""
    found = weights @ points
    near = 1e-4 * max(float(np.ptp(points, axis=0).max()), 1e-9)
    for _ in range(STEPS):
        pull = weights / np.maximum(np.linalg.norm(points - found, axis=1), near)
        found = (pull @ points) / pull.sum()
    return found.astype(np.float32)
