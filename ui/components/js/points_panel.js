/** The curves below the game: both losses, how well D tells the points apart, and how many Gaussians G has found. */

import { element } from "./kit.js";
import { makeChart, makeHistory } from "./points_curves.js";
import { LOSSES } from "./points_game.js";
import { average } from "./points_moments.js";
import { CENTRES } from "./points_sets.js";

export function makePanel(root) {
  const history = makeHistory();
  const [losses, sight, heaps] = Array.from({ length: 3 }, () => makeChart(root));
  const box = element("div", { class: "gl-charts" }, losses.box, sight.box, heaps.box);

  /** A round is over. */
  function add({ settings, seen, generatorLoss }) {
    const row = {};
    if (seen) {
      row.d = seen.loss;
      Object.assign(row, sightOf(settings.loss, seen));
    }
    if (generatorLoss !== undefined) row.g = generatorLoss;
    history.add(row);
  }

  /** `found` is what `modes` says, or null. */
  function paint({ settings }, found, words, write) {
    if (found) history.mark({ modes: found.found, near: found.near });
    losses.paint(
      {
        name: words.losses,
        lines: [{ name: "d", colour: "ink", label: "L_D" }, { name: "g", colour: "made", label: "L_G" }],
        guide: 0,
        write,
      },
      history,
    );
    const percent = (value) => `${Math.round(100 * value)} %`;
    if (LOSSES[settings.loss].chance) {
      const lines = [{ name: "real", colour: "real", label: words.real }, { name: "fake", colour: "made", label: words.made }];
      sight.paint({ name: words.right, lines, low: 0, high: 1, guide: 0.5, write: percent }, history);
    } else {
      const lines = [{ name: "gap", colour: "ink", label: "D(x) − D(x̃)" }];
      sight.paint({ name: words.gap, lines, guide: 0, write }, history);
    }
    heaps.box.hidden = !found;
    if (!found) return;
    const all = CENTRES[settings.set].length;
    heaps.paint({ name: words.modes, lines: [{ name: "modes", colour: "made", label: "" }], low: 0, high: all, guide: all, write: (n) => words.of.replace("{n}", Math.round(n)).replace("{all}", all) }, history);
  }

  return { box, add, paint, clear: history.clear };
}

/** The parts of real and of generated points that D is right about; of a critic, how far apart its answers are. */
function sightOf(loss, { real, fake }) {
  const { chance } = LOSSES[loss];
  if (!chance) return { gap: average(real) - average(fake) };
  return {
    real: average(real.map((answer) => Number(chance(answer) > 0.5))),
    fake: average(fake.map((answer) => Number(chance(answer) <= 0.5))),
  };
}
