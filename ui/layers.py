"""Drawings of the lesson on training layer by layer: the pairs of layers, ten digits, and the errors."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ui.i18n import N_, _, number, separators
from ui.pictures import to_png

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.stacking import PairState, Stage

WAY_NAMES = {"stacked": N_("Layer by layer"), "at_once": N_("All at once")}
WAY_COLOURS = {"stacked": "#1c6fd0", "at_once": "#c2570c"}
STATES: Mapping[PairState, tuple[str, str]] = {
    "learns": ("∇", N_("learns")),
    "frozen": ("=", N_("frozen")),
    "absent": ("", N_("not there yet")),
}

STYLE = """<style>
.gl-pairs { --blue: var(--st-primary-color, #1c6fd0); --edge: color-mix(in srgb, currentColor 55%, transparent);
  container-type: inline-size; max-width: 60rem; margin: 0.2rem auto 0; }
.gl-pairs > div { display: flex; align-items: center; height: 8.2rem; }
.gl-pairs u { flex: none; width: clamp(0.3rem, 1.4cqw, 0.7rem); height: var(--tall); border-radius: 0.2rem;
  background: currentColor; opacity: 0.75; position: relative; }
.gl-pairs u.gl-absent { background: none; border: 1px dashed currentColor; opacity: 0.5; }
.gl-pairs i { flex: 1; height: 100%; display: grid; place-items: center; font-style: normal; font-weight: 700;
  font-size: clamp(0.95rem, 3.4cqw, 1.5rem); clip-path: polygon(0 calc(50% - var(--from) / 2),
  100% calc(50% - var(--to) / 2), 100% calc(50% + var(--to) / 2), 0 calc(50% + var(--from) / 2)); }
.gl-pairs .gl-learns { background: var(--blue); color: #fff; }
.gl-pairs i.gl-frozen { background: color-mix(in srgb, currentColor 16%, transparent); }
.gl-pairs i.gl-absent { background: repeating-linear-gradient(135deg, transparent 0 5px,
  color-mix(in srgb, currentColor 22%, transparent) 5px 6px); }
.gl-pairs ol { display: flex; justify-content: space-between; list-style: none; margin: 0; padding: 0;
  font-size: clamp(0.72rem, 2.6cqw, 1rem); font-variant-numeric: tabular-nums; }
.gl-pairs ol li { width: 0; margin: 0; padding: 0; display: flex; justify-content: center; white-space: nowrap;
  text-align: center; line-height: 1.2; }
.gl-pairs ol li:first-child { justify-content: flex-start; } .gl-pairs ol li:last-child { justify-content: flex-end; }
.gl-pairs ol i { display: block; font-style: italic; height: auto; clip-path: none; font-size: inherit; }
.gl-key { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; font-size: 0.95rem; justify-content: center;
  margin-top: 0.5rem; }
.gl-key span { display: flex; align-items: center; gap: 0.45rem; }
.gl-key b { width: 1.7rem; height: 1.25rem; border-radius: 0.2rem; display: grid; place-items: center; }
.gl-key .gl-frozen { background: color-mix(in srgb, currentColor 16%, transparent); }
.gl-key .gl-absent { background: repeating-linear-gradient(135deg, transparent 0 5px,
  color-mix(in srgb, currentColor 40%, transparent) 5px 6px); }
.gl-key .gl-learns { background: var(--st-primary-color, #1c6fd0); color: #fff; }
.gl-sheets { display: grid; grid-template-columns: max-content minmax(0, 44rem); gap: 0.5rem 1rem; align-items: center;
  justify-content: center; }
.gl-sheets p { margin: 0; line-height: 1.25; font-size: 1rem; } .gl-sheets p span { display: block; }
.gl-sheets p span { font-variant-numeric: tabular-nums; }
.gl-sheets img { width: 100%; display: block; image-rendering: pixelated; }
.gl-sheets .gl-mark { display: inline-block; width: 1.5rem; border-top: 0.2rem solid var(--way); margin-right: 0.4rem;
  vertical-align: middle; } .gl-sheets .gl-dotted { border-top-style: dotted; }
@media (max-width: 640px) { .gl-sheets { grid-template-columns: minmax(0, 1fr); gap: 0.25rem; }
  .gl-sheets p { margin-top: 0.35rem; } .gl-sheets p span { display: inline; margin-left: 0.6rem; } }
</style>"""


def pairs(widths: Sequence[int], stage: Stage | None) -> None:
    """The network as an hourglass: which pairs of layers learn, which are frozen, which are not there yet."""
    count = len(widths) - 1
    states: list[PairState] = [stage.state(pair) if stage else "absent" for pair in range(1, count + 1)]
    tall = [f"{1.2 + 6.8 * float(np.log(width) / np.log(max(widths))):.2f}rem" for width in widths]
    order = [*range(count + 1), *reversed(range(count))]
    body, alt = "", []
    for place, unit in enumerate(order):
        there = unit == 0 or states[unit - 1] != "absent"
        body += f'<u class="{"" if there else "gl-absent"}" style="--tall: {tall[unit]}"></u>'
        if place < len(order) - 1:
            following = order[place + 1]
            state = states[max(unit, following) - 1]
            shape = f"--from: {tall[unit]}; --to: {tall[following]}"
            body += f'<i class="gl-{state}" style="{shape}">{STATES[state][0]}</i>'
            alt.append(f"{widths[unit]} → {widths[following]}: {_(STATES[state][1])}")
    units = "".join(f"<li>{widths[unit]}</li>" for unit in order)
    key = "".join(
        f'<span><b class="gl-{name}">{sign}</b>{escape(_(word))}</span>' for name, (sign, word) in STATES.items()
    )
    st.html(
        f'{STYLE}<div class="gl-pairs" role="img" aria-label="{escape("; ".join(alt), quote=True)}">'
        f'<div>{body}</div><ol aria-hidden="true">{units}</ol></div><div class="gl-key">{key}</div>'
    )


def sheets(pictures: Mapping[Any, Tensor], errors: Mapping[Any, float | None]) -> None:
    """Ten digits, and what both ways make of them."""
    from genlab.snapshots import ten_digits

    rows = _row(_("Original"), "", ten_digits(), "")
    for way, made in pictures.items():
        error = errors[way]
        dotted = " gl-dotted" if way == "at_once" else ""
        mark = f'<i class="gl-mark{dotted}" style="--way: {WAY_COLOURS[way]}"></i>'
        rows += _row(_(WAY_NAMES[way]), "" if error is None else f"SSE {number(error, 1)}", made, mark)
    st.html(f'{STYLE}<div class="gl-sheets">{rows}</div>')


def _row(title: str, note: str, made: Tensor, mark: str) -> str:
    source = base64.b64encode(sheet_png(made.numpy())).decode()
    alt = escape(_("The ten digits: {title}").format(title=title), quote=True)
    said = f"<b>{escape(title)}</b>" + (f"<span>{mark}{escape(note)}</span>" if note or mark else "")
    return f'<p>{said}</p><img alt="{alt}" src="data:image/png;base64,{source}">'


def sheet_png(pictures: np.ndarray) -> bytes:
    """``uint8`` (n, 1, H, W) -> PNG of all side by side, with clear gaps."""
    n, _channels, tall, wide = pictures.shape
    sheet = np.zeros((tall, n, wide + 2, 4), np.uint8)
    sheet[:, :, :wide, :3] = pictures[:, 0].transpose(1, 0, 2)[..., None]
    sheet[:, :, :wide, 3] = 255
    return to_png(sheet.reshape(tall, -1, 4)[:, :-2])


def curve(errors: Mapping[Any, Sequence[float]], plan: Sequence[Stage], epoch: int | None, *, key: str) -> None:
    """The error of both ways after each epoch, over the stages."""
    from genlab.figures_training import Run, plot_runs

    figure = plot_runs(
        [
            Run(name=_(WAY_NAMES[way]), errors=values, colour=WAY_COLOURS[way], dashed=way == "at_once")
            for way, values in errors.items()
        ],
        [(_("all") if stage.whole else str(stage.depth), stage.epochs) for stage in plan],
        epoch,
        x_title=_("Epoch"),
        y_title=_("Squared error (SSE)"),
        separators=separators(),
    )
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
