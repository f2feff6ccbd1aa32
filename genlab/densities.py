"""Densities, likelihoods and what a discriminator can tell of them, in nats: pure functions of NumPy arrays.

    ℓ(θ) = 1/N Σ_i ln f(x_i|θ)                     mean log-likelihood; its maximum is the maximum-likelihood fit
    p(y|x) = p(x|y) p(y) / Σ_c p(x|c) p(c)         Bayes' rule: how a generative model tells classes
    p_g(x) = p(z) / |g'(z)| at x = g(z)            change of variables
    D*(x) = p_data(x) / (p_data(x) + p_g(x))       Goodfellow et al. 2014 (arXiv:1406.2661), eq. 2
    C(G) = −ln 4 + 2 JSD(p_data ‖ p_g)             the same, eqs. 4 to 6

``ui/components/js/densities_math.js`` repeats what follows a hand; the tests compare the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genlab.errors import DataError

Array = NDArray[np.float64]
FAMILIES = ("normal", "gamma")  # parameters: mean and standard deviation; shape and scale
KNOTS = tuple(2 * n / 3 for n in range(-3, 4))  # noise from −2 to 2, where a generator's line may bend
NARROWEST = 1e-9  # a slope of a generator is at least that


# --------------------------------------------------------------------------------------- one variable
def log_normal(x: ArrayLike, mu: float, sigma: float) -> Array:
    """ln N(x; μ, σ²), any shape."""
    return -0.5 * ((np.asarray(x, float) - mu) / sigma) ** 2 - math.log(sigma) - 0.5 * math.log(2 * math.pi)


def log_gamma(x: ArrayLike, k: float, s: float) -> Array:
    """ln of x^(k−1) e^(−x/s) / (Γ(k) s^k) with shape k and scale s, any shape; −∞ where x ≤ 0."""
    x = np.asarray(x, float)
    some = np.where(x > 0, x, 1.0)
    return np.where(x > 0, (k - 1) * np.log(some) - some / s - math.lgamma(k) - k * math.log(s), -np.inf)


def log_density(family: str, x: ArrayLike, theta: tuple[float, float]) -> Array:
    """ln f(x|θ) of a family of ``FAMILIES``."""
    return log_gamma(x, *theta) if family == "gamma" else log_normal(x, *theta)


def mean_log_likelihood(family: str, x: ArrayLike, theta: tuple[float, float]) -> float:
    """ℓ(θ) = 1/N Σ ln f(x_i|θ), in nats for each point; −∞ if one of them cannot be."""
    return float(log_density(family, x, theta).mean())


def gradient(family: str, x: ArrayLike, theta: tuple[float, float]) -> tuple[float, float]:
    """∂ℓ/∂θ. Gamma: ∂/∂k = mean ln x − ln s − ψ(k), ∂/∂s = mean x / s² − k / s. Needs x > 0 there."""
    x = np.asarray(x, float)
    first, second = theta
    if family == "gamma":
        from scipy.special import digamma

        slope = float(np.log(x).mean()) - math.log(second) - float(digamma(first))
        return slope, float(x.mean()) / second**2 - first / second
    away = x - first
    return float(away.mean()) / second**2, float((away**2).mean()) / second**3 - 1 / second


def best_fit(family: str, x: ArrayLike) -> tuple[float, float]:
    """θ* = arg max ℓ(θ): mean and standard deviation (divided by N), or SciPy's maximum-likelihood gamma.

    Raises:
        DataError: all values are the same, or one that is not above 0 for a gamma, so that there is no maximum.
    """
    x = np.asarray(x, float)
    if family == "gamma" and (x <= 0).any():
        raise DataError("A gamma knows only values above 0. Move or remove the others, or choose the normal.")
    alike = np.ptp(x) <= 1e-9 * max(np.abs(x).max(), 1e-9)
    if alike or (family == "gamma" and math.log(x.mean()) - np.log(x).mean() < 1e-9):  # less is rounding
        raise DataError("All values are the same: the narrower the curve, the better, without end. Move one of them.")
    if family == "gamma":
        from scipy import stats

        try:
            k, _zero, s = stats.gamma.fit(x, floc=0)
        except (ValueError, RuntimeError) as error:
            raise DataError("There is no best gamma of these values. Move one of them.") from error
        return float(k), float(s)
    return float(x.mean()), float(x.std())


# --------------------------------------------------------------------------------------- two classes
@dataclass(frozen=True, kw_only=True)
class Line:
    """A discriminative model of two classes: p(y=1|x) = σ(w·x + b)."""

    w: tuple[float, float]
    b: float


@dataclass(frozen=True, kw_only=True)
class Clouds:
    """A generative model of two classes: p(x|y) = N(x; m_y, C_y), and p(y).

    Attributes:
        means: m, (2, 2), a class a row.
        covariances: C, (2, 2, 2).
        priors: p(y), (2,).
    """

    means: Array
    covariances: Array
    priors: Array


def posterior_of_line(x: ArrayLike, line: Line) -> Array:
    """p(y=1|x) of a logistic regression: (N, 2) -> (N,)."""
    return 1 / (1 + np.exp(-(np.asarray(x, float) @ np.asarray(line.w) + line.b)))


def log_joint(x: ArrayLike, clouds: Clouds) -> Array:
    """ln p(x|y) + ln p(y): (N, 2) -> (N, 2), a class a column."""
    x = np.asarray(x, float)
    found = []
    for m, C, prior in zip(clouds.means, clouds.covariances, clouds.priors, strict=True):
        away = x - m
        distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(C), away)
        found.append(-0.5 * (distance + math.log(np.linalg.det(C))) - math.log(2 * math.pi) + math.log(prior))
    return np.stack(found, 1)


def posterior_of_clouds(x: ArrayLike, clouds: Clouds) -> Array:
    """p(y=1|x) by Bayes' rule: (N, 2) -> (N,)."""
    joint = log_joint(x, clouds)
    return 1 / (1 + np.exp(joint[:, 0] - joint[:, 1]))


