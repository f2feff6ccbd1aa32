/**
 * From one picture to another on several ways at once: one handle, and for each way what it meets, as a film strip.
 *
 * data: {rows, way, stops, start, at, colours, words}. rows are {title, note, decoder, from, to, reading}; decoder is an
 * address, or null where from and to are pixels. reading holds what Python found at 101 places, {digit, sure, distance,
 * hole}, or is null; hole is 0 for a digit, 1 where the picture is none, 2 where no real code is near. way is straight
 * or circle, stops say which of the places are frames. start, how far the handle is, 0…1, counts when at changes.
 * Value: share, {at, values: [t]}, on release.
 */

import { component, element, forgivesScrolls, numbers, onRelease, Screen, setText } from "./kit.js";
import { network } from "./runtime.js";

const PLACES = 101;
const FLAT = 1e-4; // as in genlab/interpolation.py

export default component((root, say) => {
  let words, colours, way, at, writeShare, writeWhole, writeDistance;
  let stops = [];
  let rows = [];

  const share = element("output", { "aria-live": "off" });
  const handle = element("input", { type: "range", min: 0, max: 1, step: 1 / (PLACES - 1), value: 0.5, oninput: draw });
  const released = onRelease(handle, () => say("share", { at, values: [+handle.value] }));
  const scrolled = forgivesScrolls(handle);
  handle.onchange = () => scrolled() || released();
  const places = element("div", { class: "gl-places" });
  const walk = element("div", { class: "gl-walks" }, element("div", { class: "gl-hand" }, share, element("div", { class: "gl-rail" }, handle)), places);
  root.append(element("style", {}, STYLE), walk);

  /** One way: the picture at the handle, its title, its frames, and a ribbon that is thin in holes. */
  function makeRow() {
    const screen = new Screen({ class: "gl-screen" });
    const caption = element("output", { "aria-live": "off" });
    const title = element("b");
    const name = element("b", { class: "gl-name", "aria-hidden": true });
    const note = element("span");
    const strip = element("div", { class: "gl-film-strip" });
    const ribbon = element("canvas", { class: "gl-ribbon", width: PLACES, height: RIBBON, role: "img" });
    const frames = [];
    strip.onclick = (event) => {
      const frame = frames.findIndex(({ figure }) => figure.contains(event.target));
      if (frame < 0) return;
      handle.value = stops[frame] / (PLACES - 1);
      draw();
      released();
    };
    const box = element(
      "section",
      { class: "gl-way" },
      element("figure", {}, screen.canvas, element("figcaption", {}, name, caption)),
      element("div", { class: "gl-way-text" }, title, note),
      element("div", { class: "gl-way-film" }, strip, element("div", { class: "gl-rail" }, ribbon)),
    );
    return { box, screen, caption, title, name, note, strip, ribbon, frames };
  }

  function makeFrame() {
    const screen = new Screen({ class: "gl-screen" });
    const caption = element("figcaption");
    return { screen, caption, figure: element("figure", {}, screen.canvas, caption) };
  }

  function decode(row, t) {
    const z = along(row.from, row.to, t, way);
    return row.net ? row.net.run(z) : z.map((x) => Math.min(Math.max(x, 0), 1));
  }

  /** What was read at a place, in lines. */
  function told({ reading }, place, long = false) {
    if (!reading) return [];
    const hole = reading.hole[place];
    return [
      element("b", {}, String(reading.digit[place])),
      " ",
      element("span", { class: "gl-whole" }, `${writeWhole(100 * reading.sure[place])} %`),
      element("br"),
      writeDistance(reading.distance[place]),
      ...(hole ? [element("br"), element("span", { class: "gl-empty" }, long ? [words.blurred, words.far][hole - 1] : words.hole)] : []),
    ];
  }

  function draw() {
    const t = +handle.value;
    const place = Math.round(t * (PLACES - 1));
    const text = `t = ${writeShare(t)}`;
    setText(share, text);
    handle.setAttribute("aria-valuetext", text);
    const now = stops.reduce((best, stop, n) => (Math.abs(stop - place) < Math.abs(stops[best] - place) ? n : best), 0);
    for (const row of rows) {
      row.screen.paint(decode(row, t));
      row.caption.replaceChildren(...told(row, place, true));
      row.frames.forEach(({ figure }, n) => figure.classList.toggle("gl-now", n === now));
    }
  }

  /** All that does not follow the hand. */
  function lay(row, { title, note, from, to, reading }, net) {
    Object.assign(row, { from, to, reading, net });
    row.title.textContent = row.name.textContent = title;
    row.note.textContent = note;
    row.screen.canvas.setAttribute("aria-label", `${title}: ${words.picture}`);
    row.ribbon.hidden = !reading;
    row.ribbon.setAttribute("aria-label", note || title);
    while (row.frames.length > stops.length) row.frames.pop();
    while (row.frames.length < stops.length) row.frames.push(makeFrame());
    row.strip.replaceChildren(...row.frames.map(({ figure }) => figure));
    row.frames.forEach(({ screen, caption, figure }, n) => {
      const t = stops[n] / (PLACES - 1);
      screen.paint(decode(row, t));
      screen.canvas.setAttribute("aria-label", `${title}, t = ${writeShare(t)}`);
      caption.replaceChildren(...told(row, stops[n]));
      figure.classList.toggle("gl-hole", Boolean(reading?.hole[stops[n]]));
    });
    if (reading) paintRibbon(row.ribbon, reading);
  }

  /** Full height in the colour of the digit; a thin grey line where there is none. */
  function paintRibbon(canvas, { digit, hole }) {
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, PLACES, RIBBON);
    for (let place = 0; place < PLACES; place++) {
      const high = hole[place] ? 2 : RIBBON;
      pen.fillStyle = hole[place] ? "#808080" : colours[digit[place]];
      pen.fillRect(place, (RIBBON - high) / 2, 1, high);
    }
  }

  return {
    async update(data, current) {
      const nets = await Promise.all(data.rows.map(({ decoder }) => decoder && network(decoder)));
      if (!current()) return;
      ({ words, colours, way, stops } = data);
      writeShare = numbers(words.lang, 2);
      writeWhole = numbers(words.lang, 0);
      writeDistance = numbers(words.lang, 1);
      handle.setAttribute("aria-label", words.handle);
      walk.style.setProperty("--steps", stops.length);
      walk.style.setProperty("--ways", data.rows.length);
      while (rows.length > data.rows.length) rows.pop();
      while (rows.length < data.rows.length) rows.push(makeRow());
      places.replaceChildren(...rows.map(({ box }) => box));
      rows.forEach((row, n) => lay(row, data.rows[n], nets[n]));
      if (data.at !== at) {
        at = data.at;
        handle.value = data.start ?? 0.5;
      }
      draw();
    },
  };
});

