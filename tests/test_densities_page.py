"""The lesson on densities: what the browser is sent, what is believed of what it says, and what the server answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genlab import densities as d
from genlab.data import tables
from tests.test_pages import bare, go, machine, router, sentences, thaw, visit, with_mnist, words  # noqa: F401
from ui import densities, densities_classes
from ui.components import densities as parts

PAGE = "pages/densities.py"
FIT, CLASSES, GENERATOR = "densities_fit", "densities_classes", "densities_generator"
VIEWS = {"fit": FIT, "classes": CLASSES, "generator": GENERATOR}


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the parts of the page were last sent, by module; ``said`` is what the browser answers."""
    found: dict[str, Any] = {"said": {}}

    def mount(module: str, *, data: Any, words: Any, values: Any, key: str) -> dict[str, Any]:
        found[module] = {**data, "words": words}
        return {**dict.fromkeys((*values, "failed")), **found["said"].get(module, {})}

    monkeypatch.setattr(parts, "mount", mount)
    monkeypatch.setattr(densities, "said", lambda _key, name: found["said"].get(FIT, {}).get(name))
    return found


def address(app: Any, name: str) -> str | None:
    found = app.query_params.get(name)
    return found[0] if isinstance(found, list) else found


# --------------------------------------------------------------------------------------- fit by hand
@pytest.mark.parametrize("family", d.FAMILIES)
@pytest.mark.parametrize("name", tables.COLUMNS)
def test_the_browser_gets_the_values_and_their_best(name: str, family: str, mounted: dict[str, Any]) -> None:
    assert sentences(visit(PAGE, column=name, family=family)) == []
    sent = mounted[FIT]
    assert sent["values"] == tables.column(name).tolist()
    assert sent["best"] == d.best_fit(family, sent["values"])
    assert (sent["own"], sent["start"], sent["why"]) == (None, None, "")


def test_the_courses_table_has_no_best_gamma_until_the_missing_value_is_moved(mounted: dict[str, Any]) -> None:
    app = visit(PAGE, column="own", family="gamma")
    assert sentences(app) == []
    assert mounted[FIT]["best"] is None
    assert "above 0" in mounted[FIT]["why"]
    moved = [value or 31.0 for value in tables.COURSE_BMI]
    mounted["said"][FIT] = {"points": {"at": mounted[FIT]["at"], "values": moved}}
    at = mounted[FIT]["at"]
    app.run()
    assert sentences(app) == []
    assert mounted[FIT]["values"] == moved
    assert mounted[FIT]["best"] == pytest.approx(d.best_fit("gamma", moved))
    assert mounted[FIT]["at"] == at  # no handle is moved back
    assert address(app, "points") == ",".join(f"{value:.4g}" for value in moved)
    app.segmented_control(key="family").set_value("normal").run()
    assert mounted[FIT]["values"] == moved  # they stay with another family
    mounted["said"].clear()
    visit(PAGE, column="own", points="1.5,2,40")
    assert mounted[FIT]["values"] == [1.5, 2, 40]


@pytest.mark.parametrize(
    "sent",
    [None, "1,2", [1.0], [1.0] * 41, [1.0, "2"], [1.0, float("nan")], [1.0, float("inf")], [1.0, 2e4], [[1.0], 2.0]],
)
def test_points_that_cannot_be_are_not_believed(sent: Any, mounted: dict[str, Any]) -> None:
    app = visit(PAGE, column="own")
    mounted["said"][FIT] = {"points": {"at": mounted[FIT]["at"], "values": sent}}
    app.run()
    assert sentences(app) == []
    assert mounted[FIT]["values"] == list(tables.COURSE_BMI)
    assert address(app, "points") is None


def test_theta_is_kept_in_the_address_until_the_data_change(mounted: dict[str, Any]) -> None:
    app = visit(PAGE)
    mounted["said"][FIT] = {"theta": {"at": mounted[FIT]["at"], "values": [25.5, 4.0]}}
    app.run()
    assert address(app, "theta") == "25.5,4"
    visit(PAGE, theta="25.5,4")
    assert mounted[FIT]["start"] == [25.5, 4.0]
    app.segmented_control(key="family").set_value("gamma").run()
    assert mounted[FIT]["start"] is None
    assert address(app, "theta") is None


