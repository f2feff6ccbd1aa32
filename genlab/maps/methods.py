"""t-SNE and UMAP, with bounds for what a visitor may ask of them.

t-SNE (van der Maaten & Hinton 2008) moves points until neighbourhoods q on the map are like those p of the vectors:

    min KL(P ‖ Q) = Σ p_ij ln(p_ij / q_ij),   q_ij ∝ 1 / (1 + |y_i − y_j|²)

UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) does the like with a graph of nearest neighbours and the cross
entropy of its edges. Both begin at random places or with the first two principal components (UMAP: with the graph's
eigenvectors), which steadies the arrangement of the groups (Kobak & Linderman 2021, doi:10.1038/s41587-020-00809-z).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlab.errors import ConfigError

METHODS = ("pca", "tsne", "umap")
LOOKS = 25  # iterations of t-SNE between two reports
FEWEST_POINTS, MOST_POINTS, MOST_NUMBERS = 50, 5000, 1024
TSNE_ITERATIONS, EXAGGERATED = 500, 250  # openTSNE's own
UMAP_EPOCHS = 500  # umap-learn's own for a small set

Report = Callable[[float], None]
"""Told how much of the layout is done, 0…1; raises to stop it."""


@dataclass(frozen=True, kw_only=True)
class MapSettings:
    """What a map is computed with; checked when made.

    Attributes:
        method: ``tsne`` or ``umap``; PCA has nothing to set.
        perplexity: of t-SNE, about how many neighbours each point keeps.
        neighbours: of UMAP's graph.
        min_dist: of UMAP, how close points may come on the map.
        random_start: begin at random places instead of the principal components or the graph's eigenvectors.
        seed: of all that is random.

    Raises:
        ConfigError: a setting is out of its bounds.
    """

    method: str
    perplexity: float = 30.0
    neighbours: int = 15
    min_dist: float = 0.1
    random_start: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        if self.method not in ("tsne", "umap"):
            raise ConfigError("There is no map by “{method}”. Choose tsne or umap.", method=str(self.method)[:40])
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:  # also what is not a number
                raise ConfigError("{name} = {value} is not possible. Choose {low} to {high}.", **_said(name, value))
        for name in ("neighbours", "seed"):
            if not isinstance(getattr(self, name), int):
                raise ConfigError("{name} must be a whole number.", name=name)

    def used(self) -> dict[str, Any]:
        """The settings that matter to the method, for a file."""
        own = {"perplexity": self.perplexity}
        if self.method == "umap":
            own = {"neighbours": self.neighbours, "min_dist": self.min_dist}
        return {**own, "random_start": self.random_start, "seed": self.seed}


BOUNDS: dict[str, tuple[float, float]] = {
    "perplexity": (2, 100),
    "neighbours": (2, 100),
    "min_dist": (0.0, 0.99),
    "seed": (0, 2**31 - 1),
}


def _said(name: str, value: object) -> dict[str, object]:
    low, high = BOUNDS[name]
    return {"name": name, "value": str(value)[:20], "low": f"{low:g}", "high": f"{high:g}"}


def check_vectors(x: NDArray[np.floating[Any]], fewest: int = FEWEST_POINTS) -> NDArray[np.float32]:
    """The vectors (n, d) as float32, if a map of them is within bounds.

    Raises:
        ConfigError: too few, too many, too long, or not all of them numbers.
    """
    found = np.ascontiguousarray(x, dtype=np.float32)
    if found.ndim != 2 or not fewest <= len(found) <= MOST_POINTS or not 1 <= found.shape[1] <= MOST_NUMBERS:
        raise ConfigError(
            "A map is made of {low} to {high} vectors of at most {most} numbers.",
            low=fewest,
            high=MOST_POINTS,
            most=MOST_NUMBERS,
        )
    if not np.isfinite(found).all():
        raise ConfigError("These vectors have values that are no numbers, so they have no map.")
    return found


def fit(x: NDArray[np.float32], settings: MapSettings, report: Report = lambda share: None) -> Any:
    """The library's own object: an openTSNE embedding, or a fitted ``umap.UMAP``. ``points_of`` reads its map.

    The same vectors and settings give the same map on the same machine: one thread, and a seed for all that is random.

    Args:
        x: (n, d), as ``check_vectors`` returns them.
        settings: of t-SNE or UMAP.
        report: called now and then; what it raises ends the computation.

    Raises:
        ConfigError: more neighbours are asked for than there are vectors.
    """
    if settings.method == "tsne":
        return _tsne(x, settings, report)
    return _umap(x, settings, report)


def points_of(fitted: Any) -> NDArray[np.float32]:
    """The map (n, 2) of what ``fit`` returned."""
    return np.asarray(getattr(fitted, "embedding_", fitted), dtype=np.float32)


def _tsne(x: NDArray[np.float32], settings: MapSettings, report: Report) -> Any:
    from openTSNE import TSNE

    if settings.perplexity > (len(x) - 1) / 3:
        raise ConfigError("A perplexity of {p} needs more than {n} vectors.", p=settings.perplexity, n=len(x))
    done = 0

    def callback(iteration: int, error: float, points: Any) -> bool:  # counts anew in each of the two phases
        nonlocal done
        done += LOOKS
        report(min(done / (TSNE_ITERATIONS + EXAGGERATED), 1.0))
        return False

    return TSNE(
        perplexity=settings.perplexity,
        initialization="random" if settings.random_start else "pca",
        neighbors="exact",
        negative_gradient_method="bh",  # of few points faster than by Fourier transform
        early_exaggeration_iter=EXAGGERATED,
        n_iter=TSNE_ITERATIONS,
        callbacks=callback,
        callbacks_every_iters=LOOKS,
        n_jobs=1,
        random_state=settings.seed,
    ).fit(x)


class _Tap:
    """A file for UMAP's own progress bar (``tqdm_kwds``): each time the bar is drawn, an epoch or more is done."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def write(self, text: str) -> int:
        shown = text.strip().removesuffix("%")
        if shown.isdigit():
            self.report(int(shown) / 100)
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""


