"""Maps kept in files: ``<source>.safetensors`` with the numbers, ``<source>.json`` with all that was measured.

For each data set: labels, codes where the vectors are codes (vectors that are pictures are not stored), PCA's mean and
components, and the points of PCA, of t-SNE and of UMAP, the last two once for each seed, and of t-SNE with few
neighbours. Half precision; a map's error by that is less than a thousandth of its width.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlab.errors import CheckpointError
from genlab.files import check_file, hash_file, read_json, replace, write_json
from genlab.maps.methods import MOST_NUMBERS, MOST_POINTS
from genlab.maps.plane import Plane

SCHEMA = 1
MOST_BYTES = 4 * 2**20
SEEDS = 2


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The maps of one source's vectors, of one data set.

    Attributes:
        labels: (n,), ``uint8``.
        codes: the vectors, (n, d); None if they are pictures.
        plane: the PCA.
        pca: its map, (n, 2).
        tsne, umap: a map (n, 2) for each seed.
        few: t-SNE again, with a small perplexity.
        about: what was measured, as ``genlab.mapping`` writes it: ``settings``, ``measures``, ``distances``, …
    """

    labels: NDArray[np.uint8]
    codes: NDArray[np.float32] | None
    plane: Plane
    pca: NDArray[np.float32]
    tsne: list[NDArray[np.float32]]
    umap: list[NDArray[np.float32]]
    few: NDArray[np.float32]
    about: dict[str, Any]

    def tensors(self) -> dict[str, NDArray[Any]]:
        """As they are stored."""
        found: dict[str, NDArray[Any]] = {"labels": self.labels.astype(np.uint8), "pca": self.pca, "few": self.few}
        if self.codes is not None:
            found["codes"] = self.codes
        found |= {"mean": self.plane.mean, "components": self.plane.components, "explained": self.plane.explained}
        for name in ("tsne", "umap"):
            found |= {f"{name}.{seed}": points for seed, points in enumerate(getattr(self, name), 1)}
        return {k: v if v.dtype == np.uint8 else v.astype(np.float16) for k, v in found.items()}


def write_shelf(folder: Path, name: str, shelves: dict[str, Shelf], about: dict[str, Any]) -> None:
    """Write the maps of a source.

    Args:
        folder: made if it is not there.
        name: of the source.
        shelves: for each data set.
        about: of the source: its weights' hash, the libraries' versions.
    """
    from safetensors.numpy import save

    tensors = {f"{of}.{key}": value for of, shelf in shelves.items() for key, value in shelf.tensors().items()}
    data = save({key: np.ascontiguousarray(value) for key, value in sorted(tensors.items())})
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / f"{name}.safetensors", data)
    described = {"schema": SCHEMA, "source": name, "sha256": hashlib.sha256(data).hexdigest(), **about}
    write_json(folder / f"{name}.json", {**described, "data": {of: shelf.about for of, shelf in shelves.items()}})


def read_shelf(folder: Path, name: str, of: str) -> tuple[Shelf, dict[str, Any]]:
    """The maps of a source for a data set, and what was written about the source.

    Raises:
        CheckpointError: a file is missing or broken, or not of these maps.
    """
    path = folder / f"{name}.safetensors"
    described = read_json(folder / f"{name}.json")
    check_file(path, MOST_BYTES)
    about = described.get("data", {}).get(of) if isinstance(described.get("data"), dict) else None
    if described.get("schema") != SCHEMA or not isinstance(about, dict) or described.get("sha256") != hash_file(path):
        raise _broken(path)
    found = _tensors(path, of)
    try:
        labels = found["labels"]
        codes = found.get("codes")
        plane = Plane(mean=found["mean"], components=found["components"], explained=found["explained"])
        maps = [
            found["pca"],
            found["few"],
            *(found[f"{m}.{seed}"] for m in ("tsne", "umap") for seed in range(1, SEEDS + 1)),
        ]
    except KeyError as error:
        raise _broken(path) from error
    n, d = len(labels), len(plane.mean) if plane.mean.ndim == 1 else 0
    fits = (
        labels.shape == (n,)
        and labels.dtype == np.uint8
        and 0 < n <= MOST_POINTS
        and 0 < d <= MOST_NUMBERS
        and all(one.shape == (n, 2) for one in maps)
        and (codes is None or codes.shape == (n, d))
        and plane.components.shape == (len(plane.explained), d)
        and len(plane.components) >= 2
        and all(np.isfinite(value).all() for value in found.values())
    )
    if not fits:
        raise _broken(path)
    shelf = Shelf(
        labels=labels,
        codes=codes,
        plane=plane,
        pca=maps[0],
        few=maps[1],
        tsne=maps[2 : 2 + SEEDS],
        umap=maps[2 + SEEDS :],
        about=dict(about),
    )
    return shelf, {key: value for key, value in described.items() if key != "data"}


def _tensors(path: Path, of: str) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        stored = load(path.read_bytes())
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise _broken(path) from error
    found = {key.removeprefix(f"{of}."): value for key, value in stored.items() if key.startswith(f"{of}.")}
    return {key: value if value.dtype == np.uint8 else value.astype(np.float32) for key, value in found.items()}


def _broken(path: Path) -> CheckpointError:
    return CheckpointError(
        "{path} is broken or of another version. Copy it again, or run: python -m genlab maps --write", path=str(path)
    )
