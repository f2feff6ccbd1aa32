"""The visitor's language, and the catalogs of translations."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import ClassVar

import pytest
from babel.messages.catalog import Message
from babel.numbers import format_decimal
from streamlit.testing.v1 import AppTest

from genlab.errors import BlankPictureError, GenlabError
from tools import translations
from ui import i18n

SCRIPT = """
import streamlit as st
from ui.i18n import _, language, language_switch, number
language_switch()
st.text(language())
st.text(_("Language"))
st.text(number(1234.5, 1))
"""
IN_ENGLISH = ["en", "Language", "1,234.5"]
IN_PORTUGUESE = ["pt_BR", "Idioma", "1.234,5"]


def visit(lang: str | None = None) -> AppTest:
    app = AppTest.from_string(SCRIPT)
    if lang is not None:
        app.query_params["lang"] = lang
    return app.run()


def texts(app: AppTest) -> list[str]:
    assert not app.exception
    return [element.value for element in app.text]


@pytest.fixture
def browser_says(monkeypatch):
    """Let the visitor's browser name a language."""

    def say(locale: str | None) -> None:
        monkeypatch.setattr(type(i18n.st.context), "locale", property(lambda self: locale))

    return say


# --------------------------------------------------------------------------------------- whose language
@pytest.mark.parametrize("lang", ["pt", "pt-BR", "pt_BR", "pt-br", "PT"])
def test_the_address_asks_for_portuguese(lang):
    assert texts(visit(lang)) == IN_PORTUGUESE


@pytest.mark.parametrize("lang", ["en", "en-GB", "EN"])
def test_the_address_asks_for_english_of_a_portuguese_browser(lang, browser_says):
    browser_says("pt-BR")
    assert texts(visit(lang)) == IN_ENGLISH


@pytest.mark.parametrize("lang", ["", "klingon", "../../etc", "pt" * 2000])
def test_an_unknown_address_falls_back_to_the_browser(lang, browser_says):
    assert texts(visit(lang)) == IN_ENGLISH
    browser_says("pt-BR")
    assert texts(visit(lang)) == IN_PORTUGUESE


@pytest.mark.parametrize(("locale", "expected"), [("pt-PT", IN_PORTUGUESE), ("es-ES", IN_ENGLISH), (None, IN_ENGLISH)])
def test_without_a_choice_the_browser_decides_and_the_address_stays_clean(locale, expected, browser_says):
    browser_says(locale)
    app = visit()
    assert texts(app) == expected
    assert "lang" not in app.query_params


def test_the_switch_changes_the_language_at_once_and_the_address_with_it():
    app = visit("en")
    assert app.sidebar.segmented_control[0].value == "en"
    app.sidebar.segmented_control[0].set_value("pt_BR").run()
    assert texts(app) == IN_PORTUGUESE
    assert app.query_params["lang"] == "pt"
    app.sidebar.segmented_control[0].set_value("en").run()
    assert texts(app) == IN_ENGLISH
    assert app.query_params["lang"] == "en"


def test_a_choice_outlives_an_address_without_it():
    app = visit("pt")
    del app.query_params["lang"]  # as a change of page does
    assert texts(app.run()) == IN_PORTUGUESE
    assert app.query_params["lang"] == "pt"


def test_visitors_do_not_share_a_language():
    one, other = visit("pt"), visit("en")
    assert texts(one.run()) == IN_PORTUGUESE
    assert texts(other.run()) == IN_ENGLISH


# --------------------------------------------------------------------------------------- what a run remembers
@pytest.fixture
def looked_up(monkeypatch):
    """How often a language was looked up."""
    times = []
    look_up = i18n._look_up
    monkeypatch.setattr(i18n, "_look_up", lambda: times.append(1) or look_up())
    return times


def test_a_run_looks_its_language_up_once(looked_up):
    def script():
        import streamlit as st

        from ui.i18n import _, language

        for _n in range(9):
            st.text(language() + " " + _("Language"))

    app = AppTest.from_function(script)
    app.query_params["lang"] = "pt"
    assert texts(app.run()) == ["pt_BR Idioma"] * 9
    assert len(looked_up) == 1
    app.query_params["lang"] = "en"
    assert texts(app.run()) == ["en Language"] * 9
    assert len(looked_up) == 2


def test_another_address_within_a_run_is_seen_at_once():
    def script():
        import streamlit as st

        from ui.i18n import _

        for lang in ("pt", "en", "pt"):
            st.query_params["lang"] = lang
            st.text(_("Language"))
        del st.query_params["lang"]
        st.text(_("Language"))

    app = AppTest.from_function(script)
    assert texts(app.run()) == ["Idioma", "Language", "Idioma", "Language"]


def test_a_thread_that_serves_one_visitor_after_another_tells_them_apart(monkeypatch):
    class Visitor:
        def __init__(self, lang):
            self.query_string, self.context_info, self.lang = "", None, lang

    class Streamlit:
        session_state: ClassVar[dict[str, str]] = {}
        context = SimpleNamespace(locale=None)

        @property
        def query_params(self):
            return {"lang": now[0].lang}

    ana, ben = Visitor("pt"), Visitor("en")
    now = [ana]
    monkeypatch.setattr(i18n, "st", Streamlit())
    monkeypatch.setattr(i18n, "get_script_run_ctx", lambda suppress_warning: now[0])
    said = []
    for visitor in (ana, ben, ana, ana, ben):
        now[0] = visitor
        said.append(i18n.language())
    assert said == ["pt_BR", "en", "pt_BR", "pt_BR", "en"]
    ben.lang, ben.context_info = "pt", object()  # the next run in the same thread, from a browser that speaks otherwise
    assert i18n.language() == "pt_BR"


