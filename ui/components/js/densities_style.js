/** How the plots of the lesson on densities look. */

/** Of the data and class 0, of what a model makes of them and class 1, and of a judge: seen on white and on black. */
export const COLOURS = { real: "#2a86f0", made: "#e8730c", judge: "#9a62ea" };

export const STYLE = `
.gl-dens { --real: ${COLOURS.real}; --made: ${COLOURS.made}; --judge: ${COLOURS.judge}; display: grid; gap: 0.5rem; }
.gl-plot { display: grid; grid-template: "ytitle ytitle" auto "yticks field" 1fr "none xticks" auto "none xtitle" auto / 2.9rem minmax(0, 1fr); }
.gl-plot.gl-bare { grid-template-columns: 0 minmax(0, 1fr); }
.gl-field { grid-area: field; position: relative; min-height: 0; border: 1px solid color-mix(in srgb, currentColor 40%, transparent); border-width: 0 0 1px 1px; user-select: none; }
.gl-field > canvas, .gl-field > svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.gl .gl-field > canvas { image-rendering: auto; }
.gl-field path { fill: none; stroke: currentColor; stroke-width: 2; vector-effect: non-scaling-stroke; }
.gl-ticks { position: relative; font-size: 0.85rem; font-variant-numeric: tabular-nums; opacity: 0.8; }
.gl-ticks-x { grid-area: xticks; height: 1.25rem; }
.gl-ticks-y { grid-area: yticks; }
.gl-ticks:empty { height: 0; }
.gl-ticks span { position: absolute; white-space: nowrap; }
.gl-ticks-x span { transform: translateX(-50%); top: 0.1rem; }
.gl-ticks-y span { transform: translateY(50%); right: 0.35rem; }
.gl-axis { font-size: 0.9rem; }
.gl-axis:empty { display: none; }
.gl-axis-x { grid-area: xtitle; text-align: right; }
.gl-axis-y { grid-area: ytitle; padding-bottom: 0.2rem; }
.gl-knob { position: absolute; width: 2.4rem; height: 2.4rem; margin: 0 0 -1.2rem -1.2rem; border-radius: 50%; cursor: grab; touch-action: none; z-index: 2; }
.gl-knob::after { content: ""; position: absolute; inset: 0.65rem; border-radius: 50%; background: var(--st-primary-color); border: 2px solid #fff;
  box-shadow: 0 0 0 1.5px #000a; }
.gl-knob:active { cursor: grabbing; }
.gl .gl-knob:focus-visible { outline-offset: -6px; }
.gl-knob.gl-first::after { background: var(--made); }
.gl-knob.gl-second::after { background: var(--judge); }
.gl-tell { display: grid; gap: 0.15rem 0.75rem; grid-template-columns: auto 1fr; align-items: baseline; margin: 0; }
.gl-tell dt { opacity: 0.85; }
.gl-tell dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 600; }
.gl-turn { display: grid; grid-template-columns: auto minmax(4rem, 1fr) 3.4rem; gap: 0 0.6rem; align-items: center; }
.gl-turn output { text-align: right; font-weight: 600; }
.gl-real { color: var(--real); }
.gl-made { color: var(--made); }
.gl-swatch { display: inline-block; width: 0.9rem; height: 0.9rem; border-radius: 0.2rem; margin-right: 0.35rem; vertical-align: -0.1rem; background: currentColor; }
.gl-note[data-loud] { opacity: 1; font-weight: 600; }
`;

/** A slider with its name and its value beside it. */
export function turner(element, attributes) {
  const input = element("input", { type: "range", ...attributes });
  const name = element("span");
  const value = element("output", { "aria-live": "off" });
  return { input, name, value, row: element("label", { class: "gl-turn" }, name, input, value) };
}
