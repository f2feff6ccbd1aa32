/**
 * A map of two numbers of a code: the codes of test pictures in their digits' colours, decoded places behind them, and
 * under the pointer what the decoder makes of that place.
 *
 * data: {decoder, codes, base, dims, start, at, colours, words}. decoder and codes are addresses, base the code whose
 * other numbers stay as they are, dims which two are drawn, start where the handle begins; these three count when at
 * changes. Value: place, {at, values: [which, which, where, where]}, on release; which counts from 1.
 */

import { paintGrid } from "./grid.js";
import { component, element, nameOf, numbers, onRelease, Screen, themeRgb } from "./kit.js";
import { network, tensors } from "./runtime.js";

const MARGIN = 0.06; // around the codes, of the map's side
const DOT = 2.6; // CSS pixels
const MOST_ZOOM = 16;
const TILE = 6.5; // rem, with the gap to the handle

export default component((root, say) => {
  let net, points, labels, words, write, at, decoder, codes, colours;
  let dims = [0, 1];
  let base = [];
  let code = []; // what is decoded: base with the two numbers of the place
  let kept = [0, 0]; // where the handle was left
  let view = [[0, 1], [0, 1]]; // low and high on either axis
  let magnified = 1;
  let tall = 0.25; // the tile, of the map
  let stopGrid = () => {};

  const grid = element("canvas", { "aria-hidden": "true" });
  const dots = element("canvas", { "aria-hidden": "true", class: "gl-dots" });
  const tile = new Screen({ class: "gl-tile", "aria-hidden": "true" });
  const handle = element("div", { class: "gl-handle", role: "slider", tabindex: 0 });
  const area = element("div", { class: "gl-area gl-map" }, grid, dots, handle, tile.canvas);
  const screen = new Screen({ class: "gl-screen" });
  const place = element("output", { "aria-live": "off" });
  const closer = element("button", { type: "button", onclick: () => zoomBy(2) }, "+");
  const wider = element("button", { type: "button", onclick: () => zoomBy(0.5) }, "−");
  const home = element("button", { type: "button", onclick: () => goHome() });
  const zoom = element("div", { class: "gl-row" }, wider, closer, home);
  const axes = element("div", { class: "gl-row" });
  const layers = element("div", { class: "gl-row" }, layer(dots), layer(grid));
  const legend = element("div", { class: "gl-row gl-legend" });
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-mapped" },
      element("div", {}, area, legend),
      element(
        "div",
        { class: "gl-side" },
        element("figure", {}, screen.canvas, element("figcaption", {}, place)),
        element("div", { class: "gl-tools" }, zoom, axes, layers),
      ),
    ),
  );

  const tell = onRelease(area, () => {
    say("place", { at, values: [...dims.map((dim) => dim + 1), ...kept.map((value) => +value.toFixed(4))] });
  });
  function released() {
    kept = values(); // at once: a finger that is lifted also leaves
    tell();
  }
  const values = () => dims.map((dim) => code[dim]);
  const across = (value, axis) => (value - view[axis][0]) / (view[axis][1] - view[axis][0]);

  /** To a place, in numbers of the code: decode it and move the tile. */
  function go(to, settled) {
    code = [...base];
    dims.forEach((dim, axis) => (code[dim] = Math.min(Math.max(to[axis], view[axis][0]), view[axis][1])));
    const image = net.run(code);
    screen.paint(image);
    tile.paint(image);
    const [x, y] = values();
    const left = across(x, 0), top = 1 - across(y, 1);
    if (settled) moveTo(handle, left, top);
    moveTo(tile.canvas, left, top);
    tile.canvas.style.left = `clamp(2.8rem, ${100 * left}%, 100% - 2.8rem)`; // not over the edge
    tile.canvas.classList.toggle("gl-below", top < tall);
    const text = `${nameOf(dims[0])} = ${write(x)}, ${nameOf(dims[1])} = ${write(y)}`;
    const near = nearest();
    place.replaceChildren(text, element("br"), words.nearest.replace("{digit}", near));
    handle.setAttribute("aria-valuetext", `${text}; ${words.nearest.replace("{digit}", near)}`);
    handle.setAttribute("aria-valuenow", x.toFixed(2));
  }

  function moveTo(thing, left, top) {
    thing.style.left = `${100 * left}%`;
    thing.style.top = `${100 * top}%`;
  }

  /** The digit of the nearest of the codes, by all their numbers. */
  function nearest() {
    const width = code.length;
    let best = Infinity, digit = 0;
    for (let n = 0, from = 0; n < labels.length; n++, from += width) {
      let distance = 0;
      for (let i = 0; i < width && distance < best; i++) distance += (points[from + i] - code[i]) ** 2;
      if (distance < best) [best, digit] = [distance, labels[n]];
    }
    return digit;
  }

  function fromPointer(event) {
    const box = area.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    return share.map((s, axis) => view[axis][0] + s * (view[axis][1] - view[axis][0]));
  }

  let held = null; // which pointer has the handle
  area.onpointerdown = (event) => {
    if (!net || held !== null || !event.isPrimary || event.button) return;
    held = event.pointerId;
    area.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    go(fromPointer(event), true);
    event.preventDefault();
  };
  area.onpointermove = (event) => {
    if (net && (held === null ? event.isPrimary : event.pointerId === held)) go(fromPointer(event), held !== null);
  };
  area.onpointerup = area.onpointercancel = (event) => {
    if (event.pointerId !== held) return;
    held = null;
    released();
  };
  area.onpointerleave = () => net && held === null && go(kept, true);
  handle.onkeydown = (event) => {
    if (!net) return;
    if (event.key === "+" || event.key === "-") return zoomBy(event.key === "+" ? 2 : 0.5);
    const step = event.shiftKey ? 0.1 : 0.02;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const move = moves[event.key];
    if (!move && event.key !== "Home") return;
    const by = (axis) => move[axis] * (view[axis][1] - view[axis][0]);
    const to = move ? kept.map((value, axis) => value + by(axis)) : dims.map((dim) => base[dim]);
    event.preventDefault();
    go(to, true);
    released();
  };

  /** The middle 98 % of the codes on either axis, the base and the handle; if magnified, a part around the handle. */
  function frame() {
    view = dims.map((dim, axis) => {
      const column = Float32Array.from(labels, (_, n) => points[n * base.length + dim]).sort();
      const low = Math.min(column[Math.floor(0.01 * column.length)], base[dim], kept[axis]);
      const high = Math.max(column[Math.floor(0.99 * column.length)], base[dim], kept[axis], low + 1e-3);
      const more = MARGIN * (high - low);
      if (magnified === 1) return [low - more, high + more];
      const reach = (0.5 * (high - low) + more) / magnified;
      return [kept[axis] - reach, kept[axis] + reach];
    });
    handle.setAttribute("aria-valuemin", view[0][0].toFixed(2));
    handle.setAttribute("aria-valuemax", view[0][1].toFixed(2));
    wider.disabled = magnified <= 1;
    closer.disabled = magnified >= MOST_ZOOM;
  }

  /** To the code of the picture. */
  function goHome() {
    if (!net) return;
    magnified = 1;
    begin(dims.map((dim) => base[dim]));
    released();
  }

  function zoomBy(factor) {
    if (!net) return;
    magnified = Math.min(Math.max(magnified * factor, 1), MOST_ZOOM);
    begin(kept);
  }

  function drawDots() {
    const size = area.clientWidth || 400;
    const sharp = Math.min(devicePixelRatio || 1, 2);
    tall = (TILE * parseFloat(getComputedStyle(document.documentElement).fontSize)) / size;
    dots.width = dots.height = size * sharp;
    const pen = dots.getContext("2d");
    pen.scale(sharp, sharp);
    pen.globalAlpha = 0.8;
    for (let n = 0; n < labels.length; n++) {
      const [x, y] = dims.map((dim, axis) => across(points[n * base.length + dim], axis));
      pen.fillStyle = colours[labels[n]];
      pen.beginPath();
      pen.arc(x * size, (1 - y) * size, DOT, 0, 7);
      pen.fill();
    }
  }

  function drawGrid() {
    stopGrid();
    stopGrid = paintGrid(grid, { net, base, dims: [...dims], view, colour: themeRgb(root, "text-color"), busy: () => held !== null });
  }

  function choices() {
    const order = [...base.keys()];
    axes.replaceChildren(
      ...(order.length > 2 ? [words.across, words.up] : []).map((text, axis) => {
        const select = element(
          "select",
          {
            onchange() {
              magnified = 1;
              dims[axis] = +select.value;
              if (dims[0] === dims[1]) dims[1 - axis] = order.find((dim) => dim !== dims[axis]);
              begin(dims.map((dim) => base[dim]));
              axes.querySelectorAll("select").forEach((one, n) => (one.value = dims[n]));
              released();
            },
          },
          ...order.map((dim) => element("option", { value: dim, selected: dim === dims[axis] }, nameOf(dim))),
        );
        return element("label", {}, `${text} `, select);
      }),
    );
  }

  function layer(canvas) {
    const box = element("input", { type: "checkbox", checked: true, onchange: () => (canvas.hidden = !box.checked) });
    return element("label", {}, box, element("span"));
  }

  function begin(start) {
    kept = start;
    frame();
    go(start, true);
    drawDots();
    drawGrid();
  }

  const resized = new ResizeObserver(() => net && labels && drawDots());
  resized.observe(area);

  return {
    async update(data, current) {
      words = data.words;
      colours = data.colours;
      write = numbers(words.lang, 2);
      if (data.decoder !== decoder || data.codes !== codes) {
        const [found, known] = await Promise.all([network(data.decoder), tensors(data.codes)]);
        if (!current()) return;
        net = found;
        ({ codes: points, labels } = known);
        [decoder, codes, at] = [data.decoder, data.codes, undefined];
      }
      screen.canvas.setAttribute("aria-label", words.picture);
      home.textContent = words.home;
      closer.setAttribute("aria-label", words.closer);
      wider.setAttribute("aria-label", words.wider);
      handle.setAttribute("aria-label", words.handle);
      handle.setAttribute("aria-roledescription", words.kind);
      layers.querySelectorAll("span").forEach((one, n) => (one.textContent = ` ${[words.dots, words.grid][n]}`));
      legend.replaceChildren(
        ...colours.map((colour, digit) => element("span", {}, element("i", { style: `background:${colour}` }), String(digit))),
      );
      if (data.at !== at) {
        magnified = 1;
        at = data.at;
        base = data.base;
        dims = [...data.dims];
        choices();
        begin(data.start ?? dims.map((dim) => base[dim]));
      } else {
        drawGrid(); // the theme may have changed
      }
    },
    leave() {
      stopGrid();
      resized.disconnect();
    },
  };
});

