"""Where the letter comes from: typed in a bundled font, uploaded, or one of notMNIST's where that is.

The widgets' keys are their names in the address: ``?letter=Q&font=courier`` or ``?origin=test&letter_class=C``.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

from genlab import data
from genlab.data.typefaces import FONTS
from genlab.errors import BlankPictureError, GenlabError
from ui import cache
from ui.address import choose, went_back
from ui.i18n import N_, _, explain
from ui.pictures import Picture, grey_png, strip, to_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.data.drawing import DrawingStages

ORIGINS = {"typed": N_("Type it"), "upload": N_("Upload"), "test": N_("Test picture")}
LETTER, LAST, FIRST = "letter", "letter_last", "A"
UPLOAD, KEPT = "letter_upload", "letter_upload_kept"
UPLOAD_MB = 5
LETTERS = "notmnist"
MOST_MEMBERS = 1000  # of any class; a number beyond a class's end starts over
FRAME = 28
EDGE = 26  # of 255: fainter than this is no edge of the ink


def choose_letter() -> Tensor | None:
    """Draw the panel; the letter, (1, 1, 28, 28) in [0, 1], or None while there is none (the panel says why)."""
    shown = {key: _(title) for key, title in ORIGINS.items() if key != "test" or data.available()[LETTERS]}
    where, which = st.columns([4, 5])
    with where:
        origin = choose(_("Letter"), shown, key="origin", default="typed")
    if origin == "upload":
        return _uploaded()
    with which:
        try:
            return _typed() if origin == "typed" else _test_letter()
        except BlankPictureError as error:
            st.info(explain(error), icon=":material/keyboard:")
        except GenlabError as error:
            st.error(explain(error))
    return None


def _typed() -> Tensor:
    from genlab.data.typeset import typeset

    left, right = st.columns([1, 2])
    with left:
        letter = _choose_character()
    font: str = right.selectbox(
        _("Font"), list(FONTS), format_func=lambda name: FONTS[name].name, key="font", bind="query-params"
    )
    return typeset(letter, font)


def _choose_character() -> str:
    """What was typed; kept in the address, as ``ui.address.choose`` keeps a choice."""
    asked = st.query_params.get(LETTER, "")
    if went_back() or LETTER not in st.session_state:
        last = FIRST if went_back() else st.session_state.get(LAST, FIRST)
        st.session_state[LETTER] = _newest(asked) or last
    letter: str = st.text_input(_("Type a letter"), max_chars=8, key=LETTER, live=True, on_change=_keep_newest)
    st.session_state[LAST] = letter or FIRST
    if letter in ("", FIRST):
        st.query_params.pop(LETTER, None)
    elif letter != asked:
        st.query_params[LETTER] = letter
    return letter


def _keep_newest() -> None:
    """Who types B behind the A means B."""
    st.session_state[LETTER] = _newest(st.session_state[LETTER])


def _newest(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()[-1:]


def _test_letter() -> Tensor:
    left, right = st.columns([3, 1])
    classes = cache.test_set(LETTERS).class_names
    with left:
        shown = {name: name for name in classes}
        name = choose(_("Class"), shown, key="letter_class", default=classes[0], round_=True)
    label = classes.index(name)
    count = len(cache.members(LETTERS, label))
    nth = right.number_input(
        _("Number, 1 to {count}").format(count=count),
        min_value=1,
        max_value=MOST_MEMBERS,
        value=1,
        key="letter_number",
        bind="query-params",
    )
    return cache.test_picture(LETTERS, label, ((nth or 1) - 1) % count + 1)


def _uploaded() -> Tensor | None:
    st.file_uploader(
        _("A picture of one letter: a photo, a scan, a screenshot"),
        max_upload_size=UPLOAD_MB,
        key=UPLOAD,
        on_change=_prepare,
    )
    kept: DrawingStages | GenlabError | None = st.session_state.get(KEPT)
    if isinstance(kept, GenlabError):
        st.error(explain(kept))
        return None
    if kept is None:
        st.info(_("Choose a picture above, and it appears here."), icon=":material/image:")
        return None
    letter = fill_frame(kept.grey)
    strip(
        [
            Picture(png=to_png(kept.original), title=_("Original"), smooth=True),
            Picture(png=to_png(kept.grey), title=_("Grey"), note=_("bright ink, dark ground"), smooth=True),
            Picture(png=grey_png(letter[0]), title=_("28×28"), note=_("stretched, as in notMNIST")),
        ],
        least=6.0,
        most=8.0,
    )
    return letter


def _prepare() -> None:
    """A new file has come, or the old one was removed: prepare it once, for this visitor alone."""
    file = st.session_state[UPLOAD]
    kept: DrawingStages | GenlabError | None = None
    if file is not None:
        try:
            kept = data.drawing_stages(file)
        except GenlabError as error:
            kept = type(error)(error.template, **error.fields)  # without the traceback, which holds arrays
    st.session_state[KEPT] = kept


def fill_frame(grey: np.ndarray) -> Tensor:
    """Ink, ``uint8`` (h, w), cut out and stretched to the whole frame, as notMNIST's letters are: (1, 1, 28, 28)."""
    import torch

    rows, columns = (np.flatnonzero((grey > EDGE).any(axis=axis)) for axis in (1, 0))
    ink = Image.fromarray(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    how = Image.Resampling.BOX if min(ink.size) >= FRAME else Image.Resampling.BICUBIC
    pixels = np.asarray(ink.resize((FRAME, FRAME), how), dtype=np.float32)
    return torch.from_numpy(pixels / pixels.max())[None, None]
