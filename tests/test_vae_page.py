"""The lesson Inside the VAE: what the browser is sent, what the server answers, and the code that is shown."""

from __future__ import annotations

import base64
import math
import re
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from genlab import checkpoints
from genlab.bounds import bernoulli_nll, kl_normal
from genlab.errors import CheckpointError, ExportError
from genlab.export import record
from genlab.models import VAE
from genlab.seeding import make_generator
from tests.test_pages import bare, go, machine, router, sentences, strips, thaw, visit, with_mnist, words  # noqa: F401
from ui import cache, judge, vae, vae_beta, vae_manifold
from ui.components import networks, publish, vae_parts
from ui.vae_source import QUANTITIES, excerpt, excerpts

PAGE = "pages/vae.py"
ROOT = Path(__file__).parents[1]
JS = ROOT / "ui/components/js"
SHIPPED = [name for name in vae.NETWORKS if name in checkpoints.names()]
small_is_here = pytest.mark.skipif(vae_manifold.SMALL not in checkpoints.names(), reason="vae-mnist-z2 is not shipped")


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the parts of the page were last sent, by module; ``said`` is what the browser answers."""
    found: dict[str, Any] = {"said": {}}

    def mount(module: str, *, data: Any, words: Any, values: Any, key: str) -> dict[str, Any]:
        found[module] = {**data, "words": words}
        return {**dict.fromkeys((*values, "failed")), **found["said"].get(module, {})}

    monkeypatch.setattr(vae_parts, "mount", mount)
    return found


def picture() -> torch.Tensor:
    return cache.test_picture("digits", 4, 1)


# --------------------------------------------------------------------------------------- the code that is shown
def test_the_code_is_what_stands_in_the_files() -> None:
    for one in excerpts():
        lines = (ROOT / one.file).read_text(encoding="utf-8").splitlines()
        assert [line.text.strip() for line in one.lines] == [lines[line.number - 1].strip() for line in one.lines]
        assert not any('"""' in line.text for line in one.lines)


def test_every_quantity_has_a_line_and_a_formula() -> None:
    joined = {name for one in excerpts() for line in one.lines for name in line.of}
    assert joined == set(QUANTITIES)
    formulas = (JS / "vae_formulas.js").read_text(encoding="utf-8").split("FORMULAS = {")[1].split("};")[0]
    assert set(re.findall(r"^  (\w+): \[", formulas, re.MULTILINE)) == set(QUANTITIES)


def test_the_lines_compute_what_they_are_joined_to() -> None:
    text = {name: [line.text for one in excerpts() for line in one.lines if name in line.of] for name in QUANTITIES}
    assert any("mu + (0.5 * logvar).exp() * eps" in line for line in text["z"])
    assert any("torch.randn" in line for line in text["eps"])
    assert any("mu.square() + logvar.exp() - 1.0 - logvar" in line for line in text["kl"])
    assert any("binary_cross_entropy_with_logits" in line for line in text["nll"])


def test_an_excerpt_leaves_the_docstring_out_and_only_that() -> None:
    (line, *_rest) = excerpt(vae_manifold.quantiles, {"return ": ("z",)}).lines
    assert line.text.startswith("def quantiles")
    assert [one.of for one in _rest] == [("z",)]


# --------------------------------------------------------------------------------------- networks for the browser
@pytest.mark.parametrize("name", SHIPPED)
def test_both_heads_of_the_encoder_are_recorded(name: str) -> None:
    model: Any = cache.checkpoint(name).model
    x = torch.zeros(1, 1, 28, 28)
    mean, spread = (record(lambda x, head=head: model.posterior(x)[head], x) for head in (0, 1))
    assert [one["op"] for one in mean.operations] == [one["op"] for one in spread.operations]
    assert mean.tensors[mean.operations[-1]["weight"]].equal(model.encoder[-1].weight)
    assert spread.tensors[spread.operations[-1]["weight"]].equal(model.logvar.weight)
    assert [one["op"] for one in mean.operations] == [one["op"] for one in record(model.encode, x).operations]


