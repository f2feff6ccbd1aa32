/** What every component shares: elements, crisp screens, the theme, numbers, and a life between runs of the script. */

export const SIDE = 28;

/**
 * A component out of `create(root, say, key)`, which makes a view with `update(data, current)` and, if it holds anything
 * outside of its own elements, `leave()`. Streamlit calls the result anew whenever data or theme change; the view stays.
 * While one call fetches, the next may come: after each `await`, `current()` tells whether the call still counts. If a
 * view fails, a sentence takes its place, the server is told and shows its own answer below; new data are a new try.
 */
export function component(create) {
  const places = new WeakMap(); // where Streamlit put us -> {view, send, failed}
  return async ({ parentElement, data, setStateValue }) => {
    const place = places.get(parentElement) ?? { failed: false };
    places.set(parentElement, place);
    place.send = setStateValue; // the newest one
    const turn = (place.turn = (place.turn ?? 0) + 1);
    const current = () => turn === place.turn && parentElement.isConnected;
    const leave = () => {
      if (turn !== place.turn) return; // Streamlit cleans up after a call that was overtaken, but we are still here
      place.view?.leave?.();
      places.delete(parentElement);
    };
    try {
      if (!place.view) {
        place.root ??= element("div", { class: "gl", lang: data.words.lang.replace("_", "-") });
        parentElement.append(element("style", {}, STYLE), place.root);
        place.root.replaceChildren();
        const say = (name, value) => place.root.isConnected && place.send(name, value);
        place.view = create(place.root, say, data.key);
      }
      place.root.style.colorScheme = isDark(place.root) ? "dark" : "light"; // of the browser's own controls
      place.root.ariaBusy = "true";
      await place.view.update(data, current);
      if (!current()) return leave;
      place.root.ariaBusy = null;
      if (place.failed) place.send("failed", null);
      place.failed = false;
    } catch (error) {
      if (!current()) return leave;
      console.warn(`genlab: ${error.message}`);
      place.view?.leave?.();
      place.view = null;
      place.root.replaceChildren(element("p", { class: "gl-broken", role: "alert" }, data.words.broken));
      place.root.ariaBusy = null;
      if (!place.failed) place.send("failed", String(error.message).slice(0, 200));
      place.failed = true;
    }
    return leave;
  };
}

/** `element("div", {class: "a", onclick: f}, child, "text")`. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made[name] = value;
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Words that follow the hand, in the node that is there: for a new one the browser would layer the page anew. */
export function setText(place, text) {
  const node = place.firstChild;
  if (node instanceof Text && node === place.lastChild) {
    if (node.data !== text) node.data = text;
  } else {
    place.textContent = text;
  }
}

/** A picture of 28×28 pixels, enlarged without smoothing. Whoever makes one also says in words what it shows. */
export class Screen {
  constructor(attributes = {}) {
    this.canvas = element("canvas", { width: SIDE, height: SIDE, role: "img", ...attributes });
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(SIDE, SIDE);
    this.image.data.fill(255);
    this.paint(new Float32Array(SIDE * SIDE));
  }

