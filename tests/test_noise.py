"""Noise: what it does to a picture, where its randomness comes from, and what a batch of a training looks like."""

from __future__ import annotations

import math

import pytest
import torch

from genlab import data
from genlab.errors import ConfigError
from genlab.filters import FILTERS, clean, unclip
from genlab.losses import mse
from genlab.noise import NOISES, SHARES, Draw, draw, scratch, spoil, spoil_batch
from genlab.seeding import make_generator

X = torch.rand(200, 1, 28, 28, generator=make_generator(1, "x"))
KINDS = list(NOISES)


def drawn(shape: tuple[int, ...] = tuple(X.shape), seed: int = 0) -> Draw:
    return draw(shape, make_generator(seed, "draw"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_noise_changes_nothing_and_more_changes_more(kind: str) -> None:
    assert torch.equal(spoil(X, kind, 0.0, drawn()), X)
    errors = [mse(spoil(X, kind, level, drawn()), X).item() for level in (0.1, 0.3, 0.6, 1.0)]
    assert errors == sorted(errors)
    assert errors[0] > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (5, 3, 32, 32)])
def test_same_draw_same_picture(kind: str, shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, generator=make_generator(2))
    before = torch.random.get_rng_state()
    first, again, other = (spoil(x, kind, 0.5, drawn(shape, seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == x.shape
    assert 0 <= first.min() <= first.max() <= 1
    assert torch.equal(torch.random.get_rng_state(), before)


def test_gaussian_noise_by_hand() -> None:
    x = torch.tensor([0.0, 0.5, 0.9]).view(1, 1, 1, 3)
    noise = Draw(torch.tensor([-1.0, 1.0, 1.0]).view(1, 1, 1, 3), torch.zeros(1, 1, 1, 3))
    assert spoil(x, "gaussian", 0.2, noise).flatten().tolist() == pytest.approx([0.0, 0.7, 1.0])


def test_lost_pixels_are_black_and_as_many_as_asked_for() -> None:
    x = torch.full((100, 3, 32, 32), 0.7)
    found = spoil(x, "mask", 0.3, drawn((100, 3, 32, 32)))
    lost = (found == 0).float()
    assert lost.mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(lost[:, :1].expand_as(lost), lost)  # a pixel is lost in all colours
    assert (found[found > 0] == 0.7).all()


def test_salt_and_pepper_are_as_many_as_asked_for() -> None:
    found = spoil(torch.full_like(X, 0.5), "salt", 0.4, drawn())
    for value in (0.0, 1.0):
        assert (found == value).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert spoil(X, "salt", 1.0, drawn()).unique().tolist() == [0.0, 1.0]


def test_every_picture_has_its_own_level() -> None:
    level = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    found = spoil(X[:2], "gaussian", level, drawn((2, 1, 28, 28)))
    assert torch.equal(found[0], X[0])
    assert not torch.equal(found[1], X[1])


def test_unknown_noise_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="There is no noise called “snow”"):
        spoil(X, "snow", 0.5, drawn())


@pytest.mark.parametrize("kind", [*KINDS, "scratch", "mixed"])
def test_a_batch_is_spoiled_picture_by_picture(kind: str) -> None:
    grey = torch.full_like(X, 0.5)
    found, again = (spoil_batch(grey, kind, 0.8, make_generator(3, "batch")) for _ in range(2))
    assert torch.equal(found, again)
    assert 0 <= found.min() <= found.max() <= 1
    errors = (found - grey).square().flatten(1).mean(1)
    assert errors.std() > 0.01  # each its own level
    assert (errors > 0).float().mean() > 0.9


def test_mixed_noise_is_of_every_kind() -> None:
    """Only Gaussian noise leaves values between; only lost pixels turn black and never white."""
    grey = torch.full((1000, 1, 28, 28), 0.5)
    found = spoil_batch(grey, "mixed", 1.0, make_generator(4, "mixed")).flatten(1)
    between = ((found > 0) & (found < 1) & (found != 0.5)).any(1)
    black, white = (found == 0).any(1), (found == 1).any(1)
    assert between.float().mean().item() == pytest.approx(SHARES["gaussian"], abs=0.05)
    assert (~between & black & ~white).float().mean().item() == pytest.approx(
        SHARES["mask"] + 0.3 * SHARES["scratch"], abs=0.05
    )


def test_scratches_are_lines() -> None:
    found = scratch(torch.full_like(X, 0.5), 0.4, make_generator(5, "scratch")).flatten(1)
    hit = found != 0.5
    assert ((found[hit] == 0) | (found[hit] == 1)).all()
    for picture, where in zip(found, hit, strict=True):
        assert picture[where].unique().numel() <= 1  # one ink in each picture
    assert 0.02 < hit.float().mean() < 0.3
    assert torch.equal(scratch(X, 0.0, make_generator(5)), X)


# ----------------------------------------------------------------------------------------- filters


@pytest.mark.parametrize("name", FILTERS)
def test_filters_take_noise_away(name: str) -> None:
    x = data.to_float(data.load("digits", "test").images[:20])
    noisy = spoil(x, "gaussian", 0.3, drawn(tuple(x.shape)))
    found = clean(name, noisy, 0.3)
    assert found.shape == x.shape
    assert found.dtype == torch.float32
    assert 0 <= found.min() <= found.max() <= 1
    assert mse(found, x) < 0.7 * mse(noisy, x)


@pytest.mark.parametrize("name", FILTERS)
def test_filters_do_colours_plane_by_plane(name: str) -> None:
    x = torch.rand(1, 3, 32, 32, generator=make_generator(6))
    together = clean(name, x, 0.2)
    apart = torch.cat([clean(name, x[:, c : c + 1], 0.2) for c in range(3)], dim=1)
    assert torch.equal(together, apart)


def test_unclip_undoes_what_clipping_does_to_a_mean() -> None:
    sigma, eps = 0.5, torch.randn(400_000, generator=make_generator(7)).numpy()
    for x in (0.0, 0.1, 0.5, 0.8, 1.0):
        mean = (x + sigma * eps).clip(0, 1).mean()
        assert float(unclip(mean, sigma)) == pytest.approx(x, abs=0.01)
    assert float(unclip(0.5 * sigma / math.sqrt(2 * math.pi), sigma)) == 0.0  # below what black has: black


def test_no_noise_no_filter() -> None:
    assert torch.equal(clean("median", X[:3], 0.0), X[:3])


def test_unknown_filter_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="There is no filter called “magic”"):
        clean("magic", X[:1], 0.1)
