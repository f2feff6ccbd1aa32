"""Files for the browser: written to ``static/`` once, under names that change with their content.

Streamlit serves the folder as ``app/static/…``. A browser may keep what it fetched for as long as it likes, since
a new network or a new version of a module has a new address.
"""

from __future__ import annotations

import gzip
import hashlib
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.errors import PublishError

if TYPE_CHECKING:
    from torch import Tensor

STATIC = Path(__file__).parents[2] / "static"
MODULES = Path(__file__).parent / "js"


def publish(name: str, content: bytes) -> str:
    """Write a file below ``static/`` unless it is there; its address, relative to the app.

    Raises:
        PublishError: the folder cannot be written.
    """
    path = STATIC / name
    if not path.is_file():
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.replace(path)
        except OSError as error:
            raise PublishError(
                "The folder {folder} cannot be written, so the browser gets no networks. Ask who runs this server.",
                folder=str(STATIC),
            ) from error
    return f"app/static/{name}"


@cache
def versioned_modules() -> tuple[str, dict[str, bytes]]:
    """The ES modules by name, and a folder's name that changes with them."""
    sources = {path.name: path.read_bytes() for path in sorted(MODULES.glob("*.js"))}
    return f"modules-{digest(bytes(1).join(sources.values()))}", sources


def publish_modules() -> str:
    """Write the ES modules; the address of their folder.

    Raises:
        PublishError: as ``publish``.
    """
    folder, sources = versioned_modules()
    for name, content in sources.items():
        publish(f"{folder}/{name}", content)
    return f"app/static/{folder}"


def publish_tensors(name: str, tensors: dict[str, Tensor]) -> str:
    """Numbers for a map, such as codes and labels, under a name that changes with them.

    Raises:
        PublishError: as ``publish``.
    """
    packed = pack_tensors(tensors)
    return publish(f"maps/{name}-{digest(packed)}.gz", packed)


def pack_tensors(tensors: dict[str, Tensor]) -> bytes:
    """The same as a file: gzip around safetensors."""
    from safetensors.torch import save

    return gzip.compress(save({key: value.contiguous() for key, value in tensors.items()}), 6, mtime=0)


def digest(content: bytes) -> str:
    """A short name that changes with what it names."""
    return hashlib.sha256(content).hexdigest()[:16]
