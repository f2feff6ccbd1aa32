/**
 * Fit a normal or a gamma by hand: the density over the data's histogram, what each point pays, and the mean
 * log-likelihood of every θ as a hill, on which θ can be dragged, too, or climbs by itself.
 *
 * data: {family, values, own, start, best, why, at, words}. values are the data; own is what they were before they were
 * edited, or null where they cannot be; start is θ; all these count when at changes. best is θ* of values, or null, and
 * why says why. Values: theta, {at, values: [first, second]}, and points, {at, values}, on release.
 */

import { points } from "./densities_points.js";
import { contour, Handle, paint, Plot, sample, short, viridis } from "./densities_plot.js";
import { FAMILIES, summary } from "./densities_math.js";
import { STYLE, turner } from "./densities_style.js";
import { component, eachFrame, element, forgivesScrolls, numbers, onRelease } from "./kit.js";

const SIDE = 72; // cells of the hill on either axis
const GAPS = [0.01, 0.05, 0.2, 0.5, 1, 2, 4]; // nats a point below the top, a line each
const NATS = 10; // that the strip of costs shows
const CURVE = 240; // points
const CLIMB = { steps: 600, longest: 0.05, shown: 1e-4 }; // of the map's side; nats a point from the top
const TURNS = 1000; // places of a slider

