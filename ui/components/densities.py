"""The browser parts of the lesson on densities; where one cannot be shown, the server answers with a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from genlab.errors import GenlabError
from ui.components.mount import mount
from ui.components.starts import checked
from ui.i18n import _, explain

LEAST_POINTS, MOST_POINTS = 2, 40


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What is fitted by hand.

    Attributes:
        family: normal or gamma.
        values: the data.
        original: what they were before they were edited; None where they cannot be.
        best: θ*, or None.
        why: a sentence where there is no θ*.
        x: the axis, translated.
        names: of the two parameters, translated.
    """

    family: str
    values: Sequence[float]
    original: Sequence[float] | None
    best: tuple[float, float] | None
    why: str
    x: str
    names: tuple[str, str]


def fit_by_hand(fit: Fit, at: str, start: list[float] | None, *, key: str) -> Mapping[str, Any]:
    """Histogram, density, costs and the hill of the likelihood.

    Returns:
        ``theta`` and ``points`` as the browser let go of them, not yet checked, and ``failed``.
    """
    normal = fit.family == "normal"
    words = {
        "names": list(fit.names),
        "grips": [_("Mean"), _("Standard deviation")] if normal else [_("Mean, k·s"), _("Standard deviation, √k·s")],
        "dot": _("θ on the map. Arrow keys move it."),
        "kind": _("handle in two directions"),
        "x": fit.x,
        "cost": _("ln f(xᵢ|θ) of each value, and their mean ℓ"),
        "density": _("Density f(x|θ) over the histogram"),
        "nats": _("nats"),
        "l": _("ℓ(θ)"),
        "gap": _("Below the best"),
        "product": _("Likelihood, ∏ f(xᵢ|θ)"),
        "vanishes": _("0 for a computer"),
        "rate": _("Step η"),
        "climb": _("Climb"),
        "stop": _("Stop"),
        "best": _("Show the best θ*"),
        "steps": _("{n} steps of gradient ascent"),
        "wait": _("The best is being sought …"),
        "point": _("Value {n}"),
        "typed": _("Your values"),
        "add": _("Add a value"),
        "remove": _("Remove a value"),
        "reset": _("The course’s table"),
        "bad": _("Write 2 to 40 numbers with spaces between them."),
    }
    data = {
        "family": fit.family,
        "values": list(fit.values),
        "own": None if fit.original is None else list(fit.original),
        "best": fit.best,
        "why": fit.why,
        "start": start,
        "at": at,
    }
    return shown("densities_fit", data, words, ["theta", "points"], key=key)


def shown(
    module: str, data: Mapping[str, Any], words: Mapping[str, Any], values: Sequence[str], *, key: str
) -> Mapping[str, Any]:
    """What a part sent, or ``failed`` where it cannot be shown; then why is said."""
    try:
        return mount(module, key=key, data=data, words=words, values=values)
    except GenlabError as error:
        st.warning(explain(error))
        return {"failed": "static"}


def points_sent(sent: Any, at: str) -> list[float] | None:
    """The values that a visitor edited, if they are what such a part can send."""
    if not isinstance(sent, dict) or sent.get("at") != at:
        return None
    return believed_points(sent.get("values"))


def believed_points(values: Any) -> list[float] | None:
    """2 to 40 numbers of moderate size; None for anything else."""
    if not isinstance(values, list) or not LEAST_POINTS <= len(values) <= MOST_POINTS:
        return None
    return checked(values, len(values))


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Two classes, and what was fitted to more and more of their points.

    Attributes:
        train: (x₁, x₂, y) in the order in which they are taken; held: those that are only judged.
        stops: how many of train each fit had.
        fits: {w, b, means, covariances, priors}, one for each stop.
        features, classes: names, translated.
    """

    train: Sequence[tuple[float, float, int]]
    held: Sequence[tuple[float, float, int]]
    stops: Sequence[int]
    fits: Sequence[Mapping[str, Any]]
    features: tuple[str, str]
    classes: tuple[str, str]


def two_classes(classes: Classes, at: str, start: list[float] | None, *, key: str) -> Mapping[str, Any]:
    """The line and the clouds, with a new point on both.

    Returns:
        ``place`` as the browser let go of it, not yet checked, and ``failed``.
    """
    one = classes.classes[1]
    words = {
        "titles": [_("Discriminative: p(y|x) alone"), _("Generative: p(x|y) and p(y)")],
        "features": list(classes.features),
        "classes": list(classes.classes),
        "facts": [_("p({name} | x)").format(name=one), "ln p(x)", _("More likely than"), _("Right on held-out data")],
        "none": _("cannot say"),
        "rarer": _("{n} of the {all} learned points"),
        "strange": _("This point looks like nothing it knows."),
        "nomargin": _("no p(x) here"),
        "probe": _("New point x. Arrow keys move it."),
        "kind": _("handle in two directions"),
        "many": _("Training points"),
        "common": _("Prior, p({name})").format(name=one),
        "draw": _("Draw 30 points"),
        "cannot": _("Cannot draw points"),
    }
    data = {
        "train": [list(point) for point in classes.train],
        "held": [list(point) for point in classes.held],
        "stops": list(classes.stops),
        "fits": list(classes.fits),
        "start": start,
        "at": at,
    }
    return shown("densities_classes", data, words, ["place"], key=key)


def generator_of_one(
    values: Sequence[float], x: str, at: str, start: list[float] | None, *, key: str
) -> Mapping[str, Any]:
    """Arrows from noise to x, and what the best discriminator makes of it.

    Returns:
        ``arrows`` as the browser let go of them, not yet checked, and ``failed``.
    """
    words = {
        "d": _("Best discriminator D*(x)"),
        "x": f"x: {x}",
        "z": _("noise z, from N(0, 1)"),
        "legend": [_("real data"), _("generated: 400 samples, and their density")],
        "facts": [_("JSD"), "C(G)", _("D* is right"), _("ℓ of the real data")],
        "most": _("(max. {n})"),
        "turns": [_("Mean of the arrows"), _("First to last arrow")],
        "arrow": _("Where z = {z} goes"),
        "again": _("New noise"),
        "train": _("Train g"),
        "stop": _("Stop"),
        "steps": _("{n} steps down C(G)"),
        "flat": _("Where D* is sure, C(G) is flat: hardly any gradient, and g does not learn. Move the arrows nearer."),
    }
    return shown("densities_generator", {"values": list(values), "start": start, "at": at}, words, ["arrows"], key=key)
