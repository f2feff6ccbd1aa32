/**
 * A generator of one number, as in the first figure of Goodfellow et al. (2014): arrows carry noise z ~ N(0, 1) to
 * x = g(z); above them the data's and the generator's histograms, its density by change of variables, and the best
 * discriminator D*. The arrows' tips can be dragged, or go down C(G) by themselves.
 *
 * data: {values, start, at, words}. values are the data; start, where the arrows end, in ascending order, counts
 * when at changes. Value: arrows, {at, values}, on release.
 */

import { discriminator, duel, FAMILIES, generate, generatedShares, KNOTS, logGenerated, shares, summary } from "./densities_math.js";
import { Handle, Plot, short } from "./densities_plot.js";
import { STYLE, turner } from "./densities_style.js";
import { component, eachFrame, element, forgivesScrolls, normal, numbers, onRelease } from "./kit.js";

const BINS = 32;
const DRAWN = 400; // noises
const SHOWN = 60; // of them with a line
const FAR = 3; // the noise's axis goes from −3 to 3
const LEAST = 0.002; // between two tips, of the axis
const CURVE = 600; // points
const TRAIN = { steps: 600, eta: 0.02, slower: 100, longest: 0.02, delta: 0.003, still: 2e-4 };
const SURE = 0.5; // nats of JSD after training: it stood still
const TURNS = 1000;

