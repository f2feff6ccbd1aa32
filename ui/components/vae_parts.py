"""The browser parts of the lesson on variational autoencoders; where one cannot be shown, the server answers."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from genlab.palette import DIGIT_COLOURS
from ui import cache
from ui.components.mount import mount
from ui.components.networks import published_network
from ui.components.starts import begin, released
from ui.i18n import _, explain, number
from ui.pictures import Picture, grey_png, strip
from ui.vae_source import excerpts

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 20


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A manifold: what the decoder of two numbers makes of SIDE × SIDE places, row by row from above.

    Attributes:
        pictures: the address of them, a tensor for the browser; empty where it cannot be written.
        png: all of them in one.
        places: where the columns are, from left to right, and the rows, from below.
        digits: what the classifier reads each picture as; empty without one.
        sure: how sure it is, 0 to 1.
    """

    pictures: str
    png: bytes
    places: list[float]
    digits: list[int]
    sure: list[float]


def vae_machine(name: str, x: Tensor, *, kl: list[float], dead: list[bool], note: str, key: str) -> None:
    """From a picture to μ, σ, ε, z, another picture, and the loss; formulas and code beside them.

    Args:
        name: a checkpoint of a variational autoencoder.
        x: the picture, (1, 1, 28, 28) in [0, 1].
        kl: the mean KL of each number of the code over the test set.
        dead: whether a number says nothing about any picture.
        note: what is to be said below the loss.
        key: the widget's.
    """
    words = {
        "note": note,
        "original": _("x, the picture"),
        "answer": _("x̂, decoded from z"),
        "throw": _("New ε"),
        "which": _("number {n}"),
        "column": _("Number of the code"),
        "scale": _("How much of σ"),
        "film": _("Throws"),
        "nats": _("{n} nats"),
        "dead": _("dead: the same for every picture"),
        "formulas": _("Formulas"),
        "code": _("The program"),
    }
    pixels = x.numpy().astype("<f4").tobytes()
    at = f"{name} {zlib.crc32(pixels)}"
    try:
        data: dict[str, Any] = {
            "encoder": published_network(name, "encode"),
            "spread": published_network(name, "spread"),
            "decoder": published_network(name, "logits"),
            "picture": base64.b64encode(pixels).decode(),
            "at": at,
            "kl": kl,
            "dead": dead,
            "code": [asdict(one) for one in excerpts()],
        }
        failed = mount("vae", key=key, data=data, words=words, values=[])["failed"]
    except GenlabError as error:
        st.warning(explain(error))
        failed = True
    if failed:
        _throw(name, x, key=key)
        st.caption(note)


def _throw(name: str, x: Tensor, *, key: str) -> None:
    """The server's throw of the die."""
    import torch

    from genlab.bounds import bernoulli_nll, kl_normal
    from genlab.seeding import make_generator

    count = st.session_state.setdefault(f"{key}_throws", 0)
    if st.button(_("New ε"), icon=":material/casino:", key=f"{key}_throw"):
        count = st.session_state[f"{key}_throws"] = count + 1
    model: Any = cache.checkpoint(name).model
    with torch.inference_mode():
        eps = torch.randn(1, 1, model.style_dim, generator=make_generator(count, "throw"))
        draw = model(x, eps=eps)
        nll = bernoulli_nll(draw.logits[0], x.flatten(1)).item()
        kl = kl_normal(draw.mu, draw.logvar).sum().item()
        x_hat = model.decode(draw.z[0])
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("x, the picture")),
            Picture(png=grey_png(x_hat[0]), title=_("x̂, decoded from z")),
        ],
        most=11.0,
    )
    rows = {"μ": draw.mu[0], "σ": (0.5 * draw.logvar[0]).exp(), "ε": eps[0, 0], "z": draw.z[0, 0]}
    for symbol, values in rows.items():
        st.caption(f"{symbol}: " + "; ".join(number(value, 2) for value in values.tolist()))
    st.markdown(
        _("−ln p(x|z) + KL = {nll} + {kl} = {loss} nats").format(
            nll=number(nll, 1), kl=number(kl, 1), loss=number(nll + kl, 1)
        )
    )


def manifold(grid: Grid, mu: list[float], sigma: list[float], *, about: Hashable, key: str) -> tuple[int, int]:
    """All codes of two numbers at a glance; a cell that is tapped is shown large.

    Args:
        grid: of a network of two numbers: its places and what they read as.
        mu, sigma: of the picture at hand, two numbers each, drawn as an ellipse of 2σ.
        about: what changes when the picture does.
        key: the widget's, and the cell's name in the address.

    Returns:
        Column and row of the cell, from 0; the row from above.
    """
    at, start = begin(key, about, 2)
    nearest = [min(range(SIDE), key=lambda i: abs(grid.places[i] - value)) for value in mu]
    cell = _cell([value - 1 for value in start] if start else None) or (nearest[0], SIDE - 1 - nearest[1])
    words = {
        "map": _("Manifold. Arrow keys move from cell to cell."),
        "cell": _("picture of the chosen cell"),
        "kind": _("cell in two directions"),
        "place": _("z = ({x}; {y})"),
        "reads": _("the classifier reads a {digit} ({sure} %)"),
        "unread": _("the classifier is not sure"),
        "ellipse": _("your picture, μ ± 2σ"),
        "regions": _("What the classifier reads"),
    }
    data: dict[str, Any] = {
        "pictures": grid.pictures,
        "places": grid.places,
        "digits": grid.digits,
        "sure": [round(value, 3) for value in grid.sure],
        "mu": mu,
        "sigma": sigma,
        "start": cell,
        "at": at,
        "colours": DIGIT_COLOURS,
    }
    found: dict[str, Any] = {"failed": "static"}
    try:
        if grid.pictures:
            found = mount("vae_manifold", key=key, data=data, words=words, values=["cell"])
    except GenlabError as error:
        st.warning(explain(error))
    if found["failed"]:
        strip([Picture(png=grid.png, alt=_("All codes of two numbers"))], most=36.0)
        return cell
    sent = released(key, found["cell"], at, 2)
    return _cell([value - 1 for value in sent] if sent else None) or cell


def _cell(values: list[float] | None) -> tuple[int, int] | None:
    """Column and row, if they are on the grid."""
    if values is None or not all(value in range(SIDE) for value in values):
        return None
    return int(values[0]), int(values[1])
