"""What the lesson How a GAN learns shows: the game's settings, its losses as formulas, the program that plays it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from ui.components.points import game
from ui.components.publish import MODULES
from ui.i18n import N_, _, number

RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2)
CHOICES: dict[str, tuple[Any, ...]] = {
    "set": ("line", "ring", "two", "eight", "drawn"),
    "loss": ("minimax", "nonsaturating", "squares", "wasserstein"),
    "discriminatorRate": RATES,
    "generatorRate": RATES,
    "steps": (1, 2, 3, 5, 10),
    "batch": (16, 32, 64, 128),
    "width": (8, 16, 32, 64),
    "layers": (1, 2, 3),
    "seed": tuple(range(1, 100)),
}
"""Every setting of the game and what it may be; the browser knows no others."""
DEFAULTS: dict[str, Any] = {
    "set": "ring",
    "loss": "nonsaturating",
    "discriminatorRate": 2e-3,
    "generatorRate": 1e-3,
    "steps": 1,
    "batch": 64,
    "width": 16,
    "layers": 2,
    "seed": 1,
}
PENALTY = 1.0
"""λ, as in ``js/points_game.js``."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Settings behind one button.

    Attributes:
        label, text: what the button and the sentence after it say; not translated.
        settings: those that it sets.
        anew: whether the networks begin anew; otherwise they go on as they are.
    """

    label: str
    text: str
    settings: Mapping[str, Any]
    anew: bool = False


COLLAPSE: dict[str, Any] = {**DEFAULTS, "set": "eight", "generatorRate": 5e-2}
EXPERIMENTS = {
    "collapse": Experiment(
        label=N_("Collapse"),
        text=N_(
            "Mode collapse: G learns 25 times as fast as D. It puts its points where D believes them now; when D has "
            "seen through that, G jumps elsewhere, and most Gaussians stay empty."
        ),
        settings=COLLAPSE,
        anew=True,
    ),
    "rates": Experiment(
        label=N_("Recover: slower G"),
        text=N_(
            "The same networks go on, but G learns half as fast as D, which has time to see where points are missing."
        ),
        settings={**COLLAPSE, "generatorRate": DEFAULTS["generatorRate"]},
    ),
    "loss": Experiment(
        label=N_("Recover: Wasserstein-GP"),
        text=N_("The same networks go on with another loss, and D learns three times a round: G spreads out."),
        settings={
            **COLLAPSE,
            "loss": "wasserstein",
            "discriminatorRate": 5e-3,
            "generatorRate": 2e-3,
            "steps": 3,
        },
    ),
}
"""What they end in is tested, for these weights and for others: ``tests/e2e/test_points.py``."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What both networks minimise.

    Attributes:
        discriminator, generator: formulas.
        note: what to look for; not translated.
        source: author, year, place.
    """

    discriminator: str
    generator: str
    note: str
    source: str


ON_BOTH = r"L_D = -\mathbb E_x \ln D(x) - \mathbb E_z \ln\bigl(1 - D(\tilde x)\bigr)"
LOSSES = {
    "minimax": Loss(
        discriminator=ON_BOTH,
        generator=r"L_G = \mathbb E_z \ln\bigl(1 - D(\tilde x)\bigr)",
        note=N_(
            "G wants what D does not. Where D is sure that a point is generated, the slope is nearly 0, and the arrows "
            "vanish. (Adam divides by the size of past slopes, so G still moves.)"
        ),
        source="Goodfellow et al. 2014, eq. 1",
    ),
    "nonsaturating": Loss(
        discriminator=ON_BOTH,
        generator=r"L_G = -\mathbb E_z \ln D(\tilde x)",
        note=N_("G raises ln D: its arrows are long just where D is sure of a fake. In minimax they vanish there."),
        source="Goodfellow et al. 2014, sec. 3",
    ),
    "squares": Loss(
        discriminator=r"L_D = \tfrac12 \mathbb E_x \bigl(D(x) - 1\bigr)^2 + \tfrac12 \mathbb E_z D(\tilde x)^2",
        generator=r"L_G = \tfrac12 \mathbb E_z \bigl(D(\tilde x) - 1\bigr)^2",
        note=N_("D is to answer 1 and 0, without a sigmoid. Points that it takes for real are still pulled towards 1."),
        source="Mao et al. 2017, eq. 9",
    ),
    "wasserstein": Loss(
        discriminator=(
            r"\begin{gathered} L_D = \mathbb E_z D(\tilde x) - \mathbb E_x D(x) \\"
            r" {} + \lambda\, \mathbb E_{\hat x} \bigl(\lVert \nabla D(\hat x) \rVert - 1\bigr)^2 \end{gathered}"
        ),
        generator=r"L_G = -\mathbb E_z D(\tilde x)",
        note=N_(
            "D gives no probability but a height, and the penalty keeps its slope near 1 on the way from real to "
            "generated points: the arrows are equally long nearly everywhere. λ = {penalty}."
        ),
        source="Arjovsky et al. 2017; Gulrajani et al. 2017, eq. 3",
    ),
}
PROGRAM = ("discriminatorLoss", "generatorLoss", "discriminatorStep", "generatorStep", "round")


def play() -> None:
    """The formulas of the loss, the game, and its program."""
    formulas = st.container()
    settings = game(CHOICES, DEFAULTS, EXPERIMENTS)
    with formulas:
        show(LOSSES[settings["loss"]])
    with st.expander(_("The program of a round")):
        st.caption(_("As it runs in your browser, from {file}.").format(file="ui/components/js/points_game.js"))
        st.code(program(), language="javascript")


def show(loss: Loss) -> None:
    """A loss as formulas, what to look for, and where it is from."""
    for column, formula in zip(st.columns([3, 2]), (loss.discriminator, loss.generator), strict=True):
        with column:
            st.latex(formula)
    note = _(loss.note).format(penalty=number(PENALTY))
    st.caption(f"$\\tilde x = G(z)$. {note} ({loss.source})")


@cache
def program() -> str:
    """The functions of a round, as the browser gets them."""
    source = (MODULES / "points_game.js").read_text(encoding="utf-8")
    return "\n\n".join(excerpt(source, name) for name in PROGRAM)


def excerpt(source: str, name: str) -> str:
    """A function of a module with the comment above it.

    Raises:
        ValueError: there is none of that name.
    """
    found = re.search(rf"^/\*\*[^\n]*\*/\nexport function\*? {name}\(.*?^}}$", source, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(name)
    return found[0]
