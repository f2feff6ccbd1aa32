/** Plots for the lesson on densities: a field with axes, lines in its own units, contours, and handles to drag. */

import { element, onRelease } from "./kit.js";
import { svg } from "./vae_bars.js";

const STEP = 0.01; // of an axis, for an arrow key; ten times that with Shift

export class Plot {
  /** `ticks` are how many numbers are wanted on either axis; `logs` which axis is logarithmic. */
  constructor({ ticks = [5, 4], logs = [false, false], name = "" } = {}) {
    Object.assign(this, { ticks, logs, range: [[0, 1], [0, 1]], paths: new Map() });
    this.canvas = element("canvas", { "aria-hidden": "true", width: 1, height: 1 });
    this.svg = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.field = element("div", { class: "gl-field" }, this.canvas, this.svg);
    this.marks = [0, 1].map((axis) => element("div", { class: `gl-ticks gl-ticks-${"xy"[axis]}`, "aria-hidden": "true" }));
    this.titles = [0, 1].map((axis) => element("span", { class: `gl-axis gl-axis-${"xy"[axis]}` }));
    this.element = element("div", { class: `gl-plot ${name}` }, this.titles[1], this.marks[1], this.field, this.marks[0], this.titles[0]);
  }

  /** Low and high of either axis, and how a number is written. */
  setRange(x, y, write) {
    this.range = [x, y];
    this.marks.forEach((box, axis) => {
      const places = this.ticks[axis] ? nice(...this.range[axis], this.ticks[axis], this.logs[axis]) : [];
      box.replaceChildren(
        ...places.map((value) => {
          const share = this.share(value, axis);
          return element("span", { style: axis ? `bottom:${100 * share}%` : `left:${100 * share}%` }, write(value));
        }),
      );
    });
  }

  /** Where a value is on its axis, 0…1, and back. */
  share(value, axis) {
    const [low, high] = this.range[axis];
    return this.logs[axis] ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }

  value(share, axis) {
    const [low, high] = this.range[axis];
    return this.logs[axis] ? low * (high / low) ** share : low + share * (high - low);
  }

  /** A class of lines; those that are made later lie above. */
  layer(name) {
    const path = svg("path", { class: name });
    this.svg.append(path);
    this.paths.set(name, path);
    return this;
  }

  /** Lines through points in the plot's units; each list is a line of its own. */
  draw(name, ...lines) {
    this.paths.get(name).setAttribute("d", lines.map((line) => `M${line.map((point) => this.#place(point)).join("L")}`).join(""));
  }

  /** Lines that are ready, in shares of the field from its upper left corner. */
  drawRaw(name, text) {
    this.paths.get(name).setAttribute("d", text);
  }

  /** Bars from 0 up, between edges. */
  drawBars(name, edges, heights) {
    this.draw(
      name,
      ...heights.map((high, n) => [[edges[n], 0], [edges[n], high], [edges[n + 1], high], [edges[n + 1], 0]]),
    );
  }

  #place([x, y]) {
    const within = (value) => Math.min(Math.max(value, -1), 2).toFixed(4);
    return `${within(this.share(x, 0))} ${within(1 - this.share(y, 1))}`;
  }

  /** Values at the pointer, within the axes. */
  fromPointer(event, grip = [0, 0]) {
    const box = this.field.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    return at.map((share, axis) => this.value(Math.min(Math.max(share + grip[axis], 0), 1), axis));
  }

  /** A press on the field moves a handle there: mice drag on, a finger taps, so that it can also scroll. */
  goesTo(handle) {
    this.field.style.cursor = "crosshair";
    this.field.onpointerdown = (event) => {
      if (event.pointerType !== "mouse" || event.button) return;
      this.field.setPointerCapture(event.pointerId);
      handle.move(this.fromPointer(event));
      handle.element.focus({ preventScroll: true });
      event.preventDefault();
    };
    this.field.onpointermove = (event) => event.pointerType === "mouse" && event.buttons & 1 && handle.move(this.fromPointer(event));
    const released = onRelease(this.field, handle.release);
    this.field.onclick = (event) => {
      handle.move(this.fromPointer(event));
      released();
    };
  }
}

