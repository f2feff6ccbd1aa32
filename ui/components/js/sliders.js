/**
 * A slider for each number of a code, the picture it decodes to, and what each number does.
 *
 * data: {decoder, digit, code, at, words}. decoder is an address, digit the code of the current picture, code where to
 * begin if that is elsewhere. Both count when at changes; otherwise the sliders stay where they were dragged.
 * Value: code, {at, values}, on release.
 */

import { component, eachFrame, element, forgivesScrolls, nameOf, normal, numbers, onRelease, page, Screen, setText } from "./kit.js";
import { network } from "./runtime.js";

const OPEN = 32; // so many sliders are shown, the rest folded away
const FILM = 9;
const SAME = 0.01; // two codes of one drawing, prepared here and on the server, are closer

export default component((root, say) => {
  let net, about, words, write, order, at, decoder;
  let code = [];
  let digit = []; // the code of the current picture
  let rows = [];
  let shown = -1; // whose filmstrip
  let filmOf = []; // the code the filmstrip belongs to
  let told; // the at of what was last told
  let fromPen = false; // the pen has brought a digit that the server does not know yet

  const screen = new Screen({ class: "gl-screen" });
  const caption = element("figcaption");
  const buttons = element("div", { class: "gl-row" });
  const film = element("div", { class: "gl-film" });
  const filmCaption = element("p", { class: "gl-note" });
  const frames = Array.from({ length: FILM }, () => new Screen({ class: "gl-screen", "aria-hidden": "true" }));
  film.append(...frames.map((frame) => frame.canvas));
  const list = element("div", { class: "gl-list" });
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-sliders" },
      element("figure", { class: "gl-look" }, screen.canvas, caption),
      element("div", {}, film, filmCaption, list, buttons),
    ),
  );

  const commit = () => {
    told = at;
    say("code", { at, values: code.map((value) => +value.toFixed(4)) });
  };
  const released = onRelease(list, commit);
  const draw = () => screen.paint(net.run(code));
  const drawFilm = eachFrame(() => {
    if (filmOf.length && filmOf.every((value, i) => i === shown || value === code[i])) markFilm();
    else paintFilm();
  });

  function paintFilm() {
    const [low, high] = rangeOf(shown);
    filmOf = [...code];
    const varied = [...code];
    frames.forEach((frame, n) => {
      varied[shown] = low + ((high - low) * n) / (FILM - 1);
      frame.paint(net.run(varied));
    });
    setText(filmCaption, words.film.replace("{name}", nameOf(shown)).replace("{low}", write(low)).replace("{high}", write(high)));
    markFilm();
  }

  function markFilm() {
    const [low, high] = rangeOf(shown);
    const nearest = Math.round(((code[shown] - low) / (high - low)) * (FILM - 1));
    frames.forEach((frame, n) => frame.canvas.classList.toggle("gl-now", n === nearest));
  }

  function showFilm(index) {
    if (index === shown) return;
    shown = index;
    filmOf = [];
    drawFilm();
  }

  /** From the codes' 1st to their 99th percentile, or as far as the code at hand goes. */
  function rangeOf(index) {
    const { input } = rows[index];
    return [+input.min, +input.max];
  }

  function setRange(index, value) {
    const { input } = rows[index];
    const low = about.codes.low[index];
    const high = Math.max(about.codes.high[index], low + 1e-3);
    input.min = Math.min(low, value);
    input.max = Math.max(high, value);
  }

  function setCode(values) {
    code = Array.from(values, Number);
    code.forEach((value, index) => {
      setRange(index, value);
      rows[index].input.value = value;
      tell(index);
    });
    draw();
    filmOf = [];
    drawFilm();
  }

  function tell(index) {
    const text = write(code[index]);
    setText(rows[index].output, text);
    rows[index].input.setAttribute("aria-valuetext", text);
  }

  function makeRow(index) {
    const output = element("output", { "aria-live": "off" });
    const input = element("input", {
      type: "range",
      step: "any",
      "aria-label": nameOf(index),
      oninput() {
        code[index] = +input.value;
        draw();
        tell(index);
        if (index === shown) markFilm();
        else showFilm(index);
      },
      onchange: () => scrolled() || released(),
      onfocus: () => showFilm(index),
    });
    const scrolled = forgivesScrolls(input);
    rows[index] = { input, output };
    return element(
      "label",
      { class: "gl-slider", onpointerenter: () => showFilm(index) },
      element("span", {}, nameOf(index)),
      input,
      output,
    );
  }

  function build() {
    rows = [];
    order = [...about.codes.std.keys()].sort((a, b) => about.codes.std[b] - about.codes.std[a]);
    const made = order.map(makeRow);
    list.replaceChildren(element("div", { class: "gl-grid" }, ...made.slice(0, OPEN)));
    if (made.length > OPEN) {
      const summary = words.more.replace("{n}", made.length - OPEN);
      list.append(element("details", {}, element("summary", {}, summary), element("div", { class: "gl-grid" }, ...made.slice(OPEN))));
    }
    shown = order[0];
    buttons.replaceChildren(
      press(words.digit, () => digit),
      press(words.mean, () => about.codes.mean),
      press(words.random, () => about.codes.mean.map((mean, i) => mean + about.codes.std[i] * normal())),
    );
  }

  function press(text, values) {
    const onclick = () => {
      setCode(values());
      commit();
    };
    return element("button", { type: "button", onclick }, text);
  }

  const isDigit = (values) => values.every((value, i) => Math.abs(value - digit[i]) < SAME);

  /** While a digit is drawn on this page, its code moves the sliders, without the server. */
  function follow({ detail }) {
    if (detail.decoder !== decoder || detail.code.length !== code.length) return;
    if (isDigit(detail.code)) return; // the pad tells it again with each drawing of its own: what was dragged stays
    digit = detail.code;
    fromPen = true;
    setCode(digit);
  }
  page.addEventListener("code", follow);

  return {
    async update(data, current) {
      words = data.words;
      write = numbers(words.lang, 2);
      if (data.decoder !== decoder) {
        const found = await network(data.decoder);
        if (!current()) return;
        net = found;
        decoder = data.decoder;
        about = net.about;
        at = undefined;
        build();
      }
      screen.canvas.setAttribute("aria-label", words.picture);
      caption.textContent = words.picture;
      if (data.at !== at) {
        // The pen may have brought this digit already, and a slider may have been dragged since.
        const known = fromPen && at !== undefined && isDigit(data.digit);
        fromPen = false;
        const dragged = known && code.some((value, i) => value !== digit[i]);
        const untold = told === at;
        at = data.at;
        digit = dragged ? digit : data.digit;
        if (data.code || !dragged) setCode(data.code ?? digit);
        else if (untold) commit();
      }
    },
    leave: () => page.removeEventListener("code", follow),
  };
});

const STYLE = `
.gl-sliders { display: grid; grid-template-columns: 11rem 1fr; gap: 1.25rem; align-items: start; }
.gl-look { position: sticky; top: 4.25rem; }
.gl-list { margin-bottom: 0.75rem; }
.gl-film { display: grid; grid-template-columns: repeat(${FILM}, 1fr); gap: 0.3rem; max-width: 40rem; }
.gl-film .gl-now { outline: 3px solid var(--st-primary-color); }
.gl-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0 1.5rem; }
.gl-slider { display: grid; grid-template-columns: 2.6rem 1fr 3.2rem; align-items: center; gap: 0.4rem; min-height: 2.2rem; }
.gl-slider output { text-align: right; }
.gl-list summary { cursor: pointer; padding: 0.5rem 0; }
@container (max-width: 36rem) {
  .gl-sliders { grid-template-columns: 1fr; gap: 0.75rem; }
  .gl-look { display: grid; grid-template-columns: 8rem 1fr; gap: 0.75rem; align-items: center; z-index: 2;
    background: var(--st-background-color); padding-bottom: 0.5rem; }
}
`;