class Meeting(nn.Module):
    """Two ways that meet again."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.tanh()
        return self.one(h) + self.two(h)


def test_ways_that_meet_are_still_refused() -> None:
    with pytest.raises(ExportError, match="only dense layers"):
        record(Meeting().eval(), torch.ones(1, 4))


def test_a_plain_autoencoder_has_no_spread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(publish, "STATIC", tmp_path)
    with pytest.raises(ExportError, match="variational"):
        networks.packed_network("ae-mnist-z2", "spread")
    assert not list(tmp_path.rglob("*.gz"))


# --------------------------------------------------------------------------------------- the machine
@pytest.mark.parametrize("name", SHIPPED)
def test_the_browser_gets_the_network_the_picture_and_what_was_measured(name: str, mounted: dict[str, Any]) -> None:
    app = visit(PAGE, vae=name)
    assert sentences(app) == [] or vae_manifold.SMALL not in SHIPPED
    sent = mounted["vae"]
    assert [Path(sent[half]).name.startswith(f"{name}-{direction}") for half, direction in
            (("encoder", "encode"), ("spread", "spread"), ("decoder", "logits"))] == [True] * 3  # fmt: skip
    shown = np.frombuffer(base64.b64decode(sent["picture"]), "<f4")
    assert np.array_equal(shown, picture().numpy().ravel())
    metrics = cache.checkpoint(name).metrics
    assert sent["kl"] == metrics["bound"]["kl_by_number"]
    assert sent["dead"] == [std**2 < vae.DEAD for std in metrics["codes"]["std"]]
    assert len(sent["kl"]) - sum(sent["dead"]) == metrics["bound"]["active"]  # test set and training set agree
    assert all(kl < 0.1 for kl, silent in zip(sent["kl"], sent["dead"], strict=True) if silent)
    told = "No dead numbers" if not any(sent["dead"]) else f"{sum(sent['dead'])} of {len(sent['dead'])}"
    assert any(told in text and "posterior collapse" in text for text in words(app))


def test_a_nat_is_said_in_bits(mounted: dict[str, Any]) -> None:
    visit(PAGE)
    assert f"{1 / math.log(2):.2f} bits" in mounted["vae"]["words"]["note"]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_network_learned_instead_is_said(name: str, mounted: dict[str, Any]) -> None:
    visit(PAGE, vae=name)
    train = cache.checkpoint(name).train
    note = mounted["vae"]["words"]["note"]
    assert ("sum of squares" in note) == (train.loss != "bce")
    assert (f"β = {train.beta:.2f}" in note) == (train.beta != 1)


def test_another_picture_or_network_is_another_beginning(mounted: dict[str, Any]) -> None:
    seen = set()
    for address in ({}, {"digit": "5"}, {"number": "2"}, {"vae": SHIPPED[-1]}):
        visit(PAGE, **address)
        seen.add(mounted["vae"]["at"])
    assert len(seen) == 4
    visit(PAGE)
    assert mounted["vae"]["at"] in seen


def test_the_server_throws_where_the_browser_cannot(mounted: dict[str, Any]) -> None:
    mounted["said"]["vae"] = {"failed": "404"}
    app = visit(PAGE)
    model: Any = cache.checkpoint(vae.DEFAULT).model
    for throw in range(3):
        draw = model(picture(), eps=torch.randn(1, 1, 16, generator=make_generator(throw, "throw")))
        nll, kl = (
            bernoulli_nll(draw.logits[0], picture().flatten(1)).item(),
            kl_normal(draw.mu, draw.logvar).sum().item(),
        )
        (found,) = [text for text in words(app) if "−ln p(x|z) + KL" in text]
        assert found.endswith(f"= {nll:.1f} + {kl:.1f} = {nll + kl:.1f} nats")
        shown = strips(app)[0]
        assert np.abs(shown[1].pixels - 255 * draw.logits[0].sigmoid().view(28, 28).numpy()).max() <= 0.51
        assert any(
            text.startswith("z: " + "; ".join(f"{z:.2f}" for z in draw.z[0, 0].tolist()[:3])) for text in words(app)
        )
        app.button(key="machine_throw").click().run()


# --------------------------------------------------------------------------------------- what is missing or odd
@pytest.mark.parametrize("missing", [*vae.NETWORKS, vae_manifold.JUDGE])
def test_without_a_checkpoint_the_rest_goes_on(
    missing: str, mounted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == vae_manifold.JUDGE and vae_manifold.SMALL not in SHIPPED:
        pytest.skip("vae-mnist-z2 is not shipped")
    original = checkpoints.load

    def load(name: str, *kind: Any) -> Any:
        if name == missing or (name in vae.NETWORKS and name not in SHIPPED):
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name, *kind)

    monkeypatch.setattr(checkpoints, "load", load)
    clear()
    try:
        for view in ("manifold", "beta"):
            app = visit(PAGE, vae=missing, inside=view) if missing in vae.NETWORKS else visit(PAGE, inside=view)
            said = sentences(app) + [warning.value for warning in app.warning]
            assert any(missing in text for text in said) or (view == "beta" and missing == vae_manifold.JUDGE)
            if view == "beta":
                rows = len([name for name in vae_beta.NETWORKS.values() if name in SHIPPED and name != missing])
                assert sum(len(table.splitlines()) - 2 for table in tables(app)) == rows
    finally:
        clear()


def clear() -> None:
    for kept in (cache.shipped, vae_manifold.read, judge.judge):
        kept.clear()


def tables(app: Any) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("| β")]


@pytest.mark.parametrize(
    "odd",
    [
        {"cell": "nan,1"},
        {"cell": "0,5"},
        {"cell": "21,1"},
        {"cell": "1.5,2"},
        {"cell": "a"},
        {"beta": "7", "inside": "beta"},
        {"vae": "../x"},
        {"vae": "ae-mnist-z2", "inside": "<b>"},
    ],
)
def test_nonsense_in_the_address_is_ignored(odd: dict[str, str], mounted: dict[str, Any]) -> None:
    app = visit(PAGE, **odd)
    if vae_manifold.SMALL in SHIPPED:
        assert sentences(app) == []
    assert f"/{vae.DEFAULT}-encode" in mounted["vae"]["encoder"]
    if "vae_manifold" in mounted:
        assert all(0 <= value < vae_parts.SIDE for value in mounted["vae_manifold"]["start"])


def test_a_network_that_was_not_measured_says_so() -> None:
    from dataclasses import replace

    unmeasured = replace(cache.checkpoint(vae.DEFAULT), metrics={})
    with pytest.raises(CheckpointError, match="evaluate"):
        vae.kl_by_number(unmeasured)


# --------------------------------------------------------------------------------------- the manifold
def test_the_places_are_equally_likely() -> None:
    share = [NormalDist().cdf(place) for place in vae_manifold.quantiles()]
    np.testing.assert_allclose(share, (np.arange(20) + 0.5) / 20, atol=1e-9)


@small_is_here
def test_the_manifold_is_what_network_and_classifier_say() -> None:
    grid = vae_manifold.read(vae_manifold.SMALL, True)
    model = cache.checkpoint(vae_manifold.SMALL).model
    for column, row in ((0, 0), (3, 17), (19, 19)):
        z = torch.tensor([[grid.places[column], grid.places[19 - row]]])  # rows from above
        x = model.decode(z)
        best = judge.judge().model(x).softmax(1).max(1)
        assert grid.digits[20 * row + column] == best.indices.item()
        assert grid.sure[20 * row + column] == pytest.approx(best.values.item(), abs=1e-3)
    assert {digit for digit, sure in zip(grid.digits, grid.sure, strict=True) if sure >= 0.5} == set(range(10))


@small_is_here
def test_the_picture_lies_on_the_manifold_and_a_cell_is_kept(mounted: dict[str, Any]) -> None:
    app = visit(PAGE)
    model: Any = cache.checkpoint(vae_manifold.SMALL).model
    mu, logvar = model.posterior(picture())
    sent = mounted["vae_manifold"]
    assert sent["mu"] == pytest.approx(mu[0].tolist(), abs=1e-5)
    assert sent["sigma"] == pytest.approx((0.5 * logvar[0]).exp().tolist(), abs=1e-5)
    column, row = sent["start"]
    nearest = [min(abs(place - value) for place in sent["places"]) for value in sent["mu"]]
    assert abs(sent["places"][column] - sent["mu"][0]) == pytest.approx(nearest[0])
    assert abs(sent["places"][19 - row] - sent["mu"][1]) == pytest.approx(nearest[1])
    mounted["said"]["vae_manifold"] = {"cell": {"at": sent["at"], "values": [3, 20]}}
    app.run()
    assert sentences(app) == []
    assert app.query_params["cell"] == ["3,20"] or app.query_params["cell"] == "3,20"
    visit(PAGE, cell="3,20")
    assert tuple(mounted["vae_manifold"]["start"]) == (2, 19)


@small_is_here
def test_without_the_browser_the_manifold_is_one_picture(mounted: dict[str, Any]) -> None:
    mounted["said"]["vae_manifold"] = {"failed": "404"}
    app = visit(PAGE)
    (sheet,) = strips(app)[-1]
    assert sheet.pixels.shape == (560, 560)
    decoded = vae_manifold.pictures(vae_manifold.SMALL)
    for column, row in ((0, 0), (3, 17), (19, 2)):
        cell = sheet.pixels[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
        assert np.abs(cell - 255 * decoded[20 * row + column, 0].numpy()).max() <= 0.51


# --------------------------------------------------------------------------------------- beta
def test_the_slider_shows_each_network_with_the_same_codes(mounted: dict[str, Any]) -> None:
    here = {f"{beta:g}": name for beta, name in vae_beta.NETWORKS.items() if name in SHIPPED}
    for label, name in here.items():
        app = visit(PAGE, inside="beta", beta=label)
        if len(here) == 3:
            assert sentences(app) == []
            assert app.select_slider(key="beta").value == label
        (original, rebuilt), random = strips(app)[-2:]
        model: Any = cache.checkpoint(name).model
        assert isinstance(model, VAE)
        assert np.abs(original.pixels - 255 * picture()[0, 0].numpy()).max() <= 0.51
        assert np.abs(rebuilt.pixels - 255 * model(picture())[0, 0].numpy()).max() <= 0.51
        codes = torch.randn(10, 16, generator=make_generator(0, "beta"))
        wanted = 255 * model.decode(codes)[:, 0].numpy()
        assert np.abs(np.stack([figure.pixels for figure in random]) - wanted).max() <= 0.51


def test_the_table_is_what_was_measured(mounted: dict[str, Any]) -> None:
    (table,) = tables(visit(PAGE, inside="beta"))
    rows = [[cell.strip(" *") for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
    assert [row[0] for row in rows] == [f"{beta:g}" for beta, name in vae_beta.NETWORKS.items() if name in SHIPPED]
    for row in rows:
        metrics = cache.checkpoint(vae_beta.NETWORKS[float(row[0])]).metrics
        bound = metrics["bound"]
        assert row[1:4] == [f"{bound['reconstruction']:.1f}", f"{bound['kl']:.1f}", str(bound["active"])]
        fd = metrics.get("samples", {}).get("ways", {}).get("normal", {}).get("fd")
        assert row[4] == ("–" if fd is None else f"{fd:,.1f}")


def test_what_was_not_measured_is_a_dash() -> None:
    from dataclasses import replace

    unmeasured = replace(cache.checkpoint(vae.DEFAULT), metrics={"bound": {"kl": 3.0}})
    assert vae_beta.table({1.0: unmeasured}, 1.0).splitlines()[-1] == "| **1** | **–** | **3.0** | **–** | **–** |"
