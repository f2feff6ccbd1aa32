"""Where the picture comes from: a test picture, the visitor's pen, an upload, or the camera. The same on every lesson.

The widgets' keys are their names in the address: ``?source=test&data=mnist&digit=4&number=12``.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.errors import GenlabError, NotAPictureError
from ui import cache
from ui.address import choose
from ui.components.parts import drawing_pad
from ui.i18n import N_, _, explain
from ui.pictures import Picture, grey_png, strip, to_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.data.drawing import DrawingStages

SOURCES = {"test": N_("Test picture"), "draw": N_("Draw"), "upload": N_("Upload"), "camera": N_("Camera")}
GREY_28 = ("mnist", "digits", "notmnist")  # the sets whose pictures fit the digit networks
UPLOAD_MB = 5
SEVERAL = N_("This looks like more than one sign. The networks know single digits: send one at a time.")
DRAWN = "source_drawn"  # in the session: what the pad last sent, and what was made of it
SENT_AS = "data:image/png;base64,"
SHEET = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (280).to_bytes(4, "big") * 2  # how the PNG of a sheet begins
MOST_SENT = 400_000  # characters
INK, WIDE = 64, 1.3  # of 255; widest to highest


def choose_picture() -> Tensor | None:
    """Draw the panel; the picture, (1, 1, 28, 28) in [0, 1], or None while there is none (the panel says why).

    Where the visitor wants to draw, the sheet is drawn by ``own_drawing``, which the lesson calls next, in the part of
    it that knows which network follows the pen.
    """
    where, which = st.columns([5, 4])
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
    if source == "draw":
        return None
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


def drawing() -> bool:
    """Whether the visitor wants to draw."""
    return st.session_state.get("source") == "draw"


def missing() -> None:
    """Say what to do while there is no picture."""
    if drawing():
        st.info(_("Draw a digit above, and it appears here."), icon=":material/draw:")
    else:
        st.info(_("Choose a picture above, and it appears here."), icon=":material/image:")


def own_drawing(network: str = "") -> Tensor | None:
    """Draw the sheet; what is on it, (1, 1, 28, 28) in [0, 1], or None while it is empty.

    Args:
        network: a checkpoint; what it makes of the drawing follows the pen. Without one nothing does.
    """
    kept = st.session_state.get(DRAWN)
    sent = drawing_pad(network, empty=kept is None, key="source_drawing")
    if isinstance(sent, dict) and (kept is None or kept[0] != sent):
        kept = st.session_state[DRAWN] = (sent, _prepared(sent.get("png")))
    found = kept[1] if kept else None
    if isinstance(found, GenlabError):
        st.error(explain(found))
        return None
    if found is None:
        return None
    if looks_like_several(found):
        st.warning(_(SEVERAL))
    return found.digit[None]


def _prepared(png: object) -> DrawingStages | GenlabError | None:
    """The drawing that a browser sent, prepared as an upload is; None if the sheet is empty."""
    if not png:
        return None
    try:
        if not isinstance(png, str) or len(png) > MOST_SENT or not png.startswith(SENT_AS):
            raise ValueError
        body = base64.b64decode(png.removeprefix(SENT_AS), validate=True)
        if not body.startswith(SHEET):  # another size or kind of file: our sheet has not made it
            raise ValueError
        return data.drawing_stages(body)
    except (GenlabError, ValueError) as error:
        return _without_traceback(error)


def _without_traceback(error: Exception) -> GenlabError:
    """A copy that can be kept: a traceback would hold the picture's arrays."""
    if isinstance(error, GenlabError):
        return type(error)(error.template, **error.fields)
    return NotAPictureError("This is no picture that can be read here. Send a PNG or JPEG picture.")


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
            kept = _without_traceback(error)
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
        st.warning(_(SEVERAL))
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
