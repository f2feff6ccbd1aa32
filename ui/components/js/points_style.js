/** How the game of points looks. */

import { CONTROLS } from "./points_controls.js";
import { CURVES } from "./points_curves.js";

export const STYLE = `
.gl-points { display: grid; grid-template-columns: minmax(0, 28rem) minmax(15rem, 1fr); gap: 1rem 1.5rem; align-items: start; }
.gl-plane { position: relative; aspect-ratio: 1; margin-bottom: 0.6rem; overflow: hidden; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius, 0.5rem); background: var(--st-background-color); }
.gl-plane > canvas { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: auto; }
.gl-plane > canvas[hidden], .gl-aside > button[hidden], .gl-chart[hidden] { display: none; }
.gl-hint { position: absolute; inset: 40% 0 auto; width: fit-content; max-width: 90%; margin: 0 auto; padding: 0.4rem 0.9rem; pointer-events: none;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem); background: var(--st-background-color); }
.gl-hint[hidden] { display: none; }
.gl .gl-points button { padding: 0.3rem 0.6rem; }
.gl .gl-play { min-width: 6.5rem; font-weight: 700; border-color: var(--st-primary-color); }
.gl-time { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1rem; align-items: center; margin-top: 0.5rem; }
.gl-points > .gl-charts, .gl-points > details { grid-column: 1 / -1; }
.gl-said { min-height: 4.1rem; margin: 0.6rem 0; }
.gl-said code { font-family: var(--st-code-font, monospace); display: block; color: inherit; }
.gl-aside { display: grid; gap: 0.8rem; }
.gl-aside > button { justify-self: start; }
.gl-points summary { cursor: pointer; font-weight: 600; min-height: 2rem; }
@container (max-width: 46rem) {
  .gl-points { grid-template-columns: minmax(0, 1fr); }
  .gl-points > .gl-charts { order: 1; }
  .gl-points > .gl-aside { order: 2; }
  .gl-points > details { order: 3; }
  @media (pointer: coarse) { .gl-plane:has(.gl-paper:not([hidden])) { margin-inline: 1.5rem; } } /* room for a finger that scrolls */
}
${CONTROLS}${CURVES}`;
