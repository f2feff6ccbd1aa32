/** A row of bars, one for each number of a code, as SVG in the theme's colours. */

const SVG = "http://www.w3.org/2000/svg";
const GAP = 0.12; // of a column, on either side

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Bars between `low` and `high`; what is beyond ends at the edge. Those of a signed row stand on 0, orange up and blue
 * down. `marks` are values to compare with, a line across each column; `mark` the same for all.
 */
export class Bars {
  constructor({ low, high, mark, onchoose }) {
    Object.assign(this, { low, high, mark });
    this.element = svg("svg", { class: "gl-bars", role: "img", preserveAspectRatio: "none" });
    this.values = [];
    const choose = (event) => {
      const box = this.element.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * this.values.length);
      if (column >= 0 && column < this.values.length) onchoose(column);
    };
    this.element.onpointermove = this.element.onpointerdown = choose;
  }

  /** So many columns. */
  columns(count, dead) {
    this.values = new Array(count).fill(0);
    this.element.setAttribute("viewBox", `0 0 ${count} 1`);
    this.chosen = svg("rect", { class: "gl-column", width: 1, height: 1 });
    this.bars = this.values.map((_, n) => svg("rect", { x: n + GAP, width: 1 - 2 * GAP, class: dead[n] ? "gl-dead" : "" }));
    this.marks = this.values.map((_, n) => svg("line", { x1: n, x2: n + 1, class: "gl-mark", visibility: "hidden" }));
    const zero = svg("line", { x1: 0, x2: count, y1: this.at(0), y2: this.at(0), class: "gl-zero" });
    this.element.replaceChildren(this.chosen, ...this.bars, zero, ...this.marks);
    if (this.mark !== undefined) this.compare(new Array(count).fill(this.mark));
  }

  at(value) {
    return (this.high - Math.min(Math.max(value, this.low), this.high)) / (this.high - this.low);
  }

  compare(values) {
    values.forEach((value, n) => {
      for (const end of ["y1", "y2"]) this.marks[n].setAttribute(end, this.at(value));
      this.marks[n].setAttribute("visibility", "visible");
    });
  }

  paint(values, name, write) {
    this.values = Array.from(values);
    this.values.forEach((value, n) => {
      const [top, bottom] = [this.at(Math.max(value, 0)), this.at(Math.min(value, 0))];
      const bar = this.bars[n];
      bar.setAttribute("y", top);
      bar.setAttribute("height", bottom - top);
      if (this.low < 0) bar.style.fill = value > 0 ? "rgb(255 140 26)" : "rgb(64 156 255)";
    });
    this.element.dataset.values = this.values.map((value) => value.toFixed(5)).join(" ");
    this.element.setAttribute("aria-label", `${name}: ${this.values.map(write).join("; ")}`);
  }

  choose(column) {
    this.chosen.setAttribute("x", column);
  }
}

const PIPS = { 1: [4], 2: [0, 8], 3: [0, 4, 8], 4: [0, 2, 6, 8], 5: [0, 2, 4, 6, 8], 6: [0, 2, 3, 5, 6, 8] };

/** A drawn die that shows 1 to 6. */
export function die(face) {
  const pips = PIPS[face].map((place) => svg("circle", { cx: 7 + 5 * (place % 3), cy: 7 + 5 * Math.floor(place / 3), r: 1.7 }));
  const body = svg("rect", { x: 2, y: 2, width: 20, height: 20, rx: 4.5 });
  return svg("svg", { class: "gl-die", viewBox: "0 0 24 24", "aria-hidden": "true" }, body, ...pips);
}
