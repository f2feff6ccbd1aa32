"""The lesson on random codes: pictures are decoded from the draw that is said, and measures are the shipped ones."""

from __future__ import annotations

import base64
import io
import json
import math
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from genlab.errors import CheckpointError
from genlab.models import MixtureAutoencoder
from tests.test_pages import bare, router, sentences, strips, thaw, visit, words  # noqa: F401
from ui import cache, judge, random_codes, random_codes_views
from ui.components.sheet import GAP

RANDOM = "pages/random_codes.py"
SIDE = random_codes.SIDE


def sheets(app) -> list[dict]:  # type: ignore[no-untyped-def, type-arg]
    """What each sheet was sent, in the order of the page."""
    sent = [json.loads(json.loads(block.proto.json)["json"]) for block in app.get("bidi_component")]
    return [one for one in sent if "readings" in one]


def pictures(sheet: dict) -> np.ndarray:  # type: ignore[type-arg]
    """(N, 28, 28) of a sheet."""
    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["png"]))))
    step, columns = sheet["side"] + GAP, sheet["columns"]
    places = [(n // columns * step, n % columns * step) for n in range(sheet["count"])]
    return np.stack([whole[top : top + sheet["side"], left : left + sheet["side"]] for top, left in places])


def decoded(name: str, z: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return cache.checkpoint(name).model.decode(z)[:, 0].numpy() * 255


def cells(app) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    """The table of measures: title → cells."""
    text = next(block.value for block in app.markdown if block.value.startswith("| |"))
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return {row[0]: row[1:] for row in rows if not row[0].startswith(":")}


@pytest.mark.parametrize("draw", ["1", "77"])
def test_both_sheets_are_decoded_from_the_same_draw(draw: str) -> None:
    app = visit(RANDOM, left="vae", right="course", draw=draw)
    assert sentences(app) == []
    found = sheets(app)
    assert len(found) == 2
    codes = []
    for sheet, name in zip(found, (random_codes.VAE, random_codes.COURSE), strict=True):
        z = random_codes.random_codes(name, 0, SIDE**2, int(draw))
        assert np.abs(pictures(sheet) - decoded(name, z)).max() <= 0.51
        codes.append(z)
    shorter = min(z.shape[1] for z in codes)
    assert torch.equal(codes[0][:, :shorter], codes[1][:, :shorter])


def test_random_codes_are_standard_normal_and_each_draw_is_another() -> None:
    z = torch.cat([random_codes.random_codes(random_codes.VAE, 0, 500, draw) for draw in range(1, 9)])
    assert z.mean(0).abs().max() < 4 / math.sqrt(len(z))
    assert (z.std(0) - 1).abs().max() < 4 / math.sqrt(2 * len(z))
    assert len(z.unique(dim=0)) == len(z)


def test_codes_of_a_mixture_are_where_it_has_its_mass() -> None:
    model = cache.checkpoint(random_codes.MIXED).model
    assert isinstance(model, MixtureAutoencoder)
    for size in (model.config.mixtures[0], model.config.mixtures[-1]):
        weights, means, factors = (part.double() for part in model.mixture(size))
        z = random_codes.random_codes(random_codes.MIXED, size, 20_000, 3).double()
        mean = weights @ means
        covariance = torch.einsum("j,jab,jcb->ac", weights, factors, factors)
        covariance = covariance + torch.einsum("j,ja,jb->ab", weights, means - mean, means - mean)
        spread = covariance.diagonal().sqrt()
        assert ((z.mean(0) - mean) / spread).abs().max() < 0.05
        off = (torch.cov(z.T) - covariance) / (spread[:, None] * spread)
        assert off.abs().max() < 0.06


def test_a_sheet_of_the_density_and_its_measures_follow_the_slider() -> None:
    config = cache.checkpoint(random_codes.MIXED).config
    measured = cache.checkpoint(random_codes.MIXED).metrics["samples"]["ways"]
    app = visit(RANDOM, left="ae", right="density")
    slider = app.select_slider(key="components")
    assert [int(option) for option in slider.options] == list(config.mixtures)
    for size in (1, 20):
        app.select_slider(key="components").set_value(size).run()
        assert sentences(app) == []
        z = random_codes.random_codes(random_codes.MIXED, size, SIDE**2, 1)
        assert np.abs(pictures(sheets(app)[1]) - decoded(random_codes.MIXED, z)).max() <= 0.51
        shown = [float(cell.replace(",", "")) for cell in cells(app)["FD"][:2]]
        assert shown == [pytest.approx(measured[way]["fd"], abs=0.051) for way in ("normal", f"mixture@{size}")]


def test_the_autoencoder_with_a_density_is_the_plain_one() -> None:
    z = torch.randn(8, 16, generator=torch.Generator().manual_seed(0))
    assert np.array_equal(decoded(random_codes.MIXED, z), decoded(random_codes.PLAIN, z))


def test_the_readings_are_the_judges() -> None:
    app = visit(RANDOM, left="vae", right="vae")
    sheet = sheets(app)[0]
    z = random_codes.random_codes(random_codes.VAE, 0, SIDE**2, 1)
    with torch.inference_mode():
        opinion = judge.read(cache.checkpoint(random_codes.VAE).model.decode(z))
    assert opinion is not None
    assert len(sheet["readings"]) == SIDE**2
    for text, one in zip(sheet["readings"], opinion, strict=True):
        digit, share = re.match(r"(\d) \((.+?) %\)", text).groups()  # type: ignore[union-attr]
        assert int(digit) == int(one.argmax())
        if share[0] != ">":
            assert float(share) == pytest.approx(100 * one.max().item(), abs=0.51)


def test_the_table_is_that_of_the_shipped_measurements() -> None:
    app = visit(RANDOM, left="ae", right="vae")
    rows = cells(app)
    samples = [cache.checkpoint(name).metrics["samples"] for name in (random_codes.MIXED, random_codes.VAE)]
    wanted = [one["ways"]["normal"] for one in samples] + [samples[0]["floor"]]
    for cell, found in zip(rows["FD"], wanted, strict=True):
        assert float(cell.replace(",", "")) == pytest.approx(found["fd"], abs=0.051)
    for key, title in (("precision", "Precision"), ("recall", "Recall"), ("coverage", "Coverage")):
        for cell, found in zip(rows[title], wanted, strict=True):
            assert float(cell.removesuffix(" %")) == pytest.approx(100 * found[key], abs=0.51)


def test_what_another_judge_has_measured_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = cache.checkpoint(random_codes.VAE).metrics["samples"]
    monkeypatch.setitem(samples, "judge", "0" * 64)
    app = visit(RANDOM, left="ae", right="vae", dice="curve")
    assert sentences(app) == []
    first, second, real = cells(app)["FD"]
    assert second == "–"
    assert "–" not in (first, real)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "VAE" not in {trace["name"] for trace in figure["data"]}


def test_new_codes_are_new_and_are_kept_in_the_address() -> None:
    app = visit(RANDOM, right="vae")
    before = sheets(app)[1]["png"]
    app.button(key="draw_button").click().run()
    assert sentences(app) == []
    assert app.query_params["draw"] == "2"
    assert sheets(app)[1]["png"] != before
    again = visit(RANDOM, right="vae", draw="2")
    assert sheets(again)[1]["png"] == sheets(app)[1]["png"]


@pytest.mark.parametrize("odd", ["0", "-3", "10000", "99999999999", "abc", "², ", "٣", "1.5", ""])
def test_nonsense_in_the_address_is_the_first_draw(odd: str) -> None:
    app = visit(RANDOM, draw=odd, components=odd, left=odd, dice="style" if odd == "abc" else odd)
    first = visit(RANDOM)
    assert sheets(app)[0]["png"] == sheets(first)[0]["png"]


def test_why_says_how_far_random_codes_are() -> None:
    app = visit(RANDOM, left="vae", right="course", dice="why")
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 2
    codes, _labels = random_codes_views.trained_codes(random_codes.VAE, "digits")
    z = random_codes.random_codes(random_codes.VAE, 0, random_codes_views.DOTS, 1)
    nearest = ((z[:, None] - codes) ** 2).sum(2).min(1).values.sqrt().median().item()
    text = next(caption.value for caption in app.caption if caption.value.startswith("VAE:"))
    assert f"**{nearest:.1f}** away from the nearest code of {len(codes)} test pictures" in text


def test_the_curve_has_every_density_the_vaes_and_the_floor() -> None:
    app = visit(RANDOM, dice="curve")
    assert sentences(app) == []
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    lines = {trace["name"]: trace for trace in figure["data"]}
    samples = cache.checkpoint(random_codes.MIXED).metrics["samples"]
    assert set(lines) >= {"Autoencoder + density", "Autoencoder, N(0, I)", "VAE", "Real"}
    fitted = lines["Autoencoder + density"]
    assert fitted["x"] == list(cache.checkpoint(random_codes.MIXED).config.mixtures)
    assert fitted["y"] == [samples["ways"][f"mixture@{size}"]["fd"] for size in fitted["x"]]
    assert set(lines["Real"]["y"]) == {samples["floor"]["fd"]}


def test_a_row_of_styles_is_one_code_with_ten_digits() -> None:
    app = visit(RANDOM, dice="style", styles="5")
    assert sentences(app) == []
    sheet = sheets(app)[-1]
    assert (sheet["columns"], sheet["count"]) == (10, 10 * random_codes_views.STYLES)
    shown = pictures(sheet).reshape(random_codes_views.STYLES, 10, 28, 28)
    assert len({picture.tobytes() for picture in shown.reshape(-1, 784)}) == 10 * random_codes_views.STYLES
    with torch.inference_mode():
        reads = judge.read(torch.from_numpy(shown.reshape(-1, 1, 28, 28) / 255.0).float())
    assert reads is not None
    asked = torch.arange(10).repeat(random_codes_views.STYLES)
    assert (reads.argmax(1) == asked).float().mean() > 0.9
    agreement = cache.checkpoint(random_codes_views.STYLED).metrics["samples"]["agreement"]
    assert any(f"**{10 * sum(agreement):.1f} %**" in caption.value for caption in app.caption)
    app.button(key="styles_button").click().run()
    assert app.query_params["styles"] == "6"
    assert sheets(app)[-1]["png"] != sheet["png"]


def test_the_judge_is_sure_of_noise_and_the_page_says_how_often() -> None:
    app = visit(RANDOM, dice="noise")
    assert sentences(app) == []
    shown = strips(app)[-1]
    assert len(shown) == random_codes_views.SHOWN
    x = torch.from_numpy(np.stack([figure.pixels for figure in shown]) / 255.0).float()[:, None]
    assert x.mean().item() == pytest.approx(0.5, abs=0.02)
    reads = judge.read(x)
    assert reads is not None
    for figure, one in zip(shown, reads, strict=True):
        assert figure.caption.split()[0] == str(int(one.argmax()))
    share = next(match for text in words(app) if (match := re.search(r"90 % sure in \*\*(.+?) %\*\*", text)))
    if share[1].isdigit():
        assert 0 <= int(share[1]) <= 100


def missing(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    original = cache.checkpoint

    def broken(name: str):  # type: ignore[no-untyped-def]
        if name in names:
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name)

    monkeypatch.setattr(cache, "checkpoint", broken)


def test_without_the_density_the_plain_autoencoder_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, random_codes.MIXED)
    app = visit(RANDOM)
    assert sentences(app) == []
    assert any(random_codes.MIXED in warning.value for warning in app.warning)
    z = random_codes.random_codes(random_codes.PLAIN, 0, SIDE**2, 1)
    assert np.abs(pictures(sheets(app)[0]) - decoded(random_codes.PLAIN, z)).max() <= 0.51
    assert cells(app)["FD"][0] == "–"


def test_the_number_of_gaussians_is_in_the_address() -> None:
    app = visit(RANDOM, right="density", components="5")
    assert app.select_slider(key="components").value == 5
    z = random_codes.random_codes(random_codes.MIXED, 5, SIDE**2, 1)
    assert np.abs(pictures(sheets(app)[1]) - decoded(random_codes.MIXED, z)).max() <= 0.51


@pytest.mark.parametrize("view", ["why", "curve", "style", "noise"])
def test_without_any_network_there_are_sentences(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (random_codes.MIXED, random_codes.PLAIN, random_codes.VAE, random_codes.COURSE, random_codes_views.STYLED)
    missing(monkeypatch, *names)
    app = visit(RANDOM, dice=view)
    assert len(sentences(app)) == 1
    assert app.title


def test_without_a_judge_the_pictures_are_still_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise CheckpointError("{path} is missing or cannot be read.", path=judge.JUDGE)

    monkeypatch.setattr(judge, "judge", none)
    app = visit(RANDOM, left="vae", right="vae")
    assert sentences(app) == []
    assert any(judge.JUDGE in warning.value for warning in app.warning)
    assert sheets(app)[0]["readings"] == []
