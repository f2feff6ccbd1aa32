"""What the lesson on random codes shows: where the codes come from, sheets of decoded pictures, and their measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import CheckpointError, GenlabError
from ui import cache, kept
from ui.address import choose
from ui.components.sheet import Sheet, sheet_of_pictures
from ui.i18n import N_, _, explain, number
from ui.judge import fitting, judge_or_none, percent, read, said
from ui.pictures import stops

if TYPE_CHECKING:
    from torch import Tensor

MIXED, PLAIN, VAE, COURSE = "ae-gmm-mnist-z16", "ae-mnist-z16", "vae-mnist-z16", "vae-textbook-mnist-z20"
NORMAL = "normal"
SIDE = 8  # pictures in a row and a column of a sheet
DRAWS = 9999
WIDEST = 128  # numbers drawn for each code; a shorter code takes the first


@dataclass(frozen=True, kw_only=True)
class Way:
    """Random codes for a network.

    Attributes:
        title: not translated.
        names: checkpoints, the first that is here is taken.
        fitted: the codes come from a mixture of Gaussians, otherwise from N(0, I).
    """

    title: str
    names: tuple[str, ...]
    fitted: bool = False


WAYS = {
    "ae": Way(title=N_("Autoencoder"), names=(MIXED, PLAIN)),
    "density": Way(title=N_("Autoencoder + density"), names=(MIXED,), fitted=True),
    "vae": Way(title=N_("VAE"), names=(VAE,)),
    "course": Way(title=N_("The course’s VAE"), names=(COURSE,)),
}


def ways() -> dict[str, Way]:
    """The same, and what this visitor kept."""
    own = [mine for mine in kept.networks() if kept.codes_digits(mine.checkpoint)]
    fit = [mine for mine in own if mine.checkpoint.config.latent_dim <= WIDEST]
    return WAYS | {mine.name: Way(title=mine.short, names=(mine.name,)) for mine in fit}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One column of the page.

    Attributes:
        way: a key of ``WAYS``.
        name: its checkpoint.
        size: components of the mixture; 0 for N(0, I).
    """

    way: str
    name: str
    size: int

    @property
    def title(self) -> str:
        """In the visitor's language."""
        return _(ways()[self.way].title)

    @property
    def measured(self) -> dict[str, Any]:
        """What the judge said of 10,000 such codes; empty where that has not been measured."""
        return (
            fitting(cache.checkpoint_or_none(self.name))
            .get("ways", {})
            .get(f"mixture@{self.size}" if self.size else NORMAL, {})
        )


def choose_pair() -> list[Choice]:
    """Two networks side by side, and how many components a density has.

    Raises:
        CheckpointError: none of the networks is here.
    """
    here: dict[str, str] = {}
    offered = ways()
    for key, way in offered.items():
        known = [name for name in way.names if cache.checkpoint_or_none(name)]
        if known:
            here[key] = known[0]
    for name in dict.fromkeys(way.names[0] for key, way in offered.items() if here.get(key) != way.names[0]):
        try:
            cache.checkpoint(name)
        except GenlabError as error:
            st.warning(explain(error))
    if not here:
        raise CheckpointError("None of the networks of this lesson is on this machine.")
    titles = {key: _(offered[key].title) for key in here}
    fallback = next(iter(here))
    chosen = []
    for column, key, default in zip(st.columns(2, gap="large"), ("left", "right"), ("ae", "vae"), strict=True):
        with column:
            label = _("Left") if key == "left" else _("Right")
            chosen.append(choose(label, titles, key=key, default=default if default in here else fallback, round_=True))
    size = choose_size(here["density"]) if "density" in chosen else 0
    return [Choice(way=way, name=here[way], size=size if offered[way].fitted else 0) for way in chosen]


def sizes(name: str) -> tuple[int, ...]:
    """How many components the mixtures of a checkpoint have, ascending; none where it has no mixtures."""
    return getattr(cache.checkpoint(name).config, "mixtures", ())


def choose_size(name: str) -> int:
    """The slider for the number of components, kept in the address."""
    choices = sizes(name)
    label = _("Gaussians in the density, K")
    size = st.select_slider(label, choices, value=choices[-1], key="components", bind="query-params")
    stops(choices, size or choices[-1])
    return size or choices[-1]


# --------------------------------------------------------------------------------------- a draw
def draw_number(key: str) -> int:
    """Which draw is shown, from the address: 1 to ``DRAWS``; 1 where it says nothing valid."""
    asked = st.query_params.get(key, "")
    if len(asked) > len(str(DRAWS)) or not (asked.isascii() and asked.isdecimal()) or not 1 <= int(asked) <= DRAWS:
        return 1
    return int(asked)


def new_draw(label: str, key: str) -> None:
    """A button that draws anew."""
    st.button(label, key=f"{key}_button", on_click=_next_draw, args=(key,), icon=":material/casino:")


def _next_draw(key: str) -> None:
    st.query_params[key] = str(draw_number(key) % DRAWS + 1)


