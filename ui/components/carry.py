"""What is a visitor's own, on its way to that visitor's browser: among the messages of the session, never in a file.

Streamlit sends a message of more than some kilobytes once and afterwards only its hash, so a part that is drawn anew
finds it there, and what the visitor drags follows the finger as with the networks that ship.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable

from streamlit.errors import StreamlitDuplicateElementKey

from ui import kept
from ui.components.mount import mount


def carry(mine: kept.Kept, what: str, pack: Callable[[], bytes]) -> str:
    """Have the browser given something of a visitor's network, before the part that needs it is mounted.

    Args:
        mine: the network; what was packed once is kept beside it.
        what: what of it, and of which data; a name.
        pack: makes it, gzip around safetensors.

    Returns:
        Its address, which ``runtime.js`` of this visitor's browser knows.

    Raises:
        PublishError: the modules cannot be put where the browser finds them.
        GenlabError: what ``pack`` raises.
    """
    if what not in mine.packed:
        mine.packed[what] = base64.b64encode(pack()).decode()
    address = f"own:{mine.name}-{what}"
    with contextlib.suppress(StreamlitDuplicateElementKey):  # another part of the page has asked for it already
        mount("carry", key=address, data={"address": address, "content": mine.packed[what]}, words={}, values=[])
    return address
