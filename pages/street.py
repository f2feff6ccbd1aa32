"""Lesson: street numbers. The course's project: compress, then denoise pictures in colour."""

import streamlit as st

from genlab.errors import GenlabError
from ui import houses, routing, street
from ui.i18n import _, explain
from ui.turns import follow

DOWNLOAD = "python -m genlab download svhn"
TRAIN = """python -m genlab train ae-street --dataset svhn --out runs/ae-svhn
python -m genlab train dae-street --dataset svhn --out runs/dae-svhn"""
SEVERAL = """python -m genlab train ae-street --dataset svhn --out runs/ae-svhn --devices 4
torchrun --nproc-per-node 4 -m genlab train ae-street --dataset svhn --out runs/ae-svhn"""


def lesson() -> None:
    """The page, from top to bottom."""
    st.title(_("Street numbers"))
    st.markdown(
        _(
            "Now in colour: one network **compresses** house numbers into a short code, another takes **noise** off "
            "them. Choose a picture and spoil it."
        )
    )
    source = houses.choose_source()
    street.provenance(source)
    follow(explore, source)
    with st.expander(_("Train it on SVHN"), icon=":material/model_training:"):
        training()


def explore(source: str) -> None:
    """Eight pictures, the noise, and what the networks make of them."""
    row = houses.choose_row(source)
    kind, level = street.choose_noise()
    street.show(row, kind, level)


def training() -> None:
    """The commands."""
    steps = {
        _("Fetch SVHN once:"): DOWNLOAD,
        _("Train both networks on its photographs:"): TRAIN,
        _("On several devices at once, one of these:"): SEVERAL,
    }
    st.markdown("\n\n".join(f"{title}\n```bash\n{commands}\n```" for title, commands in steps.items()))
    st.markdown(
        _(
            "To see them on this page, copy `runs/ae-svhn` over `checkpoints/ae-street`, `runs/dae-svhn` over "
            "`checkpoints/dae-street`, and start the app again."
        )
    )


routing.require()
try:
    lesson()
except GenlabError as error:
    st.error(explain(error))
