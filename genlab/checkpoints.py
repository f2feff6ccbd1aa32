"""Checkpoints: a folder each, with weights, configuration, measurements and a card, never one without the others.

    checkpoints/<name>/weights.safetensors   half or single precision
                       config.json           network, training, step
                       metrics.json          what was measured on these weights, and their SHA-256
                       README.md             the card, generated

``load`` trusts nothing: all is checked before memory is taken, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genlab.config import ModelConfig, TrainConfig
from genlab.errors import CheckpointError, ConfigError
from genlab.models import ImageAutoencoder, build_empty, config_from_json, config_to_json

WEIGHTS, CONFIG, METRICS, CARD = "weights.safetensors", "config.json", "metrics.json", "README.md"
SNAPSHOTS = "snapshots.safetensors"  # a fifth, where a run was recorded
SCHEMA = 1
MAX_JSON_BYTES = 4 * 2**20
MAX_WEIGHT_BYTES = 512 * 2**20
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
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
    model: ImageAutoencoder
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


def load(name: str | Path) -> Checkpoint:
    """A checkpoint in evaluation mode, ready to use.

    Args:
        name: of a folder below ``root()``; or a path to a folder; or a Hugging Face repository, ``owner/name``.

    Raises:
        CheckpointError: the folder is not there or broken; the sentence names the file and what is wrong with it.
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


def check_file(path: Path, most: int) -> None:
    """Make sure that ``path`` is a file of at most ``most`` bytes.

    Raises:
        CheckpointError: it is missing, a folder, a device, or larger.
    """
    if not os.path.isfile(path):
        raise CheckpointError("{path} is missing or cannot be read.", path=str(path))
    if os.path.getsize(path) > most:
        raise CheckpointError("{path} is larger than such a file can be.", path=str(path))


def read_text(path: Path) -> str:
    """A small text file of a checkpoint.

    Raises:
        CheckpointError: it is missing, too large, or not text.
    """
    check_file(path, MAX_JSON_BYTES)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError("{path} is missing or cannot be read.", path=str(path)) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a checkpoint.

    Raises:
        CheckpointError: as ``read_text``, or it holds no JSON object.
    """
    try:
        values = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise CheckpointError("{path} is not valid JSON.", path=str(path)) from error
    if not isinstance(values, dict):
        raise CheckpointError("{path} does not hold a JSON object.", path=str(path))
    return values


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


def read_weights(path: Path, model: ImageAutoencoder) -> dict[str, Tensor]:
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
    model: ImageAutoencoder,
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


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Readable JSON; short lists stay on one line, so that a diff shows what changed."""
    text = json.dumps(values, indent=2, ensure_ascii=False)
    text = re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s+\]", lambda m: "[" + re.sub(r"\n\s+", " ", m[1]) + "]", text)
    replace(path, f"{text}\n".encode())


def replace(path: Path, data: bytes) -> None:
    """Write a file beside the old one and rename it, so that a kill leaves the old one or the new one, whole."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def hash_file(path: Path) -> str:
    """SHA-256 of a weights file, in hexadecimal.

    Raises:
        CheckpointError: the file is missing, larger than weights can be, or cannot be read.
    """
    check_file(path, MAX_WEIGHT_BYTES)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError("{path} is missing or cannot be read.", path=str(path)) from error
