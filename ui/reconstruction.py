"""What the Reconstruct lesson shows: computed for a picture, drawn as strips, tables and a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from genlab.catalog import SIZES
from genlab.metrics import code_bits, compression_ratio
from ui import cache, kept
from ui.i18n import N_, _, n_, number, separators
from ui.pictures import Picture, code_png, error_png, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.latent import Reconstruction

AE_COLOUR, PCA_COLOUR = "#1c6fd0", "#c2570c"

NESTED_LENGTH = 64

RECIPES = {
    "ae-textbook-mnist-z64": N_("As the course trains it"),
    "ae-tuned-mnist-z64": N_("Same sizes, better recipe"),
    "ae-mnist-z64": N_("Deeper"),
    cache.NESTED_NAME: N_("One network for all sizes"),
    "ae-deep-mnist-z30": N_("Deep, as in 2006"),
    "ae-conv-mnist-z32": N_("Convolutional"),
}


def through(name: str, x: Tensor, length: int | None = None) -> Reconstruction:
    """Through a shipped network, by the first ``length`` numbers of its code or by all."""
    from genlab.latent import reconstruct

    return reconstruct(cache.checkpoint(name).model, x, length)


def autoencoder(x: Tensor, k: int) -> Reconstruction:
    """Through the autoencoder whose code has ``k`` numbers."""
    return through(f"ae-mnist-z{k}", x)


def principal(x: Tensor, k: int) -> Reconstruction:
    """Through the first ``k`` principal components."""
    return through(cache.PCA_NAME, x, k)


def nested(x: Tensor, k: int) -> Reconstruction:
    """Through the first ``k`` numbers of the one network whose every prefix decodes."""
    return through(cache.NESTED_NAME, x, k)


def side_by_side(x: Tensor, k: int) -> Reconstruction:
    """Original, both reconstructions and their errors, then the numbers; what the autoencoder made of the picture."""
    ours, pca = autoencoder(x, k), principal(x, k)
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("Original"), note=_("784 pixels")),
            Picture(
                png=code_png(usual(ours.z[0], k)), title=_("Code"), note=n_("{k} number", "{k} numbers", k).format(k=k)
            ),
            Picture(png=grey_png(ours.x_hat[0]), title=_("Autoencoder"), note=_("from the code")),
            Picture(png=error_png(ours.error[0]), title=_("Autoencoder’s error"), note="SSE " + number(ours.sse, 1)),
            Picture(png=grey_png(pca.x_hat[0]), title=_("PCA"), note=_("from {k} numbers").format(k=k)),
            Picture(png=error_png(pca.error[0]), title=_("PCA’s error"), note="SSE " + number(pca.sse, 1)),
        ],
        least=6.0,
    )
    st.caption(_("Error: :orange[orange] where ink was added, :blue[blue] where it was lost, black where it is right."))
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        measures(ours, pca)
    with right:
        size_of_code(k)
    return ours


def usual(z: Tensor, k: int) -> Tensor:
    """A code (k,) in units of the training codes' spread around their mean."""
    mean, std = code_spread(k)
    return (z - mean) / std.clamp(min=1e-6)


