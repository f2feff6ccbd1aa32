"""The part of a page that is drawn anew at each move: alone, in turn, and with its errors as sentences.

Visitors are threads of one interpreter, so moves served at once are no faster: ten together would be answered when the
last is done, and each of their messages makes all of them queue for the interpreter anew. In turn, the first waits for
nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from genlab.errors import GenlabError
from ui.i18n import explain

one_at_a_time = threading.Lock()
"""Hold it for a short computation and its drawing, never while waiting for a network or a visitor."""


@st.fragment
def follow(draw: Callable[[Any], None], about: Any) -> None:
    """Call ``draw(about)`` as a fragment: what is moved in it draws it again, and nothing else of the page."""
    try:
        with one_at_a_time:
            draw(about)
    except GenlabError as error:  # Streamlit lets no error of a fragment out to the page
        st.error(explain(error))
