"""Two classes told apart by a discriminative and by a generative model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from genlab import densities
from genlab.data import tables
from ui.address import choose
from ui.components.densities import Classes, two_classes
from ui.components.starts import begin, released
from ui.i18n import N_, _, number

KEY, PLACE = "densities_two", "place"
CLOUDS = {"tilted": N_("Any ellipse (QDA)"), "upright": N_("Upright ellipse (naive Bayes)")}
STOPS = (8, 12, 20, 40, 60, 120, 240, 400)  # training points
HELD = 0.4  # of the points are only judged
SEED = 0


def show() -> None:
    """Data, the part in the browser, and the formulas.

    Raises:
        DataError: a bundled table is damaged.
    """
    st.markdown(
        _(
            "A **discriminative** model learns only where one class ends and the other begins. A **generative** model "
            "learns what each class looks like, and Bayes’ rule does the rest. Drag the new point: into the middle, to "
            "the border, and far out where no data are."
        )
    )
    titles = {name: _(one.title) for name, one in tables.PAIRS.items()}
    left, right = st.columns(2, gap="large")
    with left:
        name = choose(_("Data"), titles, key="pair", default="iris", round_=True)
    with right:
        kind = choose(
            _("Each class as"), {key: _(title) for key, title in CLOUDS.items()}, key="clouds", default="tilted"
        )
    at, start = begin(PLACE, (name, kind), 4, key=KEY)
    classes = fitted(name, kind)
    start = believed(start, classes)
    found = two_classes(translated(name, classes), at, start, key=KEY)
    if found["failed"]:
        by_the_server(name, classes, start, key=f"{KEY} {at}")
    else:
        released(PLACE, found[PLACE], at, 4)
    left, right = st.columns(2, gap="large")
    left.latex(r"p(y{=}1\mid x) = \frac{1}{1 + e^{-(w\cdot x + b)}}")
    right.latex(
        r"\begin{aligned} p(y\mid x) &= p(x\mid y)\,p(y) \,/\, p(x) \\"
        r" p(x) &= \textstyle\sum_y p(x\mid y)\,p(y) \end{aligned}"
    )
    st.caption(
        _(
            "With a prior of 50 % the generative border is where both densities are the same: "
            "$p(x\\mid y{=}1) - p(x\\mid y{=}2) = 0$, as in the course. The curves at its edges are the marginal "
            "densities."
        )
    )
    st.caption(_(tables.PAIRS[name].whose))


def translated(name: str, classes: Classes) -> Classes:
    """With names in the visitor's language, which what is cached has not."""
    pair = tables.PAIRS[name]
    return replace(
        classes,
        features=(_(pair.features[0]), _(pair.features[1])),
        classes=(_(pair.classes[0]), _(pair.classes[1])),
    )


def believed(start: list[float] | None, classes: Classes) -> list[float] | None:
    """A point, a stop and a prior that can be; None for anything else."""
    if start is None or start[2] not in range(len(classes.stops)) or not 0.05 <= start[3] <= 0.95:
        return None
    return start


@st.cache_data(show_spinner=False, max_entries=16)
def fitted(name: str, kind: str) -> Classes:
    """scikit-learn's fits to more and more points of a pair; names not translated.

    Raises:
        DataError: a bundled table is damaged.
    """
    x, y = tables.pair(name)
    order = ordered(y)
    held = round(HELD * len(y))
    train, judged = order[:-held], order[-held:]
    stops = [stop for stop in STOPS if stop < len(train)] + [len(train)]
    fits: list[dict[str, Any]] = []
    for stop in stops:
        some = train[:stop]
        line = densities.fit_line(x[some], y[some])
        clouds = densities.fit_clouds(x[some], y[some], tilted=kind == "tilted")
        fits.append(
            {
                "w": line.w,
                "b": line.b,
                "means": clouds.means.tolist(),
                "covariances": clouds.covariances.tolist(),
                "priors": clouds.priors.tolist(),
            }
        )
    points = [(round(float(u), 4), round(float(v), 4), int(label)) for (u, v), label in zip(x, y, strict=True)]
    pair = tables.PAIRS[name]
    return Classes(
        train=[points[n] for n in train],
        held=[points[n] for n in judged],
        stops=stops,
        fits=fits,
        features=pair.features,
        classes=pair.classes,
    )


def ordered(y: np.ndarray[Any, Any]) -> list[int]:
    """All points in a fixed random order, in which each beginning has both classes in their share."""
    import torch

    from genlab.seeding import make_generator

    places = np.empty(len(y))
    for label in (0, 1):
        its = np.flatnonzero(y == label)
        mixed = torch.randperm(len(its), generator=make_generator(SEED, "two classes", label)).numpy()
        places[its] = (mixed + 0.5) / len(its)
    return np.argsort(places, kind="stable").tolist()


def by_the_server(name: str, classes: Classes, start: list[float] | None, *, key: str) -> None:
    """A point to type, and what both models say of it."""
    pair, fit = tables.PAIRS[name], classes.fits[int(start[2]) if start else -1]
    middle = np.mean([point[:2] for point in classes.train], axis=0).tolist()
    at = start[:2] if start else middle
    x = [st.number_input(_(pair.features[n]), -MOST, MOST, at[n], key=f"{key} {n}") or 0.0 for n in (0, 1)]
    line = densities.Line(w=fit["w"], b=fit["b"])
    clouds = densities.Clouds(**{part: np.array(fit[part]) for part in ("means", "covariances", "priors")})
    if start:
        clouds = replace(clouds, priors=np.array([1 - start[3], start[3]]))
    st.markdown(
        _("p({name} | x): discriminative **{one} %**, generative **{other} %**; ln p(x) = **{evidence}**").format(
            name=_(pair.classes[1]),
            one=number(100 * densities.posterior_of_line([x], line)[0], 1),
            other=number(100 * densities.posterior_of_clouds([x], clouds)[0], 1),
            evidence=number(densities.log_evidence([x], clouds)[0], 2),
        )
    )


MOST = 1e4
