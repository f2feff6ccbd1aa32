/** The formulas of the lesson on densities, in nats, as genlab/densities.py has them. */

import { below } from "./vae_math.js";

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x), x > 0 (Lanczos 1964, g = 7). */
export function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const sum = LANCZOS.reduce((total, c, n) => total + c / (x + n), 0.99999999999980993);
  return HALF_LOG_TAU + (x - 0.5) * Math.log(x + 6.5) - (x + 6.5) + Math.log(sum);
}

/** ψ(x) = d ln Γ / dx, x > 0: upwards by ψ(x) = ψ(x + 1) − 1/x, then Stirling's series. */
export function digamma(x) {
  let sum = 0;
  for (; x < 8; x++) sum -= 1 / x;
  const y = 1 / (x * x);
  return sum + Math.log(x) - 0.5 / x - y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))));
}

// ------------------------------------------------------------------------------------------------ one variable
/** All that ℓ(θ) depends on. */
export function summary(values) {
  const mean = average(values);
  const positive = values.every((x) => x > 0);
  return {
    count: values.length,
    mean,
    variance: average(values.map((x) => (x - mean) ** 2)),
    positive,
    meanLog: positive ? average(values.map(Math.log)) : NaN,
  };
}

/**
 * Each family: ln f(x|θ); ℓ(θ) and its gradient from a summary of the data; θ whose moments are the data's; how much ℓ
 * bends at its top along each parameter, the gamma's along their logarithms.
 */
export const FAMILIES = {
  normal: {
    log: (x, [mu, sigma]) => -0.5 * ((x - mu) / sigma) ** 2 - Math.log(sigma) - HALF_LOG_TAU,
    mean: ({ mean, variance }, [mu, sigma]) => -0.5 * ((variance + (mean - mu) ** 2) / sigma ** 2) - Math.log(sigma) - HALF_LOG_TAU,
    gradient: ({ mean, variance }, [mu, sigma]) => [(mean - mu) / sigma ** 2, (variance + (mean - mu) ** 2) / sigma ** 3 - 1 / sigma],
    moments: ({ mean, variance }) => [mean, Math.sqrt(variance)],
    bend: ([, sigma]) => [1 / sigma ** 2, 2 / sigma ** 2],
  },
  gamma: {
    log: (x, [k, s]) => (x > 0 ? (k - 1) * Math.log(x) - x / s - logGamma(k) - k * Math.log(s) : -Infinity),
    mean: ({ mean, meanLog, positive }, [k, s]) =>
      positive ? (k - 1) * meanLog - mean / s - logGamma(k) - k * Math.log(s) : -Infinity,
    gradient: ({ mean, meanLog }, [k, s]) => [meanLog - Math.log(s) - digamma(k), mean / s ** 2 - k / s],
    moments: ({ mean, variance }) => [mean ** 2 / variance, variance / mean],
    bend: ([k]) => [k, k],
  },
};

function average(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

// ------------------------------------------------------------------------------------------------ two classes
export const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

/** ln N(x; m, C) of two numbers, made ready for many x. */
export function cloud(m, [[a, b], [c, d]]) {
  const det = a * d - b * c;
  const constant = -0.5 * Math.log(det) - 2 * HALF_LOG_TAU;
  return ([x, y]) => {
    const [u, v] = [x - m[0], y - m[1]];
    return constant - (0.5 * (d * u * u - (b + c) * u * v + a * v * v)) / det;
  };
}

/** ln (e^a + e^b). */
export function logAdd(a, b) {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

// ------------------------------------------------------------------------------------------------ a generator
export const KNOTS = [-3, -2, -1, 0, 1, 2, 3].map((n) => (2 * n) / 3);
const NARROWEST = 1e-9;

/** x = g(z). */
export const generate = (z, tips) => through(z, KNOTS, tips);

/** z = g⁻¹(x). */
export const noiseOf = (x, tips) => through(x, tips, KNOTS);

/** ln p_g(x). */
export function logGenerated(x, tips) {
  const n = piece(x, tips);
  const slope = Math.max((tips[n + 1] - tips[n]) / (KNOTS[n + 1] - KNOTS[n]), NARROWEST);
  return FAMILIES.normal.log(noiseOf(x, tips), [0, 1]) - Math.log(slope);
}

/** P(g(z) in a bin) for each; the outer two are without end. */
export function generatedShares(edges, tips) {
  const cumulative = [...edges.map((x) => below(noiseOf(x, tips))), 1];
  return cumulative.map((value, n) => Math.max(value - (cumulative[n - 1] ?? 0), 0)); // below is rounded
}

/** The part of the values in each bin; the outer two are without end. */
export function shares(values, edges) {
  const found = new Array(edges.length + 1).fill(0);
  for (const x of values) found[countUpTo(x, edges)] += 1 / values.length;
  return found;
}

/** How many of the ascending edges are at most x. */
function countUpTo(x, edges) {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function through(at, knots, values) {
  const n = piece(at, knots);
  return values[n] + ((at - knots[n]) * (values[n + 1] - values[n])) / Math.max(knots[n + 1] - knots[n], NARROWEST);
}

function piece(at, knots) {
  return Math.min(Math.max(countUpTo(at, knots) - 1, 0), knots.length - 2);
}

/** D* = p / (p + q); ½ where neither ever is. */
export const discriminator = (p, q) => (p + q > 0 ? p / (p + q) : 0.5);

/** What the best discriminator makes of two lists of shares: JSD, C(G), and how often it is right. */
export function duel(p, q) {
  let [value, right] = [0, 0];
  p.forEach((share, n) => {
    if (share > 0) value += share * Math.log(discriminator(share, q[n]));
    if (q[n] > 0) value += q[n] * Math.log(discriminator(q[n], share)); // 1 − D*, which may be small
    right += 0.5 * Math.max(share, q[n]);
  });
  return { value, jsd: 0.5 * (value + Math.log(4)), right };
}
