/**
 * Operations on pictures that `prepare.js` is made of. They give what NumPy, Pillow and SciPy give, to the last bit
 * where a threshold may hang on it.
 *
 * A plane is `{data: Float32Array, height, width}`, row by row; `data` may be longer than the picture. All working
 * memory comes from `scratch` and is used again by the next call, so that drawing leaves next to no garbage.
 */

const { fround, max, min } = Math;

const pool = new Map();

/**
 * Memory that keeps its place between calls; its content is whatever was left there.
 *
 * @param {string} name one name for each use, so that two uses at a time never share.
 * @param {Function} Kind a typed array's constructor.
 * @param {number} length at least so many elements.
 */
export function scratch(name, Kind, length) {
  let memory = pool.get(name);
  if (memory === undefined || memory.length < length) {
    memory = new Kind(length);
    pool.set(name, memory);
  }
  return memory;
}

/** Python's `round`: to the nearest whole number, halves to the even one. */
export function round(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

// ------------------------------------------------------------------------------------------------ grey values

/** How often each grey value occurs, and the rows and columns that are not all black. */
export function survey(bytes, side) {
  const counts = scratch("counts", Int32Array, 256).fill(0);
  const place = { top: side, bottom: 0, left: side, right: 0 };
  for (let y = 0, i = 0; y < side; y++) {
    let first = -1;
    let last = -1;
    for (let x = 0; x < side; x++, i++) {
      const grey = bytes[i];
      if (grey === 0) continue;
      counts[grey]++;
      if (first < 0) first = x;
      last = x;
    }
    if (first < 0) continue;
    place.top = min(place.top, y);
    place.bottom = y + 1;
    place.left = min(place.left, first);
    place.right = max(place.right, last + 1);
  }
  counts[0] = side * side - counts.reduce((a, b) => a + b, 0);
  return { counts, place };
}

/** The median of the levels from one on, where level i occurs `counts[i]` times and has the value `values[i]`. */
export function medianFrom(counts, values, from) {
  let rest = 0;
  for (let level = from; level < 256; level++) rest += counts[level];
  const at = (rank) => {
    let level = from;
    for (let below = counts[from]; below <= rank; below += counts[level]) level++;
    return values[level];
  };
  return fround(fround(at((rest - 1) >> 1) + at(rest >> 1)) / 2);
}

/** The first level of the upper of two classes as different as can be, of the levels from `least` on (Otsu, 1979). */
export function otsu(counts, values, least) {
  let [dark, bright] = [least, 255];
  while (counts[dark] === 0) dark++;
  while (counts[bright] === 0) bright--;
  if (dark === bright) return dark;
  const [low, high] = [values[dark], values[bright]];
  const step = fround(fround(high - low) / 128); // of a histogram with 128 bins
  const edge = (bin) => (bin === 128 ? high : fround(fround(bin * step) + low));
  const middle = (bin) => fround(fround(edge(bin) + edge(bin + 1)) / 2);
  const below = scratch("below", Float64Array, 128).fill(0);
  const sums = scratch("bin sums", Float64Array, 128);
  for (let level = dark, bin = 0; level <= bright; level++) {
    while (bin < 127 && values[level] >= edge(bin + 1)) bin++;
    below[bin] += counts[level];
  }
  for (let bin = 0; bin < 128; bin++) {
    sums[bin] = below[bin] * middle(bin) + (bin > 0 ? sums[bin - 1] : 0);
    if (bin > 0) below[bin] += below[bin - 1];
  }
  let [best, threshold] = [0, low];
  for (let bin = 0; bin < 127; bin++) {
    const above = below[127] - below[bin];
    const apart = sums[bin] / max(below[bin], 1) - (sums[127] - sums[bin]) / max(above, 1);
    const between = below[bin] * above * (apart * apart);
    if (between > best) [best, threshold] = [between, edge(bin + 1)];
  }
  let level = dark;
  while (values[level] < threshold) level++;
  return level;
}

// ------------------------------------------------------------------------------------------------ planes

/** The least rectangle with all pixels above `edge`. */
export function extent({ data, height, width }, edge) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let first = 0;
    while (first < width && data[row + first] <= edge) first++;
    if (first === width) continue;
    let last = width - 1;
    while (data[row + last] <= edge) last--;
    if (top === height) top = y;
    bottom = y + 1;
    left = min(left, first);
    right = max(right, last + 1);
  }
  return { top, left, height: bottom - top, width: right - left };
}

/** The least rectangle with all pixels above `edge`, moved to the front of the same memory. */
export function cutOut(plane, edge) {
  const { top, left, height, width } = extent(plane, edge);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * plane.width + left;
    plane.data.copyWithin(y * width, from, from + width);
  }
  return { data: plane.data, height, width };
}

