"""What the lesson Denoise shows: answers side by side, the curve, several draws, and why a network does not copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import CheckpointError, GenlabError
from genlab.palette import DIGIT_COLOURS
from ui import cache, kept
from ui.components.parts import noise_pad
from ui.i18n import N_, _, explain, number, separators
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from ui.noisy import Noisy

CONV, DENSE, PLAIN = "dae-mnist", "dae-dense-mnist", "ae-mnist-z64"
COPIER, HONEST = "bench-overcomplete-mnist", "bench-overcomplete-denoising-mnist"
NETWORKS = {
    CONV: N_("Denoising, convolutional"),
    DENSE: N_("Denoising, dense"),
    PLAIN: N_("Plain autoencoder"),
}
FILTERS = {
    "median": N_("Median filter"),
    "gaussian": N_("Gaussian filter"),
    "tv": N_("Total variation"),
    "nlm": N_("Non-local means"),
}
COLOURS = dict(zip((*NETWORKS, *FILTERS), (DIGIT_COLOURS[i] for i in (0, 9, 7, 2, 4, 6, 8)), strict=True))
DRAWS = 7


def spoil(x: Tensor, kind: str) -> Noisy:
    """The picture under the visitor's hand, and the two dense networks that follow it."""
    here = []
    for name in NETWORKS:
        try:
            cache.checkpoint(name)
            here.append(name)
        except GenlabError as error:
            st.warning(explain(error))
    live = [(name, _(NETWORKS[name])) for name in (DENSE, PLAIN) if name in here]
    return noise_pad(live, x, kind=kind, about=x.numpy().tobytes(), key="spoil")


def answers(noisy: Noisy) -> dict[str, Tensor]:
    """What each method makes of the noisy picture, (1, 1, 28, 28) each; a network that is not here is left out."""
    import torch

    from genlab.comparison import answer

    found: dict[str, Tensor] = {}
    with torch.inference_mode():
        for name in (*NETWORKS, *FILTERS):
            loaded = cache.checkpoint_or_none(name) if name in NETWORKS else None
            if name in FILTERS or loaded is not None:
                found[name] = answer(loaded.model if loaded else name, noisy.picture, noisy.kind, noisy.level)
    return found


def side_by_side(x: Tensor, noisy: Noisy) -> None:
    """All methods: networks above, filters below."""
    found = answers(noisy)
    best = max(found, key=lambda name: decibels(found[name], x))
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("Original")),
            Picture(png=grey_png(noisy.picture[0]), title=_("Noisy"), note=measured(noisy.picture, x)),
            *(answered(name, found[name], x, best) for name in NETWORKS if name in found),
            *kept.answers(noisy.picture, x),
        ],
        columns=5,
        least=6.0,
    )
    strip([answered(name, found[name], x, best) for name in FILTERS], columns=5, least=6.0)
    st.caption(
        _(
            "Framed: the highest PSNR. The networks are not told how strong the noise is; the filters are. The plain "
            "autoencoder has never met noise: it answers with a digit, or with nothing."
        )
    )


def answered(name: str, x_hat: Tensor, x: Tensor, best: str) -> Picture:
    """A method's answer with its measures."""
    title = _({**NETWORKS, **FILTERS}[name])
    return Picture(png=grey_png(x_hat[0]), title=title, note=measured(x_hat, x), chosen=name == best)


def decibels(x_hat: Tensor, x: Tensor) -> float:
    """PSNR of one picture."""
    from genlab.losses import mse
    from genlab.metrics import psnr

    return psnr(mse(x_hat, x).item())


def in_decibels(x_hat: Tensor, x: Tensor) -> str:
    """The same in words."""
    found = decibels(x_hat, x)
    return _("{psnr} dB").format(psnr=number(found, 1)) if found < 99 else "∞ dB"


def measured(x_hat: Tensor, x: Tensor) -> str:
    """PSNR and SSIM of one picture, in two lines."""
    from genlab.metrics import ssim

    return f"{in_decibels(x_hat, x)}\nSSIM {number(ssim(x_hat, x).item(), 2)}"


