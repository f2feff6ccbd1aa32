"""What the lesson on regularisers shows: one network with one switch each, two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from genlab import data
from ui import cache, kept
from ui.i18n import N_, _, n_, number
from ui.pictures import Picture, error_png, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint


@dataclass(frozen=True)
class Switch:
    """A network of the bench.

    Attributes:
        title: of its button.
        formula: what it minimises, LaTeX.
        says: a sentence.
    """

    title: str
    formula: str
    says: str


SQUARES = r"\lVert x - \hat x \rVert^2"
SWITCHES = {
    "plain": Switch(N_("Plain"), SQUARES, N_("No switch on: only the short code restrains it.")),
    "overcomplete": Switch(
        N_("Overcomplete"), rf"{SQUARES}, \quad k = 1024", N_("More units than pixels: nothing keeps it from copying.")
    ),
    "tied": Switch(
        N_("Tied weights"),
        rf"{SQUARES}, \quad W' = W^\top",
        N_("The decoder uses the encoder’s weights, turned around."),
    ),
    "l1": Switch(N_("Sparse, L1"), rf"{SQUARES} + \lambda \sum_j |h_j|", N_("Each active unit costs.")),
    "kl": Switch(
        N_("Sparse, KL"),
        rf"{SQUARES} + \lambda \sum_j \mathrm{{KL}}(\rho \,\Vert\, \hat\rho_j)",
        N_("The mean activation of each unit is to be small: ρ."),
    ),
    "contractive": Switch(
        N_("Contractive"),
        rf"{SQUARES} + \lambda \lVert \partial h / \partial x \rVert_F^2",
        N_("The code is to stay where it is when the picture changes a little."),
    ),
    "denoising": Switch(
        N_("Denoising"),
        r"\lVert x - g(f(\tilde x)) \rVert^2",
        N_("It reads a noisy picture and must answer with the clean one."),
    ),
}
SHOWN = 144  # filters, in twelve rows
WIDE = (  # on a phone a wide table or formula scrolls by itself, not the page
    "<style>.st-key-bench_figures [data-testid='stMarkdownContainer'], [data-testid='stMain'] .katex-display"
    " { overflow-x: auto; overflow-y: hidden; }</style>"
)


OWN = N_("One of yours.")


def options() -> dict[str, str]:
    """The switches, and this visitor's networks of one layer of sigmoid units; what is asked → its title."""
    from genlab.units import has_sigmoid_units

    shipped = {key: _(switch.title) for key, switch in SWITCHES.items()}
    return kept.beside(shipped, lambda own: kept.codes_digits(own) and has_sigmoid_units(own.config))


def about(switch: str) -> Switch:
    """What is said of one; a visitor's own minimises what the switch does that it was trained with."""
    if switch in SWITCHES:
        return SWITCHES[switch]
    loaded = network(switch)
    like = "plain" if loaded.train.noise == "none" else "denoising"
    if loaded.train.penalty in SWITCHES:
        like = str(loaded.train.penalty)
    elif getattr(loaded.config, "tied", False):
        like = "tied"
    return Switch("", SWITCHES[like].formula, OWN)


def network(switch: str) -> Checkpoint:
    """The checkpoint with that switch on, or one of the visitor's.

    Raises:
        CheckpointError: it is missing or broken.
    """
    return cache.checkpoint(f"bench-{switch}-mnist" if switch in SWITCHES else switch)


def head(switch: str, x: Tensor) -> None:
    """What it minimises, what the penalty is now, and what comes back."""
    import torch

    loaded, said = network(switch), about(switch)
    st.html(WIDE)
    st.latex(said.formula)
    st.caption(_(said.says))
    with torch.inference_mode():
        h = loaded.model.encode(x)
        x_hat = loaded.model.decode(h)
    st.markdown(price(switch, loaded, h))
    sse = (x_hat - x).square().sum().item()
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("Original")),
            Picture(png=grey_png(code_map(h[0])), title=_("Code"), note=fire(firing(h))),
            Picture(png=grey_png(x_hat[0]), title=_("Rebuilt"), note="SSE " + number(sse, 1)),
        ],
        least=5.0,
        most=9.0,
    )


