/**
 * Dense networks in the browser: what `genlab/export.py` wrote, fetched or brought once and run in float32.
 *
 *     const net = await network(url);      // the same object for the same address, however often it is asked for
 *     const image = net.run(z);            // Float32Array(784), valid until the next run
 *
 * A file is gzip around safetensors: 8 bytes with the header's length, the header (JSON), the weights. Gzip brings a
 * checksum, so a damaged file is refused and not drawn.
 */

const networks = new Map();
const OWN = "own:";
const brought = new Map(); // address -> {content, put}
const PATIENCE = 60_000; // ms; a connection that hangs would leave an empty place for ever

/** The network at an address; rejects when it is missing, damaged or asks for what is not known here. */
export function network(url) {
  if (!networks.has(url)) {
    const coming = open(url).then(({ header, tensor }) => new Network(header, tensor));
    coming.catch(() => networks.delete(url)); // so that the next visit tries again
    networks.set(url, coming);
  }
  return networks.get(url);
}

/** The tensors of a file without a program, as {name: Float32Array | Uint8Array}. */
export async function tensors(url) {
  const { header, tensor } = await open(url);
  return Object.fromEntries(Object.keys(header).filter((name) => name !== "__metadata__").map((name) => [name, tensor(name)]));
}

/** What is a visitor's own comes with the session's messages (carry.js), before or after the part that asks for it. */
export function bring(url, base64) {
  slot(url).put(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
}

function slot(url) {
  if (!brought.has(url)) {
    const made = {};
    made.content = new Promise((put) => (made.put = put));
    brought.set(url, made);
  }
  return brought.get(url);
}

async function fetched(url) {
  if (url.startsWith(OWN)) {
    const late = new Promise((_, fail) => setTimeout(fail, PATIENCE, new Error(`${url} did not come`)));
    return new Blob([await Promise.race([slot(url).content, late])]);
  }
  const answer = await fetch(new URL(url, document.baseURI), { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.blob();
}

async function open(url) {
  const packed = await fetched(url);
  const bytes = await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const tensor = (name) => {
    const { dtype, data_offsets: place } = header[name];
    const part = bytes.slice(8 + length + place[0], 8 + length + place[1]);
    if (dtype === "F32") return new Float32Array(part);
    if (dtype === "F16") return fromHalf(part);
    if (dtype === "U8") return new Uint8Array(part);
    throw new Error(`${name} is ${dtype}`);
  };
  return { header, tensor };
}

/** float16 → float32. */
export function fromHalf(buffer) {
  if (typeof Float16Array !== "undefined") return new Float32Array(new Float16Array(buffer));
  const halves = new Uint16Array(buffer);
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i];
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    let value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 31) value = fraction ? NaN : Infinity;
    values[i] = h & 0x8000 ? -value : value;
  }
  return values;
}

export class Network {
  constructor(header, tensor) {
    const program = JSON.parse(header.__metadata__.program);
    this.about = program.about;
    this.inputs = program.inputs;
    this.outputs = program.outputs;
    this.trace = []; // what each step has made of the last input
    let width = this.inputs;
    const held = program.operations.map((operation) =>
      Object.fromEntries(Object.entries(operation).map(([key, one]) => [key, key !== "op" && typeof one === "string" ? tensor(one) : one])),
    );
    this.steps = held.map((operation) => {
      const step = make(operation, width);
      width = step.width ?? width;
      return step.run;
    });
    this.same = (other) => held.findIndex((operation, n) => !alike(operation, other.held[n]));
    this.held = held;
    if (width !== this.outputs) throw new Error(`${width} outputs instead of ${this.outputs}`);
  }

  /** One vector through the network. The result is the network's own buffer: copy what has to last. */
  run(input) {
    if (input.length !== this.inputs) throw new Error(`${input.length} inputs instead of ${this.inputs}`);
    return this.go(Float32Array.from(input), 0);
  }

  /** The same of the last input of `other`, which begins as this one does: only what comes after that is computed. */
  after(other) {
    this.common ??= new WeakMap();
    if (!this.common.has(other)) this.common.set(other, this.same(other));
    const begun = this.common.get(other);
    if (begun < 1) throw new Error("two networks begin differently");
    return this.go(Float32Array.from(other.trace[begun - 1]), begun);
  }

  go(values, from) {
    for (let n = from; n < this.steps.length; n++) values = this.trace[n] = this.steps[n](values);
    return values;
  }
}

