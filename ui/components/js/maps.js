/**
 * Several maps of the same vectors, linked: what is under the pointer, selected or hidden on one is so on all; a click
 * decodes the place and lists its neighbours.
 *
 * data: {maps, labels, colours, own, codes, decoder, pictures, vectors, start, at, words}. maps are {key, title,
 * figures, note, points, mean, axes}: numbers as base64 of float16, mean and axes where the map has an inverse. own are
 * the visitor's picture's places by key. codes, decoder and pictures are addresses or null; vectors says which of codes
 * and pictures the maps are of, or neither if those are not here. Value: place, {at, values: [which map, x, y]}.
 */

import { component, element, numbers, Screen, setText } from "./kit.js";
import { bytes, halves, known } from "./maps_data.js";
import { mapView } from "./maps_view.js";
import { network } from "./runtime.js";

const NEIGHBOURS = 8;
const SHEET = 24; // pictures of a selection that are shown
const SIDE = 28;

export default component((root, say) => {
  const shared = { labels: [], colours: [], hidden: new Set(), selected: new Set(), own: {}, lasso: false };
  let maps = [];
  let views = [];
  let words, write, at, net, codes, pictures, vectors, width;
  let chosen = null; // {map, place, dot}
  let hovered = null;

  const row = element("div", { class: "gl-maprow" });
  const tile = new Screen({ class: "gl-hover", "aria-hidden": "true", hidden: true });
  const aloud = element("p", { class: "gl-aloud", "aria-live": "polite" });
  const legend = element("div", { class: "gl-row gl-digits" });
  const lasso = element("button", { type: "button", class: "gl-finger", onclick: () => setLasso(!shared.lasso) });
  const empty = element("button", { type: "button", onclick: () => select([], false) });
  const decoded = new Screen({ class: "gl-screen" });
  const [title, reading] = [element("b"), element("span")];
  const caption = element("figcaption", { "aria-live": "polite" }, title, element("br"), reading);
  const neighbours = Array.from({ length: NEIGHBOURS }, () => {
    const [screen, digit, far] = [new Screen({ class: "gl-screen" }), element("b"), element("span")];
    return { screen, digit, far, figure: element("figure", { hidden: true }, screen.canvas, element("figcaption", {}, digit, " ", far)) };
  });
  const near = element("div", { class: "gl-near" }, ...neighbours.map(({ figure }) => figure));
  const count = element("p", { class: "gl-note", "aria-live": "polite" });
  const sheet = element("canvas", { class: "gl-sheet", role: "img", hidden: true });
  const nearTitle = element("b");
  const foot = element("p", { class: "gl-note" });
  root.append(
    element("style", {}, STYLE),
    element("div", { class: "gl-maps" }, row, tile.canvas),
    aloud,
    element("div", { class: "gl-row gl-under" }, legend, lasso, empty),
    count,
    sheet,
    element(
      "div",
      { class: "gl-place" },
      element("figure", {}, decoded.canvas, caption),
      element("div", {}, nearTitle, near, foot),
    ),
  );

  const vectorOf = (i) => (vectors === "codes" ? codes : pictures).subarray(i * width, (i + 1) * width);

  /** The picture of a dot: the real one, or what the decoder makes of its code. */
  function pictureOf(i) {
    if (pictures) return pictures.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
    const length = codes ? codes.length / shared.labels.length : 0;
    return codes && net ? net.run(codes.subarray(i * length, (i + 1) * length)) : new Float32Array(SIDE * SIDE);
  }

  function hover(index, over, place) {
    hovered = index < 0 ? null : index;
    tile.canvas.hidden = hovered === null;
    if (hovered !== null) {
      tile.paint(pictureOf(index));
      const [plot, box] = [over.querySelector(".gl-plot").getBoundingClientRect(), row.getBoundingClientRect()];
      const [x, y] = [plot.left - box.left + place[0], plot.top - box.top + place[1]];
      tile.canvas.style.left = `clamp(2.6rem, ${x}px, 100% - 2.6rem)`;
      tile.canvas.style.top = `${y}px`;
      tile.canvas.classList.toggle("gl-below", place[1] < 110);
      tile.canvas.style.borderColor = shared.colours[shared.labels[index]];
      tile.canvas.dataset.digit = shared.labels[index];
      setText(aloud, words.nearest.replace("{digit}", shared.labels[index]));
    }
    marks();
  }

  function marks() {
    const lit = chosen?.near ?? [];
    views.forEach((view, n) => view.paintMarks({ hovered, lit, place: chosen?.map === n ? chosen.place : null }));
  }

  function select(indices, more) {
    shared.selected = new Set(more ? [...shared.selected, ...indices] : indices);
    views.forEach((view) => view.paintDots());
    showSelection();
  }

  function showSelection() {
    const picked = [...shared.selected];
    empty.disabled = !picked.length;
    sheet.hidden = !picked.length;
    const each = shared.colours.map((_, digit) => [picked.filter((i) => shared.labels[i] === digit).length, digit]);
    const most = each.filter(([n]) => n).sort((a, b) => b[0] - a[0]);
    count.textContent = picked.length
      ? words.selected.replace("{n}", picked.length).replace("{digits}", most.map(([n, digit]) => `${n} × ${digit}`).join(", "))
      : words.how;
    if (!picked.length) return;
    const every = Math.max(1, picked.length / SHEET);
    const some = Array.from({ length: Math.min(SHEET, picked.length) }, (_, n) => picked[Math.floor(n * every)]);
    [sheet.width, sheet.height] = [some.length * SIDE, SIDE];
    sheet.style.maxWidth = `${some.length * 2.6}rem`;
    const pen = sheet.getContext("2d");
    some.forEach((i, n) => {
      tile.paint(pictureOf(i));
      pen.drawImage(tile.canvas, n * SIDE, 0);
    });
    sheet.setAttribute("aria-label", count.textContent);
  }

  /** Decode a place: by the map's inverse if it has one, else the nearest dot's code. */
  function choose(which, x, y, dot, quietly) {
    const map = maps[which];
    let vector = null;
    if (map.mean) vector = map.mean.map((mean, i) => mean + x * map.axes[i] + y * map.axes[width + i]);
    else if (vectors) vector = vectorOf(dot);
    const found = vectors ? byVector(vector) : byPlace(map, x, y);
    if (map.mean && width === SIDE * SIDE) decoded.paint(vector.map(clip)); // the vectors are pictures themselves
    else if (vectors === "codes" && net) decoded.paint(net.run(vector));
    else decoded.paint(pictureOf(map.mean ? found[0][0] : dot)); // no decoder that a browser runs
    chosen = { map: which, place: [x, y], dot, near: found.map(([i]) => i) };
    const exact = map.mean && (net || width === SIDE * SIDE);
    setText(title, map.title);
    setText(reading, exact ? words.inverse : words.closest);
    setText(nearTitle, vectors ? words.neighbours : words.beside);
    neighbours.forEach(({ screen, digit, far, figure }, n) => {
      figure.hidden = n >= found.length;
      if (figure.hidden) return;
      const [i, distance] = found[n];
      screen.paint(pictureOf(i));
      screen.canvas.setAttribute("aria-label", String(shared.labels[i]));
      setText(digit, String(shared.labels[i]));
      setText(far, write(distance));
    });
    marks();
    if (!quietly) say("place", { at, values: [which, +x.toFixed(3), +y.toFixed(3)] });
  }

  function byVector(vector) {
    return ranked((i) => {
      const from = i * width;
      const all = vectors === "codes" ? codes : pictures;
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (all[from + k] - vector[k]) ** 2;
      return Math.sqrt(sum);
    });
  }

  const byPlace = (map, x, y) => ranked((i) => Math.hypot(map.points[2 * i] - x, map.points[2 * i + 1] - y));

  function ranked(distance) {
    const best = []; // [which, how far], the nearest first
    for (let i = 0; i < shared.labels.length; i++) {
      const far = distance(i);
      if (best.length === NEIGHBOURS && far >= best.at(-1)[1]) continue;
      best.splice(best.findLastIndex(([, other]) => other <= far) + 1, 0, [i, far]);
      best.length = Math.min(best.length, NEIGHBOURS);
    }
    return best;
  }

  function setLasso(on) {
    shared.lasso = on;
    lasso.setAttribute("aria-pressed", on);
    views.forEach((view) => view.lasso(on));
  }

  function toggle(digit) {
    if (!shared.hidden.delete(digit)) shared.hidden.add(digit);
    legendOf();
    views.forEach((view) => view.paintDots());
  }

  function legendOf() {
    legend.replaceChildren(
      ...shared.colours.map((colour, digit) =>
        element(
          "button",
          { type: "button", "aria-pressed": String(!shared.hidden.has(digit)), onclick: () => toggle(digit) },
          element("i", { style: `background:${colour}` }),
          String(digit),
        ),
      ),
    );
  }

  return {
    async update(data, current) {
      const [found, coded, pictured] = await Promise.all([
        data.decoder && network(data.decoder),
        data.codes && known(data.codes),
        data.pictures && known(data.pictures),
      ]);
      if (!current()) return;
      ({ words, vectors } = data);
      write = numbers(words.lang, 2);
      net = found;
      codes = coded?.codes ?? null;
      pictures = pictured?.pictures ?? null;
      shared.labels = bytes(data.labels);
      shared.colours = data.colours;
      shared.own = data.own;
      const before = maps.map((map) => map.sent);
      maps = data.maps.map((map) => ({ ...map, sent: map.points, points: halves(map.points), mean: halves(map.mean), axes: halves(map.axes) }));
      const other = at !== data.at;
      at = data.at;
      width = maps[0].mean?.length ?? 0;
      if (other) {
        shared.selected = new Set();
        chosen = null;
      }
      if (views.length !== maps.length) {
        views.forEach((view) => view.leave());
        views = maps.map((_, n) =>
          mapView({ hover, select, clear: () => select([], false), choose: (x, y, dot) => choose(n, x, y, dot) }),
        );
        row.replaceChildren(...views.map((view) => view.root));
      }
      lasso.textContent = words.lasso;
      empty.textContent = words.empty;
      decoded.canvas.setAttribute("aria-label", words.decoded);
      foot.textContent = words.pictures;
      setLasso(shared.lasso);
      legendOf();
      views.forEach((view, n) => view.show(maps[n], shared, words));
      showSelection();
      if (other || !chosen) begin(data.start);
      else if (maps[chosen.map].sent === before[chosen.map]) marks();
      else again(chosen.map, chosen.dot); // another map of the same dots
    },
    leave() {
      views.forEach((view) => view.leave());
    },
  };

  function again(which, dot) {
    const { points } = maps[which];
    if (points) choose(which, points[2 * dot], points[2 * dot + 1], dot, true);
  }

  /** Where the address says; else where the visitor's picture is, or in the middle of the first map. */
  function begin(start) {
    const [which, x, y] = start && maps[start[0]]?.points ? start : [0, ...(shared.own[maps[0].key] ?? [0, 0])];
    const { points } = maps[which];
    let dot = 0, best = Infinity;
    for (let i = 0; i < points.length / 2; i++) {
      const distance = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
      if (distance < best) [best, dot] = [distance, i];
    }
    choose(which, x, y, dot, true);
  }
});

