"""The experiments of the lesson on differences: an autoencoder left, a variational one right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from ui import cache, kept
from ui.address import choose
from ui.i18n import _, number, separators
from ui.judge import fitting
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor


PLAIN, VARIATIONAL = "ae-mnist-z16", "vae-mnist-z16"
MIXTURE = "ae-gmm-mnist-z16"  # which has PLAIN's weights, and was measured with codes from N(0, I)
SHOWN = 10
THROWN = "differences_thrown"  # in the session: how often this visitor asked for new codes
DRAWS = 5
LEAST, MOST = 3.4, 4.5  # width of a small picture, rem


@dataclass(frozen=True)
class Side:
    """Half of the page.

    Attributes:
        name: a checkpoint.
        column: where its half of an experiment is drawn.
    """

    name: str
    column: Any

    @property
    def numbers(self) -> int:
        """In its code."""
        found: int = cache.checkpoint(self.name).config.latent_dim
        return found


def choose_networks() -> tuple[str, str]:
    """An autoencoder and a variational one: those that ship, or the visitor's own, if there are such."""
    shipped = _("The lesson’s")
    plain = kept.beside({PLAIN: shipped}, lambda own: kept.codes_digits(own) and not kept.is_vae(own))
    variational = kept.beside({VARIATIONAL: shipped}, kept.is_vae)
    if len(plain) == len(variational) == 1:
        return PLAIN, VARIATIONAL
    left, right = st.columns(2, gap="large")
    first, second = PLAIN, VARIATIONAL
    if len(plain) > 1:
        with left:
            first = choose(_("Autoencoder"), plain, key="plain", default=PLAIN)
    if len(variational) > 1:
        with right:
            second = choose(_("VAE"), variational, key="variational", default=VARIATIONAL)
    return first, second


def posterior(name: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """μ and ln σ² of a picture, (1, latent_dim) each.

    Raises:
        CheckpointError: the network is missing or broken.
    """
    import torch

    from genlab.models import VAE

    model = cache.checkpoint(name).model
    assert isinstance(model, VAE)
    with torch.inference_mode():
        return model.posterior(x)


def rebuilt(x: Tensor, *sides: Side) -> None:
    """The picture, and what comes back of it."""
    from genlab.latent import reconstruct

    for side in sides:
        found = reconstruct(cache.checkpoint(side.name).model, x)
        with side.column:
            strip(
                [
                    Picture(png=grey_png(x[0]), title=_("Original")),
                    Picture(
                        png=grey_png(found.x_hat[0]),
                        title=_("From {n} numbers").format(n=side.numbers),
                        note=_("SSE {error}").format(error=number(found.sse, 1)),
                    ),
                ],
                most=6.0,
            )
    if [side.name for side in sides] != [PLAIN, VARIATIONAL]:
        st.caption(_("Squared errors (SSE) of this picture."))
        return
    st.caption(
        _(
            "Squared errors (SSE) of this picture. Not all of the difference is the price of order: the left network "
            "learned longer, and to make just this error small."
        )
    )


def where_codes_lie(x: Tensor, *sides: Side) -> None:
    """Mean and spread of each number over the training pictures, beside N(0, 1)."""
    from genlab.figures_codes import plot_spreads

    found = {side.name: cache.code_statistics(side.name) for side in sides}
    reach = max(abs(m) + s for codes in found.values() for m, s in zip(codes.mean, codes.std, strict=True))
    for side in sides:
        figure = plot_spreads(
            found[side.name].mean,
            found[side.name].std,
            reach=1.05 * reach,
            x_title=_("number of the code"),
            normal=_("N(0, 1)"),
            separators=separators(),
        )
        with side.column:
            st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=f"spreads_{side.name}")
    st.caption(
        _("Mean ± standard deviation of each number over the training pictures (of the VAE: of μ); grey is N(0, 1).")
    )


def random_codes(x: Tensor, *sides: Side) -> None:
    """Codes from N(0, I) through both decoders, the same where they are equally long."""
    import torch

    from genlab.seeding import make_generator

    throw = st.session_state.get(THROWN, 0)
    for side in sides:
        z = torch.randn(SHOWN, side.numbers, generator=make_generator(throw, "differences"))
        with torch.inference_mode():
            pictures = cache.checkpoint(side.name).model.decode(z)
        with side.column:
            strip([Picture(png=grey_png(p), alt=_("Random code")) for p in pictures], least=LEAST, most=MOST)
    st.button(_("New codes"), icon=":material/casino:", key="differences_new", on_click=_throw_again)


def _throw_again() -> None:
    st.session_state[THROWN] = st.session_state.get(THROWN, 0) + 1


def half_way(x: Tensor, *sides: Side) -> None:
    """Half-way between the picture's code and that of the first test picture of other classes."""
    import torch

    name = data.default_name()
    others = torch.cat([cache.test_picture(name, label, 1) for label in range(len(cache.test_set(name).class_names))])
    for side in sides:
        model = cache.checkpoint(side.name).model
        with torch.inference_mode():
            pictures = model.decode((model.encode(x) + model.encode(others)) / 2)
        with side.column:
            strip(
                [Picture(png=grey_png(p), note=_("to {digit}").format(digit=i)) for i, p in enumerate(pictures)],
                least=LEAST,
                most=MOST,
            )
    st.caption(_("Half-way from your picture’s code to that of a test picture of each digit."))


def several_codes(x: Tensor, *sides: Side) -> None:
    """Asked several times for a code of the same picture."""
    import torch

    from genlab.seeding import make_generator

    plain, variational = sides
    model = cache.checkpoint(plain.name).model
    mu, logvar = posterior(variational.name, x)
    with torch.inference_mode():
        same = model.decode(model.encode(x)).expand(DRAWS, -1, -1, -1)
        eps = torch.randn(DRAWS, mu.shape[1], generator=make_generator(0, "differences"))
        drawn = cache.checkpoint(variational.name).model.decode(mu + (0.5 * logvar).exp() * eps)
    for pictures, side in ((same, plain), (drawn, variational)):
        with side.column:
            strip([Picture(png=grey_png(p), alt=_("Rebuilt")) for p in pictures], least=LEAST, most=MOST)
    st.caption(_("The same picture, encoded and decoded five times."))


def new_pictures(x: Tensor, *sides: Side) -> None:
    """How far 10,000 random pictures are from real ones, as measured."""
    for side in sides:
        samples = fitting(cache.checkpoint(MIXTURE if side.name == PLAIN else side.name))
        if not samples:
            side.column.caption(_("Not measured for this network."))
            continue
        found, floor = samples["ways"]["normal"], samples["floor"]
        side.column.markdown(
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


def the_code(x: Tensor, *sides: Side) -> None:
    """The code of the picture: bars left, means with their standard deviations right."""
    import torch

    from genlab.figures_codes import plot_code

    plain, variational = sides
    with torch.inference_mode():
        z = cache.checkpoint(plain.name).model.encode(x)[0]
    mu, logvar = posterior(variational.name, x)
    for values, sigma, side, key in (
        (z, None, plain, "plain"),
        (mu[0], (0.5 * logvar[0]).exp(), variational, "variational"),
    ):
        figure = plot_code(
            values.tolist(),
            None if sigma is None else sigma.tolist(),
            x_title=_("number of the code"),
            separators=separators(),
        )
        with side.column:
            st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=f"code_{key}")
