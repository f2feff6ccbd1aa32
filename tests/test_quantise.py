"""Fewer bits for a code: the cells by hand, the ends, what cannot be, and the measurement against its definition."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from genlab.config import MapConfig, PCAConfig
from genlab.data.images import to_float
from genlab.errors import CheckpointError, ConfigError
from genlab.metrics import psnr
from genlab.models import ImageAutoencoder, build
from genlab.quantise import BITS, cells, limits, measure, middles, quantise
from genlab.seeding import make_generator

LOW, HIGH = torch.tensor([0.0, -1.0]), torch.tensor([8.0, 1.0])


@pytest.mark.parametrize(
    ("bits", "stored", "back"),
    [
        (1, [[0, 0], [0, 1], [1, 1]], [[2.0, -0.5], [2.0, 0.5], [6.0, 0.5]]),
        (2, [[0, 0], [1, 2], [3, 3]], [[1.0, -0.75], [3.0, 0.25], [7.0, 0.75]]),
        (4, [[0, 0], [7, 8], [15, 15]], [[0.25, -0.9375], [3.75, 0.0625], [7.75, 0.9375]]),
    ],
)
def test_cells_by_hand(bits: int, stored: list[list[int]], back: list[list[float]]) -> None:
    z = torch.tensor([[0.0, -1.0], [3.9, 0.0], [7.99, 0.99]])
    found = cells(z, bits, LOW, HIGH)
    assert found.dtype == torch.int64
    assert found.tolist() == stored
    assert middles(found, bits, LOW, HIGH).tolist() == back
    assert quantise(z, bits, LOW, HIGH).tolist() == back


def test_beyond_the_ends_is_the_first_or_last_cell() -> None:
    z = torch.tensor([[-5.0, -9.0], [8.0, 1.0], [1e9, 1e9]])
    assert quantise(z, 2, LOW, HIGH).tolist() == [[1.0, -0.75], [7.0, 0.75], [7.0, 0.75]]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_as_many_values_as_the_bits_tell_apart_and_never_farther_than_half_a_cell(bits: int) -> None:
    z = torch.rand(5000, 2, generator=make_generator(0, "quantise")) * (HIGH - LOW) + LOW
    back = quantise(z, bits, LOW, HIGH)
    for k in range(2):
        assert len(back[:, k].unique()) == 2**bits
    assert ((back - z).abs() <= (HIGH - LOW) / 2**bits / 2 + 1e-5).all()
    assert torch.equal(quantise(back, bits, LOW, HIGH), back)  # what was stored once is stored again


def test_a_number_that_never_changes_keeps_its_value() -> None:
    low = high = torch.tensor([3.0])
    for bits in (8, 4, 2, 1):
        assert quantise(torch.tensor([[3.0], [5.0], [-5.0]]), bits, low, high).tolist() == [[3.0]] * 3


def test_half_precision_and_whole_numbers() -> None:
    z = torch.tensor([[1 / 3, 2049.0]])
    assert quantise(z, 32, LOW, HIGH) is z
    half = quantise(z, 16, LOW, HIGH)
    assert half.dtype == torch.float32
    assert half.tolist() == [[0.333251953125, 2048.0]]  # 11 binary digits
    assert quantise(torch.tensor([[1e6, -1e6]]), 16, LOW, HIGH).tolist() == [[65504.0, -65504.0]]  # not infinity


@pytest.mark.parametrize("bits", [0, 3, 64, -1])
def test_other_bits_are_a_sentence(bits: int) -> None:
    with pytest.raises(ConfigError, match="1, 2, 4, 8, 16, 32"):
        quantise(torch.zeros(1, 2), bits, LOW, HIGH)


def test_limits_are_the_first_and_last_percentile() -> None:
    low, high = limits({"quantiles": {"0.0": [-9, -9], "0.01": [0, -1], "0.99": [8, 1], "1.0": [9, 9]}})
    assert torch.equal(low, LOW)
    assert torch.equal(high, HIGH)


@pytest.mark.parametrize(
    "codes",
    [
        {},
        {"quantiles": {"0.01": [0.0]}},
        {"quantiles": {"0.01": [0.0], "0.99": [1.0, 2.0]}},
        {"quantiles": {"0.01": [2.0], "0.99": [1.0]}},
        {"quantiles": {"0.01": ["a"], "0.99": ["b"]}},
        {"quantiles": {"0.01": [float("nan")], "0.99": [1.0]}},
        {"quantiles": None},
    ],
)
def test_broken_measurements_are_a_sentence(codes: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match="Evaluate it again"):
        limits(codes)


class Identity(ImageAutoencoder):
    """Its code is the picture."""

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        return z.unflatten(1, self.image_shape)


def test_measured_as_by_hand() -> None:
    model = Identity(PCAConfig(latent_dim=784, image_shape=(1, 28, 28)))
    pictures = torch.zeros(1500, 1, 28, 28, dtype=torch.uint8)  # more than a batch
    pictures[:750] = 255
    codes = {"quantiles": {"0.01": [0.0] * 784, "0.99": [1.0] * 784}}
    found = measure(model, codes, pictures)
    assert list(found) == ["16", "8", "4", "2", "1"]
    assert found["16"] == float("inf")
    for bits in (8, 4, 2, 1):  # black and white both lie half a cell from the middle of theirs
        assert found[str(bits)] == pytest.approx(psnr((0.5 / 2**bits) ** 2), abs=1e-3)


def test_codes_lose_with_every_bit_and_pictures_are_measured_from_them() -> None:
    model = build(MapConfig(latent_dim=49, sizes=(14, 7), channels=(4, 4), depth=0), make_generator(1, "init")).eval()
    pictures = torch.randint(0, 256, (64, 1, 28, 28), generator=make_generator(2, "pictures"), dtype=torch.uint8)
    with torch.no_grad():
        z = model.encode(to_float(pictures))
    low, high = z.quantile(0.01, 0), z.quantile(0.99, 0)
    errors = [float((quantise(z, bits, low, high) - z).square().sum()) for bits in BITS]
    assert errors[0] == 0
    assert errors == sorted(errors)
    found = measure(model, {"quantiles": {"0.01": low.tolist(), "0.99": high.tolist()}}, pictures)
    for bits in (16, 2):
        with torch.no_grad():
            x_hat = model.decode(quantise(z, bits, low, high))
        assert found[str(bits)] == pytest.approx(psnr((x_hat - to_float(pictures)).square().mean().item()), abs=1e-3)
