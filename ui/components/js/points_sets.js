/** Sets of real points in the plane, all within −1.5…1.5 on both axes, and how many of their heaps are found. */

import { dice } from "./points_net.js";

export const MOST = 400; // points of a set
const SPREAD = 0.05; // σ of a Gaussian, and of what lies about a line
const NEAR = 3; // σ
export const ENOUGH = 0.2; // of a Gaussian's fair share

const around = (count) =>
  Array.from({ length: count }, (_, n) => [Math.cos((2 * Math.PI * n) / count), Math.sin((2 * Math.PI * n) / count)]);

const SETS = {
  line: (t) => [2 * t - 1, 0.6 * (2 * t - 1)],
  ring: (t) => [Math.cos(2 * Math.PI * t), Math.sin(2 * Math.PI * t)],
};

/** Where the middles of a set's Gaussians are; none of a set that is no mixture. */
export const CENTRES = { two: [[-0.8, 0], [0.8, 0]], eight: around(8) };

/** x and y of each point of a set, always the same. */
export function realPoints(name) {
  const { uniform, normal, below } = dice(1);
  const points = new Float64Array(2 * MOST);
  for (let n = 0; n < MOST; n++) {
    const [x, y] = CENTRES[name] ? CENTRES[name][n % CENTRES[name].length] : SETS[name](uniform());
    points[2 * n] = x + SPREAD * normal();
    points[2 * n + 1] = y + SPREAD * normal();
  }
  return points;
}

/** How many of a mixture's Gaussians have their share of `points` within 3σ, and the part of the points that is near any. */
export function modes(name, points) {
  const counts = CENTRES[name].map(() => 0);
  for (let n = 0; n < points.length; n += 2) {
    const near = CENTRES[name].findIndex(([x, y]) => Math.hypot(points[n] - x, points[n + 1] - y) < NEAR * SPREAD);
    if (near >= 0) counts[near]++;
  }
  const all = points.length / 2;
  const found = counts.filter((count) => count >= (ENOUGH * all) / counts.length).length;
  return { found, near: counts.reduce((a, b) => a + b, 0) / all };
}
