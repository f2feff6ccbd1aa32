"""The lesson on differences: each row shows what it says, computed by the networks at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genlab import checkpoints
from ui import differences

PAGE = "pages/differences.py"


def opened(**address: str) -> AppTest:
    app = AppTest.from_file("app.py", default_timeout=120).run()
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(PAGE).run()


def strips(app: AppTest) -> list[str]:
    """The strips of pictures, in order."""
    return [block.proto.body for block in app.get("html") if "gl-strip" in block.proto.body]


def test_seven_rows_each_with_an_experiment() -> None:
    app = opened(data="digits")
    assert not app.exception
    assert not app.error
    said = " ".join(m.value for m in app.markdown)
    assert all(f"**{n}.**" in said for n in range(1, 8))
    found = strips(app)
    assert [one.count("<img") for one in found] == [2, 2, 10, 10, 10, 10, 5, 5]
    assert len(app.get("plotly_chart")) == 4
    plain, drawn = found[6], found[7]
    sources = [{part.split('"')[0] for part in one.split('src="')[1:]} for one in (plain, drawn)]
    assert (len(sources[0]), len(sources[1])) == (1, 5)  # the same code each time; another code each time


def test_new_codes_are_new_for_both() -> None:
    app = opened(data="digits")
    before = strips(app)[2:4]
    app.button(key="differences_new").click().run()
    after = strips(app)[2:4]
    assert not app.exception
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_figures_are_those_measured() -> None:
    app = opened(data="digits")
    samples = checkpoints.load(differences.VARIATIONAL).metrics["samples"]
    said = " ".join(m.value for m in app.markdown)
    assert f"{samples['ways']['normal']['fd']:.1f}" in said
    assert f"{samples['floor']['fd']:.1f}" in said


def test_without_the_vae_the_page_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import streamlit as st

    st.cache_resource.clear()
    for folder in checkpoints.root().iterdir():
        if folder.name != differences.VARIATIONAL:
            (tmp_path / folder.name).symlink_to(folder)
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    app = opened(data="digits")
    st.cache_resource.clear()
    assert not app.exception
    assert len(app.error) >= 5
    assert all("There is no checkpoint" in error.value for error in app.error)
    assert len(strips(app)) >= 3  # what the autoencoder alone can show