export default component((root, say) => {
  let told, words, write, fine, percent, at, real, edges;
  let tips = [...KNOTS];
  let noises = [];
  let training = 0;

  const judge = new Plot({ ticks: [0, 2], name: "gl-judge" }).layer("gl-half").layer("gl-d");
  const dens = new Plot({ ticks: [6, 3], name: "gl-both" }).layer("gl-data").layer("gl-samples").layer("gl-pg");
  const arrows = new Plot({ ticks: [0, 0], name: "gl-arrows" }).layer("gl-fan").layer("gl-lines");
  const noise = new Plot({ ticks: [7, 0], name: "gl-noise" }).layer("gl-pz");
  const tell = () => say("arrows", { at, values: tips.map((tip) => +tip.toPrecision(5)) });
  const soon = eachFrame(() => draw());
  const handles = KNOTS.map((_, n) => new Handle(arrows, { axes: "x", move: ([x]) => user(moved(n, x)), release: tell }));
  const turns = [0, 1].map((which) => {
    const turn = turner(element, { min: 0, max: TURNS, step: 1 });
    const scrolled = forgivesScrolls(turn.input);
    const released = onRelease(turn.input, tell);
    turn.input.oninput = () => user(which ? widened(turn.input.value / TURNS) : shifted(turn.input.value / TURNS));
    turn.input.onchange = () => scrolled() || released();
    return turn;
  });
  const again = element("button", { type: "button", onclick: () => (throwNoise(), draw()) });
  const train = element("button", { type: "button", onclick: () => (training ? stop() : begin()) });
  const facts = ["jsd", "value", "right", "l"].map((name) => [element("dt"), element("dd", { "data-of": name })]);
  const note = element("p", { class: "gl-note", "aria-live": "polite" });
  const legend = ["gl-real", "gl-made"].map((name) => element("span", {}, element("i", { class: `gl-swatch ${name}` }), element("span")));
  const box = element(
    "div",
    { class: "gl-dens gl-game" },
    element("div", {}, judge.element, dens.element, arrows.element, noise.element),
    element(
      "div",
      { class: "gl-beside" },
      element("div", { class: "gl-row" }, ...legend),
      element("dl", { class: "gl-tell" }, ...facts.flat()),
      element("div", {}, ...turns.map(({ row }) => row)),
      element("div", { class: "gl-row" }, train, again),
      note,
    ),
  );
  root.append(element("style", {}, STYLE, OWN_STYLE), box);

  // ------------------------------------------------------------------------------------------------ the arrows
  const span = () => dens.range[0][1] - dens.range[0][0];

  function user(to) {
    stop();
    tips = to;
    soon();
  }

  /** One tip, between its neighbours. */
  function moved(n, x) {
    const least = LEAST * span();
    const low = n ? tips[n - 1] + least : dens.range[0][0];
    const high = n < tips.length - 1 ? tips[n + 1] - least : dens.range[0][1];
    return tips.map((tip, m) => (m === n ? Math.min(Math.max(x, low), Math.max(low, high)) : tip));
  }

  const middle = () => summary(tips).mean;

  /** All of them, so that their mean is at a share of the axis; and so that they are as wide as a share of it. */
  function shifted(share) {
    const by = dens.value(share, 0) - middle();
    return inside(tips.map((tip) => tip + by));
  }

  function widened(share) {
    const by = Math.max(share * span(), LEAST * span() * tips.length) / (tips.at(-1) - tips[0]);
    return inside(tips.map((tip) => middle() + by * (tip - middle())));
  }

  /** Within the axis and in order. */
  function inside(all) {
    const [low, high] = dens.range[0];
    const least = LEAST * span();
    const found = [];
    all.forEach((tip, n) => found.push(Math.min(Math.max(tip, n ? found[n - 1] + least : low), high - (all.length - 1 - n) * least)));
    return found;
  }

  // ------------------------------------------------------------------------------------------------ the pictures
  function draw() {
    const made = generatedShares(edges, tips);
    const wide = edges[1] - edges[0];
    judge.draw("gl-d", made.slice(1, -1).flatMap((q, n) => [0, 1].map((end) => [edges[n + end], discriminator(real[n + 1], q)])));
    judge.draw("gl-half", [[edges[0], 0.5], [edges.at(-1), 0.5]]);
    const samples = noises.map((z) => generate(z, tips));
    dens.drawBars("gl-samples", edges, shares(samples, edges).slice(1, -1).map((share) => share / wide));
    const xs = Array.from({ length: CURVE + 1 }, (_, n) => dens.value(n / CURVE, 0));
    dens.draw("gl-pg", xs.map((x) => [x, Math.exp(logGenerated(x, tips))]));
    arrows.draw("gl-fan", ...noises.slice(0, SHOWN).map((z, n) => [[below(z), 0], [samples[n], 1]]));
    arrows.draw("gl-lines", ...tips.map((tip, n) => [[below(KNOTS[n]), 0], [tip, 1]]));
    handles.forEach((handle, n) => handle.place(tips[n], 1, `g(${write(KNOTS[n])}) = ${write(tips[n])}`));
    const { jsd, value, right } = duel(real, made);
    const l = told.values.reduce((sum, x) => sum + logGenerated(x, tips), 0) / told.values.length;
    const texts = [`${fine(jsd)} ${words.most.replace("{n}", fine(Math.LN2))}`, fine(value), `${percent(100 * right)} %`, fine(l)];
    facts.forEach(([, place], n) => {
      place.textContent = texts[n];
      place.dataset.value = [jsd, value, right, l][n];
    });
    [dens.share(middle(), 0), (tips.at(-1) - tips[0]) / span()].forEach((share, n) => {
      turns[n].input.value = TURNS * share;
      turns[n].value.textContent = turns[n].input.ariaValueText = write(n ? tips.at(-1) - tips[0] : middle());
    });
    box.dataset.tips = tips.join(" ");
    box.dataset.made = made.join(" ");
  }

  /** Where a noise is below, on the axis of x above. */
  const below = (z) => dens.value((z / FAR + 1) / 2, 0);

  function throwNoise() {
    noises = Array.from({ length: DRAWN }, normal);
  }

  function lay() {
    const [low, high] = [Math.min(...told.values), Math.max(...told.values)];
    const x = [low - 0.3 * (high - low), high + 0.3 * (high - low)];
    edges = Array.from({ length: BINS + 1 }, (_, n) => x[0] + (n / BINS) * (x[1] - x[0]));
    real = shares(told.values, edges);
    const heights = real.slice(1, -1).map((share) => share / (edges[1] - edges[0]));
    judge.setRange(x, [-0.06, 1.06], write);
    dens.setRange(x, [0, 1.7 * Math.max(...heights)], write);
    arrows.setRange(x, [0, 1], write);
    noise.setRange([-FAR, FAR], [0, 0.42], write);
    dens.drawBars("gl-data", edges, heights);
    noise.draw("gl-pz", Array.from({ length: 121 }, (_, n) => noise.value(n / 120, 0)).map((z) => [z, Math.exp(FAMILIES.normal.log(z, [0, 1]))]));
  }

  // ------------------------------------------------------------------------------------------------ training
  /** Down the slope of C(G), with the best discriminator at each step. */
  function begin() {
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let steps = 0;
    const loss = (all) => duel(real, generatedShares(edges, all)).value;
    const step = () => {
      const delta = TRAIN.delta * span();
      const nudged = (n, by) => tips.map((tip, m) => (m === n ? tip + by : tip));
      const slope = tips.map((_, n) => (loss(nudged(n, delta)) - loss(nudged(n, -delta))) / (2 * TRAIN.delta));
      const longest = Math.max(...slope.map(Math.abs));
      const eta = TRAIN.eta / (1 + steps / TRAIN.slower);
      const by = Math.min(eta, TRAIN.longest / (longest || 1)) * span();
      tips = inside(tips.map((tip, n) => tip - by * slope[n]));
      steps += 1;
      return longest < TRAIN.still || steps >= TRAIN.steps;
    };
    train.textContent = words.stop;
    const onward = () => {
      let done = step();
      while (reduced && !done) done = step();
      draw();
      note.textContent = words.steps.replace("{n}", steps);
      if (!done) training = requestAnimationFrame(onward);
      else {
        stop(+facts[0][1].dataset.value > SURE ? words.flat : note.textContent);
        tell();
      }
    };
    training = requestAnimationFrame(onward);
  }

  function stop(said = "") {
    cancelAnimationFrame(training);
    training = 0;
    train.textContent = words.train;
    note.textContent = said;
  }

  return {
    leave: () => cancelAnimationFrame(training),
    update(data) {
      told = data;
      words = data.words;
      write = short(words.lang);
      fine = numbers(words.lang, 3);
      percent = numbers(words.lang, 1);
      facts.forEach(([name], n) => (name.textContent = words.facts[n]));
      legend.forEach((one, n) => (one.lastChild.textContent = words.legend[n]));
      turns.forEach(({ name }, n) => (name.textContent = words.turns[n]));
      again.textContent = words.again;
      [judge.titles[1], dens.titles[0], noise.titles[0]].forEach((place, n) => (place.textContent = [words.d, words.x, words.z][n]));
      handles.forEach((handle, n) => handle.name(words.arrow.replace("{z}", write(KNOTS[n]))));
      if (data.at !== at) {
        at = data.at;
        stop();
        lay();
        throwNoise();
        const { mean, variance } = summary(data.values);
        tips = inside(data.start ?? KNOTS.map((z) => mean + 0.25 * span() + 0.5 * Math.sqrt(variance) * z));
      }
      if (!training) train.textContent = words.train;
      draw();
    },
  };
});