  /** Pixels in [0, 1], 0 black. */
  paint(pixels) {
    const { data } = this.image;
    for (let i = 0, at = 0; i < pixels.length; i++, at += 4) {
      data[at] = data[at + 1] = data[at + 2] = 255 * pixels[i] + 0.5;
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** What was added in orange, what was lost in blue, as `ui/pictures.py` draws errors. */
  paintError(found, wanted) {
    const { data } = this.image;
    for (let i = 0, at = 0; i < found.length; i++, at += 4) {
      const error = found[i] - wanted[i];
      const strength = Math.abs(error) ** 0.7;
      const colour = error > 0 ? MORE_INK : LESS_INK;
      for (let c = 0; c < 3; c++) data[at + c] = strength * colour[c] + 0.5;
    }
    this.context.putImageData(this.image, 0, 0);
  }
}

/** A code as bars, orange up and blue down, in units of its usual spread, as `ui/pictures.py` draws codes. */
export class CodeBars {
  constructor(attributes = {}) {
    this.canvas = element("canvas", { width: BARS, height: BARS, role: "img", ...attributes });
    this.context = this.canvas.getContext("2d");
  }

  paint(values) {
    const pen = this.context;
    pen.clearRect(0, 0, BARS, BARS);
    const wide = BARS / values.length;
    values.forEach((value, n) => {
      const high = (Math.min(Math.abs(value) / SPREADS, 1) * BARS) / 2;
      pen.fillStyle = `rgb(${(value > 0 ? MORE_INK : LESS_INK).join(" ")})`;
      pen.fillRect(n * wide + (wide > 2 ? 1 : 0), value > 0 ? BARS / 2 - high : BARS / 2, wide - (wide > 2 ? 1 : 0), high);
    });
  }
}

const BARS = 128;
const SPREADS = 2.5;
const MORE_INK = [255, 140, 26];
const LESS_INK = [64, 156, 255];

/** Σ (a − b)². */
export function squaredError(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** A theme colour of Streamlit's as the canvas wants it. */
function themeColour(root, name) {
  return getComputedStyle(root).getPropertyValue(`--st-${name}`).trim() || "#888888";
}

/** [red, green, blue] of a theme colour, each 0…255. */
export function themeRgb(root, name) {
  const pen = element("canvas", { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = themeColour(root, name);
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function isDark(root) {
  return Math.max(...themeRgb(root, "background-color")) < 128;
}

/**
 * Calls `f` when a control is let go: at once after the pointer, and after a pause of the keys, each of which is a
 * release by itself. What the keys still owe when the pointer comes is told when it goes.
 */
export function onRelease(control, f) {
  let timer = 0;
  let keys = false;
  let owed = false;
  const now = () => {
    timer = 0;
    f();
  };
  control.addEventListener("keydown", () => (keys = true), true);
  control.addEventListener("pointerdown", () => {
    keys = false;
    owed ||= timer !== 0;
    clearTimeout(timer);
    timer = 0;
  }, true);
  for (const type of ["pointerup", "pointercancel"]) {
    control.addEventListener(type, () => {
      if (owed) timer ||= setTimeout(now, 0);
      owed = false;
    });
  }
  return () => {
    clearTimeout(timer);
    timer = setTimeout(now, keys ? KEY_PAUSE : 0);
  };
}

const KEY_PAUSE = 400; // ms

/**
 * A finger that scrolls the page may begin on a slider, which moves until the browser knows; then the slider goes back.
 * Returns whether the last change was such a one.
 */
export function forgivesScrolls(input) {
  let before = "";
  let when = -Infinity;
  input.addEventListener("pointerdown", () => (before = input.value));
  input.addEventListener("pointercancel", () => {
    input.value = before;
    input.dispatchEvent(new Event("input"));
    when = performance.now();
  });
  return () => performance.now() - when < KEY_PAUSE;
}

/** Before the next frame, at most once, whoever asks how often. */
export function eachFrame(f) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      f();
    });
  };
}

const idle = window.requestIdleCallback ?? ((f) => setTimeout(f, 30));

/** In an idle moment `pause` ms after it was asked, once, however often it is asked since; `drop` takes it back. */
export function whenIdle(f, pause = 0) {
  let asked = null;
  const now = (asking) => {
    if (asking !== asked) return; // taken back
    asked = null;
    f();
  };
  const wait = (asking) => idle(() => now(asking), { timeout: PATIENCE });
  const begin = (asking) => (pause ? setTimeout(wait, pause, asking) : wait(asking));
  return { ask: () => asked ?? begin((asked = {})), drop: () => (asked = null) };
}

const PATIENCE = 60; // ms

/** Numbers as the visitor writes them. */
export function numbers(lang, digits) {
  const format = new Intl.NumberFormat(lang.replace("_", "-"), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const least = 0.5 * 10 ** -digits; // what is less is 0, and not −0
  return (value) => format.format(Math.abs(value) < least ? 0 : value).replace("-", "−");
}

/** z₁₂ for the number with index 11. */
export function nameOf(index) {
  return `z${String(index + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;
}

/** Two standard normal numbers at a time (Box & Muller 1958). */
export function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** Put something into the tab's own storage, which a reload does not empty. */
export function remember(key, value) {
  try {
    sessionStorage.setItem(`genlab ${key}`, JSON.stringify(value));
  } catch {
    // a tab without storage, or with a full one, forgets with a reload
  }
}

/** What was put there, if it still is and `isGood` finds it so; else null. */
export function recall(key, isGood) {
  try {
    const value = JSON.parse(sessionStorage.getItem(`genlab ${key}`));
    return isGood(value) ? value : null;
  } catch {
    return null;
  }
}

/** What one component tells the others on the page, such as the code of what is being drawn. */
export const page = new EventTarget();

const RAIL = "color-mix(in srgb, currentColor 30%, transparent)";

const STYLE = `
.gl { container-type: inline-size; font-family: var(--st-font); color: var(--st-text-color); font-size: 1rem; line-height: 1.35; }
.gl * { box-sizing: border-box; }
.gl canvas { image-rendering: pixelated; display: block; }
.gl figure { margin: 0; }
.gl figcaption { text-align: center; font-size: 0.95rem; padding-top: 0.3rem; }
.gl .gl-screen { width: 100%; aspect-ratio: 1; background: #000; border-radius: 0.4rem;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.gl button, .gl select { font: inherit; color: inherit; background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem); padding: 0.3rem 0.8rem; min-height: 2.5rem; }
.gl button:hover, .gl select:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.gl button[aria-pressed="true"] { background: var(--st-primary-color); border-color: var(--st-primary-color); color: #fff; }
.gl button:disabled { opacity: 0.45; cursor: default; border-color: var(--st-border-color); color: inherit; }
.gl :focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.gl input { accent-color: var(--st-primary-color); }
.gl input[type="range"] { appearance: none; width: 100%; height: 1.75rem; margin: 0; background: none; cursor: pointer; --rail: 0.35rem; --knob: 1.15rem; }
.gl input[type="range"]::-webkit-slider-runnable-track { height: var(--rail); border-radius: 1rem; background: ${RAIL}; }
.gl input[type="range"]::-moz-range-track { height: var(--rail); border-radius: 1rem; background: ${RAIL}; }
.gl input[type="range"]::-webkit-slider-thumb { appearance: none; width: var(--knob); height: var(--knob); border-radius: 50%;
  margin-top: calc((var(--rail) - var(--knob)) / 2); background: var(--st-primary-color); }
.gl input[type="range"]::-moz-range-thumb { width: var(--knob); height: var(--knob); border: 0; border-radius: 50%; background: var(--st-primary-color); }
.gl input[type="range"] { touch-action: pan-y; }
.gl .gl-area { touch-action: none; cursor: crosshair; }
.gl .gl-row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.gl .gl-note { font-size: 0.95rem; margin: 0.4rem 0; opacity: 0.85; }
.gl .gl-broken { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem); padding: 0.75rem 1rem; margin: 0; }
.gl output { font-variant-numeric: tabular-nums; }
`;
