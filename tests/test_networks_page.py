"""The page of the networks, as a visitor gets it without a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genlab import checkpoints
from genlab.catalog import CATALOG
from genlab.models import GAN, Judge, build_empty, count_parameters
from tests.test_pages import bare, fine, go, router, sentences, thaw, visit, with_mnist  # noqa: F401 - fixtures
from ui import cache

NETWORKS = "pages/networks.py"
CODERS = [name for name, entry in CATALOG.items() if entry.rebuilds]
SHIPPED = [name for name in CODERS if name in checkpoints.names()]
GAMES = [name for name, entry in CATALOG.items() if entry.step == "gan" and name in checkpoints.names()]


class Reader(HTMLParser):
    """The words of a block of HTML, and the alternative texts in it."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.alts: list[str] = []
        self.feed(re.sub(r"<style>.*?</style>", "", body, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.alts += [given[name] or "" for name in ("aria-label", "alt") if name in given]
        assert tag != "img" or (given.get("src") or "").startswith("data:image/png;base64,")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def blocks(app: AppTest) -> tuple[Reader, Reader, Reader]:
    """Figures, drawing and table."""
    fine(app)
    bodies = [block.proto.body for block in app.get("html")]
    return tuple(Reader(next(b for b in bodies if f'class="{mark}' in b)) for mark in ("gl-facts", "gl-net", "gl-rows"))


def test_it_opens_with_the_first_network_and_a_clean_address() -> None:
    app = visit(NETWORKS)
    assert sentences(app) == []
    assert app.selectbox(key="network").value == next(iter(CATALOG))
    assert "network" not in app.query_params


@pytest.mark.parametrize("name", CATALOG)
def test_every_model_is_drawn_with_all_its_parameters(name: str) -> None:
    app = visit(NETWORKS, network=name)
    assert sentences(app) == []
    assert app.selectbox(key="network").value == name
    facts, drawing, table = blocks(app)
    model = CATALOG[name].model
    total = f"{count_parameters(build_empty(model)):,}"
    assert total in facts.words
    assert total in table.words
    steps = drawing.alts[0].split(" → ")
    assert steps[0].startswith("Code" if name in GAMES else "28×28×1, Picture" if 784 == model.pixels else "32×32×3")
    if name in CODERS or name in GAMES:
        assert f"{model.latent_dim:,}" in facts.words
        assert "Code" in drawing.words
    assert steps[-1].startswith("Verdict") == (name not in CODERS)
    assert all(alt.strip() for alt in drawing.alts)
    assert any(CATALOG[name].paper in text.value for text in app.markdown)


@pytest.mark.parametrize("name", SHIPPED)
def test_numbers_are_those_of_the_checkpoint(name: str) -> None:
    app = visit(NETWORKS, network=name)
    facts, _, _ = blocks(app)
    loaded = checkpoints.load(name)
    shown = dict(zip(facts.words[::2], facts.words[1::2], strict=True))
    test = loaded.metrics["test"]
    wanted = {"SSE": ("sse", "{:.2f}"), "PSNR": ("psnr", "{:.2f} dB"), "SSIM": ("ssim", "{:.3f}")}
    assert {label: shown.get(label) for label in wanted} == {
        label: form.format(test[key]) if key in test else None for label, (key, form) in wanted.items()
    }
    (card,) = [text.value for text in app.expander[0].markdown]
    assert "## Limits" in card
    assert "library_name" not in card


@pytest.mark.parametrize("name", GAMES)
def test_a_gan_tells_what_its_random_pictures_are_like_and_shows_one(name: str) -> None:
    facts, drawing, table = blocks(visit(NETWORKS, network=name))
    best = next(reversed(checkpoints.load(name, GAN).metrics["samples"]["ways"].values()))
    shown = dict(zip(facts.words[::2], facts.words[1::2], strict=True))
    assert shown["Fréchet distance"] == f"{best['fd']:,.1f}"
    assert shown["Coverage"].removesuffix(" %") == f"{100 * best['coverage']:.0f}"
    assert drawing.alts[1:] == ["A picture that it made of random numbers"]
    assert "Picture" in table.words  # between generator and discriminator


def test_the_classifier_tells_its_error_and_shows_what_it_reads() -> None:
    facts, drawing, _ = blocks(visit(NETWORKS, network="classifier-mnist"))
    error = checkpoints.load("classifier-mnist", Judge).metrics["test"]["error"]
    assert facts.words[2:] == ["Error", f"{100 * error:.2f} %"]
    assert drawing.alts[1:] == ["A test picture"]


def test_a_choice_goes_into_the_address_and_back_out() -> None:
    app = visit(NETWORKS)
    app.selectbox(key="network").set_value("pca-mnist-z128").run()
    assert app.query_params["network"] == "pca-mnist-z128"
    _, _, table = blocks(app)
    assert "components" in table.words
    go(app, "pages/data.py")
    go(app, NETWORKS)
    assert app.selectbox(key="network").value == "pca-mnist-z128"
    app.selectbox(key="network").set_value(next(iter(CATALOG))).run()
    assert "network" not in app.query_params


@pytest.mark.parametrize("odd", ["", "../../etc", "<script>", "ae-mnist-z3"])
def test_a_name_that_is_none_falls_back(odd: str) -> None:
    app = visit(NETWORKS, network=odd)
    assert sentences(app) == []
    assert app.selectbox(key="network").value == next(iter(CATALOG))


@pytest.mark.parametrize("lang", ["en", "pt"])
def test_without_checkpoints_the_layers_are_shown_and_no_measurement(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path / "nowhere"))
    cache.shipped.clear()
    app = visit(NETWORKS, network="ae-conv-mnist-z32", lang=lang)
    cache.shipped.clear()
    assert sentences(app) == []
    assert "python -m genlab train ae-conv-mnist-z32" in app.info[0].value
    facts, drawing, table = blocks(app)
    assert len(facts.words) == 4
    assert len(drawing.alts) == 1  # no example either
    assert "down.0" in table.words
    assert not app.expander


def test_principal_components_are_not_compared_with_themselves() -> None:
    told = {
        name: [text.value for text in visit(NETWORKS, network=name).caption if "For comparison" in text.value]
        for name in ("pca-mnist-z128", "ae-mnist-z2")
    }
    assert told["pca-mnist-z128"] == []
    assert len(told["ae-mnist-z2"]) == 1


def test_tied_weights_are_called_borrowed() -> None:
    tied = next(name for name, entry in CATALOG.items() if getattr(entry.model, "tied", False))
    _, drawing, table = blocks(visit(NETWORKS, network=tied))
    assert any("weights borrowed" in word for word in drawing.words)
    assert any("borrows encoder.0.weight" in word for word in table.words)


def test_portuguese_numbers() -> None:
    facts, _, _ = blocks(visit(NETWORKS, network="ae-deep-mnist-z30", lang="pt"))
    assert "2.837.314" in facts.words