def log_evidence(x: ArrayLike, clouds: Clouds) -> Array:
    """ln p(x) = ln Σ_y p(x|y) p(y): (N, 2) -> (N,)."""
    return np.logaddexp.reduce(log_joint(x, clouds), axis=1)


def fit_line(x: Array, y: Array) -> Line:
    """Logistic regression by scikit-learn (its usual L2 penalty), on features in units of their spread.

    Args:
        x: (N, 2).
        y: (N,), 0 or 1, both of them.
    """
    from sklearn.linear_model import LogisticRegression

    centre, spread = _frame(x)
    found = LogisticRegression().fit((x - centre) / spread, y)
    w = found.coef_[0] / spread
    return Line(w=(float(w[0]), float(w[1])), b=float(found.intercept_[0] - w @ centre))


def fit_clouds(x: Array, y: Array, *, tilted: bool) -> Clouds:
    """A Gaussian for each class by scikit-learn, on features in units of their spread.

    Args:
        x: (N, 2).
        y: (N,), 0 or 1, at least three of both.
        tilted: any covariance (quadratic discriminant analysis, a thousandth of the unit added so that few points do),
            or a diagonal one (Gaussian naive Bayes).
    """
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
    from sklearn.naive_bayes import GaussianNB

    centre, spread = _frame(x)
    scaled = (x - centre) / spread
    if tilted:
        free = QuadraticDiscriminantAnalysis(store_covariance=True).fit(scaled, y)
        covariances, means, priors = np.stack(free.covariance_) + LEAST * np.eye(2), free.means_, free.priors_
    else:
        naive = GaussianNB(var_smoothing=LEAST).fit(scaled, y)
        covariances, means, priors = np.stack([np.diag(one) for one in naive.var_]), naive.theta_, naive.class_prior_
    return Clouds(means=means * spread + centre, covariances=covariances * np.outer(spread, spread), priors=priors)