def test_without_a_visitor_it_is_english():
    assert i18n.language() == "en"
    assert i18n._("Language") == "Language"


# --------------------------------------------------------------------------------------- words and numbers
@pytest.fixture
def portuguese(monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: "pt_BR")


def test_an_empty_or_unknown_message_stays_itself(portuguese):
    assert i18n._("") == ""
    assert i18n._("a message that nobody marked") == "a message that nobody marked"


def test_plurals_without_a_translation_are_english():
    assert i18n.n_("{n} step", "{n} steps", 1).format(n=1) == "1 step"
    assert i18n.n_("{n} step", "{n} steps", 2).format(n=2) == "2 steps"


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("digits", [0, 1, 3])
@pytest.mark.parametrize("value", [0, 7, -1234.5, 0.0625, 999_999, 1e9, 41.93])
def test_numbers_read_as_the_standard_says(lang, digits, value, monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: lang)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    assert i18n.number(value, digits) == format_decimal(value, pattern, locale=lang)


# --------------------------------------------------------------------------------------- errors
def test_an_error_is_its_sentence_filled_in():
    error = BlankPictureError("{n:,} of {what} “{{}}”", n=1234, what="ink")
    assert str(error) == "1,234 of ink “{}”"
    assert str(GenlabError("plain {braces} stay")) == "plain {braces} stay"
    assert str(GenlabError()) == ""


def test_an_error_that_lacks_a_field_is_a_mistake_of_the_programmer():
    with pytest.raises(KeyError):
        GenlabError("{n}", m=1)


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(BlankPictureError("{n} {{", n=3)))  # noqa: S301 - as multiprocessing does
    assert (type(error), str(error), error.template, error.fields) == (BlankPictureError, "3 {", "{n} {{", {"n": 3})


def test_explain_translates_the_sentence_its_words_and_its_numbers(portuguese, monkeypatch):
    words = {"{size:,.1f} MB of {what}": "{what}: {size:,.1f} MB", "ink": "tinta"}
    monkeypatch.setattr(i18n, "_", lambda message: words.get(message, message))
    assert i18n.explain(GenlabError("{size:,.1f} MB of {what}", size=1234.56, what="ink")) == "tinta: 1.234,6 MB"
    assert i18n.explain(GenlabError("plain {braces} stay")) == "plain {braces} stay"


def test_explain_without_a_visitor_is_the_error_itself():
    error = GenlabError("{n:,} “{path}”", n=1234, path="a/b.c")
    assert i18n.explain(error) == str(error)


# --------------------------------------------------------------------------------------- catalogs
def test_every_message_is_translated_and_the_files_are_in_step():
    assert translations.problems() == []


def found(source: str) -> list[object]:
    return [message.text for message in translations.find_messages(source, "x.py")]


def test_what_counts_as_a_message():
    assert found('_("a" "b"); i18n._("c"); n_("one", "many", n); N_("t")') == ["ab", "c", ("one", "many"), "t"]
    assert found('raise errors.DataError("no {x}", x=1) from e') == ["no {x}"]
    assert found('check(f(a, b), "bounds {x}", x=1)') == ["bounds {x}"]
    assert found('BLANK = "nothing"\nraise BlankPictureError(BLANK)') == ["nothing"]
    assert found('class DataError(GenlabError): "doc"') == []
    assert found('_(entry.title); ConfigError(sentence, **fields); print("x")') == []


@pytest.mark.parametrize("source", ['_(f"a {x}")', '_("a %s" % x)', '_("{x}".format(x=1))', 'DataError("a" f"{x}")'])
def test_a_message_that_is_filled_in_too_early_is_found(source):
    assert found(source) == [None]


def test_a_comment_reaches_the_translator():
    source = '# Translators: on a button\n_("Go")\n'
    assert [message.comment for message in translations.find_messages(source, "x.py")] == ["on a button"]


@pytest.mark.parametrize(
    ("string", "flags", "fault"),
    [
        ("{n} passos", [], ""),
        ("", [], "not translated"),
        ("{n} passos", ["fuzzy"], "doubtful"),
        ("{m} passos", [], "does not have"),
        ("passos", [], "lacks"),
    ],
)
def test_a_faulty_translation_is_found(string, flags, fault):
    text = translations.faults(Message("{n} steps"), Message("{n} steps", string, flags=flags))
    assert fault in text
    assert bool(fault) == bool(text)


def test_a_singular_may_leave_the_number_out():
    pair = ("{n} step", "{n} steps")
    assert translations.faults(Message(pair), Message(pair, ("um passo", "{n} passos"))) == ""
    assert translations.faults(Message(pair), Message(pair, ("um passo", ""))) == "not translated"


def test_update_then_check(tmp_path):
    (tmp_path / "app.py").write_text('_("Go")\n_(f"{x}")\n', encoding="utf-8")
    translations.update(tmp_path)
    assert [line.split(": ")[1] for line in translations.problems(tmp_path)] == [
        "a message must be one plain literal, filled in by name",
        "not translated",
    ]
    (tmp_path / "app.py").write_text('\n\n_("Go")\n', encoding="utf-8")  # moved code changes no catalog
    assert translations.problems(tmp_path) == [f"{translations.TARGETS['pt_BR']}: not translated: 'Go'"]
    (tmp_path / "app.py").write_text('_("Stop")\n', encoding="utf-8")
    assert any("out of date" in line for line in translations.problems(tmp_path))
