"""Words of the package that a page shows: marked here, translated there.

The package speaks English and knows no visitor. A title or a summary that a page will show is wrapped in ``N_``,
so that ``tools/translations.py`` finds it; the page looks the translation up when it draws the words. Messages
of errors need no mark: whatever a ``GenlabError`` is raised with is found.
"""

from __future__ import annotations


def N_(message: str) -> str:
    """``message`` as it is, marked for translation (GNU gettext's ``N_``)."""
    return message
