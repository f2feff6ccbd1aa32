/** Behind a map: what the decoder makes of a grid of its places. */

import { SIDE } from "./kit.js";

const GRID = 15; // places a side
const SLICE = 6; // ms of work in one frame

/**
 * Paint the grid on a canvas, in an ink on no ground, a few places in each frame.
 *
 * @param {HTMLCanvasElement} canvas any; it gets the size of the grid.
 * @param {object} map net: the decoder; base: a code; dims: which two of its numbers vary; view: low and high of each;
 *   colour: [red, green, blue]; busy: whether a hand needs the time more.
 * @returns {() => void} ends it.
 */
export function paintGrid(canvas, { net, base, dims, view, colour, busy }) {
  canvas.width = canvas.height = GRID * SIDE;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(SIDE, SIDE);
  const code = [...base];
  let n = 0;
  let asked = requestAnimationFrame(some);

  function some() {
    const end = performance.now() + (busy() ? 0 : SLICE);
    while (n < GRID * GRID && performance.now() < end) one();
    if (n < GRID * GRID && canvas.isConnected) asked = requestAnimationFrame(some);
  }

  function one() {
    const column = n % GRID;
    const row = Math.floor(n / GRID);
    [column, GRID - 1 - row].forEach((cell, axis) => {
      code[dims[axis]] = view[axis][0] + ((cell + 0.5) / GRID) * (view[axis][1] - view[axis][0]);
    });
    net.run(code).forEach((pixel, i) => image.data.set([...colour, 255 * pixel], 4 * i));
    pen.putImageData(image, column * SIDE, row * SIDE);
    n++;
  }

  return () => cancelAnimationFrame(asked);
}