def _umap(x: NDArray[np.float32], settings: MapSettings, report: Report) -> Any:
    import umap

    keep_machine_code()
    if settings.neighbours >= len(x):
        raise ConfigError("{k} neighbours need more than {n} vectors.", k=settings.neighbours, n=len(x))
    bar = {"file": _Tap(report), "disable": False, "mininterval": 0, "miniters": 5, "bar_format": "{percentage:.0f}%"}
    maker = umap.UMAP(
        n_neighbors=settings.neighbours,
        min_dist=settings.min_dist,
        init="random" if settings.random_start else "spectral",
        n_epochs=UMAP_EPOCHS,
        n_jobs=1,
        random_state=settings.seed,
        tqdm_kwds=bar,
    )
    try:
        return maker.fit(x)
    except BaseException:
        let_go_of_the_bar()
        raise


def let_go_of_the_bar() -> None:
    """Release tqdm's lock, which all bars of the process share: what is raised while a bar is written leaves it locked.

    (``tqdm.refresh`` releases it without ``finally``.) Where this thread does not hold it, nothing is done.
    """
    from tqdm import tqdm

    with contextlib.suppress(RuntimeError):
        tqdm.get_lock().release()


def keep_machine_code() -> None:
    """Let numba keep what it compiles for UMAP in its cache folder: 10 s of each process's first map otherwise."""
    import umap.layouts
    import umap.umap_
    import umap.utils

    for module in (umap.umap_, umap.layouts, umap.utils):
        for found in list(vars(module).values()):
            if type(getattr(found, "_cache", None)).__name__ == "NullCache":  # compiled by numba, and not kept
                with contextlib.suppress(RuntimeError):  # no folder to keep it in: compiled each time, then
                    found.enable_caching()
