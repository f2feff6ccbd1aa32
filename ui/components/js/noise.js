/**
 * Spoil a picture and see it cleaned: noise whose strength follows a slider, scratches drawn on the picture, and what
 * dense networks make of it.
 *
 * data: {networks, kind, picture, normal, uniform, level, number, scratches, at, words}. networks are {title, encoder,
 * decoder} with addresses; picture, normal and uniform are 784 numbers each, float32 in base64: the clean picture and
 * the randomness of the draw with this number (`genlab/noise.py`). level, number and scratches (784 bytes in base64: 1
 * bright, 2 dark; or "") count when at changes; otherwise they stay as the hand left them.
 * Value: noise, {at, values: [level, number], scratches}, on release.
 */

import { brushOn } from "./brush.js";
import { component, eachFrame, element, forgivesScrolls, numbers, onRelease, Screen, setText, SIDE, squaredError } from "./kit.js";
import { network } from "./runtime.js";

const PIXELS = SIDE * SIDE;
const WIDE = 1.5; // of the brush, in pixels of the picture
const [BRIGHT, DARK] = [1, 2];
const DRAWS = 9999;

export default component((root, say) => {
  let nets, words, write, writeLevel, at, kind, clean, normal, uniform;
  let number = 1;
  let scratches = new Uint8Array(PIXELS);
  let ink = BRIGHT;
  let last = [0, 0]; // where the brush was
  const spoiled = new Float32Array(PIXELS);

  const soon = eachFrame(() => follow());
  const noisy = new Screen({ class: "gl-screen gl-area", tabindex: 0, role: "application" });
  const brush = brushOn(noisy.canvas, { size: SIDE, step: 1, down, move, up: commit, painted: soon });
  const noisyFigure = figure(noisy, brush.parts);
  const original = figure(new Screen({ class: "gl-screen" }));
  const answers = element("div", { class: "gl-answers" });
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01, oninput: soon });
  const levelText = element("output", { "aria-live": "off" });
  const levelName = element("span");
  const another = button(() => {
    number = (number % DRAWS) + 1;
    commit();
  });
  const bright = button(() => choose(BRIGHT));
  const dark = button(() => choose(DARK));
  const remove = button(() => {
    scratches = new Uint8Array(PIXELS);
    brush.drop();
    follow();
    commit();
  });
  const brushName = element("span");
  let cleaned = []; // a figure for each network

  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-noise" },
      noisyFigure.figure,
      answers,
      element(
        "div",
        { class: "gl-knobs" },
        element("label", { class: "gl-level" }, levelName, slider, levelText),
        element("div", { class: "gl-row", role: "group" }, brushName, bright, dark),
        element("div", { class: "gl-pair" }, another, remove),
      ),
    ),
  );

  function button(onclick) {
    return element("button", { type: "button", onclick });
  }

  /** A screen with a bold title and, below it, how near to the original it is. */
  function figure(screen, more = []) {
    const title = element("b");
    const note = element("output", { "aria-live": "off" });
    const holder = element("div", { class: "gl-holder" }, screen.canvas, ...more);
    return { screen, title, note, figure: element("figure", {}, holder, element("figcaption", {}, title, note)) };
  }

  function choose(which) {
    ink = which;
    bright.setAttribute("aria-pressed", String(ink === BRIGHT));
    dark.setAttribute("aria-pressed", String(ink === DARK));
  }

  // ------------------------------------------------------------------------------------------------ scratches
  function down(place) {
    last = place;
    move(place);
  }

  /** Every pixel whose centre is under the brush on its way. */
  function move(place) {
    const way = [place[0] - last[0], place[1] - last[1]];
    const length = way[0] ** 2 + way[1] ** 2;
    for (let i = 0; i < PIXELS; i++) {
      const from = [(i % SIDE) + 0.5 - last[0], Math.floor(i / SIDE) + 0.5 - last[1]];
      const along = length ? Math.min(Math.max((from[0] * way[0] + from[1] * way[1]) / length, 0), 1) : 0;
      if (Math.hypot(from[0] - along * way[0], from[1] - along * way[1]) <= WIDE / 2) scratches[i] = ink;
    }
    last = place;
  }

  // ------------------------------------------------------------------------------------------------ what follows the hand
  function follow() {
    if (!nets) return;
    const level = +slider.value;
    setText(levelText, writeLevel(level));
    slider.setAttribute("aria-valuetext", writeLevel(level));
    remove.disabled = !scratches.some(Boolean);
    spoil(kind, level, { picture: clean, normal, uniform, scratches }, spoiled);
    paint(noisyFigure, spoiled);
    nets.forEach(([encoder, decoder], n) => paint(cleaned[n], decoder.run(encoder.run(spoiled))));
  }

  function paint({ screen, note }, pixels) {
    screen.paint(pixels);
    setText(note, `PSNR ${write(psnr(pixels, clean))} dB`);
  }

  function commit() {
    follow();
    const drawn = scratches.some(Boolean) ? btoa(String.fromCharCode(...scratches)) : "";
    say("noise", { at, values: [+slider.value, number], scratches: drawn });
  }
  const released = onRelease(slider, commit);
  const scrolled = forgivesScrolls(slider);
  slider.onchange = () => scrolled() || released();

  function speak(networks) {
    noisy.canvas.setAttribute("aria-label", words.sheet);
    original.screen.canvas.setAttribute("aria-label", words.original);
    original.title.textContent = words.original;
    noisyFigure.title.textContent = words.noisy;
    slider.setAttribute("aria-label", words.level);
    levelName.textContent = words.level;
    another.textContent = words.another;
    brushName.textContent = words.brush;
    brushName.parentElement.setAttribute("aria-label", words.brush);
    [bright.textContent, dark.textContent, remove.textContent] = [words.bright, words.dark, words.remove];
    networks.forEach(({ title }, n) => {
      cleaned[n].title.textContent = title;
      cleaned[n].screen.canvas.setAttribute("aria-label", title);
    });
  }

  return {
    async update(data, current) {
      const found = await Promise.all(data.networks.map((one) => Promise.all([network(one.encoder), network(one.decoder)])));
      if (!current()) return;
      nets = found;
      words = brush.words = data.words;
      write = numbers(words.lang, 1);
      writeLevel = numbers(words.lang, 2);
      if (cleaned.length !== nets.length) {
        cleaned = nets.map(() => figure(new Screen({ class: "gl-screen" })));
        answers.replaceChildren(...cleaned.map((one) => one.figure), original.figure);
      }
      speak(data.networks);
      choose(ink);
      ({ kind } = data);
      [clean, normal, uniform] = [data.picture, data.normal, data.uniform].map((text) => new Float32Array(bytes(text).buffer));
      original.screen.paint(clean);
      if (data.at !== at) {
        ({ at, number } = data);
        slider.value = data.level;
        scratches = data.scratches ? bytes(data.scratches) : new Uint8Array(PIXELS);
        brush.drop();
      }
      follow();
    },
  };
});

