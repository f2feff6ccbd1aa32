"""The GANs of the lesson: which are here, the noise they are given, what they draw, and what is made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab.catalog import CATALOG
from genlab.errors import CheckpointError, GenlabError
from ui import kept, warm
from ui.address import choose
from ui.i18n import N_, _, explain
from ui.judge import is_here, read
from ui.random_codes import draw_number

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint
    from genlab.models import GAN

SIDE = 8  # pictures in a row and a column
NOISES = 128  # numbers drawn for each picture; a generator that wants fewer takes the first
CLASSES = 10
UNCUT = 4.0  # the last stop of ψ, where nothing is cut off
DRAW = "noise"  # the draw's name in the address
ANY = "any"


@dataclass(frozen=True)
class Kind:
    """A GAN of the lesson: its checkpoint, and its title, not translated."""

    name: str
    title: str


KINDS = {
    "best": Kind("gan-mnist", N_("Convolutional")),
    "course": Kind("gan-textbook-mnist", N_("The course’s")),
    "dense": Kind("gan-dense-mnist", N_("Dense")),
    "collapsed": Kind("gan-collapsed-mnist", N_("Collapsed")),
    "wasserstein": Kind("wgan-gp-mnist", N_("Wasserstein")),
    "told": Kind("cgan-mnist", N_("Conditional")),
}


# --------------------------------------------------------------------------------------- networks
def network(name: str) -> Checkpoint[GAN]:
    """A GAN: a shipped one, shared by all visitors, or one that this visitor kept.

    Raises:
        CheckpointError: it is missing or broken.
    """
    return kept.find(name) or _shipped(name)


@st.cache_resource(show_spinner=False)
def _shipped(name: str) -> Checkpoint[GAN]:
    import torch

    from genlab import checkpoints
    from genlab.models import GAN

    torch.set_num_threads(1)  # visitors are threads already
    loaded = checkpoints.load(name, GAN)
    warm.grown()
    return loaded


def past_epochs(name: str) -> list[int]:
    """After which epochs its generator was kept, ascending; none where nothing was, or of a visitor's own."""
    return [] if kept.find(name) else _past_epochs(name)


@st.cache_resource(show_spinner=False)
def _past_epochs(name: str) -> list[int]:
    from genlab import past

    try:
        return past.epochs(name)
    except GenlabError:
        return []


def generator(name: str, epoch: int | None) -> GAN:
    """A GAN with the generator that it had after an epoch; None for the end.

    Raises:
        CheckpointError: it is missing or broken.
    """
    return network(name).model if epoch is None else _generator(name, epoch)


@st.cache_resource(show_spinner=False, max_entries=16)
def _generator(name: str, epoch: int) -> GAN:
    from genlab import past

    model = past.load(name, network(name).model, epoch)
    warm.grown()
    return model


def here(*, of: str = "") -> dict[str, Kind]:
    """The GANs that are on this machine, and this visitor's own that draw such pictures.

    Args:
        of: the data set that they must have learned from; any if empty.

    Raises:
        CheckpointError: none is.
    """
    from genlab import checkpoints

    known = set(checkpoints.names())
    found = {key: kind for key, kind in KINDS.items() if kind.name in known}
    for key, kind in list(found.items()):
        try:
            network(kind.name)
        except GenlabError as error:
            del found[key]
            st.warning(explain(error))
    if not found:
        raise CheckpointError("None of the networks of this lesson is on this machine.")
    found |= {mine.name: Kind(mine.name, mine.short) for mine in kept.networks() if kept.draws_digits(mine.checkpoint)}
    found = {key: kind for key, kind in found.items() if of in ("", network(kind.name).train.dataset)}
    missing = [kind.name for kind in KINDS.values() if kind.name in CATALOG and kind.name not in known]
    if missing:
        st.caption(_("Not on this machine: {names}.").format(names=", ".join(missing)))
    return found


# --------------------------------------------------------------------------------------- what is asked for
@dataclass(frozen=True, kw_only=True)
class Wish:
    """Pictures that somebody asks for.

    Attributes:
        name: a checkpoint.
        draw: which noise.
        epoch: after which the generator is taken; None for the end.
        psi: beyond which no noise is.
        label: the class, where the generator is told one; None for all in turn.
    """

    name: str
    draw: int
    epoch: int | None = None
    psi: float = math.inf
    label: int | None = None


def choose_kind(kinds: dict[str, Kind], *, key: str = "gan", label: str = "", default: str = "best") -> Kind:
    """One of the GANs, kept in the address."""
    titles = {name: _(kind.title) for name, kind in kinds.items()}
    first = default if default in kinds else next(iter(kinds))
    return kinds[choose(label or _("GAN"), titles, key=key, default=first, round_=True)]


