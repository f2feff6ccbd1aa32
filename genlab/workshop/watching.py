"""The server's side: start a process, speak to it, listen, and make sure that it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import genlab
from genlab.errors import TrainingError
from genlab.workshop.progress import Progress, read_or_none

MODULE = "genlab.workshop"
GLANCE = 0.2  # seconds between two looks at what a training says
PATIENCE = 3.0  # seconds for a process to leave by itself
SAVING = 120.0  # seconds for a training to keep its result once it was told to end


class Process:
    """One ``python -m genlab.workshop``, or another module that hangs on a pipe."""

    def __init__(self, module: str = MODULE, *arguments: str) -> None:
        place = Path(genlab.__file__).parents[1]
        path = os.pathsep.join(filter(None, [str(place), os.environ.get("PYTHONPATH", "")]))
        own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **own},
            start_new_session=True,  # an interrupt from the keyboard is the server's; it will close the pipe
        )
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def say(self, word: str) -> None:
        """A word that it understands (see ``Ear``); one that is gone hears nothing."""
        assert self._process.stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(f"{word}\n".encode())
            self._process.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Its exit status, if it ends by then."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Hang up, and then hard: afterwards it is gone."""
        assert self._process.stdin is not None
        with self._lock, contextlib.suppress(OSError):
            self._process.stdin.close()
        if self.wait(PATIENCE) is None:
            self._process.kill()
            self._process.wait()


class Spare:
    """One process that has imported everything and waits for work, so that a training begins at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Process | None = None

    def prepare(self) -> None:
        """Start one if none waits. It ends by itself when nobody wants it for a while."""
        with self._lock:
            if self._waiting is None or self._waiting.status is not None:
                self._waiting = Process()

    def take(self) -> Process:
        """The one that waits, or else a new one."""
        with self._lock:
            found, self._waiting = self._waiting, None
        return found if found is not None and found.status is None else Process()

    def end(self) -> None:
        """Send it home."""
        with self._lock:
            found, self._waiting = self._waiting, None
        if found is not None:
            found.end()


spare = Spare()
"""Of this server."""


class Training:
    """What a visitor has in the workshop: a folder with an order, and a process while it is worked on."""

    def __init__(self, folder: Path, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            folder: with an order in it; where a training was cut off there, it goes on.
            seconds: it may take, pauses included; then it is told to end.
            clock: seconds.
        """
        self.folder = folder
        self.pid: int | None = None
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._unsaid: list[str] = []

    def say(self, word: str) -> None:
        """Tell the process, now or as soon as there is one."""
        with self._lock:
            if self._process is None:
                self._unsaid.append(word)
            else:
                self._process.say(word)

    def watch(self) -> Iterator[Progress]:
        """Have it done, and yield several times a second what it said last; closing the generator ends the process.

        Raises:
            TrainingError: the process died.
        """
        process = spare.take()
        seen = _stamp(self.folder)  # before it is told: what fails at once has said so before this thread goes on
        said = read_or_none(self.folder) or Progress()  # of a training that goes on
        said.state = "preparing"
        try:
            with self._lock:
                self._process, self.pid = process, process.pid
                for word in (*self._unsaid, f"folder {self.folder}"):
                    process.say(word)
            began, told = self._clock(), None
            while not said.ended:
                yield said
                alive = process.wait(GLANCE) is None
                if _stamp(self.folder) != seen:
                    seen = _stamp(self.folder)
                    said = read_or_none(self.folder) or said
                now = self._clock()
                if told is None and now - began >= self._seconds:
                    told = now
                    self.say("late")
                if not said.ended and (not alive or (told is not None and now - told >= SAVING)):
                    raise TrainingError(
                        "The training’s process ended by itself, perhaps for lack of memory. What it had learned after "
                        "its last whole epoch is kept: go on from there, or start with a smaller network."
                    )
            yield said
        finally:
            process.end()
            with self._lock:
                self._process, self.pid = None, None


def _stamp(folder: Path) -> tuple[int, int] | None:
    """Changes with each report."""
    from genlab.workshop.folders import PROGRESS

    try:
        about = os.stat(folder / PROGRESS)
    except OSError:
        return None
    return about.st_mtime_ns, about.st_ino
