"""Films of a generator side by side: the same noise through its training, or a walk; frames change in the browser."""

from __future__ import annotations

import base64
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from genlab.errors import GenlabError
from ui.components import publish
from ui.components.mount import mount
from ui.components.sheet import GAP, SHADE
from ui.components.starts import begin, released
from ui.i18n import _, explain
from ui.pictures import Picture, strip, to_png

if TYPE_CHECKING:
    from torch import Tensor

PIXELS = 28


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a chart.

    Attributes:
        name: in the legend, translated.
        colour: CSS.
        x, y: its points; x ascending.
        dashed: told apart without its colour.
    """

    name: str
    colour: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A small chart under a film.

    Attributes:
        title: translated.
        lines: drawn in it.
        low, high: of its axis.
        step: from one mark of it to the next, where it is not logarithmic.
        digits: of a number, after the point.
        unit: after a number.
        log: whether the axis is logarithmic.
        guide: where a dashed line lies.
    """

    title: str
    lines: Sequence[Line]
    low: float
    high: float
    step: float = 1.0
    digits: int = 0
    unit: str = ""
    log: bool = False
    guide: float | None = None


@dataclass(frozen=True, kw_only=True)
class Film:
    """Frames below each other in one picture, and what is said of each.

    Attributes:
        title: translated.
        url: of the picture.
        rows: pictures in a column of a frame; as many in a row.
        frames: which frame each stop of the handle shows.
        captions: what is said at each stop.
        colours: of each stop, for a ribbon; none for none.
        charts: below it.
    """

    title: str
    url: str
    rows: int
    frames: Sequence[int]
    captions: Sequence[str]
    colours: Sequence[str] = ()
    charts: Sequence[Chart] = field(default_factory=list)


def films(
    shown: Sequence[Film],
    stops: Sequence[int],
    *,
    handle: str,
    value: str,
    about: Hashable,
    key: str,
    start: int,
    answer: Callable[[int], Sequence[Picture]],
    thumbs: int = 0,
    loop: bool = False,
) -> int:
    """Films side by side under one handle, which is dragged or plays; the browser has all frames.

    Args:
        shown: the films.
        stops: the number that each stop of the handle stands for, ascending.
        handle: the handle's name, translated.
        value: what is said of a stop, with ``{n}`` for its number.
        about: what changes when the films do.
        key: the widget's, and the stop's number in the address.
        start: the stop to begin with, counted from 0.
        answer: what each film shows at a stop, for a browser that has no films.
        thumbs: every how many stops a frame is shown small; 0 for none.
        loop: whether playing goes on for ever.

    Returns:
        The stop where the handle was let go, from 0.
    """
    at, asked = begin(key, about, 1)
    first = list(stops).index(int(asked[0])) if asked and asked[0] in stops else start
    words = {"handle": handle, "value": value, "play": _("Play"), "pause": _("Pause")}
    data = {
        "films": [asdict(film) for film in shown],
        "stops": list(stops),
        "side": PIXELS,
        "gap": GAP,
        "thumbs": thumbs,
        "loop": loop,
        "start": first,
        "at": at,
    }
    try:
        found = mount("gan_film", key=key, data=data, words=words, values=["stop"])
    except GenlabError as error:
        st.warning(explain(error))
        found = {"failed": "server"}
    if found["failed"]:
        chosen = list(stops).index(st.select_slider(handle, list(stops), value=stops[first], key=f"{key} {at}"))
        strip(answer(chosen), least=12.0, most=24.0)
        return chosen
    sent = released(key, found["stop"], at, 1)
    return list(stops).index(int(sent[0])) if sent and sent[0] in stops else first


def film_png(x: Tensor, rows: int) -> bytes:
    """Frames (F, rows², 1, 28, 28) in [0, 1], below each other; in each, thin lines between its pictures -> PNG."""
    step, frames = PIXELS + GAP, (x[:, :, 0].numpy() * 255).round().astype(np.uint8)
    side = rows * step - GAP
    whole = np.full((len(frames) * side, side), round(255 * SHADE), dtype=np.uint8)
    for f, frame in enumerate(frames):
        for n, picture in enumerate(frame):
            top, left = f * side + n // rows * step, n % rows * step
            whole[top : top + PIXELS, left : left + PIXELS] = picture
    return to_png(whole)


def address_of(name: str, make: Callable[[], bytes]) -> str:
    """The address of a picture below ``static/films``, made once in the life of this installation.

    Where the folder cannot be written, the picture itself as an address.
    """
    if (publish.STATIC / "films" / name).is_file():
        return f"app/static/films/{name}"
    content = make()
    try:
        return publish.publish(f"films/{name}", content)
    except GenlabError:
        return inline(content)


def inline(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
