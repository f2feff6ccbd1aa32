/**
 * The time of a game: rounds as fast as wished, one at a time, or in slow motion, a moment of a round after the other.
 *
 * `round(part)` makes a round, a generator whose yields are its moments; `ended()` is told of each that is over,
 * `moment(value)` of each moment in slow motion (null: none), `changed()` of playing or pausing, `paint(share)` is to draw:
 * `share` of the moment is over.
 */

const BUDGET = 8; // ms of a frame that may be spent on learning
export const SPEEDS = [2, 10, 30, 120, 100_000]; // rounds a second; the last is as many as there is time for
export const MOMENTS = [6000, 4500, 3000, 2000, 1000]; // ms of a moment in slow motion

export function makeClock({ round, ended, moment, changed, paint }) {
  let asked = 0; // the next frame
  let before = 0; // when the last one was
  let since = 0; // when the moment began
  let owed = 0; // rounds
  let steps = null; // the round under way
  let shown = false; // whether a moment is
  let until = null; // after what it stops by itself: a moment, a round, or not at all
  const clock = { slow: false, speed: 3, start, pause, once, setSlow, forget, isPlaying: () => asked !== 0 && !until };

  function begin() {
    before = performance.now();
    asked ||= requestAnimationFrame(frame);
    changed();
  }

  function start() {
    until = null;
    begin();
  }

  function pause() {
    cancelAnimationFrame(asked);
    asked = 0;
    if (!clock.slow) finish();
    changed();
  }

  /** A round of `part`. In slow motion one of D or G alone plays by itself, and one of both goes on by a moment. */
  function once(part) {
    const goesOn = clock.slow && part === "both" && until !== "round";
    pause();
    if (!goesOn) finish();
    steps ??= round(part);
    if (clock.slow) {
      until = part === "both" ? "moment" : "round";
      if (advance()) advance();
      return begin();
    }
    finish();
    paint(1);
  }

  function setSlow(on) {
    finish();
    if (until) pause();
    clock.slow = on;
    until = null;
    show(null);
  }

  /** The round under way is none of the game that is to come. */
  function forget() {
    [steps, until, owed] = [null, null, 0];
    show(null);
  }

  function show(value) {
    shown = value !== null;
    since = performance.now();
    moment(value);
  }

  function frame(now) {
    asked = requestAnimationFrame(frame);
    const passed = Math.min(now - before, 100); // a tab that was hidden has nothing to catch up
    before = now;
    if (clock.slow) slowly(now);
    else quickly(passed);
    paint(Math.min((performance.now() - since) / MOMENTS[clock.speed], 1));
  }

  function slowly(now) {
    if (shown && now - since < MOMENTS[clock.speed]) return;
    if (until === "moment") return pause();
    if (!advance()) return;
    if (until) pause();
    else advance();
  }

  function quickly(passed) {
    owed = Math.min(owed + (SPEEDS[clock.speed] * passed) / 1000, SPEEDS[clock.speed]);
    const end = performance.now() + BUDGET;
    while (owed >= 1 && performance.now() < end) if (advance()) owed--;
    if (performance.now() >= end) owed = Math.min(owed, 1); // what there is no time for is not owed
  }

  /** To the next moment; whether the round was over instead. */
  function advance() {
    steps ??= round("both");
    const { value, done } = steps.next();
    if (!done) {
      if (clock.slow) show(value);
      return false;
    }
    steps = null;
    ended();
    return true;
  }

  /** The rest of the round, without waiting. */
  function finish() {
    while (steps) {
      if (!steps.next().done) continue;
      steps = null;
      ended();
    }
  }

  return clock;
}
