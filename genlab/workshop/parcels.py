"""A result as one file to take home, and back: a zip of a checkpoint's four files.

What comes back is a stranger's. Nothing is unpacked by name: the four files are read by their own names, each up to
its bound whatever the zip says of it, into a folder of ours; then ``checkpoints.load`` looks at them as at any others.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from genlab.checkpoints import CARD, CONFIG, METRICS, WEIGHTS, Checkpoint, load, read_config
from genlab.data import describe
from genlab.errors import CheckpointError, ConfigError
from genlab.files import MAX_JSON_BYTES
from genlab.models import ImageNetwork
from genlab.workshop.orders import MOST_PARAMETERS, check_size, image_shape

MOST_BYTES = 4 * MOST_PARAMETERS + 2**20  # of weights in single precision
BOUNDS = {WEIGHTS: MOST_BYTES, CONFIG: 2**20, METRICS: MAX_JSON_BYTES, CARD: 2**20}
NEEDED = (WEIGHTS, CONFIG, METRICS)
MOST_MEMBERS = 64
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack a whole block, whatever is asked for


def pack(checkpoint: Checkpoint[Any]) -> bytes:
    """A network as a zip of its four files, in a folder of its name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in to_files(checkpoint).items():
            archive.writestr(f"{checkpoint.name}/{name}", content)
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a zip by their own names, wherever in it they lie.

    Raises:
        CheckpointError: it is no zip, or one of the files is in it twice, too large, or unreadable.
    """
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise CheckpointError("This zip holds more files than a network has. Send the one that genlab made.")
            for member in members:
                name = PurePosixPath(member.filename).name
                if member.is_dir() or name not in BOUNDS:
                    continue
                if name in found:
                    raise CheckpointError("This zip holds “{path}” twice. Send the one that genlab made.", path=name)
                if member.compress_type not in METHODS:
                    raise NotImplementedError(member.compress_type)
                with archive.open(member) as file:
                    found[name] = file.read(BOUNDS[name] + 1)  # not what the zip says of its size
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise CheckpointError("This is no zip that can be read here. Send the one that genlab made.") from error
    return found


def open_parcel(files: Mapping[str, bytes], name: str) -> Checkpoint[ImageNetwork]:
    """The network in files that somebody sent: one zip, or the files of a checkpoint by their names.

    Args:
        files: what was sent.
        name: what it is to be called here.

    Raises:
        CheckpointError: something is missing, too large, damaged, or of more parameters than fit here.
    """
    if len(files) == 1 and not set(files) & set(BOUNDS):
        files = unpack(next(iter(files.values())))
    missing = [wanted for wanted in NEEDED if wanted not in files]
    if missing:
        raise CheckpointError(
            "“{path}” is missing. Send the zip that genlab made, or its files weights.safetensors, config.json and "
            "metrics.json together.",
            path=missing[0],
        )
    for kind, most in BOUNDS.items():
        if len(files.get(kind, b"")) > most:
            raise CheckpointError("{path} is larger than such a file can be.", path=kind)
    with tempfile.TemporaryDirectory(prefix="genlab-parcel-") as place:
        folder = Path(place) / "checkpoint"
        folder.mkdir()
        for kind in BOUNDS:
            (folder / kind).write_bytes(files.get(kind, b""))
        try:
            check_size(read_config(folder)[0])
            found = load(folder, ImageNetwork)
        except ConfigError as error:
            raise CheckpointError("{path} is wrong. {reason}", path=CONFIG, reason=error) from error
        except CheckpointError as error:  # of the file, not of a folder of ours
            fields = {key: PurePosixPath(str(v)).name if key == "path" else v for key, v in error.fields.items()}
            raise CheckpointError(error.template, **fields) from None
    agree(found)
    return renamed(found, name)


def agree(checkpoint: Checkpoint[Any]) -> None:
    """Whether a network and the data set that it says it learned from go together.

    Raises:
        CheckpointError: its pictures are of another size, or its classes of another number.
    """
    dataset = checkpoint.train.dataset
    classes = getattr(checkpoint.config, "classes", 0) or len(describe(dataset).class_names)
    if checkpoint.config.image_shape != image_shape(dataset) or classes != len(describe(dataset).class_names):
        raise CheckpointError("{path} speaks of a network that “{dataset}” does not fit.", path=CONFIG, dataset=dataset)


def a_name(text: str) -> str:
    """What a file was called, as the name of a network: letters, digits and hyphens, not too many."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:60]
    return clean or "network"


def renamed(checkpoint: Checkpoint[Any], name: str) -> Checkpoint[ImageNetwork]:
    """The same under another name, with those of its measurements that pages rely on, if they are what they seem."""
    return replace(checkpoint, name=name, metrics=believed(checkpoint))


def believed(checkpoint: Checkpoint[Any]) -> dict[str, Any]:
    """Of a stranger's measurements, what has the form that ours have."""
    from genlab.latent import code_statistics

    found: dict[str, Any] = {"weights_sha256": checkpoint.sha256}
    codes = checkpoint.metrics.get("codes")
    try:
        code_statistics(checkpoint.metrics, checkpoint.config.latent_dim)
        found["codes"] = codes
    except (CheckpointError, AttributeError):
        pass
    test = checkpoint.metrics.get("test")
    if isinstance(test, dict):
        found["test"] = {
            key: test[key]
            for key in ("sse", "mse", "psnr", "error", "cross_entropy", "count")
            if isinstance(test.get(key), int | float) and abs(test[key]) < 1e12
        }
    return found


def to_files(checkpoint: Checkpoint[Any]) -> dict[str, bytes]:
    """A network in memory as the files of a checkpoint."""
    from safetensors.torch import save

    from genlab.checkpoints import SCHEMA
    from genlab.models import config_to_json

    weights = save({key: value.contiguous() for key, value in checkpoint.model.state_dict().items()})
    config = {"schema": SCHEMA, "entry": checkpoint.entry, "model": config_to_json(checkpoint.config)}
    config |= {"train": checkpoint.train.to_json(), "step": checkpoint.step}
    metrics = {**checkpoint.metrics, "schema": SCHEMA, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    return {
        WEIGHTS: weights,
        CONFIG: json.dumps(config, indent=2).encode(),
        METRICS: json.dumps(metrics, indent=2).encode(),
        CARD: checkpoint.card.encode(),
    }
