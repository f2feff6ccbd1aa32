"""What the lesson on vector arithmetic shows: directions for slant, thickness and width, and steps between classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from ui import cache, kept, warm
from ui.address import choose
from ui.components.arithmetic import Slider, direction_sliders
from ui.components.parts import interpolation_scrubber
from ui.i18n import N_, _, explain, number
from ui.judge import judge_or_none, read, said
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

NETWORKS = {
    "ae": ("ae-mnist-z16", N_("Autoencoder")),
    "vae": ("vae-mnist-z16", N_("Variational autoencoder")),
}
CLASSES = 10
TRIED = 200  # codes on which the directions are calibrated
TITLES = (N_("Slant"), N_("Thickness"), N_("Width"))
UNITS = ("°", "px", "px")
MOST = (30.0, 1.5, 6.0)  # to both sides
PLACES = (1.0, 0.1, 0.5)
DIGITS = (0, 1, 1)
TABLE = (  # narrower cells on a phone, and what is still too wide scrolls by itself
    "<style>[data-testid='stMarkdownContainer'] table { display: block; overflow-x: auto; }"
    " @media (max-width: 640px) { [data-testid='stMarkdownContainer'] :is(th, td)"
    " { padding: 0.3rem; font-size: 0.9rem; } }</style>"
)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What the codes of test pictures say.

    Attributes:
        steps: what one degree or pixel more adds to a code, (3, latent_dim).
        means: mean code of each class, (CLASSES, latent_dim).
        count: of pictures.
    """

    steps: Tensor
    means: Tensor
    count: int


@st.cache_resource(show_spinner=False, max_entries=8)
def learned(name: str, dataset: str) -> Learned:
    """Directions and class means in the codes of a network, from the test pictures of a data set on this machine.

    Raises:
        CheckpointError, DataError.
    """
    from genlab.attributes import calibrated, class_means, directions, measure
    from genlab.data import to_float

    codes, labels = cache.test_codes(name, dataset)
    measured = measure(to_float(cache.test_set(dataset).images[: len(codes)]))
    steps = calibrated(directions(codes, measured, labels), codes[:TRIED], cache.checkpoint(name).model.decode)
    warm.grown()
    return Learned(steps=steps, means=class_means(codes, labels, CLASSES), count=len(codes))


def choose_network() -> str:
    """Which network's codes are added to; one that is not here is said.

    Raises:
        CheckpointError: none is here.
    """
    here = {}
    for key, (name, title) in NETWORKS.items():
        try:
            cache.checkpoint(name)
            here[key] = _(title)
        except GenlabError as error:
            st.warning(explain(error))
            missing = error
    here = kept.beside(here, kept.codes_digits)
    if not here:
        raise missing
    chosen = choose(_("Network"), here, key="net", default=next(iter(here)))
    return NETWORKS[chosen][0] if chosen in NETWORKS else chosen


def attributes(name: str, x: Tensor) -> None:
    """Three sliders, and what has become of the picture when they are let go."""
    import torch

    found = learned(name, data.default_name())
    with torch.inference_mode():
        z = cache.checkpoint(name).model.encode(x)[0]
    sliders = [
        Slider(name=_(title), unit=unit, most=most, step=place, digits=digits)
        for title, unit, most, place, digits in zip(TITLES, UNITS, MOST, PLACES, DIGITS, strict=True)
    ]
    asked = direction_sliders(name, z, found.steps, sliders, about=(name, x.numpy().tobytes()), key="asked")
    _what_became(name, z, z + torch.tensor(asked) @ found.steps, asked)
    st.caption(
        _(
            "The directions come from the codes of {count} test pictures whose slant, thickness and width were "
            "measured: least squares within each class. “Became” is measured on the decoded pictures."
        ).format(count=number(found.count))
    )


def _what_became(name: str, z: Tensor, moved: Tensor, asked: list[float]) -> None:
    """A table: what was asked of each attribute, and what the decoded picture says."""
    import torch

    from genlab.attributes import measure

    with torch.inference_mode():
        pictures = cache.checkpoint(name).model.decode(torch.stack([z, moved]))
        before, after = measure(pictures).tolist()
    rows = [f"| | {_('Rebuilt → changed')} | {_('Asked')} | {_('Became')} |", "| :-- | --: | --: | --: |"]
    for n, title in enumerate(TITLES):
        change = signed(after[n] - before[n], n)
        rows.append(
            f"| {_(title)} | {written(before[n], n)} → {written(after[n], n)} | {signed(asked[n], n)} | **{change}** |"
        )
    opinion = read(pictures)
    if opinion is not None:
        same = _("same digit") if opinion[0].argmax() == opinion[1].argmax() else _("another digit")
        rows.append(f"| {_('The judge reads')} | {said(opinion[0])} → {said(opinion[1])} | | **{same}** |")
    st.html(TABLE)
    st.markdown("\n".join(rows))


def written(value: float, attribute: int) -> str:
    """A measured attribute with its unit; a dash where there was no ink to measure."""
    if value != value:
        return "–"
    unit = UNITS[attribute]
    return number(value, 1).replace("-", "−") + ("" if unit == "°" else " ") + unit


def signed(value: float, attribute: int) -> str:
    """A change of an attribute, with its sign."""
    return ("+" if value >= 0.05 else "") + written(0.0 if abs(value) < 0.05 else value, attribute)


def other_classes(name: str, x: Tensor) -> None:
    """This digit as each of the ten."""
    import torch

    found = learned(name, data.default_name())
    model = cache.checkpoint(name).model
    known = judge_or_none()
    with torch.inference_mode():
        z = model.encode(x)
        if known is None:  # without a judge: whose mean code is nearest
            own = int((found.means - z).square().sum(1).argmin())
        else:
            own = int(known.model(x).argmax(1))
        pictures = model.decode(z - found.means[own] + found.means)  # (10, 1, 28, 28)
    opinion = read(pictures)
    strip(
        [
            Picture(
                png=grey_png(picture),
                title=_("as a {digit}").format(digit=digit),
                note="" if opinion is None else said(opinion[digit]),
                chosen=digit == own,
            )
            for digit, picture in enumerate(pictures)
        ],
        least=3.7,
    )
    if opinion is not None:
        right = int((opinion.argmax(1) == torch.arange(CLASSES)).sum())
        st.caption(
            _(
                "The judge reads your picture as a {digit}, so the mean code of the class {digit} is taken away and "
                "another’s added. What it reads then stands below each: in {right} of 10 what was asked."
            ).format(digit=own, right=right)
        )


def half_way(name: str) -> None:
    """Between the mean codes of two classes."""
    import torch

    shown = {str(digit): str(digit) for digit in range(CLASSES)}
    left, right = st.columns(2)
    with left:
        first = int(choose(_("Mean code of the class"), shown, key="mean", default="4", round_=True))
    with right:
        second = int(choose(_("and of the class"), shown, key="mean2", default="9", round_=True))
    found = learned(name, data.default_name())
    a, b = found.means[first], found.means[second]
    share = interpolation_scrubber(name, (a, b), about=(first, second), key="half")
    with torch.inference_mode():
        opinion = read(cache.checkpoint(name).model.decode(((1 - share) * a + share * b)[None]))
    if opinion is not None:
        st.caption(
            _("At t = {share} the judge reads {digits}.").format(share=number(share, 2), digits=said(opinion[0], 2))
        )
