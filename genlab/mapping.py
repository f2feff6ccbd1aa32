"""Whose vectors are mapped: codes of the encoders and raw pixels, of the first pictures of a data set.

    vectors("ae-mnist-z16", pictures("mnist").images)      # (2000, 16)
    shelf("pixels", "digits")                              # the maps that are shipped
    for of, which, measures in build("pixels"): …          # what "python -m genlab maps --write" does

Shipped maps are in ``checkpoints/maps``: numbers only, no picture of a data set.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlab import checkpoints, data, maps
from genlab.errors import CheckpointError, DataNotFoundError
from genlab.files import hash_file
from genlab.maps.methods import check_vectors, fit, points_of
from genlab.maps.quality import NEIGHBOURS, vote
from genlab.maps.shelf import SEEDS

PIXELS = "pixels"
SHIPPED = (PIXELS, "ae-mnist-z16", "ae-deep-mnist-z30", "vae-mnist-z16", "vae-textbook-mnist-z20")
STAND_IN = "ae-mnist-z16"
"""Its decoder draws the points of pixels' maps where the pictures are not on this machine."""
SETS = {"mnist": ("test", 2000), "digits": ("test+train+validation", 2000)}
"""The split of each data set whose pictures are mapped, and how many of them at most."""
FEW = 5  # perplexity of one more t-SNE, to see what it does
HELD_OUT = 500  # further pictures, to see how well new ones are placed


def folder() -> Path:
    """Where shipped maps are."""
    return checkpoints.root() / "maps"


def ships(source: str) -> bool:
    """Whether maps of this source are among the files, whatever is in them."""
    return (folder() / f"{source}.json").exists()


def pictures(of: str) -> data.ImageSet:
    """The pictures whose vectors are mapped, in the order of the maps' points.

    Raises:
        DataError: they are not on this machine.
    """
    split, most = SETS[of]
    found = data.load(of, split)
    return data.ImageSet(
        name=found.name,
        split=found.split,
        images=found.images[:most].clone(),
        labels=found.labels[:most].clone(),
        class_names=found.class_names,
    )


def vectors(source: str, images: Any) -> NDArray[np.float32]:
    """Codes or pixels of pictures ``uint8`` (n, 1, 28, 28) or float in [0, 1]: (n, d).

    Raises:
        CheckpointError: there is no such encoder.
    """
    return vectors_by(None if source == PIXELS else checkpoints.load(source).model.encode, images)


def vectors_by(encode: Callable[[Any], Any] | None, images: Any) -> NDArray[np.float32]:
    """The same by an encoder at hand; None takes the pixels themselves."""
    import torch

    x = data.to_float(images) if images.dtype == torch.uint8 else images
    if encode is None:
        return np.ascontiguousarray(x.flatten(1).numpy())
    with torch.inference_mode():
        return np.ascontiguousarray(torch.cat([encode(part) for part in x.split(500)]).numpy())


def shelf(source: str, of: str) -> tuple[maps.Shelf, bool]:
    """Shipped maps, and whether they are of the weights that are on this machine.

    Raises:
        CheckpointError: they are missing or broken.
    """
    found, about = maps.read_shelf(folder(), source, of)
    return found, source == PIXELS or about.get("weights_sha256") == _weights(source)


def _weights(source: str) -> str:
    try:
        return hash_file(checkpoints.find(source) / checkpoints.WEIGHTS)
    except CheckpointError:
        return ""


