"""What the lesson on regularisers shows: one network with one switch each, two of them side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from genlab.palette import DIGIT_COLOURS
from ui import cache
from ui.i18n import N_, _, n_, number, separators
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
COLOURS = (DIGIT_COLOURS[0], DIGIT_COLOURS[1])
SHOWN = 144  # filters, in twelve rows
WIDE = (  # on a phone a wide table or formula scrolls by itself, not the page
    "<style>.st-key-bench_figures [data-testid='stMarkdownContainer'], [data-testid='stMain'] .katex-display"
    " { overflow-x: auto; overflow-y: hidden; }</style>"
)


def network(switch: str) -> Checkpoint:
    """The checkpoint with that switch on.

    Raises:
        CheckpointError: it is missing or broken.
    """
    return cache.checkpoint(f"bench-{switch}-mnist")


def head(switch: str, x: Tensor) -> None:
    """What it minimises, what the penalty is now, and what comes back."""
    import torch

    loaded, about = network(switch), SWITCHES[switch]
    st.html(WIDE)
    st.latex(about.formula)
    st.caption(_(about.says))
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
    import torch

    from genlab.losses import PENALTIES

    train = loaded.train
    if switch == "kl":
        by_unit = torch.tensor(loaded.metrics["units"]["by_unit"])[None]  # the mean activations, as one code
        value = PENALTIES["kl"](by_unit, by_unit, train.sparsity).item()
        return _("Over the test set: Σ KL = **{value}**, λ = {weight}, ρ = {rho}, mean activation **{mean}**").format(
            value=number(value, 2),
            weight=number(train.penalty_weight, 1),
            rho=number(train.sparsity, 2),
            mean=number(loaded.metrics["units"]["mean_activation"], 3),
        )
    if train.penalty == "none":
        return _("No penalty: Ω = 0") if train.noise == "none" else _("No penalty: the noise does it")
    value = PENALTIES[train.penalty](h, loaded.model.code_weight, train.sparsity).item()
    return _("This picture: Ω = **{value}**, λ = {weight}, λ Ω = **{cost}**").format(
        value=number(value, 1), weight=number(train.penalty_weight, 1), cost=number(train.penalty_weight * value, 1)
    )


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


ROWS: dict[str, tuple[Callable[[dict[str, Any]], float], int]] = {
    N_("Squared error (SSE)"): (lambda m: m["test"]["sse"], 2),
    N_("Parameters"): (lambda m: m["units"]["parameters"], 0),
    N_("Mean activation"): (lambda m: m["units"]["mean_activation"], 3),
    N_("Units that fire"): (lambda m: m["units"]["firing"], 1),
    N_("Jacobian norm ‖∂h/∂x‖"): (lambda m: m["units"]["jacobian_norm"], 2),
    N_("Error of a linear classifier on the codes, %"): (lambda m: 100 * m["units"]["linear_error"], 2),
    N_("Noise that comes through (σ = 0.5), %"): (lambda m: 100 * m["units"]["noise_passed"], 0),
}


def figures(switches: list[str]) -> None:
    """What was measured over the test set, a column for each."""
    lines = [
        "| " + " | ".join(["", *(_(SWITCHES[s].title) for s in switches)]) + " |",
        "| --- |" + " ---: |" * len(switches),
    ]
    for title, (read, digits) in ROWS.items():
        values = [number(read(network(switch).metrics), digits) for switch in switches]
        lines.append(f"| {_(title)} | " + " | ".join(values) + " |")
    with st.container(key="bench_figures"):  # ``WIDE`` is with the formulas
        st.markdown("\n".join(lines))
    from genlab import data

    test = network(switches[0]).metrics["test"]
    st.caption(
        _("Means over {count} test pictures of {title}. A unit fires when its activation is above one quarter.").format(
            count=number(test["count"]), title=_(data.describe(test["dataset"]).title)
        )
    )


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


def histogram(switches: list[str]) -> None:
    """How active units are over the test set."""
    from genlab.figures import plot_histogram

    bars = {_(SWITCHES[s].title): network(s).metrics["units"]["histogram"] for s in dict.fromkeys(switches)}
    figure = plot_histogram(
        bars,
        COLOURS,
        x_title=_("Activation of a unit"),
        y_title=_("Part of all activations"),
        separators=separators(),
    )
    st.plotly_chart(figure, key="activations", config={"displayModeBar": False})
    st.caption(
        _(
            "Over the test set: all units, all pictures; the upright scale is logarithmic. A small mean can come from "
            "few active units, or from all being a little active always."
        )
    )


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
