/**
 * A matrix times a vector, sixteen numbers at a time, in WebAssembly, whose 128-bit vectors every browser since 2023 has.
 * Decoding takes it 0.1 ms where JavaScript took 0.7 (`benchmarks/README.md`, drag).
 *
 *     const room = Room.of([[784, 500]]);           // null where a browser has none or may not compile
 *     const { run, weight } = room.place(w, 500);   // run(v): W v, in a buffer of its own; weight: W where it is now
 *
 * The program is short enough to be assembled here:
 *
 *     for (; rows > 0; rows--, y += 4, w += bytes) {
 *       sums = [0, 0, 0, 0]                           // of four vectors of four numbers
 *       for (i = 0; i < bytes; i += 64) for (k of [0, 1, 2, 3]) sums[k] += w[i + 16 k …] * x[i + 16 k …]
 *       y[0] = the sum of all sixteen
 *     }
 */

const STRIDE = 16; // numbers; rows are filled up with zeros to a multiple of it
const PAGE = 65536; // bytes

// ------------------------------------------------------------------------------------------------ the program
const [W, X, Y, ROWS, BYTES, I, SUM] = [0, 1, 2, 3, 4, 5, 6]; // arguments and locals; SUM to SUM + 3 are vectors
const [I32, V128, NOTHING] = [0x7f, 0x7b, 0x40];
const get = (n) => [0x20, n];
const set = (n) => [0x21, n];
const tee = (n) => [0x22, n];
const number = (n) => [0x41, ...(n < 64 ? [n] : [n | 0x80, 0])]; // 0 to 127, signed LEB128
const add = [0x6a];
const subtract = [0x6b];
const loop = (...body) => [0x03, NOTHING, ...body.flat(), 0x0b];
const again = [0x0d, 0]; // if what is on the stack is not 0
const isLess = [0x49];
const store = [0x38, 2, 0];
const addNumbers = [0x92];
const vector = (...code) => [0xfd, ...code];
const loadVector = (offset) => vector(0x00, 4, offset);
const addVectors = vector(0xe4, 0x01);
const multiplyVectors = vector(0xe6, 0x01);
const lane = (n) => vector(0x1f, n);
const zeros = vector(0x0c, ...new Array(16).fill(0));

const step = (k) => [
  ...[get(SUM + k), get(W), get(I), add, loadVector(16 * k), get(X), get(I), add, loadVector(16 * k)].flat(),
  ...multiplyVectors, ...addVectors, ...set(SUM + k),
];
const PROGRAM = loop(
  ...[0, 1, 2, 3].map((k) => [...zeros, ...set(SUM + k)]),
  number(0), set(I),
  loop(
    ...[0, 1, 2, 3].map(step),
    get(I), number(64), add, tee(I), get(BYTES), isLess, again,
  ),
  get(Y),
  get(SUM), get(SUM + 1), addVectors, get(SUM + 2), get(SUM + 3), addVectors, addVectors, set(SUM),
  get(SUM), lane(0), get(SUM), lane(1), addNumbers, get(SUM), lane(2), get(SUM), lane(3), addNumbers, addNumbers,
  store,
  get(Y), number(4), add, set(Y),
  get(W), get(BYTES), add, set(W),
  get(ROWS), number(1), subtract, tee(ROWS), again,
);
const long = (n) => [(n & 0x7f) | 0x80, n >> 7]; // two bytes of LEB128
const part = (id, ...content) => [id, ...long(content.length), ...content];
const name = (text) => [text.length, ...[...text].map((letter) => letter.charCodeAt(0))];
const BODY = [2, 1, I32, 4, V128, ...PROGRAM, 0x0b];
const MODULE = [
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...part(1, 1, 0x60, 5, I32, I32, I32, I32, I32, 0), // one type: five integers to nothing
  ...part(2, 1, ...name("js"), ...name("memory"), 2, 0, 1), // takes a memory of at least one page
  ...part(3, 1, 0),
  ...part(7, 1, ...name("multiply"), 0, 0),
  ...part(10, 1, ...long(BODY.length), ...BODY),
];

// ------------------------------------------------------------------------------------------------ its memory
const filled = (width) => STRIDE * Math.ceil(width / STRIDE);
let compiled;

/** Memory for the matrices of one network, with its program. */
export class Room {
  /** For matrices of these shapes, [height, width]. */
  static of(shapes) {
    const numbers = shapes.reduce((sum, [height, width]) => sum + height * filled(width) + filled(width) + filled(height), 0);
    try {
      compiled ??= new WebAssembly.Module(Uint8Array.from(MODULE));
      const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * numbers) / PAGE) });
      return new Room(memory, new WebAssembly.Instance(compiled, { js: { memory } }).exports.multiply);
    } catch {
      return null; // an old browser, a policy, or no memory
    }
  }

  constructor(memory, multiply) {
    Object.assign(this, { memory, multiply, used: 0 });
  }

  take(count) {
    const part = new Float32Array(this.memory.buffer, 4 * this.used, count);
    this.used += filled(count);
    return part;
  }

  /** `matrix`, row by row with `width` numbers in each, moved in here and ready to be multiplied by vectors. */
  place(matrix, width) {
    const [height, wide] = [matrix.length / width, filled(width)];
    const [weight, x, y] = [height * wide, wide, height].map((count) => this.take(count));
    for (let row = 0; row < height; row++) weight.set(matrix.subarray(row * width, (row + 1) * width), row * wide);
    const run = (v) => {
      x.set(v);
      this.multiply(weight.byteOffset, x.byteOffset, y.byteOffset, height, 4 * wide);
      return y;
    };
    return { run, weight };
  }
}
