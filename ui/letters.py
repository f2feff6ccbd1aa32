"""What the lesson on letters shows: what four bottlenecks leave of a letter, and how few bits their codes need."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from genlab.figure_style import AXIS, LAYOUT
from genlab.metrics import code_bits, compression_ratio, psnr
from genlab.palette import DIGIT_COLOURS
from ui import cache, kept
from ui.i18n import _, explain, n_, number, separators
from ui.pictures import grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

SIDES = (14, 7, 2, 1)  # of the codes
COLOURS = dict(zip(SIDES, DIGIT_COLOURS, strict=False))
FRAME, PIXELS = 28, 784

STYLE = """<style>
.gl-squeezed { container-type: inline-size; max-width: 66rem; }
.gl-squeezed > div { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 1.4rem;
  padding: 0.3rem 2px; }
.gl-squeezed section { display: flex; flex-direction: column; gap: 0.45rem; min-width: 0; }
.gl-squeezed header { line-height: 1.25; text-align: center; } .gl-squeezed header b { font-size: 1.25rem; }
.gl-squeezed small, .gl-squeezed .gl-legend { font-size: 0.9rem; line-height: 1.35; opacity: 0.85; }
.gl-squeezed .gl-legend { aspect-ratio: 1; display: flex; flex-direction: column; justify-content: center; }
.gl-squeezed img { width: 100%; aspect-ratio: 1; image-rendering: pixelated; display: block; background: #000;
  border-radius: 0.4rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.gl-squeezed i { text-align: center; line-height: 1; opacity: 0.6; font-style: normal; }
.gl-squeezed p { margin: 0; text-align: center; line-height: 1.4; font-variant-numeric: tabular-nums; }
.gl-squeezed p b { font-size: 1.1rem; } .gl-squeezed p span { display: block; font-size: 0.95rem; }
.gl-squeezed i::before { content: "↓"; } .gl-squeezed .gl-legend + i { visibility: hidden; }
@container (max-width: 40rem) {
  .gl-squeezed > div { grid-template-columns: minmax(0, 1fr); gap: 1.1rem; }
  .gl-squeezed section { display: grid; grid-template-columns: minmax(0, 1fr) 1rem minmax(0, 1fr) 6.4rem; gap: 0.4rem;
    align-items: center; }
  .gl-squeezed header { grid-column: 1 / -1; text-align: left; } .gl-squeezed header small { margin-left: 0.4rem; }
  .gl-squeezed header br { display: none; }
  .gl-squeezed .gl-legend { aspect-ratio: auto; font-size: 0.85rem; } .gl-squeezed i::before { content: "→"; }
  .gl-squeezed p { text-align: left; } .gl-squeezed p b { font-size: 1rem; }
  .gl-squeezed p span { font-size: 0.85rem; }
}
</style>"""


@dataclass(frozen=True, kw_only=True)
class Squeezed:
    """What a bottleneck leaves of a letter.

    Attributes:
        side: of the code's map.
        code: (side, side) in [0, 1]: of each number, where it lies between its own 1st and 99th percentile.
        x_hat: (1, 28, 28) in [0, 1].
        psnr: in dB.
        ssim: 1 for equal pictures.
        bits: of the whole code.
        ratio: how many times smaller than the picture.
    """

    side: int
    code: Tensor
    x_hat: Tensor
    psnr: float
    ssim: float
    bits: int
    ratio: float


def networks() -> dict[int, Checkpoint]:
    """The networks there are, by the side of their code; a sentence stands for those that are missing or broken.

    Raises:
        CheckpointError: there is none.
    """
    found: dict[int, Checkpoint] = {}
    wrong: GenlabError | None = None
    for side in SIDES:
        try:
            found[side] = cache.checkpoint(f"ae-notmnist-{side}x{side}")
        except GenlabError as error:
            wrong = wrong or error
    if wrong:
        if not found:
            raise wrong
        st.error(explain(wrong))
    return found


def squeeze(side: int, network: Checkpoint, x: Tensor, bits: int) -> Squeezed:
    """A letter through a bottleneck of which each number has ``bits`` bits."""
    import torch

    from genlab.metrics import ssim
    from genlab.quantise import limits, quantise

    low, high = limits(network.metrics.get("codes", {}))
    with torch.inference_mode():
        z = quantise(network.model.encode(x), bits, low, high)
        x_hat = network.model.decode(z)
        code = ((z[0] - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)
    return Squeezed(
        side=side,
        code=code.reshape(side, side),
        x_hat=x_hat[0],
        psnr=psnr((x_hat - x).square().mean().item()),
        ssim=ssim(x_hat, x).item(),
        bits=code_bits(side * side, bits),
        ratio=compression_ratio(PIXELS, side * side, bits),
    )


def side_by_side(x: Tensor, shown: Sequence[Squeezed]) -> None:
    """The letter, and of each bottleneck the code as a picture, what comes back, and what it costs."""
    legend = _("The code as a picture: each number from black, its lowest, to white, its highest.")
    first = (
        f"<section><header><b>{escape(_('Letter'))}</b><br><small>{FRAME}×{FRAME}</small></header>"
        f'<div class="gl-legend">{escape(legend)}</div><i></i>{_image(x[0], _("Letter"))}'
        f"<p><b>{escape(_bits(PIXELS * 8))}</b><span>{escape(_('8 for each pixel'))}</span></p></section>"
    )
    st.html(f'{STYLE}<div class="gl-squeezed"><div>{first}{"".join(map(_section, shown))}</div></div>')
    st.caption(
        _(
            "PSNR and SSIM compare with the letter: the more, the better. With 32 bits a number the code of 14×14 is "
            "exactly as large as the picture; it saves nothing."
        )
    )
    own = kept.answers(x)
    if own:
        st.markdown(_("**Your networks**, with 32 bits a number"))
        strip(own, least=5.0, most=9.0)


def _section(one: Squeezed) -> str:
    size, count = f"{one.side}×{one.side}", one.side * one.side
    numbers = n_("{k} number", "{k} numbers", count).format(k=count)
    smaller = (
        _("{ratio} × smaller").format(ratio=number(one.ratio, 1 if one.ratio < 10 else 0))
        if one.ratio > 1
        else _("not smaller")
    )
    facts = (smaller, f"PSNR {number(one.psnr, 1)} dB", f"SSIM {number(one.ssim, 3)}")
    lines = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    return (
        f"<section><header><b>{size}</b><br><small>{escape(numbers)}</small></header>"
        f"{_image(one.code, _('Code of {size}').format(size=size))}<i></i>"
        f"{_image(one.x_hat, _('Rebuilt from the code of {size}').format(size=size))}"
        f"<p><b>{escape(_bits(one.bits))}</b>{lines}</p></section>"
    )


def _image(pixels: Tensor, alt: str) -> str:
    source = base64.b64encode(grey_png(pixels)).decode()
    return f'<img alt="{escape(alt, quote=True)}" src="data:image/png;base64,{source}">'


def _bits(bits: int) -> str:
    return n_("{bits} bit", "{bits} bits", bits).format(bits=number(bits))


# ------------------------------------------------------------------------------------- what was measured
def curves(network: Checkpoint) -> dict[int, float]:
    """Bits a number → PSNR over the test set, as far as it was measured."""
    metrics = network.metrics
    measured = {int(bits): float(value) for bits, value in metrics.get("quantised", {}).items()}
    return dict(sorted({**measured, 32: float(metrics["test"]["psnr"])}.items()))


def curve(found: Mapping[int, Checkpoint], shown: Sequence[Squeezed]) -> None:
    """PSNR against the bits of the whole code: lines for the test set, diamonds for this letter."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for one in shown:
        colour, name = COLOURS[one.side], f"{one.side}×{one.side}"
        points = {code_bits(one.side**2, bits): value for bits, value in curves(found[one.side]).items()}
        hover = "%{x} bits: %{y:.1f} dB<extra>" + name
        for x, y, line, size, symbol, told in (
            (list(points), list(points.values()), True, 8, "circle", _("test set")),
            ([one.bits], [one.psnr], False, 15, "diamond", _("this letter")),
        ):
            figure.add_scatter(
                x=x,
                y=y,
                name=name,
                mode="lines+markers" if line else "markers",
                line={"color": colour, "width": 3},
                marker={"color": colour, "size": size, "symbol": symbol, "line": {"width": 0 if line else 2}},
                showlegend=line,
                hovertemplate=f"{hover}, {told}</extra>",
            )
    ticks = (1, 10, 100, 1000, PIXELS * 8)
    words = {"title_text": _("Bits of the whole code"), "tickvals": ticks, "ticktext": [number(tick) for tick in ticks]}
    figure.update_xaxes(**AXIS, **words, type="log", range=[-0.15, 4])
    figure.update_yaxes(**AXIS, title_text=_("PSNR, dB"))
    figure.add_vline(x=PIXELS * 8, line={"width": 2, "dash": "dash", "color": "gray"})
    figure.update_layout(**{**LAYOUT, "hovermode": "closest"}, separators=separators())
    st.plotly_chart(figure, key="letters_curve", config={"displayModeBar": False})
    st.caption(
        _(
            "Lines: mean over the test set, with 1, 2, 4, 8, 16 and 32 bits a number. Diamonds: this letter, now. "
            "Dashed: the size of the picture."
        )
    )


def measured(found: Mapping[int, Checkpoint]) -> None:
    """The whole test set through the four networks, and through PCA with as many numbers."""
    rows: dict[str, list[str]] = {_("Network"): [], _("PCA, as many numbers"): []}
    for network in found.values():
        metrics = network.metrics
        values = metrics["test"]["psnr"], psnr(metrics["baseline"]["sse_clipped"] / PIXELS)
        for row, value in zip(rows.values(), values, strict=True):
            row.append(number(value, 1))
    head = "| PSNR, dB | " + " | ".join(f"{side}×{side}" for side in found) + " |\n|---|" + "---:|" * len(found)
    count = next(iter(found.values())).metrics["test"]["count"]
    st.markdown(_("Measured on notMNIST’s {count} test letters, at 32 bits a number:").format(count=number(count)))
    st.markdown("\n".join([head, *(f"| {name} | {' | '.join(row)} |" for name, row in rows.items())]))
    eight, one = (_most_lost(found.values(), bits) for bits in (8, 1))
    if eight is not None and one is not None:
        lost = _("With 8 bits a number these means fall by at most **{eight} dB**; with 1 bit, by up to **{one} dB**.")
        st.markdown(lost.format(eight=number(eight, 2), one=number(one, 1)))


def _most_lost(found: Iterable[Checkpoint], bits: int) -> float | None:
    """The largest loss of PSNR from 32 bits to ``bits``; None where it was not measured."""
    lines = [curves(network) for network in found]
    return max(line[32] - line[bits] for line in lines) if all(bits in line for line in lines) else None