def random_codes(name: str, size: int, count: int, draw: int) -> Tensor:
    """Codes (count, latent_dim) of N(0, I), or of the mixture of ``size`` Gaussians: z = m_j + L_j·ε.

    The same draw has the same ε for all networks; a shorter code takes the first numbers of it.
    """
    import torch

    from genlab.models import MixtureAutoencoder
    from genlab.seeding import make_generator

    model = cache.checkpoint(name).model
    eps = torch.randn(count, WIDEST, generator=make_generator(draw, "random codes"))[:, : model.latent_dim]
    if not size:
        return eps
    assert isinstance(model, MixtureAutoencoder)
    weights, means, factors = model.mixture(size)
    j = torch.multinomial(weights, count, replacement=True, generator=make_generator(draw, "random components"))
    return means[j] + (factors[j] @ eps[:, :, None]).squeeze(2)


# --------------------------------------------------------------------------------------- sheets
def sheets(pair: list[Choice], draw: int) -> None:
    """64 pictures of each column."""
    judged = judge_or_none() is not None
    for column, choice, key in zip(st.columns(2, gap="large"), pair, ("left", "right"), strict=True):
        with column:
            st.markdown(f"**{choice.title}**  \n${source(choice)}$")
            pictures, opinion = drawn(choice.name, choice.size, draw, judged)
            readings = [] if opinion is None else [said(one, 2) for one in opinion]
            sheet_of_pictures(Sheet(pictures=pictures, columns=SIDE, readings=readings), key=f"sheet_{key}")


def source(choice: Choice) -> str:
    """Where its codes come from, as a formula."""
    if not choice.size:
        return r"z \sim \mathcal N(0, I)"
    if choice.size == 1:
        return r"z \sim \mathcal N(m, C)"
    return rf"z \sim \sum_{{j=1}}^{{{choice.size}}} w_j\, \mathcal N(m_j, C_j)"


@st.cache_resource(show_spinner=False, max_entries=256)
def drawn(name: str, size: int, draw: int, judged: bool) -> tuple[Tensor, Tensor | None]:
    """Pictures (64, 1, 28, 28) of random codes, and what the judge reads in them, (64, classes), where one is."""
    import torch

    with torch.inference_mode():
        pictures = cache.checkpoint(name).model.decode(random_codes(name, size, SIDE * SIDE, draw))
    return pictures.clone(), read(pictures) if judged else None


# --------------------------------------------------------------------------------------- measures
def measures(pair: list[Choice]) -> None:
    """A table of what was measured on 10,000 codes of each column, with real digits beside it."""
    samples = next((found for one in pair if (found := fitting(cache.checkpoint_or_none(one.name)))), None)
    if samples is None:
        st.warning(_("These networks’ random pictures have not been measured. Run: python -m genlab evaluate"))
        return
    columns = [(one.title, one.measured) for one in pair] + [(_("Real"), samples["floor"])]
    rows = {
        "fd": _("FD"),
        "precision": _("Precision"),
        "recall": _("Recall"),
        "coverage": _("Coverage"),
        "confident": _("Judge is sure"),
    }
    lines = ["| | " + " | ".join(title for title, _found in columns) + " |", "| :-- " + "| --: " * len(columns) + "|"]
    for key, title in rows.items():
        cells = (figure(found.get(key), key) for _title, found in columns)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    st.markdown("\n".join(lines))
    st.latex(
        r"\begin{aligned} \mathrm{FD} ={}& \lVert m_1 - m_2 \rVert^2 \\ &+ \operatorname{tr}\bigl(C_1 + C_2"
        r" - 2\,(C_1 C_2)^{1/2}\bigr) \end{aligned}"
    )
    st.caption(
        _(
            "Of {count} random pictures each, against the 10,000 test pictures, in the judge’s features (means $m$, "
            "covariances $C$): the smaller the FD, the more alike as a whole. Precision: the part that lies among real "
            "digits. Recall and coverage: the part of the real digits that is reached. Judge is sure: the part it "
            "reads with more than 90 %. Real: as many training pictures."
        ).format(count=number(samples["count"]))
    )
    for one in pair:
        bound = cache.checkpoint(one.name).metrics.get("bound")
        if one.way == "course" and bound and one.measured:
            st.caption(
                _(
                    "The course’s VAE uses {active} of its {count} numbers, so its random pictures are much alike: "
                    "they reach {recall} % of the real digits, and its FD is large."
                ).format(
                    active=number(bound["active"]),
                    count=number(len(bound["kl_by_number"])),
                    recall=percent(one.measured["recall"]),
                )
            )
            break
    if any(one.way in ("ae", "density") for one in pair):
        st.caption(
            _("The autoencoder is {name}, as trained on the other pages; the density was fitted afterwards.").format(
                name=PLAIN
            )
        )


def figure(value: float | None, key: str) -> str:
    """A measure as it stands in the table."""
    if value is None:
        return "–"
    return f"**{number(value, 1)}**" if key == "fd" else f"{percent(value)} %"