const RIBBON = 10;

/** (1 − t) a + t b, or on the great circle through a and b (Shoemake 1985), as genlab/interpolation.py has it. */
export function along(a, b, t, way) {
  let [u, v] = [1 - t, t];
  if (way === "circle") {
    const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
    const angle = Math.acos(Math.min(Math.max(ab / Math.max(Math.sqrt(aa * bb), 1e-12), -1), 1));
    const sine = Math.sin(angle);
    if (aa && bb && sine > FLAT) [u, v] = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  }
  return a.map((x, i) => u * x + v * b[i]);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const STYLE = `
.gl-walks { display: grid; gap: 1.1rem; --side: 7rem; --gap: 1.25rem; --hole: rgb(255 140 26); }
.gl-hand { display: grid; grid-template-columns: var(--side) minmax(0, 1fr); gap: var(--gap); align-items: center; }
.gl-hand output { text-align: center; font-weight: 600; }
.gl-rail { padding: 0 calc(50% / var(--steps) - 0.55rem); }
.gl-places { display: grid; gap: 1.25rem; }
.gl-way { display: grid; grid-template: "now text" auto "now film" 1fr / var(--side) minmax(0, 1fr); gap: 0.35rem var(--gap); }
.gl-way > figure { grid-area: now; }
.gl-way > figure figcaption { min-height: 4.2em; }
.gl-way-text { grid-area: text; display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; }
.gl-way-text b { font-size: 1.1rem; }
.gl-way-film { grid-area: film; min-width: 0; }
.gl-film-strip { display: grid; grid-template-columns: repeat(var(--steps), minmax(0, 1fr)); gap: 0.25rem; cursor: pointer; }
.gl-film-strip figcaption { font-size: 0.85rem; line-height: 1.2; padding-top: 0.25rem; }
.gl-film-strip .gl-now .gl-screen { outline: 3px solid var(--st-primary-color); }
.gl-film-strip .gl-hole .gl-screen { border: 2px dashed var(--hole); }
.gl-empty { border-bottom: 2px dashed var(--hole); }
.gl-whole { white-space: nowrap; }
.gl-name { display: none; }
.gl-ribbon { width: 100%; height: 0.6rem; margin-top: 0.3rem; }
.gl-way-film .gl-rail { padding: 0 calc(50% / var(--steps)); }
@container (max-width: 36rem) {
  .gl-walks { grid-template-columns: repeat(var(--ways), minmax(0, 1fr)); gap: 0.75rem; }
  .gl-places, .gl-way { display: contents; }
  .gl-hand, .gl-way-text, .gl-way-film { grid-area: auto / 1 / auto / -1; order: 2; }
  .gl-hand { grid-template-columns: 5rem minmax(0, 1fr); order: 1; }
  .gl-way > figure { grid-area: auto; }
  .gl-way > figure figcaption { font-size: 0.85rem; min-height: 7em; hyphens: auto; overflow-wrap: break-word; }
  .gl-name { display: block; font-size: min(1em, calc((100cqw / var(--ways) - 0.75rem) / 7)); } /* “Autoencoder” in one line */
  .gl-way-text { display: block; margin-top: 0.5rem; }
  .gl-way-text * { display: block; }
  .gl-film-strip { grid-template-columns: repeat(5, minmax(0, 1fr)); }
  .gl-hand .gl-rail, .gl-way-film .gl-rail { padding: 0; }
}
`;