export default component((root, say) => {
  let told, family, words, write, fine, at, stats, values;
  let theta = [0, 1];
  let frame = [[0, 1], [0.1, 1]]; // of the map: both parameters
  let showing = false; // the best
  let climbing = 0;
  let steps = ""; // how many were climbed, in words

  const curve = new Plot({ ticks: [0, 3], name: "gl-curve" }).layer("gl-hist").layer("gl-thebest").layer("gl-pdf");
  const cost = new Plot({ ticks: [6, 3], name: "gl-cost" }).layer("gl-costs").layer("gl-mean");
  const hill = new Plot({ ticks: [4, 5], name: "gl-hill" }).layer("gl-contours").layer("gl-trail").layer("gl-top");
  const tell = () => say("theta", { at, values: theta.map((value) => +value.toPrecision(6)) });
  const grips = [0, 1].map((n) => new Handle(curve, { axes: "x", name: ["gl-first", "gl-second"][n], move: ([x]) => user(dragged[family][n](x)), release: tell }));
  const dot = new Handle(hill, { move: user, release: tell });
  hill.goesTo(dot);
  const own = points(curve, {
    changed: eachFrame(() => newValues()),
    typed: () => (lay(), newValues()),
    released: () => say("points", { at, values: own.values }),
  });
  const turns = [0, 1].map((n) => {
    const turn = turner(element, { min: 0, max: TURNS, step: 1 });
    const scrolled = forgivesScrolls(turn.input);
    const released = onRelease(turn.input, tell);
    turn.input.oninput = () => user(theta.map((value, m) => (m === n ? hill.value(turn.input.value / TURNS, n) : value)));
    turn.input.onchange = () => scrolled() || released();
    return turn;
  });
  const rate = turner(element, { min: -1, max: 0.5, step: 0.05, value: 0.1 });
  rate.input.oninput = () => writeRate();
  const climb = element("button", { type: "button", onclick: () => (climbing ? stop() : start()) });
  const best = element("button", { type: "button", onclick: () => show(!showing) });
  const facts = ["l", "gap", "product"].map((name) => ({ name: element("dt"), value: element("dd", { "data-of": name }) }));
  const note = element("p", { class: "gl-note", "aria-live": "polite" });
  const box = element(
    "div",
    { class: "gl-dens gl-fit" },
    element("div", {}, curve.element, cost.element, own.element),
    element(
      "div",
      { class: "gl-beside" },
      hill.element,
      element("div", {}, ...turns.map(({ row }) => row), rate.row),
      element("div", { class: "gl-row" }, climb, best),
      element("dl", { class: "gl-tell" }, ...facts.flatMap(({ name, value }) => [name, value])),
      note,
    ),
  );
  root.append(element("style", {}, STYLE, OWN_STYLE), box);

  /** θ that the handles on the curve ask for: the normal's peak and one σ beside it; the gamma's mean and one beside it. */
  const dragged = {
    normal: [(x) => [x, theta[1]], (x) => [theta[0], Math.abs(x - theta[0])]],
    gamma: [(x) => [theta[0], x / theta[0]], (x) => gammaOf(theta[0] * theta[1], x - theta[0] * theta[1])],
  };
  const gammaOf = (mean, spread) => [(mean / Math.max(spread, 1e-6)) ** 2, Math.max(spread, 1e-6) ** 2 / mean];
  const gripsAt = { normal: ([mu, sigma]) => [mu, mu + sigma], gamma: ([k, s]) => [k * s, k * s + Math.sqrt(k) * s] };

  function user(to) {
    stop();
    hill.draw("gl-trail");
    go(to);
  }

  /** To a θ, which stays on the map. */
  function go(to) {
    theta = to.map((value, n) => hill.value(Math.min(Math.max(hill.share(value, n) || 0, 0), 1), n));
    const { log, mean } = FAMILIES[family];
    const l = mean(stats, theta);
    const xs = Array.from({ length: CURVE + 1 }, (_, n) => curve.value(n / CURVE, 0));
    curve.draw("gl-pdf", xs.map((x) => [x, Math.exp(log(x, theta))]));
    const bottom = cost.range[1][0];
    cost.draw("gl-costs", ...[...new Set(values)].map((x) => [[x, cost.range[1][1]], [x, Math.max(log(x, theta), bottom)]]));
    cost.draw("gl-mean", [[cost.range[0][0], Math.max(l, bottom)], [cost.range[0][1], Math.max(l, bottom)]]);
    const names = words.names.map((name, n) => `${name} = ${write(theta[n])}`);
    gripsAt[family](theta).forEach((x, n) => grips[n].place(x, Math.exp(log(x, theta)), names.join(", ")));
    dot.place(...theta, names.join(", "));
    turns.forEach(({ input, name, value }, n) => {
      input.value = Math.round(TURNS * hill.share(theta[n], n));
      name.textContent = words.names[n];
      value.textContent = write(theta[n]);
      input.setAttribute("aria-valuetext", names[n]);
    });
    sayFacts(l);
  }

  function sayFacts(l) {
    const known = bestNow();
    const gap = known && FAMILIES[family].mean(stats, known) - l;
    const tens = (stats.count * l) / Math.LN10; // the product of all f, in powers of ten
    const texts = [
      Number.isFinite(l) ? `${fine(l)} ${words.nats}` : "−∞",
      known ? `${fine(gap)} ${words.nats}` : "–",
      Number.isFinite(l) ? `10${raised(Math.round(tens))}${tens < -308 ? ` (${words.vanishes})` : ""}` : "0",
    ];
    facts.forEach(({ value }, n) => (value.textContent = texts[n]));
    facts[0].value.dataset.value = l;
    facts[1].value.dataset.value = known ? gap : "";
    box.dataset.theta = theta.join(" ");
    climb.disabled = best.disabled = !known;
    note.textContent = known ? steps : told.why || words.wait;
    note.toggleAttribute("data-loud", !known && Boolean(told.why));
  }

  /** θ* of the values as they now are: Python's, or none while a hand changes them. */
  function bestNow() {
    return told.best && told.values.length === values.length && told.values.every((x, n) => x === values[n]) ? told.best : null;
  }

  // ------------------------------------------------------------------------------------------------ what does not follow θ
  /** Other values: histogram, hill, and θ's place on it. */
  function newValues() {
    values = own.values;
    stats = summary(values);
    drawHistogram();
    drawHill();
    drawBest();
    go(theta);
  }

  /** Axes from the values, before they are edited. */
  function lay() {
    values = own.values;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const wide = high - low || Math.abs(high) || 1;
    const x = [low - 0.12 * wide, high + (told.own ? 0.4 : 0.12) * wide];
    const base = summary(family === "gamma" && values.some((one) => one > 0) ? values.filter((one) => one > 0) : values);
    base.variance = Math.max(base.variance, (0.05 * wide) ** 2);
    const [m, s] = FAMILIES[family].moments(base);
    frame = family === "gamma" ? [[m / 8, m * 5], [s / 5, s * 8]] : [[m - 2.2 * s, m + 2.2 * s], [0.3 * s, 2.6 * s]];
    hill.logs = family === "gamma" ? [true, true] : [false, false];
    const top = 1.9 / Math.sqrt(2 * Math.PI * base.variance);
    curve.setRange(x, [0, top], write);
    cost.setRange(x, [Math.log(top) - NATS, Math.log(top)], write);
    hill.setRange(...frame, write);
    own.lay(words, write);
  }

  function drawHistogram() {
    const [low, high] = curve.range[0];
    const bins = Math.min(Math.max(Math.round(2 * Math.cbrt(values.length) * 1.6), 12), 36);
    const wide = (high - low) / bins;
    const counts = new Array(bins).fill(0);
    for (const x of values) counts[Math.min(Math.max(Math.floor((x - low) / wide), 0), bins - 1)] += 1;
    curve.drawBars("gl-hist", Array.from({ length: bins + 1 }, (_, n) => low + n * wide), counts.map((n) => n / values.length / wide));
  }

  function drawHill() {
    const found = sample(hill, SIDE, (one) => FAMILIES[family].mean(stats, one));
    const top = found.reduce((most, value) => Math.max(most, value), -Infinity);
    paint(hill.canvas, SIDE, found, (value) => (Number.isFinite(top) ? viridis(Math.exp(value - top)) : [128, 128, 128, 60]));
    hill.drawRaw("gl-contours", Number.isFinite(top) ? GAPS.map((gap) => contour(SIDE, found, top - gap)).join("") : "");
  }

  function drawBest() {
    const known = showing ? bestNow() : null;
    best.setAttribute("aria-pressed", String(showing));
    best.textContent = known ? words.names.map((name, n) => `${name}* = ${write(known[n])}`).join(", ") : words.best;
    if (!known) {
      hill.drawRaw("gl-top", "");
      curve.draw("gl-thebest");
      return;
    }
    const [x, y] = known.map((value, n) => (n ? 1 - hill.share(value, n) : hill.share(value, n)));
    hill.drawRaw("gl-top", `M${x - 0.035} ${y}H${x + 0.035}M${x} ${y - 0.035}V${y + 0.035}`);
    const xs = Array.from({ length: CURVE + 1 }, (_, n) => curve.value(n / CURVE, 0));
    curve.draw("gl-thebest", xs.map((one) => [one, Math.exp(FAMILIES[family].log(one, known))]));
  }

  function show(on) {
    showing = on;
    drawBest();
  }

  // ------------------------------------------------------------------------------------------------ climbing
  /** Gradient ascent in the map's own units: as steep as the hill is drawn. */
  function start() {
    const known = bestNow();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const { gradient, mean, bend } = FAMILIES[family];
    const spans = frame.map(([low, high], n) => (hill.logs[n] ? Math.log(high / low) : high - low));
    const eta = 10 ** rate.input.value / bend(known).reduce((sum, one, n) => sum + one * spans[n] ** 2, 0);
    const trail = [[...theta]];
    climb.textContent = words.stop;
    const step = () => {
      const slope = gradient(stats, theta).map((one, n) => eta * one * spans[n] * (hill.logs[n] ? theta[n] : 1));
      const shorter = Math.min(1, CLIMB.longest / Math.hypot(...slope));
      go(theta.map((value, n) => hill.value(hill.share(value, n) + slope[n] * shorter, n)));
      trail.push([...theta]);
      return trail.length > CLIMB.steps || mean(stats, known) - mean(stats, theta) < CLIMB.shown;
    };
    const onward = () => {
      let done = step();
      while (still && !done) done = step();
      hill.draw("gl-trail", trail);
      note.textContent = steps = words.steps.replace("{n}", trail.length - 1);
      if (!done) climbing = requestAnimationFrame(onward);
      else {
        stop(steps);
        tell();
      }
    };
    climbing = requestAnimationFrame(onward);
  }

  function stop(said = "") {
    cancelAnimationFrame(climbing);
    climbing = 0;
    steps = said;
    climb.textContent = words.climb;
  }

  function writeRate() {
    rate.value.textContent = rate.input.ariaValueText = `× ${write(10 ** rate.input.value)}`;
  }

  return {
    leave: () => cancelAnimationFrame(climbing),
    async update(data) {
      told = data;
      words = data.words;
      write = short(words.lang);
      fine = numbers(words.lang, 3);
      [facts[0].name, facts[1].name, facts[2].name, rate.name].forEach((place, n) => (place.textContent = [words.l, words.gap, words.product, words.rate][n]));
      grips.forEach((grip, n) => grip.name(words.grips[n]));
      dot.name(words.dot, words.kind);
      [cost.titles[0], cost.titles[1], curve.titles[1], hill.titles[0], hill.titles[1]].forEach(
        (place, n) => (place.textContent = [words.x, words.cost, words.density, words.names[0], words.names[1]][n]),
      );
      writeRate();
      if (data.at !== at) {
        stop();
        hill.draw("gl-trail");
        ({ at, family } = data);
        own.begin(data.values, data.own, Boolean(data.own));
        showing = false;
        lay();
        theta = data.start ?? (family === "gamma" ? [0.72, 0.36] : [0.8, 0.25]).map((share, n) => hill.value(share, n));
      }
      newValues();
    },
  };
});

