"""What ``classifier-mnist``, the judge, reads in pictures; loaded once for all visitors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui import warm
from ui.i18n import _, explain, number

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint
    from genlab.models import Judge

JUDGE = "classifier-mnist"
SURE = 0.9999  # of one picture nobody is surer; more is rounding


@st.cache_resource(show_spinner=False)
def judge() -> Checkpoint[Judge]:
    """The classifier.

    Raises:
        CheckpointError: it is missing or broken.
    """
    import torch

    from genlab import checkpoints
    from genlab.models import Judge as Kind

    torch.set_num_threads(1)  # visitors are threads already
    loaded = checkpoints.load(JUDGE, Kind)
    warm.grown()
    return loaded


def is_here() -> bool:
    """Whether the classifier can be used."""
    try:
        return bool(judge())
    except GenlabError:
        return False


def judge_or_none() -> Checkpoint[Judge] | None:
    """The classifier; None, after a sentence, where it is missing or broken."""
    try:
        return judge()
    except GenlabError as error:
        st.warning(explain(error))
        return None


def read(x: Tensor) -> Tensor | None:
    """Probabilities of the classes, (N, classes), of pictures (N, 1, 28, 28) in [0, 1]; None where no judge is."""
    import torch

    try:
        model = judge().model
    except GenlabError:
        return None
    with torch.inference_mode():
        return torch.cat([model(part).softmax(1) for part in x.split(256)])


def said(probabilities: Tensor, most: int = 1) -> str:
    """The likeliest classes of one picture and how sure the judge is: “4 (98 %)”, the others where they reach 1 %."""
    best = probabilities.topk(most)
    return ", ".join(
        _("{digit} ({share} %)").format(digit=digit, share=percent(min(share, SURE)))
        for n, (share, digit) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True))
        if n == 0 or share >= 0.01
    )


def percent(share: float) -> str:
    """A share in whole per cent; what is not all or nothing is not written so."""
    whole = number(100 * share)
    if whole == "100" and share < 1:
        return ">\N{NO-BREAK SPACE}99"
    return "<\N{NO-BREAK SPACE}1" if whole == "0" and share > 0 else whole


def fitting(loaded: Checkpoint[Any] | None) -> dict[str, Any]:
    """What was measured of a checkpoint's random pictures; empty where nothing was, or by another judge than is here.

    Features of two judges cannot be compared.
    """
    known = None
    samples: dict[str, Any] = loaded.metrics.get("samples", {}) if loaded else {}
    with contextlib.suppress(GenlabError):
        known = judge().sha256
    return samples if known is None or samples.get("judge") == known else {}
