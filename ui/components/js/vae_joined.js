/**
 * Quantities, their formulas and the lines of code that compute them: what is pointed at, focused or tapped in one place
 * is lit in all three. Whatever has `data-q`, names with blanks between them, takes part.
 */

import { element } from "./kit.js";
import { formula, FORMULAS, SYMBOLS } from "./vae_formulas.js";

/**
 * Buttons for the rows of bars (`names`, with an output each in `values`) and for the terms of the loss (`losses`, with
 * `outputs`), and the `panel` with formulas and code, which `fill` fills.
 */
export function joined(rows, terms) {
  let root = null;
  let kept = ["z"]; // what stays lit when nothing is pointed at
  const values = {};
  const outputs = {};
  const named = (name, where) => {
    where[name] = element("output", { "aria-live": "off" });
    return element("button", { type: "button", "data-q": name }, element("b", {}, SYMBOLS[name]), where[name]);
  };
  const names = Object.fromEntries(rows.map((name) => [name, named(name, values)]));
  for (const [name, one] of Object.entries(names)) {
    one.classList.add("gl-name");
    if (name === "kl") one.firstChild.textContent = "KLⱼ"; // of one number; the loss has their sum
  }
  const losses = Object.fromEntries(terms.map((name) => [name, named(name, outputs)]));
  const formulas = element("div", { class: "gl-formulas", role: "group" });
  for (const name of Object.keys(FORMULAS)) {
    formulas.append(element("button", { type: "button", "data-q": name }, formula(name)));
  }
  const code = element("div", { class: "gl-code", role: "group" });
  const panel = element("div", { class: "gl-joined" }, element("style", {}, STYLE), formulas, code);
  const lens = element("div", { class: "gl-lens", "aria-hidden": "true" }); // where the panel is far below

  function light(asked, from) {
    for (const one of root.querySelectorAll("[data-q]")) {
      one.classList.toggle("gl-lit", one.dataset.q.split(" ").some((name) => asked.includes(name)));
    }
    const line = code.querySelector(".gl-lit");
    if (line && !code.contains(from)) code.scrollTop = line.offsetTop - code.clientHeight / 3;
    lens.replaceChildren(...[...panel.querySelectorAll(".gl-lit > math, .gl-lit > code")].map((one) => one.cloneNode(true)));
  }

  const asked = (event) => event.target.closest("[data-q]")?.dataset.q.split(" ");

  return {
    names,
    losses,
    values,
    outputs,
    panel,
    lens,
    listen(place) {
      root = place;
      root.onpointerover = (event) => event.pointerType === "mouse" && light(asked(event) ?? kept, event.target);
      root.onpointerleave = () => light(kept);
      for (const type of ["focusin", "click"]) {
        root.addEventListener(type, (event) => {
          kept = asked(event) ?? kept;
          light(kept, event.target);
        });
      }
    },
    speak(words) {
      formulas.setAttribute("aria-label", words.formulas);
      code.setAttribute("aria-label", words.code);
      light(kept);
    },
    /** Excerpts of the program. */
    fill(excerpts) {
      const text = JSON.stringify(excerpts);
      if (code.dataset.text === text) return;
      code.dataset.text = text;
      code.replaceChildren(...excerpts.flatMap(({ file, lines }) => [element("p", {}, file), ...lines.map(line)]));
      light(kept);
    },
  };
}

function line({ number, text, of }) {
  const parts = [element("span", { "aria-hidden": "true" }, String(number)), element("code", {}, text)];
  if (!of.length) return element("div", { class: "gl-line" }, ...parts);
  return element("button", { type: "button", class: "gl-line", "data-q": of.join(" ") }, ...parts);
}

const STYLE = `
.gl-joined { display: grid; grid-template-columns: 20rem minmax(0, 1fr); gap: 1rem; margin-top: 1rem; align-items: start; }
.gl-formulas { display: grid; gap: 0.25rem; }
.gl .gl-formulas button { text-align: left; border-color: transparent; overflow-x: auto; padding: 0.35rem 0.6rem; }
.gl-formulas math { font-size: 1rem; }
.gl:not(.gl-scaled) .gl-scale { display: none; }
.gl-code { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem); padding: 0.5rem; overflow: auto;
  position: relative; max-height: 23rem; }
.gl-code p { margin: 0.5rem 0 0.1rem; font-size: 0.85rem; opacity: 0.75; }
.gl-code p:first-child { margin-top: 0; }
.gl .gl-line { display: grid; grid-template-columns: 2.2rem minmax(0, 1fr); gap: 0.5rem; width: 100%; text-align: left; padding: 0.05rem 0.3rem;
  min-height: 0; border: 0; background: none; border-radius: 0; font-size: 0.85rem; }
.gl-line span { text-align: right; opacity: 0.55; }
.gl-line code { font-family: var(--st-code-font, monospace); white-space: pre-wrap; overflow-wrap: anywhere; color: inherit; }
.gl .gl-lit { background: color-mix(in srgb, var(--st-primary-color) 22%, var(--st-background-color)); }
.gl button.gl-lit { border-color: var(--st-primary-color); }
.gl figure.gl-lit { outline: 3px solid var(--st-primary-color); }
.gl button.gl-line[data-q] { cursor: pointer; box-shadow: inset 3px 0 0 color-mix(in srgb, var(--st-primary-color) 55%, transparent); }
.gl-lens { display: none; gap: 0.3rem; padding: 0.5rem 0.6rem; margin-top: 0.6rem; border-radius: 0.5rem;
  background: color-mix(in srgb, var(--st-primary-color) 12%, var(--st-background-color)); }
.gl-lens math { overflow-x: auto; }
.gl-lens code { font-family: var(--st-code-font, monospace); font-size: 0.85rem; overflow-wrap: anywhere; white-space: pre-wrap; }
@container (max-width: 46rem) {
  .gl-lens { display: grid; min-height: 5.5rem; }
  .gl-joined { grid-template-columns: minmax(0, 1fr); }
  .gl-code { max-height: 17rem; }
}
`;
