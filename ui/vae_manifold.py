"""The manifold of the variational autoencoder of two numbers, and what the classifier reads in it."""

from __future__ import annotations

import contextlib
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import PublishError
from ui import cache
from ui.components.publish import publish_tensors
from ui.components.vae_parts import SIDE, Grid, manifold
from ui.i18n import _, number
from ui.judge import JUDGE, is_here, judge
from ui.pictures import to_png

if TYPE_CHECKING:
    from torch import Tensor

SMALL = "vae-mnist-z2"


def quantiles(count: int = SIDE) -> list[float]:
    """The middles of ``count`` parts of N(0, 1) that are equally likely, ascending."""
    return [NormalDist().inv_cdf((n + 0.5) / count) for n in range(count)]


def pictures(name: str) -> Tensor:
    """What the network decodes at all places, row by row from above: (SIDE², 1, 28, 28).

    Raises:
        CheckpointError: it is not here.
    """
    import torch

    places = torch.tensor(quantiles())
    rows, columns = torch.meshgrid(places.flip(0), places, indexing="ij")
    with torch.inference_mode():
        return cache.checkpoint(name).model.decode(torch.stack([columns.flatten(), rows.flatten()], 1))


@st.cache_resource(show_spinner=False, max_entries=4)
def read(name: str, judged: bool) -> Grid:
    """The manifold, and what the classifier reads in each of its pictures, if it is here.

    Raises:
        CheckpointError: the network is not here.
    """
    import torch

    decoded = pictures(name)
    levels = (decoded * 255).round().byte()
    digits: list[int] = []
    sure: list[float] = []
    address = ""
    with contextlib.suppress(PublishError):
        address = publish_tensors(f"manifold-{name}", {"pictures": levels.flatten()})
    if judged:
        with torch.inference_mode():
            best = judge().model(decoded).softmax(1).max(1)
        digits, sure = best.indices.tolist(), best.values.tolist()
    sheet = levels[:, 0].unflatten(0, (SIDE, SIDE)).permute(0, 2, 1, 3).flatten(2).flatten(0, 1)  # (SIDE·28, SIDE·28)
    return Grid(
        pictures=address,
        png=to_png(sheet.numpy()),
        places=quantiles(),
        digits=digits,
        sure=sure,
    )


def show(x: Tensor) -> None:
    """The grid, the visitor's picture on it, and what is to be seen.

    Raises:
        CheckpointError: the network is not here.
    """
    import torch

    model: Any = cache.checkpoint(SMALL).model
    with torch.inference_mode():
        mu, logvar = model.posterior(x)
    st.markdown(
        _(
            "With two numbers all codes fit on one page: columns and rows stand at the quantiles of "
            "$\\mathcal N(0, 1)$, so each cell is equally likely. Tap one. (Kingma & Welling 2014, fig. 4b)"
        )
    )
    grid = read(SMALL, is_here())
    sigma = (0.5 * logvar[0]).exp()
    about = x.numpy().tobytes()
    manifold(grid, mu[0].tolist(), sigma.tolist(), about=about, key="cell")
    if not grid.digits:
        st.warning(_("“{name}” is not here, so nobody says which digit is where.").format(name=JUDGE))
    else:
        unsure = sum(one < 0.5 for one in grid.sure) / len(grid.sure)
        st.caption(
            _(
                "Colours and counts: the digit that the classifier reads, where it is more than half sure; in "
                "{unsure} % of the cells it is not."
            ).format(unsure=number(100 * unsure, 0))
        )
