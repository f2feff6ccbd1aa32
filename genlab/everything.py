"""All that ships, trained again in the order in which one needs another: the judge first, a base before what begins
with it, longer studies and maps after the models that they are about.

Each task is a command of ``python -m genlab`` in a process of its own, so that memory is given back, and one that is
interrupted goes on from its last whole epoch.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genlab import checkpoints, files
from genlab.catalog import CATALOG
from genlab.errors import TrainingError
from genlab.judging import JUDGE
from genlab.mapping import PIXELS, SHIPPED
from genlab.runs import PLAIN

FIRST = (JUDGE, PLAIN)  # of which other measurements speak
DENOISERS = ("dae-mnist", "dae-dense-mnist", "ae-mnist-z64")
FEW = "ae-deep-mnist-z30"
DONE = ".train-all"


def order() -> list[str]:
    """The catalog's names, each after those it needs."""
    found = dict.fromkeys(FIRST)
    for name, entry in CATALOG.items():
        if entry.base:
            found.setdefault(entry.base)
        found.setdefault(name)
    return list(found)


def tasks(out: Path, names: list[str] | None = None) -> Iterator[list[str]]:
    """The arguments of ``python -m genlab`` for each task.

    Args:
        out: the folder of the checkpoints.
        names: only these models, with the studies about them; all if None.

    Raises:
        TrainingError: a name is not in the catalog.
    """
    if unknown := sorted(set(names or ()) - CATALOG.keys()):
        raise TrainingError("There is no model called “{name}”.", name=unknown[0][:80])
    chosen = [name for name in order() if names is None or name in names]
    for name in chosen:
        yield ["train", name, "--out", str(out / name)]
        if any(goal.startswith("nll") for goal in CATALOG[name].goals):
            yield ["likelihood", name, "--write"]
    if FEW in chosen:
        yield ["few-labels", FEW, "--write"]
    if set(DENOISERS) & set(chosen):
        yield ["compare-denoisers", "--write"]
    for name in SHIPPED:
        if name in chosen or (name == PIXELS and names is None):
            yield ["maps", name, "--write"]


def run(out: Path, names: list[str] | None, *, dry: bool = False) -> Iterator[str]:
    """Do them one after the other, yielding each before it begins; the first that fails ends it.

    What was done is noted beside the checkpoints until all is, so that starting again goes on there.

    Raises:
        TrainingError: a task failed, or a name is not in the catalog.
    """
    if not dry and out.resolve() != checkpoints.root().resolve():
        raise TrainingError(
            "Later tasks read what earlier ones wrote: set GENLAB_CHECKPOINTS to {out} as well.", out=str(out)
        )
    notes = out / DONE
    done = notes.read_text(encoding="utf-8").splitlines() if notes.is_file() else []
    for arguments in tasks(out, names):
        line = " ".join(arguments)
        if line in done:
            continue
        yield line
        if dry:
            continue
        if subprocess.run([sys.executable, "-m", "genlab", *arguments], check=False).returncode:
            raise TrainingError("This task failed; mend it and start again: what is done stays done.")
        done.append(line)
        files.replace(notes, "\n".join(done).encode())
    notes.unlink(missing_ok=True)
