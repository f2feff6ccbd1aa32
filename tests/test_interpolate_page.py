"""The lesson on walks: what the browser is given is the walk between the chosen pictures, and what the judge reads."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from genlab import interpolation as walks
from genlab.data import prepare_drawing, to_float
from genlab.errors import CheckpointError
from tests.test_pages import (  # noqa: F401
    a_drawing,
    bare,
    go,
    machine,
    router,
    sent,
    sentences,
    strips,
    thaw,
    visit,
    with_mnist,
    words,
)
from ui import cache, interpolation, interpolation_files, interpolation_reading
from ui import judge as judging
from ui.components import walk
from ui.interpolation_reading import PIXELS

PAGE = "pages/interpolate.py"


def given(app: AppTest, module: str = "walk") -> dict[str, Any]:
    """What the browser's part is given."""
    for element in app.get("bidi_component"):
        data = json.loads(json.loads(element.proto.json)["json"])
        if data["module"].endswith(f"/{module}.js"):
            return dict(data)
    raise AssertionError(f"no {module} on the page")


def picture(digit: int, number: int = 1, name: str = "digits") -> torch.Tensor:
    return cache.test_picture(name, digit, number)


def codes(network: str, x: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        z = x.flatten(1) if network == PIXELS else cache.checkpoint(network).model.encode(x)
    return z[0].numpy()


# --------------------------------------------------------------------------------------- what the browser is given
def test_the_page_opens_with_a_walk_from_4_to_9(machine: str) -> None:  # noqa: F811
    app = visit(PAGE)
    assert sentences(app) == []
    data = given(app)
    assert [row["title"] for row in data["rows"]] == list(interpolation.TITLES.values())
    for row, network in zip(data["rows"], interpolation.TITLES, strict=True):
        np.testing.assert_allclose(row["from"], codes(network, picture(4, name=machine)), atol=1e-4)
        np.testing.assert_allclose(row["to"], codes(network, picture(9, name=machine)), atol=1e-4)
        assert (row["decoder"] is None) == (network == PIXELS)
        assert {len(values) for values in row["reading"].values()} == {walks.POINTS}
    assert (data["way"], data["start"], data["stops"]) == ("straight", 0.5, walks.stops(9))


@pytest.mark.parametrize("way", ["straight", "circle"])
def test_what_was_read_is_what_the_judge_reads(way: str) -> None:
    app = visit(PAGE, way=way, digit="5", to="3", to_number="2", steps="7")
    assert sentences(app) == []
    data = given(app)
    assert (data["way"], data["stops"]) == (way, walks.stops(7))
    test = cache.test_set("digits")
    real = to_float(test.images[: cache.MOST_CODES])
    judge = interpolation_reading.judge().model
    reference = walks.make_reference(judge, real)
    ends = [int((test.labels == 5).nonzero()[0]), int((test.labels == 3).nonzero()[1])]
    for row, network in zip(data["rows"], interpolation.TITLES, strict=True):
        with torch.inference_mode():
            model = None if network == PIXELS else cache.checkpoint(network).model
            space = walks.make_space(real.flatten(1) if model is None else model.encode(real))
            a, b = (torch.tensor(codes(network, x)) for x in (picture(5), picture(3, 2)))
            z = walks.WAYS[way](a, b, walks.shares())  # type: ignore[index]
            y = z.clamp(0, 1).view(-1, 1, 28, 28) if model is None else model.decode(z)
            found = walks.read(judge, z, y, space, reference, ends=ends)
        assert row["reading"]["digit"] == found.digits.tolist()
        np.testing.assert_allclose(row["reading"]["sure"], found.confidence, atol=1e-3)
        np.testing.assert_allclose(row["reading"]["distance"], found.distances, atol=0.02)
        assert [hole == walk.DIGIT for hole in row["reading"]["hole"]] == found.reads.tolist()
        assert row["note"] == f"{100 * found.share:.0f} % of the way reads as a digit"


def test_no_hole_without_its_reason() -> None:
    yes, no = torch.tensor([True]), torch.tensor([False])
    any_ = {"digits": torch.tensor([4]), "distances": torch.tensor([1.0]), "nearest": torch.tensor([0])}
    sure, unsure = torch.tensor([0.99]), torch.tensor([0.9])
    for confidence, among, far, expected in (
        (sure, yes, no, walk.DIGIT),
        (unsure, yes, no, walk.BLURRED),
        (sure, no, no, walk.BLURRED),
        (sure, yes, yes, walk.FAR),
        (unsure, no, yes, walk.BLURRED),
    ):
        reading = walks.Reading(confidence=confidence, among=among, far=far, **any_)
        assert walk.holes(reading) == [expected]


# --------------------------------------------------------------------------------------- the ends
def test_swapping_the_ends_walks_back() -> None:
    there, back = given(visit(PAGE)), given(visit(PAGE, back="true"))
    for one, other in zip(there["rows"], back["rows"], strict=True):
        assert (one["from"], one["to"]) == (other["to"], other["from"])
        assert one["reading"]["digit"] == other["reading"]["digit"][::-1]


def test_an_example_is_one_click_away_even_from_the_drawing_sheet() -> None:
    app = visit(PAGE, source="draw", to="1", second="kept")
    assert not app.get("download_button")
    app.button(key="example_5").click().run()
    assert sentences(app) == []
    for row, network in zip(given(app)["rows"], interpolation.TITLES, strict=True):
        np.testing.assert_allclose(row["from"], codes(network, picture(5)), atol=1e-4)
        np.testing.assert_allclose(row["to"], codes(network, picture(3, 2)), atol=1e-4)
    assert (app.query_params["digit"], app.query_params["to"]) == ("5", "3")
    app.button(key="example_4").click().run()
    np.testing.assert_allclose(given(app)["rows"][-1]["to"], codes(PIXELS, picture(9)), atol=1e-4)


def test_both_ends_can_be_drawn() -> None:
    app = visit(PAGE, source="draw")
    assert not any(element.proto.id.endswith("-walk") for element in app.get("bidi_component"))
    app.session_state["source_drawing"] = sent(a_drawing("7"))
    app.run()
    seven = prepare_drawing(a_drawing("7"))
    np.testing.assert_allclose(given(app)["rows"][-1]["from"], seven.flatten(), atol=1e-4)
    app.button(key="keep").click().run()
    assert app.segmented_control(key="second").value == "kept"
    assert app.query_params["second"] == "kept"
    app.session_state["source_drawing"] = sent(a_drawing("2"))
    app.run()
    assert sentences(app) == []
    pixels = given(app)["rows"][-1]
    np.testing.assert_allclose(pixels["from"], prepare_drawing(a_drawing("2")).flatten(), atol=1e-4)
    np.testing.assert_allclose(pixels["to"], seven.flatten(), atol=1e-4)
    app.segmented_control(key="second").set_value("test").run()
    np.testing.assert_allclose(given(app)["rows"][-1]["to"], codes(PIXELS, picture(9)), atol=1e-4)


def test_a_picture_that_another_visitor_kept_is_not_here() -> None:
    app = visit(PAGE)
    app.button(key="keep").click().run()
    other = visit(PAGE, second="kept")
    assert sentences(other) == []
    np.testing.assert_allclose(given(other)["rows"][-1]["to"], codes(PIXELS, picture(9)), atol=1e-4)


def test_the_same_picture_at_both_ends_is_no_trouble() -> None:
    data = given(visit(PAGE, to="4", way="circle"))
    assert data["rows"][-1]["from"] == data["rows"][-1]["to"]
    assert len(set(data["rows"][-1]["reading"]["digit"])) == 1


@pytest.mark.parametrize(
    "odd", [{"steps": "99"}, {"steps": "x"}, {"way": "up"}, {"walk": "nan"}, {"walk": "7"}, {"to_number": "0"}]
)
def test_nonsense_in_the_address_is_ignored(odd: dict[str, str]) -> None:
    app = visit(PAGE, **odd)
    assert sentences(app) == []
    data = given(app)
    assert data["way"] in interpolation.WAYS
    assert walks.FEWEST <= len(data["stops"]) <= walks.MOST
    assert 0 <= data["start"] <= 1


# --------------------------------------------------------------------------------------- on release
def test_the_nearest_pictures_are_those_to_the_handle() -> None:
    app = visit(PAGE)
    at = given(app)["at"]
    app.session_state["walk"] = {"share": {"at": at, "values": [0.2]}}
    app.run()
    assert app.query_params["walk"] == "0.2"
    test = cache.test_set("digits")
    data = given(app)
    for figure, row, network in zip(strips(app)[-1], data["rows"], interpolation.TITLES, strict=True):
        real = np.stack([codes(network, x[None]) for x in to_float(test.images)])
        here = 0.8 * np.array(row["from"]) + 0.2 * np.array(row["to"])
        distances = np.linalg.norm(real - here, axis=1)
        distances[[int((test.labels == digit).nonzero()[0]) for digit in (4, 9)]] = np.inf
        assert np.array_equal(figure.pixels, test.images[int(distances.argmin()), 0].numpy())
        assert f"{distances.min():.1f}" in figure.caption


def test_the_handle_is_found_where_it_was_and_is_not_the_other_lessons() -> None:
    app = visit(PAGE, walk="0.2")
    app.query_params.clear()
    scrubber = given(go(app, "pages/explore.py"), "scrubber")
    assert scrubber["start"] == 0.5  # which also calls its handle “walk”
    assert given(go(app, PAGE))["start"] == 0.2
    assert app.query_params["walk"] == "0.2"


@pytest.mark.parametrize("odd", ["text", {"at": "x", "values": [0.1]}, {"values": ["a"]}, None, 5])
def test_what_is_no_share_does_no_harm(odd: Any) -> None:
    app = visit(PAGE)
    app.session_state["walk"] = {"share": odd}
    app.run()
    assert sentences(app) == []
    assert "walk" not in app.query_params


def test_what_was_read_is_kept_and_never_much(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = walks.read
    monkeypatch.setattr(walks, "read", lambda *given, **more: calls.append(1) or original(*given, **more))
    app = visit(PAGE)
    assert len(calls) == 3
    app.slider(key="steps").set_value(15).run()
    assert len(calls) == 3  # steps are places that were looked at already
    for number in range(2, 7):
        app.number_input(key="to_number").set_value(number).run()
    assert len(calls) == 18
    assert len(app.session_state[interpolation_reading.READ]) <= interpolation_reading.MOST_READ


# --------------------------------------------------------------------------------------- to take home
def test_files_are_drawn_only_when_asked_for_and_show_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    for form in ("film", "animation"):
        original = getattr(interpolation_files, form)
        monkeypatch.setattr(interpolation_files, form, lambda rows, of=original: (drawn.append(1), of(rows))[1])
    app = visit(PAGE)
    assert [button.proto.label for button in app.get("download_button")] == ["Animated GIF", "Film strips, PNG"]
    assert all(button.proto.deferred_file_id for button in app.get("download_button"))
    assert drawn == []
    x, y = picture(4), picture(9)
    rows = [
        (title, interpolation_reading.ends_of(network, x, y), interpolation_reading.decoder(network))
        for network, title in interpolation.TITLES.items()
    ]
    png = np.asarray(Image.open(io.BytesIO(interpolation._file(rows, "straight", 9, "png"))))
    side, gap = interpolation_files.SIDE * interpolation_files.FILM_SCALE, interpolation_files.GAP
    top = gap + 2 * (interpolation_files.LINE + side + gap) + interpolation_files.LINE
    first = png[top : top + side : 4, gap : gap + side : 4]
    assert np.abs(first - (x[0, 0] * 255).round().numpy()).max() <= 1
    middle = png[top : top + side : 4, gap + 4 * (side + gap) : gap + 4 * (side + gap) + side : 4]
    assert np.abs(middle - ((x + y)[0, 0] * 127.5).numpy()).max() <= 1
    gif = Image.open(io.BytesIO(interpolation._file(rows, "circle", 9, "gif")))
    assert gif.n_frames == 2 * interpolation.GIF_FRAMES - 2
    assert len(drawn) == 2


# --------------------------------------------------------------------------------------- what may be missing
@pytest.mark.parametrize("missing", [interpolation.PLAIN, interpolation.VARIATIONAL])
def test_without_a_network_the_others_walk(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = cache.checkpoint

    def broken(name: str) -> Any:
        if name == missing:
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name)

    monkeypatch.setattr(cache, "checkpoint", broken)
    app = visit(PAGE)
    assert sentences(app) == []
    assert any(missing in warning.value for warning in app.warning)
    assert len(given(app)["rows"]) == 2
    assert interpolation.measured() is None


def test_without_a_judge_the_walk_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise CheckpointError("{path} is missing or cannot be read.", path="classifier-mnist")

    for module in (interpolation, interpolation_reading):
        monkeypatch.setattr(module, "judge", broken)
    app = visit(PAGE)
    assert sentences(app) == []
    assert any("classifier-mnist" in warning.value for warning in app.warning)
    assert [(row["reading"], row["note"]) for row in given(app)["rows"]] == [(None, "")] * 3
    assert len(app.get("download_button")) == 2


def test_where_the_browser_cannot_the_server_walks() -> None:
    app = visit(PAGE, walk="0.3")
    app.session_state["walk"] = {"failed": "module"}
    app.run()
    assert sentences(app) == []
    *rows, near = strips(app)[-4:]
    assert len(near) == 3
    for row, network in zip(rows, interpolation.TITLES, strict=True):
        assert len(row) == 10
        a, b = (torch.tensor(codes(network, x)) for x in (picture(4), picture(9)))
        with torch.inference_mode():
            y = interpolation_reading.decoder(network)(walks.lerp(a, b, walks.shares()[[30, *walks.stops(9)]]))
        for figure, expected in zip(row, y, strict=True):
            assert np.abs(figure.pixels - expected[0].numpy() * 255).max() <= 1.01
    slider = next(slider for slider in app.slider if slider.key.startswith("walk "))
    slider.set_value(0.6).run()
    assert strips(app)[-4][0].png != rows[0][0].png


# --------------------------------------------------------------------------------------- many pairs
def test_figures_of_other_networks_are_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = {name: cache.checkpoint(name).sha256 for name in (interpolation.PLAIN, interpolation.VARIATIONAL)}
    here[judging.JUDGE] = judging.judge().sha256
    share = {network: {"straight": 0.5, "circle": 0.25} for network in interpolation.TITLES}
    file = tmp_path / "paths.json"
    monkeypatch.setattr(interpolation, "MEASURED", file)
    assert interpolation.measured() is None
    for weights, shown in ((here, True), (here | {interpolation.PLAIN: "other"}, False)):
        file.write_text(json.dumps({"pairs": 200, "weights": weights, "share": share}))
        app = visit(PAGE)
        assert sentences(app) == []
        assert any("50.0 %" in text and "25.0 %" in text for text in words(app)) == shown
    for broken in ("", "[]", "{}", '{"weights": 5}'):
        file.write_text(broken)
        assert interpolation.measured() is None


def test_the_shipped_figures_are_of_the_shipped_networks() -> None:
    found = interpolation.measured()
    assert found is not None, "measure again: python -m benchmarks.paths --write"
    share = found["share"]
    for way in interpolation.WAYS:
        assert share[PIXELS][way] < min(share[name][way] for name in (interpolation.PLAIN, interpolation.VARIATIONAL))
        assert max(row[way] for row in share.values()) < found["real"]
