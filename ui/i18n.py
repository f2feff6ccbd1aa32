"""The visitor's language: English in the source, Brazilian Portuguese from a GNU gettext catalog.

Visitors of one server are threads of one process, so ``_`` asks for the visitor's own language at each call; what is
remembered between two calls belongs to one thread and one run of the script. (Hence also: never call ``_`` while a
module is imported, nor inside a function that ``st.cache_data`` keeps, unless ``language()`` is one of its arguments.)

    from ui.i18n import _
    st.write(_("The latent space has {k} numbers.").format(k=k))   # translate first, then fill in

``make translations`` collects the messages and compiles the catalog (see ``tools/translations.py``).
"""

from __future__ import annotations

import gettext
import threading
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal, get_args

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from genlab.errors import GenlabError
from genlab.text import N_

__all__ = ["LANGUAGES", "N_", "Language", "_", "explain", "language", "language_switch", "n_", "number"]

Language = Literal["en", "pt_BR"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

LOCALES = Path(__file__).parents[1] / "locales"
PARAMETER = "lang"  # in the address: ?lang=pt
IN_ADDRESS: dict[Language, str] = {"en": "en", "pt_BR": "pt"}
SHORT_NAME: dict[Language, str] = {"en": "EN", "pt_BR": "PT"}
CHOSEN = "i18n_chosen"  # in the session: what the visitor chose, on any page
SWITCH = "i18n_switch"  # the switch's own key
PT_BR_MARKS = str.maketrans(",.", ".,")  # 1,234.5 -> 1.234,5


class _Last(threading.local):
    """The language found last in this thread, and what it was found from: see ``language``."""

    context: ScriptRunContext | None = None
    query_string: str = ""
    context_info: object = None
    found: Language = "en"


_last = _Last()


def language() -> Language:
    """The visitor's language: the address's ``?lang=``, else the switch, else the browser's, else English.

    A page asks a hundred times a run and looking it up was a third of the run, so the answer is kept until the run,
    its address or what the browser says of itself is another. The switch's choice changes the address, too.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:  # no visitor: a test, a thread of a download
        return "en"
    last = _last
    if (
        last.context is not context
        or last.context_info is not context.context_info
        or last.query_string != context.query_string
    ):
        last.found = _look_up()
        last.context, last.context_info, last.query_string = context, context.context_info, context.query_string
    return last.found


def _look_up() -> Language:
    for asked in (st.query_params.get(PARAMETER), st.session_state.get(CHOSEN), st.context.locale):
        known = _known(asked)
        if known is not None:
            return known
    return "en"


def _(message: str) -> str:
    """``message`` in the visitor's language; itself where there is no translation."""
    return _catalog(language()).gettext(message) if message else ""  # gettext("") is the catalog's header


def n_(singular: str, plural: str, n: int) -> str:
    """The form that goes with ``n`` things: English says "0 epochs", Portuguese "0 época"."""
    return _catalog(language()).ngettext(singular, plural, n)


def number(value: float, digits: int = 0) -> str:
    """``value`` with ``digits`` decimals as the visitor writes it: 1,234.5 or, in Portuguese, 1.234,5."""
    return _localised(f"{value:,.{digits}f}")


def explain(error: GenlabError) -> str:
    """The text of an error in the visitor's language: its sentence and the words in it are translated."""
    fields = {name: _word(value) for name, value in error.fields.items()}
    return _VisitorFormatter().vformat(_(error.template), (), fields) if fields else _(error.template)


def _word(value: object) -> object:
    """What stands in an error's sentence; a word or another error is translated too."""
    if isinstance(value, GenlabError):
        return explain(value)
    return _(value) if isinstance(value, str) else value


def separators() -> str:
    """Decimal mark and thousands mark of the visitor's language, as Plotly wants them."""
    return ",." if language() == "pt_BR" else ".,"


def language_switch() -> None:
    """Draw the switch EN | PT in the sidebar, and keep ``?lang=`` in the address on every page once chosen."""
    current = language()
    asked = st.query_params.get(PARAMETER)
    if asked is not None or CHOSEN in st.session_state:
        st.session_state[CHOSEN] = current
        if asked != IN_ADDRESS[current]:
            st.query_params[PARAMETER] = IN_ADDRESS[current]
    st.session_state[SWITCH] = current
    st.sidebar.segmented_control(
        _("Language"),
        LANGUAGES,
        format_func=SHORT_NAME.__getitem__,
        key=SWITCH,
        required=True,
        on_change=_switched,
    )


def _switched() -> None:
    """Before the rerun that follows a click: the address and the session learn the choice."""
    chosen: Language = st.session_state[SWITCH]
    st.session_state[CHOSEN] = chosen
    st.query_params[PARAMETER] = IN_ADDRESS[chosen]


def _known(asked: str | None) -> Language | None:
    """en, en-GB … -> en; pt, pt-BR, pt_BR, pt-PT … -> pt_BR; anything else -> None."""
    tongue = (asked or "").replace("-", "_").split("_")[0].lower()
    if tongue == "pt":
        return "pt_BR"
    return "en" if tongue == "en" else None


@cache
def _catalog(name: Language) -> gettext.NullTranslations:
    """The catalog of a language, read once and shared by all visitors; it is never changed."""
    if name == "en":
        return gettext.NullTranslations()
    return gettext.translation("genlab", LOCALES, [name], fallback=True)


def _localised(text: str) -> str:
    """A number that Python has formatted, with the marks of the visitor's language."""
    return text.translate(PT_BR_MARKS) if language() == "pt_BR" else text


class _VisitorFormatter(Formatter):
    """``str.format`` whose numbers carry the visitor's marks, so ``{size:,.1f}`` reads 1.234,5 in Portuguese."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        text = super().format_field(value, format_spec)
        return _localised(text) if isinstance(value, int | float) else text
