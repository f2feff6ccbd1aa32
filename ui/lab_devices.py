"""The same training on the processor and on a GPU: measured here on demand, and as it was recorded elsewhere."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from genlab.errors import GenlabError, TrainingError
from genlab.files import read_json
from genlab.workshop.timing import FILE
from genlab.workshop.watching import Process
from ui import lab_runs, live
from ui.i18n import _, explain, n_, number

RECORDED = Path(__file__).parents[1] / "benchmarks" / "devices.json"
WORKER = "lab_timing"
SECONDS = 180.0


def compare() -> None:
    """A button, what it finds, and what was recorded."""
    st.markdown(
        _("A GPU does thousands of multiplications at once. The same short training, on each device of this machine:")
    )
    worker: live.Worker[dict[str, Any]] | None = st.session_state.get(WORKER)
    active = worker is not None and worker.active
    st.button(_("Measure it here"), icon=":material/timer:", key="lab_time", on_click=start, disabled=active)
    live.follow(progress, worker)
    st.subheader(_("Recorded"))
    for one in recorded():
        st.markdown(
            _("**{machine}**, torch {torch}, {date}").format(**{k: one[k] for k in ("machine", "torch", "date")})
        )
        table(one["rows"])
    if not any(row["device"] != "cpu" for one in recorded() for row in one["rows"]):
        st.info(
            _("No GPU has been recorded yet. Who has one runs `python -m benchmarks.devices --write`."),
            icon=":material/memory:",
        )


def start() -> None:
    """Measure, in a process of its own and in turn with the trainings."""
    last: live.Worker[dict[str, Any]] | None = st.session_state.get(WORKER)
    if last is not None:
        last.stop()
    st.session_state[WORKER] = live.Worker(
        rows, seconds=SECONDS, alive=live.presence(), absence=lab_runs.ABSENCE, room=lab_runs.places
    ).start()


def rows() -> Iterator[dict[str, Any]]:
    """What the process has found so far, again and again.

    Raises:
        TrainingError: it died.
    """
    folder = Path(tempfile.mkdtemp(prefix="genlab-timing-"))
    process = Process("genlab.workshop.timing", str(folder))
    found: dict[str, Any] = {}
    try:
        status = None
        while status is None:
            status = process.wait(0.3)
            if (folder / FILE).is_file():
                found = read_json(folder / FILE)
            yield found
        if status:
            raise TrainingError(live.FAILED)
    finally:
        process.end()
        shutil.rmtree(folder, ignore_errors=True)


def progress(worker: live.Worker[dict[str, Any]] | None) -> None:
    """How far the measurement is, and what it has found."""
    if worker is None:
        return
    found = worker.latest or {}
    if worker.state == "failed":
        st.error(explain(worker.error or GenlabError(live.FAILED)))
    elif worker.state == "waiting" and worker.position:
        st.info(_("Your place in the line: {n}.").format(n=number(worker.position)))
    elif worker.active:
        st.progress(found.get("done", 0) / found.get("of", 1), text=_("Measuring …"))
    elif worker.state != "done":
        st.warning(_("Stopped before the end: this machine is busy."))
    if found:
        table(found["rows"])
        if worker.state == "done" and not any(row["device"] != "cpu" for row in found["rows"]):
            st.caption(_("This machine has no GPU."))


def table(found: Sequence[dict[str, Any]]) -> None:
    """A line for each way: pictures a second, and how many times as many as the first of its network."""
    lines = [
        f"| {_('Network')} | {_('Device')} | {_('Pictures per second')} | {_('Ratio')} |",
        "| --- | --- | ---: | ---: |",
    ]
    first: dict[str, float] = {}
    for row in found:
        first.setdefault(row["network"], row["speed"])
    for row in sorted(found, key=lambda row: list(first).index(row["network"])):
        name = row["name"]
        if row["device"] == "cpu":
            name += ", " + n_("{n} thread", "{n} threads", row["threads"]).format(n=number(row["threads"]))
        name += ", " + (_("16 bits") if row["precision"] == "bfloat16" else _("32 bits"))
        ratio = number(row["speed"] / max(first[row["network"]], 1e-9), 2)
        lines.append(f"| {row['network']} | {name} | {number(row['speed'])} | {ratio} |")
    st.markdown("\n".join(lines))


@st.cache_data(show_spinner=False)
def recorded() -> list[dict[str, Any]]:
    """What ``benchmarks/devices.py`` wrote; nothing where it has not been run."""
    try:
        found = json.loads(RECORDED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(found)
