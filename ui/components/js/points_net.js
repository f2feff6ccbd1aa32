/**
 * Dense networks that learn, in plain numbers: forward, backward, the gradient penalty, Adam, and their own dice.
 *
 * A batch is a Float64Array of `count` rows. A layer's weights are (outputs, inputs), row by row, as torch has them;
 * `values` holds all layers one after the other (weights, then biases), and `gradient` lies beside it.
 */

const SLOPE = 0.2; // of LeakyReLU below 0
const BETAS = [0.5, 0.9]; // of Adam: 0.5 as Radford et al. 2016 for GANs, 0.9 as Gulrajani et al. 2017
const TINY = 1e-8;
const PER_POINT = 2; // numbers

/** Numbers from a seed, the same in every browser: mulberry32, and normal ones from it (Box & Muller 1958). */
export function dice(seed) {
  let state = seed >>> 0;
  function uniform() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, below: (n) => Math.floor(n * uniform()) };
}

/** A network with so many numbers in each layer, the first of them its input: LeakyReLU between layers, none at the end. */
export function makeNet(sizes, { uniform }) {
  let length = 0;
  for (let l = 1; l < sizes.length; l++) length += (sizes[l - 1] + 1) * sizes[l];
  const [values, gradient, mean, square] = Array.from({ length: 4 }, () => new Float64Array(length));
  const layers = [];
  for (let l = 1, from = 0; l < sizes.length; l++) {
    const [inputs, outputs] = [sizes[l - 1], sizes[l]];
    const end = from + inputs * outputs;
    const bound = Math.sqrt((l < sizes.length - 1 ? 6 / (1 + SLOPE ** 2) : 3) / inputs); // He et al. 2015, eq. 15
    for (let i = from; i < end; i++) values[i] = bound * (2 * uniform() - 1);
    layers.push({
      inputs,
      outputs,
      w: values.subarray(from, end),
      b: values.subarray(end, end + outputs),
      gw: gradient.subarray(from, end),
      gb: gradient.subarray(end, end + outputs),
      last: l === sizes.length - 1,
    });
    from = end + outputs;
  }
  return { sizes, layers, values, gradient, mean, square, steps: 0, trace: { count: 0, a: [], d: [], v: [] } };
}

/** Room for `count` rows: a, what each layer puts out (a[0] is the input); d, slopes of the loss before the activation. */
function room(net, trace, count) {
  if (trace.count < count || trace.sizes !== net.sizes) {
    const rows = () => net.sizes.map((size) => new Float64Array(size * count));
    Object.assign(trace, { count, sizes: net.sizes, a: rows(), d: rows(), v: rows() });
  }
  return trace;
}

/** What the network makes of `count` rows; overwritten by the next call with the same `trace`. */
export function forward(net, x, count, trace = net.trace) {
  const { a } = room(net, trace, count);
  a[0].set(x.length > a[0].length ? x.subarray(0, a[0].length) : x);
  net.layers.forEach(({ inputs, outputs, w, b, last }, l) => {
    const [from, to] = [a[l], a[l + 1]];
    for (let n = 0; n < count; n++) {
      for (let o = 0, at = 0; o < outputs; o++) {
        let sum = b[o];
        for (let i = n * inputs, end = i + inputs; i < end; i++, at++) sum += w[at] * from[i];
        to[n * outputs + o] = last || sum > 0 ? sum : SLOPE * sum;
      }
    }
  });
  return a[net.layers.length];
}

/**
 * After `forward` on the same rows: from slopes (count, outputs) of a loss at the outputs to its slopes (count, inputs)
 * at the inputs, which are returned; those at the weights are added to `gradient` if `learns`.
 */
export function backward(net, slopes, count, learns = true, trace = net.trace) {
  const { a, d } = trace;
  d[net.layers.length].set(slopes.length > d.at(-1).length ? slopes.subarray(0, d.at(-1).length) : slopes);
  for (let l = net.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, w, gw, gb } = net.layers[l];
    const [input, above, below] = [a[l], d[l + 1], d[l]];
    for (let n = 0; n < count; n++) {
      const from = n * inputs;
      below.fill(0, from, from + inputs);
      for (let o = 0, at = 0; o < outputs; o++) {
        const slope = above[n * outputs + o];
        gb[o] += learns ? slope : 0;
        for (let i = from, end = from + inputs; i < end; i++, at++) {
          below[i] += slope * w[at];
          if (learns) gw[at] += slope * input[i];
        }
      }
      if (l > 0) for (let i = from; i < from + inputs; i++) if (input[i] <= 0) below[i] *= SLOPE;
    }
  }
  return d[0];
}

/**
 * λ · mean (‖∇D(x)‖ − 1)² of `count` points (Gulrajani et al. 2017, eq. 3); its gradient is added to D's.
 *
 * Of LeakyReLU ∇D is a product of weights and slopes that are constant nearby, δ_l = (W_{l+1}ᵀ δ_{l+1}) ∘ φ'. So with
 * v = ∂penalty/∂(∇D), which goes up through the same slopes, v_l = (W_l v_{l-1}) ∘ φ', each W_l has ∂/∂W_l = δ_l v_{l-1}ᵀ.
 */
export function gradientPenalty(net, x, count, weight, trace = net.trace) {
  forward(net, x, count, trace);
  const ones = new Float64Array(count).fill(1);
  const slope = backward(net, ones, count, false, trace); // ∇D
  const { a, d, v } = trace;
  let sum = 0;
  for (let n = 0; n < count; n++) {
    const norm = Math.hypot(slope[2 * n], slope[2 * n + 1]);
    sum += (norm - 1) ** 2;
    const factor = norm > 0 ? (2 * weight * (norm - 1)) / (norm * count) : 0;
    for (let i = PER_POINT * n; i < PER_POINT * (n + 1); i++) v[0][i] = factor * slope[i];
  }
  net.layers.forEach(({ inputs, outputs, w, gw }, l) => {
    for (let n = 0; n < count; n++) {
      for (let o = 0, at = 0; o < outputs; o++, at += inputs) {
        const delta = d[l + 1][n * outputs + o];
        let up = 0;
        for (let i = 0; i < inputs; i++) {
          gw[at + i] += delta * v[l][n * inputs + i];
          up += w[at + i] * v[l][n * inputs + i];
        }
        v[l + 1][n * outputs + o] = a[l + 1][n * outputs + o] > 0 ? up : SLOPE * up;
      }
    }
  });
  return (weight * sum) / count;
}

/** One step along the gradient, which is then forgotten (Kingma & Ba 2015, algorithm 1). */
export function adam(net, rate) {
  net.steps++;
  const [one, two] = BETAS;
  const [a, b] = [1 - one ** net.steps, 1 - two ** net.steps];
  const { values, gradient, mean, square } = net;
  for (let i = 0; i < values.length; i++) {
    mean[i] = one * mean[i] + (1 - one) * gradient[i];
    square[i] = two * square[i] + (1 - two) * gradient[i] ** 2;
    values[i] -= (rate * mean[i]) / a / (Math.sqrt(square[i] / b) + TINY);
  }
  gradient.fill(0);
}
