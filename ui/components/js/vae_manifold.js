/**
 * The manifold of a variational autoencoder of two numbers: what it decodes at the quantiles of N(0, 1) on either axis
 * (Kingma & Welling 2014, fig. 4), a cell of it large, and a picture's own distribution as an ellipse.
 *
 * data: {pictures, places, digits, sure, mu, sigma, start, at, colours, words}. pictures is the address of a tensor with
 * a picture for each cell, row by row from above; places the values of columns and rows; digits and sure are what a
 * classifier reads in each cell, or empty; mu and sigma belong to the picture at hand; start, [column, row], counts when
 * at changes. Value: cell, {at, values: [column, row]}, from 1, on release.
 */

import { component, element, numbers, onRelease, Screen, setText, SIDE, themeRgb } from "./kit.js";
import { tensors } from "./runtime.js";
import { svg } from "./vae_bars.js";
import { below } from "./vae_math.js";

const SURE = 0.5; // below it a cell's ink has no digit's colour
const SPREADS = 2; // σ to the ellipse
const POINTS = 96; // of it

export default component((root, say) => {
  let pictures, told, words, write, percent, at;
  let cell = [0, 0]; // column and row, from above

  const grid = element("canvas", { "aria-hidden": "true" });
  const ellipse = svg("path", {});
  const over = svg("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" }, ellipse);
  const handle = element("div", { class: "gl-cell", role: "slider", tabindex: 0, "aria-valuemin": 1 });
  const area = element("div", { class: "gl-manifold" }, grid, over, handle);
  const screen = new Screen({ class: "gl-screen" });
  const place = element("output", { "aria-live": "off" });
  const reading = element("output", { "aria-live": "off" });
  const box = element("input", { type: "checkbox", checked: true, onchange: () => drawGrid() });
  const boxText = element("span");
  const regions = element("label", { class: "gl-regions" }, box, boxText);
  const legend = element("div", { class: "gl-key" });
  const ellipseText = element("p", { class: "gl-note" });
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-folded" },
      area,
      element(
        "div",
        { class: "gl-beside" },
        element("figure", {}, screen.canvas, element("figcaption", {}, place, reading)),
        element("div", {}, ellipseText, regions, legend),
      ),
    ),
  );

  const release = onRelease(area, () => say("cell", { at, values: cell.map((value) => value + 1) }));
  const count = () => told.places.length;
  const picture = (n) => Float32Array.from(pictures.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE), (level) => level / 255);

  function go(to) {
    cell = to.map((value) => Math.min(Math.max(value, 0), count() - 1));
    const z = [told.places[cell[0]], told.places[count() - 1 - cell[1]]];
    const n = cell[1] * count() + cell[0];
    screen.paint(picture(n));
    const where = words.place.replace("{x}", write(z[0])).replace("{y}", write(z[1]));
    const read = !told.digits.length
      ? ""
      : told.sure[n] < SURE
        ? words.unread
        : words.reads.replace("{digit}", told.digits[n]).replace("{sure}", percent(100 * told.sure[n]));
    setText(place, where);
    setText(reading, read);
    handle.style.left = `${(100 * cell[0]) / count()}%`;
    handle.style.top = `${(100 * cell[1]) / count()}%`;
    handle.setAttribute("aria-valuenow", n + 1);
    handle.setAttribute("aria-valuetext", `${where} ${read}`);
  }

  function fromPointer(event) {
    const bounds = area.getBoundingClientRect();
    const share = [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
    return share.map((value) => Math.floor(value * count()));
  }

  area.onpointerdown = (event) => {
    if (!told || event.pointerType !== "mouse" || event.button) return;
    area.setPointerCapture(event.pointerId);
    go(fromPointer(event));
    handle.focus({ preventScroll: true });
    event.preventDefault();
  };
  area.onpointermove = (event) => told && event.pointerType === "mouse" && event.buttons & 1 && go(fromPointer(event));
  area.onclick = (event) => {
    if (!told) return;
    go(fromPointer(event)); // a finger's tap comes as this alone, so that it can also scroll
    release();
  };
  handle.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (!told || !move) return;
    event.preventDefault();
    go(cell.map((value, axis) => value + move[axis] * (event.shiftKey ? 5 : 1)));
    release();
  };

  // ------------------------------------------------------------------------------------------------ the pictures
  function drawGrid() {
    const cells = count();
    const plain = themeRgb(root, "text-color");
    const colours = told.colours.map((text) => [1, 3, 5].map((from) => parseInt(text.slice(from, from + 2), 16)));
    if (grid.width !== cells * SIDE) grid.width = grid.height = cells * SIDE;
    const pen = grid.getContext("2d");
    const image = pen.createImageData(SIDE, SIDE);
    for (let n = 0, from = 0; n < cells ** 2; n++, from += SIDE * SIDE) {
      const ink = box.checked && told.sure[n] >= SURE ? colours[told.digits[n]] : plain;
      for (let i = 0; i < SIDE * SIDE; i++) {
        [image.data[4 * i], image.data[4 * i + 1], image.data[4 * i + 2]] = ink;
        image.data[4 * i + 3] = pictures[from + i];
      }
      pen.putImageData(image, (n % cells) * SIDE, Math.floor(n / cells) * SIDE);
    }
  }

  /** μ + 2σ (cos, sin): an ellipse, bent as the quantiles bend the plane. */
  function drawEllipse() {
    const points = Array.from({ length: POINTS }, (_, n) => {
      const turn = (2 * Math.PI * n) / POINTS;
      const at = (axis, share) => below(told.mu[axis] + SPREADS * told.sigma[axis] * share);
      return `${at(0, Math.cos(turn)).toFixed(5)} ${(1 - at(1, Math.sin(turn))).toFixed(5)}`;
    });
    ellipse.setAttribute("d", `M${points.join("L")}Z`);
  }

  function drawLegend() {
    regions.hidden = !told.digits.length;
    const seen = told.colours.map((_, digit) => told.digits.filter((one, n) => one === digit && told.sure[n] >= SURE).length);
    legend.replaceChildren(
      ...(told.digits.length ? told.colours : []).map((colour, digit) =>
        element("span", { class: seen[digit] ? "" : "gl-none" }, element("i", { style: `background:${colour}` }), `${digit}: ${seen[digit]}`),
      ),
    );
  }

  return {
    async update(data, current) {
      const found = await tensors(data.pictures);
      if (!current()) return;
      ({ pictures } = found);
      told = data;
      words = data.words;
      write = numbers(words.lang, 2);
      percent = numbers(words.lang, 0);
      screen.canvas.setAttribute("aria-label", words.cell);
      handle.setAttribute("aria-label", words.map);
      handle.setAttribute("aria-roledescription", words.kind);
      handle.setAttribute("aria-valuemax", count() ** 2);
      handle.style.width = handle.style.height = `${100 / count()}%`;
      boxText.textContent = ` ${words.regions}`;
      ellipseText.textContent = `◯ ${words.ellipse}`;
      if (data.at !== at) {
        at = data.at;
        cell = data.start;
      }
      go(cell);
      drawEllipse();
      drawLegend();
      drawGrid();
    },
  };
});

