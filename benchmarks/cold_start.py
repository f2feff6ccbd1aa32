"""From ``streamlit run`` to the first page painted, beside an empty Streamlit page.

    python -m benchmarks.cold_start      # about two minutes; --json for a program

Each turn starts a fresh server for each of three pages and opens it in a fresh visitor of one headless Chromium:

    empty        ``st.title`` and nothing else, in a folder of its own, with our configuration
    home         our first page: painted when the pictures of its cards are
    reconstruct  the first lesson by a direct link: painted when the reconstructions are

The clock runs from the moment the server's process is spawned until the browser has painted. CPU time is what the
server had used by then. The bars are ratios of the medians, since turns alternate and so share what else the
machine does: home 1.5, reconstruct 3. After its last turn each page is left until the server is idle, the lesson's
other views are opened, and whatever the server wrote besides Streamlit's own start lines is printed: it must be
nothing. Exit status 0 if all is well, 1 if not, 2 without a browser.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import ROOT, Server, running

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WAIT_MS = 120_000

# Resolves in the frame after the one in which at least ``count`` elements are there, with a size and, if they are
# pictures, loaded.
PAINTED = """([query, count]) => {
  const seen = [...document.querySelectorAll(query)].filter(
    e => e.getClientRects().length && (e.tagName !== 'IMG' || (e.complete && e.naturalWidth > 0)));
  if (seen.length < count) return false;
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
}"""


@dataclass
class Subject:
    """A page whose start is timed.

    Attributes:
        script: what ``streamlit run`` is given.
        path: the address below the server's.
        query, count: what must be painted.
        later: addresses opened in the end, for what they make the server write.
        bar: the most that it may take, in times of the empty page.
    """

    script: Path
    path: str
    query: str
    count: int = 1
    later: tuple[str, ...] = ()
    bar: float | None = None
    wall: list[float] = field(default_factory=list)
    up: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


def make_subjects(folder: Path) -> dict[str, Subject]:
    """The three pages; the empty one is written into ``folder``."""
    empty = folder / "empty.py"
    empty.write_text('import streamlit as st\n\nst.title("Empty")\n', encoding="utf-8")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    (folder / "static").mkdir()  # our configuration serves it
    app, lesson = ROOT / "app.py", "/reconstruct"
    views = tuple(f"{lesson}?view={view}" for view in ("sizes", "curve", "random", "networks"))
    return {
        "empty": Subject(empty, "/", "[data-testid='stHeading'] h1"),
        "home": Subject(app, "/", "[class*='st-key-card_'] img", count=5, bar=1.5),
        "reconstruct": Subject(app, lesson, ".gl-strip img", count=5, later=views, bar=3.0),
    }


def start_once(subject: Subject, browser: Browser, *, last: bool) -> None:
    """One fresh server, one fresh visitor; notes the times in ``subject``."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    try:
        with running(subject.script) as server:
            subject.up.append(time.perf_counter() - server.started)
            page.goto(server.url + subject.path, wait_until="commit")
            page.wait_for_function(PAINTED, arg=[subject.query, subject.count], polling="raf")
            subject.wall.append(time.perf_counter() - server.started)
            subject.cpu.append(server.cpu_seconds())
            if last:
                linger(subject, page, server)
    finally:
        context.close()


def linger(subject: Subject, page: Any, server: Server) -> None:
    """Let the server finish what it does in the background, see more of the app, and keep what it wrote."""
    server.wait_until_idle()
    for path in subject.later:
        page.goto(server.url + path, wait_until="commit")
        page.wait_for_function(PAINTED, arg=[subject.query, subject.count], polling="raf")
        server.wait_until_idle(quiet=1.0, most=20.0)
    subject.console = server.strange_lines()


def measure(subjects: dict[str, Subject], repeats: int) -> None:
    """All turns; which page begins changes from turn to turn."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    names = list(subjects)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        for turn in range(repeats):
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                start_once(subjects[name], browser, last=turn == repeats - 1)
                print(f"turn {turn + 1}, {name}: {subjects[name].wall[-1]:.2f} s", file=sys.stderr, flush=True)
        browser.close()


def result_of(subjects: dict[str, Subject]) -> dict[str, Any]:
    """Medians and ratios to the empty page."""
    zero = subjects["empty"]
    median = statistics.median
    rows = {
        name: {
            "wall_s": round(median(subject.wall), 2),
            "all_wall_s": [round(value, 2) for value in subject.wall],
            "server_up_s": round(median(subject.up), 2),
            "server_cpu_s": round(median(subject.cpu), 2),
            "ratio": round(median(subject.wall) / median(zero.wall), 2),
            "ratio_of_least": round(min(subject.wall) / min(zero.wall), 2),
            "ratio_cpu": round(median(subject.cpu) / median(zero.cpu), 2) if min(zero.cpu) else None,
            "bar": subject.bar,
            "console": subject.console,
        }
        for name, subject in subjects.items()
    }
    return {"load_average": [round(value, 1) for value in os.getloadavg()], "pages": rows}


def show(result: dict[str, Any]) -> None:
    """As a table, then the console."""
    print(f"load average {result['load_average'][0]}\n")
    print("| page | wall s | server up s | server CPU s | ratio | of the least | of CPU | bar |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, row in result["pages"].items():
        print(
            f"| {name} | {row['wall_s']} | {row['server_up_s']} | {row['server_cpu_s']} | {row['ratio']} "
            f"| {row['ratio_of_least']} | {row['ratio_cpu']} | {row['bar'] or ''} |"
        )
    print()
    for name, row in result["pages"].items():
        print(f"{name}: {len(row['console'])} lines on the console besides Streamlit's own")
        for line in row["console"]:
            print(f"    {line}")


def main() -> int:
    """Measure and print; 0 if the bars are met and the console is clean, 1 if not, 2 without a browser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not any(map(shutil.which, BROWSERS)):
        print(f"There is no browser on this machine (looked for {', '.join(BROWSERS)}).", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="genlab-empty-") as folder:
        subjects = make_subjects(Path(folder))
        measure(subjects, options.repeats)
    result = result_of(subjects)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
    rows = result["pages"].values()
    return 0 if all(not row["console"] and row["ratio"] <= (row["bar"] or row["ratio"]) for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