# --------------------------------------------------------------------------------------- two classes
@pytest.mark.parametrize("kind", densities_classes.CLOUDS)
@pytest.mark.parametrize("name", tables.PAIRS)
def test_each_stop_is_fitted_to_its_points(name: str, kind: str, mounted: dict[str, Any]) -> None:
    assert sentences(visit(PAGE, density="classes", pair=name, clouds=kind)) == []
    sent = mounted[CLASSES]
    x, y = tables.pair(name)
    everyone = sorted((*map(float, u), int(label)) for u, label in zip(x.round(4).tolist(), y, strict=True))
    assert sorted(tuple(point) for point in (*sent["train"], *sent["held"])) == everyone
    assert len(sent["fits"]) == len(sent["stops"])
    assert sent["stops"][-1] == len(sent["train"])
    for stop, fit in zip(sent["stops"], sent["fits"], strict=True):
        some = np.array(sent["train"][:stop])
        assert min(np.bincount(some[:, 2].astype(int))) >= 3
        line = d.fit_line(some[:, :2], some[:, 2])
        assert [*fit["w"], fit["b"]] == pytest.approx([*line.w, line.b], rel=1e-2, abs=1e-3)  # points are rounded
        clouds = d.fit_clouds(some[:, :2], some[:, 2], tilted=kind == "tilted")
        np.testing.assert_allclose(fit["covariances"], clouds.covariances, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(fit["means"], clouds.means, rtol=1e-4)
        if kind == "upright":
            assert all(matrix[0][1] == matrix[1][0] == 0 for matrix in fit["covariances"])


def test_the_place_is_kept(mounted: dict[str, Any]) -> None:
    app = visit(PAGE, density="classes")
    mounted["said"][CLASSES] = {"place": {"at": mounted[CLASSES]["at"], "values": [2.5, 3.0, 1, 0.25]}}
    app.run()
    assert address(app, "place") == "2.5,3,1,0.25"
    visit(PAGE, density="classes", place="2.5,3,1,0.25")
    assert mounted[CLASSES]["start"] == [2.5, 3.0, 1, 0.25]


# --------------------------------------------------------------------------------------- a generator
def test_the_generator_gets_the_data_and_its_arrows(mounted: dict[str, Any]) -> None:
    tips = [1, 1.5, 2, 3, 4, 5, 6.5]
    assert sentences(visit(PAGE, density="generator", real="petal", arrows=",".join(map(str, tips)))) == []
    assert mounted[GENERATOR]["values"] == tables.column("petal").tolist()
    assert mounted[GENERATOR]["start"] == tips


# --------------------------------------------------------------------------------------- what is odd, what is missing
@pytest.mark.parametrize(
    ("view", "odd"),
    [
        ("fit", {"theta": "nan,1"}),
        ("fit", {"theta": "1"}),
        ("fit", {"points": "1,,2", "column": "own"}),
        ("fit", {"points": "1,1e300", "column": "own"}),
        ("fit", {"column": "../x", "family": "<b>"}),
        ("classes", {"place": "1,2,99,0.5"}),
        ("classes", {"place": "1,2,0.5,0.5"}),
        ("classes", {"place": "1,2,1,0"}),
        ("classes", {"pair": "x", "clouds": "y"}),
        ("generator", {"arrows": "1,2,3,3,4,5,6"}),
        ("generator", {"arrows": "7,6,5,4,3,2,1"}),
        ("generator", {"arrows": "1,2"}),
        ("generator", {"real": "own"}),
    ],
)
def test_nonsense_in_the_address_is_ignored(view: str, odd: dict[str, str], mounted: dict[str, Any]) -> None:
    assert sentences(visit(PAGE, density=view, **odd)) == []
    sent = mounted[VIEWS[view]]
    assert sent["start"] is None
    assert sent.get("values", [0, 1]) != []
    if odd.get("column") == "own":
        assert sent["values"] == list(tables.COURSE_BMI)


def test_the_server_answers_where_the_browser_cannot(mounted: dict[str, Any]) -> None:
    mounted["said"] = {module: {"failed": "404"} for module in VIEWS.values()}
    app = visit(PAGE)
    x = tables.column("bmi")
    app.number_input[0].set_value(25.0).run()
    app.number_input[1].set_value(5.0).run()
    assert any(f"**{d.mean_log_likelihood('normal', x, (25, 5)):.3f}** nats" in text for text in words(app))

    app = visit(PAGE, density="classes", place="5,1.7,4,0.5")
    fit = mounted[CLASSES]["fits"][-1]
    line = d.posterior_of_line([[5, 1.7]], d.Line(w=fit["w"], b=fit["b"]))[0]
    assert any(f"discriminative **{100 * line:.1f} %**" in text for text in words(app))

    tips = [1, 1.5, 2, 3, 4, 5, 6.5]
    app = visit(PAGE, density="generator", arrows=",".join(map(str, tips)))
    x = tables.column("petal")
    low, high = x.min(), x.max()
    edges = np.linspace(low - 0.3 * (high - low), high + 0.3 * (high - low), 33)  # as densities_generator.js has them
    jsd = d.js_divergence(d.shares(x, edges), d.generated_shares(edges, tips))
    assert any(f"JSD = **{jsd:.3f}** nats" in text for text in words(app))


def test_a_damaged_table_is_a_sentence(mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.FILES, "diabetes", ("diabetes_data_raw.csv.gz", 7, 10, 0))
    densities.column.clear()
    try:
        (sentence,) = sentences(visit(PAGE))
        assert "diabetes_data_raw.csv.gz is damaged" in sentence
    finally:
        densities.column.clear()


def test_the_page_opens_without_what_is_heavy() -> None:
    """None of these is imported before a view needs it."""
    heavy = ("torch", "sklearn", "scipy.stats", "scipy.special")
    code = (
        "import sys; from ui import densities, densities_classes, densities_generator; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    root = Path(__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.strip() == "[]"
