"""The running app, for benchmarks and browser tests: start it, watch what it uses and writes, stop it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_SECONDS = 90

# What Streamlit itself writes when it starts.
OWN_LINES = re.compile(
    r"Uvicorn server started on|You can now view your Streamlit app in your browser|(Local |Network |External )?URL: "
)

# ``streamlit run`` with gc.freeze taken away, so that nothing is out of the collector's sight.
WITHOUT_FREEZE = "import gc; gc.freeze = lambda: None; from streamlit.web.cli import main; main(prog_name='streamlit')"


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: without a slash at its end.
        process: of the server.
        log: what it writes to its terminal.
        started: ``time.perf_counter()`` when it was spawned.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float

    def cpu_seconds(self) -> float:
        """Processor time it has used so far; 0 where the system has no /proc."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime + stime

    def memory_mb(self) -> float:
        """Resident memory; 0 where the system has no /proc."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        except OSError:
            return 0.0
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def wait_until_idle(self, quiet: float = 2.0, most: float = 60.0) -> None:
        """Until it has computed next to nothing for ``quiet`` seconds: what it warms up is warm."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            before = self.cpu_seconds()
            time.sleep(quiet)
            if self.cpu_seconds() - before < 0.05 * quiet:
                return

    def strange_lines(self) -> list[str]:
        """What it has written besides Streamlit's own start lines."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.strip() and not OWN_LINES.search(line)]


@contextmanager
def running(
    script: Path, *, log: Path | None = None, environment: dict[str, str] | None = None, freeze: bool = True
) -> Iterator[Server]:
    """``streamlit run script`` in the script's folder, up and healthy; it is stopped at the end.

    Args:
        log: where its terminal goes; a file that does not outlive the server if not given.
        environment: variables besides our own.
        freeze: whether ``gc.freeze`` does what it says.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launcher = ["-m", "streamlit"] if freeze else ["-c", WITHOUT_FREEZE]
    command = [sys.executable, *launcher, "run", str(script)]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    with tempfile.TemporaryDirectory(prefix="genlab-benchmark-") as folder:
        log = log or Path(folder) / "streamlit.log"
        with log.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=script.parent,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        server = Server(url=f"http://127.0.0.1:{port}", process=process, log=log, started=started)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(server: Server) -> None:
    while time.perf_counter() - server.started < START_SECONDS and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    text = server.log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise RuntimeError(f"The app did not start (exit code {server.process.poll()}):\n{text}")
