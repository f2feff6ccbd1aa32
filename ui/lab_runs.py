"""The trainings of this server's visitors: each in a process of its own, a few at a time, found again by its token.

A token stands in the address and in the visitor's session. It belongs to one session at a time: whoever opens the same
address while that is connected gets a lab of their own; whoever opens it later (a reload, another day) goes on there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit import runtime

from genlab.workshop import folders
from genlab.workshop.orders import Order
from genlab.workshop.progress import Progress, read_or_none
from genlab.workshop.watching import SAVING, Training, spare
from ui import live

MOST_AT_ONCE = max(1, int(os.environ.get("GENLAB_LAB_PLACES", "2")))
SECONDS = 60.0 * float(os.environ.get("GENLAB_LAB_MINUTES", "15"))  # pauses included; then it may stand in line again
ABSENCE = 20.0  # seconds without a connection after which a visitor is taken to have left
HANDOVER = 2.0  # seconds that a reload may take to let go of its token
TOKEN, ADDRESS = "lab_token", "run"

places = live.Places(MOST_AT_ONCE)
"""Of this server, for processes."""


class Run:
    """One visitor's training, from the order to its end; another order is another run."""

    def __init__(self, token: str, folder: Path) -> None:
        self.token, self.folder = token, folder
        self.present: Callable[[], bool] = live.presence()
        self.training = Training(folder, seconds=SECONDS)
        self.worker: live.Worker[Progress] = live.Worker(
            self.training.watch,
            seconds=SECONDS + SAVING,
            alive=self.attended,
            absence=ABSENCE,
            room=places,
        )

    def attended(self) -> bool:
        """Whether the visitor who has its token now is connected."""
        return self.present()

    @property
    def active(self) -> bool:
        """Whether it waits in line or is worked on."""
        return self.worker.active

    @property
    def progress(self) -> Progress | None:
        """What it said last."""
        return self.worker.latest

    def say(self, word: str) -> None:
        """``pause``, ``go``, ``epoch`` or ``stop``; one that still waits in line is stopped by leaving it."""
        if word == "stop" and self.worker.state == "waiting":
            self.worker.stop()
        else:
            self.training.say(word)


class Register:
    """Runs by token, of all visitors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}

    def find(self, token: str) -> Run | None:
        """The run of a token since the server was started."""
        with self._lock:
            return self._runs.get(token)

    def begin(self, token: str, folder: Path, *words: str) -> Run:
        """Work on what lies in a folder; a run of this token that is under way is ended first."""
        with self._lock:
            last = self._runs.get(token)
            run = self._runs[token] = Run(token, folder)
            self._runs = {t: r for t, r in self._runs.items() if t == token or r.active or r.present()}
        if last is not None:
            last.worker.stop()
            last.worker.join(10.0)
        for word in words:
            run.say(word)
        run.worker.start()
        return run

    def busy(self) -> set[str]:
        """Tokens whose folders must stay."""
        with self._lock:
            return set(self._runs)


register = Register()
"""Of this server."""


# --------------------------------------------------------------------------------------- this visitor's
def token() -> str | None:
    """This visitor's token: of the session, or taken over from the address; None before the first training."""
    own = st.session_state.get(TOKEN)
    asked = st.query_params.get(ADDRESS)
    if own is None and asked and folders.find(asked) is not None and _let_go(asked):
        own = st.session_state[TOKEN] = asked
        run = register.find(asked)
        if run is not None:
            run.present = live.presence()
    if own is None:
        if asked is not None:
            del st.query_params[ADDRESS]
    elif asked != own:
        st.query_params[ADDRESS] = own
    return own


def _let_go(asked: str) -> bool:
    """Whether nobody else has this token; a reload's old connection may take a moment to close."""
    run = register.find(asked)
    end = time.monotonic() + HANDOVER
    while run is not None and serving() and run.present():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def serving() -> bool:
    """Whether this is a server with visitors, not a test of a page."""
    return runtime.exists() and type(runtime.get_instance()) is runtime.Runtime  # not what stands in for it


def current() -> Run | None:
    """This visitor's run, if the server has worked on it since it was started."""
    own = token()
    return register.find(own) if own else None


def cut_off() -> Path | None:
    """The folder of this visitor's training if it was cut off and can go on; None while it is worked on."""
    own = token()
    run = register.find(own) if own else None
    folder = folders.find(own) if own else None
    if folder is None or (run is not None and run.active) or not folders.can_go_on(folder):
        return None
    said = read_or_none(folder)
    if said is not None and said.state == "failed":  # it would fail again, with the same numbers
        return None
    return folder


def last_progress() -> Progress | None:
    """What this visitor's training said last, also before the server was started anew."""
    run = current()
    if run is not None and (run.progress is not None or run.active):
        return run.progress
    folder = folders.find(token())
    return read_or_none(folder) if folder else None


def start(order: Order, *words: str) -> Run:
    """Begin anew.

    Raises:
        TrainingError: this machine cannot keep it.
    """
    folders.prune(register.busy())
    own = st.session_state.get(TOKEN)
    run = register.find(own) if own else None
    if run is not None:
        run.worker.stop()
        run.worker.join(10.0)
    own = st.session_state[TOKEN] = own or folders.new_token()
    st.query_params[ADDRESS] = own
    return register.begin(own, folders.make(own, order), *words)


def go_on() -> Run | None:
    """Go on with this visitor's training that was cut off, in its own settings."""
    folder = cut_off()
    return register.begin(folder.name, folder) if folder else None


def make_ready() -> None:
    """Have a process ready for whoever presses Start, if there is room for one."""
    if serving() and len(places) < MOST_AT_ONCE:
        spare.prepare()