const STYLE = `
.gl-mapped { display: grid; grid-template-columns: minmax(0, 34rem) 9rem; gap: 1.25rem; align-items: start; }
.gl-map { position: relative; aspect-ratio: 1; width: 100%; border: 1px solid var(--st-border-color); overflow: hidden;
  border-radius: var(--st-base-radius, 0.5rem); background: var(--st-background-color); }
.gl-map > canvas:not(.gl-tile) { position: absolute; inset: 0; width: 100%; height: 100%; }
.gl-map > canvas[hidden] { display: none; }
.gl-map > canvas:first-child { opacity: 0.45; }
.gl-map > canvas.gl-dots { image-rendering: auto; }
.gl-handle { position: absolute; width: 1.5rem; height: 1.5rem; margin: -0.75rem; border-radius: 50%; cursor: grab;
  border: 3px solid var(--st-primary-color); background: color-mix(in srgb, var(--st-background-color) 55%, transparent); }
.gl-tile { position: absolute; width: 5.25rem; height: 5.25rem; translate: -50% calc(-100% - 1.1rem); pointer-events: none;
  border-radius: 0.4rem; border: 2px solid var(--st-primary-color); background: #000; }
.gl-tile.gl-below { translate: -50% 1.1rem; }
.gl-side, .gl-tools { display: grid; gap: 0.6rem; }
.gl-tools button { min-width: 3rem; font-weight: 700; }
.gl-legend { margin-top: 0.5rem; gap: 0.2rem 0.75rem; }
.gl-legend i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 50%; margin-right: 0.25rem; }
@container (max-width: 36rem) {
  .gl-mapped { grid-template-columns: 1fr; gap: 0.75rem; }
  @media (pointer: coarse) { .gl-map { width: auto; margin: 0 1.5rem; } } /* room for a finger that scrolls */
  .gl-side { grid-template-columns: 8rem 1fr; align-items: center; }
}
`;
