"""The process's side: train what was ordered, say how far it is, obey."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from genlab.errors import GenlabError
from genlab.text import N_
from genlab.workshop import folders, looks
from genlab.workshop.orders import check_size
from genlab.workshop.progress import Progress, read_or_none
from genlab.workshop.shots import Camera

if TYPE_CHECKING:
    from genlab.models import ImageNetwork
    from genlab.training import Record

WRITE_SECONDS = 0.25  # between two reports
LOOK_SECONDS = 1.0  # between two shots, however short an epoch is
JUDGE_SECONDS = 4.0
LATELY = 12.0  # seconds of training, from which speed and time left are told
ORPHANED = 3  # exit status
MEMORY = 6 * 2**30  # bytes, of a training on the processor
FAILED = N_("Something went wrong on this machine, and the training ended. Start it again.")
NO_MEMORY = N_(
    "There is not enough memory for this training. Choose a smaller network or smaller batches, and start again."
)


class Ear:
    """Hears what the server says, a word a line; when it is silent for ever, the process ends."""

    def __init__(self, stream: IO[bytes], leave: Callable[[int], Any] = os._exit) -> None:
        """
        Args:
            stream: the other end of the server's pipe.
            leave: called when that is closed. What is worth keeping is on disk by then, and whole.
        """
        self._stream, self._leave = stream, leave
        self._changed = threading.Condition()
        self._mode, self._ending, self._folder = "go", "", ""
        threading.Thread(target=self._listen, name="genlab-ear", daemon=True).start()

    def _listen(self) -> None:
        for line in self._stream:
            word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            with self._changed:
                if word in ("stop", "late"):
                    self._ending = word
                elif word == "folder":
                    self._folder = rest
                elif word in ("go", "epoch", "pause"):
                    self._mode = word
                self._changed.notify_all()
        self._leave(ORPHANED)

    def folder(self, seconds: float) -> Path | None:
        """Wait for the folder to work in; None if none is named in time."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._folder), seconds)
            return Path(self._folder) if self._folder else None

    def verdict(self, ended: bool, pausing: Callable[[], None]) -> str:
        """Whether to end now, and why: ``stop``, ``late`` or nothing. It waits in here while the training is paused.

        Args:
            ended: whether an epoch has just ended.
            pausing: called before it waits.
        """
        with self._changed:
            if self._mode == "epoch" and ended:
                self._mode = "pause"
            if self._mode == "pause" and not self._ending:
                pausing()
                self._changed.wait_for(lambda: self._ending or self._mode != "pause")
            return self._ending


