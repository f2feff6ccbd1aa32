"""What the lesson Street numbers shows: eight colour pictures, compressed, spoiled and denoised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from genlab.metrics import code_bits, compression_ratio
from ui import architecture, cache, kept
from ui.houses import DRAWN, EIGHT, NARROWEST, PHOTOGRAPHS
from ui.i18n import N_, _, explain, number
from ui.noisy import choose_kind
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint
    from ui.houses import Row

AUTOENCODER, DENOISER = "ae-street", "dae-street"
PIXELS = 3 * 32 * 32


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a row's pictures.

    Attributes:
        x: (n, 3, 32, 32) in [0, 1].
        psnr: of each against its original, in dB.
    """

    x: Tensor
    psnr: tuple[float, ...]


def provenance(source: str) -> None:
    """What the pictures are, and what the networks have seen."""
    seen = learned_from(networks()[0])
    drawn_only = seen == {DRAWN}
    if source == PHOTOGRAPHS:
        told = _("These are photographs: SVHN’s test pictures.")
        if drawn_only:
            told += " " + _("The networks have never seen a photograph: they learned from genlab’s drawings alone.")
    else:
        told = _("These are no photographs: genlab drew them, digits of its fonts on coloured ground.")
        if drawn_only:
            told += " " + _("The networks learned from such drawings.")
        elif seen:
            told += " " + _("At least one of the networks learned from photographs.")
    st.caption(told)
    if data.available()[PHOTOGRAPHS] is None:
        st.page_link("pages/data.py", label=_("Photographs: get SVHN"), icon=":material/photo_camera:")


def choose_noise() -> tuple[str, float]:
    """Kind and strength."""
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        kind = choose_kind()
    level = right.slider(_("Strength of the noise"), 0.0, 1.0, value=0.25, step=0.05, key="level", bind="query-params")
    return kind, level


def networks() -> tuple[dict[str, Checkpoint], list[GenlabError]]:
    """The networks that are here, and why the others are not."""
    found, missing = {}, []
    for name in (AUTOENCODER, DENOISER):
        try:
            found[name] = cache.checkpoint(name)
        except GenlabError as error:
            missing.append(error)
    return found, missing


def spoil(row: Row, kind: str, level: float) -> Answer:
    """The noisy pictures; the noise of a picture is always the same, so that the slider only makes it stronger."""
    import torch

    from genlab.noise import draw
    from genlab.noise import spoil as spoiled
    from genlab.seeding import make_generator

    one = (1, *row.x.shape[1:])
    drawn = (draw(one, make_generator(place, "noise", row.source)) for place in row.places)
    return _measured(torch.cat([spoiled(x[None], kind, level, d) for x, d in zip(row.x, drawn, strict=True)]), row)


def answer(network: Checkpoint, x: Tensor, row: Row) -> Answer:
    """What a network makes of the row's pictures, clean or noisy."""
    import torch

    with torch.inference_mode():
        return _measured(network.model(x), row)


@st.cache_resource(show_spinner=False, max_entries=64)
def rebuilt(sha256: str, source: str, which: tuple[int, ...], _network: Checkpoint, _row: Row) -> Answer:
    """What the autoencoder makes of the clean pictures, which no slider changes."""
    return answer(_network, _row.x, _row)


def _measured(x: Tensor, row: Row) -> Answer:
    from genlab.losses import squared_errors
    from genlab.metrics import psnr

    return Answer(x=x, psnr=tuple(psnr(sse / PIXELS) for sse in squared_errors(x, row.x).tolist()))


def show(row: Row, kind: str, level: float) -> None:
    """The chosen one, large; the code; then all eight, a line for each step."""
    found, missing = networks()
    noisy = spoil(row, kind, level)
    lines: dict[str, Answer] = {}
    autoencoder, denoiser = found.get(AUTOENCODER), found.get(DENOISER)
    if autoencoder:
        lines["rebuilt"] = rebuilt(autoencoder.sha256, row.source, row.places, autoencoder, row)
    lines["noisy"] = noisy
    if denoiser:
        lines["denoised"] = answer(denoiser, noisy.x, row)
    if autoencoder:
        lines["plain"] = answer(autoencoder, noisy.x, row)
    if missing:
        st.error("\n\n".join(explain(error) for error in missing))
    one(row, lines, kept.answers(noisy.x[row.chosen][None], row.x[row.chosen][None]))
    if autoencoder:
        code(autoencoder)
    eight(row, lines)
    measured(found)


