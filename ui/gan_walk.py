"""The lesson on sampling: a walk from noise to noise, and the noise of one picture number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import ExportError
from genlab.palette import DIGIT_COLOURS
from ui import gan
from ui.components.gan_film import Film, film_png, films, inline
from ui.components.gan_parts import REACH, noise_sliders, told
from ui.gan import DRAW, Kind, Wish
from ui.i18n import _
from ui.judge import is_here, judge_or_none
from ui.pictures import Picture, grey_png, strip
from ui.random_codes import draw_number, new_draw

if TYPE_CHECKING:
    from torch import Tensor

STATIONS, STEPS = 6, 10
GREY = "#808080"
SURE = 0.9
FILM = 9  # pictures of one number of the noise
MOVED = "gan_moved"  # in the session: the numbers that were moved, of which noise


def walk() -> None:
    """From noise to noise and back, in a circle of great circles."""
    kind = gan.choose_kind(gan.here())
    wish = Wish(name=kind.name, draw=draw_number(DRAW), label=gan.choose_class(kind.name, every=False))
    new_draw(_("Other noises"), DRAW)
    judge_or_none()
    opinion, pictures = made(wish, is_here())
    captions = told(kind.name, opinion)
    shown = Film(
        title=_(kind.title),
        url=inline(film_png(pictures[:, None], 1)),
        rows=1,
        frames=list(range(len(pictures))),
        captions=captions,
        colours=[
            DIGIT_COLOURS[digit] if sure > SURE else GREY
            for digit, sure in zip(opinion.digits, opinion.sure, strict=True)
        ],
    )

    def answer(stop: int) -> list[Picture]:
        return [Picture(png=grey_png(pictures[stop]), title=shown.title, note=captions[stop])]

    films(
        [shown],
        range(len(pictures)),
        handle=_("Place on the walk"),
        value=_("step {n}"),
        about=wish,
        key="round",
        start=0,
        answer=answer,
        thumbs=STEPS // 2,
        loop=True,
    )
    st.latex(r"z(t) = \frac{\sin((1-t)\,\Omega)\,z_1 + \sin(t\,\Omega)\,z_2}{\sin\Omega}")
    st.caption(
        _(
            "{n} random noises, and between them the great circle, on which noise stays about as long as random noise "
            "is: on a straight line it would be too short half-way. The ribbon has the colour of the digit that the "
            "classifier reads; it is grey where it is less than 90 % sure."
        ).format(n=STATIONS)
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def made(wish: Wish, judged: bool) -> tuple[gan.Opinion, Tensor]:
    """What is made of the pictures of a walk, and the pictures, (n, 1, 28, 28)."""
    from genlab.sampling import round_trip

    model = gan.network(wish.name).model
    stations = gan.codes(wish, STATIONS)[:, : model.style_dim]
    z = gan.with_class(model, round_trip(stations, STEPS), wish.label)
    x = gan.pictures(model, z)
    return gan.opinion(wish.name, x, model.classes_of(z), judged=judged), x


# --------------------------------------------------------------------------------------- one noise
def finger() -> None:
    """The noise of one picture, number by number."""
    kind = gan.choose_kind(gan.here(), default="dense")
    wish = Wish(name=kind.name, draw=draw_number(DRAW), label=gan.choose_class(kind.name, every=False))
    new_draw(_("New noise"), DRAW)
    noise = gan.codes(wish, 1)[0]
    found = None
    try:
        found = noise_sliders(kind.name, noise, about=wish, key="z")
    except ExportError:
        st.caption(
            _("This generator has convolutions: the server draws, after each move. The dense ones follow the finger.")
        )
    if found is None:
        server_sliders(kind, wish, noise)


def server_sliders(kind: Kind, wish: Wish, noise: Tensor) -> None:
    """A slider for one of the numbers, and what it does, from the server."""
    import torch

    model = gan.network(kind.name).model
    key = f"gan_noise {wish}"
    about, moved = st.session_state.get(MOVED, (None, {}))
    if about != wish:
        moved = {}
        st.session_state[MOVED] = (wish, moved)
    which, where = st.columns([1, 3])
    index = int(which.number_input(_("Which number of the noise"), 1, model.style_dim, 1, key=f"{key} which") or 1) - 1
    own = min(max(moved.get(index, noise[index].item()), -REACH), REACH)
    moved[index] = where.slider(f"z{index + 1}", -REACH, REACH, own, 0.05, key=f"{key} {index}")
    z = noise.clone()
    for place, value in moved.items():
        z[place] = value
    varied = z.repeat(FILM, 1)
    varied[:, index] = torch.linspace(-REACH, REACH, FILM)
    x = gan.pictures(model, torch.cat([z[None], varied]))
    said = told(kind.name, gan.opinion(kind.name, x[:1], model.classes_of(z[None])))
    strip([Picture(png=grey_png(x[0]), note=said[0])], most=11.0)
    st.caption(_("z{n} from −3 to 3, all else as it is").format(n=index + 1))
    strip([Picture(png=grey_png(one), alt=_("Picture {n}").format(n=n + 1)) for n, one in enumerate(x[1:])], least=3.4)
