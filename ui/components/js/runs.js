/** The connected parts of a drawing, row by row as runs of pixels. */

import { scratch } from "./raster.js";

const { max, min } = Math;

/**
 * Runs: the inked pixels of a mask, as pieces of rows from `start` to before `end`. Each has a `parent`, a run of the
 * same part of the drawing, itself at first; and whether it has a strong pixel.
 */
function makeRuns(most) {
  const runs = { count: 0, most };
  for (const name of ["row", "start", "end", "parent", "strong"]) runs[name] = new Int32Array(most);
  return runs;
}

let allRuns = makeRuns(0);

/** The runs of bytes of at least `faint` within the columns and rows of `place`; `strong` if one is at least that. */
export function findRuns(bytes, side, place, faint, strong) {
  const most = side * Math.ceil(side / 2);
  if (allRuns.most < most) allRuns = makeRuns(most);
  const runs = allRuns;
  let n = 0;
  for (let y = place.top; y < place.bottom; y++) {
    const last = y * side + place.right;
    for (let i = y * side + place.left; i < last; i++) {
      if (bytes[i] < faint) continue;
      let brightest = 0;
      runs.row[n] = y;
      runs.start[n] = i - y * side;
      for (; i < last && bytes[i] >= faint; i++) if (bytes[i] > brightest) brightest = bytes[i];
      runs.end[n] = i - y * side;
      runs.strong[n] = brightest >= strong ? 1 : 0;
      n++;
    }
  }
  runs.count = n;
  return runs;
}

/** Make one part of all runs of which some pixels are at most `reach` cells of `cell` pixels from each other. */
export function joinRuns(runs, reach, cell = 1) {
  const { row, start, end, parent, count } = runs;
  const cells = (pixels) => (cell === 1 ? pixels : Math.floor(pixels / cell));
  for (let i = 0; i < count; i++) parent[i] = i;
  for (let i = 0, near = 0; i < count; i++) {
    const top = cells(row[i]) - reach;
    const left = cells(start[i]) - reach;
    const right = cells(end[i] - 1) + reach;
    while (cells(row[near]) < top) near++;
    for (let j = near; j < i; j++) {
      if (cells(start[j]) <= right && cells(end[j] - 1) >= left) {
        const a = rootOf(runs, j);
        const b = rootOf(runs, i);
        if (a < b) parent[b] = a;
        else parent[a] = b;
      }
    }
  }
}

/** The run that stands for the part of the drawing that run `i` belongs to. */
export function rootOf({ parent }, i) {
  while (parent[i] !== i) i = parent[i] = parent[parent[i]];
  return i;
}

/** Keep the runs of the parts for which `keep`, by root, is not 0. They have to be joined anew. */
export function keepRuns(runs, keep) {
  let n = 0;
  for (let i = 0; i < runs.count; i++) {
    if (keep[rootOf(runs, i)] === 0) continue; // parents are still those from before
    runs.row[n] = runs.row[i];
    runs.start[n] = runs.start[i];
    runs.end[n] = runs.end[i];
    n++;
  }
  runs.count = n;
}

/** How often each grey value occurs in runs. */
export function countRuns(bytes, side, { row, start, end, count }) {
  const counts = scratch("inked", Int32Array, 256).fill(0);
  for (let run = 0; run < count; run++) {
    const last = row[run] * side + end[run];
    for (let i = row[run] * side + start[run]; i < last; i++) counts[bytes[i]]++;
  }
  return counts;
}

/** The rectangle around runs, `more` pixels wider on every side, but within the canvas. */
export function placeOf({ row, start, end, count }, side, more) {
  let [left, right] = [side, 0];
  for (let run = 0; run < count; run++) {
    left = min(left, start[run]);
    right = max(right, end[run]);
  }
  const [top, bottom] = [max(0, row[0] - more), min(side, row[count - 1] + 1 + more)];
  left = max(0, left - more);
  return { top, left, height: bottom - top, width: min(side, right + more) - left };
}

/** Keep the runs that touch a run with a strong pixel, directly or through others (hysteresis). */
export function keepStrong(runs) {
  joinRuns(runs, 1);
  const keep = scratch("keep", Uint8Array, runs.count).fill(0, 0, runs.count);
  for (let i = 0; i < runs.count; i++) if (runs.strong[i] !== 0) keep[rootOf(runs, i)] = 1;
  keepRuns(runs, keep);
}
