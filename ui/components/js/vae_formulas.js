/** The quantities of a variational autoencoder: how each is written, and its formula, in MathML. */

const i = (name) => `<mi>${name}</mi>`;
const o = (sign) => `<mo>${sign}</mo>`;
const n = (number) => `<mn>${number}</mn>`;
const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
const sub = (base, low) => `<msub>${base}${low}</msub>`;
const sup = (base, high) => `<msup>${base}${high}</msup>`;
const both = (base, low, high) => `<msubsup>${base}${low}${high}</msubsup>`;
const fence = (...parts) => row(o("("), ...parts, o(")"));
const half = `<mfrac>${n(1)}${n(2)}</mfrac>`;
const sum = (over) => `<munder>${o("∑")}${over}</munder>`;
const ln = (...parts) => row(i("ln"), `<mspace width="0.17em"/>`, ...parts);
const [mu, sigma, eps, x, z, xHat] = ["μ", "σ", "ε", "x", "z", "x̂"].map(i);
const nll = row(o("−"), ln(i("p"), fence(x, o("|"), z)));

/** Name → the formula. */
export const FORMULAS = {
  mu: [mu, o("="), sub(i("f"), mu), fence(x)],
  sigma: [ln(sup(sigma, n(2))), o("="), sub(i("f"), sigma), fence(x), o(","), `<mspace width="0.6em"/>`, sigma, o("="), i("exp"), fence(half, ln(sup(sigma, n(2))))],
  eps: [eps, o("∼"), i("𝒩"), fence(n(0), o(","), i("I"))],
  z: [z, o("="), mu, o("+"), `<mrow class="gl-scale">${n(1)}${o("·")}</mrow>`, sigma, o("⊙"), eps],
  x_hat: [xHat, o("="), i("g"), fence(z)],
  nll: [nll, o("="), o("−"), o("∑"), o("["), x, ln(xHat), o("+"), fence(n(1), o("−"), x), ln(fence(n(1), o("−"), xHat)), o("]")],
  kl: [i("KL"), o("="), half, sum(i("j")), fence(both(mu, i("j"), n(2)), o("+"), both(sigma, i("j"), n(2)), o("−"), n(1), o("−"), ln(both(sigma, i("j"), n(2))))],
  loss: [o("−"), i("ELBO"), o("="), nll, o("+"), i("KL")],
};

/** Name → how it is written in plain text. */
export const SYMBOLS = { x: "x", mu: "μ", sigma: "σ", eps: "ε", z: "z", x_hat: "x̂", nll: "−ln p(x|z)", kl: "KL", loss: "−ELBO" };

/** A `math` element with a name's formula. */
export function formula(name) {
  const parsed = new DOMParser().parseFromString(`<math>${FORMULAS[name].join("")}</math>`, "text/html"); // constant
  return document.adoptNode(parsed.body.firstChild);
}
