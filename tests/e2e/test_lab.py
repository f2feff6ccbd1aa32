"""The training lab in a real browser: a training draws itself, survives other pages and a reload, and goes home."""

from __future__ import annotations

import json
import re
import zipfile
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.conftest import PHONE

WAIT = 60_000


def start(page: Any) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text(re.compile(r"Epoch [\d,]+ of 1,000 · [\d,]+ pictures/s")).wait_for(timeout=WAIT)


ENDS = {ForwardMsg.FINISHED_SUCCESSFULLY: False, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY: True}


def announced(frame: Any, runs: list[bool]) -> None:
    """A run of the script that has ended, and not early for another one: whether it was of a fragment."""
    message = ForwardMsg()
    if isinstance(frame, bytes):
        message.ParseFromString(frame)
        if message.WhichOneof("type") == "script_finished" and message.script_finished in ENDS:
            runs.append(ENDS[message.script_finished])


def epoch(page: Any) -> int:
    """Of the progress bar."""
    said = page.get_by_text(
        re.compile(r"(Epoch|Paused (in|after) epoch|Stopped in epoch) [\d,]+ of 1,000")
    ).first.inner_text()
    found = re.search(r"poch ([\d,]+) of", said)
    assert found
    return int(found[1].replace(",", ""))


def test_a_training_is_watched_left_found_again_stopped_and_taken_home(visit: Any, page: Any, settle: Any) -> None:
    runs: list[bool] = []  # of the script, as the server tells them: whether of a fragment only
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: announced(frame, runs)))
    visit("/lab?data=digits")
    page.get_by_text("warming up").wait_for(state="detached", timeout=WAIT)  # the whole page runs anew then
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1000")
    epochs.press("Enter")
    settle()
    start(page)
    picture = page.locator(".gl-shots img").last
    picture.wait_for(timeout=WAIT)
    runs.clear()
    while not runs or not runs[-1]:  # the run that Start caused has ended
        page.wait_for_timeout(100)
    runs.clear()
    before, first = epoch(page), picture.get_attribute("src")
    page.wait_for_function(
        "([query, src]) => [...document.querySelectorAll(query)].pop().src !== src",
        arg=[".gl-shots img", first],
        timeout=WAIT,
    )
    assert epoch(page) >= before
    assert runs
    assert all(runs), "the whole page ran anew"

    page.get_by_role("link", name="Data sets").click()  # another page, and back
    page.get_by_role("heading", name="Data sets").wait_for(timeout=WAIT)
    page.get_by_role("link", name="Training lab").click()
    page.get_by_text(re.compile(r"Epoch [\d,]+ of 1,000")).wait_for(timeout=WAIT)
    assert epoch(page) > before
    assert "run=" in page.url
    page.reload()
    page.get_by_text(re.compile(r"Epoch [\d,]+ of 1,000")).wait_for(timeout=WAIT)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text(re.compile(r"Paused (in|after) epoch")).wait_for(timeout=WAIT)
    page.get_by_role("button", name="One epoch").click()  # to the end of this one
    page.get_by_text(re.compile(r"Paused after epoch")).wait_for(timeout=WAIT)
    at = epoch(page)
    page.get_by_role("button", name="One epoch").click()
    page.get_by_text(f"Paused after epoch {at + 1:,} of 1,000").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile(r"Stopped in epoch")).wait_for(timeout=WAIT)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
        (config,) = [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith("config.json")]
    assert names == {"weights.safetensors", "config.json", "metrics.json", "README.md"}
    assert config["train"]["dataset"] == "digits"
    assert page.get_by_role("button", name="Go on").is_visible()


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Any, page: Any) -> None:
    visit("/lab?family=gan&lang=pt")
    wide = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(wide) <= PHONE["width"]
