/**
 * A sheet of generated pictures, each with the digit that a classifier reads and how real the discriminator finds it.
 * The one under a tap, or that the arrow keys choose, appears large.
 *
 * data: {png, columns, count, side, gap, bars, notes, digits, texts, colours, start, at, pick, words}. png is base64,
 * rows of pictures of side × side pixels with gaps between them. bars are 0…1 and notes what stands beside them; digits
 * are numbers, or none; texts say it in a sentence. start, the picture that is looked at first, counts when at changes.
 * Value, where pick is true (then the server shows it large): picture, {at, values: [number from 1]}, when one is chosen.
 */

import { component, element, onRelease } from "./kit.js";

const KEYS = { ArrowLeft: -1, ArrowRight: 1 };

export default component((root, say, key) => {
  let data, at;
  let chosen = 0;
  let cells = [];
  let shown = ""; // the PNG that is drawn

  let image;
  const list = element("div", { class: "gl-cells", tabindex: 0, role: "listbox", "aria-orientation": "horizontal" });
  const large = element("canvas", { class: "gl-screen", role: "img" });
  const text = element("output");
  const hint = element("p", { class: "gl-note" });
  const aside = element("div", { class: "gl-look-at" }, large, element("div", {}, text, hint));
  root.append(element("style", {}, STYLE), element("div", { class: "gl-sheet" }, list, aside));

  const tell = onRelease(list, () => data.pick && say("picture", { at, values: [chosen + 1] }));
  list.onclick = (event) => choose(cells.findIndex(({ box }) => box.contains(event.target)));
  list.onkeydown = (event) => {
    const step = KEYS[event.key] ?? { ArrowUp: -data.columns, ArrowDown: data.columns }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(chosen + step);
  };

  function choose(index) {
    if (index < 0 || index >= data.count || index === chosen) return;
    chosen = index;
    look();
    tell();
  }

  function makeCell(n) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const bar = element("i");
    const digit = element("b");
    const note = element("span");
    const box = element(
      "div",
      { class: "gl-cell", role: "option", id: `${key}-${n}` },
      canvas,
      element("div", { class: "gl-doubt" }, bar),
      element("div", { class: "gl-told" }, digit, note),
    );
    return { box, canvas, bar, digit, note };
  }

  function cut(canvas, n) {
    const { side, gap, columns } = data;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const [left, top] = [(n % columns) * (side + gap), Math.floor(n / columns) * (side + gap)];
    canvas.getContext("2d").drawImage(image, left, top, side, side, 0, 0, side, side);
  }

  function paint() {
    cells.forEach(({ box, canvas, bar, digit, note }, n) => {
      cut(canvas, n);
      bar.style.width = `${100 * data.bars[n]}%`;
      note.textContent = data.notes[n];
      digit.textContent = data.digits[n] ?? "";
      digit.style.color = data.colours[data.digits[n]] ?? "";
      box.setAttribute("aria-label", `${data.words.picture.replace("{n}", n + 1)}: ${data.texts[n]}`);
    });
    look();
  }

  /** The chosen picture, large. */
  function look() {
    cells.forEach(({ box }, n) => box.setAttribute("aria-selected", n === chosen));
    list.setAttribute("aria-activedescendant", `${key}-${chosen}`);
    text.textContent = data.texts[chosen];
    cut(large, chosen);
    large.setAttribute("aria-label", cells[chosen].box.getAttribute("aria-label"));
  }

  return {
    async update(sent, current) {
      if (sent.png !== shown) {
        const next = element("img", { alt: "", src: `data:image/png;base64,${sent.png}` });
        await next.decode();
        if (!current()) return;
        [image, shown] = [next, sent.png];
      }
      data = sent;
      if (data.at !== at || chosen >= data.count) [at, chosen] = [data.at, data.start];
      if (cells.length !== data.count) {
        cells = Array.from({ length: data.count }, (_, n) => makeCell(n));
        list.replaceChildren(...cells.map(({ box }) => box));
      }
      list.style.setProperty("--columns", data.columns);
      list.setAttribute("aria-label", data.words.sheet);
      hint.textContent = data.words.hint;
      aside.style.display = data.pick ? "none" : ""; // the server shows it beside
      paint();
    },
  };
});

const STYLE = `
.gl-sheet { display: grid; grid-template-columns: minmax(0, 36rem) minmax(8rem, 1fr); gap: 1rem; align-items: start; }
.gl-cells { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 0.5rem 0.3rem; cursor: pointer;
  touch-action: manipulation; padding: 3px; border-radius: 0.4rem; }
.gl-cell canvas { width: 100%; aspect-ratio: 1; background: #000; border-radius: 0.25rem; }
.gl-cell[aria-selected="true"] canvas { outline: 3px solid var(--st-primary-color); }
.gl-doubt { height: 0.3rem; margin-top: 0.2rem; border-radius: 1rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 22%, transparent); }
.gl-doubt i { display: block; height: 100%; background: rgb(64 156 255); }
.gl-told { display: flex; justify-content: space-between; align-items: baseline; line-height: 1.15; min-height: 1.2em;
  font-variant-numeric: tabular-nums; }
.gl-told b { font-size: 1.05rem; }
.gl-told span { font-size: 0.8rem; white-space: nowrap; }
.gl-look-at { display: grid; gap: 0.5rem; padding-top: 3px; position: sticky; top: 4.25rem; }
.gl .gl-look-at .gl-screen { width: 100%; max-width: 11rem; }
@container (max-width: 44rem) {
  .gl-sheet { grid-template-columns: minmax(0, 1fr); gap: 0.5rem; }
  .gl-look-at { position: static; grid-template-columns: 6rem 1fr; align-items: center; }
}
@container (max-width: 36rem) {
  .gl-cells { gap: 0.35rem 0.2rem; }
  .gl-told { flex-direction: column; align-items: center; }
  .gl-told span { font-size: 0.68rem; }
}
`;
