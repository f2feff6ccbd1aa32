"""A hand on the page, and a stopwatch on what follows it: for ``benchmarks.drag``.

Times are the browser's own, in milliseconds: from the event reaching the page until the frame with the new picture
has been handed over, and from the moment the browser made the event.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the browser tests, which skip without it, have their hands from here
    from playwright.sync_api import Locator, Page

Place = tuple[float, float]

# Something lies over the window's upper edge, and what is loaded later moves what is there.
MIDDLE = """async (element) => {
  const place = () => Object.values(element.getBoundingClientRect().toJSON()).join(" ");
  for (let before = ""; before !== place(); ) {
    element.scrollIntoView({ block: "center", behavior: "instant" });
    before = place();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""

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
  g.read = (shown) => {
    if (!(shown instanceof HTMLCanvasElement)) return shown.textContent;
    const { data } = shown.getContext("2d").getImageData(0, 0, shown.width, shown.height);
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) | 0;
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


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; times in milliseconds.

    Attributes:
        still: moves after whose frame the picture was as before; all of them if it was painted a frame late.
        messages: to the server while the hand was down.
        pressed: whether the hand pressed and let go each time, and did not drag.
    """

    what: str
    moves: int
    handled_median: float
    handled_p95: float
    whole_median: float
    whole_p95: float
    still: int
    messages: int
    pressed: bool = False


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


def look_at(page: Page, picture: Locator) -> None:
    """From now on what ``picture`` shows is read after every frame: the pixels of a canvas, else the text."""
    page.evaluate(WATCH)
    picture.evaluate("shown => { genlab.picture = shown; genlab.last = genlab.read(shown); }")


def drag(
    watch: Watched,
    what: str,
    hand: Locator,
    picture: Locator,
    event: str,
    moves: int,
    path: Callable[[float], Place],
    *,
    down: bool = True,
) -> Row:
    """Press on ``hand``, move it along ``path`` (0…1 → place in it), let go; or only move, where not ``down``."""
    page = watch.page
    box = box_of(hand)
    look_at(page, picture)
    page.mouse.move(*inside(box, path(0)))
    if down:
        page.mouse.down()
    page.wait_for_timeout(300)
    page.evaluate("genlab.last = genlab.read(genlab.picture)")
    page.evaluate("type => genlab.listen(type)", event)
    before = watch.sent
    for n in range(1, moves + 1):
        page.mouse.move(*inside(box, path(n / moves)))
    page.wait_for_timeout(100)
    messages = watch.sent - before
    late = page.evaluate("genlab.read(genlab.picture) !== genlab.last")
    if down:
        page.mouse.up()
    return summary(what, page.evaluate("genlab.rows"), messages, late=late)


def press(
    watch: Watched,
    what: str,
    hand: Locator,
    picture: Locator,
    event: str,
    presses: int,
    path: Callable[[float], Place] = lambda _: (0.5, 0.5),
) -> Row:
    """Press and let go, ``presses`` times; ``event`` is what the part listens to. It may tell the server then."""
    page, messages = watch.page, 0
    box = box_of(hand)
    look_at(page, picture)
    page.evaluate("type => genlab.listen(type)", event)
    for n in range(1, presses + 1):
        page.mouse.move(*inside(box, path(n / presses)))
        page.wait_for_timeout(50)
        before = watch.sent
        page.mouse.down()
        page.wait_for_timeout(20)
        messages += watch.sent - before
        page.mouse.up()
        page.wait_for_timeout(150)  # what it may have told is answered
    late = page.evaluate("genlab.read(genlab.picture) !== genlab.last")
    return replace(summary(what, page.evaluate("genlab.rows"), messages, late=late), pressed=True)


def box_of(hand: Locator) -> dict[str, float]:
    """Where it is in the window, in whose middle it is brought and rests."""
    hand.evaluate(MIDDLE)
    box = hand.bounding_box()
    assert box is not None
    return dict(box)


def inside(box: dict[str, float], place: Place) -> Place:
    return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]


def summary(what: str, rows: list[list[float]], messages: int, *, late: bool = False) -> Row:
    handled, whole = [row[0] for row in rows], [row[1] for row in rows]
    return Row(
        what=what,
        moves=len(rows),
        handled_median=round(statistics.median(handled), 1),
        handled_p95=round(p95(handled), 1),
        whole_median=round(statistics.median(whole), 1),
        whole_p95=round(p95(whole), 1),
        still=len(rows) if late else sum(not row[2] for row in rows),
        messages=messages,
    )


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


# --------------------------------------------------------------------------------------- ways to move
def sweep(t: float) -> Place:
    """Along a slider."""
    return 0.5 + 0.45 * math.sin(7 * math.pi * t), 0.5


def rings(t: float) -> Place:
    """Over a map, or round on a sheet."""
    radius = 0.15 + 0.25 * t
    return 0.5 + radius * math.cos(9 * math.pi * t), 0.5 + radius * math.sin(9 * math.pi * t)


def knot(t: float) -> Place:
    """Crosses itself, not on the way that ``rings`` has inked, and stays a drawing: three quarters of ink are none."""
    return 0.5 + 0.38 * math.cos(6 * math.pi * t), 0.5 + 0.38 * math.sin(10 * math.pi * t)


def cells(side: int) -> Callable[[float], Place]:
    """Over a grid of ``side`` × ``side`` cells, row by row, from the middle of one to that of another."""

    def path(t: float) -> Place:
        row, column = divmod(round(t * (side**2 - 1)), side)
        return (column + 0.5) / side, (row + 0.5) / side

    return path
