"""House numbers to choose from, drawn or photographed: the lesson Street numbers begins with eight of them.

Eight stand side by side and one of them is chosen; the address holds its number, ``?digit=7&number=12``.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from ui import cache
from ui.address import choose, went_back
from ui.i18n import N_, _, number
from ui.pictures import grey_png

if TYPE_CHECKING:
    from torch import Tensor

DRAWN, PHOTOGRAPHS = "street", "svhn"
SOURCES = {DRAWN: N_("Street digits (drawn)"), PHOTOGRAPHS: "SVHN"}
ANY = "any"
EIGHT = 8
MOST = 26_032  # pictures of SVHN's test set; a number beyond the last starts over
NARROWEST = 4.2  # rem

# The choice of one of eight is a row of pills whose labels are the pictures, laid out like the strips below it.
PILLS = f"""<style>
.st-key-street_one [role="radiogroup"] {{ display: grid; gap: 0.75rem; padding: 3px; width: 100%; max-width: 102rem;
  grid-template-columns: repeat(auto-fill, minmax(max({NARROWEST}rem, calc((100% - 5.25rem) / 8)), 1fr)); }}
.st-key-street_one button {{ display: block; width: 100%; height: auto; min-height: 0; padding: 0; overflow: hidden;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 0.4rem; background: none; }}
.st-key-street_one button[aria-checked="true"] {{ outline: 3px solid var(--st-primary-color, #1c6fd0); }}
.st-key-street_one button :is(div, span, p) {{ display: block; width: 100%; margin: 0; }}
.st-key-street_one button img {{ display: block; width: 100% !important; height: auto !important; margin: 0;
  max-width: none !important; max-height: none !important; border-radius: 0; object-fit: fill;
  image-rendering: pixelated; }}
.st-key-street_one button[aria-checked="false"]:hover {{
  outline: 3px solid color-mix(in srgb, currentColor 40%, transparent); }}
</style>"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Up to eight test pictures, of which one is chosen.

    Attributes:
        source: ``street`` or ``svhn``.
        places: where each stands in the test set.
        first: number of the first among those that may be chosen, from 0.
        chosen: which of the row, from 0.
        x: (n, 3, 32, 32) in [0, 1].
        digits: what each shows.
    """

    source: str
    places: tuple[int, ...]
    first: int
    chosen: int
    x: Tensor
    digits: tuple[int, ...]


def choose_source() -> str:
    """Which pictures, where SVHN is on this machine; loaded, since it takes a moment."""
    if data.available()[PHOTOGRAPHS] is None:
        return DRAWN
    source = choose(_("Pictures"), {k: _(v) for k, v in SOURCES.items()}, key="street", default=DRAWN)
    if source == PHOTOGRAPHS:
        cache.test_set(PHOTOGRAPHS)
    return source


def choose_row(source: str) -> Row:
    """The panel: digit, number, other eight, and which of the eight."""
    left, middle, right = st.columns([6, 2, 2], vertical_alignment="bottom")
    with left:
        shown = {ANY: _("any"), **{str(digit): str(digit) for digit in range(10)}}
        digit = choose(_("Digit"), shown, key="digit", default=ANY, round_=True)
    _begin_anew((source, digit))
    all_places = places(source, digit)
    count = len(all_places)
    middle.number_input(
        _("Number, 1 to {count}").format(count=number(count)),
        min_value=1,
        max_value=MOST,
        key="number",
        bind="query-params",
    )
    right.button(
        _("Other eight"), icon=":material/casino:", key="street_other", on_click=_other, args=(count,), width="stretch"
    )
    at = (st.session_state["number"] - 1) % count
    first, chosen = at - at % EIGHT, at % EIGHT
    some = tuple(all_places[first : first + EIGHT])
    x, digits = pictures(source, some)
    row = Row(source=source, places=some, first=first, chosen=chosen, x=x, digits=digits)
    _choose_one(row)
    return row


def _begin_anew(about: tuple[str, str]) -> None:
    """Other pictures to choose from begin with the first, unless the address asks for another."""
    last = st.session_state.get("street_about", about)
    st.session_state["street_about"] = about
    if last != about and not went_back():
        st.session_state["number"] = 1


def _other(count: int) -> None:
    """Another row of eight, at random, never the same."""
    rows = -(-count // EIGHT)
    now = (st.session_state["number"] - 1) % count // EIGHT
    other = (now + 1 + secrets.randbelow(max(1, rows - 1))) % rows
    st.session_state["number"] = other * EIGHT + 1


def _choose_one(row: Row) -> None:
    st.html(PILLS)
    labels = {
        str(n): f"![{digit}]({_address(picture)})"
        for n, (digit, picture) in enumerate(zip(row.digits, row.x, strict=True))
    }
    st.session_state["street_one"] = str(row.chosen)  # the number says which
    st.pills(
        _("Choose one"),
        list(labels),
        format_func=labels.__getitem__,
        required=True,
        key="street_one",
        label_visibility="collapsed",
        on_change=_picked,
        args=(row.first,),
        width="stretch",
    )


def _picked(first: int) -> None:
    st.session_state["number"] = first + int(st.session_state["street_one"]) + 1


def _address(picture: Tensor) -> str:
    return "data:image/png;base64," + base64.b64encode(grey_png(picture)).decode()


@st.cache_data(show_spinner=False, max_entries=32)
def places(source: str, digit: str) -> list[int]:
    """Where the test pictures of a digit stand; all where it is ``any``."""
    if source == PHOTOGRAPHS:
        return list(range(len(cache.test_set(source)))) if digit == ANY else cache.members(source, int(digit))
    from genlab.data.street import COUNTS

    if digit == ANY:
        return list(range(COUNTS["test"]))
    return [place for place, drawn in enumerate(_drawn_digits()) if drawn == int(digit)]


@st.cache_data(show_spinner=False)
def _drawn_digits() -> list[int]:
    """What each picture of the drawn test set shows, without drawing it: the first number of its randomness."""
    import numpy as np

    from genlab.data.street import COUNTS, SEED
    from genlab.seeding import make_generator

    seeds = (make_generator(SEED, "street", "test", place).initial_seed() for place in range(COUNTS["test"]))
    return [int(np.random.default_rng(seed).integers(10)) for seed in seeds]


@st.cache_resource(show_spinner=False, max_entries=64)
def pictures(source: str, which: tuple[int, ...]) -> tuple[Tensor, tuple[int, ...]]:
    """Some test pictures, (n, 3, 32, 32) in [0, 1], and what they show."""
    from genlab.data import to_float

    if source == PHOTOGRAPHS:
        held = cache.test_set(source)
        images, labels = held.images[list(which)], held.labels[list(which)]
    else:
        from genlab.data.street import render

        images, labels = render("test", which)
    return to_float(images), tuple(labels.tolist())