def choose_epoch(name: str) -> int | None:
    """After which epoch, kept in the address; None for the end, or where no past was kept."""
    epochs = past_epochs(name)
    if len(epochs) < 2:
        return None
    key = f"epoch-{name}"  # each has epochs of its own
    epoch = st.select_slider(_("After epoch"), epochs, value=epochs[-1], key=key, bind="query-params")
    return None if epoch in (None, epochs[-1]) else epoch


def choose_psi() -> float:
    """Where the noise is cut off, kept in the address."""
    words = _("Truncation ψ: noise beyond ±ψ is drawn again")
    psi = st.slider(words, 0.2, UNCUT, UNCUT, 0.1, key="psi", bind="query-params") or UNCUT
    return math.inf if psi >= UNCUT else psi


def choose_class(name: str, *, every: bool = True) -> int | None:
    """The class, where a generator is told one."""
    if not network(name).model.config.classes:
        return None
    titles = {ANY: _("Every digit")} if every else {}
    titles |= {str(digit): str(digit) for digit in range(CLASSES)}
    chosen = choose(_("Digit"), titles, key="told", default=next(iter(titles)), round_=True, own=True)
    return None if chosen == ANY else int(chosen)


def next_draw() -> None:
    """Another noise, in a callback."""
    from ui.random_codes import DRAWS

    st.query_params[DRAW] = str(draw_number(DRAW) % DRAWS + 1)


# --------------------------------------------------------------------------------------- what is drawn
def codes(wish: Wish, count: int) -> Tensor:
    """Noise (count, latent_dim), and the class where it is told one: the same numbers for all networks and epochs."""
    import torch

    from genlab.sampling import truncated
    from genlab.seeding import make_generator

    model = network(wish.name).model
    wide = max(NOISES, model.style_dim)
    eps = torch.randn(count, wide, generator=make_generator(wish.draw, "gan noise"))[:, : model.style_dim]
    return with_class(model, truncated(eps, wish.psi), wish.label)


def with_class(model: GAN, z: Tensor, label: int | None) -> Tensor:
    """Noise (n, style_dim) as codes (n, latent_dim): told a class, or all of them in turn, where it is told one."""
    import torch

    if not model.config.classes:
        return z
    labels = torch.arange(len(z)) % model.config.classes if label is None else torch.full((len(z),), label)
    return torch.cat([z, model.told(labels)], 1)


def pictures(model: GAN, z: Tensor) -> Tensor:
    """(n, 1, 28, 28) in [0, 1] of codes (n, latent_dim), in steps of 1/255 as real pictures are."""
    import torch

    with torch.inference_mode():
        made = torch.cat([model.decode(part) for part in z.split(256)])
    return ((made * 255).round() / 255).clone()


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What is made of pictures; a number for each.

    Attributes:
        logits: the discriminator's, above 0 for real; of a critic any number, and larger is more real.
        digits: the class that the classifier reads, and how sure it is, 0 to 1; empty without a classifier.
    """

    logits: Sequence[float]
    digits: Sequence[int]
    sure: Sequence[float]


def divides(name: str) -> bool:
    """Whether its discriminator says real or generated; a critic only compares."""
    return threshold(name) is not None


def threshold(name: str) -> float | None:
    """The logit above which its discriminator says real."""
    from genlab.adversarial import GAMES

    return GAMES[network(name).train.game].verdict


def opinion(name: str, x: Tensor, labels: Tensor | None = None, *, judged: bool = True) -> Opinion:
    """Of pictures (n, 1, 28, 28), with their classes (n,) where the discriminator is told them."""
    import torch

    model = network(name).model
    with torch.inference_mode():
        logits = model.judge(x, labels if model.config.classes else None) - (threshold(name) or 0.0)
    best = reading.max(1) if judged and (reading := read(x)) is not None else None
    return Opinion(
        logits=logits.tolist(),
        digits=[] if best is None else best.indices.tolist(),
        sure=[] if best is None else best.values.tolist(),
    )


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A sheet: its PNG and what is made of its pictures."""

    png: bytes
    opinion: Opinion


def drawn(wish: Wish) -> Drawn:
    """64 pictures; what others asked for, too, is drawn once."""
    return _drawn(wish, is_here())


@st.cache_resource(show_spinner=False, max_entries=256)
def _drawn(wish: Wish, judged: bool) -> Drawn:
    from ui.components.sheet import Sheet, to_png

    z = codes(wish, SIDE * SIDE)
    x = pictures(generator(wish.name, wish.epoch), z)
    found = opinion(wish.name, x, network(wish.name).model.classes_of(z), judged=judged)
    return Drawn(png=to_png(Sheet(pictures=x, columns=SIDE)), opinion=found)
