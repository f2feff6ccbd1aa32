"""Start genlab's command line as a person does: a program of its own, on the CPU, with one thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, so that the tests' data and cache are seen, with ``changes``."""
    own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUNBUFFERED": ""}
    return {**os.environ, **own, **changes}


def start(*arguments: object, module: str = "genlab", **changes: str) -> subprocess.Popen[str]:
    """``python -m genlab arguments``, running; its output is kept for ``communicate``."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(command, env=environment(**changes), cwd=ROOT, text=True, **pipes)


def run(*arguments: object, module: str = "genlab", **changes: str) -> subprocess.CompletedProcess[str]:
    """The same, waited for."""
    process = start(*arguments, module=module, **changes)
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
