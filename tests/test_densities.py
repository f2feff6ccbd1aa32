"""The formulas of the lesson on densities against torch, SciPy, scikit-learn, sums, and values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Gamma, MultivariateNormal, Normal

from genlab import densities as d
from genlab.data import tables
from genlab.errors import DataError, DataFileError

X = np.array([0.4, 1.0, 2.5, 2.5, 7.0])
THETAS = {"normal": (1.7, 0.9), "gamma": (2.2, 1.3)}
TIPS = [-3.0, -2.8, -0.5, 0.1, 0.2, 2.0, 6.0]
both = pytest.mark.parametrize("family", d.FAMILIES)


def of_torch(family: str, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    law = Normal(first, second) if family == "normal" else Gamma(first, 1 / second)
    return law.log_prob(torch.from_numpy(X))


# --------------------------------------------------------------------------------------- one variable
@both
def test_densities_and_their_slopes_are_torchs(family: str) -> None:
    theta = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in THETAS[family]]
    logs = of_torch(family, *theta)
    np.testing.assert_allclose(d.log_density(family, X, THETAS[family]), logs.detach(), rtol=1e-12)
    assert d.mean_log_likelihood(family, X, THETAS[family]) == pytest.approx(logs.mean().item())
    slope = torch.autograd.grad(logs.mean(), theta)
    assert d.gradient(family, X, THETAS[family]) == pytest.approx([one.item() for one in slope])


@both
def test_the_best_is_the_top(family: str) -> None:
    best = d.best_fit(family, X)
    top = d.mean_log_likelihood(family, X, best)
    assert d.gradient(family, X, best) == pytest.approx((0, 0), abs=1e-6)
    for n in (0, 1):
        for by in (0.97, 1.03):
            other = (best[0] * by, best[1]) if n == 0 else (best[0], best[1] * by)
            assert d.mean_log_likelihood(family, X, other) < top


def test_a_gamma_has_no_place_for_zero_and_five_of_the_same_have_no_best() -> None:
    assert d.mean_log_likelihood("gamma", tables.COURSE_BMI, (3.0, 9.0)) == -math.inf
    with pytest.raises(DataError, match="above 0"):
        d.best_fit("gamma", tables.COURSE_BMI)
    for family in d.FAMILIES:
        with pytest.raises(DataError, match="the same"):
            d.best_fit(family, [3.0] * 5)


# --------------------------------------------------------------------------------------- two classes
def test_the_fits_are_scikit_learns() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.preprocessing import StandardScaler

    x, y = tables.pair("tumours")
    scaled = StandardScaler().fit_transform(x)
    line = d.fit_line(x, y)
    wanted = LogisticRegression().fit(scaled, y).predict_proba(scaled)[:, 1]
    np.testing.assert_allclose(d.posterior_of_line(x, line), wanted, atol=1e-6)
    upright = d.fit_clouds(x, y, tilted=False)
    wanted = GaussianNB(var_smoothing=d.LEAST).fit(scaled, y).predict_proba(scaled)[:, 1]
    np.testing.assert_allclose(d.posterior_of_clouds(x, upright), wanted, atol=1e-6)


def test_clouds_are_densities_that_bayes_rule_turns_around() -> None:
    x, y = tables.pair("iris")
    clouds = d.fit_clouds(x, y, tilted=True)
    for label in (0, 1):
        its = x[y == label]
        np.testing.assert_allclose(clouds.means[label], its.mean(0))
        wanted = np.cov(its.T, bias=True) + d.LEAST * np.diag(x.var(0))
        np.testing.assert_allclose(clouds.covariances[label], wanted, rtol=1e-9)
    laws = [
        MultivariateNormal(torch.tensor(m), torch.tensor(C))
        for m, C in zip(clouds.means, clouds.covariances, strict=True)
    ]
    joint = torch.stack([law.log_prob(torch.tensor(x)) for law in laws], 1) + math.log(0.5)
    np.testing.assert_allclose(d.log_joint(x, clouds), joint, rtol=1e-9)
    np.testing.assert_allclose(d.posterior_of_clouds(x, clouds), joint.softmax(1)[:, 1], atol=1e-12)
    axes = [np.linspace(x[:, n].min() - 3, x[:, n].max() + 3, 300) for n in (0, 1)]
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    assert np.exp(d.log_evidence(grid, clouds)).sum() * cell == pytest.approx(1, abs=1e-3)


def test_with_equal_priors_the_border_is_where_both_densities_are_the_same() -> None:
    """The course's g(x|y=1) − g(x|y=2) = 0."""
    x, y = tables.pair("tumours")
    found = d.fit_clouds(x, y, tilted=True)
    even = d.Clouds(means=found.means, covariances=found.covariances, priors=np.array([0.5, 0.5]))
    joint = d.log_joint(x, even)
    assert np.array_equal(d.posterior_of_clouds(x, even) > 0.5, joint[:, 1] > joint[:, 0])
    assert not np.array_equal(d.posterior_of_clouds(x, found) > 0.5, joint[:, 1] > joint[:, 0])


