"""From a move of the hand to a painted picture: each browser component, and ``st.slider`` + ``st.image`` beside them.

    python -m benchmarks.drag                  # 240 moves of each component, 60 of the slider
    python -m benchmarks.drag --moves 1000

Real mouse moves are sent to a headless Chromium on this machine. For each move it is timed, by the browser's clock,

    handled   from the event reaching the page until the frame with the new picture has been handed over
    whole     the same from the moment the browser made the event, so with the wait for its turn

The picture is read after every frame: a move that should have changed it and did not is counted as "still". Messages
to the server are counted while the hand is down. The comparison decodes the same network's code on the server: a
press of an arrow key until the new image is painted, since ``st.slider`` sends nothing while it is dragged.

The bar: p95 of "handled" at most 16 ms and no message while dragging, for each component. Exit status 0 if it is met.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.cold_start import BROWSERS, FLAGS
from benchmarks.server import ROOT, running

BAR_MS = 16.0

WATCH = """
() => {
  const g = (window.genlab = { rows: [], picture: null, last: "" });
  const channel = new MessageChannel();
  let waiting = [];
  channel.port1.onmessage = () => {
    const now = performance.now();
    const seen = g.picture ? g.read(g.picture) : "";
    for (const [made, reached] of waiting) g.rows.push([now - reached, now - made, seen !== g.last]);
    g.last = seen;
    waiting = [];
  };
  g.read = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum = (sum * 31 + data[i]) | 0;
    return String(sum);
  };
  g.listen = (type) =>
    addEventListener(type, (event) => {
      if (!waiting.length) requestAnimationFrame(() => channel.port2.postMessage(0));
      waiting.push([event.timeStamp, performance.now()]);
    }, true);
}
"""

WATCH_IMAGE = """
() => {
  const find = () => document.querySelector("[data-testid='stImage'] img");
  const before = find().src;
  let pressed;
  const press = (event) => (pressed = [performance.now(), event.timeStamp]);
  addEventListener("keydown", press, { once: true, capture: true });
  window.painted = new Promise((done) => {
    const look = () => {
      const now = find();
      if (!now || now.src === before || !now.complete) return requestAnimationFrame(look);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done([...pressed.map((then) => performance.now() - then), true]);
      requestAnimationFrame(() => channel.port2.postMessage(0));
    };
    look();
  });
}
"""


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


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; times in milliseconds."""

    what: str
    moves: int
    handled_median: float
    handled_p95: float
    whole_median: float
    whole_p95: float
    still: int
    messages: int


