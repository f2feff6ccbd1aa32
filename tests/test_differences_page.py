"""The lesson on differences: each row shows what it says, computed by the networks at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from genlab import checkpoints
from genlab.models import VAE
from tests.test_pages import bare, go, machine, router, sentences, strips, thaw, visit, with_mnist  # noqa: F401
from ui import cache, differences

PAGE = "pages/differences.py"


def test_seven_rows_each_with_an_experiment(machine: str) -> None:  # noqa: F811
    app = visit(PAGE)
    assert sentences(app) == []
    said = " ".join(m.value for m in app.markdown)
    assert all(f"**{n}.**" in said for n in range(1, 8))
    rows = strips(app)
    assert [len(row) for row in rows] == [2, 2, 10, 10, 10, 10, 5, 5]
    assert len(app.get("plotly_chart")) == 4
    certain, drawn = ({figure.png for figure in row} for row in rows[6:])
    assert (len(certain), len(drawn)) == (1, 5)  # the same code each time; another code each time


def test_what_is_shown_is_what_the_networks_make() -> None:
    app = visit(PAGE, digit="7", number="3")
    x = cache.test_picture("digits", 7, 3)
    others = torch.cat([cache.test_picture("digits", label, 1) for label in range(10)])
    rows = strips(app)
    for row, half_way, name in ((rows[0], rows[4], differences.PLAIN), (rows[1], rows[5], differences.VARIATIONAL)):
        model = cache.checkpoint(name).model
        with torch.inference_mode():
            expected = [x[0], model(x)[0], *model.decode((model.encode(x) + model.encode(others)) / 2)]
        for figure, picture in zip((*row, *half_way), expected, strict=True):
            assert np.abs(figure.pixels - picture[0].numpy() * 255).max() <= 1.01


def test_new_codes_are_new_for_both_and_stay_with_the_visitor() -> None:
    app = visit(PAGE)
    before = strips(app)[2:4]
    app.button(key="differences_new").click().run()
    assert sentences(app) == []
    after = strips(app)[2:4]
    for old, new in zip(before, after, strict=True):
        assert {figure.png for figure in old}.isdisjoint(figure.png for figure in new)
    back = strips(go(go(app, "pages/home.py"), PAGE))[2:4]
    assert [figure.png for figure in back[0]] == [figure.png for figure in after[0]]
    other = strips(visit(PAGE))[2:4]
    assert [figure.png for figure in other[0]] == [figure.png for figure in before[0]]


def test_the_figures_are_those_measured() -> None:
    said = " ".join(m.value for m in visit(PAGE).markdown)
    for name in (differences.MIXTURE, differences.VARIATIONAL):
        samples = checkpoints.load(name).metrics["samples"]
        assert f"**{samples['ways']['normal']['fd']:.1f}**" in said
        assert f"{samples['floor']['fd']:.1f}" in said


@pytest.mark.parametrize("missing", [differences.VARIATIONAL, differences.MIXTURE])
def test_a_missing_network_is_said_and_the_other_rows_stand(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in checkpoints.root().iterdir():
        if folder.name != missing:
            (tmp_path / folder.name).symlink_to(folder)
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    cache.shipped.clear()
    try:
        app = visit(PAGE)
        said = sentences(app)
        assert said
        assert all(missing in sentence for sentence in said)
        assert len(strips(app)) >= (3 if missing == differences.VARIATIONAL else 8)
    finally:
        cache.shipped.clear()


def test_the_spread_of_codes_is_that_of_the_checkpoints() -> None:
    codes = cache.code_statistics(differences.VARIATIONAL)
    assert isinstance(cache.checkpoint(differences.VARIATIONAL).model, VAE)
    assert max(abs(mean) for mean in codes.mean) < 0.25  # the second row's claim: near N(0, 1) …
    assert all(0.5 < std < 1.2 for std in codes.std)
    plain = cache.code_statistics(differences.PLAIN)
    assert max(abs(mean) for mean in plain.mean) > 0.5  # … and not so without the KL term