def measured(source: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    """What was measured of the shipped maps of a source, as ``build`` yields it.

    Raises:
        CheckpointError: they are missing or broken.
    """
    for of in SETS:
        for method, found in shelf(source, of)[0].about["measures"].items():
            for seed, one in enumerate(found, 1):
                yield of, method if len(found) == 1 else f"{method} {seed}", one


def build(source: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Compute and write all maps of a source, a few minutes; yields (data set, map, measures) one after the other.

    Raises:
        CheckpointError, DataError: the encoder or a data set is missing.
    """
    import importlib.metadata

    shelves = {}
    for of in SETS:
        if data.available()[of] is None:
            raise DataNotFoundError("The maps are made of “{name}”, which is not on this machine.", name=of)
        chosen = pictures(of)
        x, labels = check_vectors(vectors(source, chosen.images)), chosen.labels.numpy().astype(np.uint8)
        if source != PIXELS:
            x = x.astype(np.float16).astype(np.float32)  # as they are stored: a last bit changes a whole map
        plane = maps.fit_plane(x)
        points: dict[str, list[NDArray[np.float32]]] = {"pca": [plane.project(x)], "tsne": [], "umap": []}
        measures = {"pca": [maps.measure(x, points["pca"][0], labels)]}
        yield of, "pca", measures["pca"][0]
        settings = {}
        for method in ("tsne", "umap"):
            measures[method] = []
            for seed in range(1, SEEDS + 1):
                wish = maps.MapSettings(method=method, seed=seed)
                began = time.monotonic()
                fitted = fit(x, wish)
                points[method].append(points_of(fitted))
                found = maps.measure(x, points[method][-1], labels) | {"seconds": time.monotonic() - began}
                if of == "mnist" and seed == 1:
                    found |= _placing(source, method, fitted, x, labels)
                measures[method].append(found)
                settings[method] = {key: value for key, value in wish.used().items() if key != "seed"}
                yield of, f"{method} {seed}", found
        few = points_of(fit(x, maps.MapSettings(method="tsne", perplexity=FEW)))
        measures["few"] = [maps.measure(x, few, labels)]
        yield of, "few", measures["few"][0]
        settings["few"] = settings["tsne"] | {"perplexity": FEW}
        about = {
            "split": SETS[of][0],
            "count": len(x),
            "k": NEIGHBOURS,
            "settings": settings,
            "distances": _distances(x),
            "measures": {name: [_rounded(one) for one in of_map] for name, of_map in measures.items()},
        }
        codes = None if source == PIXELS else x
        shelves[of] = maps.Shelf(
            labels=labels,
            codes=codes,
            plane=plane,
            pca=points["pca"][0],
            tsne=points["tsne"],
            umap=points["umap"],
            few=few,
            about=about,
        )
    versions = {name: importlib.metadata.version(name) for name in ("openTSNE", "umap-learn", "scikit-learn")}
    about = {"weights_sha256": None if source == PIXELS else _weights(source), "versions": versions}
    maps.write_shelf(folder(), source, shelves, about)


def _distances(x: NDArray[np.float32]) -> dict[str, float]:
    """How far the nearest other vector is: in the middle of all, and for the loneliest twentieth."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=1).fit(x).kneighbors()[0][:, 0]
    return _rounded({"median": float(np.median(nearest)), "p95": float(np.quantile(nearest, 0.95))})


def _placing(source: str, method: str, fitted: Any, x: NDArray[np.float32], labels: NDArray[Any]) -> dict[str, float]:
    """How well further pictures are placed: by our rule, and by the library that made the map.

    Returns:
        placed, placed_library: part of the pictures among whose nearest points on the map their own label is the most
            frequent.
        placed_apart: the distance between both places, in the middle of all, as part of the map's width.
    """
    from sklearn.neighbors import NearestNeighbors

    after = len(x)
    images, truth = (part[after : after + HELD_OUT] for part in _test("mnist"))
    new = vectors(source, images)
    points = points_of(fitted).copy()
    ours = np.stack([maps.place(one, x, points).points[0] for one in new])
    library = np.asarray(fitted.transform(new), dtype=np.float32)
    library = library - (points_of(fitted) - points).mean(axis=0)  # openTSNE moves its whole map to do it
    index = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points)
    right = [(vote(labels[index.kneighbors(y)[1]]) == truth.numpy()).mean() for y in (ours, library)]
    width = float(np.ptp(points, axis=0).mean())
    apart = float(np.median(np.linalg.norm(ours - library, axis=1))) / width
    return {"placed": float(right[0]), "placed_library": float(right[1]), "placed_apart": apart}


def _test(of: str) -> tuple[Any, Any]:
    found = data.load(of, "test")
    return found.images, found.labels


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in values.items()}
