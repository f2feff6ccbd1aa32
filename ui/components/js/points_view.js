/** The plane with its points: D's field, G's net of noise, real and generated points, and where D pulls the latter. */

import { element } from "./kit.js";
import { LOSSES, NOISES } from "./points_game.js";
import { backward, forward } from "./points_net.js";

export const SIDE = 1.5; // the picture shows −1.5…1.5 on both axes
const CELLS = 36; // of the field, on each axis
const STRENGTH = 105; // of 255: how opaque the field is where D is sure
const CRITIC = 0.5; // answers that far from the middle count as rather sure: a critic's slope is about 1
const LINES = 13; // of the net, in each direction
const NET = 2.4; // σ: where it ends
const PULLED = 6; // an arrow at each sixth point
const ARROW = 0.35; // length for a slope of 1
const LONGEST = 0.6;
const COLOURS = {
  light: { real: [1, 96, 164], made: [200, 80, 0], ink: "#14181d", ground: "#ffffff" },
  dark: { real: [102, 178, 255], made: [255, 140, 26], ink: "#f2f4f7", ground: "#12151a" },
};

export const css = (rgb) => `rgb(${rgb.join(" ")})`;
export const coloursOf = (root) => COLOURS[root.style.colorScheme === "dark" ? "dark" : "light"];
const empty = () => ({ count: 0, a: [], d: [], v: [] });

/** How likely D finds it that a point with this answer is real; for a critic, how far above the middle it is. */
export function chanceOf(loss, seen) {
  if (LOSSES[loss].chance) return LOSSES[loss].chance;
  const mean = (answers) => answers.reduce((sum, value) => sum + value, 0) / answers.length;
  const middle = seen ? (mean(seen.real) + mean(seen.fake)) / 2 : 0;
  return (d) => 1 / (1 + Math.exp((middle - d) / CRITIC));
}

/** The middles of the field's cells, row by row from above. */
function cellPlaces() {
  const places = new Float64Array(2 * CELLS * CELLS);
  const at = (n) => SIDE * ((2 * n + 1) / CELLS - 1);
  for (let row = 0, n = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++, n += 2) [places[n], places[n + 1]] = [at(column), -at(row)];
  }
  return places;
}

/** Places on lines z₁ = const and z₂ = const of the noise. */
function netPlaces() {
  const places = new Float64Array(2 * LINES * LINES * NOISES);
  const at = (n) => NET * ((2 * n) / (LINES - 1) - 1);
  for (let one = 0, n = 0; one < 2 * LINES; one++) {
    for (let other = 0; other < LINES; other++, n += NOISES) {
      const [line, along] = [at(one % LINES), at(other)];
      [places[n], places[n + 1]] = one < LINES ? [line, along] : [along, line];
    }
  }
  return places;
}

