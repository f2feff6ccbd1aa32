"""Noise that is cut off or walked through, and the nearest picture."""

from __future__ import annotations

import math

import pytest
import torch

from genlab.sampling import CHUNK, nearest, round_trip, truncated
from genlab.seeding import make_generator


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=make_generator(0, "test noise"))


@pytest.mark.parametrize("psi", [0.2, 1.0, 2.5])
def test_truncated_noise_is_distributed_as_if_drawn_again(psi: float) -> None:
    eps = noise(200_000)
    again = eps[eps.abs() < psi]  # who draws again until it fits keeps just these
    found = truncated(eps, psi)
    assert found.abs().max() <= psi
    at = torch.linspace(0.02, 0.98, 25)
    torch.testing.assert_close(
        torch.quantile(found, at), torch.quantile(again, at), atol=8 * psi / math.sqrt(len(again)), rtol=0
    )


def test_the_same_noise_moves_in_order_and_hardly_where_little_is_cut() -> None:
    eps = noise(500).sort().values
    for psi in (0.5, 2.0):
        assert (truncated(eps, psi).diff() > 0).all()
    torch.testing.assert_close(truncated(eps, 5.0), eps, atol=1e-3, rtol=0)
    assert truncated(eps, math.inf) is eps
    wild = truncated(torch.tensor([-40.0, 0.0, 40.0]), 1.5)
    assert wild.tolist() == pytest.approx([-1.5, 0.0, 1.5])


def test_a_round_trip_meets_its_stations_and_stays_as_long_as_they_are() -> None:
    stations = noise(4, 64)
    way = round_trip(stations, 10)
    assert way.shape == (41, 64)
    torch.testing.assert_close(way[::10], torch.cat([stations, stations[:1]]))
    lengths = way.norm(dim=1)
    assert lengths.min() > 0.9 * stations.norm(dim=1).min()
    assert lengths.max() < 1.1 * stations.norm(dim=1).max()
    steps = way.diff(dim=0).norm(dim=1)
    assert steps.max() < 1.6 * steps.min()


def test_the_nearest_picture_is_found_whatever_chunk_it_is_in() -> None:
    images = (torch.rand(CHUNK + 30, 1, 4, 4, generator=make_generator(1, "images")) * 255).byte()
    x = torch.rand(6, 1, 4, 4, generator=make_generator(2, "images"))
    x[0], x[1] = images[CHUNK + 7] / 255, images[3] / 255  # copies
    distance, which = nearest(x, images)
    wanted = ((x[:, None] - images[None] / 255) ** 2).flatten(2).sum(2).sqrt().min(1)
    assert which.tolist() == wanted.indices.tolist()
    torch.testing.assert_close(distance, wanted.values)
    assert which[:2].tolist() == [CHUNK + 7, 3]
    assert distance[:2].tolist() == [0.0, 0.0]
