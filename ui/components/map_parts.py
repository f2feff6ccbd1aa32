"""Linked maps as a browser component, and as pictures where a browser cannot show it."""

from __future__ import annotations

import base64
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from genlab.errors import GenlabError
from genlab.palette import DIGIT_COLOURS
from ui.components.mount import mount
from ui.components.networks import published_network
from ui.components.publish import pack_tensors, publish_tensors
from ui.components.reach import reach
from ui.components.starts import begin, released
from ui.i18n import _, explain
from ui.pictures import Picture, strip, to_png

if TYPE_CHECKING:
    from torch import Tensor

RASTER = 240  # side of a map's picture
GROUND = (24, 26, 32)


@dataclass(frozen=True, kw_only=True)
class ShownMap:
    """One of the linked maps.

    Attributes:
        key: ``pca``, ``tsne`` or ``umap``.
        title: translated.
        points: (n, 2), or None; then ``note`` says why.
        figures: lines under it.
        note: in the place of points.
        own: where the visitor's picture belongs, if the map can say.
        mean, axes: of its inverse, (d,) and (2, d), if it has one.
    """

    key: str
    title: str
    points: NDArray[np.float32] | None
    figures: list[str] = field(default_factory=list)
    note: str = ""
    own: NDArray[np.float32] | None = None
    mean: NDArray[np.float32] | None = None
    axes: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True)
class Behind:
    """What the browser needs to show what is behind a dot.

    Attributes:
        vectors: ``codes`` or ``pictures``, what the maps are of; empty if those are not here.
        codes, decoder, pictures: addresses, or None.
    """

    vectors: str
    codes: str | None
    decoder: str | None
    pictures: str | None


def linked_maps(
    maps: Sequence[ShownMap], labels: NDArray[np.uint8], behind: Behind, *, about: Hashable, key: str
) -> None:
    """Maps side by side; hovering, selecting and clicking on one shows on all.

    Args:
        maps: the first one has points.
        labels: of the points, (n,).
        behind: see there.
        about: changes when the maps are of something else; then selection and place begin anew.
        key: the widget's, and the clicked place's name in the address.
    """
    at, start = begin(key, about, 3)
    words = {
        "map": _("{map}: arrow keys move, Enter decodes the place, space selects dots, Escape lets them go"),
        "nearest": _("nearest: a {digit}"),
        "how": _("Draw around dots to select them on all maps. Click a place to decode it."),
        "selected": _("{n} selected: {digits}"),
        "lasso": _("Select with the finger"),
        "empty": _("Clear selection"),
        "decoded": _("decoded from the place that was clicked"),
        "inverse": _("inverse: the place itself, decoded"),
        "closest": _("no inverse: the nearest dot, decoded"),
        "neighbours": _("Nearest neighbours among the vectors, and how far"),
        "beside": _("Nearest dots on the map"),
        "pictures": _pictures(behind),
    }
    data: dict[str, Any] = {
        "maps": [
            {
                "key": one.key,
                "title": one.title,
                "figures": one.figures,
                "note": one.note,
                "points": _half(one.points),
                "mean": _half(one.mean),
                "axes": _half(one.axes),
            }
            for one in maps
        ],
        "own": {one.key: [round(float(v), 4) for v in one.own] for one in maps if one.own is not None},
        "labels": base64.b64encode(labels.tobytes()).decode(),
        "colours": DIGIT_COLOURS[: int(labels.max()) + 1],
        "codes": behind.codes,
        "decoder": behind.decoder,
        "pictures": behind.pictures,
        "vectors": behind.vectors,
        "start": start,
        "at": at,
    }
    try:
        found = mount("maps", key=key, data=data, words=words, values=["place"])
    except GenlabError as error:
        st.warning(explain(error))
        found = {"failed": True}
    if found["failed"]:
        strip(
            [
                Picture(png=dots_png(one.points, labels), title=one.title, note="\n".join(one.figures))
                for one in maps
                if one.points is not None
            ],
            least=14.0,
            most=24.0,
        )
    else:
        released(key, found["place"], at, 3)


def dots_png(points: NDArray[np.float32], labels: NDArray[Any], side: int = RASTER, dot: int = 3) -> bytes:
    """A map (n, 2) as a picture on a dark ground, every dot in its digit's colour."""
    low, high = points.min(axis=0), points.max(axis=0)
    reach = max(float((high - low).max()), 1e-6) * 1.06
    places = ((points - (low + high) / 2) / reach + 0.5) * (side - dot)
    columns, rows = places[:, 0].astype(int), (side - dot - places[:, 1]).astype(int)
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in DIGIT_COLOURS], dtype=np.uint8)
    pixels = np.full((side, side, 3), GROUND, dtype=np.uint8)
    for right in range(dot):
        for down in range(dot):
            pixels[rows + down, columns + right] = colours[labels]
    return to_png(pixels)


def published_codes(source: str, of: str, codes: NDArray[np.float32], version: str) -> str:
    """The address of a source's codes (n, d); ``version`` changes with them.

    Raises:
        PublishError: the folder cannot be written.
    """
    return reach(source, f"map-{of}", lambda: pack_tensors(_halves(codes)), version=version)


def _halves(codes: NDArray[np.float32]) -> dict[str, Tensor]:
    import torch

    return {"codes": torch.from_numpy(codes).to(torch.float16)}


@st.cache_resource(show_spinner=False, max_entries=4)
def published_pictures(of: str, root: str) -> str:
    """The address of the pictures that are mapped, in the order of the dots; written while the app runs.

    Args:
        root: where the data set lies; changes when it comes or goes.

    Raises:
        DataError: they are not on this machine.
        PublishError: as ``published_codes``.
    """
    from genlab import mapping

    return publish_tensors(f"{of}-pictures", {"pictures": mapping.pictures(of).images.flatten(1)})


def published_decoder(name: str) -> str | None:
    """The address of a decoder, or None where a browser cannot run it."""
    try:
        return published_network(name, "decode")
    except GenlabError:
        return None


def _pictures(behind: Behind) -> str:
    if behind.pictures:
        return _("Small pictures: the data set’s own.")
    return _("Small pictures: drawn by the decoder from the codes, as the pictures are not on this machine.")


def _half(values: NDArray[Any] | None) -> str | None:
    return None if values is None else base64.b64encode(values.astype(np.float16).tobytes()).decode()
