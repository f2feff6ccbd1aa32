"""What a training run needs to go on after it was killed: weights, optimizer and step, without a pickle.

Tensors go into one safetensors file, the rest into its JSON header. It is written beside the old one and then
renamed, so a kill in the middle of writing loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from genlab.config import TrainConfig
from genlab.errors import TrainingError
from genlab.models import Classifier, ImageNetwork, config_to_json


def fingerprint(model: ImageNetwork | Classifier, config: TrainConfig) -> str:
    """What must agree before a run is resumed: every weight's shape, every setting of network and training."""
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    agreed = [shapes, config_to_json(model.config), config.to_json()]
    return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()


def save_state(path: Path, model: ImageNetwork | Classifier, optimizer: Any, config: TrainConfig, step: int) -> None:
    """Write the run's state after ``step`` steps, in place of an older one."""
    tensors = {f"model.{name}": value.contiguous() for name, value in model.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        for slot, value in slots.items():
            tensors[f"optimizer.{index}.{slot}"] = value.contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")  # one that a kill left over is written again
    save_file(tensors, part, metadata={"step": str(step), "fingerprint": fingerprint(model, config)})
    part.replace(path)


def load_state(path: Path, model: ImageNetwork | Classifier, optimizer: Any, config: TrainConfig) -> int:
    """Put a saved state into model and optimizer; how many steps it has behind it.

    Raises:
        TrainingError: the file is broken, or belongs to another network or other settings.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - safe_open is no dict
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            "The saved training “{path}” cannot be read. Delete it to start from the beginning.", path=str(path)
        ) from error
    if about.get("fingerprint") != fingerprint(model, config):
        raise TrainingError(
            "The saved training “{path}” belongs to another network or other settings. "
            "Delete it, or train with the settings it was made with.",
            path=str(path),
        )
    model.load_state_dict({name.removeprefix("model."): v for name, v in tensors.items() if name.startswith("model.")})
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, slot = name.split(".", 2)
            state.setdefault(int(index), {})[slot] = value
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, slots in state.items():  # laid out as the weights are: fused Adam goes by place in memory
        its = parameters[index]
        slots.update({slot: torch.empty_like(its).copy_(v) for slot, v in slots.items() if v.shape == its.shape})
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(about["step"])
