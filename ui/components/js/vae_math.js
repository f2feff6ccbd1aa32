/** What a variational autoencoder pays, in nats, as `genlab/bounds.py` computes it. */

/** Pixels' means σ(logits). */
export function means(logits) {
  return Float32Array.from(logits, (y) => 1 / (1 + Math.exp(-y)));
}

/** −ln p(x|z) of Bernoulli pixels; a grey pixel is a variable's mean. Σ max(y, 0) − x y + ln(1 + e^−|y|). */
export function negativeLogLikelihood(logits, x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const y = logits[i];
    sum += Math.max(y, 0) - x[i] * y + Math.log1p(Math.exp(-Math.abs(y)));
  }
  return sum;
}

/** KL(N(μ, σ²) ‖ N(0, 1)) of each number of a code. */
export function kl(mu, logvar) {
  return mu.map((value, j) => 0.5 * (value ** 2 + Math.exp(logvar[j]) - 1 - logvar[j]));
}

/** Φ, the share of N(0, 1) below a value (Abramowitz & Stegun 1964, 26.2.17: within 7.5e-8). */
export function below(value) {
  const t = 1 / (1 + 0.2316419 * Math.abs(value));
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp(-0.5 * value ** 2) / Math.sqrt(2 * Math.PI)) * tail;
  return value > 0 ? 1 - upper : upper;
}
