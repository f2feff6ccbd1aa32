/** Distances of ink to the ground, exact, as `scipy.ndimage.distance_transform_edt` has them. */

import { scratch } from "./raster.js";

const { max, min } = Math;

const FAR = 0x4000; // pixels: no ground in this column

/**
 * The square of each pixel's distance to the nearest 0 (Meijster, Roerdink and Hesselink, 2000).
 *
 * First down and up the columns, then along the rows. A row is done from one 0 to the next, because nothing beyond
 * a 0 is nearer than the 0 itself.
 *
 * @param {Uint8Array} mask height × width, 0 or 1, at least one 0.
 * @returns {Int32Array} height × width.
 */
export function squaredDistances(mask, height, width) {
  const size = height * width;
  const inColumn = scratch("in column", Int32Array, size);
  const out = scratch("distances", Int32Array, size);
  for (let i = 0; i < size; i++) {
    inColumn[i] = mask[i] === 0 ? 0 : i < width ? FAR : min(FAR, inColumn[i - width] + 1);
  }
  for (let i = size - width - 1; i >= 0; i--) {
    const below = inColumn[i + width] + 1;
    if (below < inColumn[i]) inColumn[i] = below;
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      if (mask[row + x] === 0) {
        out[row + x] = 0;
        continue;
      }
      let end = x + 1;
      while (end < width && mask[row + end] !== 0) end++;
      alongRow(inColumn, out, row, max(x - 1, 0), min(end, width - 1));
      x = end - 1;
    }
  }
  return out;
}

/** The lowest of the parabolas (x − u)² + inColumn[u]² for each x, both from `left` to `right` of a row. */
function alongRow(inColumn, out, row, left, right) {
  const lowest = scratch("lowest", Int32Array, right + 2); // which parabola,
  const since = scratch("since", Int32Array, right + 2); // and from which x on
  let top = -1;
  for (let u = left; u <= right; u++) {
    const height = inColumn[row + u];
    if (height >= FAR) continue;
    const square = height * height;
    let from = left;
    while (top >= 0) {
      const v = lowest[top];
      const other = inColumn[row + v];
      const at = since[top];
      if ((at - v) * (at - v) + other * other <= (at - u) * (at - u) + square) {
        from = 1 + Math.floor((u * u - v * v + square - other * other) / (2 * (u - v)));
        break;
      }
      top--;
    }
    if (from > right) continue;
    top++;
    lowest[top] = u;
    since[top] = from;
  }
  for (let x = right; x >= left; x--) {
    const u = top < 0 ? x : lowest[top];
    out[row + x] = (x - u) * (x - u) + inColumn[row + u] * inColumn[row + u];
    if (top >= 0 && x === since[top]) top--;
  }
}

/** The typical width of the strokes in pixels: four times the mean distance of ink to the ground, from its square. */
export function penWidth(squared, size) {
  let [sum, area] = [0, 0];
  for (let i = 0; i < size; i++) {
    if (squared[i] === 0) continue;
    sum += Math.sqrt(squared[i]);
    area++;
  }
  return area === 0 ? 0 : 4 * (sum / area - 0.5);
}