class Bench:
    """One training."""

    def __init__(self, folder: Path, ear: Ear) -> None:
        """
        Raises:
            GenlabError: the order cannot be read.
        """
        self.folder, self.ear = folder, ear
        self.order = folders.read_order(folder)
        self.resumed = folders.can_go_on(folder)
        self.progress = (read_or_none(folder) if self.resumed else None) or Progress()
        self.progress.error = self.progress.trigger = self.progress.left = None
        self._written = self._looked = self._judged = -1e9
        self._lately: deque[tuple[float, int]] = deque()

    def work(self) -> None:
        """Train to the end, whichever that is, and leave a checkpoint.

        Raises:
            GenlabError: the data set is not here, the settings do not go together, or the loss is no longer a number.
        """
        from genlab import data, runs
        from genlab.device import describe, pick
        from genlab.health import StopRule
        from genlab.training import make_fabric

        check_size(self.order.model)
        row, progress = self.order.row(), self.progress
        device = pick(self.order.device)
        progress.device = describe(device)
        if device.type == "cpu":
            limit_memory()
        self.say("preparing")
        pictures = data.load(row.train.dataset, row.train.split)
        model = runs.begin(row, pictures)
        camera = Camera(self.folder, looks.watched_pictures(row.train.dataset), resumed=self.resumed)
        if not self.resumed:
            self.look(camera, model, 0)
        rule = StopRule(self.order.window)
        self.count = len(pictures.images)
        fabric = make_fabric(row.train, device=device.type)
        state = self.folder / folders.STATE
        records = runs.play(row, model, pictures, fabric=fabric, state_path=state, record_every=1)
        began, cpu_began = time.perf_counter() - progress.seconds, time.process_time() - progress.cpu_seconds
        last: int | None = None
        end = "done"
        for depth, record in records:
            if last is None:
                self.go_on_from(record, rule)
            last = record.step
            trigger = rule.feed(record.step, record.losses)
            progress.seconds = round(time.perf_counter() - began, 2)
            progress.cpu_seconds = round(time.process_time() - cpu_began, 2)
            self.note(record)
            if record.epoch_losses is not None:
                losses = {name: round(value, 6) for name, value in record.epoch_losses.items()}
                progress.end_epoch({"epoch": record.epoch, **losses}, rule.to_json())
                self.epoch_ended(camera, model, record, depth)
                self.say("training")  # before the state is: whoever goes on from that finds this
            if trigger:
                end, progress.trigger = "rule", vars(trigger)
                break
            waits = time.perf_counter()
            end = self.ear.verdict(record.epoch_losses is not None, lambda: self.say("paused")) or "done"
            began += time.perf_counter() - waits
            if end != "done":
                break
            if time.perf_counter() - self._written >= WRITE_SECONDS:
                self.say("training")
        if hasattr(records, "close"):  # the loop keeps its state when it is left at the end of an epoch
            records.close()
        self.finish(camera, model, {"stop": "stopped"}.get(end, end), last)

    def say(self, state: str) -> None:
        """Report."""
        self.progress.state = state
        self.progress.write(self.folder)
        self._written = time.perf_counter()

    def go_on_from(self, record: Record, rule: Any) -> None:
        """What a kill cut off is done again, so what was said of it is forgotten."""
        progress = self.progress
        progress.curve.cut(record.step - 1)
        progress.rows = [row for row in progress.rows if row["epoch"] < record.epoch]
        kept = progress.rules.get(str(record.epoch - 1))
        if kept:
            rule.go_on(kept)

    def note(self, record: Record) -> None:
        """Step, losses, speed."""
        progress = self.progress
        progress.step, progress.steps = record.step, record.steps
        progress.epoch, progress.epochs = record.epoch, record.epochs
        progress.losses = record.losses
        progress.curve.add(record.step, record.losses)
        self._lately.append((progress.seconds, record.step))
        while progress.seconds - self._lately[0][0] > LATELY:
            self._lately.popleft()
        seconds, steps = progress.seconds - self._lately[0][0], record.step - self._lately[0][1]
        if steps and seconds:
            progress.speed = round(steps * self.count * record.epochs / record.steps / seconds)
            progress.left = round((record.steps - record.step) * seconds / steps, 1)

    def epoch_ended(self, camera: Camera, model: ImageNetwork, record: Record, depth: int | None) -> None:
        """Look at what it draws if the last look is long enough ago, and now and then ask the judge."""
        now, last = time.perf_counter(), record.step == record.steps
        if last or now - self._looked >= LOOK_SECONDS:
            self.look(camera, model, record.epoch, depth)
        if last or now - self._judged >= JUDGE_SECONDS:
            self.progress.health = looks.check_health(model, self.order, self.progress.rows[-1], record.step)
            self._judged = time.perf_counter()

    def look(self, camera: Camera, model: ImageNetwork, epoch: int, depth: int | None = None) -> None:
        """Keep what it draws now."""
        camera.take(model, epoch, depth)
        self.progress.shots += 1
        self._looked = time.perf_counter()

    def finish(self, camera: Camera, model: Any, end: str, last: int | None) -> None:
        """Keep the network as it is now, with a last look at it."""
        progress = self.progress
        self.say("saving")
        looks.settle(model)
        if end != "done" or last is None:  # half-way through an epoch, or there was none
            self.look(camera, model, progress.epoch)
            progress.health = looks.check_health(
                model, self.order, progress.rows[-1] if progress.rows else {}, progress.step
            )
        looks.keep(self.folder, model, self.order, progress)
        if end in ("done", "rule"):  # to go on after the rule would only end there again
            for path in self.folder.glob(folders.STATES):
                path.unlink()
            progress.left = 0.0
        self.say(end)


def serve(folder: Path, ear: Ear) -> int:
    """Do the work that lies in a folder; the exit status, 0 also where it ended with a sentence."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / folders.LOCK).acquire(timeout=30):
            attempt(folder, ear)
    except Timeout:
        return 1
    return 0


def attempt(folder: Path, ear: Ear) -> None:
    """The same, once the folder is ours; whatever goes wrong ends as a sentence in the report."""
    bench = None
    try:
        bench = Bench(folder, ear)
        bench.work()
    except Exception as error:
        if isinstance(error, GenlabError):
            template, fields = error.template, {name: _plain(value) for name, value in error.fields.items()}
        else:
            logging.getLogger("genlab").exception("A visitor's training failed.")
            template, fields = (NO_MEMORY if _lacks_memory(error) else FAILED), {}
        progress = bench.progress if bench else Progress()
        progress.state, progress.error = "failed", {"template": template, "fields": fields}
        progress.losses = {}
        progress.write(folder)


def limit_memory() -> None:
    """Let torch fail with an error that can be told, rather than the machine run out of memory."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


def _lacks_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error).lower()
