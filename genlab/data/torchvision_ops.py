"""The one way in to torchvision.

``import torchvision`` fails where its compiled operators do not load, as with a torchvision wheel built
beside another torch than the one installed: "operator torchvision::nms does not exist". genlab only uses its
data sets, which need no operator, so here the two that its import asks for are declared by name. Where the
real operators load, nothing is declared.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_lock = threading.Lock()
_declared: torch.library.Library | None = None  # a declaration lives as long as this object


def import_datasets() -> ModuleType:
    """``torchvision.datasets``.

    Raises:
        ImportError: torchvision is not installed.
    """
    global _declared
    with _lock:
        try:
            return importlib.import_module("torchvision.datasets")
        except RuntimeError as error:
            if "torchvision::" not in str(error) or _declared is not None:
                raise
        _declared = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS.values():
            _declared.define(schema)
        return importlib.import_module("torchvision.datasets")
