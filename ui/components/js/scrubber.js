/**
 * From one code to another: a handle that is dragged along the straight line between them, and its frames.
 *
 * data: {decoder, from, to, start, at, words}. from and to are codes, start how far the handle is, 0…1. They count when
 * at changes. Value: share, {at, values: [t]}, on release.
 */

import { component, element, forgivesScrolls, numbers, onRelease, Screen, setText } from "./kit.js";
import { network } from "./runtime.js";

const FRAMES = 11;

export default component((root, say) => {
  let net, words, write, at;
  let ends = [[], []];

  const screen = new Screen({ class: "gl-screen" });
  const share = element("output", { "aria-live": "off" });
  const frames = Array.from({ length: FRAMES }, () => new Screen({ class: "gl-screen", "aria-hidden": "true" }));
  const strip = element("div", { class: "gl-frames" }, ...frames.map((frame) => frame.canvas));
  const handle = element("input", { type: "range", min: 0, max: 1, step: 0.005, value: 0.5, oninput: draw });
  const released = onRelease(handle, () => say("share", { at, values: [+handle.value] }));
  const scrolled = forgivesScrolls(handle);
  handle.onchange = () => scrolled() || released();
  strip.onclick = (event) => {
    const frame = frames.findIndex(({ canvas }) => canvas === event.target);
    if (frame < 0 || !net) return;
    handle.value = frame / (FRAMES - 1);
    draw();
    released();
  };
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-walk" },
      element("figure", {}, screen.canvas, element("figcaption", {}, share)),
      element("div", {}, strip, element("div", { class: "gl-rail" }, handle)),
    ),
  );

  /** (1 − t) a + t b. */
  function decode(t) {
    return net.run(ends[0].map((a, i) => (1 - t) * a + t * ends[1][i]));
  }

  function draw() {
    if (!net) return;
    const t = +handle.value;
    screen.paint(decode(t));
    const text = `t = ${write(t)}`;
    setText(share, text);
    handle.setAttribute("aria-valuetext", text);
    frames.forEach(({ canvas }, n) => canvas.classList.toggle("gl-now", n === Math.round(t * (FRAMES - 1))));
  }

  return {
    async update(data, current) {
      words = data.words;
      write = numbers(words.lang, 2);
      const found = await network(data.decoder);
      if (!current()) return;
      if (found !== net) at = undefined;
      net = found;
      screen.canvas.setAttribute("aria-label", words.picture);
      handle.setAttribute("aria-label", words.handle);
      if (data.at !== at) {
        at = data.at;
        ends = [data.from, data.to];
        frames.forEach((frame, n) => frame.paint(decode(n / (FRAMES - 1))));
        handle.value = data.start ?? 0.5;
      }
      draw();
    },
  };
});

const STYLE = `
.gl-walk { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1.25rem; align-items: center; }
.gl-frames { display: grid; grid-template-columns: repeat(${FRAMES}, 1fr); gap: 0.25rem; cursor: pointer; }
.gl-frames .gl-now { outline: 3px solid var(--st-primary-color); }
.gl-rail { padding: 0.6rem calc(50% / ${FRAMES} - 0.5rem) 0; }
@container (max-width: 36rem) {
  .gl-walk { grid-template-columns: 1fr; gap: 0.75rem; }
  .gl-walk figure { width: 9rem; margin: auto; }
}
`;