def price(switch: str, loaded: Checkpoint, h: Tensor) -> str:
    """The penalty's value now: of this picture's code, or of the test set where it is about many pictures."""

    from genlab.losses import PENALTIES

    train = loaded.train
    if train.penalty == "kl":
        by_unit = _mean_activations(switch, loaded)[None]  # as one code
        value = PENALTIES["kl"](by_unit, by_unit, train.sparsity).item()
        return _("Over the test set: Σ KL = **{value}**, λ = {weight}, ρ = {rho}, mean activation **{mean}**").format(
            value=number(value, 2),
            weight=number(train.penalty_weight, 1),
            rho=number(train.sparsity, 2),
            mean=number(by_unit.mean().item(), 3),
        )
    if train.penalty == "none":
        return _("No penalty: Ω = 0") if train.noise == "none" else _("No penalty: the noise does it")
    value = PENALTIES[train.penalty](h, loaded.model.code_weight, train.sparsity).item()
    return _("This picture: Ω = **{value}**, λ = {weight}, λ Ω = **{cost}**").format(
        value=number(value, 1), weight=number(train.penalty_weight, 1), cost=number(train.penalty_weight * value, 1)
    )


def _mean_activations(switch: str, loaded: Checkpoint) -> Tensor:
    """Of each unit over the test set, as measured; of a visitor's network over the lessons' test pictures."""
    import torch

    if "units" in loaded.metrics:
        return torch.tensor(loaded.metrics["units"]["by_unit"])
    return cache.test_codes(switch, data.default_name())[0].mean(0)


def fire(n: int) -> str:
    """How many units fire, in words."""
    return n_("{n} unit fires", "{n} units fire", n).format(n=number(n))


def firing(h: Tensor) -> int:
    """How many units are above one quarter."""
    from genlab.units import ON

    return int((h > ON).sum())


def code_map(h: Tensor) -> np.ndarray:
    """Activations (k,) in 0…1 as a square picture, unit by unit in rows."""
    side = int(np.ceil(len(h) ** 0.5))
    cells = np.zeros(side * side, dtype=np.float32)
    cells[: len(h)] = h.numpy()
    return cells.reshape(side, side)


def filters(switch: str, x: Tensor) -> None:
    """What each unit looks for, and how active it is for this picture."""
    import torch

    from genlab import units

    model = network(switch).model
    with torch.inference_mode():
        h = model.encode(x)[0]
    strip(
        [
            Picture(
                png=error_png(sheet(units.filters(model)[:SHOWN, 0])),
                title=_("Filters"),
                note=_("what each unit looks for"),
            ),
            Picture(
                png=error_png(sheet(units.filters(model)[:SHOWN, 0], h[:SHOWN])),
                title=_("For this picture"),
                note=_("as bright as the unit is active"),
            ),
        ],
        least=9.0,
        most=22.0,
    )
    if len(h) > SHOWN:
        st.caption(_("The first {shown} of {all}.").format(shown=number(SHOWN), all=number(len(h))))


def sheet(pictures: Tensor, weights: Tensor | None = None) -> np.ndarray:
    """Filters (n, H, W) in rows of twelve, each in units of its largest weight, −1…1; dimmed by ``weights`` (n,)."""
    found = pictures.numpy() / np.abs(pictures.numpy()).max(axis=(1, 2), keepdims=True).clip(1e-9)
    if weights is not None:
        found = found * weights.numpy()[:, None, None]
    n, height, width = found.shape
    columns = 12
    rows = -(-n // columns)
    tiles = np.zeros((rows * columns, height + 1, width + 1), dtype=np.float32)
    tiles[:n, :-1, :-1] = found
    return tiles.reshape(rows, columns, height + 1, width + 1).transpose(0, 2, 1, 3).reshape(rows * (height + 1), -1)


def push(switch: str, x: Tensor, strength: float, seed: int) -> None:
    """The picture pushed a little, and how far the code moves."""
    import torch

    from genlab import units
    from genlab.seeding import make_generator

    model = network(switch).model
    with torch.inference_mode():
        h = model.encode(x)
        pushed = units.push(model, x, strength, make_generator(seed, "push"))
    strip(
        [
            Picture(png=grey_png(pushed.x[0]), title=_("Pushed"), note="‖Δx‖ " + number(pushed.picture, 2)),
            Picture(png=grey_png(code_map(pushed.h[0])), title=_("Its code")),
            Picture(
                png=error_png(code_map(pushed.h[0]) - code_map(h[0])),
                title=_("Change of the code"),
                note="‖Δh‖ " + number(pushed.code, 2),
            ),
        ],
        least=5.0,
        most=9.0,
    )
    st.metric("‖Δh‖ / ‖Δx‖", number(pushed.code / max(pushed.picture, 1e-9), 3))
