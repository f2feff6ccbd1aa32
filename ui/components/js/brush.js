/**
 * A brush on a canvas, by mouse, pen or finger, and by keys: arrow keys move it, space lowers and lifts it.
 *
 *     const brush = brushOn(canvas, { size, step, down(place), move(place), up(), undo(), painted() });
 *
 * Places are in units in which the canvas' side is `size`; `painted` is called after whatever may have changed the
 * picture. The canvas' parent is positioned and also holds `brush.parts`; `brush.words` are what is said aloud.
 */

import { element } from "./kit.js";

export function brushOn(canvas, { size, step, down, move, up, undo, painted }) {
  let lowered = false;
  let pointer = null; // which one draws: no palm beside the pen, no second finger
  let cursor = [size / 2, size / 2]; // of the keys
  const mark = element("div", { class: "gl-cursor", hidden: true });
  const aloud = element("p", { class: "gl-aloud", "aria-live": "polite" });
  const brush = { words: {}, parts: [element("style", {}, STYLE), mark, aloud], drop };

  /** The stroke is over, and nobody is told. */
  function drop() {
    lowered = false;
    pointer = null;
  }

  function lower(place) {
    lowered = true;
    down(place);
  }

  function lift() {
    drop();
    up();
  }

  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * size, ((event.clientY - box.top) / box.height) * size];
  };
  canvas.onpointerdown = (event) => {
    if (lowered || !event.isPrimary || event.button) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    mark.hidden = true;
    lower(placeOf(event));
    painted();
    event.preventDefault();
    canvas.focus({ preventScroll: true });
  };
  canvas.onpointermove = (event) => {
    if (!lowered || event.pointerId !== pointer || !event.buttons) return;
    const pieces = event.getCoalescedEvents?.() ?? [];
    for (const piece of pieces.length ? pieces : [event]) move(placeOf(piece));
    painted();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (lowered && event.pointerId === pointer) lift();
  };
  canvas.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (moves[event.key]) {
      const far = event.shiftKey ? 3 * step : step;
      cursor = cursor.map((value, axis) => Math.min(Math.max(value + far * moves[event.key][axis], 0), size));
      if (lowered) move([...cursor]);
    } else if (event.key === " " || event.key === "Enter") {
      if (lowered) lift();
      else lower([...cursor]);
      aloud.textContent = lowered ? brush.words.lowered : brush.words.lifted;
    } else if (event.key === "Escape" && lowered) {
      lift();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && undo) {
      undo();
    } else {
      return;
    }
    event.preventDefault();
    showMark();
    painted();
  };
  canvas.onblur = () => {
    mark.hidden = true;
    if (lowered) lift();
  };

  function showMark() {
    mark.hidden = false;
    mark.classList.toggle("gl-down", lowered);
    mark.style.left = `${(100 * cursor[0]) / size}%`;
    mark.style.top = `${(100 * cursor[1]) / size}%`;
  }

  return brush;
}

const STYLE = `
.gl-cursor { position: absolute; width: 1rem; height: 1rem; margin: -0.5rem; border-radius: 50%; pointer-events: none;
  border: 3px solid #8cc4ff; }
.gl-cursor.gl-down { background: #8cc4ff; }
.gl-aloud { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
`;
