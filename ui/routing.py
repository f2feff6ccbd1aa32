"""The router is always ``app.py``, also for the very first visitor of a server.

Streamlit decides whether a ``pages`` folder means its old kind of multipage app when the first visitor comes, and
learns better only when ``st.navigation`` is called. So if that visitor follows a link to a lesson, the lesson's
file runs alone, once, without navigation, language or warm-up. ``require`` sees this and asks for another run,
which goes through ``app.py``.
"""

import streamlit as st

ROUTED = "routed"


def mark() -> None:
    """Called by the router: from now on this visitor's pages come through it."""
    st.session_state[ROUTED] = True


def require() -> None:
    """Called first by every page: start over if the router has not run."""
    if ROUTED not in st.session_state:
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False  # what st.navigation sets; there is no public way to say it first
        st.rerun()
