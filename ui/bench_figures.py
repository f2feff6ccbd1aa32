"""What was measured of the networks of the lesson on regularisers: a table, and how active their units are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from genlab import data
from genlab.palette import DIGIT_COLOURS
from ui.bench import SWITCHES, network, options
from ui.i18n import N_, _, number, separators

COLOURS = (DIGIT_COLOURS[0], DIGIT_COLOURS[1])
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
    titles = options()
    lines = [
        "| " + " | ".join(["", *(titles[s] for s in switches)]) + " |",
        "| --- |" + " ---: |" * len(switches),
    ]
    for title, (read, digits) in ROWS.items():
        values = [_measured(read, network(switch).metrics, digits) for switch in switches]
        lines.append(f"| {_(title)} | " + " | ".join(values) + " |")
    with st.container(key="bench_figures"):  # ``WIDE`` is with the formulas
        st.markdown("\n".join(lines))
    test = next((network(switch).metrics["test"] for switch in switches if switch in SWITCHES), None)
    if test is None:
        return
    st.caption(
        _("Means over {count} test pictures of {title}. A unit fires when its activation is above one quarter.").format(
            count=number(test["count"]), title=_(data.describe(test["dataset"]).title)
        )
    )


def _measured(read: Callable[[dict[str, Any]], float], metrics: dict[str, Any], digits: int) -> str:
    """A figure; a dash where it was not measured, as most are not for a network from the training lab."""
    try:
        return number(read(metrics), digits)
    except KeyError:
        return "–"


def histogram(switches: list[str]) -> None:
    """How active units are over the test set."""
    from genlab.figures import plot_histogram

    titles = options()
    known = {switch: network(switch).metrics.get("units") for switch in dict.fromkeys(switches)}
    bars = {titles[switch]: units["histogram"] for switch, units in known.items() if units}
    if len(bars) < len(known):
        st.caption(_("Not measured for this network."))
    if not bars:
        return
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
