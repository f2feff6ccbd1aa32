"""The variational autoencoders of 16 numbers that differ in β: sharp pictures against an orderly code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui import cache
from ui.address import went_back
from ui.i18n import _, explain, number
from ui.judge import fitting
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

NETWORKS = {0.25: "vae-mnist-z16-beta0.25", 1.0: "vae-mnist-z16", 4.0: "vae-mnist-z16-beta4"}
CODES = 10
KEY = "beta"  # of the slider, also in the address


def show(x: Tensor) -> None:
    """A slider over β; the picture and ten random codes under it; the trade-off of all in a table."""
    here: dict[float, Checkpoint] = {}
    for beta, name in NETWORKS.items():
        try:
            here[beta] = cache.checkpoint(name)
        except GenlabError as error:
            st.warning(explain(error))
    if not here:
        return
    st.latex(r"\min\; \mathbb E_q[-\ln p(x\mid z)] + \beta\, \mathrm{KL}(q\,\|\,p)")
    beta = _slider(list(here))
    rebuilt, random = answers(here[beta], x)
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.markdown(f"**{_('The picture, rebuilt')}**")
        strip(
            [Picture(png=grey_png(x[0]), title="x"), Picture(png=grey_png(rebuilt[0]), title="x̂ = g(μ)")],
            least=5.0,
            most=9.0,
        )
    with right:
        st.markdown(f"**{_('Ten random codes')}**, $z \\sim \\mathcal N(0, I)$")
        strip([Picture(png=grey_png(one), alt=_("decoded random code")) for one in random], least=4.2, most=5.5)
    st.markdown(table(here, beta))
    st.caption(
        _(
            "Means over MNIST’s test pictures, in nats; how many of the 16 numbers are in use; FD: how far 10,000 "
            "random pictures are from real ones, as the classifier sees them, less is better. A small β rebuilds "
            "sharply and lets the codes stray from $p$; a large β keeps them in order and blurs. (Higgins et al. 2017, "
            "eq. 4)"
        )
    )


def _slider(stops: list[float]) -> float:
    """The chosen β, kept in the address."""
    labels = {f"{beta:g}": beta for beta in stops}
    if len(stops) == 1:
        return stops[0]
    usual = "1" if "1" in labels else next(iter(labels))
    asked = st.query_params.get(KEY)
    if went_back() or st.session_state.get(KEY) not in labels:
        st.session_state[KEY] = asked if asked in labels else usual
    chosen = str(
        st.select_slider("β", list(labels), key=KEY, format_func=lambda label: number(labels[label], _digits(label)))
    )
    if chosen != (asked or usual):
        if chosen == usual:
            del st.query_params[KEY]
        else:
            st.query_params[KEY] = chosen
    return labels[chosen]


def _digits(label: str) -> int:
    return len(label.partition(".")[2])


def answers(checkpoint: Checkpoint, x: Tensor) -> tuple[Tensor, Tensor]:
    """The picture (1, 1, 28, 28) as it is rebuilt from μ, and the same ten random codes decoded, (10, 1, 28, 28)."""
    import torch

    from genlab.seeding import make_generator

    model: Any = checkpoint.model
    with torch.inference_mode():
        return model(x), model.sample(CODES, make_generator(0, "beta"))


def table(here: dict[float, Checkpoint], chosen: float) -> str:
    """What each β costs and gives, as Markdown; a dash for what was not measured."""
    heads = ["β", "−ln p(x|z)".replace("|", "\\|"), "KL", _("in use"), "FD"]
    lines = [" | ".join(heads), " | ".join("---:" for _head in heads)]
    for beta, checkpoint in here.items():
        bound = checkpoint.metrics.get("bound", {})
        fd = fitting(checkpoint).get("ways", {}).get("normal", {}).get("fd")
        cells = [
            number(beta, _digits(f"{beta:g}")),
            _number(bound.get("reconstruction"), 1),
            _number(bound.get("kl"), 1),
            _number(bound.get("active"), 0),
            _number(fd, 1),
        ]
        lines.append(" | ".join(f"**{cell}**" if beta == chosen else cell for cell in cells))
    return "\n".join(f"| {line} |" for line in lines)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else number(value, digits)
