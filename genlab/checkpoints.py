"""Checkpoints: a folder each, with weights, configuration, measurements and a card, never one without the others.

    checkpoints/<name>/weights.safetensors   half or single precision
                       config.json           network, training, step
                       metrics.json          what was measured on these weights, and their SHA-256
                       README.md             the card, generated

``load`` trusts nothing: all is checked before memory is taken, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, overload

import torch
from torch import Tensor
from typing_extensions import TypeVar

from genlab.config import ModelConfig, TrainConfig
from genlab.errors import CheckpointError, ConfigError
from genlab.files import hash_file, read_json, read_text, replace, write_json
from genlab.models import ImageAutoencoder, ImageNetwork, build_empty, config_from_json, config_to_json

WEIGHTS, CONFIG, METRICS, CARD = "weights.safetensors", "config.json", "metrics.json", "README.md"
SNAPSHOTS = "snapshots.safetensors"  # a fifth, where a run was recorded
GENERATORS = "generators.safetensors"  # the same of a GAN
SCHEMA = 1
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


Network = TypeVar("Network", bound=ImageNetwork, covariant=True, default=ImageAutoencoder)


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Generic[Network]):
    """A trained model with everything known about it; shared by all visitors, so read-only.

    Attributes:
        name: its folder's name.
        model: in evaluation mode, without gradients, float32.
        config: of the network.
        train: how it was trained.
        step: the game it was trained with.
        entry: the catalog's row that it is a training of.
        metrics: the content of ``metrics.json``.
        card: the text of its card.
        sha256: of its weights file.
    """

    name: str
    model: Network
    config: ModelConfig
    train: TrainConfig
    step: str
    entry: str
    metrics: dict[str, Any]
    card: str
    sha256: str


def root() -> Path:
    """Where checkpoints are: ``GENLAB_CHECKPOINTS``, else the folder beside the package."""
    return Path(os.environ.get("GENLAB_CHECKPOINTS") or Path(__file__).resolve().parent.parent / "checkpoints")


def names() -> list[str]:
    """The checkpoints on this machine."""
    return sorted(path.parent.name for path in root().glob(f"*/{CONFIG}"))


@overload
def load(name: str | Path) -> Checkpoint[ImageAutoencoder]: ...


@overload
def load(name: str | Path, kind: type[Network]) -> Checkpoint[Network]: ...


def load(name: str | Path, kind: type[Any] = ImageAutoencoder) -> Checkpoint[Any]:
    """A checkpoint in evaluation mode, ready to use.

    Args:
        name: of a folder below ``root()``; or a path to a folder; or a Hugging Face repository, ``owner/name``.
        kind: what it must be.

    Raises:
        CheckpointError: the folder is not there or broken, or of another kind; the sentence names the file and what
            is wrong with it.
    """
    folder = find(name)
    config, train, step = read_config(folder)
    metrics = read_json(folder / METRICS)
    sha256 = hash_file(folder / WEIGHTS)
    if metrics.get("weights_sha256") != sha256:
        raise CheckpointError(
            "{path} is not the file that {metrics} was measured on. Copy both from the same place again.",
            path=str(folder / WEIGHTS),
            metrics=METRICS,
        )
    model = build_empty(config)
    if not isinstance(model, kind):
        raise CheckpointError(
            "{path} is a network of another kind ({found}) than is needed here.", path=str(folder), found=config.kind
        )
    model.load_state_dict(read_weights(folder / WEIGHTS, model), assign=True)
    model.eval().requires_grad_(False)
    return Checkpoint(
        name=Path(name).name or folder.resolve().name,
        model=model,
        config=config,
        train=train,
        step=step,
        entry=str(read_json(folder / CONFIG).get("entry", folder.name))[:80],
        metrics=metrics,
        card=read_text(folder / CARD),
        sha256=sha256,
    )


def find(name: str | Path) -> Path:
    """The folder of a checkpoint, fetched from Hugging Face if the name is ``owner/name`` and no folder is there.

    Raises:
        CheckpointError: there is none.
    """
    local = root() / name if isinstance(name, str) and re.fullmatch(r"[\w-][\w.-]*", name) else Path(name)
    if str(name) and os.path.isdir(local):  # not Path.is_dir, which raises on a name that is too long
        return local
    if isinstance(name, str) and re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name):
        return fetch(name)
    raise CheckpointError(
        "There is no checkpoint “{name}”. “python -m genlab list” shows those there are.", name=str(name)[:200]
    )


def fetch(repo_id: str) -> Path:
    """The four files of a Hugging Face repository, in its cache.

    Raises:
        CheckpointError: no network, no such repository, or it has not these files.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repo_id, allow_patterns=[WEIGHTS, CONFIG, METRICS, CARD]))
    except Exception as error:  # the hub raises errors of several libraries
        raise CheckpointError(
            "“{repo}” could not be fetched from Hugging Face. Check its name and the network, "
            "or use a checkpoint that ships with genlab.",
            repo=repo_id,
        ) from error