class Watched:
    """A page, and how many messages it has sent to the server."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: self.count()))

    def count(self) -> None:
        self.sent += 1


def open_page(page: Page, address: str, wait_for: str) -> None:
    page.goto(address)
    page.locator(wait_for).first.wait_for(timeout=90_000)
    page.wait_for_selector("[data-test-script-state='notRunning']", state="attached", timeout=90_000)
    warm = "() => !document.body.innerText.includes('warming up')"  # while it is, the sidebar asks again and again
    page.wait_for_function(warm, timeout=90_000)
    page.wait_for_timeout(1500)


def drag(watch: Watched, what: str, hand: Locator, picture: Locator, event: str, moves: int, path: Any) -> Row:
    """Press on ``hand``, move it along ``path`` (0…1 → place in it), let go."""
    page = watch.page
    hand.scroll_into_view_if_needed()
    page.evaluate(WATCH)
    picture.evaluate("canvas => { genlab.picture = canvas; genlab.last = genlab.read(canvas); }")
    box = hand.bounding_box() or {}
    place = lambda t: (box["x"] + path(t)[0] * box["width"], box["y"] + path(t)[1] * box["height"])  # noqa: E731
    page.mouse.move(*place(0))
    page.mouse.down()
    page.wait_for_timeout(300)
    page.evaluate("type => genlab.listen(type)", event)
    before = watch.sent
    for n in range(1, moves + 1):
        page.mouse.move(*place(n / moves))
    page.wait_for_timeout(100)
    messages = watch.sent - before
    page.mouse.up()
    rows = page.evaluate("genlab.rows")
    return summary(what, rows, messages)


def summary(what: str, rows: list[list[float]], messages: int) -> Row:
    handled, whole = [row[0] for row in rows], [row[1] for row in rows]
    return Row(
        what=what,
        moves=len(rows),
        handled_median=round(statistics.median(handled), 1),
        handled_p95=round(p95(handled), 1),
        whole_median=round(statistics.median(whole), 1),
        whole_p95=round(p95(whole), 1),
        still=sum(not row[2] for row in rows),
        messages=messages,
    )


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def sweep(t: float) -> tuple[float, float]:
    """Along a slider."""
    return 0.5 + 0.45 * math.sin(7 * math.pi * t), 0.5


def rings(t: float) -> tuple[float, float]:
    """Over a map, or round on a sheet."""
    radius = 0.15 + 0.25 * t
    return 0.5 + radius * math.cos(9 * math.pi * t), 0.5 + radius * math.sin(9 * math.pi * t)


def components(watch: Watched, url: str, moves: int) -> list[Row]:
    page, rows = watch.page, []
    open_page(page, f"{url}/reconstruct?k=32", ".gl-sliders")
    hand = page.locator(".gl-grid input").nth(3)
    rows.append(drag(watch, "latent sliders, 32 numbers", hand, page.locator(".gl-look canvas"), "input", moves, sweep))
    open_page(page, f"{url}/reconstruct?k=32&source=draw", ".gl-pad")
    picture = page.locator(".gl-live canvas").nth(2)
    rows.append(drag(watch, "drawing pad", page.locator(".gl-paper"), picture, "pointermove", moves, rings))
    open_page(page, f"{url}/denoise", ".gl-noise")
    picture = page.locator(".gl-answers canvas").first
    rows.append(drag(watch, "noise, two networks", page.locator(".gl-level input"), picture, "input", moves, sweep))
    rows.append(
        drag(watch, "scratches, the same", page.locator("canvas.gl-area"), picture, "pointermove", moves, rings)
    )
    open_page(page, f"{url}/explore", ".gl-walk")
    page.wait_for_timeout(3000)  # the grids of both maps
    for n, what in enumerate(["latent pad, 2 numbers", "latent pad, 2 of 30 numbers"]):
        hand, picture = page.locator(".gl-map").nth(n), page.locator(".gl-side .gl-screen").nth(n)
        rows.append(drag(watch, what, hand, picture, "pointermove", moves, rings))
    hand, picture = page.locator(".gl-rail input"), page.locator(".gl-walk figure canvas")
    rows.append(drag(watch, "interpolation scrubber", hand, picture, "input", moves, sweep))
    return rows


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


def main() -> int:
    """Measure and print; 0 if the bar is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=240)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("This benchmark needs Chromium.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        watch = Watched(page)
        with running(ROOT / "app.py") as server:
            rows = components(watch, server.url, options.moves)
            decoding = page.evaluate(DECODE)
        with running(Path(__file__).with_name("slider_page.py")) as server:
            rows.append(slider_and_image(page, server.url, 60))
        chromium.close()
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "decode_ms": decoding}, indent=2))
    else:
        print(f"load average {os.getloadavg()[0]:.1f}\n")
        print("| | moves | handled ms, median / p95 | whole ms, median / p95 | still | messages |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for row in rows:
            print(
                f"| {row.what} | {row.moves} | {row.handled_median} / {row.handled_p95} "
                f"| {row.whole_median} / {row.whole_p95} | {row.still} | {row.messages} |"
            )
        print(f"\ndecoding alone, 1.4 million weights: {statistics.median(decoding):.1f} / {p95(decoding):.1f} ms")
    return 0 if all(row.handled_p95 <= BAR_MS and row.messages == 0 for row in rows[:-1]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
