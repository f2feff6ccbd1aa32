"""The part for a walk between two pictures on several ways at once; where a browser cannot, the server answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from genlab.palette import DIGIT_COLOURS
from ui.components.mount import mount
from ui.components.networks import published_network
from ui.components.starts import begin, released
from ui.i18n import _, explain, number
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.interpolation import Reading, Way

DIGIT, BLURRED, FAR = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Course:
    """One way from picture to picture.

    Attributes:
        title: above its frames, translated.
        note: beside the title, translated.
        network: the checkpoint whose decoder draws it; None where the ends are pixels.
        ends: two codes (k,), or two pictures' pixels (784,) in [0, 1].
        decode: codes (n, k) -> pictures (n, 1, 28, 28) in [0, 1].
        reading: of ``genlab.interpolation.POINTS`` places; None where nobody judges.
    """

    title: str
    note: str
    network: str | None
    ends: tuple[Tensor, Tensor]
    decode: Callable[[Tensor], Tensor]
    reading: Reading | None


def walk_strips(courses: Sequence[Course], *, way: Way, steps: int, about: Hashable, key: str) -> float:
    """All courses under one handle, each with the picture there and a film strip with what was read in its frames.

    Args:
        courses: from top to bottom.
        way: in which line they go.
        steps: frames of a film strip.
        about: what changes when the ends do; then the handle goes to the middle.
        key: the widget's, and the share's name in the address.

    Returns:
        How far the handle was let go, from 0 to 1.
    """
    from genlab.interpolation import stops

    at, start = begin(key, about, 1)
    share = _within(start[0]) if start else 0.5
    words = {
        "picture": _("decoded at the handle"),
        "handle": _("From the first digit to the second"),
        "hole": _("hole"),
        "blurred": _("hole: no digit"),
        "far": _("hole: no code near"),
    }
    try:
        data = {
            "rows": [_sent(course) for course in courses],
            "way": way,
            "stops": stops(steps),
            "start": share,
            "at": at,
            "colours": DIGIT_COLOURS,
        }
        found = mount("walk", key=key, data=data, words=words, values=["share"])
    except GenlabError as error:
        st.warning(explain(error))
        found = {"failed": True}
    if found["failed"]:
        return _server(courses, way, steps, share, f"{key} {at}")
    moved = released(key, found["share"], at, 1)
    return _within(moved[0]) if moved else share


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _sent(course: Course) -> dict[str, Any]:
    reading = course.reading
    return {
        "title": course.title,
        "note": course.note,
        "decoder": published_network(course.network, "decode") if course.network else None,
        "from": _rounded(course.ends[0]),
        "to": _rounded(course.ends[1]),
        "reading": reading
        and {
            "digit": reading.digits.tolist(),
            "sure": _rounded(reading.confidence),
            "distance": _rounded(reading.distances, 2),
            "hole": holes(reading),
        },
    }


def holes(reading: Reading) -> list[int]:
    """Of each place whether it reads as a digit (0), or the picture is none (1), or no real code is near (2)."""
    return [
        DIGIT if reads else FAR if clear else BLURRED
        for reads, clear in zip(reading.reads.tolist(), reading.clear.tolist(), strict=True)
    ]


def _rounded(values: Tensor, digits: int = 4) -> list[float]:
    return [round(value, digits) for value in values.tolist()]


def _server(courses: Sequence[Course], way: Way, steps: int, share: float, key: str) -> float:
    """A slider from 0 to 1, the pictures there, and the film strips."""
    import torch

    from genlab.interpolation import POINTS, WAYS, shares, stops

    share = st.slider(_("From the first digit to the second"), 0.0, 1.0, share, 1 / (POINTS - 1), key=key)
    here = round(share * (POINTS - 1))
    for course in courses:
        st.markdown(f"**{course.title}** &nbsp; {course.note}")
        places = [here, *stops(steps)]
        with torch.inference_mode():
            pictures = course.decode(WAYS[way](*course.ends, shares()[places]))
        strip(
            [
                Picture(
                    png=grey_png(picture),
                    note=_told(course.reading, place),
                    alt=f"{course.title}, t = {number(place / (POINTS - 1), 2)}",
                    chosen=n == 0,
                )
                for n, (place, picture) in enumerate(zip(places, pictures, strict=True))
            ],
            least=3.0,
            most=7.0,
        )
    return share


def _told(reading: Reading | None, place: int) -> str:
    """What was read there, in lines."""
    if reading is None:
        return ""
    sure, far = reading.confidence[place].item(), reading.distances[place].item()
    lines = [f"{int(reading.digits[place])} {number(100 * sure)} %", number(far, 1)]
    return "\n".join(lines if reading.reads[place] else [*lines, _("hole")])
