"""A choice that is kept in the page's address, whatever language it is shown in.

Streamlit's own ``bind="query-params"`` writes an option as it is *shown*, so a link made in English would not open
in Portuguese. Numbers look alike in both and use ``bind``; choices with names use this.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def choose(label: str, options: Mapping[str, str], *, key: str, default: str, round_: bool = False) -> str:
    """A row of buttons of which one is pressed.

    Args:
        label: above it, translated.
        options: what stands in the address → what is shown, translated.
        key: the widget's key and the name in the address.
        default: chosen where the address says nothing, or nothing valid; then the address stays clean. A visitor who
            comes back to a page, or goes to another that asks the same, finds what was chosen last.
        round_: single pills rather than one bar.
    """
    asked = st.query_params.get(key)
    chosen = f"{key}_chosen"  # the widget's own memory ends with the page
    if went_back():
        st.session_state[key] = asked if asked in options else default
    elif st.session_state.get(key) not in options:
        last = st.session_state.get(chosen)
        st.session_state[key] = asked if asked in options else last if last in options else default
    row = st.pills if round_ else st.segmented_control
    value = row(label, list(options), format_func=options.__getitem__, required=True, wrap=True, key=key) or default
    st.session_state[chosen] = value
    if value != (asked or default):
        if value == default:
            del st.query_params[key]
        else:
            st.query_params[key] = value
    return value


def went_back() -> bool:
    """Whether the browser's Back or Forward button asked for this run; then the address decides, not the widget."""
    context = get_script_run_ctx(suppress_warning=True)
    return getattr(context, "is_history_navigation", False)