/** Whether two operations are the same, numbers and all. */
function alike(a, b) {
  if (!b || Object.keys(a).length !== Object.keys(b).length) return false;
  return Object.entries(a).every(([key, one]) => {
    const other = b[key];
    if (!ArrayBuffer.isView(one)) return one === other;
    return ArrayBuffer.isView(other) && one.length === other.length && one.every((value, i) => value === other[i]);
  });
}

/** One operation as {run, width}; `run` may change its argument and return it. */
function make(operation, width) {
  const { op } = operation;
  if (op === "linear") return linear(operation.weight, operation.bias, width);
  if (op === "affine") return { run: affine(operation.scale ?? 1, operation.shift ?? 0, width) };
  if (op === "standardise") return { run: standardise(operation.eps) };
  if (op === "append") return append(operation.values, width);
  const f = elementwise[op];
  if (!f) throw new Error(`unknown operation ${op}`);
  return {
    run(v) {
      for (let i = 0; i < v.length; i++) v[i] = f(v[i]);
      return v;
    },
  };
}

const elementwise = {
  relu: (x) => (x > 0 ? x : 0),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  clip: (x) => (x < 0 ? 0 : x > 1 ? 1 : x),
};

/** Abramowitz & Stegun (1964), 7.1.26: within 1.5e-7. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

/** y = W x + b with W row by row. A picture is mostly 0, and what is 0 is left out. */
function linear(weight, bias, width) {
  const height = weight.length / width;
  if (!Number.isInteger(height)) throw new Error("a matrix does not fit");
  const out = new Float32Array(height);
  const places = new Int32Array(width);
  const run = (v) => {
    let count = 0;
    for (let i = 0; i < width; i++) if (v[i] !== 0) places[count++] = i;
    const few = count < 0.5 * width;
    let row = 0;
    for (; row + 3 < height; row += 4) {
      if (few) fourSparse(weight, row * width, v, places, count, width, out, row);
      else four(weight, row * width, v, width, out, row);
    }
    for (; row < height; row++) out[row] = few ? sparse(weight, row * width, v, places, count) : dot(weight, row * width, v, width);
    if (bias) for (let n = 0; n < height; n++) out[n] += bias[n];
    return out;
  };
  return { run, width: height };
}

/** Four rows at once: each number of the vector is fetched once for all of them. */
function four(weight, at, v, width, out, row) {
  let a = 0, b = 0, c = 0, d = 0;
  for (let i = 0, second = at + width, third = at + 2 * width, fourth = at + 3 * width; i < width; i++) {
    const x = v[i];
    a += weight[at + i] * x;
    b += weight[second + i] * x;
    c += weight[third + i] * x;
    d += weight[fourth + i] * x;
  }
  out[row] = a;
  out[row + 1] = b;
  out[row + 2] = c;
  out[row + 3] = d;
}

function fourSparse(weight, at, v, places, count, width, out, row) {
  let a = 0, b = 0, c = 0, d = 0;
  for (let n = 0, second = at + width, third = at + 2 * width, fourth = at + 3 * width; n < count; n++) {
    const i = places[n];
    const x = v[i];
    a += weight[at + i] * x;
    b += weight[second + i] * x;
    c += weight[third + i] * x;
    d += weight[fourth + i] * x;
  }
  out[row] = a;
  out[row + 1] = b;
  out[row + 2] = c;
  out[row + 3] = d;
}

function dot(weight, at, v, width) {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += weight[at + i] * v[i];
  return sum;
}

function sparse(weight, at, v, places, count) {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += weight[at + places[n]] * v[places[n]];
  return sum;
}

/** scale · x + shift, each a number or a vector. */
function affine(scale, shift, width) {
  const s = typeof scale === "number" ? new Float32Array(width).fill(scale) : scale;
  const t = typeof shift === "number" ? new Float32Array(width).fill(shift) : shift;
  return (v) => {
    for (let i = 0; i < width; i++) v[i] = s[i] * v[i] + t[i];
    return v;
  };
}

/** (x − mean) / √(variance + eps) over the whole vector: layer norm without its weights. */
function standardise(eps) {
  return (v) => {
    let mean = 0, variance = 0;
    for (const x of v) mean += x / v.length;
    for (const x of v) variance += (x - mean) ** 2 / v.length;
    const by = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < v.length; i++) v[i] = (v[i] - mean) * by;
    return v;
  };
}

function append(values, width) {
  const more = typeof values === "number" ? [values] : values;
  const out = new Float32Array(width + more.length);
  out.set(more, width);
  return {
    run(v) {
      out.set(v);
      return out;
    },
    width: out.length,
  };
}
