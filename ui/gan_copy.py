"""The lesson on sampling: whether a generated picture is a copy, by its nearest of all 60,000 training pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from ui import cache, gan, warm
from ui.components.gan_parts import sheet
from ui.gan import DRAW, SIDE, Wish
from ui.i18n import _, number, separators
from ui.judge import judge_or_none
from ui.pictures import Picture, grey_png, strip
from ui.random_codes import draw_number, new_draw

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from torch import Tensor

    from genlab.data import ImageSet

MNIST = "mnist"
REAL = 200  # test pictures that are compared with the training pictures, too
BIN = 0.5


def is_it_a_copy() -> None:
    """A sheet; and the training picture that is most like the chosen one."""
    kind = gan.choose_kind(gan.here(of=MNIST))
    wish = Wish(name=kind.name, draw=draw_number(DRAW), label=gan.choose_class(kind.name))
    if data.available()[MNIST] is None:
        st.info(
            _(
                "To see whether a picture is a copy, it is compared with the 60,000 pictures that the GAN learned "
                "from. They are MNIST’s, which is not on this machine."
            ),
            icon=":material/database:",
        )
        st.page_link("pages/data.py", label=_("Get more data"), icon=":material/database:")
        return
    new_draw(_("New noise"), DRAW)
    st.markdown(_("**Tap a picture**, and its nearest training picture appears."))
    left, right = st.columns([3, 2], gap="large")
    with left:
        judge_or_none()
        n = sheet(kind.name, gan.drawn(wish), key="picture", pick=wish)
    with right:
        nearest_of(wish, n)


def nearest_of(wish: Wish, n: int) -> None:
    """The n-th picture of the sheet, its nearest training picture, and how far real ones are from theirs."""
    from genlab.data import to_float

    model = gan.generator(wish.name, wish.epoch)
    x = gan.pictures(model, gan.codes(wish, SIDE * SIDE))[n : n + 1]
    distance, which = found(x)
    known = training()
    real = real_distances()
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("Generated")),
            Picture(
                png=grey_png(to_float(known.images[which : which + 1])[0]),
                title=_("Nearest of {count}").format(count=number(len(known.images))),
                note=_("a {digit}, {far} away").format(digit=int(known.labels[which]), far=number(distance, 1)),
            ),
        ],
        most=9.0,
    )
    middle = real.median().item()
    share = (real < distance).float().mean().item()
    st.markdown(
        _(
            "Real test digits, which are no copies, are **{middle}** away from their nearest (median of "
            "{count}). This picture is **{far}** away: further than {share} % of them. A copy "
            "would be at 0."
        ).format(middle=number(middle, 1), count=number(len(real)), far=number(distance, 1), share=number(100 * share))
    )
    st.plotly_chart(plot(real.tolist(), distance), key="copy_chart", config={"displayModeBar": False})
    st.caption(_("Distance: the root of the summed squared differences of all 784 pixels, each from 0 to 1."))


@st.cache_resource(show_spinner=False)
def training() -> ImageSet:
    """All that the GANs learned from: MNIST's 60,000 training pictures.

    Raises:
        DataError: they are not here, or broken.
    """
    loaded = data.load(MNIST, "train+validation")
    warm.grown()
    return loaded


def found(x: Tensor) -> tuple[float, int]:
    """How far the nearest training picture is from one, (1, 1, 28, 28), and which it is."""
    from genlab.sampling import nearest

    distance, which = nearest(x, training().images)
    return distance.item(), int(which)


@st.cache_resource(show_spinner=False)
def real_distances() -> Tensor:
    """Of the first test pictures, how far each is from its nearest training picture, (REAL,)."""
    from genlab.data import to_float
    from genlab.sampling import nearest

    return nearest(to_float(cache.test_set(MNIST).images[:REAL]), training().images)[0]


def plot(real: list[float], distance: float) -> go.Figure:
    """How far real pictures are from their nearest, with the chosen one's distance as a line."""
    import plotly.graph_objects as go

    from genlab.figure_style import AXIS
    from genlab.figures_training import styled

    figure = go.Figure(
        go.Histogram(
            x=real,
            xbins={"start": 0, "size": BIN},
            marker={"color": "gray"},
            name=_("Real test digits"),
            hovertemplate="%{x}: %{y}<extra></extra>",
        )
    )
    figure.add_vline(
        x=distance, line={"width": 3, "color": "#4098ff"}, annotation={"text": _("this picture"), "font": {"size": 15}}
    )
    figure.update_xaxes(**AXIS, title_text=_("distance to the nearest"), rangemode="tozero")
    figure.update_yaxes(**AXIS, title_text=_("real test digits"), showgrid=False)
    styled(figure, 280, separators(), top=26)
    return figure.update_layout(showlegend=False, hovermode="x", bargap=0.04)
