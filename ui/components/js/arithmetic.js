/**
 * Directions added to a code, a slider for each: the picture as it was rebuilt, and as it changes under the hand.
 *
 * data: {decoder, code, steps, sliders, asked, at, words}. steps are what one unit of each direction adds to the code;
 * sliders are {name, unit, most, step, digits}, from −most to most. code and asked count when at changes.
 * Value: asked, {at, values}, on release.
 */

import { component, element, forgivesScrolls, numbers, onRelease, Screen, setText } from "./kit.js";
import { network } from "./runtime.js";

export default component((root, say) => {
  let net, words, at, sliders;
  let code = [];
  let steps = [];
  let rows = [];

  const [before, after] = [figure(), figure()];
  const list = element("div", { class: "gl-directions" });
  const back = element("button", { type: "button", onclick: toZero });
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-arithmetic" },
      element("div", { class: "gl-twins" }, before.figure, after.figure),
      element("div", {}, list, back),
    ),
  );
  const commit = () => say("asked", { at, values: asked() });
  const released = onRelease(list, commit);

  function figure() {
    const screen = new Screen({ class: "gl-screen" });
    const caption = element("figcaption");
    return { screen, caption, figure: element("figure", {}, screen.canvas, caption) };
  }

  const asked = () => rows.map(({ input }) => +(+input.value).toFixed(4));

  /** z + Σ Δᵢ dᵢ. */
  function moved(values) {
    return code.map((z, i) => values.reduce((sum, value, n) => sum + value * steps[n][i], z));
  }

  function draw() {
    if (!net) return;
    const values = asked();
    after.screen.paint(net.run(moved(values)));
    back.disabled = values.every((value) => value === 0);
    rows.forEach(({ input, output, write, unit }, n) => {
      const text = `${values[n] > 0 ? "+" : ""}${write(values[n])}${unit === "°" ? "" : " "}${unit}`;
      setText(output, text);
      input.setAttribute("aria-valuetext", text);
    });
  }

  function toZero() {
    for (const { input } of rows) input.value = 0;
    draw();
    commit();
  }

  function makeRow({ name, unit, most, step, digits }) {
    const output = element("output", { "aria-live": "off" });
    const input = element("input", {
      type: "range", min: -most, max: most, step, value: 0, "aria-label": name, oninput: draw,
      onchange: () => scrolled() || released(),
    });
    const scrolled = forgivesScrolls(input);
    rows.push({ input, output, unit, write: numbers(words.lang, digits) });
    return element("label", { class: "gl-direction" }, element("span", {}, name), input, output);
  }

  return {
    async update(data, current) {
      const found = await network(data.decoder);
      if (!current()) return;
      ({ words } = data);
      before.caption.textContent = words.before;
      after.caption.textContent = words.after;
      before.screen.canvas.setAttribute("aria-label", words.before);
      after.screen.canvas.setAttribute("aria-label", words.after);
      back.textContent = words.back;
      const kinds = JSON.stringify([words.lang, data.sliders]);
      if (kinds !== sliders) {
        const kept = asked();
        rows = [];
        list.replaceChildren(...data.sliders.map(makeRow));
        kept.forEach((value, n) => rows[n] && (rows[n].input.value = value));
        sliders = kinds;
      }
      ({ steps } = data);
      if (found !== net || data.at !== at) {
        net = found;
        ({ code } = data);
        before.screen.paint(net.run(code));
      }
      if (data.at !== at) {
        ({ at } = data);
        rows.forEach(({ input }, n) => (input.value = data.asked[n]));
      }
      draw();
    },
  };
});

const STYLE = `
.gl-arithmetic { display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: 1.5rem; align-items: center; }
.gl-twins { display: grid; grid-template-columns: 1fr 1fr; gap: 0.75rem; }
.gl-directions { margin-bottom: 0.75rem; }
.gl-direction { display: grid; grid-template-columns: 5.5rem 1fr 4.2rem; align-items: center; gap: 0.75rem; min-height: 2.75rem; }
.gl-direction output { text-align: right; }
@container (max-width: 46rem) {
  .gl-arithmetic { grid-template-columns: 1fr; gap: 0.75rem; }
  .gl-twins { width: min(100%, 18rem); margin: auto; position: sticky; top: 3.75rem; z-index: 2; background: var(--st-background-color); }
}
`;
