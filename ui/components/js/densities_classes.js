/**
 * Two classes told apart in two ways: a line between them, p(y|x), and a Gaussian for each, p(x|y), with Bayes' rule. One
 * new point is read by both, and only one of them can say that it has never seen the like, or draw new points.
 *
 * data: {train, held, stops, fits, start, at, words}. train and held are [x₁, x₂, y]; the first stops[n] of train
 * were used for fits[n], {w, b, means, covariances, priors}, which scikit-learn found; start, [x₁, x₂, n, p(y=1)], counts
 * when at changes. Value: place, the same four numbers, {at, values}, on release.
 */

import { cloud, logAdd, sigmoid } from "./densities_math.js";
import { contour, Handle, paint, Plot, rgb, sample, short } from "./densities_plot.js";
import { COLOURS, STYLE, turner } from "./densities_style.js";
import { component, eachFrame, element, forgivesScrolls, normal, numbers, onRelease } from "./kit.js";
import { svg } from "./vae_bars.js";

const SIDE = 64; // cells of a field on either axis
const ROOM = 0.45; // around the points, of their spread: where nothing is known
const DRAWN = 30; // new points at a press
const RINGS = [1, 2, 3]; // σ
const TURN = 64; // points of a ring
const INKS = [rgb(COLOURS.real), rgb(COLOURS.made)];

