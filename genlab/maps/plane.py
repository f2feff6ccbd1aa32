"""PCA's map: the plane on which the vectors vary most (Pearson 1901, Hotelling 1933).

y = W (x − μ)          x̂ = μ + Wᵀ y           the rows of W are the first two of the principal components
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlab.maps.methods import check_vectors

COMPONENTS = 16  # kept, at most


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A fitted PCA.

    Attributes:
        mean: μ, (d,).
        components: W, (m, d), orthonormal rows, most varied first.
        explained: part of the whole variance along each, (m,), in [0, 1].
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    explained: NDArray[np.float32]

    def project(self, x: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """(n, d) -> (n, 2)."""
        return ((x - self.mean) @ self.components[:2].T).astype(np.float32)

    def restore(self, points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """(n, 2) -> (n, d): the vector of the plane that is mapped there, exactly."""
        return (self.mean + points @ self.components[:2]).astype(np.float32)


def fit_plane(x: NDArray[np.floating[Any]], count: int = COMPONENTS) -> Plane:
    """PCA of vectors (n, d) with d ≥ 2; the components' signs are fixed, so that the map is the same each time.

    Raises:
        ConfigError: as ``check_vectors``.
    """
    from sklearn.decomposition import PCA

    x = check_vectors(x, fewest=3)
    found = PCA(min(count, *x.shape), svd_solver="covariance_eigh").fit(x.astype(np.float64))
    return Plane(
        mean=found.mean_.astype(np.float32),
        components=found.components_.astype(np.float32),
        explained=found.explained_variance_ratio_.astype(np.float32),
    )
