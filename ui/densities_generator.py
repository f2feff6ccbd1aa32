"""A generator of one number: real histogram, generated histogram and density, and the best discriminator."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import streamlit as st

from genlab import densities
from genlab.data import tables
from ui.address import choose
from ui.components.densities import generator_of_one
from ui.components.starts import begin, released
from ui.densities import axis, column
from ui.i18n import _, number

KEY, ARROWS = "densities_game", "arrows"
BINS = 32
ROOM = 0.3  # of the values' range, beside it


def show() -> None:
    """Data, the part in the browser, and the formulas.

    Raises:
        DataError: a bundled table is damaged.
    """
    st.markdown(
        _(
            "A **generator** carries noise $z$ to $x = g(z)$: drag the tips of the arrows. Where they crowd, many $x$ "
            "land. The **best discriminator** $D^*$ says for each $x$ how likely it is real; the generator wins where "
            "$D^*$ can only guess, ½."
        )
    )
    titles = {name: _(one.title) for name, one in tables.COLUMNS.items()}
    name = choose(_("Real data"), titles, key="real", default="petal", round_=True)
    at, start = begin(ARROWS, name, len(densities.KNOTS), key=KEY)
    values = column(name)
    start = believed(start)
    found = generator_of_one(values.tolist(), axis(name), at, start, key=KEY)
    if found["failed"]:
        by_the_server(values, start)
    else:
        released(ARROWS, found[ARROWS], at, len(densities.KNOTS))
    left, right = st.columns(2, gap="large")
    left.latex(r"p_g(x) = \frac{p(z)}{\lvert g'(z)\rvert}, \quad x = g(z)")
    left.latex(r"D^*(x) = \frac{p_{\text{data}}(x)}{p_{\text{data}}(x) + p_g(x)}")
    right.latex(r"C(G) = \mathbb E_{\text{data}}[\ln D^*] + \mathbb E_{g}[\ln(1 - D^*)]")
    right.latex(r"C(G) = -\ln 4 + 2\,\mathrm{JSD}(p_{\text{data}} \,\Vert\, p_g)")
    st.caption(
        _(
            "After Goodfellow et al. 2014, fig. 1 and eqs. 2 to 6; $D^*$ and JSD of the shares of 32 bins and what is "
            "beyond. This $g$ can be turned around, so it has a density, and $\\ell$ as in “Fit by hand”. A network’s "
            "$g$ cannot: a GAN has samples but no density, so it learns from $D$ instead. The course stops when $D$ is "
            "right on about 50 %."
        )
    )
    st.caption(
        _(
            "Try to make two humps: $g$ cannot jump, so some noise always falls between them. Put all arrows on the "
            "left hump and train: the other stays nearly empty, a small mode collapse. Or push them together at an "
            "edge: $D^*$ is sure everywhere, $C(G)$ is flat, and training stands still."
        )
    )
    st.caption(_(tables.COLUMNS[name].whose))


def believed(start: list[float] | None) -> list[float] | None:
    """Arrows that do not cross; None for anything else."""
    return start if start and all(a < b for a, b in pairwise(start)) else None


def by_the_server(values: np.ndarray[tuple[int], np.dtype[np.float64]], tips: list[float] | None) -> None:
    """What the best discriminator makes of the arrows in the address, or of a normal's."""
    tips = tips or [float(values.mean() + values.std() * z) for z in densities.KNOTS]
    low, high = values.min(), values.max()
    edges = np.linspace(low - ROOM * (high - low), high + ROOM * (high - low), BINS + 1)  # as the browser's
    p, q = densities.shares(values, edges), densities.generated_shares(edges, tips)
    st.markdown(
        _("JSD = **{jsd}** nats; C(G) = **{value}**; D* is right on **{right} %**").format(
            jsd=number(densities.js_divergence(p, q), 3),
            value=number(densities.generator_loss(p, q), 3),
            right=number(100 * densities.discriminator_accuracy(p, q), 1),
        )
    )