LEAST = 1e-3


def _frame(x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column, the latter never 0."""
    spread = x.std(0)
    return x.mean(0), np.where(spread > 0, spread, 1.0)


# --------------------------------------------------------------------------------------- a generator of one number
def generate(z: ArrayLike, tips: ArrayLike) -> Array:
    """x = g(z): straight from knot to knot (``KNOTS`` -> ``tips``, ascending), and on as the outer pieces are."""
    return _through(np.asarray(z, float), np.asarray(KNOTS), np.asarray(tips, float))


def noise_of(x: ArrayLike, tips: ArrayLike) -> Array:
    """z = g⁻¹(x)."""
    return _through(np.asarray(x, float), np.asarray(tips, float), np.asarray(KNOTS))


def log_generated(x: ArrayLike, tips: ArrayLike) -> Array:
    """ln p_g(x) = ln N(z; 0, 1) − ln g'(z) at z = g⁻¹(x), by change of variables."""
    slopes = np.maximum(np.diff(np.asarray(tips, float)) / np.diff(KNOTS), NARROWEST)
    return log_normal(noise_of(x, tips), 0.0, 1.0) - np.log(slopes[_piece(x, np.asarray(tips, float))])


def generated_shares(edges: ArrayLike, tips: ArrayLike) -> Array:
    """P(g(z) in a bin) with z ~ N(0, 1), exact by g⁻¹ and Φ: (n,) edges -> (n + 1,), the outer two without end."""
    below = [0.5 * math.erfc(-z / math.sqrt(2)) for z in noise_of(edges, tips)]
    return np.maximum(np.diff([0.0, *below, 1.0]), 0.0)


def shares(x: ArrayLike, edges: ArrayLike) -> Array:
    """The part of the values in each bin, as ``generated_shares`` has them: (N,), (n,) -> (n + 1,)."""
    counted = np.bincount(np.searchsorted(np.asarray(edges, float), x, "right"), minlength=np.size(edges) + 1)
    return counted / np.size(x)


def _through(at: Array, knots: Array, values: Array) -> Array:
    n = _piece(at, knots)
    wide = np.maximum(np.diff(knots), NARROWEST)
    return values[n] + (at - knots[n]) * (np.diff(values) / wide)[n]


def _piece(at: ArrayLike, knots: Array) -> NDArray[np.intp]:
    """Which straight piece; the outer ones go on without end."""
    return np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(knots) - 2)


# --------------------------------------------------------------------------------------- what a discriminator can tell
def best_discriminator(p: ArrayLike, q: ArrayLike) -> Array:
    """D* = p / (p + q) for densities or shares of the data, p, and of the generator, q; ½ where neither ever is."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    return np.divide(p, p + q, out=np.full(np.broadcast(p, q).shape, 0.5), where=p + q > 0)


def js_divergence(p: ArrayLike, q: ArrayLike) -> float:
    """JSD of two lists of shares, ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2: 0 … ln 2."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    return 0.5 * _kl(p, (p + q) / 2) + 0.5 * _kl(q, (p + q) / 2)


def generator_loss(p: ArrayLike, q: ArrayLike) -> float:
    """C(G) = E_p[ln D*] + E_q[ln(1 − D*)], what the generator pays to the best discriminator."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    real, made = best_discriminator(p, q), best_discriminator(q, p)  # D* and 1 − D*, which may be small
    return float(p[p > 0] @ np.log(real[p > 0]) + q[q > 0] @ np.log(made[q > 0]))


def discriminator_accuracy(p: ArrayLike, q: ArrayLike) -> float:
    """How often the best discriminator is right, as many of both: ½ Σ max(p, q), ½ … 1."""
    return float(0.5 * np.maximum(p, q).sum())


def _kl(p: Array, q: Array) -> float:
    some = p > 0
    return float(p[some] @ np.log(p[some] / q[some]))
