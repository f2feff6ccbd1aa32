/** What happened so far, as small curves: a history that never grows beyond its bounds, and the canvases it is drawn on. */

import { element } from "./kit.js";
import { coloursOf, css } from "./points_view.js";

const MOST = 300; // entries
const ROUNDS = 4; // that the first entries are the mean of
const HIGH = 90; // CSS pixels

/** The mean of each number over so many rounds; when full, two entries become one of twice as many. */
export function makeHistory() {
  let rows, sum, count, each;
  clear();

  function clear() {
    [rows, sum, count, each] = [[], {}, 0, ROUNDS];
  }

  /** Numbers of a round by name; whether they completed an entry. */
  function add(values) {
    for (const [name, value] of Object.entries(values)) sum[name] = (sum[name] ?? 0) + value;
    if (++count < each) return false;
    rows.push(Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value / count])));
    [sum, count] = [{}, 0];
    if (rows.length === MOST) {
      rows = Array.from({ length: MOST / 2 }, (_, n) => joined(rows[2 * n], rows[2 * n + 1]));
      each *= 2;
    }
    return true;
  }

  /** What the last entry lacks, such as what is counted only now and then. */
  function mark(values) {
    if (rows.length) Object.assign(rows.at(-1), values);
  }

  return { clear, add, mark, rows: () => rows, each: () => each };
}

function joined(a, b) {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, name in a && name in b ? (a[name] + b[name]) / 2 : (a[name] ?? b[name])]));
}

/**
 * A chart of some of the history's numbers. `lines` are {name, colour, label}, colour one of real, made, ink; the range is
 * `low`…`high`, or what the numbers need; `guide` is a dashed line.
 */
export function makeChart(root) {
  const canvas = element("canvas", { role: "img" });
  const title = element("b");
  const legend = element("span", { class: "gl-legend" });
  const box = element("figure", { class: "gl-chart" }, element("figcaption", {}, title, legend), canvas);

  function paint({ name, lines, low, high, guide, write }, history) {
    const colours = { ...coloursOf(root) };
    const paints = { real: css(colours.real), made: css(colours.made), ink: colours.ink };
    const sharp = Math.min(devicePixelRatio || 1, 2);
    const wide = Math.round((canvas.clientWidth || 260) * sharp);
    if (canvas.width !== wide || canvas.height !== HIGH * sharp) [canvas.width, canvas.height] = [wide, HIGH * sharp];
    const pen = canvas.getContext("2d");
    const rows = history.rows();
    const values = lines.flatMap((line) => rows.map((row) => row[line.name]).filter(Number.isFinite));
    const bottom = low ?? Math.min(0, ...values);
    const top = high ?? Math.max(1, ...values);
    const gap = 4 * sharp;
    const x = (n) => (n / Math.max(rows.length - 1, 1)) * canvas.width;
    const y = (value) => canvas.height - gap - ((value - bottom) / (top - bottom)) * (canvas.height - 2 * gap);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = colours.ink;
    pen.globalAlpha = 0.4;
    pen.lineWidth = sharp;
    pen.setLineDash([4 * sharp, 4 * sharp]);
    pen.beginPath();
    pen.moveTo(0, y(guide));
    pen.lineTo(canvas.width, y(guide));
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    pen.lineWidth = 1.8 * sharp;
    for (const line of lines) {
      pen.strokeStyle = paints[line.colour];
      pen.beginPath();
      rows.forEach((row, n) => Number.isFinite(row[line.name]) && pen.lineTo(x(n), y(row[line.name])));
      pen.stroke();
    }
    title.textContent = name;
    const said = lines.map(({ name: key, label, colour }) => {
      const last = rows.at(-1)?.[key];
      const text = `${label} ${Number.isFinite(last) ? write(last) : "–"}`;
      return element("span", {}, element("i", { style: `background: ${paints[colour]}` }), text);
    });
    legend.replaceChildren(...said);
    canvas.setAttribute("aria-label", `${name}: ${said.map((one) => one.textContent).join("; ")}`);
  }

  return { box, paint };
}

export const CURVES = `
.gl-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 0.6rem 1rem; align-items: end; }
.gl-chart canvas { width: 100%; height: ${HIGH}px; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 0.4rem;
  image-rendering: auto; }
.gl .gl-chart figcaption { text-align: left; padding: 0 0 0.2rem; }
.gl-chart .gl-legend { display: flex; flex-wrap: wrap; gap: 0 0.8rem; font-variant-numeric: tabular-nums; }
.gl-chart i { display: inline-block; width: 0.9rem; height: 0.25rem; vertical-align: middle; margin-right: 0.3rem; }
`;
