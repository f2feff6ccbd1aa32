"""The lesson on sampling a GAN in a real browser: sheets, films, sliders and the game."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
import torch

from genlab import checkpoints, past
from genlab.models import GAN
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.hands import SILENCE, Wire, box_of, pixels, place, settled
from tests.e2e.test_random_codes import fits
from ui import gan

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

COURSE = "gan-textbook-mnist"
CELL, LARGE, NOTE = ".gl-cell", ".gl-look-at canvas", ".gl-look-at output"
HANDLE, FRAME, VALUE = ".gl-scrub input", ".gl-frame canvas", ".gl-scrub output"
SLIDER, LOOK = ".gl-grid input", ".gl-look canvas"
FILMS = "/gan?show=epochs&past_left=course&past_right=course"


def shows(canvas: Any, wanted: np.ndarray) -> None:
    """The canvas is or soon becomes this picture."""
    for _ in range(200):
        if np.abs(pixels(canvas) - wanted).max() <= 1.1 / 255:
            return
        canvas.page.wait_for_timeout(100)
    np.testing.assert_allclose(pixels(canvas), wanted, atol=1.1 / 255)


def drawn(draw: int = 1, epoch: int | None = None) -> np.ndarray:
    """(64, 784), what the course's generator makes of a draw."""
    model = checkpoints.load(COURSE, GAN).model
    if epoch is not None:
        model = past.load(COURSE, model, epoch)
    with torch.inference_mode():
        return model.decode(gan.codes(gan.Wish(name=COURSE, draw=draw), 64)).flatten(1).numpy()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_sheet_says_of_each_picture_what_is_made_of_it_and_asks_nothing(opened: Any, wire: Wire) -> None:
    page, wanted = opened("/gan?gan=course", CELL), drawn()
    cells, before = page.locator(CELL), wire.sent
    expect(cells).to_have_count(64)
    shows(page.locator(LARGE), wanted[0])
    cells.nth(29).click()
    shows(page.locator(LARGE), wanted[29])
    name = cells.nth(29).get_attribute("aria-label")
    assert name == f"Picture 30: {page.locator(NOTE).inner_text()}"
    assert re.search(r"reads as \d \(.+\) · D: .+ real", name)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    shows(page.locator(LARGE), wanted[36])
    expect(cells.nth(36)).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert fits(page)


def test_sheets_follow_each_other_until_they_are_told_not_to(opened: Any, wire: Wire) -> None:
    page = opened("/gan?gan=course", CELL)
    switch = page.get_by_text("Keep drawing")
    seen = {pixels(page.locator(LARGE)).tobytes()}
    switch.click()
    for _ in range(600):
        seen.add(pixels(page.locator(LARGE)).tobytes())
        if len(seen) == 3:  # two came by themselves
            break
        page.wait_for_timeout(100)
    assert len(seen) == 3
    switch.click()
    page.wait_for_url(re.compile(r"noise=\d+"))
    draw = int(re.findall(r"noise=(\d+)", page.url)[0])
    assert draw >= 3
    for _ in range(6):  # one may have been on its way, longer on a busy machine
        before = wire.sent
        page.wait_for_timeout(2500)  # longer than one takes
        if wire.sent == before:
            break
    assert wire.sent == before
    shows(page.locator(LARGE), drawn(draw)[0])
    assert f"noise={draw}" in page.url
    page.get_by_role("button", name="New noise").click()
    page.wait_for_url(re.compile(f"noise={draw + 1}"))
    shows(page.locator(LARGE), drawn(draw + 1)[0])


