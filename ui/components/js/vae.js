/**
 * Inside a variational autoencoder: a picture's μ and σ, noise from a die, the code z and what it decodes to, and both
 * terms of the loss, all of it computed here. Each quantity is joined to its formula and to the lines that compute it.
 *
 * data: {encoder, spread, decoder, picture, at, kl, dead, code, words}. encoder, spread (ln σ²) and decoder (to logits)
 * are addresses, picture is 784 numbers, float32 in base64, which count when at changes; kl is the mean over the test
 * set of each number of the code, dead whether it never varies; code are excerpts, {file, lines: [{number, text, of}]}.
 * No value: the server is told nothing.
 */

import { component, eachFrame, element, forgivesScrolls, normal, numbers, page, Screen, setText, whenIdle } from "./kit.js";
import { network } from "./runtime.js";
import { Bars, die } from "./vae_bars.js";
import { SYMBOLS } from "./vae_formulas.js";
import { joined } from "./vae_joined.js";
import { kl, means, negativeLogLikelihood } from "./vae_math.js";

const THROWS = 8;
const [SOON, REST] = [60, 100]; // ms
const ROWS = ["mu", "sigma", "eps", "z", "kl"];
const LOSSES = ["nll", "kl", "loss"];

export default component((root) => {
  let nets, words, write, writeLoss, at, picture;
  let throws = []; // noises, the newest first
  let shown = 0; // which of them
  let column = 0; // which number of the code is written out
  let now = {}; // every quantity by name
  let encoder; // its address
  let coded = null; // μ, where the sheet has computed it
  let known = {}; // what was encoded and painted last
  let resting = 0, undeveloped = 0; // until the hand rests and the film is developed; the next throw of it
  const developing = whenIdle(() => develop());
  const telling = whenIdle(() => figures(), SOON);

  const original = new Screen({ class: "gl-screen" });
  const answer = new Screen({ class: "gl-screen" });
  const frames = Array.from({ length: THROWS }, (_, n) => {
    const screen = new Screen({ class: "gl-screen" });
    const button = element("button", { type: "button", class: "gl-throw", onclick: () => show(n) }, screen.canvas);
    return { screen, button };
  });
  const rows = Object.fromEntries(
    ROWS.map((name) => {
      const signed = name !== "sigma" && name !== "kl";
      const bars = new Bars({ low: signed ? -3 : 0, high: signed ? 3 : 1.25, mark: name === "sigma" ? 1 : undefined, onchoose: choose });
      return [name, bars];
    }),
  );
  const links = joined(ROWS, LOSSES);
  const labels = element("div", { class: "gl-labels", "aria-hidden": "true" });
  const throwText = element("span");
  const face = element("span");
  const throwButton = element("button", { type: "button", class: "gl-dice", onclick: () => throwDie() }, face, throwText);
  const which = element("input", { type: "range", min: 1, max: 2, step: 1, value: 1, oninput: () => choose(+which.value - 1) });
  const whichText = element("span");
  const scale = element("input", { type: "range", min: 0, max: 3, step: 0.05, value: 1 });
  const scaleText = element("span");
  const soon = eachFrame(() => follow());
  scale.oninput = soon;
  forgivesScrolls(scale);
  const share = element("div", { class: "gl-share", "aria-hidden": "true" }, element("i"), element("i"));
  const sides = [original, answer].map((screen) => element("figure", {}, screen.canvas, element("figcaption")));
  const film = element("div", { class: "gl-throws", role: "group" }, ...frames.map(({ button }) => button));
  const table = element("div", { class: "gl-rows" }, ...ROWS.flatMap((name) => [links.names[name], rows[name].element]), element("span"), labels);
  const knobs = element("div", { class: "gl-knobs" }, throwButton, element("div", {}, element("label", {}, whichText, which), element("label", {}, scaleText, scale)));
  const note = element("p", { class: "gl-note" });
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-vae" },
      sides[0],
      element("div", {}, table, knobs, links.lens),
      sides[1],
    ),
    film,
    element("div", { class: "gl-losses" }, ...LOSSES.map((name) => links.losses[name]), share),
    note,
    links.panel,
  );
  sides[0].dataset.q = "x";
  sides[1].dataset.q = "x_hat";
  links.listen(root);

  function throwDie() {
    if (!nets) return;
    throws = [noise(), ...throws].slice(0, THROWS);
    shown = 0;
    face.replaceChildren(die(1 + Math.floor(6 * Math.random())));
    face.firstChild.animate?.([{ rotate: "-180deg" }, { rotate: "0deg" }], { duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250, easing: "ease-out" });
    follow();
  }
  const noise = () => Array.from({ length: nets[0].outputs }, normal);

  function show(n) {
    shown = n;
    follow();
  }

  /** The number of the code whose values are written out. */
  function choose(n) {
    if (!nets || n === column) return;
    column = n;
    speakColumn();
  }

  // ------------------------------------------------------------------------------------------------ what follows the hand
  /** z = μ + s σ ε, and the logits of it. */
  function decode(eps) {
    const z = now.mu.map((value, j) => value + +scale.value * now.sigma[j] * eps[j]);
    return { z, logits: nets[2].run(z) };
  }

  /** The pictures at once; of a pen that goes on, what is written and drawn beside them in the next idle moment. */
  function follow(drawing = false) {
    if (!nets || !picture) return;
    if (known.picture !== picture || known.nets !== nets) encode();
    known = { ...known, picture, nets };
    const { z, logits } = decode(throws[shown]);
    answer.paint(means(logits));
    now = { ...now, eps: throws[shown], z, nll: negativeLogLikelihood(logits, picture) };
    film.dataset.ready = "false";
    undeveloped = 0;
    developing.drop();
    clearTimeout(resting);
    resting = setTimeout(develop, REST);
    if (drawing) telling.ask();
    else figures();
  }

  /** What depends on the picture alone. */
  function encode() {
    original.paint(picture);
    const mu = coded ?? Array.from(nets[0].run(picture)); // the sheet's network is the same, as a rule
    coded = null;
    const logvar = Array.from(nets[1].after(nets[0])); // which has just run, here or in the sheet
    now = { mu, sigma: logvar.map((value) => Math.exp(value / 2)), kl: kl(mu, logvar) };
    now.klSum = now.kl.reduce((sum, value) => sum + value, 0);
  }

  /** Bars and numbers, those that are others than before. */
  function figures() {
    telling.drop();
    for (const name of ROWS.filter((one) => known[one] !== now[one])) {
      rows[name].paint(now[name], SYMBOLS[name], write);
      known[name] = now[name];
    }
    frames.forEach(({ button }, n) => button.setAttribute("aria-pressed", String(n === shown)));
    const terms = { nll: now.nll, kl: now.klSum, loss: now.nll + now.klSum };
    for (const name of LOSSES) {
      setText(links.outputs[name], words.nats.replace("{n}", writeLoss(terms[name])));
      links.outputs[name].dataset.value = terms[name].toFixed(4);
    }
    share.firstChild.style.flexGrow = terms.nll;
    share.lastChild.style.flexGrow = terms.kl;
    const scaled = write(+scale.value);
    if (known.scaled !== scaled) {
      root.classList.toggle("gl-scaled", +scale.value !== 1);
      setText(scaleText, `σ × ${scaled}`);
      for (const one of root.querySelectorAll(".gl-scale > mn")) setText(one, scaled);
      scale.setAttribute("aria-valuetext", scaleText.textContent);
      known.scaled = scaled;
    }
    speakColumn();
  }

  /** The throws' pictures, one at a time while nothing else is to be done: they are many, and the hand is first. */
  function develop() {
    frames[undeveloped].screen.paint(means(decode(throws[undeveloped]).logits));
    undeveloped++;
    film.dataset.ready = String(undeveloped === THROWS);
    if (undeveloped < THROWS) developing.ask();
  }

  function speakColumn() {
    which.value = column + 1;
    setText(whichText, words.which.replace("{n}", column + 1));
    for (const name of ROWS) {
      rows[name].choose(column);
      setText(links.values[name], write(now[name][column]));
    }
    which.setAttribute("aria-valuetext", ROWS.map((name) => `${SYMBOLS[name]} ${write(now[name][column])}`).join(", "));
    [...labels.children].forEach((one, n) => one.classList.toggle("gl-now", n === column));
  }

  // ------------------------------------------------------------------------------------------------ a new network
  function columns(data) {
    const count = nets[0].outputs;
    const most = Math.max(...data.kl);
    rows.kl.high = Math.max(1, 1.5 * most);
    for (const name of ROWS) rows[name].columns(count, data.dead);
    rows.kl.compare(data.kl);
    labels.replaceChildren(...data.dead.map((dead, n) => element("span", { title: dead ? words.dead : null }, dead ? "×" : String(n + 1))));
    table.style.setProperty("--count", count);
    which.max = count;
    column = data.kl.indexOf(most);
    throws = Array.from({ length: THROWS }, noise);
    shown = 0;
  }

  function speak() {
    const say = (thing, text) => thing.setAttribute("aria-label", text);
    sides[0].lastChild.textContent = words.original;
    sides[1].lastChild.textContent = words.answer;
    say(original.canvas, words.original);
    say(answer.canvas, words.answer);
    throwText.textContent = words.throw;
    note.textContent = words.note;
    say(which, words.column);
    say(scale, words.scale);
    say(film, words.film);
    frames.forEach(({ screen, button }, n) => {
      say(button, `${words.film} ${n + 1}`);
      screen.canvas.setAttribute("aria-hidden", "true");
    });
    links.speak(words);
  }

  /** The pen of a sheet on this page, where it tells its picture. */
  function penned({ detail }) {
    if (!detail.digit || !nets) return;
    picture = Float32Array.from(detail.digit);
    coded = detail.encoder === encoder ? detail.code : null;
    follow(true); // in the sheet's own frame: asking for one would be a frame late
  }
  page.addEventListener("code", penned);

  return {
    async update(data, current) {
      const found = await Promise.all([network(data.encoder), network(data.spread), network(data.decoder)]);
      if (!current()) return;
      words = data.words;
      encoder = data.encoder;
      write = numbers(words.lang, 2);
      writeLoss = numbers(words.lang, 1);
      links.fill(data.code);
      speak();
      known = {};
      if (found[0] !== nets?.[0]) {
        nets = found;
        columns(data);
        face.replaceChildren(die(5));
      }
      if (data.at !== at) {
        at = data.at;
        picture = new Float32Array(Uint8Array.from(atob(data.picture), (character) => character.charCodeAt(0)).buffer);
      }
      follow();
      clearTimeout(resting); // no hand is at work
      developing.ask();
    },
    leave() {
      clearTimeout(resting);
      for (const one of [developing, telling]) one.drop();
      page.removeEventListener("code", penned);
    },
  };
});

