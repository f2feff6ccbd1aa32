"""A network that a visitor brings along follows that visitor's finger like those that ship."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import expect

from genlab import checkpoints
from genlab.models import ImageNetwork
from genlab.workshop import parcels
from tests.e2e.hands import Wire, box_of, pixels, place, settled

MAP, DECODED = ".gl-map", ".gl-side figure canvas"
HEAVY = 100_000  # bytes: its decoder has more, and all else that a move brings has less


def test_ones_own_network_follows_the_finger(visit: Any, wire: Wire, page: Any) -> None:
    brought: list[int] = []  # sizes of the server's messages
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: brought.append(len(frame))))
    visit("/lab?view=use")
    page.get_by_text("warming up").wait_for(state="detached")
    page.get_by_text("Bring a network").click()
    for number, name in enumerate(("vae-mnist-z16", "ae-mnist-z8"), start=1):
        parcel = {"name": f"{name}.zip", "mimeType": "application/zip", "buffer": zipped(name)}
        page.locator("[data-testid='stFileUploaderDropzoneInput']").set_input_files([parcel])
        expect(page.get_by_text(f"Kept as Yours {number}").first).to_be_visible()
    settled(page, wire)

    page.get_by_role("link", name="Explore the code").click()
    page.get_by_role("radio", name="Yours 1").click()
    page.wait_for_url("**/explore?*deep_of=yours-*")
    settled(page, wire)
    assert max(brought) > HEAVY  # it has come with the session's messages
    own = page.locator(MAP).nth(1)
    box = box_of(own)
    before, sent = pixels(page.locator(DECODED).nth(1)), wire.sent
    page.mouse.move(*place(box, 0.2, 0.3))
    page.mouse.move(*place(box, 0.8, 0.7), steps=4)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not np.array_equal(pixels(page.locator(DECODED).nth(1)), before)
    assert wire.sent == sent  # the browser drew it
    assert not [url for url in wire.fetched if "yours-" in url.partition("?")[0]]  # no file that others could fetch

    brought.clear()
    page.mouse.click(*place(box, 0.4, 0.6))
    settled(page, wire)
    assert wire.sent > sent
    assert max(brought) < HEAVY  # and is not sent again


def zipped(name: str) -> bytes:
    """A shipped network as a visitor would have downloaded it from the lab."""
    return parcels.pack(checkpoints.load(name, ImageNetwork))