def first(canvas: Any) -> np.ndarray:
    """The picture in the upper left of a frame, 784 numbers."""
    cut = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data)"
    return np.array(canvas.evaluate(cut), dtype=np.float32).reshape(-1, 4)[:, 0] / 255


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_epochs_are_scrubbed_without_the_server(opened: Any, wire: Wire) -> None:
    page = opened(FILMS, FRAME)
    epochs = past.epochs(COURSE)
    handle, canvas = page.locator(HANDLE), page.locator(FRAME).first
    expect(page.locator(VALUE)).to_have_text(f"epoch {epochs[-1]}")
    np.testing.assert_allclose(first(canvas), drawn(1, epochs[-1])[0], atol=1.1 / 255)
    box, before, seen = box_of(handle), wire.sent, []
    page.mouse.move(*place(box, 0.985, 0.5))
    page.mouse.down()
    for share in (0.75, 0.5, 0.25, 0.015):
        page.mouse.move(*place(box, share, 0.5))
        seen.append(first(canvas))
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    np.testing.assert_allclose(seen[-1], drawn(1, 0)[0], atol=1.1 / 255)
    expect(page.locator(".gl-chart .gl-legend").first).to_contain_text("–")  # before the first epoch is no loss
    page.mouse.up()
    page.wait_for_url(re.compile("past=0"))
    settled(page, wire)
    handle.press("ArrowRight")
    np.testing.assert_allclose(first(canvas), drawn(1, epochs[1])[0], atol=1.1 / 255)
    expect(handle).to_have_attribute("aria-valuetext", re.compile(f"^epoch {epochs[1]}, after epoch {epochs[1]}"))
    assert fits(page)


def test_a_film_plays_to_its_end_and_says_where_it_is(opened: Any, wire: Wire) -> None:
    page = opened(f"{FILMS}&past={past.epochs(COURSE)[-5]}", FRAME)
    before = wire.sent
    play = page.get_by_role("button", name="Play")
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(VALUE)).to_have_text(f"epoch {past.epochs(COURSE)[-1]}")
    page.wait_for_url(re.compile(f"past={past.epochs(COURSE)[-1]}"))
    expect(play).to_be_visible()
    settled(page, wire)
    assert wire.sent == before + 1


def test_the_noise_follows_the_finger(opened: Any, wire: Wire) -> None:
    page = opened("/gan?show=finger&gan=course", SLIDER)
    z = gan.codes(gan.Wish(name=COURSE, draw=1), 1)
    shows(page.locator(LOOK), drawn()[0])
    slider = page.locator(SLIDER).first
    box, before = box_of(slider), wire.sent
    page.mouse.move(*place(box, 0.5, 0.5))
    page.mouse.down()
    seen = []
    for share in (0.3, 0.1, 0.6, 0.9):
        page.mouse.move(*place(box, share, 0.5))
        seen.append(pixels(page.locator(LOOK)))
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    z[0, 0] = float(slider.input_value())
    with torch.inference_mode():
        wanted = checkpoints.load(COURSE, GAN).model.decode(z).flatten().numpy()
    np.testing.assert_allclose(seen[-1], wanted, atol=3.1 / 255)
    page.mouse.up()
    page.wait_for_url(re.compile("[?&]z="))


def test_the_game_is_played_by_keyboard(opened: Any) -> None:
    page = opened("/gan?show=play&against=course", ".gl-strip img")
    yours = 0
    for n, (key, said) in enumerate((("1", "real"), ("2", "generated"))):
        expect(page.get_by_text(f"Round {n + 1} of 10 · you {yours}, ")).to_be_visible()
        expect(page.get_by_role("button", name="Generated picture")).to_be_visible()
        page.wait_for_timeout(150)  # it listens to its key a little later
        page.keyboard.press(key)
        verdict = page.get_by_text(re.compile("You: (real|generated)"))
        expect(verdict).to_contain_text(f"You: {said}")
        yours += "✓ You" in verdict.inner_text()
        page.wait_for_timeout(150)
        page.keyboard.press("n")
    expect(page.get_by_text(f"Round 3 of 10 · you {yours}, ")).to_be_visible()
    page.get_by_role("button", name="Real picture").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Next picture")).to_be_visible()