export function makeView(root) {
  const canvas = element("canvas", { role: "img" });
  const small = element("canvas", { width: CELLS, height: CELLS });
  const image = small.getContext("2d").createImageData(CELLS, CELLS);
  const [cells, lines] = [cellPlaces(), netPlaces()];
  const traces = { field: empty(), net: empty(), pull: empty() };
  const pen = canvas.getContext("2d");
  let size = 0, colours, unit;

  const px = (x) => ((x / SIDE + 1) * size) / 2;
  const py = (y) => ((1 - y / SIDE) * size) / 2;

  function field({ discriminator, settings, seen }) {
    const answers = forward(discriminator, cells, CELLS * CELLS, traces.field);
    const chance = chanceOf(settings.loss, seen);
    const { data } = image;
    for (let n = 0, at = 0; n < CELLS * CELLS; n++) {
      const lean = 2 * chance(answers[n]) - 1; // −1 surely generated, 1 surely real
      const colour = lean > 0 ? colours.real : colours.made;
      for (let c = 0; c < 3; c++) data[at++] = colour[c];
      data[at++] = STRENGTH * Math.abs(lean);
    }
    small.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(small, 0, 0, size, size);
  }

  function net({ generator }) {
    const places = forward(generator, lines, 2 * LINES * LINES, traces.net);
    pen.strokeStyle = colours.ink;
    pen.globalAlpha = 0.45;
    pen.lineWidth = unit;
    pen.beginPath();
    for (let n = 0; n < 2 * LINES * LINES; n++) {
      pen[n % LINES ? "lineTo" : "moveTo"](px(places[2 * n]), py(places[2 * n + 1]));
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** Rings are real, discs are generated, crosses are noise. */
  function dots(points, kind, { radius = 3, alpha = 1 } = {}) {
    pen.globalAlpha = alpha;
    pen.lineWidth = (kind === "made" ? 0.8 : 1.7) * unit;
    pen.strokeStyle = { real: css(colours.real), made: colours.ground, noise: colours.ink }[kind];
    pen.fillStyle = css(colours.made);
    const r = radius * unit;
    pen.beginPath();
    for (let n = 0; n < points.length; n += 2) {
      const [x, y] = [px(points[n]), py(points[n + 1])];
      if (kind === "noise") {
        for (const [a, b] of [[r, 0], [0, r]]) {
          pen.moveTo(x - a, y - b);
          pen.lineTo(x + a, y + b);
        }
      } else {
        pen.moveTo(x + r, y);
        pen.arc(x, y, r, 0, 7);
      }
    }
    if (kind === "made") pen.fill();
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** From each point along −slope. */
  function arrows(points, slope) {
    pen.strokeStyle = pen.fillStyle = colours.ink;
    pen.lineWidth = 1.5 * unit;
    for (let n = 0; n < points.length; n += 2) {
      const steep = Math.hypot(slope[n], slope[n + 1]);
      const length = Math.min(ARROW * steep, LONGEST);
      if (length < 0.01) continue;
      const [dx, dy] = [-slope[n] / steep, -slope[n + 1] / steep];
      const [x, y] = [px(points[n]), py(points[n + 1])];
      const [tx, ty] = [px(points[n] + length * dx), py(points[n + 1] + length * dy)];
      const head = Math.min(6 * unit, 0.5 * Math.hypot(tx - x, ty - y));
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(tx, ty);
      for (const side of [-0.45, 0.45]) {
        pen.moveTo(tx, ty);
        pen.lineTo(tx - head * (dx - side * dy), ty + head * (dy + side * dx));
      }
      pen.stroke();
    }
  }

  /** A ring about each of `points` that D is wrong about. */
  function mistakes(points, answers, isReal, chance) {
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 1.5 * unit;
    answers.forEach((answer, n) => {
      if (chance(answer) > 0.5 === isReal) return;
      pen.beginPath();
      pen.arc(px(points[2 * n]), py(points[2 * n + 1]), 7 * unit, 0, 7);
      pen.stroke();
    });
  }

  /** A moment of slow motion; `share` of it is over. */
  function moment(game, { name, x, z, made, seen, slope }, share) {
    if (x) dots(x, "real", { radius: 4.5 });
    if (name === "draw") dots(z, "noise", { radius: 4 });
    if (name === "generate" || name === "again") {
      const way = Math.min(share / 0.6, 1) ** 2;
      const moving = made.map((value, i) => (1 - way) * z[i] + way * value);
      dots(moving, way < 1 ? "noise" : "made", { radius: 4 });
    } else if (made) dots(made, "made", { radius: 4.5 });
    if (name === "look" && LOSSES[game.settings.loss].chance) {
      const chance = chanceOf(game.settings.loss);
      mistakes(x, seen.real, true, chance);
      mistakes(made, seen.fake, false, chance);
    }
    if (name === "pull") arrows(made, slope.map((value) => value * (made.length / 2)));
  }

  /** Everything; `show` says which of field, net and arrows. */
  function paint(game, points, show, stage, share) {
    const wanted = Math.round((canvas.clientWidth || 400) * Math.min(devicePixelRatio || 1, 2));
    if (canvas.width !== wanted) canvas.width = canvas.height = wanted;
    [size, colours] = [wanted, coloursOf(root)];
    unit = size / 480;
    pen.clearRect(0, 0, size, size);
    if (show.field) field(game);
    if (show.net) net(game);
    dots(game.points, "real", { alpha: stage ? 0.35 : 0.9 });
    dots(points, "made", { alpha: stage ? 0.3 : 1 });
    if (stage) moment(game, stage, share);
    else if (show.arrows) arrows(...pulled(game, points));
  }

  /** Some of the points, and the slope of each one's own loss. */
  function pulled({ discriminator, settings }, points) {
    const some = points.filter((_, i) => (i >> 1) % PULLED === 0);
    const [, slope] = LOSSES[settings.loss].generator;
    const count = some.length / 2;
    const slopes = forward(discriminator, some, count, traces.pull).subarray(0, count).map(slope);
    return [some, backward(discriminator, slopes, count, false, traces.pull)];
  }

  return { canvas, paint };
}