const clip = (value) => Math.min(Math.max(value, 0), 1);

const STYLE = `
.gl-maps { position: relative; }
.gl-maprow { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1rem; }
.gl-onemap figcaption { text-align: left; padding: 0 0 0.3rem; min-height: 1.9rem; }
.gl-plot { position: relative; aspect-ratio: 1; border: 1px solid var(--st-border-color); overflow: hidden; cursor: crosshair;
  border-radius: var(--st-base-radius, 0.5rem); background: var(--st-background-color); touch-action: pan-y pinch-zoom; user-select: none; }
.gl-plot.gl-lasso { touch-action: none; border-color: var(--st-primary-color); }
.gl-plot > canvas { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: auto; }
.gl-none { position: absolute; inset: 0; display: grid; place-content: center; padding: 1.5rem; margin: 0; text-align: center; opacity: 0.8; }
.gl-none[hidden] { display: none; }
.gl-figures { font-size: 0.95rem; padding-top: 0.35rem; font-variant-numeric: tabular-nums; }
.gl-hover { position: absolute; width: 5rem; height: 5rem; translate: -50% calc(-100% - 1rem); pointer-events: none; z-index: 3;
  border: 3px solid; border-radius: 0.4rem; background: #000; }
.gl-hover[hidden] { display: none !important; }
.gl-hover.gl-below { translate: -50% 1rem; }
.gl-under { margin-top: 0.75rem; justify-content: space-between; }
.gl .gl-digits { gap: 0.25rem; margin-right: auto; }
.gl .gl-digits button { min-width: 2.9rem; padding: 0.2rem 0.4rem; background: none; color: inherit; border-color: transparent; }
.gl .gl-digits button[aria-pressed="false"] { opacity: 0.45; text-decoration: line-through; border-color: var(--st-border-color); }
.gl-digits i { display: inline-block; width: 0.85rem; height: 0.85rem; border-radius: 50%; margin-right: 0.3rem; }
.gl .gl-finger { display: none; } /* a mouse needs no leave to draw */
@media (any-pointer: coarse) { .gl .gl-finger { display: inline-block; } }
.gl .gl-sheet { width: 100%; border-radius: 0.3rem; background: #000; }
.gl .gl-sheet[hidden] { display: none; }
.gl-place { display: grid; grid-template-columns: 9rem 1fr; gap: 1.25rem; margin-top: 0.75rem; align-items: start; }
.gl-near { display: grid; grid-template-columns: repeat(8, minmax(0, 4.5rem)); gap: 0.5rem; padding-top: 0.4rem; }
.gl-aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
@container (max-width: 42rem) {
  .gl-maprow { grid-template-columns: 1fr; }
  .gl-place { grid-template-columns: 7rem 1fr; gap: 0.75rem; }
  .gl-near { grid-template-columns: repeat(4, minmax(0, 1fr)); }
}
`;
