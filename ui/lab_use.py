"""A visitor's own networks at work: a picture through one, its code on sliders, random pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from ui import address, architecture, kept, turns
from ui.i18n import _, number
from ui.lab_result import bring, download
from ui.pictures import Picture, grey_png, strip

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

SLIDERS = 8
ROOM = 3.0  # of N(0, 1), to the ends of a slider
DIGITS = (1, 28, 28)


def use() -> None:
    """The visitor's networks: one of them at work, and a place to bring one back."""
    bring()
    mine = {str(k.number): k for k in kept.networks()}
    if not mine:
        st.info(_("Keep a network under “Train”, or bring one that you downloaded."), icon=":material/bookmark:")
        return
    titles = {name: k.title for name, k in mine.items()}
    key = "lab_mine"
    if st.session_state.get(key) not in mine:
        st.session_state[key] = next(reversed(mine))
    name = st.selectbox(_("Network"), list(mine), format_func=titles.__getitem__, key=key) or next(iter(mine))
    chosen = mine[name]
    with st.container(horizontal=True):
        download(chosen.checkpoint, f"lab_download_{name}")
        st.button(
            _("Forget it"),
            icon=":material/delete:",
            key=f"lab_forget_{name}",
            on_click=kept.forget,
            args=(chosen.number,),
        )
    facts(chosen.checkpoint)
    try_out(chosen.checkpoint, name)


def facts(checkpoint: Checkpoint[Any]) -> None:
    """What it is."""
    from genlab.models import count_parameters

    test = checkpoint.metrics.get("test", {})
    known = {
        _("Parameters"): number(count_parameters(checkpoint.model)),
        _("Numbers in the code"): number(checkpoint.config.latent_dim),
        _("Learned from"): _(data.describe(checkpoint.train.dataset).title),
    }
    if "sse" in test:
        known[_("SSE on test pictures")] = number(test["sse"], 2)
    if "error" in test:
        known[_("Error on test pictures")] = f"{number(100 * test['error'], 1)} %"
    architecture.facts(known)


def try_out(checkpoint: Checkpoint[Any], name: str) -> None:
    """A picture through it, its code on sliders, random pictures: what it can do."""
    from genlab.models import GAN, VAE, ImageAutoencoder, Judge

    model = checkpoint.model
    x = choose(checkpoint) if isinstance(model, ImageAutoencoder | Judge) else None
    if isinstance(model, Judge):
        turns.follow(lambda about: read(checkpoint, about), x)
        return
    if isinstance(model, ImageAutoencoder):
        turns.follow(lambda about: rebuild(checkpoint, about), x)
    turns.follow(lambda about: sliders(checkpoint, about, name), x)
    if isinstance(model, VAE | GAN) or "codes" in checkpoint.metrics:
        turns.follow(lambda _about: random_pictures(checkpoint, name), None)


def choose(checkpoint: Checkpoint[Any]) -> Tensor | None:
    """A picture that it can read, (1, C, H, W): the visitor's own where it reads digits, else a test picture."""
    from ui.source import choose_picture, drawing, own_drawing

    if checkpoint.model.image_shape == DIGITS:
        x = choose_picture()
        return own_drawing() if drawing() else x
    from genlab.data import to_float

    pictures = examples(checkpoint.train.dataset)
    names = data.describe(checkpoint.train.dataset).class_names
    titles = {str(n): names[n] for n in range(min(len(pictures), len(names)))}
    which = int(address.choose(_("Class"), titles, key="digit", default="4", round_=True))
    return to_float(pictures[which : which + 1])


@st.cache_resource(show_spinner=False)
def examples(dataset: str) -> Tensor:
    """A test picture of each class, ``uint8`` (classes, C, H, W)."""
    from genlab.workshop import looks

    return looks.watched_pictures(dataset)


def rebuild(checkpoint: Checkpoint[Any], x: Tensor | None) -> None:
    """Original and answer."""
    if x is None:
        return
    from genlab.latent import reconstruct

    found = reconstruct(checkpoint.model, x)
    strip(
        [
            Picture(png=grey_png(x[0]), title=_("Original")),
            Picture(png=grey_png(found.x_hat[0]), title=_("Rebuilt"), note="SSE " + number(found.sse, 1)),
        ],
        least=6.0,
    )


