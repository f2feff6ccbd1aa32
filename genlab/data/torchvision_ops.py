"""The one way in to torchvision.

``import torchvision`` fails where its compiled operators do not load, as with a torchvision wheel built
beside another torch than the one installed: "operator torchvision::nms does not exist". genlab only uses its
data sets, which need no operator, so here the two that its import asks for are declared by name. Where the
real operators load, nothing is declared.
"""

from __future__ import annotations

import functools
import importlib
import threading
from types import ModuleType

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_lock = threading.Lock()
_declared: torch.library.Library | None = None  # a declaration lives as long as this object


def import_datasets() -> ModuleType:
    """``torchvision.datasets``, its own progress bars switched off: ``genlab.data.download`` reports progress.

    Raises:
        ImportError: torchvision is not installed.
    """
    with _lock:
        datasets = _import()
        if not isinstance(datasets.utils.tqdm, functools.partial):
            datasets.utils.tqdm = functools.partial(datasets.utils.tqdm, disable=True)
        return datasets


def _import() -> ModuleType:
    global _declared
    try:
        return importlib.import_module("torchvision.datasets")
    except RuntimeError as error:
        if "torchvision::" not in str(error) or _declared is not None:
            raise
    _declared = torch.library.Library("torchvision", "DEF")
    for schema in SCHEMAS:
        _declared.define(schema)
    return importlib.import_module("torchvision.datasets")
