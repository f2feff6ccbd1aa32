/**
 * Two networks play on points in the plane: one draws points, the other tells them from real ones, and both learn here,
 * in the browser. At full speed, one step at a time, or in slow motion with a sentence for each moment.
 *
 * data: {choices, experiments, start, at, words}. choices are a list of values for each setting by its name; start, the
 * index of each setting's value in that order, counts when at changes. experiments are {key, label, text, settings,
 * anew}: settings that a button sets, and whether the networks are made anew. Value: game, {at, values: indices}.
 */

import { brushOn } from "./brush.js";
import { component, eachFrame, element, numbers, recall, remember } from "./kit.js";
import { makeClock, MOMENTS, SPEEDS } from "./points_clock.js";
import { makeChoice, makeStops, makeTick } from "./points_controls.js";
import { isSane, makeGame, round, shown } from "./points_game.js";
import { captionOf } from "./points_moments.js";
import { makePanel } from "./points_panel.js";
import { CENTRES, modes, MOST, realPoints } from "./points_sets.js";
import { STYLE } from "./points_style.js";
import { makeView, SIDE } from "./points_view.js";

const LEAST = 10; // drawn points with which a game can begin
const APART = SIDE / 40; // of two points that are drawn
const KNOBS = ["discriminatorRate", "generatorRate", "steps", "batch", "width", "layers"];
const ANEW = ["width", "layers", "seed"]; // settings that need other networks

