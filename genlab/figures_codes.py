"""Figures of codes: where their numbers lie, and one code with its uncertainty. Words come in translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genlab.figure_style import AXIS, LAYOUT
from genlab.palette import DIGIT_COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 240
COLOUR = DIGIT_COLOURS[0]


def plot_spreads(
    mean: Sequence[float],
    std: Sequence[float],
    *,
    reach: float,
    x_title: str,
    normal: str,
    separators: str = ".,",
) -> go.Figure:
    """Mean ± standard deviation of each number of a code, with the band of N(0, 1) behind.

    Args:
        mean, std: of each number.
        reach: the vertical axis goes from −reach to reach.
        x_title: axis title.
        normal: name of the band.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=list(range(1, len(mean) + 1)),
            y=list(mean),
            error_y={"array": list(std), "thickness": 3, "width": 4},
            mode="markers",
            marker={"size": 8, "color": COLOUR},
            hovertemplate="%{x}: %{y:.2f} ± %{error_y.array:.2f}<extra></extra>",
        )
    )
    figure.add_hrect(y0=-1, y1=1, fillcolor="rgba(128, 128, 128, 0.35)", line_width=0, layer="below", name=normal)
    styled = _styled(figure, x_title, separators).update_yaxes(range=[-reach, reach])
    return styled.update_xaxes(range=[0.4, len(mean) + 0.6])


def plot_code(
    values: Sequence[float], sigma: Sequence[float] | None, *, x_title: str, separators: str = ".,"
) -> go.Figure:
    """One code as bars; with ``sigma``, each with its standard deviation.

    Args:
        values: the numbers, or their means.
        sigma: of each, or None where a code is certain.
        x_title: axis title.
        separators: decimal mark and thousands mark.
    """
    import plotly.graph_objects as go

    error = None if sigma is None else {"array": list(sigma), "thickness": 2, "width": 3}
    bars = go.Bar(
        x=list(range(1, len(values) + 1)),
        y=list(values),
        error_y=error,
        marker_color=COLOUR,
        hovertemplate="%{x}: %{y:.2f}" + ("" if sigma is None else " ± %{error_y.array:.2f}") + "<extra></extra>",
    )
    return _styled(go.Figure(bars), x_title, separators)


def _styled(figure: go.Figure, x_title: str, separators: str) -> go.Figure:
    """As all charts of the app, but lower, and without a legend."""
    figure.update_layout(**LAYOUT, separators=separators)
    figure.update_layout(height=HEIGHT, showlegend=False, hovermode="closest")
    return figure.update_xaxes(title_text=x_title, dtick=1, **AXIS).update_yaxes(zeroline=True, **AXIS)
