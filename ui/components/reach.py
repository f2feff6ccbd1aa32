"""Where a browser finds something of a network: in a file that all share, or among its own session's messages."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import kept
from ui.components.carry import carry
from ui.components.publish import digest, publish


def reach(name: str, what: str, pack: Callable[[], bytes], *, version: str = "") -> str:
    """The address of something of a network, of one that ships or of one that the visitor keeps.

    Args:
        name: the network's, or of what else has codes.
        what: what of it, and of which data; a name.
        pack: makes it, gzip around safetensors; asked once.
        version: changes with what would be packed, if that may change while the app runs.

    Raises:
        CheckpointError: the network is not kept any more.
        PublishError: the folder for files cannot be written.
        GenlabError: what ``pack`` raises.
    """
    mine = kept.owned(name)
    return shared(name, what, pack, version) if mine is None else carry(mine, what, pack)


@st.cache_resource(show_spinner=False, max_entries=256)
def shared(name: str, what: str, _pack: Callable[[], bytes], version: str = "") -> str:
    """The address of a file whose name changes with its content."""
    packed = _pack()
    return publish(f"networks/{name}-{what}-{digest(packed)}.gz", packed)
