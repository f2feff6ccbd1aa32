"""What the browser tests have hands, eyes and ears for: pixels, places, fingers, and what goes over the wire."""

from __future__ import annotations

import base64
import time
from typing import Any

import numpy as np

from benchmarks.hand import box_of as box_of

READY = "[data-testid='stApp'][data-test-connection-state='CONNECTED'][data-test-script-state='notRunning']"
SKELETON = "[data-testid='stSkeleton']"  # stands in until the code of a widget has been loaded
BUSY = ".gl[aria-busy='true']"  # a part that waits for its network
NAV_LINK = "[data-testid='stSidebarNavLink']"
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
QUIET, STUCK = 0.25, 0.6  # seconds without a word; the same where something is on its way and does not come
SILENCE = 500  # ms in which a part that has something to say would have said it: keys wait for 400 (js/kit.js)

# As text, since a list of a million numbers takes seconds to arrive.
BYTES = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return btoa(text);
}"""

# Pointers of several kinds at once, which no browser driver makes.
POINTER = """(element, [type, id, kind, x, y]) => {
  const box = element.getBoundingClientRect();
  element.setPointerCapture = () => {};
  element.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: kind, isPrimary: kind !== "second",
    button: type === "pointermove" ? -1 : 0, buttons: type === "pointerup" ? 0 : 1, bubbles: true,
    clientX: box.x + x * box.width, clientY: box.y + y * box.height }));
}"""


class Wire:
    """What the page says to the server, and what it fetches."""

    def __init__(self, page: Any) -> None:
        self.sent = 0
        self.fetched: list[str] = []
        self.coming: set[Any] = set()
        self.last = time.monotonic()
        page.on("websocket", self._listen)
        page.on("request", self._asked)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, self._answered)

    def _listen(self, socket: Any) -> None:
        socket.on("framesent", lambda _: self._said())
        socket.on("framereceived", lambda _: self._heard())

    def _said(self) -> None:
        self.sent += 1
        self._heard()

    def _heard(self) -> None:
        self.last = time.monotonic()

    def _asked(self, request: Any) -> None:
        self.fetched.append(request.url)
        self.coming.add(request)
        self._heard()

    def _answered(self, request: Any) -> None:
        self.coming.discard(request)
        self._heard()

    def networks(self) -> list[str]:
        return [url for url in self.fetched if "/networks/" in url]


def settled(page: Any, wire: Wire) -> None:
    """The script has finished, nothing is on its way, and what came is painted."""
    wire.last = time.monotonic()
    while time.monotonic() - wire.last < (STUCK if wire.coming else QUIET):
        page.wait_for_timeout(50)
        page.wait_for_selector(READY, state="attached")
        if not wire.coming:
            page.wait_for_selector(BUSY, state="detached")
        page.evaluate(FRAMES)


def painted(canvas: Any) -> np.ndarray:
    """Red, green, blue and opacity of every pixel of a canvas, (height · width, 4), 0…255."""
    return np.frombuffer(base64.b64decode(canvas.evaluate(BYTES)), dtype=np.uint8).reshape(-1, 4)


def pixels(canvas: Any) -> np.ndarray:
    """What a canvas of 28×28 shows, its red channel in [0, 1]."""
    return painted(canvas)[:, 0].astype(np.float32) / 255


def place(box: dict[str, float], x: float, y: float) -> tuple[float, float]:
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def finger(page: Any, points: list[tuple[float, float]]) -> None:
    """One finger put down, moved and lifted, as Chromium's own touch events."""
    client = page.context.new_cdp_session(page)
    at = lambda point: [{"x": point[0], "y": point[1]}]  # noqa: E731
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(points[0])})
    for point in points[1:]:
        client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(point)})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