# --------------------------------------------------------------------------------------- a generator
def test_a_generator_can_be_turned_around() -> None:
    z = np.linspace(-4, 4, 81)
    x = d.generate(z, TIPS)
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose(d.noise_of(x, TIPS), z, atol=1e-12)
    np.testing.assert_allclose(d.generate(d.KNOTS, TIPS), TIPS)


def test_change_of_variables() -> None:
    affine = [3 + 0.5 * z for z in d.KNOTS]
    at = np.linspace(0, 6, 50)
    np.testing.assert_allclose(d.log_generated(at, affine), d.log_normal(at, 3, 0.5), rtol=1e-9)
    edges = np.linspace(-8, 14, 23)
    fine = np.linspace(-8, 14, 220_001)
    middles = (fine[1:] + fine[:-1]) / 2
    mass = np.exp(d.log_generated(middles, TIPS)).reshape(22, -1).sum(1) * (fine[1] - fine[0])
    found = d.generated_shares(edges, TIPS)
    np.testing.assert_allclose(found[1:-1], mass, atol=1e-4)
    assert found.sum() == pytest.approx(1)
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(0)).double().numpy()
    np.testing.assert_allclose(d.shares(d.generate(z, TIPS), edges), found, atol=5e-3)


def test_shares_count_every_value() -> None:
    np.testing.assert_allclose(d.shares([-1, 0, 0.5, 1, 1.5, 9], [0, 1, 2]), [1 / 6, 2 / 6, 2 / 6, 1 / 6])


# --------------------------------------------------------------------------------------- the best discriminator
def test_what_the_generator_pays_is_the_divergence() -> None:
    p, q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.0, 0.5, 0.25, 0.25])
    np.testing.assert_allclose(d.best_discriminator([*p, 0], [*q, 0]), [1, 1 / 3, 1 / 2, 0, 1 / 2])
    value = d.generator_loss(p, q)
    assert value == pytest.approx(-math.log(4) + 2 * d.js_divergence(p, q))
    rng = np.random.default_rng(0)
    for D in rng.uniform(0.01, 0.99, (50, 4)):  # no other is better
        assert p @ np.log(D) + q @ np.log(1 - D) < value
    assert d.discriminator_accuracy(p, q) == pytest.approx(0.5 * (0.5 + 0.5 + 0.25 + 0.25))


def test_the_ends_of_the_game() -> None:
    p, q = [1.0, 0.0], [0.0, 1.0]
    assert d.js_divergence(p, p) == 0
    assert d.generator_loss(p, p) == pytest.approx(-math.log(4))
    assert d.discriminator_accuracy(p, p) == 0.5
    assert d.js_divergence(p, q) == pytest.approx(math.log(2))
    assert d.generator_loss(p, q) == pytest.approx(0)
    assert d.generator_loss([1.0, 0.0], [1e-18, 1.0]) == pytest.approx(0, abs=1e-12)  # where D* rounds to 1


# --------------------------------------------------------------------------------------- the tables
def test_the_tables_are_scikit_learns() -> None:
    from sklearn import datasets

    assert np.array_equal(tables.column("petal"), datasets.load_iris().data[:, 2])
    assert np.array_equal(tables.column("area"), datasets.load_breast_cancer().data[:, 3])
    assert np.array_equal(tables.column("bmi"), datasets.load_diabetes(scaled=False).data[:, 2])
    digits = datasets.load_digits()
    np.testing.assert_allclose(tables.column("ink"), digits.images.mean((1, 2)) / 16 * 100)
    x, y = tables.pair("digits")
    its = digits.images[np.isin(digits.target, (3, 8))]
    np.testing.assert_allclose(x[:, 1], 100 * its[:, :, :4].sum((1, 2)) / its.sum((1, 2)))
    assert y.tolist() == [float(label == 8) for label in digits.target if label in (3, 8)]
    x, y = tables.pair("iris")
    assert x.shape == (100, 2)
    assert set(y) == {0, 1}


@pytest.mark.parametrize("name", tables.FILES)
def test_the_loader_and_the_file_agree(name: str) -> None:
    np.testing.assert_allclose(tables._loaded(name), tables.read(name))


def test_a_damaged_table_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.FILES, "iris", ("iris.csv", 150, 5, 2))
    with pytest.raises(DataFileError, match=r"iris.csv is damaged.*\.$"):
        tables.read("iris")


@pytest.mark.parametrize("values", [[10000, 9999.9999], [1000, 1000.001], [5.0, 5.0 + 1e-7, 5.0]])
def test_a_gamma_of_values_that_are_nearly_equal_is_a_sentence(values: list[float]) -> None:
    with pytest.raises(DataError):
        d.best_fit("gamma", values)
