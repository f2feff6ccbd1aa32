"""From a move of the hand to a painted picture: each browser component, and ``st.slider`` + ``st.image`` beside them.

    python -m benchmarks.drag                  # 240 moves of each component, 60 of the slider
    python -m benchmarks.drag --moves 1000
    python -m benchmarks.drag --only vae maps  # some of the lessons

Real mouse moves are sent to a headless Chromium on this machine. For each move it is timed, by the browser's clock,

    handled   from the event reaching the page until the frame with the new picture has been handed over
    whole     the same from the moment the browser made the event, so with the wait for its turn

The picture is read after every frame: a move that should have changed it and did not is counted as "still", and all of
them are if the picture came a frame late. Messages to the server are counted while the hand is down. The comparison
decodes the same network's code on the server: a press of an arrow key until the new image is painted, since
``st.slider`` sends nothing while it is dragged.

The bar: p95 of "handled" at most 16 ms and no message while dragging, for each component. Exit status 0 if it is met.
Presses, of a die or on a map, are measured too; the bar is not about them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.cold_start import BROWSERS, FLAGS
from benchmarks.hand import (
    WATCH_IMAGE,
    Place,
    Row,
    Watched,
    cells,
    drag,
    knot,
    open_page,
    p95,
    press,
    rings,
    summary,
    sweep,
)
from benchmarks.server import ROOT, running

BAR_MS = 16.0
PRESSES = 60

DECODE = """
async () => {
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const { network } = await import(fetched.find((name) => name.endsWith("/runtime.js")));
  const net = await network(fetched.find((name) => /networks.ae-deep.*-decode-/.test(name)));
  return Array.from({ length: 300 }, () => {
    const z = Float32Array.from({ length: net.inputs }, Math.random);
    const began = performance.now();
    net.run(z);
    return performance.now() - began;
  });
}
"""  # on the page of the maps, whose deep network has 1.4 million weights in its decoder


def reconstruct(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    page = watch.page
    open_page(page, f"{url}/reconstruct?k=32", ".gl-sliders")
    hand = page.locator(".gl-grid input").nth(3)
    yield drag(watch, "latent sliders, 32 numbers", hand, page.locator(".gl-look canvas"), "input", moves, sweep)
    open_page(page, f"{url}/reconstruct?k=32&source=draw", ".gl-pad")
    picture = page.locator(".gl-live canvas").nth(2)
    yield drag(watch, "drawing pad", page.locator(".gl-paper"), picture, "pointermove", moves, rings)


def denoise(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    page = watch.page
    open_page(page, f"{url}/denoise", ".gl-noise")
    picture = page.locator(".gl-answers canvas").first
    yield drag(watch, "noise, two networks", page.locator(".gl-level input"), picture, "input", moves, sweep)
    yield drag(watch, "scratches, the same", page.locator("canvas.gl-area"), picture, "pointermove", moves, rings)


def explore(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    page = watch.page
    open_page(page, f"{url}/explore", ".gl-walk")
    page.wait_for_timeout(3000)  # the grids of both maps
    for n, what in enumerate(["latent pad, 2 numbers", "latent pad, 2 of 30 numbers"]):
        hand, picture = page.locator(".gl-map").nth(n), page.locator(".gl-side .gl-screen").nth(n)
        yield drag(watch, what, hand, picture, "pointermove", moves, rings)
    hand, picture = page.locator(".gl-rail input"), page.locator(".gl-walk figure canvas").first
    yield drag(watch, "interpolation scrubber", hand, picture, "input", moves, sweep)


def vae(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    """The machine: die, sliders, pen; and the manifold below it."""
    page, answer = watch.page, ".gl-vae figure canvas >> nth=1"
    open_page(page, f"{url}/vae", ".gl-manifold")
    yield press(watch, "vae: the die", page.locator(".gl-dice"), page.locator(answer), "click", PRESSES)
    number, spread = page.locator(".gl-knobs input").all()
    yield drag(watch, "vae: how much of σ", spread, page.locator(answer), "input", moves, sweep)
    yield drag(watch, "vae: number of the code", number, page.locator(".gl-rows"), "input", moves, sweep)
    hand, picture = page.locator(".gl-manifold"), page.locator(".gl-beside figure canvas")
    yield drag(watch, "vae: manifold", hand, picture, "pointermove", min(moves, 399), cells(20))
    open_page(page, f"{url}/vae?source=draw", ".gl-paper")
    page.get_by_role("button", name="Clear").evaluate("button => button.click()")  # what reconstruct may have drawn
    paper = page.locator(".gl-paper")
    drag(watch, "a first stroke, for the machine to appear", paper, paper, "pointermove", 20, rings)
    page.locator(".gl-vae").wait_for(timeout=90_000)
    page.wait_for_timeout(1500)
    yield drag(watch, "vae: drawing", paper, page.locator(answer), "pointermove", moves, knot)


def interpolate(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    page = watch.page
    for way, what in (("straight", "walk, three ways"), ("circle", "walk, great circle")):
        open_page(page, f"{url}/interpolate?way={way}", ".gl-walks")
        hand, picture = page.locator(".gl-hand input"), page.locator(".gl-way > figure canvas").nth(1)
        yield drag(watch, what, hand, picture, "input", moves, sweep)


def arithmetic(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    page = watch.page
    open_page(page, f"{url}/arithmetic", ".gl-arithmetic")
    hand, picture = page.locator(".gl-direction input").first, page.locator(".gl-twins canvas").nth(1)
    yield drag(watch, "arithmetic sliders", hand, picture, "input", moves, sweep)


def maps(watch: Watched, url: str, moves: int) -> Iterator[Row]:
    """The pointer, a lasso, and clicks, which also search 2,000 vectors for the nearest."""
    page = watch.page
    for space, title in (("ae-mnist-z16", "16 numbers"), ("pixels", "784 pixels")):
        open_page(page, f"{url}/maps?space={space}", ".gl-near figure")
        plot, path = page.locator(".gl-plot").nth(1), dots(space)
        tile, answer = page.locator(".gl-hover"), page.locator(".gl-place > figure canvas")
        yield drag(watch, f"maps: pointer, {title}", plot, tile, "pointermove", moves, path, down=False)
        yield press(watch, f"maps: click, {title}", plot, answer, "pointerup", PRESSES, path)
    marks = page.locator(".gl-plot").nth(1).locator("canvas").nth(1)
    yield drag(watch, "maps: lasso", plot, marks, "pointermove", moves, rings)


def dots(space: str) -> Callable[[float], Place]:
    """From dot to dot of the t-SNE map that a lesson shows first, in their own order, so far and wide."""
    from genlab import data, mapping

    shelf, _fresh = mapping.shelf(space, "mnist" if data.default_name() == "mnist" else "digits")
    points = shelf.tsne[0]
    low, high = points.min(axis=0), points.max(axis=0)
    shares = (points - (low + high) / 2) / ((high - low).max() * 1.1) + 0.5  # as js/maps_view.js has it
    return lambda t: (float(shares[round(1000 * t)][0]), 1 - float(shares[round(1000 * t)][1]))


LESSONS = {lesson.__name__: lesson for lesson in (reconstruct, denoise, explore, vae, interpolate, arithmetic, maps)}


def slider_and_image(page: Page, url: str, moves: int) -> Row:
    """An arrow key on ``st.slider`` until ``st.image`` has painted the answer."""
    open_page(page, url, "[data-testid='stImage'] img")
    page.locator("input[type='range']").nth(3).focus()
    rows = []
    for n in range(moves):
        page.evaluate(WATCH_IMAGE)
        page.keyboard.press("ArrowRight" if n % 20 < 10 else "ArrowLeft")
        rows.append(page.evaluate("painted"))
    return summary("st.slider + st.image, a key", rows, moves)


def measure(watch: Watched, only: list[str], moves: int) -> tuple[list[Row], list[float]]:
    """The rows, the comparison last; and how long decoding alone takes, ms."""
    rows: list[Row] = []
    decoding: list[float] = []
    with running(ROOT / "app.py") as server:
        for name in only:
            for row in LESSONS[name](watch, server.url, moves):
                rows.append(row)
                print(f"{row.what}: {row.handled_median} / {row.handled_p95} ms", file=sys.stderr, flush=True)
            if name == "explore":
                decoding = watch.page.evaluate(DECODE)
    with running(Path(__file__).with_name("slider_page.py")) as server:
        rows.append(slider_and_image(watch.page, server.url, 60))
    return rows, decoding


def show(rows: list[Row], decoding: list[float]) -> None:
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print("| | moves | handled ms, median / p95 | whole ms, median / p95 | still | messages |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            f"| {row.what} | {row.moves} | {row.handled_median} / {row.handled_p95} "
            f"| {row.whole_median} / {row.whole_p95} | {row.still} | {row.messages} |"
        )
    if decoding:
        print(f"\ndecoding alone, 1.4 million weights: {statistics.median(decoding):.1f} / {p95(decoding):.1f} ms")


def well(row: Row) -> bool:
    """Whether a drag met the bar; a picture that came a frame late did not."""
    return row.pressed or (row.handled_p95 <= BAR_MS and row.messages == 0 and row.still < row.moves)


def main() -> int:
    """Measure and print; 0 if the bar is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=240)
    parser.add_argument("--only", nargs="+", choices=list(LESSONS), default=list(LESSONS), help="some of the lessons")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("This benchmark needs Chromium.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        watch = Watched(chromium.new_page(viewport={"width": 1280, "height": 900}))
        rows, decoding = measure(watch, options.only, options.moves)
        chromium.close()
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "decode_ms": decoding}, indent=2))
    else:
        show(rows, decoding)
    return 0 if all(map(well, rows[:-1])) else 1


if __name__ == "__main__":
    raise SystemExit(main())
