"""The code of the picture at hand, dragged: sliders under the reconstruction, and what it does to the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import cache
from ui.components.parts import latent_sliders
from ui.i18n import _, number

if TYPE_CHECKING:
    from genlab.latent import Reconstruction


def drag_code(name: str, ours: Reconstruction) -> None:
    """Sliders for the code of a reconstruction, and the error of what they were dragged to."""
    st.subheader(_("Change the code"))
    code = latent_sliders(name, ours.z[0], about=ours.x.numpy().tobytes(), key="code")
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
