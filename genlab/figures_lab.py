"""A training as it goes on → Plotly figures. Words come in translated; colours from the palette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from genlab.figure_style import AXIS
from genlab.palette import DIGIT_COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

DASHES = ("solid", "dot", "dash", "dashdot", "longdash")
WIDE = 20.0  # times the least value, from which on a logarithmic axis shows more
LOOKS: dict[str, Any] = {
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    "font": {"size": 15},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 14}},
    "hovermode": "x unified",
}


def plot_curves(
    epochs: Sequence[float],
    curves: Mapping[str, Sequence[float | None]],
    last: float,
    *,
    x_title: str,
    band: tuple[float, float] | None = None,
    percent: bool = False,
    height: int = 280,
    separators: str = ".,",
) -> go.Figure:
    """Losses over a training, a line each; logarithmic where all are above 0 and far apart.

    Args:
        epochs: at each point, in epochs.
        curves: name, translated → a value at each point, None where there is none.
        last: the right edge, in epochs.
        x_title: axis title.
        band: shaded, from one value to another.
        percent: the values are parts, shown from 0 to 100 %.
        height: pixels.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    lines = [
        {
            "type": "scatter",
            "x": list(epochs),
            "y": [None if v is None else 100 * v for v in values] if percent else list(values),
            "name": name,
            "mode": "lines",
            "line": {"color": DIGIT_COLOURS[n % 10], "width": 2.5, "dash": DASHES[n % len(DASHES)]},
            "hovertemplate": ("%{y:.0f} %" if percent else "%{y:.4g}") + f"<extra>{name}</extra>",
        }
        for n, (name, values) in enumerate(curves.items())
    ]
    known = [value for values in curves.values() for value in values if value is not None]
    upright: dict[str, Any] = {"range": [0, 102], "ticksuffix": " %"} if percent else {}
    if not percent and known and min(known) > 0 and max(known) > WIDE * min(known):
        upright = {"type": "log", "dtick": 1}
    shapes = []
    if band:
        low, high = (100 * edge if percent else edge for edge in band)
        edges = {"xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high}
        shapes.append({"type": "rect", **edges, "fillcolor": "gray", "opacity": 0.22, "line": {"width": 0}})
    layout = {**LOOKS, "height": height, "separators": separators, "shapes": shapes, "showlegend": True}
    axes = {"xaxis": {**AXIS, "title": {"text": x_title}, "range": [0, max(last, 1e-9)]}, "yaxis": {**AXIS, **upright}}
    return go.Figure({"data": lines, "layout": {**layout, **axes}})


def plot_shares(
    names: Sequence[str],
    shares: Sequence[float],
    *,
    x_title: str,
    y_title: str,
    fair: float,
    height: int = 240,
    separators: str = ".,",
) -> go.Figure:
    """What part of the pictures shows each class, with a line at a fair share.

    Args:
        names: of the classes.
        shares: of each, 0 to 1.
        x_title, y_title: axis titles.
        fair: where all classes would be.
        height: pixels.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    colours = [DIGIT_COLOURS[n % 10] for n in range(len(names))]
    bar = {
        "type": "bar",
        "x": list(names),
        "y": [100 * share for share in shares],
        "marker": {"color": colours},
        "hovertemplate": "%{x}: %{y:.0f} %<extra></extra>",
    }
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * fair, "y1": 100 * fair}
    line["line"] = {"dash": "dash", "color": "gray", "width": 2}
    most = max(30.0, 105 * max(shares, default=0.0))
    upright = {**AXIS, "title": {"text": y_title}, "range": [0, most], "ticksuffix": " %"}
    across = {**AXIS, "title": {"text": x_title}, "type": "category"}
    layout = {**LOOKS, "height": height, "separators": separators, "shapes": [line], "hovermode": "closest"}
    return go.Figure({"data": [bar], "layout": {**layout, "xaxis": across, "yaxis": upright}})
