"""The data sets: what there is, where it lies, how it is loaded, and how a drawing becomes one more digit.

The whole of it in three lines:

    images = load("mnist", "train")             # ImageSet: uint8 (55000, 1, 28, 28), labels int64 (55000,)
    batch = to_float(images.images[:64], device)  # float32 (64, 1, 28, 28) in [0, 1]
    available()                                 # {"mnist": Path(…), "notmnist": None, …}

Nothing here downloads unless ``download`` is called, and importing this package imports none of torch, scikit-learn,
SciPy, Pillow or torchvision: each is imported where it is needed, so that a page can say what data there is at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genlab.data.sources import NAMES, Source, available, default_name, describe

if TYPE_CHECKING:
    from genlab.data.downloads import download
    from genlab.data.drawing import drawing_stages, prepare_drawing
    from genlab.data.images import ImageSet, to_float
    from genlab.data.loading import load

__all__ = [
    "NAMES",
    "ImageSet",
    "Source",
    "available",
    "default_name",
    "describe",
    "download",
    "drawing_stages",
    "load",
    "prepare_drawing",
    "to_float",
]

_LAZY = {
    "ImageSet": "images",
    "to_float": "images",
    "load": "loading",
    "download": "downloads",
    "prepare_drawing": "drawing",
    "drawing_stages": "drawing",
}


def __getattr__(name: str) -> object:
    """Import what is heavy only when it is first asked for (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
