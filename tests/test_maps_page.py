"""The lesson on latent maps, without a browser: what it sends, where the picture goes, maps of one's own."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from genlab import mapping
from genlab import maps as package
from genlab.errors import PublishError
from tests.test_pages import bare, fine, go, machine, router, sentences, strips, thaw, visit, with_mnist, words  # noqa: F401
from ui import maps, maps_making, maps_space
from ui.components import map_parts

MAPS = "pages/maps.py"
JOIN = 120  # seconds a map of the tests may take


@pytest.fixture(autouse=True)
def forget() -> None:
    maps_space.space.clear()
    map_parts.published_pictures.clear()


def sent(app: AppTest) -> dict[str, Any]:
    """What the linked maps were given."""
    found = [json.loads(json.loads(block.proto.json)["json"]) for block in app.get("bidi_component")]
    (data,) = [one for one in found if "maps" in one]
    return data


def halves(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.float16).astype(np.float32)


def test_the_maps_are_those_that_are_shipped(machine: str) -> None:  # noqa: F811
    app = visit(MAPS)
    assert sentences(app) == []
    data = sent(app)
    shelf, _fresh = mapping.shelf("ae-mnist-z16", machine)
    for shown, points in zip(data["maps"], (shelf.pca, shelf.tsne[0], shelf.umap[0]), strict=True):
        np.testing.assert_allclose(halves(shown["points"]).reshape(-1, 2), points, atol=0.05)
        assert len(shown["figures"]) == 3
    assert [bool(shown["mean"]) for shown in data["maps"]] == [True, False, False]
    assert base64.b64decode(data["labels"]) == shelf.labels.tobytes()
    assert data["vectors"] == "codes"
    assert data["codes"]
    assert data["decoder"]
    assert data["pictures"]


def test_without_mnist_its_maps_are_shown_with_decoded_pictures(bare: Any) -> None:  # noqa: F811
    data = sent(visit(MAPS, of="mnist"))
    assert data["pictures"] is None
    assert data["decoder"]
    assert data["words"]["pictures"].startswith("Small pictures: drawn by the decoder")
    assert set(data["own"]) == {"pca", "tsne", "umap"}
    app = visit(MAPS, of="mnist", space="pixels")
    data = sent(app)
    assert data["vectors"] == ""
    assert set(data["own"]) == {"pca"}  # the others need the pictures
    assert any("not on this machine" in text for text in words(app))


def test_the_second_start_is_one_click_away() -> None:
    app = visit(MAPS, seed="2")
    shelf, _fresh = mapping.shelf("ae-mnist-z16", "digits")
    data = sent(app)
    np.testing.assert_allclose(halves(data["maps"][1]["points"]).reshape(-1, 2), shelf.tsne[1], atol=0.05)
    np.testing.assert_allclose(halves(data["maps"][2]["points"]).reshape(-1, 2), shelf.umap[1], atol=0.05)


def test_a_picture_of_the_map_lies_on_its_own_dot() -> None:
    app = visit(MAPS, data="digits", digit="4", number="1")
    data = sent(app)
    labels = np.frombuffer(base64.b64decode(data["labels"]), dtype=np.uint8)
    dot = int(np.flatnonzero(labels == 4)[0])  # the test split comes first
    for shown in data["maps"]:
        points = halves(shown["points"]).reshape(-1, 2)
        reach = np.ptp(points, axis=0).max()
        assert np.linalg.norm(np.array(data["own"][shown["key"]]) - points[dot]) < 0.01 * reach, shown["key"]


def test_a_picture_far_from_all_codes_is_told_so(machine: str) -> None:  # noqa: F811
    import torch

    here = maps_space.space("ae-mnist-z16", machine, "x")
    far = maps._place(torch.ones(1, 1, 28, 28), here)
    assert far is not None
    assert "says little" in far.sentence
    near = maps._place(mapping.pictures(machine).images[:1].float() / 255, here)
    assert near is not None
    assert "says little" not in near.sentence


@pytest.mark.parametrize("space", ["pixels", "ae-deep-mnist-z30"])
@pytest.mark.parametrize("view", ["belief", "pca", "make"])
def test_every_space_has_every_view(space: str, view: str) -> None:
    app = visit(MAPS, space=space, closer=view)
    assert sentences(app) == []
    assert len(sent(app)["maps"]) == 3
    pictures = [figure for strip in strips(app) for figure in strip]
    if view == "belief":
        assert len(pictures) == 5
        assert any("Wattenberg" in text for text in words(app))
    if view == "pca":
        assert len(app.get("plotly_chart")) == 1
        assert len(pictures) == (8 if space == "pixels" else 0)


def test_another_encoder_has_pca_at_once_and_says_how_to_get_the_others() -> None:
    app = visit(MAPS, space="other", encoder="ae-mnist-z8")
    assert sentences(app) == []
    data = sent(app)
    assert [bool(one["points"]) for one in data["maps"]] == [True, False, False]
    assert "Your own map" in data["maps"][1]["note"]


@pytest.mark.parametrize("odd", [{"space": "nonsense"}, {"of": "street"}, {"seed": "own"}, {"spot": "9,nan,1"}])
def test_nonsense_in_the_address_is_ignored(odd: dict[str, str]) -> None:
    app = visit(MAPS, **odd)
    assert sentences(app) == []
    assert sent(app)["start"] is None


def test_the_place_that_was_clicked_is_in_the_address() -> None:
    app = visit(MAPS, spot="1,3.5,-2")
    assert sent(app)["start"] == [1.0, 3.5, -2.0]
    app = visit(MAPS)
    app.session_state["spot"] = {"place": {"at": sent(app)["at"], "values": [2, 1.25, 0.5]}}
    app.run()
    assert app.query_params["spot"] == "2,1.25,0.5"


def test_where_the_browser_fails_the_server_draws_the_maps() -> None:
    app = visit(MAPS, closer="make")
    app.session_state["spot"] = {"failed": "no module"}
    app.run()
    assert sentences(app) == []
    (shown,) = [strip for strip in strips(app) if len(strip) == 3]
    assert len({figure.png for figure in shown}) == 3


def test_a_folder_that_cannot_be_written_is_a_sentence_and_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> str:
        raise PublishError("The folder {folder} cannot be written.", folder="static")

    monkeypatch.setattr(map_parts, "mount", refuse)
    app = visit(MAPS, closer="make")
    assert sentences(app) == []
    assert any("cannot be written" in one.value for one in app.warning)
    assert len([strip for strip in strips(app) if len(strip) == 3]) == 1


# --------------------------------------------------------------------------------------- a map of one's own
@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps of a few vectors, which take no time."""
    whole = maps_space.space

    def first(*which: str) -> maps_space.Space:
        from dataclasses import replace

        found = whole(*which)
        points = {method: [one[:150] for one in found.points[method]] for method in found.points}
        assert found.vectors is not None
        return replace(found, labels=found.labels[:150], vectors=found.vectors[:150], points=points)

    monkeypatch.setattr(maps_space, "space", first)


