/** What is said of each moment of a round in slow motion. */

import { discriminatorLoss, generatorLoss, LOSSES } from "./points_game.js";

const FORMULAS = {
  draw: "x ∼ data, z ∼ 𝒩(0, I)",
  generate: "x̃ = G(z)",
  look: "D(x), D(x̃)",
  discriminator: "θ_D ← θ_D − η ∇L_D",
  again: "x̃ = G(z)",
  pull: "−∂L_G/∂x̃",
  generator: "θ_G ← θ_G − η ∇L_G",
};

/** A sentence, and the formula it is about. */
export function captionOf(game, moment, words, write) {
  const { name } = moment;
  const text = words[name === "look" && !LOSSES[game.settings.loss].chance ? "look_critic" : name];
  const filled = Object.entries(fields(game, moment, write)).reduce((sentence, [key, value]) => sentence.replaceAll(`{${key}}`, value), text);
  return [filled, FORMULAS[name]];
}

function fields(game, { name, x, z, made, mixed, seen, loss }, write) {
  const n = (x ?? z ?? made).length / 2;
  if (name === "look") {
    const { chance } = LOSSES[game.settings.loss];
    if (!chance) return { real: write(average(seen.real)), made: write(average(seen.fake)) };
    const wrong = (answers, isReal) => answers.filter((answer) => chance(answer) > 0.5 !== isReal).length;
    return { wrong: wrong(seen.real, true) + wrong(seen.fake, false), all: 2 * n };
  }
  if (name === "discriminator") {
    const after = discriminatorLoss(game, { x, made, mixed }).loss;
    game.discriminator.gradient.fill(0); // only asked, not to be learned from again
    return { before: write(seen.loss), after: write(after) };
  }
  if (name === "generator") return { before: write(loss), after: write(generatorLoss(game, z).loss) };
  return { n };
}

export const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