def read(checkpoint: Checkpoint[Any], x: Tensor | None) -> None:
    """What a classifier names."""
    if x is None:
        return
    import torch

    from ui.judge import percent

    with torch.inference_mode():
        share, label = checkpoint.model(x).softmax(1)[0].max(0)
    names = data.describe(checkpoint.train.dataset).class_names
    said = names[int(label)] if int(label) < len(names) else str(int(label))
    st.metric(_("It reads"), said)
    strip([Picture(png=grey_png(x[0]), note=_("{share} % sure").format(share=percent(share.item())))])


def sliders(checkpoint: Checkpoint[Any], x: Tensor | None, name: str) -> None:
    """The numbers of the code that vary most, to be moved; the picture follows on release."""
    import torch

    from genlab.models import ImageAutoencoder
    from genlab.seeding import make_generator

    model, (low, high) = checkpoint.model, bounds(checkpoint)
    wide = high - low
    chosen = wide.argsort(descending=True)[:SLIDERS].tolist()
    with torch.inference_mode():
        if x is not None and isinstance(model, ImageAutoencoder):
            z = model.encode(x)[0].tolist()
        else:
            z = random_codes(checkpoint, 1, make_generator(0, "start"))[0].tolist()
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    about = "" if x is None else str(hash(x.numpy().tobytes()))
    with left:
        columns = st.columns(2, gap="medium")
    for n, place in enumerate(sorted(chosen)):
        with columns[n % 2]:
            here, least, most = z[place], float(low[place]), float(high[place])
            least, most = min(least, here), max(most, here) + 1e-6
            label = _("Number {n} of the code").format(n=number(place + 1))
            z[place] = st.slider(label, least, most, here, key=f"lab_code {name} {about} {place}", format="%.2f")
    with right, torch.inference_mode():
        strip([Picture(png=grey_png(model.decode(torch.tensor([z]))[0]), title=_("Decoded"))], least=8.0, most=16.0)


def bounds(checkpoint: Checkpoint[Any]) -> tuple[Tensor, Tensor]:
    """Between which values the numbers of its codes lie, (latent_dim,) each."""
    import torch

    from genlab.latent import code_statistics

    k = checkpoint.config.latent_dim
    if "codes" not in checkpoint.metrics:
        return torch.full((k,), -ROOM), torch.full((k,), ROOM)
    codes = code_statistics(checkpoint.metrics, k)
    return torch.tensor(codes.low), torch.tensor(codes.high)


def random_pictures(checkpoint: Checkpoint[Any], name: str) -> None:
    """Pictures of random codes: of N(0, I) where the network was made for that, else as wide as its own codes."""
    import torch

    from genlab.seeding import make_generator

    key = f"lab_draw_{name}"
    if st.button(_("New random pictures"), icon=":material/casino:", key=key):
        st.session_state[f"{key}_n"] = st.session_state.get(f"{key}_n", 0) + 1
    generator = make_generator(st.session_state.get(f"{key}_n", 0), "lab", name)
    with torch.inference_mode():
        images = checkpoint.model.decode(random_codes(checkpoint, 16, generator))
    strip([Picture(png=grey_png(image), alt=_("decoded random code")) for image in images], least=4.0, most=6.0)


def random_codes(checkpoint: Checkpoint[Any], count: int, generator: Any) -> Tensor:
    """Codes (count, latent_dim)."""
    import torch

    from genlab.latent import code_statistics
    from genlab.workshop.shots import codes_for

    drawn = codes_for(checkpoint.model, count, generator)
    if drawn is not None:
        return drawn
    codes = code_statistics(checkpoint.metrics, checkpoint.config.latent_dim)
    eps = torch.randn(count, checkpoint.config.latent_dim, generator=generator)
    return torch.tensor(codes.mean) + torch.tensor(codes.std) * eps