def code_spread(k: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (k,) of the codes of the training pictures."""
    import torch

    codes = cache.code_statistics(f"ae-mnist-z{k}")
    return torch.tensor(codes.mean), torch.tensor(codes.std)


def measures(ours: Reconstruction, pca: Reconstruction) -> None:
    """SSE, MSE, PSNR and SSIM of both."""
    rows = [
        (_("Squared error (SSE)"), ours.sse, pca.sse, 2),
        (_("Mean squared error (MSE)"), ours.mse, pca.mse, 4),
        (_("PSNR, dB"), ours.psnr, pca.psnr, 1),
        (_("SSIM"), ours.ssim(), pca.ssim(), 3),
    ]
    head = f"| | {_('Autoencoder')} | {_('PCA')} |\n| --- | ---: | ---: |\n"
    st.markdown(head + "\n".join(f"| {name} | {number(a, d)} | {number(b, d)} |" for name, a, b, d in rows))


def size_of_code(k: int) -> None:
    """Bits of the code, and how much smaller it is than the picture."""
    st.metric(_("Code"), _("{bits} bits").format(bits=number(code_bits(k))), help=_("32 bits for each number"))
    ratio = compression_ratio(784, k)
    st.metric(
        _("Smaller than the picture"),
        _("{ratio} times").format(ratio=number(ratio, 1)),
        help=_("The picture has 784 pixels of 8 bits: {bits} bits").format(bits=number(784 * 8)),
    )


def all_sizes(x: Tensor, current: int) -> None:
    """Every stop of the slider at once: a network for each size, one network for all, and PCA."""
    rows = {
        _("Autoencoder: a network for each size"): ("autoencoder", SIZES),
        _("Nested autoencoder: one network for all sizes"): ("nested", [k for k in SIZES if k <= NESTED_LENGTH]),
        _("PCA"): ("principal", SIZES),
    }
    for title, (method, sizes) in rows.items():
        st.markdown(f"**{title}**")
        pictures = [
            Picture(
                png=png,
                title=number(k),
                note="SSE " + number(sse, 1),
                alt=_("{method} with {k} numbers").format(method=title, k=k),
                chosen=k == current,
            )
            for k, (png, sse) in drawn_sizes(method, x, sizes).items()
        ]
        strip(pictures, columns=len(SIZES))
    st.caption(_("The number below each picture is how long its code is."))
    price_of_order(min(current, NESTED_LENGTH))


METHODS = {"autoencoder": autoencoder, "nested": nested, "principal": principal}


def drawn_sizes(method: str, x: Tensor, sizes: Sequence[int]) -> dict[int, tuple[bytes, float]]:
    """A picture through a method at each size: PNG and SSE.

    Moving the slider changes none of it, so the last picture's results are kept, in this visitor's session.
    """
    kept = st.session_state.setdefault("drawn_sizes", {})
    picture, results = kept.get(method, (None, {}))
    if picture is None or not x.equal(picture):
        through_all = {k: METHODS[method](x, k) for k in sizes}
        results = {k: (grey_png(r.x_hat[0]), r.sse) for k, r in through_all.items()}
        kept[method] = (x, results)
    return results


def price_of_order(k: int) -> None:
    """What the nested network pays for serving every length, measured on the test set."""
    st.caption(
        _(
            "The nested network’s first numbers must serve every longer code too, and that has its price: with {k} "
            "numbers its mean SSE over MNIST’s test set is {nested}; a network made for {k} numbers has {own}."
        ).format(
            k=number(k),
            nested=number(cache.checkpoint(cache.NESTED_NAME).metrics["by_length"][str(k)], 2),
            own=number(cache.checkpoint(f"ae-mnist-z{k}").metrics["test"]["sse"], 2),
        )
    )


def error_curve(x: Tensor, current: int) -> None:
    """Error against code length: means over the test set, and the picture at hand."""
    from genlab.figures import Series, plot_error_curve

    pca_lengths = cache.checkpoint(cache.PCA_NAME).metrics["by_length"]
    ours_mean = {k: cache.checkpoint(f"ae-mnist-z{k}").metrics["test"]["sse"] for k in SIZES}
    pca_mean = {k: pca_lengths[str(k)] for k in SIZES}
    figure = plot_error_curve(
        [
            Series(
                name=_("Autoencoder, this picture"), points={k: autoencoder(x, k).sse for k in SIZES}, colour=AE_COLOUR
            ),
            Series(name=_("PCA, this picture"), points={k: principal(x, k).sse for k in SIZES}, colour=PCA_COLOUR),
            Series(name=_("Autoencoder, mean of MNIST’s test set"), points=ours_mean, colour=AE_COLOUR, dashed=True),
            Series(name=_("PCA, mean of MNIST’s test set"), points=pca_mean, colour=PCA_COLOUR, dashed=True),
        ],
        current,
        x_title=_("Numbers in the code"),
        y_title=_("Squared error (SSE)"),
        separators=separators(),
    )
    st.plotly_chart(figure, key="error_curve", config={"displayModeBar": False})


@st.fragment
def random_codes(k: int) -> None:
    """Decode random codes: drawn as the course does, and drawn with the codes' own mean and spread."""
    from genlab.latent import decode_random
    from genlab.seeding import make_generator

    draws = st.session_state.setdefault("random_draws", 0)
    if st.button(_("New random codes"), icon=":material/casino:", key="random_new"):
        draws = st.session_state["random_draws"] = draws + 1
    shipped = cache.checkpoint(f"ae-mnist-z{k}")
    mean, std = code_spread(k)
    rows = {
        "$z \\sim \\mathcal{N}(0, I)$": (None, None),
        "$z \\sim \\mathcal{N}(m, s^2)$ — " + _("mean and spread of real codes"): (mean, std),
    }
    for title, (shift, scale) in rows.items():
        st.markdown(title)
        images = decode_random(shipped.model, 8, make_generator(draws, "random", k), mean=shift, std=scale)
        strip([Picture(png=grey_png(image), alt=_("decoded random code")) for image in images], least=3.6, most=7.0)
    st.caption(_("The decoder has only seen codes of real pictures; elsewhere it was never asked to make sense."))


def other_networks(x: Tensor) -> None:
    """The same picture through networks of other shapes and recipes."""
    shown = {name: cache.checkpoint_or_none(name) for name in RECIPES}
    pictures = [Picture(png=grey_png(x[0]), title=_("Original"))]
    for name, loaded in shown.items():
        if loaded is not None:
            r = through(name, x)
            size = n_("{k} number", "{k} numbers", loaded.config.latent_dim).format(k=loaded.config.latent_dim)
            note = f"{size}\nSSE {number(r.sse, 1)}"
            pictures.append(Picture(png=grey_png(r.x_hat[0]), title=_(RECIPES[name]), note=note))
    strip([*pictures, *kept.answers(x)], least=5.0)
    textbook, tuned = shown["ae-textbook-mnist-z64"], shown["ae-tuned-mnist-z64"]
    if textbook and tuned:
        st.markdown(
            _(
                "The first two have the same layers, 784-256-64-256-784. Over MNIST’s 10,000 test pictures the "
                "course’s recipe leaves a mean SSE of **{before}**, the better one **{after}**: how a network is "
                "started and trained matters as much as its shape."
            ).format(before=number(textbook.metrics["test"]["sse"], 2), after=number(tuned.metrics["test"]["sse"], 2))
        )