export default component((root, say) => {
  let words, choices, at, game, write;
  let settings = {};
  let drawn = []; // x and y of each point
  let stage = null; // the moment of slow motion
  let broken = false; // whether a number has run away
  let remark = ""; // what is said while there is no moment
  const show = { field: true, arrows: true, net: false };
  const trace = { count: 0, a: [], d: [], v: [] };

  const view = makeView(root);
  const panel = makePanel(root);
  const clock = makeClock({
    round: (part) => round(game, part),
    ended: () => panel.add(game),
    moment: tellMoment,
    changed: sayPlay,
    paint,
  });
  const paper = element("canvas", { class: "gl-paper gl-area", tabindex: 0, role: "img", hidden: true });
  const brush = brushOn(paper, { size: 2 * SIDE, step: 0.1, down: sprinkle, move: sprinkle, up: stored, painted: () => soon() });
  const hint = element("p", { class: "gl-hint", hidden: true });
  const caption = element("span");
  const tag = element("code");
  const press = (onclick, attributes = {}) => element("button", { type: "button", onclick, ...attributes });
  const play = press(() => (clock.isPlaying() ? clock.pause() : clock.start()), { class: "gl-play" });
  const steppers = { both: press(() => clock.once("both")), discriminator: press(() => clock.once("discriminator")), generator: press(() => clock.once("generator")) };
  const slow = press(() => setSlow(!clock.slow), { "aria-pressed": "false" });
  const again = press(() => restart());
  const fresh = press(() => set({ seed: choices.seed[choices.seed.indexOf(settings.seed) + 1] ?? choices.seed[0] }));
  const erase = press(() => {
    drawn = [];
    stored();
    apply();
  });
  const sets = makeChoice((key) => set({ set: key }));
  const losses = makeChoice((key) => set({ loss: key }));
  const trials = makeChoice((key) => experiment(key));
  const pace = makeStops((value) => (clock.speed = SPEEDS.indexOf(value)));
  const knobs = Object.fromEntries(KNOBS.map((name) => [name, makeStops((value) => set({ [name]: value }, false), tell)]));
  const ticks = Object.fromEntries(Object.keys(show).map((name) => [name, makeTick(show[name], (on) => tick(name, on))]));
  const more = element("summary");
  const row = (...children) => element("div", { class: "gl-row" }, ...children);
  let experiments = [];
  root.append(
    element("style", {}, STYLE),
    element(
      "div",
      { class: "gl-points" },
      element(
        "div",
        {},
        element("div", { class: "gl-plane" }, view.canvas, paper, hint, ...brush.parts),
        row(play, ...Object.values(steppers)),
        element("div", { class: "gl-time" }, slow, pace.box),
        element("p", { class: "gl-said", "aria-live": "polite" }, caption, tag),
      ),
      element(
        "div",
        { class: "gl-aside" },
        sets.box,
        erase,
        losses.box,
        trials.box,
        row(again, fresh),
        row(...Object.values(ticks).map(({ box }) => box)),
      ),
      panel.box,
      element("details", {}, more, element("div", { class: "gl-points-knobs" }, ...KNOBS.map((name) => knobs[name].box))),
    ),
  );
  const soon = eachFrame(() => clock.isPlaying() || paint(1));
  const resized = new ResizeObserver(() => soon());
  resized.observe(view.canvas);

  // ------------------------------------------------------------------------------------------------ settings
  function tell() {
    say("game", { at, values: Object.keys(choices).map((name) => choices[name].indexOf(settings[name])) });
  }

  /** Other settings; Python is told at once unless a hand is still on the slider. */
  function set(change, told = true) {
    const anew = ANEW.some((name) => name in change && change[name] !== settings[name]);
    Object.assign(settings, change);
    remark = words.idle;
    if (anew) restart();
    else apply();
    if (told) tell();
  }

  /** What the settings say is what is shown and played with. */
  function apply() {
    const own = settings.set === "drawn";
    sets.set(settings.set);
    losses.set(settings.loss);
    for (const name of KNOBS) knobs[name].set(settings[name]);
    fresh.textContent = words.fresh.replace("{seed}", settings.seed);
    paper.hidden = erase.hidden = !own;
    hint.hidden = !own || drawn.length >= 2 * LEAST;
    game.points = own ? Float64Array.from(drawn) : realPoints(settings.set);
    const ready = !broken && (!own || drawn.length >= 2 * LEAST);
    for (const button of [play, ...Object.values(steppers)]) button.disabled = !ready;
    if (!ready) clock.pause();
    if (!stage) tellMoment(null);
    soon();
  }

  /** New networks from the seed. */
  function restart() {
    broken = false;
    remark = words.idle;
    game = root.game = makeGame(settings, new Float64Array());
    clock.forget();
    panel.clear();
    apply();
  }

  function experiment(key) {
    const { settings: asked, anew, text } = experiments.find((one) => one.key === key);
    setSlow(false);
    set(asked);
    if (anew) restart();
    remark = text;
    tellMoment(null);
    clock.start();
  }

  function setSlow(on) {
    clock.setSlow(on);
    speakTime();
    soon();
  }

  function speakTime() {
    slow.setAttribute("aria-pressed", String(clock.slow));
    steppers.both.textContent = clock.slow ? words.next : words.once;
    const fast = (n) => (n === SPEEDS.at(-1) ? words.fastest : words.pace.replace("{n}", n));
    const slowly = (n) => words.moment.replace("{n}", write(MOMENTS[SPEEDS.indexOf(n)] / 1000));
    pace.fill(words.speed, SPEEDS, clock.slow ? slowly : fast);
    pace.set(SPEEDS[clock.speed]);
  }

  function tick(name, on) {
    show[name] = on;
    soon();
  }

  // ------------------------------------------------------------------------------------------------ drawn points
  function sprinkle([x, y]) {
    const place = [x - SIDE, SIDE - y];
    const near = drawn.length && Math.hypot(drawn.at(-2) - place[0], drawn.at(-1) - place[1]) < APART;
    if (near || !areDrawn(place)) return;
    if (drawn.length >= 2 * MOST) remark = words.enough;
    else drawn.push(...place);
    apply();
  }

  function stored() {
    remember("points", drawn);
  }

  // ------------------------------------------------------------------------------------------------ what is said and shown
  function sayPlay() {
    play.textContent = clock.isPlaying() ? `❚❚\uFE0E ${words.pause}` : `▶\uFE0E ${words.play}`;
  }

  function tellMoment(moment) {
    stage = moment;
    [caption.textContent, tag.textContent] = moment ? captionOf(game, moment, words, write) : [remark, ""];
  }

  function paint(share) {
    if (!game) return;
    const points = shown(game, trace);
    if (!broken && !isSane(game, points)) {
      broken = true;
      remark = words.away;
      clock.forget();
      apply();
    }
    if (broken) return;
    view.paint(game, points, show, stage, share);
    panel.paint(game, CENTRES[settings.set] ? modes(settings.set, points) : null, words, write);
    root.dataset.rounds = game.rounds;
  }

  function speak() {
    const say = (thing, text) => thing.setAttribute("aria-label", text);
    say(view.canvas, words.plane);
    say(paper, words.paper);
    brush.words = { lowered: words.lowered, lifted: words.lifted };
    hint.textContent = words.hint.replace("{least}", LEAST);
    erase.textContent = words.erase;
    steppers.discriminator.textContent = words.only_d;
    steppers.generator.textContent = words.only_g;
    slow.textContent = words.slow;
    again.textContent = words.again_button;
    more.textContent = words.more;
    sets.fill(words.sets, words.set);
    losses.fill(words.losses_name, words.loss);
    trials.fill(words.trials, Object.fromEntries(experiments.map(({ key, label }) => [key, label])));
    for (const name of KNOBS) knobs[name].fill(words[name], choices[name], name.endsWith("Rate") ? rate : String);
    for (const [name, one] of Object.entries(ticks)) one.say(words[`show_${name}`]);
    speakTime();
    sayPlay();
  }
  const rate = (value) => new Intl.NumberFormat(words.lang.replace("_", "-"), { maximumFractionDigits: 4 }).format(value);

  return {
    update(data) {
      ({ words, choices, experiments } = data);
      write = numbers(words.lang, 2);
      speak();
      if (data.at !== at) {
        at = data.at;
        settings = Object.fromEntries(Object.keys(choices).map((name, n) => [name, choices[name][data.start[n]]]));
        drawn = recall("points", areDrawn) ?? [];
        clock.pause();
        restart();
        setSlow(false);
      } else {
        apply();
      }
    },
    leave() {
      clock.pause();
      resized.disconnect();
    },
  };
});

/** Whether this is a list of x and y of points within the picture. */
function areDrawn(value) {
  if (!Array.isArray(value) || value.length % 2 || value.length > 2 * MOST) return false;
  return value.every((one) => typeof one === "number" && Math.abs(one) <= SIDE);
}
