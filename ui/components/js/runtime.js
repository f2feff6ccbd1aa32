/**
 * Dense networks in the browser: what `genlab/export.py` wrote, fetched or brought once and run in float32.
 *
 *     const net = await network(url);      // the same object for the same address, however often it is asked for
 *     const image = net.run(z);            // Float32Array(784), valid until the next run
 *
 * A file is gzip around safetensors: 8 bytes with the header's length, the header (JSON), the weights. Gzip brings a
 * checksum, so a damaged file is refused and not drawn.
 */

import { Room } from "./simd.js";

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
    this.trace = []; // the last input, then what each step has made of it
    this.common = new WeakMap(); // with how many operations another network begins as this one does
    let width = this.inputs;
    this.held = program.operations.map((operation) =>
      Object.fromEntries(Object.entries(operation).map(([key, one]) => [key, key !== "op" && typeof one === "string" ? tensor(one) : one])),
    );
    const room = Room.of(program.operations.filter(({ op }) => op === "linear").map(({ weight }) => header[weight].shape));
    this.steps = this.held.map((operation) => {
      const step = make(operation, width, room);
      width = step.width ?? width;
      return step.run;
    });
    if (width !== this.outputs) throw new Error(`${width} outputs instead of ${this.outputs}`);
  }

  /** One vector through the network. The result is the network's own buffer: copy what has to last. */
  run(input) {
    if (input.length !== this.inputs) throw new Error(`${input.length} inputs instead of ${this.inputs}`);
    this.trace[0] = Float32Array.from(input);
    return this.go(this.trace[0], 0);
  }

  /** The same of the last input of `other`; if they begin alike, only what comes after that is computed. */
  after(other) {
    let begun = this.common.get(other);
    if (begun === undefined) {
      for (begun = 0; begun < this.held.length && alike(this.held[begun], other.held[begun]); ) begun++;
      this.common.set(other, begun);
    }
    return this.go(other.trace[begun], begun);
  }

  go(input, from) {
    let values = Float32Array.from(input); // which the first step may change
    for (let n = from; n < this.steps.length; n++) values = this.trace[n + 1] = this.steps[n](values);
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
function make(operation, width, room) {
  const { op } = operation;
  if (op === "linear") return linear(operation, width, room);
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

/** y = W x + b with W row by row. */
function linear(operation, width, room) {
  const { weight, bias } = operation;
  const height = weight.length / width;
  if (!Number.isInteger(height)) throw new Error("a matrix does not fit");
  const placed = room?.place(weight, width) ?? { run: product(weight, width), weight };
  operation.weight = placed.weight; // once is enough
  const run = (v) => {
    const out = placed.run(v);
    if (bias) for (let n = 0; n < height; n++) out[n] += bias[n];
    return out;
  };
  return { run, width: height };
}

/** W x where the browser cannot do it faster. */
function product(weight, width) {
  const out = new Float32Array(weight.length / width);
  return (v) => {
    for (let row = 0, at = 0; row < out.length; row++) {
      let sum = 0;
      for (let i = 0; i < width; i++, at++) sum += weight[at] * v[i];
      out[row] = sum;
    }
    return out;
  };
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
