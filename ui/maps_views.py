"""What the lesson on latent maps says beside the maps: what can be believed of them, and what is inside PCA."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from genlab.palette import DIGIT_COLOURS
from ui.components.map_parts import dots_png
from ui.i18n import _, number, separators
from ui.maps_space import PIXELS, Space
from ui.pictures import Picture, error_png, grey_png, strip

COMPONENTS = 7
WIDE = (  # on a phone a wide table scrolls by itself, not the page
    "<style>.st-key-maps_table [data-testid='stMarkdownContainer'] { overflow-x: auto; overflow-y: hidden; }</style>"
)


def belief(here: Space) -> None:
    """The same vectors mapped several times, and what of it stays the same."""
    if "tsne" not in here.points:
        st.info(_("There is no map of these codes yet. Make one below: “Your own map”."))
        return
    titles = {"pca": "PCA", "tsne": "t-SNE", "few": _("t-SNE, few neighbours"), "umap": "UMAP"}
    st.markdown(
        _(
            "**Near dots were near vectors; all else is doubtful.** How far apart two groups lie on a t-SNE or UMAP "
            "map, and how large a group is, means little: the method moves groups freely and evens out their density "
            "([Wattenberg, Viégas & Johnson, 2016](https://distill.pub/2016/misread-tsne/)). The same vectors, five "
            "times: with another random start, and with a perplexity of 5 instead of 30:"
        )
    )
    strip(
        [
            Picture(
                png=dots_png(points, here.labels),
                title="t-SNE" if method == "few" else titles[method],
                note=_("perplexity 5") if method == "few" else _("start {n}").format(n=n),
            )
            for method in ("tsne", "few", "umap")
            for n, points in enumerate(here.points.get(method, []), 1)
        ],
        least=8.0,
        most=14.0,
    )
    for method in ("tsne", "umap"):
        if len(here.points.get(method, [])) == 2:
            first, second = (nearest_groups(points, here.labels) for points in here.points[method])
            line = _("{map}: each digit keeps its nearest group here.")
            if (first != second).any():
                line = _(
                    "{map}: the nearest group of **{n} of {all}** digits is another one after the second start. Of the "
                    "{digit} it is first the {a}, then the {b}."
                )
            st.markdown(line.format(map=titles[method], **_changed(first, second)))
    _table(here, titles)


def nearest_groups(points: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """For each class the class whose centre is nearest to its own."""
    centres = np.stack([points[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.argmin(axis=1)


def _changed(first: NDArray[np.intp], second: NDArray[np.intp]) -> dict[str, object]:
    which = np.flatnonzero(first != second)
    digit = int(which[0]) if len(which) else 0
    return {"n": len(which), "all": len(first), "digit": digit, "a": int(first[digit]), "b": int(second[digit])}


def _table(here: Space, titles: dict[str, str]) -> None:
    """All that was measured, a row for each map."""
    head = [
        _("Map"),
        _("Trustworthiness"),
        _("Continuity"),
        _("k-NN, %"),
        _("Order of distances between groups, ρ"),
        _("Order of sizes, ρ"),
    ]
    rows = []
    for method, title in titles.items():
        found = here.measures.get(method, [])
        for n, one in enumerate(found, 1):
            name = title if len(found) == 1 else f"{title} {n}"
            shown = [number(one["trustworthiness"], 3), number(one["continuity"], 3), number(100 * one["knn"], 1)]
            rows.append([name, *shown, number(one["between"], 2), number(one["sizes"], 2)])
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    with st.container(key="maps_table"):
        st.markdown("\n".join(lines))
    st.html(WIDE)
    st.caption(
        _(
            "Trustworthiness: neighbours on the map were neighbours before; continuity: neighbours before still are "
            "([Venna & Kaski, 2001](https://doi.org/10.1007/3-540-44668-0_68)); k-NN: most of a dot’s 10 neighbours "
            "have its digit. ρ: rank correlation with the vectors, 1 if a map keeps the order, 0 if it says nothing."
        )
    )


def inside_pca(here: Space) -> None:
    """How much of the variance each component has, and for pixels what it looks like."""
    import plotly.graph_objects as go

    from genlab.figure_style import AXIS, LAYOUT

    explained = here.plane.explained
    st.markdown(
        _(
            "PCA turns the vectors until they vary most along the first axis, then along the second, and so on. The "
            "map shows two of **{d}** axes, which hold **{part} %** of the variance; the rest is flattened."
        ).format(d=number(len(here.plane.mean)), part=number(100 * float(explained[:2].sum()), 1))
    )
    names = [str(n) for n in range(1, len(explained) + 1)]
    colours = [DIGIT_COLOURS[1]] * 2 + [DIGIT_COLOURS[0]] * (len(explained) - 2)
    figure = go.Figure(
        [
            go.Bar(
                x=names,
                y=(100 * explained).round(2).tolist(),
                marker_color=colours,
                hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
            )
        ]
    )
    figure.update_xaxes(**AXIS, title_text=_("Component; the first two are on the map"), type="category")
    figure.update_yaxes(**AXIS, title_text=_("Part of the variance, %"))
    figure.update_layout(**{**LAYOUT, "height": 300, "hovermode": "closest"}, separators=separators())
    st.plotly_chart(figure, key="maps_explained", config={"displayModeBar": False})
    if here.source == PIXELS:
        _component_pictures(here)


def _component_pictures(here: Space) -> None:
    """Of pixels, the mean and the components are pictures themselves."""
    shown = [Picture(png=grey_png(here.plane.mean.reshape(28, 28)), title=_("Mean"))]
    for n, component in enumerate(here.plane.components[:COMPONENTS], 1):
        share = number(100 * float(here.plane.explained[n - 1]), 1)
        picture = (component / np.abs(component).max()).reshape(28, 28)
        shown.append(Picture(png=error_png(picture), title=str(n), note=f"{share} %", chosen=n <= 2))
    strip(shown, columns=COMPONENTS + 1, least=4.5, most=8.0)
    st.caption(_("Orange: more ink to the right (or top) of the map. Blue: less. Framed: the two axes of the map."))
