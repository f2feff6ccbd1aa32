"""A workshop without processes: what a process would do is done by a thread, so that tests are quick."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genlab.catalog import get
from genlab.workshop import bench, folders, orders, watching
from genlab.workshop.orders import Order, changed, suggested
from ui import lab_runs, live

PATIENCE = 300  # seconds; a machine may be busy


class Bench(threading.Thread):
    """Speaks as ``genlab.workshop.watching.Process`` does; ends at the next word when the pipe is closed."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.pid, self.status, self.ended = 0, None, False
        reading, writing = os.pipe()
        self.input = os.fdopen(writing, "wb", buffering=0)
        self.output = os.fdopen(reading, "rb")
        self.ear = bench.Ear(self.output, leave=self.leave)
        self.start()

    def leave(self, _status: int) -> None:
        self.ended = True
        with self.ear._changed:
            self.ear._ending = "stop"
            self.ear._changed.notify_all()

    def run(self) -> None:
        folder = self.ear.folder(PATIENCE)
        if folder is not None:
            bench.serve(folder, self.ear)
        self.status = 0

    def say(self, word: str) -> None:
        if not self.input.closed:
            self.input.write(f"{word}\n".encode())

    def wait(self, seconds: float) -> int | None:
        self.join(min(seconds, 0.02))
        return self.status

    def end(self) -> None:
        self.input.close()
        self.join(PATIENCE)
        until(lambda: self.ended)
        self.output.close()


@pytest.fixture(name="workshop")
def make_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Places]:
    """Folders, room and register of the test's own, and threads for processes."""
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path / "workshop"))
    monkeypatch.setattr(watching.spare, "take", Bench)
    monkeypatch.setattr(bench, "limit_memory", lambda: None)
    room, register = live.Places(2), lab_runs.Register()
    monkeypatch.setattr(lab_runs, "places", room)
    monkeypatch.setattr(lab_runs, "register", register)
    yield room
    for run in list(register._runs.values()):
        run.worker.stop()
        run.worker.join(PATIENCE)


def small(entry: str = "ae-textbook-mnist-z64", *, window: int = 0, **settings: Any) -> Order:
    """A training of moments, on the bundled digits."""
    row = get(entry)
    sizes: dict[str, Any] = {}
    if hasattr(row.model, "hidden") and not row.base:
        sizes = {"hidden": (12,), "latent_dim": 4 + getattr(row.model, "classes", 0)}
    model = changed(row.model, image_shape=orders.image_shape("digits"), **sizes)
    train = replace(suggested(row, "digits"), **{"epochs": 3, "batch_size": 500, **settings})
    return Order(entry=entry, model=model, train=train, window=window)


def until(true: Callable[[], object]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
