"""The networks: what each model of the catalog looks like inside, where it comes from, and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from genlab import data
from genlab.catalog import CATALOG, Entry
from genlab.errors import GenlabError
from ui import address, architecture, cache, routing
from ui.i18n import _, explain, number

if TYPE_CHECKING:
    from genlab.checkpoints import Checkpoint

KEY, CHOSEN = "network", "network_chosen"
SHOWN = {name: entry for name, entry in CATALOG.items() if entry.rebuilds}
FIRST = next(iter(SHOWN))

MEASURES = {"sse": ("SSE", 2, ""), "psnr": ("PSNR", 2, " dB"), "ssim": ("SSIM", 3, "")}
"""Of ``metrics.json``: what it is called, its decimals, its unit."""


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("The networks"))
    st.markdown(_("Every network here squeezes a picture into a **code** and draws it again. Choose one; look inside."))
    name = choose_network()
    entry, found = CATALOG[name], cache.checkpoint_or_none(name)
    figures(entry, found)
    architecture.panel(name)
    sources(entry, found)


def choose_network() -> str:
    """Any autoencoder of the catalog; the choice is kept in the address, as ``ui.address.choose`` keeps it."""
    asked, now = st.query_params.get(KEY), st.session_state.get(KEY)
    if address.went_back() or now not in SHOWN:
        last = FIRST if address.went_back() else st.session_state.get(CHOSEN, FIRST)
        now = asked if asked in SHOWN else last
    st.session_state[KEY] = now  # said at each run: a browser that misses it when two follow at once would show another
    titles = {name: f"{_(entry.title)} · {name}" for name, entry in SHOWN.items()}
    name: str = st.selectbox(_("Network"), list(SHOWN), format_func=titles.__getitem__, key=KEY)
    st.session_state[CHOSEN] = name
    if name != (asked or FIRST):
        if name == FIRST:
            del st.query_params[KEY]
        else:
            st.query_params[KEY] = name
    return name


def figures(entry: Entry, found: Checkpoint | None) -> None:
    """What can be counted, and what was measured."""
    config = found.config if found else entry.model
    test = found.metrics.get("test", {}) if found else {}
    known = {
        _("Parameters"): number(architecture.described(config).parameters),
        _("Numbers in the code"): number(config.latent_dim),
    }
    known |= {label: number(test[k], digits) + unit for k, (label, digits, unit) in MEASURES.items() if k in test}
    architecture.facts(known)
    if found is None:
        sentence = _("Its trained weights are not on this machine, so nothing measured can be shown. To train it:")
        st.info(f"{sentence} `python -m genlab train {entry.name}`")
    elif test:
        sentence = _("Measured on {n} test pictures of {title}: the less SSE, the more PSNR and SSIM, the better.")
        caption = sentence.format(n=number(test["count"]), title=_(data.describe(test["dataset"]).title))
        baseline = found.metrics.get("baseline")
        if baseline and entry.step != "closed_form":
            told = _("For comparison, {name}: SSE {sse}.")
            caption += " " + told.format(name=baseline["name"], sse=number(baseline["sse"], 2))
        st.caption(caption)


def sources(entry: Entry, found: Checkpoint | None) -> None:
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
