/**
 * Draw a digit: at every stroke it is prepared like an upload, encoded and decoded, and the code, what came back and
 * the error follow the pen.
 *
 * data: {encoder, decoder, words}: addresses, or neither where the server answers. Value: drawing, {png, blank}, when
 * the pen is lifted; a data URL with bright ink on black.
 *
 * The drawing is kept by this module and in the tab's storage, so it is there again when the visitor comes back to the
 * page or reloads it.
 */

import { brushOn } from "./brush.js";
import { CodeBars, component, eachFrame, element, numbers, page, recall, remember, Screen, setText, squaredError, whenIdle } from "./kit.js";
import { prepare } from "./prepare.js";
import { network } from "./runtime.js";

const SIZE = 280;
const PEN = 22; // of 280; MNIST's pens have 1.6 to 3.8 pixels of 20
const RIM = 1.35; // of the pen: a softer edge around it
const KEY_STEP = 7;
const SOON = 60; // ms; a number may follow the picture
const drawings = new Map(); // key of the component -> its strokes

export default component((root, say, key) => {
  const kept = drawings.get(key) ?? recall(key, isDrawing) ?? { strokes: [], width: PEN };
  drawings.set(key, kept);
  let encoder, decoder, words, write;
  let addresses = {};
  let stroke = null;
  let erasing = false;
  let sum = 0; // of squared errors
  const ink = new Uint8Array(SIZE * SIZE); // what is on the canvas,
  let dirty = null; // but for this part of it: [left, top, right, bottom]

  const canvas = element("canvas", { width: SIZE, height: SIZE, tabindex: 0, role: "application", class: "gl-area gl-paper" });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const hint = element("p", { class: "gl-hint", "aria-hidden": "true" });
  const soon = eachFrame(() => follow());
  const telling = whenIdle(() => setText(captions[3], `${words.error}\nSSE ${write(sum)}`), SOON);
  const brush = brushOn(canvas, { size: SIZE, step: KEY_STEP, down, move, up, undo: () => undo.click(), painted: soon });
  const penButton = button(() => choose(false));
  const eraser = button(() => choose(true));
  const undo = button(() => change(() => kept.strokes.pop()));
  const clear = button(() => change(() => (kept.strokes = [])));
  const width = element("input", { type: "range", min: 10, max: 44, step: 1, value: kept.width });
  width.oninput = () => (kept.width = +width.value);
  const widthText = element("span");
  const digit = new Screen({ class: "gl-screen" });
  const answer = new Screen({ class: "gl-screen" });
  const error = new Screen({ class: "gl-screen" });
  const bars = new CodeBars({ class: "gl-screen" });
  const broken = element("p", { class: "gl-broken", role: "alert", hidden: true });
  const captions = [0, 1, 2, 3].map(() => element("figcaption"));
  const figures = [digit, bars, answer, error].map(({ canvas: shown }, n) => element("figure", {}, shown, captions[n]));
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-pad" },
      element(
        "div",
        {},
        element("div", { class: "gl-sheet" }, canvas, hint, ...brush.parts),
        element("div", { class: "gl-buttons" }, penButton, eraser, undo, clear),
        element("label", { class: "gl-width" }, widthText, width),
      ),
      element("div", {}, element("div", { class: "gl-live" }, ...figures), broken),
    ),
  );

  function button(onclick) {
    return element("button", { type: "button", onclick });
  }

  function choose(erase) {
    erasing = erase;
    penButton.setAttribute("aria-pressed", String(!erase));
    eraser.setAttribute("aria-pressed", String(erase));
  }

  // ------------------------------------------------------------------------------------------------ ink
  /** One piece of a stroke: a core, and a fainter rim around it that never darkens what is there. */
  function line({ erase, width: wide }, from, to) {
    pen.globalCompositeOperation = erase ? "darken" : "lighten";
    for (const [size, level] of [[wide * RIM, 110], [wide, 255]]) {
      const shade = erase ? 255 - level : level;
      pen.strokeStyle = `rgb(${shade} ${shade} ${shade})`;
      pen.lineWidth = size;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(to[0] + 0.01, to[1]);
      pen.stroke();
    }
    const reach = (wide * RIM) / 2 + 2;
    for (const [x, y] of [from, to]) soil(x - reach, y - reach, x + reach, y + reach);
  }

  function soil(left, top, right, bottom) {
    const [l, t, r, b] = dirty ?? [SIZE, SIZE, 0, 0];
    dirty = [Math.min(l, Math.floor(left)), Math.min(t, Math.floor(top)), Math.max(r, Math.ceil(right)), Math.max(b, Math.ceil(bottom))];
  }

  function redraw() {
    pen.globalCompositeOperation = "source-over";
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, SIZE, SIZE);
    soil(0, 0, SIZE, SIZE);
    pen.lineCap = pen.lineJoin = "round";
    for (const drawn of kept.strokes) {
      drawn.points.forEach((point, n) => line(drawn, drawn.points[Math.max(n - 1, 0)], point));
    }
    undo.disabled = clear.disabled = !kept.strokes.length;
    hint.hidden = kept.strokes.length > 0;
    follow();
  }

  function down(point) {
    stroke = { erase: erasing, width: kept.width, points: [point] };
    kept.strokes.push(stroke);
    line(stroke, point, point);
    undo.disabled = clear.disabled = false;
    hint.hidden = true;
  }

  function move(point) {
    line(stroke, stroke.points.at(-1), point);
    stroke.points.push(point);
  }

  function up() {
    stroke = null;
    follow();
    send();
  }

  /** Undo or clear. */
  function change(strokes) {
    stroke = null;
    brush.drop();
    strokes();
    redraw();
    send();
  }

  // ------------------------------------------------------------------------------------------------ what follows the pen
  /** What is new on the canvas. Its pixels are far away, so no more of them are fetched. */
  function look() {
    if (!dirty) return;
    const [left, top] = dirty.slice(0, 2).map((place) => Math.max(place, 0));
    const [right, bottom] = dirty.slice(2).map((place) => Math.min(place, SIZE));
    dirty = null;
    if (left >= right || top >= bottom) return; // beside the sheet
    const { data } = pen.getImageData(left, top, right - left, bottom - top);
    for (let y = top, from = 0; y < bottom; y++) {
      for (let to = y * SIZE + left; to < y * SIZE + right; to++, from += 4) ink[to] = data[from];
    }
  }

  const follow = () => {
    look();
    const prepared = prepare(ink, SIZE)?.digit;
    digit.paint(prepared ?? EMPTY);
    canvas.dataset.blank = !prepared;
    if (!prepared || !encoder) {
      for (const one of [answer, error]) one.paint(EMPTY);
      bars.paint([]);
      telling.drop();
      setText(captions[3], words.error);
      return;
    }
    const code = encoder.run(prepared);
    const back = decoder.run(code);
    const { mean, std } = decoder.about.codes;
    bars.paint(Array.from(code, (value, i) => (value - mean[i]) / Math.max(std[i], 1e-6)));
    answer.paint(back);
    error.paintError(back, prepared);
    sum = squaredError(back, prepared);
    telling.ask();
    const detail = { ...addresses, code: Array.from(code), digit: prepared }; // for the parts beside it
    page.dispatchEvent(new CustomEvent("code", { detail }));
  };

  /** Once through everything, so that the first stroke finds the code compiled. */
  function warmUp() {
    const dab = new Uint8Array(SIZE * SIZE);
    for (let i = 0; i < dab.length; i++) dab[i] = Math.hypot((i % SIZE) - 140, i / SIZE - 140) < 60 ? 255 : 0;
    for (let n = 0; n < 5; n++) decoder?.run(encoder.run(prepare(dab, SIZE).digit));
  }

  function send() {
    remember(key, kept);
    const blank = canvas.dataset.blank === "true";
    say("drawing", { png: blank ? "" : canvas.toDataURL("image/png"), blank });
  }

  return {
    async update(data, current) {
      words = brush.words = data.words;
      write = numbers(words.lang, 1);
      canvas.setAttribute("aria-label", words.paper);
      [penButton, eraser, undo, clear].forEach((one, n) => (one.textContent = [words.pen, words.eraser, words.undo, words.clear][n]));
      widthText.textContent = words.width;
      hint.textContent = words.hint;
      [words.digit, words.code, words.answer, words.error].forEach((text, n) => {
        captions[n].textContent = text;
        figures[n].firstChild.setAttribute("aria-label", text);
      });
      choose(erasing);
      redraw(); // before the networks are there one can draw
      if (data.encoder !== addresses.encoder) {
        const wanted = data.encoder ? [network(data.encoder), network(data.decoder)] : [null, null];
        // Without them one can still draw, and the server answers when the pen is lifted.
        const found = await Promise.all(wanted).catch((problem) => {
          console.warn(`genlab: ${problem.message}`);
          return [null, null];
        });
        if (!current()) return;
        [encoder, decoder] = found;
        addresses = encoder ? { encoder: data.encoder, decoder: data.decoder } : {};
        if (encoder) warmUp();
        follow();
      }
      figures.slice(1).forEach((figure) => (figure.hidden = !encoder));
      broken.hidden = Boolean(encoder);
      broken.textContent = words.slow;
      if (data.empty && kept.strokes.length && !stroke) send(); // the server has forgotten what is still here
    },
  };
});

