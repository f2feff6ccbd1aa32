"""The experiments of the lesson on differences: an autoencoder left, a variational one right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from ui import cache
from ui.i18n import _, number, separators
from ui.judge import fitting
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.models import VAE

PLAIN, VARIATIONAL = "ae-mnist-z16", "vae-mnist-z16"
MIXTURE = "ae-gmm-mnist-z16"  # which has PLAIN's weights, and was measured with codes from N(0, I)
SHOWN = 10
THROWN = "differences_thrown"  # in the session: how often this visitor asked for new codes
DRAWS = 5
LEAST, MOST = 3.4, 4.5  # width of a small picture, rem


def vae() -> VAE:
    """The shipped variational autoencoder.

    Raises:
        CheckpointError: it is missing or broken.
    """
    from genlab.models import VAE

    model = cache.checkpoint(VARIATIONAL).model
    assert isinstance(model, VAE)
    return model


def sides(left: Any, right: Any) -> list[tuple[str, Any]]:
    """Each network with its column."""
    return [(PLAIN, left), (VARIATIONAL, right)]


def rebuilt(x: Tensor, left: Any, right: Any) -> None:
    """The picture, and what comes back of it."""
    from genlab.latent import reconstruct

    for name, column in sides(left, right):
        found = reconstruct(cache.checkpoint(name).model, x)
        with column:
            strip(
                [
                    Picture(png=grey_png(x[0]), title=_("Original")),
                    Picture(
                        png=grey_png(found.x_hat[0]),
                        title=_("From 16 numbers"),
                        note=_("SSE {error}").format(error=number(found.sse, 1)),
                    ),
                ],
                most=6.0,
            )
    st.caption(
        _(
            "Squared errors (SSE) of this picture. Not all of the difference is the price of order: the left network "
            "learned longer, and to make just this error small."
        )
    )


def where_codes_lie(x: Tensor, left: Any, right: Any) -> None:
    """Mean and spread of each number over the training pictures, beside N(0, 1)."""
    from genlab.figures_codes import plot_spreads

    found = {name: cache.code_statistics(name) for name in (PLAIN, VARIATIONAL)}
    reach = max(abs(m) + s for codes in found.values() for m, s in zip(codes.mean, codes.std, strict=True))
    for name, column in sides(left, right):
        figure = plot_spreads(
            found[name].mean,
            found[name].std,
            reach=1.05 * reach,
            x_title=_("number of the code"),
            normal=_("N(0, 1)"),
            separators=separators(),
        )
        with column:
            st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=f"spreads_{name}")
    st.caption(
        _("Mean ± standard deviation of each number over the training pictures (of the VAE: of μ); grey is N(0, 1).")
    )


def random_codes(x: Tensor, left: Any, right: Any) -> None:
    """The same codes from N(0, I) through both decoders."""
    import torch

    from genlab.seeding import make_generator

    throw = st.session_state.get(THROWN, 0)
    z = torch.randn(SHOWN, 16, generator=make_generator(throw, "differences"))
    for name, column in sides(left, right):
        with torch.inference_mode():
            pictures = cache.checkpoint(name).model.decode(z)
        with column:
            strip([Picture(png=grey_png(p), alt=_("Random code")) for p in pictures], least=LEAST, most=MOST)
    st.button(_("New codes"), icon=":material/casino:", key="differences_new", on_click=_throw_again)


def _throw_again() -> None:
    st.session_state[THROWN] = st.session_state.get(THROWN, 0) + 1


def half_way(x: Tensor, left: Any, right: Any) -> None:
    """Half-way between the picture's code and that of the first test picture of other classes."""
    import torch

    name = data.default_name()
    others = torch.cat([cache.test_picture(name, label, 1) for label in range(len(cache.test_set(name).class_names))])
    for network, column in sides(left, right):
        model = cache.checkpoint(network).model
        with torch.inference_mode():
            pictures = model.decode((model.encode(x) + model.encode(others)) / 2)
        with column:
            strip(
                [Picture(png=grey_png(p), note=_("to {digit}").format(digit=i)) for i, p in enumerate(pictures)],
                least=LEAST,
                most=MOST,
            )
    st.caption(_("Half-way from your picture’s code to that of a test picture of each digit."))


def several_codes(x: Tensor, left: Any, right: Any) -> None:
    """Asked several times for a code of the same picture."""
    import torch

    from genlab.seeding import make_generator

    model, network = cache.checkpoint(PLAIN).model, vae()
    with torch.inference_mode():
        same = model.decode(model.encode(x)).expand(DRAWS, -1, -1, -1)
        mu, logvar = network.posterior(x)
        eps = torch.randn(DRAWS, mu.shape[1], generator=make_generator(0, "differences"))
        drawn = network.decode(mu + (0.5 * logvar).exp() * eps)
    for pictures, column in ((same, left), (drawn, right)):
        with column:
            strip([Picture(png=grey_png(p), alt=_("Rebuilt")) for p in pictures], least=LEAST, most=MOST)
    st.caption(_("The same picture, encoded and decoded five times."))


def new_pictures(x: Tensor, left: Any, right: Any) -> None:
    """How far 10,000 random pictures are from real ones, as measured."""
    for name, column in ((MIXTURE, left), (VARIATIONAL, right)):
        samples = fitting(cache.checkpoint(name))
        if not samples:
            column.caption(_("Not measured for this network."))
            continue
        found, floor = samples["ways"]["normal"], samples["floor"]
        column.markdown(
            _("Fréchet distance **{fd}** (real pictures: {floor}), coverage **{coverage} %** ({most} %).").format(
                fd=number(found["fd"], 1),
                floor=number(floor["fd"], 1),
                coverage=number(100 * found["coverage"], 1),
                most=number(100 * floor["coverage"], 1),
            )
        )
    st.caption(
        _(
            "Of 10,000 codes from N(0, I), judged by a classifier. The left figure is no law: with a density fitted to "
            "its codes, the same autoencoder makes digits. See Random codes."
        )
    )


def the_code(x: Tensor, left: Any, right: Any) -> None:
    """The code of the picture: bars left, means with their standard deviations right."""
    import torch

    from genlab.figures_codes import plot_code

    with torch.inference_mode():
        z = cache.checkpoint(PLAIN).model.encode(x)[0]
        mu, logvar = vae().posterior(x)
    for values, sigma, column, key in (
        (z, None, left, "plain"),
        (mu[0], (0.5 * logvar[0]).exp(), right, "variational"),
    ):
        figure = plot_code(
            values.tolist(),
            None if sigma is None else sigma.tolist(),
            x_title=_("number of the code"),
            separators=separators(),
        )
        with column:
            st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=f"code_{key}")
