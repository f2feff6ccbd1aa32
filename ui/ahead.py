"""What the browser will need soon, loaded while it has nothing else to do.

Streamlit's charts come with Plotly, 4.7 MB of program that a browser reads for most of a second; the first page with a
chart, and all that is on it, would wait for that, and a component for what all of them begin with.
``benchmarks/pages.py`` measures it.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from pathlib import Path

import streamlit as st

from genlab.errors import PublishError
from ui.components import publish

SCRIPT = """<script>
(() => {
  if (window.genlabAhead || navigator.connection?.saveData) return;
  window.genlabAhead = true; // of this visit: other pages of the app are the same document
  const own = document.querySelector('script[type="module"][src*="static/js/"]');
  const late = window.requestIdleCallback ?? setTimeout;
  for (const name of own ? NAMES : []) {
    const where = new URL(name, name.includes("/") ? document.baseURI : own.src);
    late(() => import(where).catch(() => {})); // the page that needs it asks for it again
  }
})();
</script>"""


def load() -> None:
    """Have the browser load what draws charts and components, where this Streamlit keeps it in files of its own."""
    with contextlib.suppress(PublishError):  # the page that needs it will say so
        names = [*chunks(), f"{publish.publish_modules()}/kit.js"]
        st.html(SCRIPT.replace("NAMES", json.dumps(names)), unsafe_allow_javascript=True)


@cache
def chunks() -> list[str]:
    """The names of Streamlit's files, those that are found."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return [path.name for stem in ("BidiComponent", "PlotlyChart") for path in sorted(folder.glob(f"{stem}.*.js"))[:1]]