const EMPTY = new Float32Array(784);
const isDrawing = (kept) => Array.isArray(kept?.strokes) && kept.strokes.every(({ points }) => points.length > 0);

const STYLE = `
.gl-pad { display: grid; grid-template-columns: 20rem minmax(0, 1fr); gap: 1.25rem; align-items: start; }
.gl-sheet { position: relative; max-width: 20rem; margin-bottom: 0.5rem; overflow: hidden; }
.gl canvas.gl-paper { width: 100%; aspect-ratio: 1; background: #000; border-radius: var(--st-base-radius, 0.5rem);
  border: 1px solid var(--st-border-color); image-rendering: auto; outline-offset: -3px; }
.gl-buttons { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.4rem; max-width: 20rem; }
.gl-buttons button { padding: 0.3rem 0.1rem; font-size: 0.95rem; }
.gl-hint { position: absolute; inset: 0; margin: auto; height: 1.5rem; text-align: center; pointer-events: none; color: #9aa4b0; }
.gl-width { display: grid; grid-template-columns: auto 1fr; gap: 0.75rem; align-items: center; max-width: 20rem; margin-top: 0.4rem; }
.gl-live { display: grid; grid-template-columns: repeat(auto-fit, minmax(6rem, 10rem)); gap: 0.75rem; }
.gl-live figcaption { white-space: pre-line; }
@container (max-width: 36rem) {
  .gl-pad { grid-template-columns: 1fr; gap: 0.75rem; }
  .gl-live { grid-template-columns: repeat(4, 1fr); gap: 0.5rem; }
  .gl-live figcaption { font-size: 0.85rem; hyphens: auto; }
}
`;
