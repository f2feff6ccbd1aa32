"""The networks: what each model of the catalog looks like inside, where it comes from, and what was measured."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from genlab.catalog import CATALOG, Entry
from genlab.errors import GenlabError
from ui import address, architecture, cache, gan, judge, routing
from ui.i18n import _, explain, number

if TYPE_CHECKING:
    from genlab.checkpoints import Checkpoint

KEY, CHOSEN = "network", "network_chosen"
FIRST = next(iter(CATALOG))

MEASURES = {"sse": ("SSE", 2, ""), "psnr": ("PSNR", 2, " dB"), "ssim": ("SSIM", 3, "")}
"""Of ``metrics.json``: what it is called, its decimals, its unit."""


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("The networks"))
    st.markdown(_("All that draws or reads pictures in the other lessons. Choose one; look inside."))
    entry = CATALOG[choose_network()]
    found = loaded(entry)
    figures(entry, found)
    architecture.panel(entry, found)
    sources(entry, found)


def choose_network() -> str:
    """Any network of the catalog; the choice is kept in the address, as ``ui.address.choose`` keeps it."""
    asked, now = st.query_params.get(KEY), st.session_state.get(KEY)
    if address.went_back() or now not in CATALOG:
        last = FIRST if address.went_back() else st.session_state.get(CHOSEN, FIRST)
        now = asked if asked in CATALOG else last
    st.session_state[KEY] = now  # said at each run: a browser that misses it when two follow at once would show another
    titles = {name: f"{_(entry.title)} · {name}" for name, entry in CATALOG.items()}
    name: str = st.selectbox(_("Network"), list(CATALOG), format_func=titles.__getitem__, key=KEY)
    st.session_state[CHOSEN] = name
    if name != (asked or FIRST):
        if name == FIRST:
            del st.query_params[KEY]
        else:
            st.query_params[KEY] = name
    return name


def loaded(entry: Entry) -> Checkpoint[Any] | None:
    """Its checkpoint, of whatever kind; None where it is missing or broken."""
    with contextlib.suppress(GenlabError):
        if entry.step == "gan":
            return gan.network(entry.name)
        return cache.checkpoint(entry.name) if entry.rebuilds else judge.judge()
    return None


def figures(entry: Entry, found: Checkpoint[Any] | None) -> None:
    """What it is in a sentence, what can be counted, and what was measured."""
    config = found.config if found else entry.model
    test = found.metrics.get("test", {}) if found else {}
    known = {_("Parameters"): number(architecture.described(config).parameters)}
    if entry.rebuilds:
        told = _("It squeezes a picture into a **code** and draws it again.")
        known[_("Numbers in the code")] = number(config.latent_dim)
        known |= {label: number(test[k], digits) + unit for k, (label, digits, unit) in MEASURES.items() if k in test}
    elif entry.step == "gan":
        told = _("A **generator** draws pictures from random numbers; a **discriminator** tells them from real ones.")
        known[_("Numbers in the code")] = number(config.latent_dim)
        known |= distances(found)
    else:
        told = _("A **classifier** reads pictures; it judges what the other networks draw.")
        known |= {_("Error"): f"{number(100 * test['error'], 2)} %"} if "error" in test else {}
    st.markdown(told)
    architecture.facts(known)
    if found is None:
        sentence = _("Its trained weights are not on this machine, so nothing measured can be shown. To train it:")
        st.info(f"{sentence} `python -m genlab train {entry.name}`")
    elif test:
        st.caption(measured(entry, found))


def distances(found: Checkpoint[Any] | None) -> dict[str, str]:
    """Of random pictures to real ones."""
    ways = judge.fitting(found).get("ways")
    if not ways:
        return {}
    best = next(reversed(ways.values()))
    shares = {_("Precision"): best["precision"], _("Coverage"): best["coverage"]}
    return {_("Fréchet distance"): number(best["fd"], 1)} | {k: f"{judge.percent(v)} %" for k, v in shares.items()}


def measured(entry: Entry, found: Checkpoint[Any]) -> str:
    """On what, and which way is better."""
    test = found.metrics["test"]
    on = {"n": number(test["count"]), "title": _(data.describe(test["dataset"]).title)}
    if entry.step == "gan":
        return _(
            "Of random pictures, against the {n} test pictures of {title}, in the classifier’s features: the less "
            "distance and the more precision (the part that lies among real ones) and coverage (the part of the real "
            "ones that is reached), the better."
        ).format(**on)
    if not entry.rebuilds:
        return _("Measured on {n} test pictures of {title}: the part that it reads as another class.").format(**on)
    caption = _("Measured on {n} test pictures of {title}: the less SSE, the more PSNR and SSIM, the better.").format(
        **on
    )
    baseline = found.metrics.get("baseline")
    if baseline and entry.step != "closed_form":
        told = _("For comparison, {name}: SSE {sse}.")
        caption += " " + told.format(name=baseline["name"], sse=number(baseline["sse"], 2))
    return caption


def sources(entry: Entry, found: Checkpoint[Any] | None) -> None:
    """Where it comes from, what it learned from, and its card."""
    train = found.train if found else entry.train
    learned = _("**Learned from**: {title}, `{split}`")
    lines = [
        _("**Paper**: {paper}").format(paper=entry.paper),
        learned.format(title=_(data.describe(train.dataset).title), split=train.split),
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    if found is not None:
        with st.expander(_("Its card"), icon=":material/description:"):
            text = found.card.split("---\n", 2)[-1].replace("\n# ", "\n### ").replace("\n## ", "\n#### ")
            st.markdown(f"*{_('Written by the program that measured it, in English.')}*\n\n{text}")


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
