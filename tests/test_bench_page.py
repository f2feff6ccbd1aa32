"""The lesson on regularisers: each column shows the network that its button says, with its checkpoint's figures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genlab import units
from genlab.losses import PENALTIES
from tests.test_pages import bare, go, machine, router, sentences, strips, thaw, visit, with_mnist, words  # noqa: F401
from ui import bench, cache

PAGE = "pages/regularisers.py"
every_switch = pytest.mark.parametrize("switch", bench.SWITCHES)


def picture() -> torch.Tensor:
    return cache.test_picture("digits", 4, 1)


@every_switch
def test_both_columns_show_their_network(switch: str) -> None:
    app = visit(PAGE, one=switch, other="plain")
    assert sentences(app) == []
    for strip, name in zip(strips(app)[-2:], (switch, "plain"), strict=True):
        model = bench.network(name).model
        h = model.encode(picture())
        original, code, rebuilt = strip
        assert np.array_equal(original.pixels, (picture()[0, 0].numpy() * 255).round())
        assert code.pixels.shape == (int(model.latent_dim**0.5),) * 2
        assert np.abs(code.pixels.flatten() - h[0].numpy() * 255).max() <= 0.51
        assert f"{(h > units.ON).sum().item()} unit" in code.caption
        assert np.abs(rebuilt.pixels - model(picture())[0, 0].numpy() * 255).max() <= 0.51


@pytest.mark.parametrize("switch", ["l1", "contractive"])
def test_the_live_value_is_the_penalty_of_this_picture(switch: str) -> None:
    app = visit(PAGE, one=switch)
    loaded = bench.network(switch)
    omega = PENALTIES[switch](loaded.model.encode(picture()), loaded.model.code_weight, 0.0).item()
    assert any(f"Ω = **{omega:,.1f}**" in text for text in words(app))


def test_the_table_is_of_the_checkpoints() -> None:
    app = visit(PAGE, look="all")
    table = next(text for text in words(app) if text.startswith("|"))
    for name in bench.SWITCHES:
        metrics = bench.network(name).metrics
        assert f"{metrics['test']['sse']:.2f}" in table
        assert f"{metrics['units']['parameters']:,}" in table
        assert f"{100 * metrics['units']['linear_error']:.2f}" in table


def test_two_of_the_same_are_one_column() -> None:
    app = visit(PAGE, one="kl", other="kl")
    table = next(text for text in words(app) if text.startswith("|"))
    assert table.splitlines()[0].count("|") == 3


def test_filters_are_the_network_s_and_dimmed_by_its_code() -> None:
    app = visit(PAGE, one="contractive", other="overcomplete", look="filters")
    sheets = strips(app)[-2:]
    for strip, name in zip(sheets, ("contractive", "overcomplete"), strict=True):
        plain, dimmed = (figure.pixels.astype(int).max(-1) for figure in strip)
        assert plain.shape == dimmed.shape == (12 * 29, 12 * 29)
        h = bench.network(name).model.encode(picture())[0]
        for unit in (0, 17, 143):
            row, column = divmod(unit, 12)
            tile = (slice(29 * row, 29 * row + 28), slice(29 * column, 29 * column + 28))
            w = units.filters(bench.network(name).model)[unit, 0].abs()
            strongest = np.unravel_index(int(w.argmax()), (28, 28))
            assert plain[tile][strongest] == plain[tile].max()
            assert dimmed[tile].max() <= plain[tile].max() * (h[unit].item() ** 0.7) + 6
    assert any("144" in text and "1,024" in text for text in words(app))


def test_a_push_is_the_same_for_both_and_another_is_another() -> None:
    app = visit(PAGE, one="plain", other="contractive", look="push", push="0.2")
    before = strips(app)[-2:]
    assert before[0][0].png == before[1][0].png
    moved = [float(metric.value) for metric in app.metric]
    assert moved[1] < moved[0]  # what the contractive network is for
    app.button(key="push_new").click().run()
    assert sentences(app) == []
    assert strips(app)[-2][0].png != before[0][0].png


def test_activations_have_a_chart() -> None:
    app = visit(PAGE, look="units", one="kl", other="kl")
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 1


@every_switch
def test_says_what_is_missing(switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from genlab.errors import CheckpointError

    original = cache.checkpoint

    def broken(name: str):
        if name == f"bench-{switch}-mnist":
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name)

    monkeypatch.setattr(cache, "checkpoint", broken)
    assert len(sentences(visit(PAGE, one=switch, other="plain"))) == 1
