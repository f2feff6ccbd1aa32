"""The lesson How a GAN learns: what the browser is sent, what of its answer is believed, and the program."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.test_pages import bare, router, sentences, thaw, visit, words  # noqa: F401
from ui import points
from ui.components import points as part
from ui.components.publish import MODULES

PAGE = "pages/points.py"


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the part was last sent; ``said`` is what the browser answers, of the settings that it was sent if a list."""
    found: dict[str, Any] = {"said": None}

    def mount(module: str, *, data: Any, words: Any, values: Any, key: str) -> dict[str, Any]:
        found.update(module=module, words=words, **data)
        said = found["said"]
        return {"game": {"at": data["at"], "values": said} if isinstance(said, list) else said, "failed": None}

    monkeypatch.setattr(part, "mount", mount)
    return found


def formulas(app: Any) -> str:
    return " ".join(one.value for one in app.latex)


def indices(**settings: Any) -> list[int]:
    chosen = {**points.DEFAULTS, **settings}
    return [choices.index(chosen[name]) for name, choices in points.CHOICES.items()]


def test_every_experiment_and_default_is_a_choice() -> None:
    assert set(points.DEFAULTS) == set(points.CHOICES)
    for settings in (points.DEFAULTS, *(one.settings for one in points.EXPERIMENTS.values())):
        assert all(value in points.CHOICES[name] for name, value in settings.items())


def test_python_and_the_browser_mean_the_same() -> None:
    source = (MODULES / "points_game.js").read_text(encoding="utf-8")
    table = source.split("export const LOSSES = {")[1].split("\n};")[0]
    assert tuple(re.findall(r"^  (\w+): \{", table, re.MULTILINE)) == points.CHOICES["loss"] == tuple(points.LOSSES)
    assert float(re.findall(r"penalty: ([\d.]+)", table)[0]) == points.PENALTY
    sets = (MODULES / "points_sets.js").read_text(encoding="utf-8")
    assert "MOST = 400;" in sets  # as the sentence says
    assert "400" in part._words()["enough"]


def test_the_program_is_what_runs() -> None:
    shown = points.program()
    source = (MODULES / "points_game.js").read_text(encoding="utf-8")
    for name in points.PROGRAM:
        function = points.excerpt(source, name)
        assert function in shown
        assert function in source
        assert function.count("export function") == 1
        assert function.endswith("\n}")
    with pytest.raises(ValueError, match="nothing"):
        points.excerpt(source, "nothing")


def test_the_browser_gets_choices_words_and_where_to_begin(mounted: dict[str, Any]) -> None:
    app = visit(PAGE)
    assert sentences(app) == []
    assert mounted["start"] == indices()
    assert mounted["choices"] == points.CHOICES
    assert {one["key"] for one in mounted["experiments"]} == set(points.EXPERIMENTS)
    asked: set[str] = set()
    for file in MODULES.glob("points*.js"):
        asked |= set(re.findall(r"\bwords\.(\w+)", file.read_text(encoding="utf-8")))
    moments = re.findall(r'name: "(\w+)"', (MODULES / "points_game.js").read_text(encoding="utf-8"))
    assert asked | set(moments) <= {*mounted["words"], "lang"}
    assert set(mounted["words"]["set"]) == set(points.CHOICES["set"])
    assert set(mounted["words"]["loss"]) == set(points.CHOICES["loss"])


@pytest.mark.parametrize("loss", points.LOSSES)
def test_the_formulas_are_those_of_the_loss(mounted: dict[str, Any], loss: str) -> None:
    mounted["said"] = indices(loss=loss)
    app = visit(PAGE)
    assert [one.value.strip("$\n ") for one in app.latex] == [
        points.LOSSES[loss].discriminator,
        points.LOSSES[loss].generator,
    ]
    assert any(points.LOSSES[loss].source in text for text in words(app))
    assert app.query_params["game"] in (written := ",".join(map(str, indices(loss=loss))), [written])


def test_a_link_is_followed_and_coming_back_finds_the_last_settings(mounted: dict[str, Any]) -> None:
    linked, later = indices(loss="squares", seed=7), indices(loss="wasserstein", width=64)
    app = visit(PAGE, game=",".join(map(str, linked)))
    assert mounted["start"] == linked
    assert "tfrac12" in formulas(app)
    mounted["said"] = later
    app.run()
    mounted["said"] = None
    app.switch_page("pages/data.py").run()
    app.switch_page(PAGE).run()
    assert mounted["start"] == later
    assert "lambda" in formulas(app)


@pytest.mark.parametrize(
    "odd",
    ["nan,1", "9,0,0,0,0,0,0,0,0", "1,1,1,1,1,1,1,1,99", "1,1", "-1,0,0,0,0,0,0,0,0", "0.5,0,0,0,0,0,0,0,0", "<b>"],
)
def test_nonsense_in_the_address_or_from_the_browser_is_ignored(mounted: dict[str, Any], odd: str) -> None:
    app = visit(PAGE, game=odd)
    assert sentences(app) == []
    assert mounted["start"] == indices()
    values: list[Any] = [float(one) if re.fullmatch(r"-?[\d.]+|nan", one) else one for one in odd.split(",")]
    for said in (values, {"at": "another", "values": indices(loss="squares")}, odd, 3):
        mounted["said"] = said
        app.run()
        assert sentences(app) == []
        assert "ln D(" in formulas(app)