/** The noisy picture, computed in 32 bits as `genlab/noise.py` does, with the scratches above the noise. */
export function spoil(kind, level, { picture, normal, uniform, scratches }, into) {
  const [all, low, high] = [level, level / 2, 1 - level / 2].map(Math.fround);
  const noises = {
    gaussian: (i) => Math.min(Math.max(picture[i] + all * normal[i], 0), 1),
    mask: (i) => (uniform[i] >= all ? picture[i] : 0),
    salt: (i) => (uniform[i] < low ? 0 : uniform[i] >= high ? 1 : picture[i]),
  };
  const noise = noises[kind];
  if (!noise) throw new Error(`unknown noise ${kind}`);
  for (let i = 0; i < into.length; i++) into[i] = scratches[i] ? +(scratches[i] === BRIGHT) : noise(i);
}

/** −10 log₁₀ of the mean squared error, in dB. */
function psnr(pixels, wanted) {
  return -10 * Math.log10(squaredError(pixels, wanted) / pixels.length);
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

const STYLE = `
.gl-noise { display: grid; grid-template: "noisy answers" auto "knobs answers" 1fr / 20rem minmax(0, 1fr); gap: 0.75rem 1.5rem; }
.gl-noise > figure { grid-area: noisy; }
.gl-answers { grid-area: answers; display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem 1rem;
  align-content: start; max-width: 48rem; }
.gl-knobs { grid-area: knobs; display: grid; gap: 0.6rem; align-content: start; }
.gl-holder { position: relative; overflow: hidden; }
.gl-noise .gl-area { outline-offset: -3px; }
.gl-noise figcaption b, .gl-noise figcaption output { display: block; }
.gl-level { display: grid; grid-template-columns: auto 1fr 2.5rem; gap: 0.75rem; align-items: center; }
.gl-level output { text-align: right; }
.gl-pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem; }
.gl-pair button { padding: 0.3rem; }
@container (max-width: 42rem) {
  .gl-noise { grid-template: "noisy" auto "answers" auto "knobs" auto / minmax(0, 1fr); gap: 0.75rem; }
  .gl-noise > figure { width: min(100%, 16rem); margin: auto; }
  .gl-answers { grid-template-columns: repeat(auto-fit, minmax(5.5rem, 1fr)); gap: 0.5rem; }
  .gl-answers figcaption { font-size: 0.85rem; hyphens: auto; }
}
`;
