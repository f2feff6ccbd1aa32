"""The browser parts of the lesson on sampling; where one cannot be shown, the server answers."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from genlab.errors import GenlabError
from genlab.palette import DIGIT_COLOURS
from ui import gan
from ui.components.mount import mount
from ui.components.reach import reach
from ui.components.sheet import GAP
from ui.components.starts import begin, released
from ui.i18n import _, explain, number
from ui.judge import percent
from ui.pictures import Picture, strip

if TYPE_CHECKING:
    from torch import Tensor

PIXELS = 28
REACH = 3.0  # of a slider for a normal number, to either side


# --------------------------------------------------------------------------------------- a sheet with opinions
def sheet(name: str, shown: gan.Drawn, *, key: str, pick: Hashable = None) -> int:
    """64 pictures, each with the digit that the classifier reads and what the discriminator thinks of it.

    Args:
        name: the checkpoint.
        shown: pictures and opinions.
        key: the widget's; where a picture is picked, also the name of its number in the address.
        pick: what changes when the pictures do, where the server wants to know which one is looked at.

    Returns:
        Which picture, from 0.
    """
    at, start = begin(key, pick, 1) if pick else ("", None)
    count = gan.SIDE * gan.SIDE
    chosen = _index(start, count)
    words = {
        "sheet": _("{count} generated pictures; arrow keys choose one").format(count=count),
        "hint": _("Tap another picture."),
        "picture": _("Picture {n}"),
    }
    bars, notes = beliefs(name, shown.opinion.logits)
    data = {
        "png": base64.b64encode(shown.png).decode(),
        "columns": gan.SIDE,
        "count": count,
        "side": PIXELS,
        "gap": GAP,
        "bars": [round(bar, 3) for bar in bars],
        "notes": notes,
        "digits": list(shown.opinion.digits),
        "texts": told(name, shown.opinion),
        "colours": DIGIT_COLOURS,
        "start": chosen,
        "at": at,
        "pick": bool(pick),
    }
    try:
        found = mount("gan_sheet", key=key, data=data, words=words, values=["picture"])
    except GenlabError as error:
        st.warning(explain(error))
        found = {"failed": "server"}
    if found["failed"]:
        strip([Picture(png=shown.png, alt=words["sheet"])], most=30)
        if pick:
            return st.number_input(_("Which picture"), 1, count, chosen + 1, key=f"{key} {at}") - 1
        return chosen
    return _index(released(key, found["picture"], at, 1), count, chosen) if pick else chosen


def _index(values: list[float] | None, count: int, other: int = 0) -> int:
    """A whole number below ``count`` that a browser or an address named, counted from 1 there; or another."""
    return int(values[0]) - 1 if values and values[0] in range(1, count + 1) else other


def beliefs(name: str, logits: Sequence[float]) -> tuple[list[float], list[str]]:
    """How far each is from generated (0) to real (1), and what is written: a share, or a critic's bare number."""
    if gan.divides(name):
        shares = [1 / (1 + float(np.exp(-np.clip(logit, -50, 50)))) for logit in logits]
        return shares, [f"{percent(share)} %" for share in shares]
    low, high = min(logits), max(logits)
    return [(logit - low) / ((high - low) or 1.0) for logit in logits], [number(logit, 1) for logit in logits]


def told(name: str, opinion: gan.Opinion) -> list[str]:
    """What is said of each picture, in a sentence."""
    words = _("D: {share} real") if gan.divides(name) else _("the critic’s score: {share}")
    lines = [words.format(share=note) for note in beliefs(name, opinion.logits)[1]]
    if not opinion.digits:
        return lines
    reads = _("reads as {digit} ({share} %)")
    return [
        f"{reads.format(digit=digit, share=percent(min(sure, 0.9999)))} · {line}"
        for digit, sure, line in zip(opinion.digits, opinion.sure, lines, strict=True)
    ]


# --------------------------------------------------------------------------------------- sliders on the noise
def published_generator(name: str) -> str:
    """The address of a generator for the browser.

    Raises:
        CheckpointError: it is missing or broken, or not kept any more.
        ExportError: it is not dense, or too large for a browser.
        PublishError: the folder for files cannot be written.
    """
    return reach(name, "decode", lambda: packed_generator(name))


def packed_generator(name: str) -> bytes:
    """A generator as ``runtime.js`` reads it."""
    import torch

    from genlab.export import record, to_bytes

    model = gan.network(name).model
    program = record(model.decode, torch.zeros(1, model.latent_dim))
    each = {"mean": 0.0, "std": 1.0, "low": -REACH, "high": REACH}  # N(0, I), whatever was learned
    about = {"codes": {key: [value] * model.latent_dim for key, value in each.items()}}
    return gzip.compress(to_bytes(program, about), 6, mtime=0)


def noise_sliders(name: str, noise: Tensor, *, about: Hashable, key: str) -> list[float] | None:
    """A slider for each number of a noise; the picture follows in the browser.

    Args:
        name: a dense generator.
        noise: where the sliders begin, (latent_dim,).
        about: what changes when the noise does.
        key: the widget's, and the values' name in the address.

    Returns:
        The noise where the sliders were let go; None where a browser cannot run this.

    Raises:
        ExportError: it is not dense.
    """
    own = [round(value, 4) for value in noise.tolist()]
    at, start = begin(key, (name, about), len(own))
    words = {
        "picture": _("drawn from these numbers"),
        "film": _("{name} from {low} to {high}, all else as it is"),
        "more": _("{n} more numbers"),
        "digit": _("Back to this noise"),
        "mean": _("All 0"),
        "random": _("Other noise"),
    }
    data = {"decoder": published_generator(name), "digit": own, "code": start, "at": at}
    found = mount("sliders", key=key, data=data, words=words, values=["code"])
    if found["failed"]:
        return None
    return released(key, found["code"], at, len(own)) or start or own