/** Something to drag: `move` gets values of both axes, `release` is called when it is let go. */
export class Handle {
  constructor(plot, { move, release, name = "", axes = "xy", remove }) {
    Object.assign(this, { plot, move, release, at: [0, 0] });
    this.element = element("div", { class: `gl-knob ${name}`, role: "slider", tabindex: 0, "aria-valuenow": 0 });
    if (axes === "x") this.element.setAttribute("aria-orientation", "horizontal");
    plot.field.append(this.element);
    const released = onRelease(this.element, () => this.release());
    let held = null;
    let grip = [0, 0];
    this.element.onpointerdown = (event) => {
      if (!event.isPrimary || event.button) return;
      event.stopPropagation();
      held = event.pointerId;
      this.element.setPointerCapture(held);
      const box = plot.field.getBoundingClientRect();
      const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      grip = share.map((one, axis) => plot.share(this.at[axis], axis) - one);
      this.element.focus({ preventScroll: true });
      event.preventDefault();
    };
    this.element.onpointermove = (event) => {
      if (event.pointerId === held) this.move(plot.fromPointer(event, grip));
    };
    this.element.onpointerup = this.element.onpointercancel = (event) => {
      if (event.pointerId !== held) return;
      held = null;
      released();
    };
    this.element.onclick = (event) => event.stopPropagation();
    this.element.ondblclick = () => remove?.();
    this.element.onkeydown = (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: axes === "x" ? [1, 0] : [0, 1], ArrowDown: axes === "x" ? [-1, 0] : [0, -1] }[event.key];
      if (remove && (event.key === "Delete" || event.key === "Backspace")) remove();
      else if (way) {
        const far = STEP * (event.shiftKey ? 10 : 1);
        this.move(this.at.map((value, axis) => plot.value(Math.min(Math.max(plot.share(value, axis) + far * way[axis], 0), 1), axis)));
      } else return;
      event.preventDefault();
      released();
    };
  }

  name(label, kind) {
    this.element.setAttribute("aria-label", label);
    if (kind) this.element.setAttribute("aria-roledescription", kind);
  }

  /** To a place in the plot's units, of which `text` tells; what is outside stays at the edge. */
  place(x, y, text, now = x) {
    this.at = [x, y];
    const edge = (share) => `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(3)}%`;
    this.element.style.left = edge(this.plot.share(x, 0));
    this.element.style.bottom = edge(this.plot.share(y, 1));
    this.element.setAttribute("aria-valuenow", +now.toPrecision(4));
    ["aria-valuemin", "aria-valuemax"].forEach((name, end) => this.element.setAttribute(name, +this.plot.range[0][end].toPrecision(4)));
    this.element.setAttribute("aria-valuetext", text);
  }
}

/** About so many round numbers between low and high. */
export function nice(low, high, wanted, log = false) {
  if (log) {
    const all = [];
    for (let ten = 10 ** Math.floor(Math.log10(low)); ten <= high; ten *= 10) all.push(...[1, 2, 5].map((n) => n * ten));
    const inside = all.filter((value) => value >= low && value <= high);
    const every = Math.max(1, Math.ceil(inside.length / wanted));
    return inside.filter((_, n) => n % every === 0);
  }
  const raw = (high - low) / wanted;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * ten).find((one) => one >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(Math.floor(high / step + 1e-9) - first + 1, 0) }, (_, n) => (first + n) * step);
}

/** Numbers with three digits that count, as the visitor writes them. */
export function short(lang, digits = 3) {
  const format = new Intl.NumberFormat(lang.replace("_", "-"), { maximumSignificantDigits: digits });
  return (value) => format.format(value === 0 ? 0 : value).replace("-", "−");
}

// ------------------------------------------------------------------------------------------------ fields
/** Values (rows × columns, from below) at the middles of a grid over a plot: `f([x, y])`. */
export function sample(plot, side, f) {
  const values = new Float64Array(side * side);
  const [xs, ys] = [0, 1].map((axis) => Array.from({ length: side }, (_, n) => plot.value((n + 0.5) / side, axis)));
  for (let row = 0, n = 0; row < side; row++) for (let column = 0; column < side; column++, n++) values[n] = f([xs[column], ys[row]]);
  return values;
}

/** A cell a pixel: `colour(value, n)` gives [red, green, blue, alpha], 0…255. */
export function paint(canvas, side, values, colour) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  values.forEach((value, n) => image.data.set(colour(value, n), 4 * ((side - 1 - Math.floor(n / side)) * side + (n % side))));
  pen.putImageData(image, 0, 0);
}

/** Where sampled values cross a level, by marching squares, for `drawRaw`. */
export function contour(side, values, level) {
  const lines = [];
  const middle = (n) => (n + 0.5) / side;
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => [column + x, row + y, values[(row + y) * side + column + x] - level]);
      const cuts = [];
      corners.forEach(([x, y, a], n) => {
        const [u, v, b] = corners[(n + 1) % 4];
        if (a > 0 === b > 0 || !Number.isFinite(a - b)) return;
        const t = a / (a - b);
        cuts.push(`${middle(x + t * (u - x)).toFixed(4)} ${(1 - middle(y + t * (v - y))).toFixed(4)}`);
      });
      for (let n = 0; n + 1 < cuts.length; n += 2) lines.push(`M${cuts[n]}L${cuts[n + 1]}`);
    }
  }
  return lines.join("");
}

/** Viridis (van der Walt & Smith 2015), as good without colour: 0…1 to [red, green, blue, alpha]. */
export function viridis(share) {
  const place = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const n = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return [...VIRIDIS[n].map((one, c) => one + (place - n) * (VIRIDIS[n + 1][c] - one)), 255];
}

const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

/** [red, green, blue] of "#rrggbb". */
export const rgb = (text) => [1, 3, 5].map((from) => parseInt(text.slice(from, from + 2), 16));