const STYLE = `
.gl-folded { display: grid; grid-template-columns: minmax(0, 40rem) minmax(9rem, 13rem); gap: 1.25rem; align-items: start; }
.gl-manifold { position: relative; width: 100%; aspect-ratio: 1; cursor: pointer; overflow: hidden; user-select: none;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem); touch-action: manipulation; }
.gl-manifold > canvas, .gl-manifold > svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.gl .gl-manifold > canvas { image-rendering: auto; }
.gl-manifold path { fill: color-mix(in srgb, var(--st-primary-color) 25%, transparent); stroke: var(--st-primary-color); stroke-width: 3;
  vector-effect: non-scaling-stroke; }
.gl-cell { position: absolute; outline: 3px solid var(--st-primary-color); outline-offset: 0; border-radius: 3px; }
.gl .gl-cell:focus-visible { outline-width: 5px; outline-offset: 0; }
.gl-beside { display: grid; gap: 0.75rem; }
.gl-beside figcaption output { display: block; }
.gl-regions { display: block; margin: 0.4rem 0; }
.gl-key { display: grid; grid-template-columns: repeat(auto-fill, minmax(4rem, 1fr)); gap: 0.2rem 0.6rem; font-variant-numeric: tabular-nums; }
.gl-key i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 50%; margin-right: 0.3rem; }
.gl-key .gl-none { opacity: 0.5; text-decoration: line-through; }
@container (max-width: 36rem) {
  .gl-folded { grid-template-columns: 1fr; gap: 0.75rem; }
  .gl-beside { grid-template-columns: 8rem 1fr; }
}
`;