const OWN_STYLE = `
.gl-game { grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.gl-game .gl-beside { display: grid; gap: 0.7rem; }
.gl-judge .gl-field { height: 5rem; }
.gl-both .gl-field { height: 13rem; }
.gl-both { margin-top: 0.6rem; }
.gl-arrows .gl-field { height: 7rem; border-width: 0; }
.gl-arrows { margin-top: 1rem; }
.gl-noise .gl-field { height: 3.5rem; border-left-width: 0; }
.gl-field .gl-half { stroke-width: 1; stroke-dasharray: 4 4; }
.gl-field .gl-d { stroke: var(--judge); stroke-width: 3; }
.gl-field .gl-data { fill: color-mix(in srgb, var(--real) 50%, transparent); stroke: var(--real); stroke-width: 1; }
.gl-field .gl-samples { stroke: var(--made); stroke-width: 1.5; fill: color-mix(in srgb, var(--made) 20%, transparent); }
.gl-field .gl-pg { stroke: var(--made); stroke-width: 3.5; }
.gl-field .gl-fan { stroke: var(--made); stroke-width: 1; opacity: 0.35; }
.gl-field .gl-lines { stroke-width: 2.5; }
.gl-field .gl-pz { fill: color-mix(in srgb, currentColor 15%, transparent); stroke-width: 1.5; }
.gl-arrows .gl-knob { width: 1.9rem; margin-left: -0.95rem; }
.gl-arrows .gl-knob::after { background: var(--made); inset: 0.65rem 0.4rem; }
@container (max-width: 44rem) {
  .gl-game { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
  .gl-both .gl-field { height: 10rem; }
}
`;
