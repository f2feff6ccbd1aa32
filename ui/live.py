"""Work of a visitor that takes longer than a page may: a thread of its own, a few at a time, and always an end.

A ``Worker`` runs a generator and keeps what it yielded last; the page looks at it whenever it is drawn:

    worker = Worker(lambda: race(network, images, …), alive=presence()).start()
    st.session_state["training"] = worker        # found again on each run, also after another page
    worker.state, worker.latest, worker.error    # plain values; the thread itself never calls Streamlit

It ends when the generator does, when ``stop`` is called, when its time is over, or soon after the visitor has gone.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from genlab.errors import GenlabError, TrainingError
from genlab.text import N_
from ui import turns

T = TypeVar("T")
State = Literal["waiting", "running", "done", "stopped", "late", "gone", "failed"]

MOST_AT_ONCE = 2
SECONDS = 60.0
ABSENCE = 5.0  # seconds without a connection after which a visitor is taken to have left; a reload takes less
GLANCE = 0.5  # seconds between two looks of one who waits
FAILED = N_("Something went wrong on this machine, and the training ended. Start it again.")


class Places:
    """Room for ``most`` workers at once; the others stand in line."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._changed = threading.Condition()
        self._inside: list[object] = []
        self._line: list[object] = []

    def enter(self, who: object, give_up: Callable[[], bool]) -> bool:
        """Wait in line for a place; whether there was one before ``give_up`` said yes."""
        with self._changed:
            self._line.append(who)
            try:
                while self._line[0] is not who or len(self._inside) >= self.most:
                    if give_up():
                        return False
                    self._changed.wait(GLANCE)
                self._inside.append(who)
                return True
            finally:
                self._line.remove(who)
                self._changed.notify_all()

    def __len__(self) -> int:
        """How many are inside."""
        with self._changed:
            return len(self._inside)

    def leave(self, who: object) -> None:
        """Make room."""
        with self._changed:
            if who in self._inside:
                self._inside.remove(who)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let those who wait ask anew whether to give up."""
        with self._changed:
            self._changed.notify_all()

    def position(self, who: object) -> int:
        """Place in the line, from 1; 0 for who does not stand in it."""
        with self._changed:
            return self._line.index(who) + 1 if who in self._line else 0


places = Places(MOST_AT_ONCE)
"""Of this server."""


class Worker(Generic[T]):
    """A generator in a thread.

    Attributes:
        state: what it does, or how it ended: ``late`` after its time, ``gone`` after its visitor.
        latest: what the generator yielded last.
        error: why it failed, as a sentence.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[T]],
        *,
        seconds: float = SECONDS,
        alive: Callable[[], bool] = lambda: True,
        absence: float = ABSENCE,
        room: Places = places,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            make: called in the thread; makes the generator. It is closed at the end, whatever the end.
            seconds: it may run, waiting in line not counted; looked at each time the generator yields.
            alive: whether the visitor is still there; asked in the thread.
            absence: seconds that a visitor may not be there.
            room: where it needs a place to run.
            clock: seconds.
        """
        self.state: State = "waiting"
        self.latest: T | None = None
        self.error: GenlabError | None = None
        self._make, self._alive, self._room, self._clock, self._most = make, alive, room, clock, seconds
        self._absence = absence
        self._began: float | None = None
        self._ended: float | None = None
        self._missed: float | None = None  # since when the visitor is not there
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="genlab-worker", daemon=True)

    def start(self) -> Worker[T]:
        """Begin, once; itself."""
        atexit.register(self._quit)  # a thread inside torch while the interpreter ends would take the process down
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask it to end; it does at the generator's next yield."""
        self._stop.set()
        self._room.wake()

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def stopping(self) -> bool:
        """Whether it was asked to end and has not yet."""
        return self.active and self._stop.is_set()

    @property
    def position(self) -> int:
        """Place in the line, from 1; 0 when it does not wait."""
        return self._room.position(self)

    @property
    def seconds(self) -> float:
        """How long it has run, without the time in line."""
        if self._began is None:
            return 0.0
        return (self._clock() if self._ended is None else self._ended) - self._began

    def _run(self) -> None:
        end: State = "failed"
        try:
            if self._room.enter(self, lambda: self._verdict() is not None):
                self._began = self._clock()
                self.state = "running"
                end = self._work()
            else:
                end = self._verdict() or "stopped"
        except GenlabError as error:
            self.error = type(error)(error.template, **error.fields)  # without a traceback, which would hold its arrays
        except Exception:  # whatever it is, it must end as a sentence on the page
            logging.getLogger("genlab").exception("A visitor's work failed.")
            self.error = TrainingError(FAILED)
        finally:
            self._ended = self._clock()
            self._room.leave(self)
            self.state = end  # last: who sees the end sees all of it
            atexit.unregister(self._quit)

    def _work(self) -> State:
        generator = self._make()
        try:
            for value in generator:
                self.latest = value
                verdict = self._verdict()
                if verdict is not None:
                    return verdict
                time.sleep(0)  # others may compute, too
            return "done"
        finally:
            close: Any = getattr(generator, "close", None)
            if close is not None:
                close()

    def _verdict(self) -> State | None:
        """Why it should end now, if it should."""
        now = self._clock()
        if self._stop.is_set():
            return "stopped"
        if self._alive():
            self._missed = None
        elif self._missed is None:
            self._missed = now
        elif now - self._missed >= self._absence:
            return "gone"
        if self._began is not None and now - self._began >= self._most:
            return "late"
        return None

    def _quit(self) -> None:
        self.stop()
        self.join(5)


def presence() -> Callable[[], bool]:
    """Asks, from any thread, whether the visitor whose run this is called in is still connected."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return lambda: True
    server, session = runtime.get_instance(), context.session_id
    return lambda: bool(server.is_active_session(session))


def follow(draw: Callable[[Worker[Any] | None], None], worker: Worker[Any] | None, *, every: float = 0.6) -> None:
    """Call ``draw(worker)`` now and, while it is active, every so often; after its end, the page once as a whole."""
    active = worker is not None and worker.active
    st.fragment(_turn, run_every=every if active else None)(draw, worker, active)


def _turn(draw: Callable[[Worker[Any] | None], None], worker: Worker[Any] | None, followed: bool) -> None:
    ended = worker is not None and not worker.active  # before it is drawn, so that its last state is not missed
    with turns.one_at_a_time:
        draw(worker)
    if followed and ended:
        st.rerun()