export default component((root, say) => {
  let told, words, write, percent, logs, at;
  let x = [0, 0]; // the new point
  let stop = 0; // how many points were learned from
  let prior = null; // p(y=1), or null as it was in them
  let drawn = []; // [x₁, x₂, y] of the generative model

  const tell = () => say("place", { at, values: [...x.map((value) => +value.toPrecision(5)), stop, +now().priors[1].toFixed(3)] });
  const soon = eachFrame(() => (fields(), read()));
  const left = panel(["gl-edge"]);
  const right = panel(["gl-rings0", "gl-rings1", "gl-edge", "gl-halo", "gl-new0", "gl-new1"]);
  const panels = [left, right];
  const margins = [0, 1].map((axis) => {
    const curves = [0, 1].map((y) => svg("path", { class: `gl-margin${y}` }));
    right.margins[axis].append(svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" }, ...curves));
    return curves;
  });
  const many = turner(element, { min: 0, step: 1 });
  const common = turner(element, { min: 0.05, max: 0.95, step: 0.01 });
  for (const [{ input }, change] of [[many, () => (stop = +many.input.value)], [common, () => (prior = +common.input.value)]]) {
    const scrolled = forgivesScrolls(input);
    const released = onRelease(input, tell);
    input.oninput = () => {
      change();
      drawn = [];
      soon();
    };
    input.onchange = () => scrolled() || released();
  }
  const draw = element("button", { type: "button", onclick: () => newPoints() });
  const cannot = element("button", { type: "button", disabled: true });
  left.tools.append(cannot);
  right.tools.append(draw);
  const legend = [0, 1].map((y) => element("span", {}, element("i", { class: `gl-swatch ${["gl-real", "gl-made"][y]}` }), element("span")));
  const box = element(
    "div",
    { class: "gl-dens" },
    element("div", { class: "gl-row gl-legend" }, ...legend),
    element("div", { class: "gl-knobs" }, many.row, common.row),
    element("div", { class: "gl-classes" }, left.element, right.element),
  );
  root.append(element("style", {}, STYLE, OWN_STYLE), box);

  /** A plot of both features, margins above and beside it, what it says, and buttons. */
  function panel(layers) {
    const plot = new Plot({ ticks: [5, 5], name: "gl-plane" });
    ["gl-dots0", "gl-dots1", ...layers].forEach((name) => plot.layer(name));
    const probe = new Handle(plot, { move: (to) => go(to), release: () => tell() });
    plot.goesTo(probe);
    const title = element("b");
    const strips = ["x", "y"].map((name) => element("div", { class: `gl-strip-${name}`, "aria-hidden": "true" }));
    const facts = [0, 1, 2, 3].map(() => [element("dt"), element("dd")]);
    const warning = element("p", { class: "gl-note", "data-loud": true, "aria-live": "polite" });
    const tools = element("div", { class: "gl-row" });
    return {
      plot, probe, title, margins: strips, facts, warning, tools,
      element: element("section", {}, title, element("div", { class: "gl-joint" }, strips[0], plot.element, strips[1]), element("dl", { class: "gl-tell" }, ...facts.flat()), warning, tools),
    };
  }

  /** The fit that is shown, ready to be asked. */
  function now() {
    const fit = told.fits[stop];
    const priors = prior === null ? fit.priors : [1 - prior, prior];
    const clouds = fit.means.map((mean, y) => cloud(mean, fit.covariances[y]));
    const joint = (point) => clouds.map((one, y) => one(point) + Math.log(priors[y]));
    return { ...fit, priors, joint, line: ([u, v]) => fit.w[0] * u + fit.w[1] * v + fit.b };
  }

  const trained = () => told.train.slice(0, told.stops[stop]);

  // ------------------------------------------------------------------------------------------------ the pictures
  function fields() {
    const fit = now();
    const logit = sample(left.plot, SIDE, fit.line);
    paint(left.plot.canvas, SIDE, logit, (value) => [...mixed(sigmoid(value)), 150]);
    left.plot.drawRaw("gl-edge", contour(SIDE, logit, 0));

    const joints = [];
    const evidence = sample(right.plot, SIDE, (point) => {
      const [a, b] = fit.joint(point);
      joints.push(b - a);
      return logAdd(a, b);
    });
    const most = evidence.reduce((top, value) => Math.max(top, value), -Infinity);
    paint(right.plot.canvas, SIDE, evidence, (value, n) => [...mixed(sigmoid(joints[n])), 215 * Math.exp(0.4 * (value - most))]);
    right.plot.drawRaw("gl-edge", contour(SIDE, joints, 0));
    fit.means.forEach((mean, y) => right.plot.draw(`gl-rings${y}`, ...RINGS.map((spread) => ring(mean, fit.covariances[y], spread))));
    drawMargins(fit);

    for (const { plot } of panels) [0, 1].forEach((y) => plot.drawRaw(`gl-dots${y}`, dots(plot, trained().filter((one) => one[2] === y))));
    right.plot.drawRaw("gl-halo", dots(right.plot, drawn));
    [0, 1].forEach((y) => right.plot.drawRaw(`gl-new${y}`, dots(right.plot, drawn.filter((one) => one[2] === y))));
  }

  const mixed = (share) => INKS[0].map((one, c) => one + share * (INKS[1][c] - one));

  /** m + rσ (cos, sin), turned and stretched by a Cholesky factor of the covariance. */
  function ring(mean, [[a, b], [, d]], spread) {
    const [p, q] = [Math.sqrt(a), b / Math.sqrt(a)];
    const r = Math.sqrt(d - q * q);
    return Array.from({ length: TURN + 1 }, (_, n) => {
      const [u, v] = [spread * Math.cos((2 * Math.PI * n) / TURN), spread * Math.sin((2 * Math.PI * n) / TURN)];
      return [mean[0] + p * u, mean[1] + q * u + r * v];
    });
  }

  /** Lines of no length, which round or square ends make dots of. */
  function dots(plot, all) {
    return all.map(([u, v]) => `M${plot.share(u, 0).toFixed(4)} ${(1 - plot.share(v, 1)).toFixed(4)}h0.0001`).join("");
  }

  /** p(x₁, y) and p(x₂, y), each class by itself. */
  function drawMargins(fit) {
    margins.forEach((curves, axis) => {
      const heights = fit.means.map((mean, y) => {
        const variance = fit.covariances[y][axis][axis];
        return Array.from({ length: 101 }, (_, n) => {
          const away = right.plot.value(n / 100, axis) - mean[axis];
          return (fit.priors[y] * Math.exp((-0.5 * away ** 2) / variance)) / Math.sqrt(variance);
        });
      });
      const top = Math.max(...heights.flat()) * 1.05;
      heights.forEach((all, y) => {
        const path = all.map((high, n) => (axis ? `${(high / top).toFixed(4)} ${1 - n / 100}` : `${n / 100} ${(1 - high / top).toFixed(4)}`));
        curves[y].setAttribute("d", axis ? `M0 1L${path.join("L")}L0 0Z` : `M0 1L${path.join("L")}L1 1Z`);
      });
    });
  }

  // ------------------------------------------------------------------------------------------------ what they say
  function go(to) {
    x = to;
    read();
  }

  function read() {
    const fit = now();
    const [a, b] = fit.joint(x);
    const evidence = logAdd(a, b);
    const opinions = [sigmoid(fit.line(x)), sigmoid(b - a)];
    const seen = trained();
    const rarer = seen.filter((one) => logAdd(...fit.joint(one)) < evidence).length;
    const shown = opinions.map((p) => `${percent(100 * p)} %`);
    panels.forEach(({ facts, probe }, n) => {
      const right = told.held.filter((one) => (n ? fit.joint(one)[1] > fit.joint(one)[0] : fit.line(one) > 0) === (one[2] === 1)).length;
      const texts = [shown[n], n ? logs(evidence) : words.none, n ? words.rarer.replace("{n}", rarer).replace("{all}", seen.length) : words.none, `${percent((100 * right) / told.held.length)} %`];
      facts.forEach(([, value], m) => (value.textContent = texts[m]));
      facts[0][1].dataset.value = opinions[n];
      facts[3][1].dataset.value = right;
      probe.place(...x, `${words.features[0]} ${write(x[0])}, ${words.features[1]} ${write(x[1])}: ${words.classes[1]} ${shown[n]}`);
    });
    right.facts[1][1].dataset.value = evidence;
    right.warning.textContent = rarer ? "" : words.strange;
    box.dataset.place = [...x, stop, fit.priors[1]].join(" ");
    many.input.value = stop;
    many.value.textContent = many.input.ariaValueText = told.stops[stop];
    common.input.value = fit.priors[1];
    common.value.textContent = common.input.ariaValueText = `${percent(100 * fit.priors[1])} %`;
  }

  /** First a class by p(y), then a point by p(x|y). */
  function newPoints() {
    const { priors, means, covariances } = now();
    drawn = Array.from({ length: DRAWN }, () => {
      const y = Math.random() < priors[1] ? 1 : 0;
      const [[a, b], [, d]] = covariances[y];
      const [u, v] = [normal(), normal()];
      return [means[y][0] + Math.sqrt(a) * u, means[y][1] + (b / Math.sqrt(a)) * u + Math.sqrt(d - (b * b) / a) * v, y];
    });
    box.dataset.drawn = drawn.map((one) => one.map((value) => value.toFixed(4)).join(" ")).join(";");
    fields();
  }

  return {
    update(data) {
      told = data;
      words = data.words;
      write = short(words.lang);
      percent = numbers(words.lang, 1);
      logs = numbers(words.lang, 2);
      legend.forEach((one, y) => (one.lastChild.textContent = words.classes[y]));
      [left.title, right.title, many.name, common.name, cannot, draw].forEach(
        (place, n) => (place.textContent = [...words.titles, words.many, words.common, words.cannot, words.draw][n]),
      );
      left.margins[0].textContent = words.nomargin;
      const all = [...data.train, ...data.held];
      const ranges = [0, 1].map((axis) => {
        const values = all.map((one) => one[axis]);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        return [low - ROOM * (high - low), high + ROOM * (high - low)];
      });
      panels.forEach(({ plot, probe, facts }) => {
        plot.setRange(...ranges, write);
        plot.titles.forEach((title, axis) => (title.textContent = words.features[axis]));
        probe.name(words.probe, words.kind);
        facts.forEach(([name], n) => (name.textContent = words.facts[n]));
      });
      many.input.max = data.stops.length - 1;
      if (data.at !== at) {
        at = data.at;
        drawn = [];
        prior = null;
        stop = data.stops.length - 1;
        x = ranges.map(([low, high]) => low + 0.62 * (high - low));
        if (data.start) [x, stop, prior] = [data.start.slice(0, 2), data.start[2], data.start[3]];
      }
      fields();
      read();
    },
  };
});

const OWN_STYLE = `
.gl-classes { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.5rem; }
.gl-legend { gap: 0.5rem 1.25rem; }
.gl-legend span:first-child .gl-swatch { border-radius: 50%; }
.gl-knobs { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.3rem 1.5rem; }
.gl-joint { display: grid; grid-template: "above ." 2.6rem "plot beside" auto / minmax(0, 1fr) 2.6rem; gap: 0.2rem; margin: 0.3rem 0; }
.gl-joint .gl-plot { grid-area: plot; }
.gl-plane .gl-field { aspect-ratio: 1; }
.gl-strip-x { grid-area: above; margin-left: 2.9rem; text-align: center; font-size: 0.85rem; opacity: 0.8; align-content: end; }
.gl-strip-y { grid-area: beside; margin: 1.55rem 0 2.75rem; }
.gl-joint svg { width: 100%; height: 100%; display: block; }
.gl-margin0 { fill: color-mix(in srgb, var(--real) 45%, transparent); stroke: var(--real); vector-effect: non-scaling-stroke; }
.gl-margin1 { fill: color-mix(in srgb, var(--made) 45%, transparent); stroke: var(--made); vector-effect: non-scaling-stroke; }
.gl-field :is(.gl-dots0, .gl-dots1) { stroke-width: 5.5; opacity: 0.9; }
.gl-field :is(.gl-dots0, .gl-new0) { stroke: var(--real); stroke-linecap: round; }
.gl-field :is(.gl-dots1, .gl-new1) { stroke: var(--made); stroke-linecap: square; }
.gl-field .gl-halo { stroke-width: 13; stroke-linecap: round; }
.gl-field :is(.gl-new0, .gl-new1) { stroke-width: 8; }
.gl-field .gl-rings0 { stroke: var(--real); }
.gl-field .gl-rings1 { stroke: var(--made); }
.gl-field .gl-edge { stroke-width: 3; }
.gl-dens .gl-note[data-loud] { margin: 0.3rem 0; min-height: 1.4em; }
@container (max-width: 40rem) {
  .gl-classes, .gl-knobs { grid-template-columns: minmax(0, 1fr); }
}
`;
