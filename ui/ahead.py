"""What the browser will need soon, loaded while it has nothing else to do.

Streamlit's charts come with Plotly, 4.7 MB of program that a browser reads for most of a second; the first page with a
chart, and all that is on it, would wait for that, and a component for what all of them begin with.
``benchmarks/pages.py`` measures it.
"""

from __future__ import annotations

import contextlib
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from genlab.errors import PublishError
from ui.components import publish


def load() -> None:
    """Have the browser load what draws charts and components, where this Streamlit keeps it in files of its own."""
    with contextlib.suppress(PublishError):  # the page that needs it will say so
        asked = urlencode({"load": chunks()}, doseq=True)
        source = f"{publish.publish_modules()}/ahead.js?{asked}"
        st.html(f'<script type="module" src="{escape(source, quote=True)}"></script>', unsafe_allow_javascript=True)


@cache
def chunks() -> list[str]:
    """The names of Streamlit's files, those that are found."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return [path.name for stem in ("BidiComponent", "PlotlyChart") for path in sorted(folder.glob(f"{stem}.*.js"))[:1]]
