"""A choice that is kept in the page's address, whatever language it is shown in.

Streamlit's own ``bind="query-params"`` writes an option as it is *shown*, so a link made in English would not open
in Portuguese. Numbers look alike in both and use ``bind``; choices with names use this.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def choose(
    label: str, options: Mapping[str, str], *, key: str, default: str, round_: bool = False, own: bool = False
) -> str:
    """A row of buttons of which one is pressed.

    Args:
        label: above it, translated.
        options: what stands in the address → what is shown, translated.
        key: the widget's key and the name in the address.
        default: chosen where the address says nothing, or nothing valid; then the address stays clean. A visitor who
            comes back to a page, or goes to another that asks the same, finds what was chosen last.
        round_: single pills rather than one bar.
        own: another page asks something else under the same name; what was chosen there does not count here.
    """
    asked, page = st.query_params.get(key), here()
    last, where = st.session_state.get(f"{key}_chosen", (default, None))  # the widget's own memory ends with the page
    if own:
        last = st.session_state.get(f"{key}_chosen {page}", default)
    if went_back() or where != page or st.session_state.get(key) not in options:
        remembered = last if last in options and not went_back() else default
        st.session_state[key] = asked if asked in options else remembered
    else:  # said at each run: of two that follow each other at once the browser may only see the second
        st.session_state[key] = st.session_state[key]
    row = st.pills if round_ else st.segmented_control
    value = row(label, list(options), format_func=options.__getitem__, required=True, wrap=True, key=key) or default
    st.session_state[f"{key}_chosen"] = (value, page)
    if own:
        st.session_state[f"{key}_chosen {page}"] = value
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


def here() -> str:
    """The page that runs, by a name that lasts."""
    return getattr(get_script_run_ctx(suppress_warning=True), "page_script_hash", "")
