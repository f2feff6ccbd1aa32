"""What came of a training: keep it, take it home, bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from genlab.workshop import folders
from ui import kept, lab_runs
from ui.i18n import _, explain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from genlab.checkpoints import Checkpoint

LAST, BROUGHT = "lab_result", "lab_brought"
FILES = ["zip", "safetensors", "json", "md"]


def last() -> Checkpoint[Any] | None:
    """The result of this visitor's training, if it has one; read once."""
    folder = folders.find(lab_runs.token())
    place = folders.result(folder) if folder else None
    if place is None:
        return None
    stamp = (str(place), (place / "metrics.json").stat().st_mtime_ns)
    known = st.session_state.get(LAST)
    if known is None or known[0] != stamp:
        from genlab import checkpoints
        from genlab.models import ImageNetwork

        known = st.session_state[LAST] = (stamp, checkpoints.load(place, ImageNetwork))
    found: Checkpoint[Any] = known[1]
    return found


def keep_buttons() -> None:
    """Under a training that has ended: keep its network, take it home."""
    run = lab_runs.current()
    if run is not None and run.active:
        return
    try:
        checkpoint = last()
    except GenlabError as error:
        st.error(explain(error))
        return
    if checkpoint is None:
        return
    mine = kept.same(checkpoint)
    with st.container(horizontal=True, vertical_alignment="center"):
        if mine is None:
            st.button(
                _("Keep it"),
                icon=":material/bookmark_add:",
                key="lab_keep",
                on_click=_keep,
                args=(checkpoint,),
                type="primary",
                help=_("For this visit; then other pages show it, too"),
            )
        download(checkpoint, "lab_download")
        if mine is not None:
            st.caption(_("Kept as **{title}**. See “Use it” above.").format(title=mine.title))
    if ERROR in st.session_state:
        st.error(explain(st.session_state.pop(ERROR)))


ERROR = "lab_keep_error"


def _keep(checkpoint: Checkpoint[Any]) -> None:
    try:
        kept.keep(checkpoint)
    except GenlabError as error:
        st.session_state[ERROR] = type(error)(error.template, **error.fields)


def download(checkpoint: Checkpoint[Any], key: str) -> None:
    """A zip of weights, configuration, measurements and card."""
    from genlab.models import count_parameters

    def zipped() -> bytes:
        from genlab.workshop import parcels

        return parcels.pack(checkpoint)

    st.download_button(
        _("Download"),
        zipped,
        f"{checkpoint.name}.zip",
        "application/zip",
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )
    most = int(st.get_option("server.maxUploadSize"))
    if 4 * count_parameters(checkpoint.model) > most * 2**20:
        st.caption(
            _("Larger than {most} MB: it can be used elsewhere, but not be brought back here.").format(most=most)
        )


# --------------------------------------------------------------------------------------- bring one
def bring() -> None:
    """Read what a visitor downloaded here earlier."""
    most = int(st.get_option("server.maxUploadSize"))
    with st.expander(_("Bring a network"), icon=":material/upload:"):
        sent = st.file_uploader(
            _("The zip that you downloaded here, or its files"),
            type=FILES,
            accept_multiple_files=True,
            max_upload_size=most,
            key="lab_upload",
        )
        known = st.session_state.setdefault(BROUGHT, set())
        for files in parcels_of(sent):
            key = tuple(file.file_id for file in files)
            if key not in known:
                known.add(key)
                _bring({file.name: file.getvalue() for file in files})


def parcels_of(sent: Sequence[UploadedFile]) -> list[list[UploadedFile]]:
    """What belongs together: each zip is a network, the files of a checkpoint are one."""
    from genlab.workshop.parcels import BOUNDS

    loose = [file for file in sent if file.name in BOUNDS]
    return [*([file] for file in sent if file.name not in BOUNDS), *([loose] if loose else [])]


def _bring(files: dict[str, bytes]) -> None:
    from genlab.workshop import parcels

    try:
        name = next(iter(files)).rpartition(".")[0] if len(files) == 1 else ""
        mine = kept.keep(parcels.open_parcel(files, parcels.a_name(name)))
        st.success(_("Kept as **{title}**.").format(title=mine.title))
        st.session_state["lab_mine"] = str(mine.number)
    except GenlabError as error:
        st.error(explain(error))
