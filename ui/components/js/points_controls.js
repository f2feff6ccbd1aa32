/** Controls of the game of points: rows of buttons of which one is pressed, and sliders that stop at given values. */

import { element, forgivesScrolls, onRelease } from "./kit.js";

/** A row of buttons with a name; `onpick` is given the key of the one that is pressed. */
export function makeChoice(onpick) {
  const label = element("span", { class: "gl-label" });
  const row = element("div", { class: "gl-row gl-choice", role: "group" });
  let buttons = {};
  return {
    box: element("div", {}, label, row),
    fill(name, options) {
      label.textContent = name;
      row.setAttribute("aria-label", name);
      const pressed = Object.keys(buttons).find((key) => buttons[key].ariaPressed === "true");
      buttons = Object.fromEntries(
        Object.entries(options).map(([key, text]) => [
          key,
          element("button", { type: "button", "data-key": key, "aria-pressed": String(key === pressed), onclick: () => onpick(key) }, text),
        ]),
      );
      row.replaceChildren(...Object.values(buttons));
    },
    set(chosen) {
      for (const [key, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(key === chosen));
    },
  };
}

/** A slider over a list of values: `onset` while it moves, `onend` when it is let go. */
export function makeStops(onset, onend = () => {}) {
  const text = element("span");
  const value = element("output");
  const input = element("input", { type: "range", min: 0, step: 1 });
  const box = element("label", { class: "gl-stops" }, element("span", { class: "gl-label" }, text, value), input);
  const told = onRelease(input, onend);
  const scrolled = forgivesScrolls(input);
  let stops = [];
  let write = String;
  input.oninput = () => {
    speak();
    onset(stops[+input.value]);
  };
  input.onchange = () => scrolled() || told();

  function speak() {
    value.textContent = write(stops[+input.value]);
    input.setAttribute("aria-valuetext", value.textContent);
  }

  return {
    box,
    fill(name, all, writer) {
      [stops, write] = [all, writer];
      text.textContent = name;
      input.setAttribute("aria-label", name);
      input.max = all.length - 1;
      speak();
    },
    set(chosen) {
      input.value = stops.indexOf(chosen);
      speak();
    },
  };
}

/** A box to tick. */
export function makeTick(checked, onset) {
  const input = element("input", { type: "checkbox", checked, onchange: () => onset(input.checked) });
  const text = element("span");
  return { box: element("label", { class: "gl-tick" }, input, text), say: (words) => (text.textContent = ` ${words}`) };
}

export const CONTROLS = `
.gl-label { display: flex; justify-content: space-between; gap: 0.5rem; font-weight: 600; margin-bottom: 0.2rem; font-variant-numeric: tabular-nums; }
.gl-label output { font-weight: 400; }
.gl-choice { gap: 0.3rem; }
.gl .gl-choice button { padding: 0.2rem 0.6rem; }
.gl-stops { display: block; }
.gl-tick { display: inline-flex; align-items: center; min-height: 2rem; }
.gl-tick input { width: 1.1rem; height: 1.1rem; }
.gl-points-knobs { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 0.3rem 1.2rem; padding-top: 0.5rem; }
`;
