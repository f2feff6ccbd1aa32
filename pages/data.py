"""Data sets: which are here, and how to get the others."""

import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from ui import routing
from ui.i18n import _, explain, number


def fetch(name: str) -> None:
    """Download with progress; what goes wrong is one sentence."""
    bar = st.progress(0.0, text=_("Asking for {title} …").format(title=_(data.describe(name).title)))

    def show(done: int, total: int | None) -> None:
        share = min(done / total, 1.0) if total else 0.0
        bar.progress(share, text=_("{done} MB so far").format(done=number(done / 1e6, 1)))

    try:
        data.download(name, progress=show)
    except GenlabError as error:
        bar.empty()
        st.error(explain(error))
        return
    st.rerun()


routing.require()
st.title(_("Data sets"))
st.markdown(
    _(
        "Everything here works at once with the digits that come with scikit-learn. With more data sets on this "
        "machine the lessons use them; genlab looks in the folder that `GENLAB_DATA` names, then in your cache folder."
    )
)
for name, folder in data.available().items():
    source = data.describe(name)
    with st.container(border=True, key=f"dataset_{name}"):
        st.subheader(_(source.title))
        st.markdown(_(source.summary))
        if folder is not None:
            st.markdown(f":material/check_circle: {_('On this machine')}")
        elif st.button(_("Download"), key=f"data_download_{name}", icon=":material/download:"):
            fetch(name)
