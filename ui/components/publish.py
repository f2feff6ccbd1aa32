"""Files for the browser: written to ``static/`` once, under names that change with their content.

Streamlit serves the folder as ``app/static/…``. A browser may keep what it fetched for as long as it likes, since
a new network or a new version of a module has a new address.
"""

from __future__ import annotations

import gzip
import hashlib
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from genlab.errors import ExportError, PublishError

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.models import ImageAutoencoder

STATIC = Path(__file__).parents[2] / "static"
MODULES = Path(__file__).parent / "js"

Direction = Literal["encode", "decode", "spread", "logits"]


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
    return f"modules-{_hash(bytes(1).join(sources.values()))}", sources


def publish_modules() -> str:
    """Write the ES modules; the address of their folder.

    Raises:
        PublishError: as ``publish``.
    """
    folder, sources = versioned_modules()
    for name, content in sources.items():
        publish(f"{folder}/{name}", content)
    return f"app/static/{folder}"


@st.cache_resource(show_spinner=False)
def published_network(name: str, direction: Direction) -> str:
    """The address of a shipped network's encoder or decoder, versioned by its checkpoint's hash.

    Of a variational one also ``spread``, ln σ² of a picture, and ``logits``, its pixels before their last sigmoid.

    Raises:
        CheckpointError: the checkpoint is missing or broken.
        ExportError: it is not dense, too large for a browser, or a visitor's own.
        PublishError: as ``publish``.
    """
    import torch

    from genlab.export import record, to_bytes
    from ui import cache as shared
    from ui import kept

    if kept.find(name):
        raise ExportError("What you trained stays on the server.")
    loaded = shared.checkpoint(name)
    model = loaded.model
    example = torch.zeros(1, model.latent_dim)
    if direction in ("encode", "spread"):
        example = torch.zeros(1, *model.image_shape)
    program = record(_half(model, direction), example)
    codes = shared.code_statistics(name)
    about = {"codes": {"mean": codes.mean, "std": codes.std, "low": codes.low, "high": codes.high}}
    packed = gzip.compress(to_bytes(program, about), 6, mtime=0)
    return publish(f"networks/{name}-{direction}-{loaded.sha256[:16]}-{_hash(packed)}.gz", packed)


def _half(model: ImageAutoencoder, direction: Direction) -> Callable[[Tensor], Tensor]:
    from genlab.models import VAE

    if direction in ("encode", "decode"):
        half: Callable[[Tensor], Tensor] = getattr(model, direction)
        return half
    if not isinstance(model, VAE):
        raise ExportError("This network has no distribution of codes. Choose a variational autoencoder.")
    return model.decode_logits if direction == "logits" else lambda x: model.posterior(x)[1]


def publish_tensors(name: str, tensors: dict[str, Tensor]) -> str:
    """Numbers for a map, such as codes and labels, under a name that changes with them.

    Raises:
        PublishError: as ``publish``.
    """
    from safetensors.torch import save

    packed = gzip.compress(save({key: value.contiguous() for key, value in tensors.items()}), 6, mtime=0)
    return publish(f"maps/{name}-{_hash(packed)}.gz", packed)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