def curve(x: Tensor, noisy: Noisy) -> None:
    """PSNR against the strength of the noise: means over test pictures, and this picture's points."""
    from genlab.figures import Series, plot_noise_curve

    comparison = cache.checkpoint(CONV).metrics.get("comparison")
    if comparison is None:
        raise CheckpointError(
            "The curves of “{name}” have not been measured. Run: python -m genlab compare-denoisers --write", name=CONV
        )
    means = comparison["psnr"][noisy.kind]
    found = answers(noisy)
    titles = {**NETWORKS, **FILTERS}
    lines = [
        Series(
            name=_(titles[name]),
            points={float(level): value for level, value in means[name].items() if float(level) > 0},
            colour=COLOURS[name],
            dashed=name in FILTERS,
        )
        for name in titles
        if name in means
    ]
    here = {name: decibels(x_hat, x) for name, x_hat in found.items()}
    figure = plot_noise_curve(
        lines,
        {_(titles[name]): (noisy.level, min(value, 60.0), COLOURS[name]) for name, value in here.items()},
        x_title=_("Strength of the noise"),
        y_title=_("PSNR, dB"),
        separators=separators(),
    )
    st.plotly_chart(figure, key="noise_curve", config={"displayModeBar": False})
    st.caption(
        _(
            "Lines: means over {count} of MNIST’s test pictures. Dots: your picture, as noisy as it is now. The best "
            "strength of each filter was looked for with Gaussian noise."
        ).format(count=number(comparison["pictures"]))
    )


def several(x: Tensor, noisy: Noisy) -> None:
    """Other draws of the same noise, what the network makes of each, and the mean of its answers."""
    import torch

    from genlab.noise import draw
    from genlab.noise import spoil as spoiled
    from genlab.seeding import make_generator

    model = cache.checkpoint(CONV).model
    shape = tuple(x.shape)
    others = [
        spoiled(x, noisy.kind, noisy.level, draw(shape, make_generator(noisy.number + n, "noise")))
        for n in range(DRAWS)
    ]
    scratched = noisy.picture != others[0]  # the first draw is the visitor's: what differs was scratched
    others = [torch.where(scratched, noisy.picture, one) for one in others]
    with torch.inference_mode():
        found = model(torch.cat(others))
    mean, spread = found.mean(0, keepdim=True), found.std(0)
    strip([Picture(png=grey_png(one[0]), alt=_("noisy picture")) for one in others], columns=DRAWS + 2, least=3.6)
    strip(
        [
            *(Picture(png=grey_png(one), note=in_decibels(one[None], x)) for one in found),
            Picture(png=grey_png(mean[0]), title=_("Mean"), note=in_decibels(mean, x)),
            Picture(png=grey_png(spread * 2), title=_("Spread"), note=_("bright: not sure")),
        ],
        columns=DRAWS + 2,
        least=3.6,
    )
    st.caption(
        _(
            "The same digit under {count} draws of the same noise. Where the noise hides everything, the network fills "
            "in what digits usually look like there: it invents, each time a little differently. Turn the noise up."
        ).format(count=number(DRAWS))
    )


def copying(x: Tensor, noisy: Noisy) -> None:
    """A code with more numbers than pixels could copy; noise in the input keeps it from that."""
    import torch

    k = cache.checkpoint(COPIER).config.latent_dim
    st.markdown(
        _(
            "Both networks are the same: a code of **{k}** numbers for 784 pixels, room enough for every pixel. One "
            "learned to answer with what it reads; copying does that. The other read noisy pictures and had to answer "
            "with the clean ones: a copy would have been wrong."
        ).format(k=number(k))
    )
    stripes = (torch.arange(28) // 2 % 2).float().expand(1, 1, 28, 28)
    inputs = {_("Clean"): x, _("Noisy"): noisy.picture, _("Stripes, no digit"): stripes}
    rows: dict[str, Callable[[Tensor], Tensor]] = {
        _("What they read"): lambda picture: picture,
        _("Learned without noise"): cache.checkpoint(COPIER).model,
        _("Learned with noise"): cache.checkpoint(HONEST).model,
    }
    with torch.inference_mode():
        for title, run in rows.items():
            st.markdown(f"**{title}**")
            strip(
                [
                    Picture(png=grey_png(run(picture)[0]), title=name, alt=f"{title}: {name}")
                    for name, picture in inputs.items()
                ],
                columns=5,
                least=6.0,
            )
    copier, honest = (cache.checkpoint(name).metrics for name in (COPIER, HONEST))
    st.markdown(
        _(
            "Over MNIST’s test pictures the first gives clean digits back with **{psnr} dB**, nearly copies, and lets "
            "**{copier} %** of the noise (σ = 0.5, as energy) through; the second **{honest} %**. What is no digit "
            "neither has learned: the first still copies much of it where digits have ink."
        ).format(
            psnr=number(copier["test"]["psnr"], 1),
            copier=number(100 * copier["units"]["noise_passed"], 0),
            honest=number(100 * honest["units"]["noise_passed"], 0),
        )
    )
