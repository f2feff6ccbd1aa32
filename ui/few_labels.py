"""What the lesson on training layer by layer shows of few labels: what is a pre-trained encoder worth?"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from genlab.errors import CheckpointError
from genlab.palette import DIGIT_COLOURS
from ui import cache
from ui.i18n import N_, _, number, separators

ENCODER = "ae-deep-mnist-z30"

FEW = {
    "random": (N_("Random start"), DIGIT_COLOURS[1], "square", "dot"),
    "frozen": (N_("Pre-trained, frozen"), DIGIT_COLOURS[4], "diamond", "dash"),
    "tuned": (N_("Pre-trained, tuned"), DIGIT_COLOURS[0], "circle", "solid"),
    "svm": (N_("SVM on 30 principal components"), DIGIT_COLOURS[2], "x", "dashdot"),
}
"""The ways of ``genlab.few_labels``: name, colour, symbol, dash."""


def curve() -> None:
    """Error against the number of labels."""
    from genlab.figures_training import Spread, plot_few_labels

    sizes, errors = few_errors(cache.checkpoint(ENCODER).metrics)
    st.markdown(
        _(
            "Labels are dear, pictures are cheap. Take the encoder that was trained **without** labels, put one layer "
            "on top, and teach it to name digits from a few labelled ones."
        )
    )
    figure = plot_few_labels(
        [
            Spread(name=_(name), errors=errors[way], colour=colour, symbol=symbol, dash=dash)
            for way, (name, colour, symbol, dash) in FEW.items()
        ],
        sizes,
        x_title=_("Labelled pictures"),
        y_title=_("Error on the test set, %"),
        separators=separators(),
    )
    st.plotly_chart(figure, key="few_labels", config={"displayModeBar": False})
    mean = {way: {size: sum(e) / len(e) for size, e in zip(sizes, errors[way], strict=True)} for way in FEW}
    for size in (100, 1_000):
        if size in sizes:
            told = _(
                "With **{n} labels** the pre-trained and tuned network errs on **{tuned} %** of the test pictures, "
                "frozen on {frozen} %, the same network from a random start on {random} %, and a support vector "
                "machine on {svm} %."
            )
            st.markdown(told.format(n=number(size), **{way: number(mean[way][size], 2) for way in FEW}))
    st.caption(
        _(
            "Lines: mean of {seeds} choices of labelled pictures and weights; bands: from the best to the worst. All "
            "three networks took as many steps and saw the same small distortions of their pictures; the support "
            "vector machine saw the pictures as they are. To measure it again:"
        ).format(seeds=number(len(errors["tuned"][0])))
        + " `python -m genlab few-labels`"
    )


def few_errors(metrics: Mapping[str, object]) -> tuple[list[int], dict[str, list[list[float]]]]:
    """Sizes, and for each way the errors in per cent of all seeds at each size.

    Raises:
        CheckpointError: they were not measured, or are broken.
    """
    found = metrics.get("few_labels")
    try:
        assert isinstance(found, dict)
        sizes = [int(size) for size in found["sizes"]]
        errors = {way: [[100 * float(e) for e in seeds] for seeds in found["errors"][way]] for way in FEW}
        assert all(len(e) == len(sizes) and all(e) for e in errors.values())
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            "How “{name}” learns from few labels has not been measured here. Run: python -m genlab few-labels --write",
            name=ENCODER,
        ) from error
    return sizes, errors
