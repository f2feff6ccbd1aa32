"""The code of the picture at hand, dragged: sliders under the reconstruction, and what it does to the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import cache
from ui.address import went_back
from ui.components.parts import checked, latent_sliders
from ui.i18n import _, number

if TYPE_CHECKING:
    from genlab.latent import Reconstruction

PARAMETER = "code"  # in the address: ?code=0.5,-1.25
START = "code_start"  # in the session: for which picture and network the sliders began, how often, and where


def drag_code(name: str, ours: Reconstruction) -> None:
    """Sliders for the code of a reconstruction, and the error of what they were dragged to."""
    st.subheader(_("Change the code"))
    at, code = _start(name, ours)
    dragged = latent_sliders(name, ours.z[0], at=at, code=code, key="code_sliders")
    if dragged is not None:
        _remember(dragged)
    code = dragged or code
    if code is None:
        st.caption(_("Each slider is one number of the code, the most varied first. Drag one and see what it does."))
    else:
        _compare(name, ours, code)


def _compare(name: str, ours: Reconstruction, code: list[float]) -> None:
    import torch

    from genlab.losses import squared_errors

    with torch.inference_mode():
        changed = cache.checkpoint(name).model.decode(torch.tensor([code]))
    st.caption(
        _("Squared error (SSE) to the original: **{changed}** with your code, {own} with the picture’s own.").format(
            changed=number(squared_errors(changed, ours.x).item(), 1), own=number(ours.sse, 1)
        )
    )


def _start(name: str, ours: Reconstruction) -> tuple[str, list[float] | None]:
    """Where the sliders begin: the picture's code, or the one in the address if the visitor came with it."""
    base = (name, ours.x.numpy().tobytes())
    kept = st.session_state.get(START)
    if kept is None or went_back():
        kept = (base, 0 if kept is None else kept[1] + 1, _in_address(ours.z.shape[1]))
    elif kept[0] != base:
        kept = (base, kept[1] + 1, None)
        st.query_params.pop(PARAMETER, None)
    st.session_state[START] = kept
    return f"{name} {kept[1]}", kept[2]


def _in_address(length: int) -> list[float] | None:
    try:
        values = [float(value) for value in st.query_params.get(PARAMETER, "").split(",")]
    except ValueError:
        values = []
    code = checked(values, length)
    if code is None:
        st.query_params.pop(PARAMETER, None)
    return code


def _remember(code: list[float]) -> None:
    written = ",".join(f"{value:.4g}" for value in code)
    if st.query_params.get(PARAMETER) != written:
        st.query_params[PARAMETER] = written
