/**
 * A drawing on a square canvas becomes one more digit like MNIST's, in the browser, while it is being drawn.
 *
 *     canvas → ink bright on 0 → cut out, pen made as thick as MNIST's → 20×20 box → 28×28 by centre of mass
 *
 * These are the steps, the constants and the roundings of `genlab.data.drawing.drawing_stages`, which reads what
 * people send; so the preview is what the server would make of the same canvas as PNG. `tests/e2e/test_prepare.py`
 * compares the two. A change there is a change here.
 *
 * Left out is what a canvas with bright ink on black does not have: colours, transparency, more than 1,000 pixels a
 * side, a ground that is not black (ink on half of the rim would make it one), a sheet of paper on a desk, and a
 * picture that is 28×28 already. Ruled lines are left out too, and there the two may differ a little: Python may take
 * the soft edges of a stroke across three quarters of the canvas for faint lines.
 */

import { penWidth, squaredDistances } from "./distance.js";
import { BICUBIC, BOX, brightestOfBlocks, cutOut, extent, inkMask, medianFrom, otsu, resize, roughWidth, round, scratch, survey } from "./raster.js";
import { countRuns, findRuns, joinRuns, keepRuns, keepStrong, placeOf, rootOf } from "./runs.js";

const { fround, max, min } = Math; // NumPy works in 32 bits here, and thresholds are met or not by the last of them

// genlab/data/pictures/ink.py and ground.py
const SMALL = 64; // pixels a side: below it, pixels count one by one
const LEAST_CONTRAST = 0.05; // of black to white
const QUIET = 0.01; // noise of the ground that does no harm
const LEAST_SIGNAL = 9; // ink by the noise of the ground
const LEAST_AREA = 5e-5; // of the picture
const MOST_AREA = 0.75; // of the picture
const LEAST_LIKENESS = 0.2; // of neighbouring pixels; noise has none
const JOINED = 0.012; // of the side: strokes that are so near are one drawing
const SPECK = 0.04; // of the area of the drawing

// genlab/data/drawing.py and framing.py
const EDGE = fround(0.1); // fainter than this is no edge of the ink
const CANVAS = 200; // pixels, the longer side on which the pen is measured and changed
const THINNEST = 1.6; // pixels of the 20×20 box: a thinner pen is made as thick as THIN
const THIN = 2.2;
const THICKEST = 5; // and a thicker one as thin as THICK
const THICK = 4;
const FRAME = 28; // pixels, the side of a whole image
const FIT = 20; // pixels, the longest side of the ink within it
const CENTRE = 14; // the pixel, counted from 0, that the centre of mass is set on

/** How far each grey value is from the ground: a third of it three times, as the mean of three equal channels. */
const CONTRAST = Float32Array.from({ length: 256 }, (_, grey) => {
  const third = fround(fround(grey / 255) * fround(1 / 3));
  return fround(third + third) + third;
});

/**
 * Turn a drawing into a digit like MNIST's.
 *
 * @param {Uint8ClampedArray | Uint8Array | Float32Array} ink side × side grey values 0…255, row by row, bright on 0.
 * @param {number} side pixels, at most 1,000.
 * @returns {{digit: Float32Array, box: Float32Array} | null} `digit`: 28×28 in [0, 1], set by its centre of mass;
 *     `box`: 20×20, the same digit in the middle. `null` if there is no drawing.
 */
export function prepare(ink, side) {
  const bytes = scratch("bytes", Uint8ClampedArray, side * side);
  bytes.set(ink);
  const glyph = findInk(bytes, side);
  if (glyph === null) return null;
  const digit = placeByMass(stretch(fitToBox(cutOut(moderatePen(cutOut(glyph, EDGE)), EDGE))));
  return { digit: digit.data, box: inTheMiddle(digit) };
}

// ------------------------------------------------------------------------------------------------ ink.py

/** Where the pen went, 0 off the ink, 1 in the middle of a stroke: the part of the canvas with the drawing. */
function findInk(bytes, side) {
  const { counts, place } = survey(bytes, side);
  const noise = side < SMALL ? 0 : groundNoise(counts, side * side);
  let full = 0;
  let runs = null;
  for (let turn = 0; turn < 2; turn++) { // once with all that stands out, then with what was kept of it
    const known = full;
    full = fullInk(turn === 0 ? counts : countRuns(bytes, side, runs), noise);
    if (full < LEAST_CONTRAST) return null;
    if (full === known) break;
    const faint = firstAbove(max(0.35 * full, 4 * noise));
    runs = findRuns(bytes, side, place, faint, firstAbove(0.6 * full));
    keepStrong(runs);
    dropStrays(runs, side);
  }
  const area = runs.start.subarray(0, runs.count).reduce((sum, start, i) => sum + runs.end[i] - start, 0);
  if (area < 4 || area > MOST_AREA * side * side || isNoise(bytes, side, runs)) return null;
  return softEdges(bytes, side, runs, full, 2 * noise);
}