const STYLE = `
.gl-vae { display: grid; grid-template-columns: 11rem minmax(0, 1fr) 11rem; gap: 1.25rem; align-items: center; }
.gl-vae figure, .gl-losses button { border-radius: 0.5rem; outline-offset: 4px; }
.gl-rows { display: grid; grid-template-columns: 5.5rem minmax(0, calc(var(--count, 16) * 3.5rem)); gap: 0.3rem 0.6rem; align-items: center; }
.gl .gl-name { display: flex; justify-content: space-between; gap: 0.4rem; padding: 0.2rem 0.5rem; min-height: 2.75rem; align-items: center; }
.gl .gl-name b { font-size: 1.15rem; }
.gl-bars { display: block; width: 100%; height: 2.75rem; cursor: pointer; touch-action: pan-y; }
.gl-bars line { vector-effect: non-scaling-stroke; stroke: currentColor; stroke-opacity: 0.45; }
.gl-bars .gl-mark { stroke-width: 2; stroke-opacity: 0.8; stroke-dasharray: 4 2; }
.gl-bars rect { fill: var(--st-primary-color); }
.gl-bars .gl-dead { opacity: 0.3; }
.gl-bars rect.gl-column { fill: currentColor; opacity: 0.13; }
.gl-labels { display: grid; grid-template-columns: repeat(var(--count, 16), minmax(0, 1fr)); text-align: center; font-size: 0.85rem; }
.gl-labels .gl-now { font-weight: 700; }
.gl-knobs { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1.25rem; align-items: center; margin-top: 0.6rem; }
.gl-knobs label { display: grid; grid-template-columns: 5.8rem minmax(0, 12rem); gap: 0.6rem; align-items: center; }
.gl-knobs label span { font-variant-numeric: tabular-nums; }
.gl .gl-dice { display: flex; align-items: center; gap: 0.5rem; font-weight: 700; }
.gl-die { display: block; width: 2rem; height: 2rem; }
.gl-die rect { fill: var(--st-background-color); stroke: currentColor; stroke-width: 1.8; }
.gl-die circle { fill: currentColor; }
.gl-throws { display: grid; grid-template-columns: repeat(${THROWS}, minmax(0, 4.5rem)); gap: 0.4rem; justify-content: center; margin: 0.9rem 0; }
.gl .gl-throw { padding: 0; min-height: 0; border: 0; background: none; }
.gl .gl-throw[aria-pressed="true"] { background: none; outline: 3px solid var(--st-primary-color); border-radius: 0.4rem; }
.gl-losses { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.6rem; }
.gl-losses button b, .gl-losses button output { display: block; }
.gl-losses output { font-size: 1.25rem; }
.gl-share { grid-column: 1 / -1; display: flex; height: 0.7rem; border-radius: 0.35rem; overflow: hidden; }
.gl-share i:first-child { background: var(--st-primary-color); }
.gl-share i:last-child { background: rgb(255 140 26); }
@container (max-width: 46rem) {
  .gl-vae { grid-template-columns: 1fr 1fr; gap: 0.75rem; }
  .gl-vae > div { grid-row: 2; grid-column: 1 / -1; }
  .gl-vae figure { width: min(100%, 10rem); margin: auto; }
  .gl-rows { grid-template-columns: 4.6rem minmax(0, 1fr); gap: 0.3rem; }
  .gl-losses { gap: 0.3rem; }
  .gl .gl-losses button { padding: 0.3rem; font-size: 0.9rem; }
  .gl-losses output { font-size: 1rem; }
}
`;