def read_config(folder: Path) -> tuple[ModelConfig, TrainConfig, str]:
    """Network, training and step of a checkpoint.

    Raises:
        CheckpointError: a setting is missing, unknown, or out of bounds.
    """
    path = folder / CONFIG
    values = read_json(path)
    if values.get("schema") != SCHEMA:
        raise CheckpointError(
            "{path} is of version {version}, and this genlab reads version {known}. Update genlab.",
            path=str(path),
            version=str(values.get("schema"))[:20],
            known=SCHEMA,
        )
    try:
        config = config_from_json(values.get("model"))
        build_empty(config)  # refuses what is within bounds, but too large together
        return config, TrainConfig.from_json(values.get("train")), str(values.get("step"))[:40]
    except ConfigError as error:
        raise CheckpointError("{path} is wrong. {reason}", path=str(path), reason=error) from error


def read_weights(path: Path, model: ImageNetwork) -> dict[str, Tensor]:
    """The tensors of a weights file as float32, if they are exactly those that ``model`` has.

    Raises:
        CheckpointError: the file is broken, or a tensor is missing, unknown, of another shape, or not finite.
    """
    from safetensors import SafetensorError, safe_open

    wanted = {name: list(value.shape) for name, value in model.state_dict().items()}
    try:
        with safe_open(path, framework="pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no dict
            found = {name: part.get_shape() for name, part in slices.items()}
            odd = sorted(found.keys() ^ wanted.keys())
            odd += [n for n in found.keys() & wanted.keys() if found[n] != wanted[n]]
            odd += [n for n, part in slices.items() if part.get_dtype() not in DTYPES]
            if odd:
                raise CheckpointError(
                    "{path} does not fit its {config}: “{tensor}” is missing, unknown, or of another size.",
                    path=str(path),
                    config=CONFIG,
                    tensor=odd[0][:80],
                )
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in found}
    except (OSError, SafetensorError) as error:
        sentence = "{path} is missing, cut short, or no safetensors file. Copy it again."
        raise CheckpointError(sentence, path=str(path)) from error
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise CheckpointError("{path} has values in “{tensor}” that are no numbers.", path=str(path), tensor=name)
    return tensors


def save(
    folder: Path,
    model: ImageNetwork,
    train: TrainConfig,
    step: str,
    metrics: dict[str, Any],
    *,
    entry: str | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write weights, configuration, measurements and card; ``metrics`` gains the weights' hash.

    Args:
        folder: made if it is not there; its name is the checkpoint's name.
        model: of which the floating point weights are stored as ``dtype``.
        train: how it was trained.
        step: the game it was trained with.
        metrics: what ``genlab.evaluation.measure`` gave and how the training went.
        entry: the catalog's row that it is a training of; if None, of its name.
        dtype: float16 halves the file; float32 where the metric would suffer.
    """
    from safetensors.torch import save as to_bytes

    from genlab.cards import make_card

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().to(dtype).contiguous() for name, value in model.state_dict().items()}
    data = to_bytes(weights, metadata={"format": "pt"})
    config = {"schema": SCHEMA, "entry": entry or folder.name, "model": config_to_json(model.config)}
    config |= {"train": train.to_json(), "step": step}
    metrics = {"schema": SCHEMA, **metrics, "weights_sha256": hashlib.sha256(data).hexdigest()}
    replace(folder / WEIGHTS, data)
    write_json(folder / CONFIG, config)
    write_json(folder / METRICS, metrics)
    replace(folder / CARD, make_card(folder.name, config, metrics).encode())
