"""Arrays → Plotly figures. Words come in translated; colours come from the palette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genlab.figure_style import AXIS, LAYOUT

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, kw_only=True)
class Series:
    """A line of a chart: y over x.

    Attributes:
        name: in the legend, translated.
        points: x → y.
        colour: CSS.
        dashed: of a mean, in contrast to the picture at hand.
    """

    name: str
    points: Mapping[int, float] | Mapping[float, float]
    colour: str
    dashed: bool = False


TICKS = (1, 2, 5, 10, 20, 50, 100)


def plot_error_curve(
    lines: Sequence[Series], current: int, *, x_title: str, y_title: str, separators: str = ".,"
) -> go.Figure:
    """Error against the length of the code, both on logarithmic axes, with the current length marked.

    Args:
        lines: one series each.
        current: the code length that the page shows.
        x_title, y_title: axis titles.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Scatter(
                x=list(line.points),
                y=list(line.points.values()),
                name=line.name,
                mode="lines+markers",
                line={"color": line.colour, "width": 3, "dash": "dot" if line.dashed else "solid"},
                marker={"size": 9, "symbol": "circle-open" if line.dashed else "circle"},
                hovertemplate="%{x}: %{y:.1f}<extra>" + line.name + "</extra>",
            )
            for line in lines
        ]
    )
    lengths = sorted({x for line in lines for x in line.points})
    axis: dict[str, Any] = {"type": "log", **AXIS}
    figure.update_xaxes(**axis, title_text=x_title, tickvals=lengths, ticktext=[str(k) for k in lengths])
    figure.update_yaxes(**axis, title_text=y_title, tickvals=TICKS, ticktext=[str(tick) for tick in TICKS])
    figure.add_vline(x=current, line={"width": 2, "dash": "dash", "color": "gray"})
    figure.update_layout(**LAYOUT, separators=separators)
    return figure


def plot_histogram(
    bars: Mapping[str, Sequence[float]], colours: Sequence[str], *, x_title: str, y_title: str, separators: str = ".,"
) -> go.Figure:
    """Parts of all values in equal bins of 0…1, for one or a few networks side by side; logarithmic upright.

    Args:
        bars: name → part of each bin.
        colours: of each name.
        x_title, y_title: axis titles.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                x=[(i + 0.5) / len(parts) for i in range(len(parts))],
                y=list(parts),
                name=name,
                marker_color=colour,
                hovertemplate="%{x:.2f}: %{y:.3f}<extra>" + name + "</extra>",
            )
            for (name, parts), colour in zip(bars.items(), colours, strict=False)
        ]
    )
    figure.update_xaxes(**AXIS, title_text=x_title, range=[0, 1])
    figure.update_yaxes(**AXIS, title_text=y_title, type="log")
    figure.update_layout(**LAYOUT, separators=separators)
    return figure


def plot_noise_curve(
    lines: Sequence[Series],
    here: Mapping[str, tuple[float, float, str]],
    *,
    x_title: str,
    y_title: str,
    separators: str = ".,",
) -> go.Figure:
    """PSNR against the strength of the noise, with the picture at hand as dots.

    Args:
        lines: one series each.
        here: name → strength, PSNR, colour.
        x_title, y_title: axis titles.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Scatter(
                x=list(line.points),
                y=list(line.points.values()),
                name=line.name,
                mode="lines",
                line={"color": line.colour, "width": 3, "dash": "dot" if line.dashed else "solid"},
                hovertemplate="%{y:.1f}<extra>" + line.name + "</extra>",
            )
            for line in lines
        ]
        + [
            go.Scatter(
                x=[x],
                y=[y],
                name=name,
                mode="markers",
                marker={"color": colour, "size": 13, "line": {"width": 2, "color": "white"}},
                hovertemplate="%{y:.1f}<extra>" + name + "</extra>",
                showlegend=False,
            )
            for name, (x, y, colour) in here.items()
        ]
    )
    strength = next(iter(here.values()))[0] if here else 0.0
    figure.add_vline(x=strength, line={"width": 2, "dash": "dash", "color": "gray"})
    figure.update_xaxes(**AXIS, title_text=x_title, range=[0, 1.02])
    figure.update_yaxes(**AXIS, title_text=y_title)
    figure.update_layout(**LAYOUT, separators=separators)
    return figure