/** The standard deviation of the ground: 0 unless more than six in ten pixels have ink. */
function groundNoise(counts, size) {
  const contrastAt = (share) => {
    let grey = 0;
    for (let below = counts[0]; below <= share * (size - 1); below += counts[grey]) grey++;
    return CONTRAST[grey];
  };
  return min((contrastAt(0.4) - contrastAt(0.2)) / 0.59, QUIET);
}

/** The least grey value that is more than a contrast. */
function firstAbove(contrast) {
  let grey = 0;
  while (grey < 256 && CONTRAST[grey] <= fround(contrast)) grey++;
  return grey;
}

/** The contrast in the middle of a stroke: the typical pixel of the stronger half; 0 if there is none. */
function fullInk(counts, noise) {
  const least = firstAbove(max(LEAST_CONTRAST, 5 * noise));
  let candidates = 0;
  for (let grey = least; grey < 256; grey++) candidates += counts[grey];
  if (candidates < 3) return 0;
  const full = medianFrom(counts, CONTRAST, otsu(counts, CONTRAST, least));
  return full < LEAST_SIGNAL * noise ? 0 : full;
}

/** Keep the drawing: drop specks and a frame around it. */
function dropStrays(runs, side) {
  const reach = round(JOINED * side);
  const cell = max(1, Math.floor(reach / 3));
  joinRuns(runs, 2 * Math.floor(reach / cell) + 1, cell);
  const parts = new Map(); // by root
  for (let i = 0; i < runs.count; i++) {
    const root = rootOf(runs, i);
    const [row, start, end] = [runs.row[i], runs.start[i], runs.end[i]];
    let part = parts.get(root);
    if (part === undefined) parts.set(root, (part = { area: 0, top: row, bottom: row + 1, left: start, right: end }));
    part.area += end - start;
    part.bottom = row + 1;
    part.left = min(part.left, start);
    part.right = max(part.right, end);
  }
  let [total, inner, longest] = [0, 0, 0];
  for (const part of parts.values()) {
    const sizes = [(part.bottom - part.top) / side, (part.right - part.left) / side];
    part.outside = sizes[0] >= 0.9 && sizes[1] >= 0.9;
    total += part.area;
    if (part.outside) continue;
    inner += part.area;
    longest = max(longest, ...sizes);
  }
  const framed = inner >= 0.1 * total || longest >= 0.08;
  let largest = 0;
  for (const part of parts.values()) {
    if (framed && part.outside) part.area = 0;
    largest = max(largest, part.area);
  }
  const keep = scratch("keep", Uint8Array, runs.count);
  const least = max(1, SPECK * largest, LEAST_AREA * side * side);
  for (const [root, part] of parts) keep[root] = part.area >= least ? 1 : 0;
  keepRuns(runs, keep);
}

/** Whether pixels are unlike their neighbours, even in the direction in which they are most like them. */
function isNoise(bytes, side, runs) {
  if (side < 16) return false; // too few pixels to tell
  const { top, left, height, width } = placeOf(runs, side, 0);
  const wide = width + 2; // a rim of one pixel
  const rest = scratch("rest", Float32Array, (height + 2) * wide).fill(0, 0, (height + 2) * wide);
  const inked = countRuns(bytes, side, runs);
  const mean = inked.reduce((sum, count, grey) => sum + count * CONTRAST[grey], 0) / (side * side);
  for (let y = 1; y <= height; y++) rest.fill(-mean, y * wide + 1, y * wide + 1 + width);
  for (let run = 0; run < runs.count; run++) {
    const from = runs.row[run] * side;
    const to = (runs.row[run] - top + 1) * wide + 1 - left;
    for (let x = runs.start[run]; x < runs.end[run]; x++) rest[to + x] += CONTRAST[bytes[from + x]];
  }
  const likeness = (step) => {
    let sum = 0;
    for (let i = wide + 1; i < (height + 1) * wide; i++) sum += rest[i] * rest[i - step];
    return sum;
  };
  const least = LEAST_LIKENESS * likeness(0);
  return [1, wide, wide + 1, wide - 1].every((step) => likeness(step) < least);
}

/** The ink of runs and of the pixels around them, 1 where it is full, 0 where it is `least`. */
function softEdges(bytes, side, runs, full, least) {
  const reach = max(2, round(0.004 * side));
  const { top, left, height, width } = placeOf(runs, side, reach);
  const shares = CONTRAST.map((contrast) => min(max(fround(contrast - fround(least)) / fround(full - least), 0), 1));
  const near = scratch("near", Uint8Array, height * width).fill(0, 0, height * width);
  for (let run = 0; run < runs.count; run++) {
    const row = runs.row[run] - top;
    const [start, end] = [max(0, runs.start[run] - reach - left), min(width, runs.end[run] + reach - left)];
    for (let y = max(0, row - reach); y <= min(height - 1, row + reach); y++) {
      near.fill(1, y * width + start, y * width + end);
    }
  }
  const data = scratch("ink", Float32Array, height * width);
  for (let y = 0, i = 0; y < height; y++) {
    for (let from = (top + y) * side + left, x = 0; x < width; x++, i++) data[i] = near[i] * shares[bytes[from + x]];
  }
  return { data, height, width };
}

