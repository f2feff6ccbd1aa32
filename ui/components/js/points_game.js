/** The game of two networks (Goodfellow et al. 2014, algorithm 1) on points in the plane. */

import { adam, backward, dice, forward, gradientPenalty, makeNet } from "./points_net.js";
import { MOST } from "./points_sets.js";

export const NOISES = 2; // numbers that the generator is given

const sigmoid = (d) => 1 / (1 + Math.exp(-d));
const softplus = (d) => Math.max(d, 0) + Math.log1p(Math.exp(-Math.abs(d))); // −ln sigmoid(−d)

/**
 * What D's answer d adds to a loss, and the slope there: for a real point, a generated one, and a generated one for G.
 * `chance` reads an answer as the chance that a point is real; a critic's answer is none.
 */
export const LOSSES = {
  minimax: {
    real: [(d) => softplus(-d), (d) => -sigmoid(-d)],
    fake: [softplus, sigmoid],
    generator: [(d) => -softplus(d), (d) => -sigmoid(d)],
    chance: sigmoid,
  },
  nonsaturating: {
    real: [(d) => softplus(-d), (d) => -sigmoid(-d)],
    fake: [softplus, sigmoid],
    generator: [(d) => softplus(-d), (d) => -sigmoid(-d)],
    chance: sigmoid,
  },
  squares: {
    real: [(d) => (d - 1) ** 2 / 2, (d) => d - 1],
    fake: [(d) => d ** 2 / 2, (d) => d],
    generator: [(d) => (d - 1) ** 2 / 2, (d) => d - 1],
    chance: (d) => Math.min(Math.max(d, 0), 1),
  },
  wasserstein: {
    real: [(d) => -d, () => -1],
    fake: [(d) => d, () => 1],
    generator: [(d) => -d, () => -1],
    penalty: 1, // λ; the paper's program has 10 for pictures and 0.1 for points
  },
};

/** A game that has not begun. `points` are the real ones, x and y of each; `settings` may change at any time. */
export function makeGame(settings, points) {
  const weights = dice(settings.seed);
  const hidden = Array(settings.layers).fill(settings.width);
  return {
    settings,
    points,
    generator: makeNet([NOISES, ...hidden, 2], weights),
    discriminator: makeNet([2, ...hidden, 1], weights),
    random: dice(settings.seed + 1_000_000),
    rounds: 0,
  };
}

/** Noise for `count` points, from N(0, I). */
export const drawNoise = ({ normal }, count) => Float64Array.from({ length: NOISES * count }, normal);

/** `count` of the real points, each drawn from all of them. */
function drawReal({ points, random }, count) {
  const x = new Float64Array(2 * count);
  for (let n = 0; n < count; n++) {
    const from = 2 * random.below(points.length / 2);
    x.set(points.subarray(from, from + 2), 2 * n);
  }
  return x;
}

/** On the way from each real point to a generated one, a point at random. */
function drawBetween({ random }, x, made) {
  const mixed = new Float64Array(x.length);
  for (let n = 0; n < x.length; n += 2) {
    const t = random.uniform();
    for (const i of [n, n + 1]) mixed[i] = t * x[i] + (1 - t) * made[i];
  }
  return mixed;
}

/** The mean of a loss over D's answers, and its slope at each of them. */
function mean([loss, slope], answers, count) {
  let sum = 0;
  const slopes = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    sum += loss(answers[n]) / count;
    slopes[n] = slope(answers[n]) / count;
  }
  return { loss: sum, slopes, answers: answers.slice(0, count) };
}

/** L_D on a batch. Its gradient is added to D's. */
export function discriminatorLoss({ discriminator: D, settings }, { x, made, mixed }) {
  const { real, fake, penalty } = LOSSES[settings.loss];
  const count = x.length / 2;
  const onReal = mean(real, forward(D, x, count), count);
  backward(D, onReal.slopes, count);
  const onFake = mean(fake, forward(D, made, count), count);
  backward(D, onFake.slopes, count);
  const more = penalty ? gradientPenalty(D, mixed, count, penalty) : 0;
  return { loss: onReal.loss + onFake.loss + more, real: onReal.answers, fake: onFake.answers };
}

/** L_G on noise, and its slope at each point made of it. */
export function generatorLoss({ generator: G, discriminator: D, settings }, z) {
  const count = z.length / NOISES;
  const made = forward(G, z, count).slice(0, 2 * count);
  const { loss, slopes } = mean(LOSSES[settings.loss].generator, forward(D, made, count), count);
  return { loss, made, slope: backward(D, slopes, count, false).slice(0, 2 * count) };
}

/** D looks at real and at generated points and learns to tell them apart. At each `yield` slow motion waits. */
export function* discriminatorStep(game) {
  const { generator: G, discriminator: D, settings, random } = game;
  const count = settings.batch;
  const x = drawReal(game, count);
  const z = drawNoise(random, count);
  yield { name: "draw", x, z };
  const made = forward(G, z, count).slice(0, 2 * count);
  yield { name: "generate", x, z, made };
  const mixed = drawBetween(game, x, made);
  const seen = (game.seen = discriminatorLoss(game, { x, made, mixed }));
  yield { name: "look", x, made, mixed, seen };
  adam(D, settings.discriminatorRate);
  yield { name: "discriminator", x, made, mixed, seen };
}

/** D says where each generated point should go, and G learns to put it there. D stays as it is. */
export function* generatorStep(game) {
  const { generator: G, settings, random } = game;
  const count = settings.batch;
  const z = drawNoise(random, count);
  const { loss, made, slope } = generatorLoss(game, z);
  game.generatorLoss = loss;
  yield { name: "again", z, made };
  yield { name: "pull", z, made, slope, loss };
  forward(G, z, count);
  backward(G, slope, count);
  adam(G, settings.generatorRate);
  yield { name: "generator", z, made, slope, loss };
}

/** A round: D learns as often as the settings say, then G once. With `part`, only D or only G. */
export function* round(game, part = "both") {
  if (part !== "generator") for (let k = 0; k < game.settings.steps; k++) yield* discriminatorStep(game);
  if (part !== "discriminator") yield* generatorStep(game);
  game.rounds++;
}

/** What G makes of the same MOST noises at any time, so that each point can be followed. */
export const shown = ({ generator: G }, trace) => forward(G, FOLLOWED, MOST, trace).subarray(0, 2 * MOST);
const FOLLOWED = drawNoise(dice(0), MOST);

/** Whether no number has run away, so that the game can go on. */
export function isSane({ seen, generatorLoss = 0 }, points) {
  return Number.isFinite(seen?.loss ?? 0) && Number.isFinite(generatorLoss) && points.every((value) => Math.abs(value) < FAR);
}
const FAR = 1e3; // real points are within 1.5
