"""What the lesson on walks shows: three ways between two pictures under one handle, and what is met on each."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from genlab import data
from genlab.errors import CheckpointError, GenlabError
from ui import cache, kept
from ui.address import choose
from ui.components.walk import Course, walk_strips
from ui.i18n import N_, _, explain, number
from ui.interpolation_reading import PIXELS, decoder, ends_of, reading, reference
from ui.judge import JUDGE, judge
from ui.nearest import Near, nearest_pictures

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.interpolation import Way

PLAIN, VARIATIONAL = "ae-mnist-z16", "vae-mnist-z16"
TITLES = {
    PLAIN: N_("Autoencoder"),
    VARIATIONAL: N_("Variational autoencoder"),
    PIXELS: N_("Mixed pixels"),
}
WAYS = {"straight": N_("Straight line"), "circle": N_("Great circle")}
FORMULAS = {
    "straight": r"z(t) = (1 - t)\,a + t\,b",
    "circle": r"\begin{gathered}z(t) = \frac{\sin((1-t)\,\Omega)\,a + \sin(t\,\Omega)\,b}{\sin\Omega}\\[6pt]"
    r"\cos\Omega = \frac{a \cdot b}{\lVert a\rVert\,\lVert b\rVert}\end{gathered}",
}
MEASURED = Path(__file__).parent / "assets" / "paths.json"  # written by benchmarks/paths.py
GIF_FRAMES = 41
WITHOUT = "none"


def settings() -> tuple[Way, int]:
    """In which line, and in how many steps."""
    left, middle, right = st.columns([4, 5, 3], vertical_alignment="center")
    with left:
        way = choose(_("Way"), {key: _(title) for key, title in WAYS.items()}, key="way", default="straight")
    with right:
        steps = st.slider(_("Steps"), 5, 15, 9, key="steps", bind="query-params")
    with middle:
        st.latex(FORMULAS[way])
    return cast("Way", way), steps


def _through() -> dict[str, str]:
    """The ways of a walk: those of the lesson, and through one of the visitor's networks; translated."""
    shown = {network: _(title) for network, title in TITLES.items()}
    own = kept.beside({}, kept.codes_digits)
    if own:
        asked = choose(_("Also through"), {**own, WITHOUT: _("none of yours")}, key="also", default=list(own)[-1])
        shown |= {name: title for name, title in own.items() if name == asked}
    return shown


def courses(x: Tensor, y: Tensor, way: Way) -> list[Course]:
    """The same walk through each network, and through pixels. What is not here is said and left out."""
    judged = True
    try:
        judge()
    except CheckpointError as error:
        st.warning(explain(error))
        judged = False
    found = []
    for network, title in _through().items():
        try:
            read = reading(network, x, y, way) if judged else None
            found.append(
                Course(
                    title=title,
                    note=_("{share} % of the way reads as a digit").format(share=number(100 * read.share))
                    if read
                    else "",
                    network=None if network == PIXELS else network,
                    ends=ends_of(network, x, y),
                    decode=decoder(network),
                    reading=read,
                )
            )
        except CheckpointError as error:
            st.warning(explain(error))
    return found


def walk(x: Tensor, y: Tensor) -> None:
    """All of it, from the settings to what can be taken home."""
    way, steps = settings()
    shown = courses(x, y, way)
    about = (x.numpy().tobytes(), y.numpy().tobytes())
    share = walk_strips(shown, way=way, steps=steps, about=about, key="walk")
    take_home(shown, way, steps)
    if any(course.reading for course in shown):
        holes()
        nearest(shown, share)
        many_pairs()


def holes() -> None:
    """What the captions say, and what a hole is."""
    real = reference(data.default_name())
    st.markdown(
        _(
            "**Under each frame:** which digit a classifier reads, how sure it is, and how far the code (or the mix) "
            "is from that of the nearest real picture. **A hole**, dashed: the classifier is at most 90 % sure, or the "
            "picture is unlike all real ones, or no real code is near."
        )
    )
    st.caption(
        _(
            "*Unlike*, *not near*: further from the nearest of {count} test pictures, in the classifier’s features or "
            "in the code, than 99 % of them are from theirs; the ends do not count. So {share} % of real pictures "
            "pass the first two conditions. No condition would do alone: the classifier is sure of pure noise, and "
            "halves of two digits are near both."
        ).format(count=number(len(real.features.codes)), share=number(100 * real.clear))
    )


def nearest(shown: list[Course], share: float) -> None:
    """The real pictures nearest to the handle, one for each way."""
    from genlab.interpolation import POINTS

    place = round(share * (POINTS - 1))
    found = [
        Near(index=int(read.nearest[place]), distance=read.distances[place].item(), title=course.title)
        for course in shown
        if (read := course.reading)
    ]
    nearest_pictures(found, digits=1, least=6.0, most=8.0)


def many_pairs() -> None:
    """One pair proves nothing: the same over many, where it has been measured with these very networks."""
    found = measured()
    if found is None:
        return
    st.markdown(
        _(
            "**One pair proves nothing.** Over {pairs} random pairs of different digits, so much of the way reads as a "
            "digit:"
        ).format(pairs=number(found["pairs"]))
    )
    head = "| |" + "|".join(_(title) for title in WAYS.values()) + "|\n|---|" + "---|" * len(WAYS)
    rows = [
        f"| {_(title)} |" + "|".join(f"{number(100 * found['share'][network][way], 1)} %" for way in WAYS) + "|"
        for network, title in TITLES.items()
    ]
    st.markdown("\n".join([head, *rows]))
    st.caption(
        _(
            "A VAE decodes a cloud around each code and packs the clouds around zero, so that there is little room for "
            "holes. Between two real codes that helps a little, as the table says. It matters where no code ever was: "
            "decode random codes."
        )
    )


def measured() -> dict[str, Any] | None:
    """What ``benchmarks/paths.py`` wrote, if it was measured with the networks that are here."""
    try:
        found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
        here = {network: cache.checkpoint(network).sha256 for network in (PLAIN, VARIATIONAL)}
        if found["weights"] != here | {JUDGE: judge().sha256}:
            return None
        [float(found["share"][network][way]) for network in TITLES for way in WAYS]
    except (OSError, ValueError, KeyError, TypeError, GenlabError):
        return None
    return found


def take_home(shown: list[Course], way: Way, steps: int) -> None:
    """Downloads, drawn when they are asked for."""
    if not shown:
        return
    with st.container(horizontal=True):
        for form, label, icon in (
            ("gif", _("Animated GIF"), ":material/animation:"),
            ("png", _("Film strips, PNG"), ":material/theaters:"),
        ):
            st.download_button(
                label,
                partial(_file, [(one.title, one.ends, one.decode) for one in shown], way, steps, form),
                file_name=f"walk.{form}",
                mime=f"image/{form}",
                icon=icon,
                on_click="ignore",
                key=f"take_{form}",
            )


def _file(
    rows: list[tuple[str, tuple[Tensor, Tensor], Callable[[Tensor], Tensor]]], way: Way, steps: int, form: str
) -> bytes:
    """Runs in a thread of its own, without a visitor: everything is given."""
    import torch

    from genlab.interpolation import POINTS, shares, stops
    from genlab.interpolation import WAYS as LINES
    from ui import interpolation_files as files

    places = shares(GIF_FRAMES) if form == "gif" else shares(POINTS)[stops(steps)]
    with torch.inference_mode():
        drawn = [(title, decode(LINES[way](*ends, places))) for title, ends, decode in rows]
    return files.animation(drawn) if form == "gif" else files.film(drawn)