/** A whole number above the line. */
const raised = (n) => String(n).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);

const OWN_STYLE = `
.gl-fit { grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.gl-beside { display: grid; gap: 0.6rem; }
.gl-curve .gl-field { height: 15rem; }
.gl-cost .gl-field { height: 7rem; }
.gl-cost { margin-top: 1.6rem; }
.gl-hill .gl-field { aspect-ratio: 1.25; border: 0; }
.gl-field .gl-hist { fill: color-mix(in srgb, var(--real) 55%, transparent); stroke: var(--real); stroke-width: 1; }
.gl-field .gl-pdf { stroke: var(--made); stroke-width: 3.5; }
.gl-field .gl-thebest { stroke-width: 2; stroke-dasharray: 6 5; }
.gl-field .gl-costs { stroke: var(--real); stroke-width: 1.5; opacity: 0.75; }
.gl-field .gl-mean { stroke: var(--made); stroke-width: 3; }
.gl-field .gl-contours { stroke: #fff; stroke-width: 1; opacity: 0.65; }
.gl-field .gl-trail { stroke: #fff; stroke-width: 3; stroke-linejoin: round; }
.gl-field .gl-top { stroke: #e3106f; stroke-width: 4; }
.gl-hill .gl-knob::after { background: var(--made); }
.gl-knob.gl-point { width: 1.9rem; margin-left: -0.95rem; border-radius: 0.5rem; z-index: 1; }
.gl-knob.gl-point::after { background: var(--real); inset: 0.6rem 0.5rem; border-radius: 0.2rem; }
.gl-own { margin-top: 0.6rem; display: grid; gap: 0.5rem; }
.gl-own[hidden] { display: none; }
.gl-own input { width: 100%; font: inherit; color: inherit; background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius, 0.5rem); padding: 0.35rem 0.6rem; min-height: 2.5rem; }
.gl-own p { margin: 0; }
.gl-own p:empty { display: none; }
@container (max-width: 44rem) {
  .gl-fit { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
  .gl-curve .gl-field { height: 12rem; }
  .gl-cost .gl-field { height: 6rem; }
}
`;
