/**
 * One map of many: dots in their digits' colours, a pointer that asks, clicks and draws lassos, and keys that do the
 * same. It says what is wanted and paints what it is told; what is selected or hidden, all maps share.
 *
 *     const view = mapView({ hover(index), choose(x, y), select(indices, more), clear() });
 *     view.show({ points, title, … }, shared);  view.paintDots();  view.paintMarks({ hovered, place, lit });
 */

import { element, themeRgb } from "./kit.js";

const MARGIN = 0.05;
const DOT = 2.1; // CSS pixels
const NEAR = 28; // CSS pixels; what is further from the pointer is not meant
const STEADY = 6; // CSS pixels that a click may move
const AT_ONCE = 30; // dots that a key selects

export function mapView({ hover, choose, select, clear }) {
  let shared, points, words;
  let view = [0, 0, 1]; // left, bottom, side: in the map's own numbers
  let placed = new Float32Array(0); // dots in CSS pixels
  let cursor = null; // of the keys, as shares of the side
  let path = null; // the lasso, CSS pixels
  let start = null;
  let held = null;
  let marks = {};

  const dots = element("canvas", { class: "gl-dots", "aria-hidden": "true" });
  const over = element("canvas", { class: "gl-dots", "aria-hidden": "true" });
  const note = element("p", { class: "gl-none", hidden: true });
  const plot = element("div", { class: "gl-plot", tabindex: 0, role: "application" }, dots, over, note);
  const title = element("b");
  const figures = element("div", { class: "gl-figures" });
  const root = element("figure", { class: "gl-onemap" }, element("figcaption", {}, title), plot, figures);
  const sharp = () => Math.min(devicePixelRatio || 1, 2);
  const size = () => plot.clientWidth || 300;

  const across = (x, y) => [((x - view[0]) / view[2]) * size(), (1 - (y - view[1]) / view[2]) * size()];
  const back = (left, top) => [view[0] + (left / size()) * view[2], view[1] + (1 - top / size()) * view[2]];

  function pen(canvas) {
    canvas.width = canvas.height = size() * sharp();
    const made = canvas.getContext("2d");
    made.scale(sharp(), sharp());
    return made;
  }

  function frame(extra) {
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    const grow = (x, y) => {
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [bottom, top] = [Math.min(bottom, y), Math.max(top, y)];
    };
    for (let i = 0; i < points.length; i += 2) grow(points[i], points[i + 1]);
    if (extra) grow(...extra);
    const side = Math.max(right - left, top - bottom, 1e-6) * (1 + 2 * MARGIN);
    view = [(left + right - side) / 2, (bottom + top - side) / 2, side];
  }

  const isShown = (i) => !shared.hidden.has(shared.labels[i]);

  function paintDots() {
    const brush = pen(dots);
    if (!points) return;
    placed = new Float32Array(points.length);
    const { labels, colours, selected } = shared;
    for (const lit of selected.size ? [false, true] : [null]) {
      for (let i = 0; i < labels.length; i++) {
        const [x, y] = across(points[2 * i], points[2 * i + 1]);
        placed.set([x, y], 2 * i);
        if (!isShown(i) || (lit !== null && selected.has(i) !== lit)) continue;
        brush.globalAlpha = lit === false ? 0.16 : 0.85;
        brush.fillStyle = colours[labels[i]];
        brush.beginPath();
        brush.arc(x, y, lit ? DOT + 1 : DOT, 0, 7);
        brush.fill();
      }
    }
    paintMarks(marks);
  }

  /** hovered and lit: dots by number, one and several; place: where it was clicked; own: the visitor's picture. */
  function paintMarks(wanted) {
    marks = wanted;
    const brush = pen(over);
    if (!points) return;
    const ink = `rgb(${themeRgb(root, "text-color").join(" ")})`;
    const ground = `rgb(${themeRgb(root, "background-color").join(" ")})`;
    const ring = (i, radius) => {
      brush.beginPath();
      brush.arc(placed[2 * i], placed[2 * i + 1], radius, 0, 7);
      brush.stroke();
    };
    brush.strokeStyle = ink;
    brush.lineWidth = 1.5;
    for (const i of marks.lit ?? []) ring(i, 4.5);
    brush.lineWidth = 2.5;
    if (marks.hovered != null) ring(marks.hovered, 7);
    if (marks.place) cross(brush, across(...marks.place), ink);
    if (shared.own[title.dataset.key]) diamond(brush, across(...shared.own[title.dataset.key]), ink, ground);
    if (cursor) {
      const [x, y] = [cursor[0] * size(), cursor[1] * size()];
      brush.setLineDash([4, 3]);
      cross(brush, [x, y], ink, 14);
      brush.setLineDash([]);
    }
    if (path?.length > 1) {
      brush.beginPath();
      path.forEach(([x, y]) => brush.lineTo(x, y));
      brush.closePath();
      brush.globalAlpha = 0.12;
      brush.fillStyle = ink;
      brush.fill();
      brush.globalAlpha = 1;
      brush.stroke();
    }
  }

  /** The dot nearest to a place in CSS pixels, of those that are shown; −1 if none is within `reach`. */
  function nearest(x, y, reach = Infinity) {
    let best = reach * reach, found = -1;
    for (let i = 0; i < shared.labels.length; i++) {
      const distance = (placed[2 * i] - x) ** 2 + (placed[2 * i + 1] - y) ** 2;
      if (distance < best && isShown(i)) [best, found] = [distance, i];
    }
    return found;
  }

  const here = (event) => {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left - plot.clientLeft, event.clientY - box.top - plot.clientTop]; // inside the border
  };
  plot.onpointerdown = (event) => {
    if (!points || held !== null || !event.isPrimary || event.button) return;
    [held, start, path] = [event.pointerId, here(event), null];
    cursor = null;
    if (event.pointerType !== "touch" || shared.lasso) plot.setPointerCapture(event.pointerId);
  };
  plot.onpointermove = (event) => {
    if (!points) return;
    const at = here(event);
    const draws = event.pointerId === held && (event.pointerType !== "touch" || shared.lasso);
    if (!draws) return event.pointerType !== "touch" && hover(nearest(...at, NEAR), root, at);
    if (!path && Math.hypot(at[0] - start[0], at[1] - start[1]) < STEADY) return;
    path ??= [start];
    path.push(at);
    hover(-1);
    paintMarks(marks);
  };
  plot.onpointerup = (event) => {
    if (event.pointerId !== held) return;
    const drawn = path;
    [held, path] = [null, null];
    if (drawn) select(inside(drawn), event.shiftKey);
    else if (nearest(...here(event)) >= 0) choose(...back(...here(event)), nearest(...here(event)));
    paintMarks(marks);
  };
  plot.onpointercancel = () => {
    [held, path] = [null, null];
    if (points) paintMarks(marks);
  };
  plot.onpointerleave = () => held === null && hover(-1);

  function inside(polygon) {
    const found = [];
    for (let i = 0; i < shared.labels.length; i++) {
      if (isShown(i) && isInside(placed[2 * i], placed[2 * i + 1], polygon)) found.push(i);
    }
    return found;
  }

  plot.onkeydown = (event) => {
    if (!points) return;
    const step = event.shiftKey ? 0.1 : 0.02;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!move && !["Enter", " ", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") return clear();
    cursor ??= [0.5, 0.5];
    if (move) cursor = cursor.map((value, axis) => Math.min(Math.max(value + move[axis], 0), 1));
    const at = cursor.map((share) => share * size());
    const near = nearest(...at);
    if (near < 0) return;
    if (move) hover(near, root, at);
    else if (event.key === "Enter") choose(...back(...at), near);
    else select(around(...at), true);
    paintMarks(marks);
  };
  plot.onblur = () => {
    cursor = null;
    if (points) hover(-1);
  };

  function around(x, y) {
    const shown = Array.from(shared.labels.keys()).filter(isShown);
    const distance = (i) => (placed[2 * i] - x) ** 2 + (placed[2 * i + 1] - y) ** 2;
    return shown.sort((a, b) => distance(a) - distance(b)).slice(0, AT_ONCE);
  }

  const resized = new ResizeObserver(() => shared && paintDots());
  resized.observe(plot);

  return {
    root,
    show(map, everything, spoken) {
      shared = everything;
      words = spoken;
      points = map.points;
      title.textContent = map.title;
      title.dataset.key = map.key;
      plot.setAttribute("aria-label", words.map.replace("{map}", map.title));
      plot.classList.toggle("gl-lasso", shared.lasso);
      note.hidden = !map.note;
      note.textContent = map.note ?? "";
      figures.replaceChildren(...map.figures.map((line) => element("div", {}, line)));
      if (points) frame(shared.own[map.key]);
      paintDots();
    },
    lasso: (on) => plot.classList.toggle("gl-lasso", on),
    paintDots,
    paintMarks,
    leave: () => resized.disconnect(),
  };
}

function cross(brush, [x, y], ink, reach = 9) {
  brush.strokeStyle = ink;
  brush.lineWidth = 2;
  brush.beginPath();
  for (const [a, b] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    brush.moveTo(x + 3 * a, y + 3 * b);
    brush.lineTo(x + reach * a, y + reach * b);
  }
  brush.stroke();
}

function diamond(brush, [x, y], ink, ground) {
  brush.beginPath();
  for (const [a, b] of [[0, -10], [8, 0], [0, 10], [-8, 0]]) brush.lineTo(x + a, y + b);
  brush.closePath();
  brush.fillStyle = ground;
  brush.strokeStyle = ink;
  brush.lineWidth = 3;
  brush.fill();
  brush.stroke();
}

/** Whether a ray to the right crosses the polygon an odd number of times. */
export function isInside(x, y, polygon) {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[ax, ay], [bx, by]] = [polygon[i], polygon[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}
