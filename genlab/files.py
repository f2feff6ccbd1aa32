"""Small files, read with distrust and written whole: JSON, text, hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from genlab.errors import CheckpointError

MAX_JSON_BYTES = 4 * 2**20
MAX_WEIGHT_BYTES = 512 * 2**20


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
