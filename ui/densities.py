"""What the lesson on densities shows first: a density that is fitted to data by hand."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from genlab import densities
from genlab.data import tables
from genlab.errors import GenlabError
from ui.address import choose, went_back
from ui.components.densities import Fit, believed_points, fit_by_hand, points_sent
from ui.components.mount import said
from ui.components.starts import begin, released, remember
from ui.i18n import N_, _, explain, number

OWN = "own"
KEY, POINTS = "densities_fit", "points"
FAMILIES = {"normal": N_("Normal"), "gamma": N_("Gamma")}
NAMES = {"normal": (N_("Mean μ"), N_("Standard deviation σ")), "gamma": (N_("Shape k"), N_("Scale s"))}
FORMULAS = {
    "normal": r"f(x\mid\mu,\sigma) = \frac{1}{\sigma\sqrt{2\pi}}\; e^{-\frac{(x-\mu)^2}{2\sigma^2}}",
    "gamma": r"f(x\mid k,s) = \frac{1}{\Gamma(k)\, s^k}\; x^{k-1}\, e^{-x/s}, \quad x > 0",
}


def show() -> None:
    """Data, family, the part in the browser, and the formulas.

    Raises:
        DataError: a bundled table is damaged.
    """
    st.markdown(
        _(
            "A **density** $f(x\\mid\\theta)$ says how often each value comes. Drag the curve onto the data. Its "
            "**log-likelihood** $\\ell(\\theta)$ is the mean of the lines below the histogram; the map shows it for "
            "every $\\theta$. Maximum likelihood is the top of that hill."
        )
    )
    titles = {name: _(one.title) for name, one in tables.COLUMNS.items()} | {OWN: _("The course’s table, or your own")}
    name = choose(_("Data"), titles, key="column", default="bmi", round_=True)
    family = choose(_("Family"), {key: _(title) for key, title in FAMILIES.items()}, key="family", default="normal")
    by_hand(name, family)
    left, right = st.columns(2, gap="large")
    left.latex(FORMULAS[family])
    right.latex(
        r"\begin{aligned} \ell(\theta) &= \tfrac1N \textstyle\sum_{i=1}^{N} \ln f(x_i\mid\theta) \\"
        r" \theta^* &= \arg\max_\theta\, \ell(\theta) \end{aligned}"
    )
    for text in remarks(name, family):
        st.caption(text)


def by_hand(name: str, family: str) -> None:
    """The part in the browser; what it says on release goes into the address."""
    at, start = begin("theta", (name, family), 2, key=KEY)
    values = own_values(at) if name == OWN else column(name).tolist()
    if name != OWN:
        st.query_params.pop(POINTS, None)
    best, why = best_or_why(name, family, tuple(values) if name == OWN else ())
    fit = Fit(
        family=family,
        values=values,
        original=tables.COURSE_BMI if name == OWN else None,
        best=best,
        why=why,
        x=axis(name),
        names=(_(NAMES[family][0]), _(NAMES[family][1])),
    )
    found = fit_by_hand(fit, at, start, key=KEY)
    if found["failed"]:
        by_the_server(fit, start or best, key=f"{KEY} {at}")
    else:
        released("theta", found["theta"], at, 2)


def axis(name: str) -> str:
    """What the values are, with their unit."""
    if name == OWN:
        return _("Body mass index, kg/m², or what you typed")
    one = tables.COLUMNS[name]
    return f"{_(one.title)}, {one.unit}" if one.unit else _(one.title)


@st.cache_data(show_spinner=False)
def column(name: str) -> NDArray[np.float64]:
    """A bundled column, (N,).

    Raises:
        DataError: its table is damaged.
    """
    return tables.column(name)


def best_or_why(name: str, family: str, points: tuple[float, ...]) -> tuple[tuple[float, float] | None, str]:
    """θ* of a column, or of points, or why there is none."""
    try:
        return best(name, family, points), ""
    except GenlabError as error:
        return None, explain(error)


@st.cache_data(show_spinner=False, max_entries=256)
def best(name: str, family: str, points: tuple[float, ...]) -> tuple[float, float]:
    """θ* = arg max ℓ(θ).

    Raises:
        DataError: there is none.
    """
    return densities.best_fit(family, points if name == OWN else column(name))


def own_values(at: str) -> list[float]:
    """What the visitor made of the course's table; in the address as soon as it is something else."""
    kept: list[float] | None = st.session_state.get("densities_points")
    sent = points_sent(said(KEY, POINTS), at)
    if sent is not None:
        kept = sent
    elif kept is None or went_back():
        kept = _in_address()
    kept = kept or list(tables.COURSE_BMI)
    st.session_state["densities_points"] = kept
    if kept == list(tables.COURSE_BMI):
        st.query_params.pop(POINTS, None)
    else:
        remember(POINTS, kept)
    return kept


def _in_address() -> list[float] | None:
    try:
        return believed_points([float(value) for value in st.query_params.get(POINTS, "").split(",")])
    except ValueError:
        return None


def by_the_server(fit: Fit, theta: list[float] | tuple[float, float] | None, *, key: str) -> None:
    """Two numbers to type, and ℓ of them."""
    first, second = theta or (1.0, 1.0)
    least = None if fit.family == "normal" else LEAST
    first, second = min(max(first, -MOST if least is None else least), MOST), min(max(second, LEAST), MOST)
    a = st.number_input(fit.names[0], least, MOST, float(first), key=f"{key} first")
    b = st.number_input(fit.names[1], LEAST, MOST, float(second), key=f"{key} second")
    value = densities.mean_log_likelihood(fit.family, fit.values, (a or LEAST, b or LEAST))
    st.markdown(_("ℓ(θ) = **{value}** nats").format(value=number(value, 3)))


LEAST, MOST = 1e-3, 1e4


def remarks(name: str, family: str) -> list[str]:
    """Where the data are from, and what is to be seen in them."""
    if name == OWN:
        return [
            _(
                "The eleven patients of the course’s table. One index is 0: a missing value, written as a number. Its "
                "line is the longest, and the whole hill leans towards it. Drag it to the others and watch. A gamma "
                "gives 0 to it, and so to the whole product."
            )
        ]
    found = [_(tables.COLUMNS[name].whose)]
    if name == "petal":
        found.append(
            _(
                "Three species make two humps, and the best normal or gamma is still a bad one: maximum likelihood "
                "finds the best of a family, not a good family. “Histogram and generator” bends more."
            )
        )
    if family == "gamma":
        found.append(
            _(
                "The gamma’s hill is a narrow ridge along k·s = the mean, so plain steps creep or, with a larger η, "
                "jump from side to side. Optimisers such as Adam were made for this."
            )
        )
    return found
