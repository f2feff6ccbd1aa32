"""The drawing of a network: blocks for what it passes, wedges for its layers.

It is HTML: it lies down where there is room for its words and stands up where there is not (a phone, a popover).
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ui.i18n import N_, _, n_, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genlab.layers import Layer, Shape

TALL = 10.5  # rem, of the longest block
COLUMN = 4.6  # rem that a block's words need; with less for each, the drawing stands up

KINDS = {
    **dict.fromkeys(("Linear", "Transposed", "SpectralLinear"), N_("dense")),
    **dict.fromkeys(("Conv2d", "ConvTranspose2d", "SpectralConv2d"), N_("conv")),
    "Residual": N_("residual block"),
    "Shift": N_("shift"),
    "Scale": N_("scale"),
    "Other": N_("elsewhere"),
}

STYLE = """<style>
.gl-net { container-type: inline-size; margin: 0.25rem 0 0.5rem; --blue: #1c6fd0; --gold: #e07b12; }
.gl-net ol { display: flex; list-style: none; margin: 0; padding: 0; }
.gl-net li { flex: 1 1 0; min-width: 0; margin: 0; padding: 0; text-align: center; }
.gl-flow { display: flex; align-items: center; height: var(--tall); }
.gl-flow i { flex: 1; align-self: stretch;
  background: color-mix(in srgb, var(--blue) var(--ink), transparent);
  clip-path: polygon(0 calc(50% - var(--from) * 50%), 100% calc(50% - var(--to) * 50%),
    100% calc(50% + var(--to) * 50%), 0 calc(50% + var(--from) * 50%)); }
.gl-flow span { display: flex; flex-direction: column; align-items: center; gap: 0.4rem; }
.gl-flow u { width: var(--t); height: calc(var(--l) * var(--tall)); border-radius: 0.2rem; text-decoration: none;
  background: var(--blue); }
.gl-net .gl-code u { background: var(--gold); }
.gl-net .gl-picture u, .gl-net .gl-verdict u { background: color-mix(in srgb, currentColor 65%, transparent); }
.gl-say { padding: 0.5rem 0.1rem 0; font-size: 0.8rem; line-height: 1.3; overflow-wrap: anywhere; }
.gl-say b, .gl-say span, .gl-say small { display: block; } .gl-say b { font-size: 0.95rem; }
.gl-say img { display: block; width: 3.2rem; aspect-ratio: 1; margin: 0.35rem auto; image-rendering: pixelated;
  border-radius: 0.3rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.gl-say small { font-size: 0.75rem; opacity: 0.75; }
.gl-code b, .gl-rows .gl-z td { color: color-mix(in srgb, #e07b12 72%, currentColor); font-weight: 600; }
.gl-rows { overflow-x: auto; container-type: inline-size; }
.gl-rows table { border-collapse: collapse; width: 100%; font-size: 0.95rem; }
.gl-rows th, .gl-rows td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.gl-rows th, .gl-rows code, .gl-rows .gl-n, .gl-rows .gl-shape, .gl-rows .gl-share { white-space: nowrap; }
.gl-rows code { font-size: 0.85em; background: none; padding: 0; color: inherit; }
.gl-rows .gl-n { text-align: right; font-variant-numeric: tabular-nums; }
.gl-share i { display: inline-block; height: 0.6rem; width: calc(var(--part) * 3.4rem); min-width: 1px;
  margin-right: 0.4rem; border-radius: 2px; background: #1c6fd0; }
.gl-facts { display: flex; flex-wrap: wrap; gap: 0.6rem 2.2rem; }
.gl-facts span { display: block; font-size: 0.95rem; opacity: 0.8; }
.gl-facts b { font-size: 1.6rem; line-height: 1.3; font-weight: 400; font-variant-numeric: tabular-nums; }
@container (max-width: 30rem) { .gl-rows .gl-name, .gl-rows .gl-share { display: none; }
  .gl-rows .gl-shape { white-space: normal; } .gl-rows th, .gl-rows td { padding-right: 0.5rem; } }
</style>"""

STANDING = """<style>
@container (max-width: {width}rem) {{ .gl-net-{count} {{
  & ol {{ display: block; }}
  & li {{ display: grid; grid-template-columns: minmax(0, {tall}rem) minmax(7rem, 1fr); gap: 0.8rem; text-align: left;
    max-width: 34rem; margin: 0 auto; }}
  & .gl-flow {{ flex-direction: column; height: auto; min-height: 3.6rem; }}
  & .gl-flow i {{ clip-path: polygon(calc(50% - var(--from) * 50%) 0, calc(50% + var(--from) * 50%) 0,
    calc(50% + var(--to) * 50%) 100%, calc(50% - var(--to) * 50%) 100%); }}
  & .gl-flow span {{ flex-direction: row; align-self: stretch; justify-content: center; }}
  & .gl-flow u {{ width: calc(var(--l) * 100%); height: var(--t); }}
  & .gl-say {{ align-self: center; padding: 0.35rem 0; font-size: 0.9rem; }}
  & .gl-say img {{ margin: 0.35rem 0; }} & .gl-say small {{ font-size: 0.85rem; }} & .gl-say span {{ display: inline; }}
  & .gl-say span + span::before {{ content: " · "; opacity: 0.6; }}
}} }}
</style>"""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of the drawing: its words, the layer that made it, what it is, if no layer's, an example as PNG."""

    shapes: tuple[Shape, ...]
    title: str
    lines: tuple[str, ...] = ()
    layer: Layer | None = None
    look: str = ""
    png: bytes = b""
    alt: str = ""


def size(shape: Shape) -> str:
    """A shape as people write it: (1, 28, 28) -> 28×28×1."""
    return "×".join(map(str, (*shape[1:], shape[0])))


def what(layer: Layer) -> str:
    """What a layer is, in a few words and signs: conv 4×4 ↓2."""
    known = KINDS.get(layer.kind)
    words = [_(known) if known else layer.kind]
    if layer.kernel:
        words.append("×".join(map(str, layer.kernel)))
    if max(layer.stride, default=1) > 1:
        words.append(f"{'↑' if 'Transpose' in layer.kind else '↓'}{max(layer.stride)}")
    return (f"{layer.repeats} × " if layer.repeats > 1 else "") + " ".join(words)


def words_of(layer: Layer | None) -> list[str]:
    """What stands under a block about the layer that made it."""
    if layer is None:
        return []
    added = [f"+ {_('code') if name == 'code' else name}" for name in layer.plus]
    norm = [_("spectral norm")] if layer.kind.startswith("Spectral") else []
    return [what(layer), *norm, *added, *([layer.activation] if layer.activation else [])]


def _amount(layer: Layer) -> str:
    """How many parameters a layer has."""
    if layer.borrowed and not layer.parameters:
        return _("borrowed")
    amount = n_("{n} parameter", "{n} parameters", layer.parameters).format(n=number(layer.parameters))
    return f"{amount}, {_('weights borrowed')}" if layer.borrowed else amount


def drawing(blocks: Sequence[Block], parameters: int) -> str:
    """HTML of the blocks of a network with so many parameters."""
    longest = max(_length(shape) for block in blocks for shape in block.shapes)
    bars = [[(_bar(_length(shape), longest), _thickness(shape)) for shape in block.shapes] for block in blocks]
    heights = [sum(length for length, thick in bar) + 0.4 * (len(bar) - 1) for bar in bars]
    inks = [_ink(block.layer, parameters) for block in blocks]
    tall, count = max(*heights, TALL), len(blocks)
    items = []
    for i, block in enumerate(blocks):
        first, last = i == 0, i == len(blocks) - 1
        before = heights[i] if first else (heights[i - 1] + heights[i]) / 2
        after = heights[i] if last else (heights[i] + heights[i + 1]) / 2
        drawn = "".join(f'<u style="--l: {long / tall:.3f}; --t: {thick:.2f}rem"></u>' for long, thick in bars[i])
        way_in = _way(before / tall, heights[i] / tall, 0 if first else inks[i])
        way_out = _way(heights[i] / tall, after / tall, 0 if last else inks[i + 1])
        look = f' class="gl-{block.look}"' if block.look else ""
        items.append(f'<li{look}><div class="gl-flow">{way_in}<span>{drawn}</span>{way_out}</div>{_say(block)}</li>')
    standing = STANDING.format(width=round(count * COLUMN, 1), count=count, tall=f"{tall:.2f}")
    alt = escape(" → ".join(", ".join((one.title, *one.lines, *words_of(one.layer))) for one in blocks), quote=True)
    return (
        f'{standing}<div class="gl-net gl-net-{count}" role="img" aria-label="{alt}" style="--tall: {tall:.2f}rem">'
        f"<ol>{''.join(items)}</ol></div>"
    )


def _way(start: float, end: float, ink: float) -> str:
    """Half of the way between two blocks, as parts of the tallest; nothing but room where there is no way."""
    shape = f"--from: {start:.3f}; --to: {end:.3f}; --ink: {ink:.0f}%"
    return f'<i style="{shape}"></i>' if ink else '<i style="background: none"></i>'


def _say(block: Block) -> str:
    said = "".join(f"<span>{escape(line)}</span>" for line in (*block.lines, *words_of(block.layer)))
    picture = ""
    if block.png:
        source = base64.b64encode(block.png).decode()
        picture = f'<img alt="{escape(block.alt, quote=True)}" src="data:image/png;base64,{source}">'
    amount = f"<small>{escape(_amount(block.layer))}</small>" if block.layer else ""
    return f'<div class="gl-say"><b>{escape(block.title)}</b>{said}{amount}{picture}</div>'


def _length(shape: Shape) -> int:  # numbers in a vector, places in a map
    return math.prod(shape[1:]) if len(shape) > 1 else shape[0]


def _bar(length: int, longest: int) -> float:  # in rem
    return 0.8 + (TALL - 0.8) * math.log(length) / math.log(max(2, longest))


def _thickness(shape: Shape) -> float:  # in rem; a vector has one channel
    return 0.5 + 0.28 * math.log2(shape[0]) if len(shape) > 1 else 0.5


def _ink(layer: Layer | None, total: int) -> float:  # of the way to a block, in per cent
    return 9 + 55 * math.sqrt(layer.parameters / total) if layer and total else 9
