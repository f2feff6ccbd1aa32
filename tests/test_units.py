"""What units do, against autograd and against values worked by hand."""

from __future__ import annotations

import pytest
import torch

from genlab import units
from genlab.config import DenseConfig
from genlab.errors import ConfigError
from genlab.losses import contractive, kl_sparsity, l1
from genlab.models import build
from genlab.seeding import make_generator

BENCH = DenseConfig(latent_dim=9, hidden=(), code_activation="sigmoid", output="identity", image_shape=(1, 6, 6))
X = torch.rand(5, 1, 6, 6, generator=make_generator(1, "x"))


def model(**settings: object):
    return build(
        DenseConfig(**{**BENCH.to_json(), "hidden": (), "image_shape": (1, 6, 6), **settings}), make_generator(0)
    ).eval()


def test_the_jacobian_is_autograd_s() -> None:
    network = model()
    expected = [
        torch.autograd.functional.jacobian(lambda x: network.encode(x)[0], x[None]).flatten(1).norm().item() for x in X
    ]
    assert units.jacobian_norms(network, X).tolist() == pytest.approx(expected, rel=1e-4)
    penalty = contractive(network.encode(X), network.code_weight, 0.0)
    assert penalty.item() == pytest.approx(sum(value**2 for value in expected) / len(expected), rel=1e-4)


def test_the_contractive_penalty_has_a_gradient_for_every_weight() -> None:
    network = model()
    contractive(network.encode(X), network.code_weight, 0.0).backward()
    assert network.encoder[0].weight.grad.abs().min() > 0


def test_penalties_by_hand() -> None:
    h = torch.tensor([[0.1, 0.9], [0.3, 0.1]])  # means 0.2 and 0.5
    weight = torch.zeros(2, 3)
    assert l1(h, weight, 0.05).item() == pytest.approx(0.7)
    assert kl_sparsity(h, weight, 0.2).item() == pytest.approx(0.2 * -0.9162907 + 0.8 * 0.4700036, rel=1e-5)
    assert kl_sparsity(torch.full((4, 3), 0.05), weight, 0.05).item() == pytest.approx(0.0, abs=1e-6)
    assert kl_sparsity(torch.tensor([[0.0, 1.0]]), weight, 0.05).isfinite()


def test_kl_is_torch_s() -> None:
    h = torch.rand(30, 4, generator=make_generator(2))
    found, wanted = torch.distributions.Bernoulli(h.mean(0)), torch.distributions.Bernoulli(torch.full((4,), 0.05))
    expected = torch.distributions.kl_divergence(wanted, found).sum()
    torch.testing.assert_close(kl_sparsity(h, h, 0.05), expected)


def test_measures_of_units_by_hand() -> None:
    network = model(latent_dim=2)
    with torch.no_grad():
        network.encoder[0].weight.zero_()
        network.encoder[0].bias.copy_(torch.tensor([0.0, -10.0]))
    found = units.measure_units(network, X)
    assert found["mean_activation"] == pytest.approx(0.25, abs=1e-4)
    assert found["by_unit"] == pytest.approx([0.5, 0.0], abs=1e-4)
    assert found["firing"] == 1.0
    assert found["jacobian_norm"] == 0.0
    assert sum(found["histogram"]) == pytest.approx(1.0)
    assert found["histogram"][0] == pytest.approx(0.5)
    assert found["histogram"][10] == pytest.approx(0.5)


def test_a_push_moves_the_code_as_the_jacobian_says() -> None:
    network = model()
    x = X[:1]
    pushed = units.push(network, x, 1e-3, make_generator(3))
    jacobian = torch.autograd.functional.jacobian(lambda y: network.encode(y)[0], x).flatten(1)
    expected = jacobian @ (pushed.x - x).flatten()
    assert pushed.code == pytest.approx(expected.norm().item(), rel=0.02)
    assert pushed.picture == pytest.approx((pushed.x - x).norm().item())
    again, other = (units.push(network, x, 1e-3, make_generator(seed)) for seed in (3, 4))
    assert torch.equal(again.x, pushed.x)
    assert not torch.equal(other.x, pushed.x)


def test_filters_are_the_rows_of_the_weight() -> None:
    network = model()
    assert torch.equal(units.filters(network)[4].flatten(), network.encoder[0].weight[4])


@pytest.mark.parametrize("settings", [{"hidden": (8,)}, {"code_activation": "relu"}])
def test_other_networks_are_refused(settings: dict[str, object]) -> None:
    for call in (units.filters, lambda network: units.jacobian_norms(network, X)):
        with pytest.raises(ConfigError, match="no single layer of sigmoid units"):
            call(model(**settings))


def test_a_linear_probe_reads_what_is_linear() -> None:
    """Bright left halves against bright right halves: any code that keeps the picture gives them away."""
    x = torch.rand(200, 1, 6, 6, generator=make_generator(5)) * 0.3
    labels = torch.arange(200) % 2
    x[labels == 0, :, :, :3] += 0.6
    x[labels == 1, :, :, 3:] += 0.6
    network = model()
    assert units.linear_probe(network, (x[:100], labels[:100]), (x[100:], labels[100:])) < 0.05
    shuffled = labels[torch.randperm(200, generator=make_generator(6))]
    assert units.linear_probe(network, (x[:100], shuffled[:100]), (x[100:], shuffled[100:])) > 0.25