/** Scale down by a whole number, keeping the brightest pixel of each block. */
export function brightestOfBlocks(plane, factor) {
  const [height, width] = [plane.height, plane.width].map((n) => Math.ceil(n / factor));
  const data = scratch("blocks", Float32Array, height * width).fill(0, 0, height * width);
  for (let y = 0, i = 0; y < plane.height; y++) {
    for (let x = 0; x < plane.width; x++, i++) {
      const to = Math.floor(y / factor) * width + Math.floor(x / factor);
      data[to] = max(data[to], plane.data[i]);
    }
  }
  return { data, height, width };
}

/** `ink` where a plane has ink and 1 − `ink` elsewhere, with a margin: (height + 2 margin) × (width + 2 margin). */
export function inkMask({ data, height, width }, margin, ink) {
  const wide = width + 2 * margin;
  const size = (height + 2 * margin) * wide;
  const mask = scratch("mask", Uint8Array, size).fill(1 - ink, 0, size);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, to = (y + margin) * wide + margin; x < width; x++, i++, to++) if (data[i] > 0.5) mask[to] = ink;
  }
  return mask;
}

/** The width of the strokes without distances: twice the area by the length of the outline (Cauchy and Crofton). */
export function roughWidth({ data, height, width }) {
  let [area, edges] = [0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const inked = data[i] > 0.5;
      if (inked) area++;
      if (inked !== (x > 0 && data[i - 1] > 0.5)) edges++;
      if (inked !== (y > 0 && data[i - width] > 0.5)) edges++;
      if (inked && x === width - 1) edges++;
      if (inked && y === height - 1) edges++;
    }
  }
  return (2 * area) / max((edges * Math.PI) / 4, 1);
}

// ------------------------------------------------------------------------------------------------ resize

/** What a source pixel at distance x from the middle of a target pixel counts, and how far it reaches. */
export const BOX = { reach: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
export const BICUBIC = {
  reach: 2,
  weigh(x) {
    x = Math.abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
  },
};

/**
 * Pillow's `resize` of a picture in mode F: across first, then down, sums in 64 bits, each pass kept in 32.
 *
 * @param how `BOX` or `BICUBIC`.
 * @param {string} name of the memory for the result.
 */
export function resize(plane, height, width, how, name) {
  const across = width === plane.width ? plane : resizeRows(plane, width, how, name + " across");
  return height === plane.height ? across : resizeColumns(across, height, how, name + " down");
}

function resizeRows(plane, width, how, name) {
  const { data, height } = plane;
  const { first, count, weights, most } = filter(plane.width, width, how);
  const out = scratch(name, Float32Array, height * width);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const from = y * plane.width + first[x];
      let sum = 0;
      for (let i = 0, k = x * most; i < count[x]; i++, k++) sum += data[from + i] * weights[k];
      out[at] = sum;
    }
  }
  return { data: out, height, width };
}

function resizeColumns(plane, height, how, name) {
  const { data, width } = plane;
  const { first, count, weights, most } = filter(plane.height, height, how);
  const out = scratch(name, Float32Array, height * width);
  const sums = scratch("sums", Float64Array, width);
  for (let y = 0; y < height; y++) {
    sums.fill(0, 0, width);
    for (let i = 0; i < count[y]; i++) {
      const weight = weights[y * most + i];
      const from = (first[y] + i) * width;
      for (let x = 0; x < width; x++) sums[x] += data[from + x] * weight;
    }
    for (let x = 0, at = y * width; x < width; x++, at++) out[at] = sums[x];
  }
  return { data: out, height, width };
}

/** For each of `to` pixels, the `count` pixels from `first` on that it is made of, and their weights. */
function filter(from, to, { reach, weigh }) {
  const scale = from / to;
  const wide = max(scale, 1);
  const most = Math.ceil(reach * wide) * 2 + 1;
  const first = scratch("first", Int32Array, to);
  const count = scratch("count", Int32Array, to);
  const weights = scratch("weights", Float64Array, to * most);
  for (let x = 0; x < to; x++) {
    const middle = (x + 0.5) * scale;
    first[x] = max(0, Math.trunc(middle - reach * wide + 0.5));
    count[x] = min(from, Math.trunc(middle + reach * wide + 0.5)) - first[x];
    let sum = 0;
    for (let i = 0; i < count[x]; i++) {
      const weight = weigh((i + first[x] - middle + 0.5) * (1 / wide));
      weights[x * most + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < count[x]; i++) weights[x * most + i] /= sum;
  }
  return { first, count, weights, most };
}
