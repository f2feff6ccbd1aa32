"""What the lesson on latent maps shows: three linked maps of one encoder's codes, or of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from genlab import data
from genlab.errors import GenlabError
from ui.address import choose
from ui.components.map_parts import (
    Behind,
    ShownMap,
    linked_maps,
    published_codes,
    published_decoder,
    published_pictures,
)
from ui.i18n import _, explain, number
from ui.maps_space import PIXELS, STAND_IN, Space, space, vectors

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.maps import Made

TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
OWN = "maps_own"  # in the session: the visitor's maps, newest last
MOST_OWN = 6


def explore(x: Tensor | None, here: Space) -> None:
    """The three maps, with the visitor's picture on those that can place it."""
    seed = _choose_seed(here)
    if not here.fresh:
        st.warning(
            _("The shipped maps of this encoder are broken, or of other weights. Run: python -m genlab maps --write"),
            icon=":material/history:",
        )
    own = _place(x, here)
    shown = [_shown(here, method, seed, own.points[method] if own else None) for method in TITLES]
    linked_maps(shown, here.labels, _behind(here), about=(here.source, here.of), key="spot")
    if own:
        st.caption(own.sentence)


def _choose_seed(here: Space) -> str:
    options = {"1": _("First"), "2": _("Second")}
    if any(own_map(here, method) for method in TITLES):
        options["own"] = _("Your own")
    return choose(_("Random start of t-SNE and UMAP"), options, key="seed", default="1")


def own_map(here: Space, method: str) -> Made | None:
    """The visitor's own map of these vectors, if there is one."""
    kept: dict[tuple[str, str, str], Made] = st.session_state.get(OWN, {})
    return kept.get((here.source, here.of, method))


def keep_own(here: tuple[str, str], made: Made) -> None:
    """Keep a visitor's map; the oldest goes where there are too many."""
    kept: dict[tuple[str, str, str], Made] = st.session_state.setdefault(OWN, {})
    kept.pop((*here, made.settings.method), None)
    kept[(*here, made.settings.method)] = made
    while len(kept) > MOST_OWN:
        del kept[next(iter(kept))]


def _shown(here: Space, method: str, seed: str, own: NDArray[np.float32] | None) -> ShownMap:
    points, measures, title = chosen(here, method, seed)
    if points is None:
        note = _("There is no map of these codes yet. Make one below: “Your own map”.")
        return ShownMap(key=method, title=title, points=None, note=note)
    inverse: dict[str, Any] = {}
    if method == "pca":
        inverse = {"mean": here.plane.mean, "axes": here.plane.components[:2]}
    return ShownMap(key=method, title=title, points=points, figures=figures(measures), own=own, **inverse)


def chosen(here: Space, method: str, seed: str) -> tuple[NDArray[np.float32] | None, dict[str, float], str]:
    """Points, measures and title of a map; points are None where there are none."""
    mine = own_map(here, method) if seed == "own" else None
    title = TITLES[method]
    if mine:
        return mine.points, mine.measures, f"{title} · {described(mine.settings)}"
    maps = here.points.get(method, [])
    which = 1 if seed == "2" and len(maps) > 1 else 0
    if not maps:
        return None, {}, title
    return maps[which], here.measures[method][which], title


def described(settings: Any) -> str:
    """The settings of a visitor's map in a few words."""
    if settings.method == "tsne":
        return _("perplexity {p}").format(p=number(settings.perplexity))
    return _("{k} neighbours, distance {d}").format(k=number(settings.neighbours), d=number(settings.min_dist, 2))


def figures(measures: dict[str, float]) -> list[str]:
    """The lines under a map."""
    return [
        _("Trustworthiness {value}").format(value=number(measures["trustworthiness"], 3)),
        _("Continuity {value}").format(value=number(measures["continuity"], 3)),
        _("k-NN {value} % (vectors {all} %)").format(
            value=number(100 * measures["knn"], 1), all=number(100 * measures["knn_vectors"], 1)
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Own:
    """The visitor's picture on the maps, and what is to be said of it."""

    points: dict[str, NDArray[np.float32] | None]
    sentence: str


def _place(x: Tensor | None, here: Space) -> Own | None:
    """Where the visitor's picture belongs on each map that can say; None without a picture."""
    from genlab.maps import place

    if x is None:
        return None
    vector = vectors(here.source, x)[0]
    points: dict[str, NDArray[np.float32] | None] = {
        "pca": here.plane.project(vector[None])[0],
        "tsne": None,
        "umap": None,
    }
    exact = _("◆ is your picture. PCA has a formula for it.")
    if "tsne" not in here.points:
        return Own(points=points, sentence=exact)
    if here.vectors is None:
        why = _("t-SNE and UMAP need its nearest pictures, and these pictures are not on this machine.")
        return Own(points=points, sentence=f"{exact} {why}")
    seed = st.session_state.get("seed") or "1"
    found = {method: chosen(here, method, seed)[0] for method in ("tsne", "umap")}
    there = {method: one for method, one in found.items() if one is not None}
    placed = place(vector, here.vectors, *there.values())
    points |= dict(zip(there, placed.points, strict=True))
    how = _(
        "t-SNE and UMAP have none: it goes to the middle (weighted median) of the places of its 15 nearest vectors."
    )
    measured = [here.measures[m][0] for m in ("tsne", "umap") if "placed" in here.measures.get(m, [{}])[0]]
    if len(measured) == 2 and seed == "1":  # measured on those maps
        how += " " + _(
            "Of 500 further test pictures {ours} % land among dots of their digit; with the libraries’ own, slower "
            "answer {library} %."
        ).format(
            ours=number(100 * float(np.mean([one["placed"] for one in measured])), 0),
            library=number(100 * float(np.mean([one["placed_library"] for one in measured])), 0),
        )
    distance = float(placed.distances[0])
    if here.distances and distance > here.distances["p95"]:
        how += " " + _(
            "**Its nearest vector is {d} away, further than for 95 % of these pictures ({p}): its place says little.**"
        ).format(d=number(distance, 2), p=number(here.distances["p95"], 2))
    return Own(points=points, sentence=f"{exact} {how}")


def _behind(here: Space) -> Behind:
    """Addresses of what the browser shows of a dot; what cannot be published is left out."""
    root = data.available()[here.of]
    codes = decoder = pictures = None
    try:
        if root is not None:
            pictures = published_pictures(here.of, str(root))
        drawn = here if here.source != PIXELS else None if pictures else space(STAND_IN, here.of, "")
        if drawn is not None and drawn.vectors is not None:
            decoder = published_decoder(drawn.source)
            codes = published_codes(drawn.source, here.of, drawn.vectors, str(id(drawn)))
    except GenlabError as error:
        st.warning(explain(error))
    of_pixels = "pictures" if pictures else ""
    vectors = of_pixels if here.source == PIXELS else "codes" if codes else ""
    return Behind(vectors=vectors, codes=codes, decoder=decoder, pictures=pictures)
