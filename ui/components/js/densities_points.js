/** A few values of the visitor's own: handles on the axis of a plot, and a line of text with the same numbers. */

import { Handle } from "./densities_plot.js";
import { element } from "./kit.js";

const LEAST = 2;
const MOST = 40;
const LARGEST = 1e4;

/**
 * Handles on a plot's lower edge, and the element with text and buttons. `changed` is called at each move, `typed` when
 * other numbers need other axes, `released` when Python is to know.
 */
export function points(plot, { changed, typed, released }) {
  let values = [];
  let words = { point: "" };
  let write = String;
  let plain = String; // as it can be read again
  let editable = false;
  let last = 0; // the handle that was touched last
  let first = []; // what the button goes back to
  const handles = [];

  const text = element("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 600 });
  const name = element("span");
  const sorry = element("p", { class: "gl-note", role: "alert" });
  const add = element("button", { type: "button", onclick: () => edit((all) => all.push(round((plot.range[0][0] + plot.range[0][1]) / 2))) });
  const remove = element("button", { type: "button", onclick: () => drop(last) });
  const back = element("button", { type: "button", onclick: () => replace(first) });
  const box = element("div", { class: "gl-own" }, element("label", {}, name, text), sorry, element("div", { class: "gl-row" }, add, remove, back));
  text.onchange = () => {
    const found = parsed(text.value);
    sorry.textContent = found ? "" : words.bad;
    text.setAttribute("aria-invalid", String(!found));
    if (found) replace(found);
  };

  /** To a thousandth of the axis, so that the text stays short. */
  function round(x) {
    const digits = Math.max(0, 3 - Math.ceil(Math.log10(plot.range[0][1] - plot.range[0][0])));
    return +x.toFixed(digits);
  }

  function edit(change) {
    change(values);
    show();
    changed();
    released();
  }

  function drop(n) {
    if (values.length > LEAST) edit((all) => all.splice(n, 1));
  }

  function replace(found) {
    values = [...found];
    typed();
    released();
  }

  function handle(n) {
    const made = new Handle(plot, {
      axes: "x",
      name: "gl-point",
      move: ([x]) => {
        values[n] = round(x);
        last = n;
        show();
        changed();
      },
      release: released,
      remove: () => drop(n),
    });
    made.element.addEventListener("focus", () => (last = n));
    return made;
  }

  function show() {
    box.hidden = !editable;
    const wanted = editable ? values.length : 0;
    while (handles.length > wanted) handles.pop().element.remove();
    while (handles.length < wanted) handles.push(handle(handles.length));
    handles.forEach((one, n) => {
      one.name(words.point.replace("{n}", n + 1));
      one.place(values[n], 0, write(values[n]));
    });
    last = Math.min(last, values.length - 1);
    text.value = values.map(plain).join("; ");
    add.disabled = values.length >= MOST;
    remove.disabled = values.length <= LEAST;
  }

  return {
    element: box,
    get values() {
      return [...values];
    },
    /** Begin with these. */
    begin(given, original, canEdit) {
      [values, first, editable] = [[...given], original, canEdit];
    },
    /** After the axes have been laid. */
    lay(newWords, newWrite) {
      [words, write] = [newWords, newWrite];
      plain = new Intl.NumberFormat(words.lang.replace("_", "-"), { maximumSignificantDigits: 6, useGrouping: false }).format;
      [name, add, remove, back].forEach((place, n) => (place.textContent = [words.typed, words.add, words.remove, words.reset][n]));
      show();
    },
  };
}

/** Numbers apart by semicolons or spaces, or by commas where points are decimal; null for anything else. */
export function parsed(text) {
  const all = text.trim().split(/[;\s]+|,\s+/).filter(Boolean);
  const parts = all.length === 1 && all[0].split(",").length > 2 ? all[0].split(",") : all;
  const found = parts.map((part) => Number(part.replace("−", "-").replace(",", ".")));
  const good = found.length >= LEAST && found.length <= MOST && found.every((x) => Math.abs(x) <= LARGEST);
  return good ? found : null;
}