def test_a_map_of_ones_own_is_made_and_shown(small: None) -> None:
    app = visit(MAPS, closer="make", perplexity="12", maps_seed="7")
    app.button(key="maps_start").click().run()
    fine(app)
    job = app.session_state[maps_making.JOB]
    job.worker.join(JOIN)
    assert job.worker.state == "done", job.worker.error
    app.run()
    assert sentences(app) == []
    made = app.session_state[maps.OWN]["ae-mnist-z16", "digits", "tsne"]
    assert made.settings == package.MapSettings(method="tsne", perplexity=12, seed=7)
    shown = sent(app)["maps"][1]
    assert shown["title"] == "t-SNE · perplexity 12"
    np.testing.assert_allclose(halves(shown["points"]).reshape(-1, 2), made.points, atol=0.05)
    assert app.query_params["seed"] == "own"
    go(app, "pages/explore.py")
    app = go(app, MAPS)
    assert sent(app)["maps"][1]["title"] == "t-SNE · perplexity 12"  # kept for the session


def test_a_map_can_be_cancelled(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    def endless(*args: object) -> Any:
        while True:
            time.sleep(0.01)
            yield package.Step(stage="layout", share=0.3)

    monkeypatch.setattr(package, "making", endless)
    app = visit(MAPS, closer="make")
    app.button(key="maps_start").click().run()
    job = app.session_state[maps_making.JOB]
    app.button(key="maps_stop").click().run()
    job.worker.join(JOIN)
    app.run()
    assert job.worker.state == "stopped"
    assert any("Cancelled" in one.value for one in app.info)
    assert app.button(key="maps_start")
    assert maps.OWN not in app.session_state


def test_what_fails_is_a_sentence(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> Any:
        raise RuntimeError("numba")
        yield

    monkeypatch.setattr(package, "making", broken)
    app = visit(MAPS, closer="make")
    app.button(key="maps_start").click().run()
    app.session_state[maps_making.JOB].worker.join(JOIN)
    app.run()
    assert sentences(app) == [maps_making.FAILED]


def test_only_the_last_maps_are_kept() -> None:
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    assert get_script_run_ctx(suppress_warning=True) is None
    import streamlit as st

    settings = package.MapSettings(method="umap")
    made = package.Made(points=np.zeros((3, 2), dtype=np.float32), settings=settings, measures={}, seconds=1.0)
    st.session_state[maps.OWN] = {}
    for n in range(2 * maps.MOST_OWN):
        maps.keep_own((f"encoder {n}", "digits"), made)
    kept = list(st.session_state[maps.OWN])
    del st.session_state[maps.OWN]
    assert len(kept) == maps.MOST_OWN
    assert kept[-1] == (f"encoder {2 * maps.MOST_OWN - 1}", "digits", "umap")
