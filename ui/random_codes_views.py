"""Closer looks of the lesson on random codes: where codes lie, how many Gaussians, styles, and a judge that is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.palette import DIGIT_COLOURS
from ui import cache
from ui.components.sheet import Sheet, sheet_of_pictures
from ui.i18n import _, number, separators
from ui.judge import fitting, judge, judge_or_none, percent, read, said
from ui.pictures import Picture, grey_png, strip
from ui.random_codes import COURSE, MIXED, NORMAL, VAE, Choice, draw_number, new_draw, random_codes

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from torch import Tensor

STYLED = "cvae-mnist-z16"
CLASSES = 10
STYLES = 5  # rows of the sheet
DOTS = 1000  # codes that are compared, and random ones
DRAWN = 400  # of each in the scatter: a browser without a GPU takes most of a second for all, or for WebGL
NOISES, SHOWN = 200, 10
SURE = 0.9
LEGEND = {"orientation": "h", "y": -0.2, "x": 0, "font": {"size": 14}, "itemsizing": "constant"}
FD_TICKS = (5, 10, 20, 50, 100, 200, 500, 1000)


# --------------------------------------------------------------------------------------- where codes lie
def why(pair: list[Choice], draw: int) -> None:
    """Two of the numbers of the code: test pictures, and random codes; and how far the one are from the other."""
    st.markdown(
        _(
            "A decoder knows what to draw only **near codes that it was trained with**. Nothing told the autoencoder "
            "to put them where $\\mathcal N(0, I)$ is, so the dice fall beside them; the VAE’s second loss term did. A "
            "mixture of Gaussians goes the other way: it is fitted to where the codes are."
        )
    )
    for column, choice, key in zip(st.columns(2, gap="large"), pair, ("left", "right"), strict=True):
        with column:
            codes, labels = trained_codes(choice.name, data.default_name())
            z = random_codes(choice.name, choice.size, DRAWN, draw)
            figure = plot_codes(codes[:DRAWN], labels[:DRAWN], z, far_out(codes))
            st.plotly_chart(figure, key=f"why_{key}", config={"displayModeBar": False})
            far, near = distances(choice.name, choice.size, draw)
            st.caption(
                _(
                    "{title}: a random code is **{far}** away from the nearest code of {count} test pictures (median). "
                    "The nearest of another test picture is **{near}** away from theirs."
                ).format(title=choice.title, far=number(far, 1), near=number(near, 1), count=number(len(codes)))
            )


@st.cache_resource(show_spinner=False, max_entries=16)
def trained_codes(name: str, dataset: str) -> tuple[Tensor, Tensor]:
    """Codes (n, latent_dim) and labels (n,) of test pictures as the decoder saw such in training: a VAE's with noise.

    Raises:
        CheckpointError, DataError.
    """
    import torch

    from genlab import models
    from genlab.data import to_float
    from genlab.seeding import make_generator

    codes, labels = cache.test_codes(name, dataset)
    model = cache.checkpoint(name).model
    if isinstance(model, models.VAE):
        with torch.inference_mode():
            mu, logvar = model.posterior(to_float(cache.test_set(dataset).images[: len(codes)]))
            eps = torch.randn(mu.shape, generator=make_generator(0, "posterior"))
            codes = (mu + (0.5 * logvar).exp() * eps).clone()
    return codes, labels


@st.cache_data(show_spinner=False, max_entries=256)
def distances(name: str, size: int, draw: int) -> tuple[float, float]:
    """Medians: from a random code to the nearest of a test picture; from one of these to the nearest other."""
    import torch

    codes, _labels = trained_codes(name, data.default_name())
    far = torch.cdist(random_codes(name, size, DOTS, draw), codes).min(1).values
    near = torch.cdist(codes[:DOTS], codes).topk(2, largest=False).values[:, 1]
    return far.median().item(), near.median().item()


def far_out(codes: Tensor) -> tuple[int, int]:
    """The two numbers of a code that are, root mean square, farthest from 0."""
    first, second = codes.square().mean(0).topk(2).indices.tolist()
    return first, second


def plot_codes(codes: Tensor, labels: Tensor, z: Tensor, dims: tuple[int, int]) -> go.Figure:
    """Two numbers of codes of test pictures, in the colours of their digits, and of random codes, as crosses."""
    import plotly.graph_objects as go

    from genlab.figure_style import AXIS, LAYOUT

    i, j = dims
    random = go.Scatter(
        x=z[:, i].tolist(),
        y=z[:, j].tolist(),
        name=_("random"),
        mode="markers",
        marker={"color": "gray", "size": 7, "symbol": "cross-thin-open", "opacity": 0.7},
        hoverinfo="skip",
    )
    digits = [
        go.Scatter(
            x=codes[labels == digit, i].tolist(),
            y=codes[labels == digit, j].tolist(),
            name=str(digit),
            mode="markers",
            marker={"color": DIGIT_COLOURS[digit], "size": 4, "opacity": 0.8},
            hovertemplate=f"{digit}<extra></extra>",
        )
        for digit in range(CLASSES)
    ]
    figure = go.Figure([random, *digits])
    figure.update_xaxes(**AXIS, title_text=f"z{i + 1}", zeroline=False)
    figure.update_yaxes(**AXIS, title_text=f"z{j + 1}", zeroline=False, scaleanchor="x")
    figure.update_layout(**{**LAYOUT, "hovermode": "closest", "height": 440, "legend": LEGEND}, separators=separators())
    return figure


# --------------------------------------------------------------------------------------- how many Gaussians
def curve(pair: list[Choice]) -> None:
    """FD against the number of Gaussians in the density."""
    from genlab.figures import Series, plot_error_curve

    cache.checkpoint(MIXED)  # or the sentence that it is missing
    metrics = fitting(cache.checkpoint_or_none(MIXED))
    ways = metrics.get("ways", {})
    points = {int(way.partition("@")[2]): found["fd"] for way, found in ways.items() if "@" in way}
    if not points:
        st.warning(_("These networks’ random pictures have not been measured. Run: python -m genlab evaluate"))
        return
    ends = (min(points), max(points))
    lines = [Series(name=_("Autoencoder + density"), points=points, colour=DIGIT_COLOURS[0])]
    flat: dict[str, tuple[float | None, int]] = {
        _("Autoencoder, N(0, I)"): (ways.get(NORMAL, {}).get("fd"), 9),
        _("The course’s VAE"): (_normal_fd(COURSE), 3),
        _("VAE"): (_normal_fd(VAE), 1),
        _("Real"): (metrics.get("floor", {}).get("fd"), 6),
    }
    lines += [
        Series(name=title, points=dict.fromkeys(ends, fd), colour=DIGIT_COLOURS[colour], dashed=True)
        for title, (fd, colour) in flat.items()
        if fd is not None
    ]
    current = next((one.size for one in pair if one.size), ends[1])
    figure = plot_error_curve(
        lines, current, x_title=_("Gaussians in the density, K"), y_title="FD", separators=separators()
    )
    figure.update_yaxes(tickvals=FD_TICKS, ticktext=[str(tick) for tick in FD_TICKS])
    st.plotly_chart(figure, key="fd_curve", config={"displayModeBar": False})
    st.latex(
        r"p(z) = \sum_{j=1}^{K} w_j\, \mathcal N(z;\, m_j, C_j), \qquad"
        r" z = m_j + L_j \varepsilon, \; C_j = L_j L_j^{\mathsf T}"
    )
    st.caption(
        _(
            "Each point: 10,000 random codes. Weights $w_j$, means $m_j$ and covariances $C_j$ were fitted to the "
            "training pictures’ codes by expectation maximisation; the network itself was not touched."
        )
    )


def _normal_fd(name: str) -> float | None:
    return fitting(cache.checkpoint_or_none(name)).get("ways", {}).get(NORMAL, {}).get("fd")


# --------------------------------------------------------------------------------------- styles
def styles() -> None:
    """The conditional network: the same style for all ten digits."""
    import torch

    from genlab.models import ConditionalVAE
    from genlab.seeding import make_generator

    loaded = cache.checkpoint(STYLED)
    model = loaded.model
    assert isinstance(model, ConditionalVAE)
    st.markdown(
        _(
            "This VAE’s decoder is **told the digit**. What is left for $z$ is the style: each row is one random $z$, "
            "decoded with all ten digits."
        )
    )
    st.latex(r"x = g(z, y), \quad z \sim \mathcal N(0, I)")
    new_draw(_("New styles"), "styles")
    z = torch.randn(STYLES, model.style_dim, generator=make_generator(draw_number("styles"), "styles"))
    labels = torch.arange(CLASSES).repeat(STYLES)
    with torch.inference_mode():
        pictures = model.decode(torch.cat([z.repeat_interleave(CLASSES, 0), model.told(labels)], 1))
    opinion = read(pictures) if judge_or_none() else None
    readings = [] if opinion is None else [said(one, 2) for one in opinion]
    sheet_of_pictures(Sheet(pictures=pictures, columns=CLASSES, readings=readings), key="sheet_styles")
    agreement = loaded.metrics.get("samples", {}).get("agreement")
    if agreement:
        worst = min(range(CLASSES), key=agreement.__getitem__)
        st.caption(
            _(
                "Of 1,000 random styles for each digit, the judge reads **{share} %** as the digit that was asked for; "
                "least often the {digit}, {least} %."
            ).format(
                share=number(100 * sum(agreement) / CLASSES, 1), digit=worst, least=number(100 * agreement[worst], 1)
            )
        )


# --------------------------------------------------------------------------------------- a sure judge
def noise(draw: int) -> None:
    """Uniform noise, and how sure the judge is of it."""
    import torch

    from genlab.seeding import make_generator

    judge()  # or the sentence that it is missing
    x = torch.rand(NOISES, 1, 28, 28, generator=make_generator(draw, "uniform noise"))
    opinion = read(x)
    assert opinion is not None
    sure = (opinion.max(1).values > SURE).float().mean().item()
    st.markdown(
        _(
            "A judge that only knows digits calls everything a digit: of {count} pictures of **pure noise** it is more "
            "than 90 % sure in **{share} %**. So its confidence alone says nothing about quality; FD, precision and "
            "coverage compare with real digits."
        ).format(count=number(NOISES), share=percent(sure))
    )
    strip(
        [Picture(png=grey_png(x[n]), title=said(opinion[n]), alt=_("Noise")) for n in range(SHOWN)],
        least=3.7,
    )
