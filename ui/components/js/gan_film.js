/**
 * Films side by side under one handle, which is dragged or plays. Nothing is asked of the server meanwhile.
 *
 * data: {films, stops, side, gap, thumbs, loop, start, at, words}. A film is {title, url, rows, frames, captions, colours,
 * charts}: a picture with frames below each other, each of rows × rows pictures of side × side pixels with gaps between
 * them; for each stop of the handle the frame, what is said of it, and a colour for a ribbon; and charts, see
 * gan_curves.js. stops are the numbers that the handle's stops stand for; every thumbs-th is also shown small. start
 * counts when at changes. Value: stop, {at, values: [its number]}, on release.
 */

import { CURVES, makeChart } from "./gan_curves.js";
import { component, element, forgivesScrolls, onRelease, setText } from "./kit.js";

const PACE = 240; // ms for a stop
const SMOOTH = 90; // where playing goes round and round
const RIBBON = 8;

export default component((root, say) => {
  let data, at;
  let views = [];
  let timer = 0;

  const value = element("output", { "aria-live": "off" });
  const handle = element("input", { type: "range", min: 0, step: 1, value: 0 });
  const play = element("button", { type: "button", onclick: () => (timer ? rest() : run()) });
  const place = element("div", { class: "gl-films" });
  root.append(
    element("style", {}, STYLE + CURVES),
    element("div", { class: "gl-scrub" }, play, handle, value),
    place,
  );

  const released = onRelease(handle, commit);
  const scrolled = forgivesScrolls(handle);
  handle.oninput = () => {
    stop();
    draw();
  };
  handle.onchange = () => scrolled() || released();

  function commit() {
    say("stop", { at, values: [data.stops[+handle.value]] });
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    if (data) play.textContent = data.words.play;
    play.setAttribute("aria-pressed", "false");
  }

  /** Playing ends, and the server may know where. */
  function rest() {
    stop();
    commit();
  }

  function run() {
    const last = data.stops.length - 1;
    if (+handle.value === last) handle.value = 0;
    draw();
    timer = setInterval(() => {
      if (!root.isConnected) return stop();
      if (+handle.value < last || data.loop) handle.value = (+handle.value + 1) % (last + 1);
      draw();
      if (+handle.value === last && !data.loop) rest();
    }, data.loop ? SMOOTH : PACE);
    play.textContent = data.words.pause;
    play.setAttribute("aria-pressed", "true");
  }

  function draw() {
    const n = +handle.value;
    const text = data.words.value.replace("{n}", data.stops[n]);
    setText(value, text);
    handle.setAttribute("aria-valuetext", [text, ...views.map((view) => view.film.captions[n])].join(", "));
    for (const view of views) {
      cut(view, view.film.frames[n], view.canvas);
      setText(view.caption, view.film.captions[n]);
      view.canvas.setAttribute("aria-label", `${view.film.title}, ${text}`);
      view.charts.forEach((chart) => chart.mark(data.stops[n]));
      view.thumbs.forEach(({ canvas, stop: its }) => canvas.classList.toggle("gl-now", Math.abs(its - n) * 2 < data.thumbs));
    }
  }

  function cut({ image, film }, frame, canvas) {
    const side = film.rows * (data.side + data.gap) - data.gap;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    canvas.getContext("2d").drawImage(image, 0, frame * side, side, side, 0, 0, side, side);
  }

  function makeView(film, image) {
    const canvas = element("canvas", { class: "gl-screen", role: "img" });
    const caption = element("output", { "aria-live": "off" });
    const view = { film, image, canvas, caption, thumbs: [] };
    view.charts = film.charts.map((sent) => {
      const chart = makeChart();
      chart.draw(sent, data.stops.at(-1), data.words.lang);
      return chart;
    });
    const large = element("figure", { class: "gl-frame" }, canvas, element("figcaption", {}, caption));
    const strip = element("div", { class: "gl-strip" });
    for (let n = 0; data.thumbs && n < data.stops.length; n += data.thumbs) {
      const small = element("canvas", { class: "gl-screen", "aria-hidden": "true" });
      small.onclick = () => {
        stop();
        handle.value = n;
        draw();
        commit();
      };
      cut(view, film.frames[n], small);
      view.thumbs.push({ canvas: small, stop: n });
      strip.append(small);
    }
    const more = element("div", { class: "gl-beside" }, ...(film.colours.length ? [makeRibbon(film.colours)] : []), strip);
    view.box = element(
      "section",
      {},
      element("b", { class: "gl-title" }, film.title),
      element("div", { class: data.thumbs ? "gl-one" : "" }, large, more),
    );
    if (view.charts.length) {
      const whose = element("b", { class: "gl-whose" }, film.title);
      view.box.append(element("div", { class: "gl-charts" }, whose, ...view.charts.map(({ box }) => box)));
    }
    return view;
  }

  function makeRibbon(colours) {
    const canvas = element("canvas", { class: "gl-ribbon", width: colours.length, height: RIBBON, "aria-hidden": "true" });
    const pen = canvas.getContext("2d");
    colours.forEach((colour, n) => {
      pen.fillStyle = colour;
      pen.fillRect(n, 0, 1, RIBBON);
    });
    return canvas;
  }

  return {
    async update(sent, current) {
      const images = await Promise.all(sent.films.map(({ url }) => load(url)));
      if (!current()) return;
      const fresh = sent.at !== at;
      data = sent;
      handle.max = data.stops.length - 1;
      handle.setAttribute("aria-label", data.words.handle);
      value.style.minWidth = `${data.words.value.length + 2}ch`;
      if (fresh) {
        stop();
        at = data.at;
      }
      if (!timer) stop(); // its word may be in another language now
      const before = handle.value;
      views = data.films.map((film, n) => makeView(film, images[n]));
      place.style.setProperty("--films", views.length);
      place.replaceChildren(...views.map(({ box }) => box));
      handle.value = fresh ? data.start : before;
      draw();
    },
    leave: stop,
  };
});

