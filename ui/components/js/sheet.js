/**
 * A sheet of small pictures: the one under a tap, or that the arrow keys choose, appears large, with what is said of it.
 *
 * data: {png, columns, count, side, gap, readings, words}. png is base64, rows of pictures of side × side pixels with
 * gaps between them; readings say something of each, or are empty. Nothing is sent back.
 */

import { component, element } from "./kit.js";

const KEYS = { ArrowLeft: -1, ArrowRight: 1 };

export default component((root) => {
  let data;
  let chosen = 0;
  let shown = ""; // the PNG that is drawn

  const image = element("img", { alt: "", draggable: "false" });
  const mark = element("div", { class: "gl-mark" });
  const area = element("div", { class: "gl-sheet", tabindex: 0, role: "application" }, image, mark);
  const large = element("canvas", { class: "gl-screen", role: "img" });
  const text = element("output");
  const hint = element("p", { class: "gl-note" });
  root.append(element("style", {}, STYLE), area, element("div", { class: "gl-look-at" }, large, element("div", {}, text, hint)));

  image.onload = look;
  area.onclick = (event) => {
    const box = image.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * data.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows());
    choose(Math.min(Math.max(row, 0), rows() - 1) * data.columns + Math.min(Math.max(column, 0), data.columns - 1));
  };
  area.onkeydown = (event) => {
    const step = KEYS[event.key] ?? { ArrowUp: -data.columns, ArrowDown: data.columns }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(chosen + step);
  };

  const rows = () => Math.ceil(data.count / data.columns);

  function choose(index) {
    if (index < 0 || index >= data.count) return;
    chosen = index;
    look();
  }

  /** The chosen picture, large. */
  function look() {
    if (chosen >= data.count) chosen = 0;
    const reading = data.readings[chosen];
    text.textContent = reading ? data.words.reads.replace("{digits}", reading) : "";
    hint.textContent = data.words.hint;
    image.alt = data.words.sheet;
    if (!image.naturalWidth) return; // onload comes back here
    const { side, gap, columns } = data;
    const [column, row] = [chosen % columns, Math.floor(chosen / columns)];
    large.width = large.height = side;
    large.getContext("2d").drawImage(image, column * (side + gap), row * (side + gap), side, side, 0, 0, side, side);
    large.setAttribute("aria-label", text.textContent || data.words.sheet);
    const [wide, high] = [image.naturalWidth, image.naturalHeight];
    mark.style.cssText = `left: ${(100 * column * (side + gap)) / wide}%; top: ${(100 * row * (side + gap)) / high}%;
      width: ${(100 * side) / wide}%; height: ${(100 * side) / high}%`;
  }

  return {
    update(sent) {
      data = sent;
      area.setAttribute("aria-label", data.words.sheet);
      if (data.png !== shown) {
        shown = data.png;
        image.src = `data:image/png;base64,${shown}`; // look follows when it is there
      }
      look();
    },
  };
});

const STYLE = `
.gl-sheet { position: relative; cursor: pointer; line-height: 0; touch-action: manipulation; }
.gl-sheet img { width: 100%; image-rendering: pixelated; border-radius: 0.4rem; user-select: none; }
.gl-mark { position: absolute; pointer-events: none; outline: 3px solid var(--st-primary-color); outline-offset: -1px; border-radius: 2px; }
.gl-look-at { display: flex; gap: 0.75rem; align-items: center; padding-top: 0.5rem; }
.gl .gl-look-at .gl-screen { width: 6rem; flex: none; }
`;
