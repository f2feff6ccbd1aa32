"""Whose vectors the lesson on latent maps shows: the choice of an encoder or the pixels, and their maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from genlab import data
from genlab.errors import CheckpointError, GenlabError
from ui import cache, kept, warm
from ui.address import choose
from ui.i18n import N_, _

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.maps import Plane

PIXELS, STAND_IN, OTHER = "pixels", "ae-mnist-z16", "other"
SPACES = {
    "ae-mnist-z16": N_("Autoencoder, 16 numbers"),
    "ae-deep-mnist-z30": N_("Deep autoencoder, 30"),
    "vae-mnist-z16": N_("VAE, 16"),
    "vae-textbook-mnist-z20": N_("The course’s VAE, 20"),
    PIXELS: N_("Raw pixels, 784"),
    OTHER: N_("Another encoder"),
}
SETS = {"mnist": N_("MNIST"), "digits": N_("Bundled digits")}
KINDS = ("dense", "nested", "conv", "pca", "vae", "cvae", "mixture")


@dataclass(frozen=True, kw_only=True)
class Space:
    """Vectors and their maps; shared by all visitors, so read-only.

    Attributes:
        source: an encoder's name, or ``pixels``.
        of: the data set.
        labels: (n,).
        vectors: (n, d), or None where they are pictures that are not on this machine.
        plane: the PCA.
        points: map → its points for each seed; no entry where none is shipped.
        measures: map → what was measured for each seed.
        distances: median and p95 of the distance to the nearest other vector; may be empty.
        fresh: whether shipped maps, if there should be some, are whole and of the encoder's weights that are here.
    """

    source: str
    of: str
    labels: NDArray[np.uint8]
    vectors: NDArray[np.float32] | None
    plane: Plane
    points: dict[str, list[NDArray[np.float32]]]
    measures: dict[str, list[dict[str, float]]]
    distances: dict[str, float]
    fresh: bool = True


def choose_space() -> Space:
    """Draw the choice of an encoder or the pixels, and of the data set.

    Raises:
        GenlabError: nothing is known of what was chosen; the sentence says why.
    """
    from genlab import checkpoints

    known = _encoders(tuple(checkpoints.names()))
    own = {mine.name: mine.title for mine in kept.networks() if kept.codes_digits(mine.checkpoint)}
    others = [*own, *(name for name in known if name not in SPACES)]
    offered = {PIXELS, *known, *([OTHER] if others else [])}
    shown = {key: _(title) for key, title in SPACES.items() if key in offered}
    left, right = st.columns([7, 3])
    with left:
        source = choose(_("Maps of the codes of"), shown, key="space", default=next(iter(shown)))
        if source == OTHER:
            titles = {name: own.get(name, name) for name in others}
            how: dict[str, Any] = {"format_func": titles.__getitem__, "key": "encoder", "bind": "query-params"}
            source = st.selectbox(_("Encoder"), others, **how) or others[0]
    with right:
        default = "mnist" if data.default_name() == "mnist" else "digits"
        sets = SETS if source in SPACES else {of: SETS[of] for of in SETS if data.available()[of]}
        of = choose(_("Pictures"), {key: _(title) for key, title in sets.items()}, key="of", default=default)
    return space(source, of, str(data.available()[of] or ""))


@st.cache_resource(show_spinner=False, max_entries=4)
def _encoders(names: tuple[str, ...]) -> list[str]:
    """Those of the checkpoints that encode digits as one vector, by what their configurations say; none is loaded."""
    from genlab import checkpoints
    from genlab.files import read_json

    found = []
    for name in names:
        try:
            config = read_json(checkpoints.root() / name / checkpoints.CONFIG)
            kind, trained = config["model"]["kind"], config["train"]["dataset"]
        except (GenlabError, KeyError, TypeError):
            continue
        if kind in KINDS and trained == "mnist":
            found.append(name)
    return found


@st.cache_resource(show_spinner=False, max_entries=16)
def space(source: str, of: str, root: str) -> Space:
    """Shipped maps, or PCA computed now where none are shipped.

    Args:
        root: where the data set lies, or nothing; with it the pictures come and go.

    Raises:
        GenlabError: neither maps nor pictures are here.
    """
    from genlab import mapping, maps

    found: Space
    try:
        shelf, fresh = mapping.shelf(source, of)
        if not fresh:
            raise CheckpointError("The shipped maps of “{name}” are of other weights.", name=source)
    except CheckpointError:
        if not root:
            raise
        chosen = mapping.pictures(of)
        x, labels = vectors(source, chosen.images), chosen.labels.numpy().astype(np.uint8)
        plane = maps.fit_plane(x)
        points = plane.project(x)
        found = Space(
            source=source,
            of=of,
            labels=labels,
            vectors=x,
            plane=plane,
            points={"pca": [points]},
            measures={"pca": [maps.measure(x, points, labels)]},
            distances={},
            fresh=not mapping.ships(source),
        )
    else:
        codes = shelf.codes
        if source == PIXELS and root:
            codes = vectors(source, mapping.pictures(of).images)
        found = Space(
            source=source,
            of=of,
            labels=shelf.labels,
            vectors=codes,
            plane=shelf.plane,
            points={"pca": [shelf.pca], "tsne": shelf.tsne, "umap": shelf.umap, "few": [shelf.few]},
            measures=shelf.about["measures"],
            distances=shelf.about.get("distances", {}),
        )
    warm.grown()
    return found


def vectors(source: str, images: Tensor) -> NDArray[np.float32]:
    """Codes or pixels of pictures, ``uint8`` or in [0, 1]: (n, d)."""
    from genlab import mapping

    return mapping.vectors_by(None if source == PIXELS else cache.checkpoint(source).model.encode, images)