const pictures = new Map(); // address -> a promise of the picture

function load(url) {
  if (!pictures.has(url)) {
    if (pictures.size > 12) pictures.clear();
    const image = element("img", { src: new URL(url, document.baseURI).href, alt: "" });
    const coming = image.decode().then(() => image);
    coming.catch(() => pictures.delete(url)); // so that the next visit tries again
    pictures.set(url, coming);
  }
  return pictures.get(url);
}

const STYLE = `
.gl-scrub { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 0.75rem; align-items: center;
  position: sticky; top: 3.75rem; z-index: 2; background: var(--st-background-color); padding: 0.4rem 0; }
.gl-scrub output { font-weight: 600; text-align: right; }
.gl-scrub button { min-width: 6.5rem; }
.gl-films { display: grid; grid-template-columns: repeat(var(--films), minmax(0, 1fr)); gap: 1.25rem; }
.gl-films section { display: grid; gap: 0.5rem; align-content: start; }
.gl-title { font-size: 1.1rem; }
.gl-whose { display: none; }
.gl-frame { max-width: 26rem; }
.gl-frame figcaption { text-align: left; }
.gl-one { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 1.25rem; align-items: center; }
.gl-one .gl-frame figcaption { min-height: 4.2em; }
.gl-strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(3.4rem, 1fr)); gap: 0.3rem; cursor: pointer; }
.gl-strip .gl-now { outline: 3px solid var(--st-primary-color); }
.gl-ribbon { width: 100%; height: 0.6rem; margin-bottom: 0.5rem; border-radius: 0.2rem; }
@container (max-width: 36rem) {
  .gl-films { gap: 0.6rem; }
  .gl-one { grid-template-columns: 1fr; gap: 0.6rem; }
  .gl-one .gl-frame { width: 11rem; margin: auto; }
  .gl-films section { display: contents; }
  .gl-films .gl-charts { grid-column: 1 / -1; order: 2; grid-template-columns: 1fr; }
  .gl-films .gl-one { grid-column: 1 / -1; }
  .gl-films .gl-title { order: -1; }
  .gl-films .gl-whose { display: block; font-size: 1.1rem; }
}
`;
