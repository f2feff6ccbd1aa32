"""Where the picture comes from: a test picture, an upload, or the camera. The same panel on every lesson.

The widgets' keys are their names in the address: ``?source=test&data=mnist&digit=4&number=12``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from ui import cache
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.pictures import Picture, grey_png, strip, to_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.data.drawing import DrawingStages

SOURCES = {"test": N_("Test picture"), "upload": N_("Upload"), "camera": N_("Camera")}
GREY_28 = ("mnist", "digits", "notmnist")  # the sets whose pictures fit the digit networks
UPLOAD_MB = 5
INK, WIDE = 64, 1.3  # of 255; widest to highest


def choose_picture() -> Tensor | None:
    """Draw the panel; the picture, (1, 1, 28, 28) in [0, 1], or None while there is none (the panel says why)."""
    where, which = st.columns([2, 3])
    with where:
        source = choose(_("Picture"), {k: _(v) for k, v in SOURCES.items()}, key="source", default="test")
    if source == "upload":
        st.file_uploader(
            _("A picture of one digit: a photo, a scan, a drawing"),
            max_upload_size=UPLOAD_MB,
            key="source_upload",
            on_change=_keep,
            args=("source_upload",),
        )
        return _kept("source_upload")
    if source == "camera":
        st.camera_input(
            _("Write a digit with a thick pen and hold it before the camera"),
            key="source_camera",
            on_change=_keep,
            args=("source_camera",),
        )
        return _kept("source_camera")
    with which:
        name = _choose_dataset()
    return _test_picture(name)


def _choose_dataset() -> str:
    present = [name for name, folder in data.available().items() if folder is not None and name in GREY_28]
    name = data.default_name()
    if len(present) > 1:
        name = choose(_("Data set"), {n: _(data.describe(n).title) for n in present}, key="data", default=name)
    return name


def _test_picture(name: str) -> Tensor | None:
    try:
        classes = cache.test_set(name).class_names
        left, right = st.columns([3, 1])
        with left:
            shown = {str(i): title for i, title in enumerate(classes)}
            digit = int(choose(_("Class"), shown, key="digit", default="4", round_=True))
        count = len(cache.members(name, digit))
        number = right.number_input(
            _("Number, 1 to {count}").format(count=count),
            min_value=1,
            max_value=MOST_MEMBERS,
            value=1,
            key="number",
            bind="query-params",
        )
        number = ((number or 1) - 1) % count + 1
        x = cache.test_picture(name, digit, number)
    except GenlabError as error:
        st.error(explain(error))
        return None
    if name == "digits":
        st.caption(_("These are scikit-learn’s bundled digits in MNIST’s form, not MNIST."))
    if name == "notmnist":
        st.caption(_("These networks have only seen digits, never letters."))
    return x


MOST_MEMBERS = 1200
"""More than any class has; a number beyond a class's end starts over."""


def _keep(widget: str) -> None:
    """A new file has come, or the old one was removed: prepare it once, for this visitor alone.

    The widget forgets its file when the visitor leaves the page; what is kept here stays for the session.
    """
    file = st.session_state[widget]
    kept: DrawingStages | GenlabError | None = None
    if file is not None:
        try:
            kept = data.drawing_stages(file)
        except GenlabError as error:
            kept = type(error)(error.template, **error.fields)  # without the traceback, which holds the picture
    st.session_state[f"{widget}_kept"] = kept


def _kept(widget: str) -> Tensor | None:
    """What this visitor last uploaded or photographed, with the stages of its preparation; None without one."""
    kept = st.session_state.get(f"{widget}_kept")
    if isinstance(kept, GenlabError):
        st.error(explain(kept))
        return None
    if kept is None:
        return None
    if st.session_state[widget] is None:
        st.caption(_("Your last picture:"))
    show_stages(kept)
    if looks_like_several(kept):
        st.warning(_("This looks like more than one sign. The networks know single digits: send one at a time."))
    return kept.digit[None]


def looks_like_several(stages: DrawingStages) -> bool:
    """Whether the ink is clearly wider than it is high, as no single digit is."""
    ink = stages.box > INK
    return bool(ink.any(axis=0).sum() > WIDE * ink.any(axis=1).sum())


def show_stages(stages: DrawingStages) -> None:
    """What preparation did: original → grey → box → 28×28."""
    strip(
        [
            Picture(png=to_png(stages.original), title=_("Original"), smooth=True),
            Picture(png=to_png(stages.grey), title=_("Grey"), note=_("bright ink, dark ground"), smooth=True),
            Picture(png=to_png(stages.box), title=_("Box"), note=_("20×20")),
            Picture(png=grey_png(stages.digit), title=_("28×28"), note=_("centred by mass")),
        ],
        least=6.0,
        most=8.0,
    )