TITLES = {
    "rebuilt": N_("Autoencoder"),
    "noisy": N_("Noisy"),
    "denoised": N_("Denoiser"),
    "plain": N_("Autoencoder, from noisy"),
}
LINES = {
    "rebuilt": N_("The autoencoder rebuilds them from their codes"),
    "noisy": N_("Noisy"),
    "denoised": N_("The denoiser reads the noisy ones"),
    "plain": N_("The autoencoder reads the noisy ones"),
}


def one(row: Row, lines: dict[str, Answer], own: list[Picture]) -> None:
    """The chosen picture, large, with what became of it, and what the visitor's networks make of the noisy one."""
    n = row.chosen
    digit = _("Digit {digit}").format(digit=row.digits[n])
    strip(
        [
            Picture(png=grey_png(row.x[n]), title=_("Original"), note=digit),
            *(
                Picture(png=grey_png(found.x[n]), title=_(TITLES[name]), note=likeness(found, row))
                for name, found in lines.items()
            ),
            *own,
        ],
        columns=5,
        least=6.0,
    )


def likeness(found: Answer, row: Row) -> str:
    """PSNR and SSIM of the chosen picture."""
    from genlab.metrics import ssim

    n = row.chosen
    return f"{decibels(found.psnr[n])}\nSSIM {number(ssim(found.x[n : n + 1], row.x[n : n + 1]).item(), 2)}"


def decibels(value: float) -> str:
    """A PSNR; equal pictures have no end of it."""
    return _("{psnr} dB").format(psnr=number(value, 1)) if value < 99 else "∞ dB"


def code(network: Checkpoint) -> None:
    """How much the autoencoder keeps."""
    k = network.config.latent_dim
    architecture.facts(
        {
            _("Numbers in the code"): number(k),
            _("Bits of the code"): number(code_bits(k)),
            _("Bits of the picture"): number(PIXELS * 8),
            _("Smaller than the picture"): _("{ratio} times").format(ratio=number(compression_ratio(PIXELS, k), 1)),
        }
    )
    st.caption(
        _(
            "A picture has {pixels} numbers (32×32 pixels, 3 colours) of 8 bits; a number of the code has 32 bits."
        ).format(pixels=number(PIXELS))
    )


def eight(row: Row, lines: dict[str, Answer]) -> None:
    """All pictures of the row, a line for each step, with the PSNR of each; the chosen one is framed."""
    for name, found in lines.items():
        title = _(LINES[name])
        st.markdown(f"**{title}**")
        strip(
            [
                Picture(png=grey_png(x), note=decibels(psnr), alt=f"{title}: {row.digits[n]}", chosen=n == row.chosen)
                for n, (x, psnr) in enumerate(zip(found.x, found.psnr, strict=True))
            ],
            columns=EIGHT,
            least=NARROWEST,
        )


def learned_from(found: dict[str, Checkpoint]) -> set[str]:
    """The data sets that the networks learned from."""
    return {network.train.dataset for network in found.values()}


def measured(found: dict[str, Checkpoint]) -> None:
    """What the checkpoints' own measurements say of whole test sets."""
    from genlab.metrics import psnr

    told = []
    if autoencoder := found.get(AUTOENCODER):
        test, baseline = autoencoder.metrics["test"], autoencoder.metrics.get("baseline")
        told.append(
            _("Over {count} test pictures of {title} the autoencoder’s answers have **{psnr}**.").format(
                count=number(test["count"]),
                title=_(data.describe(test["dataset"]).title),
                psnr=decibels(test["psnr"]),
            )
        )
        if baseline:
            linear = psnr(baseline["sse_clipped"] / PIXELS)
            told.append(_("PCA with as many numbers has **{psnr}**.").format(psnr=decibels(linear)))
    denoiser = found.get(DENOISER)
    if denoiser and (levels := denoiser.metrics.get("denoising", {}).get("gaussian")):
        test = denoiser.metrics["test"]
        told.append(
            _(
                "Of {count} noisy test pictures of {title} the denoiser’s answers have **{low}** at σ = {a} and "
                "**{high}** at σ = {b} (Gaussian); it was not told how strong the noise is."
            ).format(
                count=number(test["count"]),
                title=_(data.describe(test["dataset"]).title),
                low=decibels(levels["0.25"]),
                a=number(0.25, 2),
                high=decibels(levels["0.5"]),
                b=number(0.5, 1),
            )
        )
        told.append(
            _("Its code has {k} numbers, more than a picture: it does not compress.").format(
                k=number(denoiser.config.latent_dim)
            )
        )
    if told:
        st.markdown("\n".join(f"- {line}" for line in told))
