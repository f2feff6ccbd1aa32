"""Where a visitor's training lies: a folder under a name that nobody guesses, kept for a day.

    <root>/<token>/order.json        what to train
                   progress.json     how far it is
                   shots.safetensors what its network draws
                   *state.safetensors what is needed to go on
                   result/           a checkpoint, when it has ended

Whoever knows the token may go on with the training, so it is drawn at random and never listed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from genlab.errors import GenlabError, TrainingError
from genlab.files import read_json, write_json
from genlab.workshop.orders import Order, order_from_json

ORDER, PROGRESS, SHOTS = "order.json", "progress.json", "shots.safetensors"
STATE, STATES = "state.safetensors", "*state.safetensors"
RESULT, LOCK, LOG = "result", "lock", "log.txt"
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
VARIABLE = "GENLAB_WORKSHOP"

KEPT_SECONDS = 24 * 3600.0
KEPT_FOLDERS = 200
KEPT_BYTES = 4 * 2**30


def root() -> Path:
    """``GENLAB_WORKSHOP``, else a folder of the user's cache."""
    import platformdirs

    named = os.environ.get(VARIABLE, "").strip()
    return Path(named) if named else Path(platformdirs.user_cache_dir("genlab")) / "workshop"


def new_token() -> str:
    """128 random bits as 22 letters."""
    return secrets.token_urlsafe(16)


def find(token: object) -> Path | None:
    """The folder of a token that came with an address; None where it is no token or nothing lies there."""
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        return None
    folder = root() / token
    return folder if os.path.isfile(folder / ORDER) else None


def make(token: str, order: Order) -> Path:
    """A new and empty folder for an order; an older one of this token is gone.

    Raises:
        TrainingError: this machine cannot keep it.
    """
    folder = root() / token
    try:
        root().mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_json(folder / ORDER, order.to_json())
    except OSError as error:
        raise TrainingError(
            "This server cannot write to “{folder}”, where trainings are kept. Ask whoever runs it.", folder=str(root())
        ) from error
    return folder


def read_order(folder: Path) -> Order:
    """What was ordered.

    Raises:
        GenlabError: it is missing or damaged.
    """
    return order_from_json(read_json(folder / ORDER))


def can_go_on(folder: Path) -> bool:
    """Whether a training that was cut off there has something to go on from."""
    return any(folder.glob(STATES))


def result(folder: Path) -> Path | None:
    """The checkpoint that a training left, if it has."""
    return next((path.parent for path in sorted(folder.glob(f"{RESULT}/*/config.json"))), None)


def prune(busy: Collection[str] = (), *, now: float | None = None) -> list[str]:
    """Delete what nobody came back for: folders a day old, and the oldest where there are too many or too large.

    Args:
        busy: tokens that are in use.
        now: seconds since 1970.

    Returns:
        The deleted tokens.
    """
    now = time.time() if now is None else now
    there = root().glob("*") if root().is_dir() else ()
    found = [(_touched(path), path) for path in there if TOKEN.fullmatch(path.name) and path.name not in busy]
    gone, count, total = [], 0, 0
    for touched, path in sorted(found, reverse=True):
        if path.is_symlink() or not path.is_dir():
            continue
        count, total = count + 1, total + _bytes(path)
        if now - touched > KEPT_SECONDS or count > KEPT_FOLDERS or total > KEPT_BYTES:
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone


def _touched(folder: Path) -> float:
    times = [os.path.getmtime(path) for path in (folder, folder / PROGRESS) if os.path.exists(path)]
    return max(times, default=0.0)


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


def order_or_none(folder: Path) -> Order | None:
    """What was ordered, or None where it cannot be read."""
    try:
        return read_order(folder)
    except GenlabError:
        return None
