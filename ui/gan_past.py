"""The lesson on sampling: the same 64 noises through the training, of two GANs side by side, and the curves below."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import gan
from ui.components.gan_film import Chart, Film, Line, address_of, film_png, films
from ui.gan import SIDE, Kind, Wish
from ui.i18n import _, number
from ui.judge import fitting
from ui.pictures import Picture, grey_png

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1  # of the films; a new one makes them anew
PRINTED = Path(__file__).parent / "assets" / "gan_course.json"
COURSE = "gan-textbook-mnist"
DISCRIMINATOR, GENERATOR, INK = "#4098ff", "#e07b00", "#b20d6e"
STEPS = (1, 2, 5)


def through_the_epochs() -> None:
    """Two films, and what became of the two networks."""
    kinds = {key: kind for key, kind in gan.here().items() if len(gan.past_epochs(kind.name)) > 1}
    if not kinds:
        st.info(_("No training on this machine has kept its past."))
        return
    pair = []
    for column, key, default in zip(st.columns(2, gap="large"), ("left", "right"), ("best", "collapsed"), strict=True):
        with column:
            label = _("Left") if key == "left" else _("Right")
            pair.append(gan.choose_kind(kinds, key=f"past_{key}", label=label, default=default))
    pair = list(dict.fromkeys(pair))  # the same twice is shown once
    names = [kind.name for kind in pair]
    stops = sorted({epoch for name in names for epoch in gan.past_epochs(name)})
    shown = [make_film(kind, stops, pair) for kind in pair]

    def answer(stop: int) -> list[Picture]:
        return [
            Picture(
                png=grey_png(_whole(_frame(name, gan.past_epochs(name)[film.frames[stop]]))),
                title=film.title,
                note=film.captions[stop],
            )
            for name, film in zip(names, shown, strict=True)
        ]

    films(
        shown,
        stops,
        handle=_("After epoch"),
        value=_("epoch {n}"),
        about=tuple(names),
        key="past",
        start=len(stops) - 1,
        answer=answer,
    )
    said_of(names)


def make_film(kind: Kind, stops: list[int], pair: list[Kind]) -> Film:
    """The same 64 noises after each kept epoch."""
    epochs = gan.past_epochs(kind.name)
    frames = [bisect_right(epochs, stop) - 1 for stop in stops]  # the last that was kept
    return Film(
        title=_(kind.title),
        url=address(kind.name),
        rows=SIDE,
        frames=frames,
        captions=[_("after epoch {n}").format(n=epochs[frame]) for frame in frames],
        charts=charts(kind.name, [one.name for one in pair]),
    )


@st.cache_resource(show_spinner=False)
def past_version(name: str) -> str:
    """Changes with the generators that it had, of whom ``past_epochs`` speaks."""
    import hashlib

    from genlab import checkpoints

    return hashlib.sha256((checkpoints.find(name) / checkpoints.GENERATORS).read_bytes()).hexdigest()[:16]


def address(name: str) -> str:
    """Where the browser finds a film; it is made when it is first asked for."""
    return address_of(f"{name}-{past_version(name)}-{FORMAT}.png", lambda: render(name))


def render(name: str) -> bytes:
    """All frames of a film, as a PNG."""
    import torch

    return film_png(torch.stack([_frame(name, epoch) for epoch in gan.past_epochs(name)]), SIDE)


def _frame(name: str, epoch: int) -> Tensor:
    """(64, 1, 28, 28) of the generator after an epoch, which is not kept in memory."""
    from genlab import past

    model = past.load(name, gan.network(name).model, epoch)
    return gan.pictures(model, gan.codes(Wish(name=name, draw=1), SIDE * SIDE))


def _whole(x: Tensor) -> Tensor:
    """64 pictures as one, (224, 224)."""
    rows = x[:, 0].unflatten(0, (SIDE, SIDE))  # (rows, columns, 28, 28)
    return rows.transpose(1, 2).reshape(SIDE * rows.shape[2], -1)


# --------------------------------------------------------------------------------------- curves
@st.cache_data(show_spinner=False)
def printed() -> dict[str, Any]:
    """The losses that the course prints, and where; empty where the file is not as it should be."""
    try:
        found: dict[str, Any] = json.loads(PRINTED.read_text(encoding="utf-8"))
        return found if len(found["d_loss"]) == len(found["g_loss"]) > 0 else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def history(name: str) -> list[dict[str, Any]]:
    """What was noted after each epoch of a training."""
    found = gan.network(name).metrics.get("training", {}).get("history", [])
    return [row for row in found if isinstance(row, dict) and "epoch" in row]


def series(name: str, *keys: str) -> tuple[list[float], list[list[float]]]:
    """The epochs at which all of these were noted, and the values of each."""
    rows = [row for row in history(name) if all(isinstance(row.get(key), int | float) for key in keys)]
    return [row["epoch"] for row in rows], [[row[key] for row in rows] for key in keys]


def charts(name: str, names: list[str]) -> list[Chart]:
    """Losses, how often the discriminator was right, and what the classifier found; axes as of all ``names``."""
    found = []
    x, (d, g) = series(name, "d_loss", "g_loss")
    if x:
        lines = [
            Line(name=_("discriminator"), colour=DISCRIMINATOR, x=x, y=d),
            Line(name=_("generator"), colour=GENERATOR, x=x, y=g),
        ]
        course = printed() if name == COURSE else {}
        if course:
            epochs = list(range(1, len(course["d_loss"]) + 1))
            lines += [
                Line(name=_("D, printed"), colour=DISCRIMINATOR, x=epochs, y=course["d_loss"], dashed=True),
                Line(name=_("G, printed"), colour=GENERATOR, x=epochs, y=course["g_loss"], dashed=True),
            ]
        values = [value for line in lines for value in line.y]
        found.append(Chart(title=_("Losses"), lines=lines, digits=2, **axis(min(0.0, *values), max(values))))
    x, (real, fake) = series(name, "d_real", "d_fake")
    if x:
        lines = [
            Line(name=_("real"), colour=DISCRIMINATOR, x=x, y=[100 * value for value in real]),
            Line(name=_("generated"), colour=GENERATOR, x=x, y=[100 * value for value in fake]),
        ]
        found.append(Chart(title=_("D is right about"), lines=lines, low=0, high=100, step=50, unit=" %", guide=50))
    return found + judged(name, names)


def judged(name: str, names: list[str]) -> list[Chart]:
    """Fréchet distance, and how many digits appear, where the classifier that measured them is the one that is here."""
    from genlab.health import drawn

    if not fitting(gan.network(name)):
        return []
    found = []
    x, (fd,) = series(name, "fd")
    if x:
        every = [value for one in names for value in series(one, "fd")[1][0] if value > 0]
        low, high = 10 ** _floor_log(min(every)), 10 ** (_floor_log(max(every)) + 1)
        line = Line(name=_("FD"), colour=INK, x=x, y=fd)
        found.append(Chart(title=_("Fréchet distance"), lines=[line], low=low, high=high, digits=1, log=True))
    rows = [row for row in history(name) if isinstance(row.get("classes"), list)]
    if rows:
        line = Line(
            name=_("digits"), colour=INK, x=[row["epoch"] for row in rows], y=[drawn(row["classes"]) for row in rows]
        )
        found.append(Chart(title=_("Digits found"), lines=[line], low=0, high=10, step=5))
    return found


def axis(low: float, high: float) -> dict[str, Any]:
    """An axis with two to four steps of 1, 2 or 5 times a power of ten that holds ``low`` and ``high``."""
    third = max(high - low, 1e-3) / 3
    ten = 10.0 ** _floor_log(third)
    step = next((step * ten for step in STEPS if step * ten >= third), 10 * ten)
    return {"low": math.floor(low / step) * step, "high": math.ceil(high / step) * step, "step": step}


def _floor_log(value: float) -> int:
    return math.floor(math.log10(value))


def said_of(names: list[str]) -> None:
    """What the curves say, and what of them is from the course."""
    st.caption(
        _(
            "The same 64 noises all the way. The losses are means over an epoch; neither has to fall, since each "
            "network’s success is the other’s loss. D is right about 50 % when it cannot tell. FD and digits are of "
            "2,000 random pictures after the epochs that were kept."
        )
    )
    course = printed()
    if COURSE in names and course:
        st.caption(
            _(
                "Dotted: the losses that the course prints for the same networks and settings. Its last epoch has "
                "{d} (D) and {g} (G)."
            ).format(d=number(course["d_loss"][-1], 2), g=number(course["g_loss"][-1], 2))
        )
