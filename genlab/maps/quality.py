"""How far a map can be believed, in numbers.

Trustworthiness asks whether neighbours on the map are neighbours among the vectors, continuity whether neighbours
among the vectors are still neighbours on the map (Venna & Kaski 2001, "Neighborhood preservation in nonlinear
projection methods: an experimental study", ICANN, doi:10.1007/3-540-44668-0_68):

    T(k) = 1 − 2 / (n k (2n − 3k − 1)) Σ_i Σ_{j ∈ U_k(i)} (r(i, j) − k)

U_k(i) are the points among the k nearest to i on the map but not among the vectors, r(i, j) is the rank of j among the
vectors' neighbours of i. Continuity is the same with the roles exchanged. Both are 1 at best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
"""k of all measures."""


def measure(
    x: NDArray[np.floating[Any]], points: NDArray[np.floating[Any]], labels: NDArray[Any], k: int = NEIGHBOURS
) -> dict[str, float]:
    """All measures of a map.

    Args:
        x: the vectors, (n, d).
        points: their map, (n, 2).
        labels: (n,).
        k: neighbours, less than n / 2.

    Returns:
        trustworthiness, continuity: of the k nearest.
        knn, knn_vectors: part of the points whose label is that of most of their k neighbours, on the map and among
            the vectors.
        between: Spearman's rank correlation of the distances between the classes' centres on the map with those among
            the vectors: 1 if near groups are near and far ones far.
        sizes: the same of the classes' sizes (root mean square distance to the centre).
    """
    from sklearn.manifold import trustworthiness

    far, wide = _centres(x, labels)
    far_map, wide_map = _centres(points, labels)
    return {
        "trustworthiness": float(trustworthiness(x, points, n_neighbors=k)),
        "continuity": float(trustworthiness(points, x, n_neighbors=k)),
        "knn": knn_accuracy(points, labels, k),
        "knn_vectors": knn_accuracy(x, labels, k),
        "between": _rank_correlation(far, far_map),
        "sizes": _rank_correlation(wide, wide_map),
    }


def knn_accuracy(x: NDArray[np.floating[Any]], labels: NDArray[Any], k: int = NEIGHBOURS, jobs: int = 1) -> float:
    """Part of the vectors (n, d) whose label is that of most of their k nearest neighbours, themselves left out."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=k, n_jobs=jobs).fit(x).kneighbors(return_distance=False)  # (n, k)
    return float((vote(np.asarray(labels)[near]) == labels).mean())


def vote(labels: NDArray[Any]) -> NDArray[np.intp]:
    """The most frequent of the labels in each row, (n, k) -> (n,); of several the smallest."""
    counts = np.zeros((len(labels), int(labels.max()) + 1), dtype=np.int32)
    np.add.at(counts, (np.arange(len(labels))[:, None], labels), 1)
    return counts.argmax(axis=1)


def _centres(x: NDArray[np.floating[Any]], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distances between all pairs of classes' centres, and each class's size."""
    from scipy.spatial.distance import pdist

    groups = [x[labels == label].astype(np.float64) for label in np.unique(labels)]
    centres = np.stack([group.mean(axis=0) for group in groups])
    sizes = [np.sqrt(((group - centre) ** 2).sum(axis=1).mean()) for group, centre in zip(groups, centres, strict=True)]
    return pdist(centres), np.asarray(sizes)


def _rank_correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Spearman's ρ; 0 where there is nothing to compare."""
    from scipy.stats import rankdata

    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