// ------------------------------------------------------------------------------------------------ drawing.py

/** Make a very thin pen thicker and a very thick one thinner; leave the others as they are. */
function moderatePen(glyph) {
  const thin = roughWidth(glyph) < (THINNEST * max(glyph.height, glyph.width)) / FIT;
  const canvas = toCanvas(glyph, thin);
  const { height, width } = canvas;
  const pixel = max(height, width) / FIT; // of the box, in pixels of the canvas
  const inside = squaredDistances(inkMask(canvas, 1, 1), height + 2, width + 2);
  const pen = penWidth(inside, (height + 2) * (width + 2)) / pixel;
  if ((pen >= THINNEST && pen <= THICKEST) || pen === 0) return glyph;
  if (pen > THICKEST) return thinner(inside, height + 2, width + 2, ((pen - THICK) / 2) * pixel);
  return thicker(canvas, ((THIN - pen) / 2) * pixel);
}

/** What is farther than `reach` from the ground, or than half of the thickest stroke; distances are squared. */
function thinner(inside, height, width, reach) {
  const size = height * width;
  let deepest = 0;
  for (let i = 0; i < size; i++) deepest = max(deepest, inside[i]);
  const less = min(reach, 0.5 * Math.sqrt(deepest));
  const data = scratch("pen", Float32Array, size);
  for (let i = 0; i < size; i++) data[i] = inside[i] === 0 ? 0 : min(max(Math.sqrt(inside[i]) - less, 0), 1);
  return { data, height, width };
}

/** What is nearer than `reach` to the ink. */
function thicker(canvas, reach) {
  const margin = Math.ceil(reach) + 1;
  const [height, width] = [canvas.height + 2 * margin, canvas.width + 2 * margin];
  const outside = squaredDistances(inkMask(canvas, margin, 0), height, width);
  const data = scratch("pen", Float32Array, height * width);
  for (let i = 0; i < height * width; i++) data[i] = min(max(reach + 1 - Math.sqrt(outside[i]), 0), 1);
  return { data, height, width };
}

/** Scale to about 200 pixels; `keepThin` takes the brightest of each block, so no line fades. */
function toCanvas(glyph, keepThin) {
  const longest = max(glyph.height, glyph.width);
  const factor = Math.floor(longest / CANVAS);
  if (keepThin && factor > 1) return brightestOfBlocks(glyph, factor);
  const scale = CANVAS / longest;
  const [height, width] = [glyph.height, glyph.width].map((n) => max(1, round(n * scale)));
  return resize(glyph, height, width, scale < 1 ? BOX : BICUBIC, "canvas");
}

// ------------------------------------------------------------------------------------------------ framing.py

/** Scale a glyph so that its longer side is 20 pixels. */
function fitToBox(glyph) {
  const scale = FIT / max(glyph.height, glyph.width);
  const [height, width] = [glyph.height, glyph.width].map((n) => max(1, round(n * scale)));
  const { data } = resize(glyph, height, width, scale < 1 ? BOX : BICUBIC, "box");
  return { data: data.subarray(0, height * width).map((value) => min(max(value, 0), 1)), height, width };
}

/** Make the middle of the strokes 1: the 90th of 100 of the stronger pixels, as `numpy.percentile` reads it. */
function stretch({ data, height, width }) {
  const brightest = data.reduce((a, b) => max(a, b), 0);
  const strong = data.filter((value) => value > 0.5 * brightest).sort();
  const rank = fround((strong.length - 1) * fround(0.9));
  const low = strong[Math.floor(rank)];
  const high = strong[min(Math.floor(rank) + 1, strong.length - 1)];
  const [step, part] = [fround(high - low), fround(rank - Math.floor(rank))];
  const full = part < 0.5 ? fround(low + fround(step * part)) : fround(high - fround(step * fround(1 - part)));
  return { data: data.map((value) => min(value / full, 1)), height, width };
}

/** Set a glyph into an empty frame, its centre of mass on the pixel (14, 14), but not beyond the frame. */
function placeByMass({ data, height, width }) {
  let [mass, rows, columns] = [0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      mass += data[i];
      rows += data[i] * y;
      columns += data[i] * x;
    }
  }
  const first = (centre, side) => min(max(Math.floor(CENTRE - centre + 0.5), 0), FRAME - side);
  const [top, left] = [first(rows / mass, height), first(columns / mass, width)];
  const frame = new Float32Array(FRAME * FRAME);
  for (let y = 0; y < height; y++) frame.set(data.subarray(y * width, (y + 1) * width), (top + y) * FRAME + left);
  return { data: frame, height: FRAME, width: FRAME };
}

/** What a frame holds in the middle of 20×20 pixels. */
function inTheMiddle(frame) {
  const { top, left, height, width } = extent(frame, EDGE);
  const [down, right] = [(FIT - height) >> 1, (FIT - width) >> 1];
  const box = new Float32Array(FIT * FIT);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * FRAME + left;
    box.set(frame.data.subarray(from, from + width), (down + y) * FIT + right);
  }
  return box;
}
