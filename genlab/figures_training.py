"""Trainings and what became of them → Plotly figures. Words come in translated; colours from the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genlab.figure_style import AXIS

if TYPE_CHECKING:
    import plotly.graph_objects as go

TICKS = [digit * 10**power for power in range(-1, 4) for digit in (1, 2, 5)]
GREY = "gray"
BANDS = (0.05, 0.16)  # opacity of every other stage


@dataclass(frozen=True, kw_only=True)
class Run:
    """The error of one training after each epoch.

    Attributes:
        name: in the legend, translated.
        errors: of epoch 1, 2, …
        colour: CSS.
        dashed: so that it is told apart without its colour.
    """

    name: str
    errors: Sequence[float]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Spread:
    """An error that was measured several times at each of several sizes.

    Attributes:
        name: in the legend, translated.
        errors: for each size, one for each seed; in the axis' unit.
        colour: ``#rrggbb``.
        symbol, dash: Plotly's, so that it is told apart without its colour.
    """

    name: str
    errors: Sequence[Sequence[float]]
    colour: str
    symbol: str = "circle"
    dash: str = "solid"


def plot_runs(
    runs: Sequence[Run],
    stages: Sequence[tuple[str, int]],
    current: int | None = None,
    *,
    x_title: str,
    y_title: str,
    separators: str = ".,",
) -> go.Figure:
    """Error after each epoch, on a logarithmic axis, over bands that are the stages of a training.

    Args:
        runs: a line each; they may be shorter than all stages together.
        stages: what each is called, and how many epochs it has.
        current: the epoch that the page shows, marked.
        x_title, y_title: axis titles.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    lines = [
        {
            "x": list(range(1, len(run.errors) + 1)),
            "y": list(run.errors),
            "name": run.name,
            "mode": "lines",
            "line": {"color": run.colour, "width": 3, "dash": "dot" if run.dashed else "solid"},
            "hovertemplate": "%{y:.1f}<extra>" + run.name + "</extra>",
        }
        for run in runs
    ]
    shapes, words = [], []
    first = 0.5
    for number, (name, epochs) in enumerate(stages):
        band = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "layer": "below"}
        shapes.append({**band, "x0": first, "x1": first + epochs, "fillcolor": GREY, "opacity": BANDS[number % 2]})
        place = {"x": first + epochs / 2, "y": 1, "yref": "paper", "yanchor": "bottom"}
        words.append({**place, "text": name, "showarrow": False, "font": {"size": 15}})
        first += epochs
    if current is not None:
        line = {"width": 2, "dash": "dash", "color": GREY}
        shapes.append({"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": current, "x1": current, "line": line})
        for run in runs:
            if 1 <= current <= len(run.errors):
                marker = {"size": 12, "color": run.colour, "line": {"width": 2, "color": "white"}}
                dot = {"mode": "markers", "marker": marker, "showlegend": False, "hoverinfo": "skip"}
                lines.append({**dot, "x": [current], "y": [run.errors[current - 1]]})
    # one call for all of it: Plotly checks the whole figure again for each shape that is added by itself
    figure = go.Figure(data=lines, layout={"shapes": shapes, "annotations": words})
    figure.update_xaxes(**AXIS, title_text=x_title, range=[0.5, first], showgrid=False, zeroline=False)
    known = [error for run in runs for error in run.errors] or [1.0]
    edges = [math.log10(max(1e-3, min(known) / 1.6)), math.log10(max(1e-3, max(known) * 1.6))]  # room for a tick
    figure.update_yaxes(**AXIS, title_text=y_title, type="log", range=edges, **ticks(separators))
    return styled(figure, 350, separators, top=30)


def plot_few_labels(
    spreads: Sequence[Spread], sizes: Sequence[int], *, x_title: str, y_title: str, separators: str = ".,"
) -> go.Figure:
    """Error against the number of labels, both logarithmic: the mean, and a band from the best seed to the worst.

    Args:
        spreads: a line and a band each.
        sizes: the numbers of labels.
        x_title, y_title: axis titles.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    there_and_back = [*sizes, *reversed(sizes)]
    for spread in spreads:
        edge = [max(seeds) for seeds in spread.errors] + [min(seeds) for seeds in reversed(spread.errors)]
        red, green, blue = (int(spread.colour[i : i + 2], 16) for i in (1, 3, 5))
        band = {"fill": "toself", "fillcolor": f"rgba({red},{green},{blue},0.18)", "line": {"width": 0}}
        figure.add_scatter(
            x=there_and_back,
            y=edge,
            mode="lines",
            **band,
            hoverinfo="skip",
            showlegend=False,
            legendgroup=spread.name,
        )
    for spread in spreads:
        figure.add_scatter(
            x=list(sizes),
            y=[sum(seeds) / len(seeds) for seeds in spread.errors],
            name=spread.name,
            legendgroup=spread.name,
            mode="lines+markers",
            line={"color": spread.colour, "width": 3, "dash": spread.dash},
            marker={"size": 10, "symbol": spread.symbol},
            hovertemplate="%{y:.2f} %<extra>" + spread.name + "</extra>",
        )
    thousands = separators[1:]
    labels = [f"{size:,}".replace(",", thousands) for size in sizes]
    figure.update_xaxes(**AXIS, type="log", title_text=x_title, tickvals=list(sizes), ticktext=labels)
    figure.update_yaxes(**AXIS, type="log", title_text=y_title, **ticks(separators))
    return styled(figure, 460, separators)


def ticks(separators: str) -> dict[str, Any]:
    """1, 2, 5, 10 … and their tenths, written with the visitor's decimal mark."""
    return {"tickvals": TICKS, "ticktext": [f"{tick:g}".replace(".", separators[0]) for tick in TICKS]}


def styled(figure: go.Figure, height: int, separators: str, top: int = 8) -> go.Figure:
    """The looks that all figures share."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
        font={"size": 16},
        legend={"orientation": "h", "y": -0.2, "x": 0, "font": {"size": 15}},
        hovermode="x unified",
        separators=separators,
    )
