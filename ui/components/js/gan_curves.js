/**
 * Small charts over the epochs, with a marker that follows a hand.
 *
 *     const chart = makeChart();           // chart.box is the element
 *     chart.draw(data, last, words.lang);  // data: {title, lines, low, high, step, digits, unit, log, guide}; last: of the epochs
 *     chart.mark(epoch);                   // moves the marker, and says what the lines are there
 *
 * A line is {name, colour, x, y, dashed}; colour is CSS.
 */

import { element, numbers, setText } from "./kit.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [260, 120];
const [LEFT, RIGHT, TOP, BOTTOM] = [38, 254, 8, 100];

export function makeChart() {
  let data, last, write, whole, tick, lines;

  const title = element("b");
  const legend = element("span", { class: "gl-legend" });
  const canvas = drawn("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
  const box = element("figure", { class: "gl-chart" }, element("figcaption", {}, title, legend), canvas);
  const marker = drawn("line", { class: "gl-marker", y1: TOP, y2: BOTTOM });

  const across = (epoch) => LEFT + ((RIGHT - LEFT) * epoch) / Math.max(last, 1);

  function up(value) {
    const f = data.log ? Math.log : (v) => v;
    const share = (f(Math.max(value, data.low)) - f(data.low)) / (f(data.high) - f(data.low));
    return BOTTOM - (BOTTOM - TOP) * Math.min(Math.max(share, 0), 1);
  }

  function ticks() {
    const found = [];
    if (!data.log) {
      const count = Math.round((data.high - data.low) / data.step);
      for (let n = 0; n <= count; n++) found.push(data.low + n * data.step);
      return found;
    }
    for (let tick = 10 ** Math.ceil(Math.log10(data.low) - 1e-9); tick <= data.high * 1.001; tick *= 10) found.push(tick);
    return found;
  }

  function axes() {
    const texts = ticks().flatMap((value) => [
      drawn("line", { class: "gl-tick", x1: LEFT, x2: RIGHT, y1: up(value), y2: up(value) }),
      label(LEFT - 4, up(value) + 4, "end", tick(value)),
    ]);
    const ends = [0, Math.round(last / 2), last].map((epoch) => {
      return label(across(epoch), HIGH - 5, epoch === last ? "end" : "middle", whole(epoch));
    });
    if (data.guide == null) return [...texts, ...ends];
    const y = up(data.guide);
    return [...texts, ...ends, drawn("line", { class: "gl-guide", x1: LEFT, x2: RIGHT, y1: y, y2: y })];
  }

  function makeLine(line) {
    const points = line.x.map((x, n) => `${across(x).toFixed(1)},${up(line.y[n]).toFixed(1)}`).join(" ");
    const path = drawn("polyline", { points, stroke: line.colour, "stroke-dasharray": line.dashed ? "4 3" : "none" });
    const dot = drawn("circle", { r: 3.5, fill: line.colour });
    const value = element("span");
    const sign = element("i", { class: line.dashed ? "gl-dashed" : "" });
    sign.style.borderColor = line.colour;
    return { ...line, path, dot, value, entry: element("span", {}, sign, `${line.name} `, value) };
  }

  function draw(sent, lastEpoch, lang) {
    [data, last] = [sent, lastEpoch];
    const format = numbers(lang, data.digits);
    whole = numbers(lang, 0);
    const marks = numbers(lang, data.log || data.step >= 1 ? 0 : 1);
    tick = (value) => marks(value) + data.unit;
    write = (value) => format(value) + data.unit;
    lines = data.lines.map(makeLine);
    title.textContent = data.title;
    legend.replaceChildren(...lines.map(({ entry }) => entry));
    canvas.replaceChildren(...axes(), marker, ...lines.flatMap(({ path, dot }) => [path, dot]));
  }

  function mark(epoch) {
    const x = across(epoch);
    marker.setAttribute("x1", x);
    marker.setAttribute("x2", x);
    for (const line of lines) {
      const n = line.x.findLastIndex((known) => known <= epoch);
      setText(line.value, n < 0 ? "–" : write(line.y[n]));
      line.dot.setAttribute("visibility", n < 0 ? "hidden" : "visible");
      if (n >= 0) {
        line.dot.setAttribute("cx", across(line.x[n]));
        line.dot.setAttribute("cy", up(line.y[n]));
      }
    }
    canvas.setAttribute("aria-label", `${data.title}: ${lines.map(({ entry }) => entry.textContent).join("; ")}`);
  }

  return { box, draw, mark };
}

function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function label(x, y, anchor, text) {
  const made = drawn("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

export const CURVES = `
.gl-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 0.6rem 1rem; }
.gl-chart svg { width: 100%; display: block; }
.gl .gl-chart figcaption { text-align: left; padding: 0; min-height: 2.8em; }
.gl-chart .gl-legend { display: flex; flex-wrap: wrap; gap: 0 0.8rem; font-variant-numeric: tabular-nums; }
.gl-chart .gl-legend i { display: inline-block; width: 1rem; border-top: 3px solid; vertical-align: middle; margin-right: 0.3rem; }
.gl-chart .gl-legend .gl-dashed { border-top-style: dotted; }
.gl-chart text { font-size: 12px; fill: currentColor; }
.gl-chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.gl-chart line { stroke: currentColor; }
.gl-chart .gl-tick { opacity: 0.18; }
.gl-chart .gl-guide { opacity: 0.7; stroke-dasharray: 2 3; }
.gl-chart .gl-marker { opacity: 0.8; }
`;
