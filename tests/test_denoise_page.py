"""The lesson Denoise: what is drawn is what the networks and filters make of the noise that is said."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from genlab.comparison import answer
from genlab.metrics import psnr
from genlab.noise import draw, spoil
from genlab.seeding import make_generator
from tests.test_pages import bare, go, machine, router, sentences, strips, thaw, visit, with_mnist, words  # noqa: F401
from ui import cache, denoising

DENOISE = "pages/denoise.py"
KINDS = ("gaussian", "mask", "salt")


def picture(name: str = "digits") -> torch.Tensor:
    return cache.test_picture(name, 4, 1)


def spoiled(kind: str, level: float = 0.5, number: int = 1) -> torch.Tensor:
    x = picture()
    return spoil(x, kind, level, draw(tuple(x.shape), make_generator(number, "noise")))


def decibels(caption: str) -> float:
    return float(next(line for line in caption.splitlines() if " dB" in line).replace(" dB", "").split()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_answers_to_the_noise_that_is_said(kind: str) -> None:
    app = visit(DENOISE, noise=kind, spoil="0.35,3")
    assert sentences(app) == []
    networks, filters = strips(app)[-2:]
    noisy = spoiled(kind, 0.35, 3)
    assert np.abs(networks[1].pixels - noisy[0, 0].numpy() * 255).max() <= 0.51
    methods = [*denoising.NETWORKS, *denoising.FILTERS]
    shown = [*networks[2:], *filters]
    assert len(shown) == len(methods)
    best = {}
    for name, figure in zip(methods, shown, strict=True):
        model = cache.checkpoint(name).model if name in denoising.NETWORKS else name
        with torch.inference_mode():
            expected = answer(model, noisy, kind, 0.35)
        assert np.abs(figure.pixels - expected[0, 0].numpy() * 255).max() <= 1.01, name
        best[name] = psnr((expected - picture()).square().mean().item())
        assert decibels(figure.caption) == pytest.approx(best[name], abs=0.051)
    assert [name for name, figure in zip(methods, shown, strict=True) if figure.chosen] == [
        max(best, key=best.__getitem__)
    ]


def test_scratches_of_the_browser_reach_every_method() -> None:
    app = visit(DENOISE)
    before = strips(app)[-2]
    at = app.session_state["spoil_kept"]
    ink = bytearray(784)
    ink[28 * 14 : 28 * 14 + 20] = bytes([1] * 20)
    sent = {"at": f"{at.began} {at.sheet}", "values": [0.0, 1], "scratches": base64.b64encode(bytes(ink)).decode()}
    app.session_state["spoil"] = {"noise": sent}
    app.run()
    assert sentences(app) == []
    after = strips(app)[-2]
    assert (after[1].pixels[14, :20] == 255).all()
    assert np.array_equal(after[1].pixels[:14], before[0].pixels[:14])  # no noise, and nothing else is touched
    assert after[2].png != before[2].png


def test_the_curve_has_a_line_and_a_dot_for_each_method() -> None:
    app = visit(DENOISE, view="curve", spoil="0.5,1")
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 1
    comparison = cache.checkpoint(denoising.CONV).metrics["comparison"]
    for kind in KINDS:
        assert set(comparison["psnr"][kind]) == {"noisy", *denoising.NETWORKS, *denoising.FILTERS}


def test_several_draws_differ_and_their_mean_is_their_mean() -> None:
    app = visit(DENOISE, view="draws", spoil="1.0,1")
    noisy, found = strips(app)[-2:]
    assert len({figure.png for figure in noisy}) == denoising.DRAWS
    *answers, mean, spread = found
    assert len({figure.png for figure in answers}) == denoising.DRAWS
    expected = np.mean([figure.pixels.astype(float) for figure in answers], axis=0)
    assert np.abs(mean.pixels - expected).max() <= 1.5
    assert spread.pixels.max() > 0


def test_a_network_that_learned_without_noise_copies() -> None:
    app = visit(DENOISE, view="copy", spoil="0.6,1")
    assert sentences(app) == []
    read, copier, honest = strips(app)[-3:]
    for kind in (1, 2):  # the noisy digit, and the stripes
        kept, changed = (np.abs(row[kind].pixels.astype(float) - read[kind].pixels).mean() for row in (copier, honest))
        assert kept < 0.9 * changed
    assert any("%" in text and "σ = 0.5" in text for text in words(app))


@pytest.mark.parametrize("missing", [denoising.CONV, denoising.DENSE, denoising.PLAIN])
def test_without_a_network_the_others_answer(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from genlab.errors import CheckpointError

    original = cache.checkpoint

    def broken(name: str):
        if name == missing:
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name)

    monkeypatch.setattr(cache, "checkpoint", broken)
    app = visit(DENOISE)
    assert sentences(app) == []
    assert any(missing in warning.value for warning in app.warning)
    networks, filters = strips(app)[-2:]
    assert len(networks) == 2 + len(denoising.NETWORKS) - 1
    assert len(filters) == len(denoising.FILTERS)


@pytest.mark.parametrize("odd", ["nan,1", "5,1", "0.5,0", "0.5", "a,b", "0.5,1.5", "1e999,1"])
def test_nonsense_noise_in_the_address_is_ignored(odd: str) -> None:
    app = visit(DENOISE, spoil=odd)
    assert sentences(app) == []
    assert np.abs(strips(app)[-2][1].pixels - spoiled("gaussian")[0, 0].numpy() * 255).max() <= 0.51
