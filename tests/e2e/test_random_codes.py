"""The sheets of random pictures and the sliders of the codes' arithmetic, in a real browser over the running app."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from genlab import checkpoints, data
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.hands import SILENCE, Wire, box_of, finger, pixels, place, settled
from ui import arithmetic, random_codes

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SHEET, MARK, LARGE = ".gl-sheet", ".gl-mark", ".gl-look-at canvas"
PART, SLIDER = ".gl-arithmetic", ".gl-direction input"
BEFORE, AFTER = ".gl-twins canvas >> nth=0", ".gl-twins canvas >> nth=1"
SIDE = random_codes.SIDE
RANDOM, ARITHMETIC = "/random_codes?left=vae&right=course", "/arithmetic?net=ae"


@pytest.fixture
def opened(page: Any, wire: Wire, visit: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """Open an address and wait for a part of it."""

    def go(address: str, part: str) -> Any:
        visit(address)
        expect(page.locator(part).first).to_be_visible()
        settled(page, wire)
        if part == SHEET:
            expect(page.locator(LARGE).first).to_have_js_property("width", 28)  # its PNG is there
        else:
            expect(page.locator(SLIDER).first).to_have_attribute("aria-valuetext", re.compile("°"))  # its network is
        return page

    return go


def shows(canvas: Any, wanted: np.ndarray) -> None:
    """The canvas is or soon becomes this picture."""
    for _ in range(50):
        if np.abs(pixels(canvas) - wanted).max() <= 1.1 / 255:
            return
        canvas.page.wait_for_timeout(100)
    np.testing.assert_allclose(pixels(canvas), wanted, atol=1.1 / 255)


def fits(page: Any) -> bool:
    """Nothing is wider than the window."""
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")


# --------------------------------------------------------------------------------------- sheets
def decoded(draw: int = 1) -> np.ndarray:
    """(64, 784) of the left sheet."""
    z = random_codes.random_codes(random_codes.VAE, 0, SIDE**2, draw)
    with torch.inference_mode():
        return checkpoints.load(random_codes.VAE).model.decode(z).flatten(1).numpy()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_tapped_picture_appears_large_with_what_the_judge_reads(opened: Any, wire: Wire) -> None:
    page, wanted = opened(RANDOM, SHEET), decoded()
    sheet, large, before = page.locator(SHEET).first, page.locator(LARGE).first, wire.sent
    shows(large, wanted[0])
    seen = set()
    for row, column in ((0, 5), (3, 0), (7, 7)):
        box = box_of(sheet)
        page.mouse.click(*place(box, (column + 0.5) / SIDE, (row + 0.5) / SIDE))
        shows(large, wanted[row * SIDE + column])
        mark = page.locator(MARK).first.bounding_box()
        assert mark["x"] == pytest.approx(box["x"] + column * box["width"] / SIDE, abs=4)
        assert mark["y"] == pytest.approx(box["y"] + row * box["height"] / SIDE, abs=4)
        text = page.locator(".gl-look-at output").first.inner_text()
        assert re.search(r"reads \d \(", text)
        seen.add(text)
    assert len(seen) > 1
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before  # a look asks the server nothing
    assert fits(page)


def test_the_sheet_obeys_the_arrow_keys_and_stays_within_itself(opened: Any) -> None:
    page, wanted = opened(RANDOM, SHEET), decoded()
    page.locator(SHEET).first.focus()
    where = 0
    for key, step in (("ArrowUp", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("ArrowDown", SIDE), ("ArrowLeft", -1)):
        page.keyboard.press(key)
        where += step
        shows(page.locator(LARGE).first, wanted[where])


def test_new_codes_are_drawn_and_the_address_says_which(opened: Any, wire: Wire) -> None:
    page = opened(RANDOM, SHEET)
    page.get_by_role("button", name="New codes").click()
    page.wait_for_url(re.compile("draw=2"))
    settled(page, wire)
    shows(page.locator(LARGE).first, decoded(2)[0])


# --------------------------------------------------------------------------------------- arithmetic
def changed(asked: tuple[float, ...]) -> np.ndarray:
    """What the picture that the page opens with becomes."""
    name, dataset = arithmetic.NETWORKS["ae"][0], data.default_name()
    test = data.load(dataset, "test")
    which = int((test.labels == 4).nonzero()[0])
    model = checkpoints.load(name).model
    with torch.inference_mode():
        z = model.encode(data.to_float(test.images[which : which + 1]))
        return model.decode(z + torch.tensor([asked]) @ arithmetic.learned(name, dataset).steps).flatten().numpy()


def test_the_browser_adds_as_python_does(opened: Any) -> None:
    page = opened(f"{ARITHMETIC}&asked=20,-0.5,3", PART)
    np.testing.assert_allclose(pixels(page.locator(BEFORE)), changed((0.0, 0.0, 0.0)), atol=3.1 / 255)
    np.testing.assert_allclose(pixels(page.locator(AFTER)), changed((20.0, -0.5, 3.0)), atol=3.1 / 255)


def test_a_drag_paints_each_move_and_speaks_at_its_end(opened: Any, wire: Wire) -> None:
    page = opened(ARITHMETIC, PART)
    slider = page.locator(SLIDER).first
    box, before = box_of(slider), wire.sent
    plain = pixels(page.locator(BEFORE))
    page.mouse.move(*place(box, 0.5, 0.5))
    page.mouse.down()
    seen = [pixels(page.locator(AFTER))]
    for n in range(1, 5):
        page.mouse.move(*place(box, 0.5 + 0.09 * n, 0.5))
        seen.append(pixels(page.locator(AFTER)))
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    page.mouse.up()
    page.wait_for_url(re.compile(r"asked=\d+%2C0%2C0"))
    settled(page, wire)
    assert wire.sent == before + 1
    np.testing.assert_array_equal(pixels(page.locator(AFTER)), seen[-1])  # the answer pulls no handle out of the hand
    np.testing.assert_array_equal(pixels(page.locator(BEFORE)), plain)
    asked = float(slider.input_value())
    assert asked > 10
    row = page.get_by_role("row", name=re.compile("^Slant")).inner_text()
    assert f"+{asked:.1f}°" in row
    page.get_by_role("button", name="Back to 0").click()
    page.wait_for_url(re.compile(r"asked=0%2C0%2C0"))
    np.testing.assert_array_equal(pixels(page.locator(AFTER)), plain)


def test_the_sliders_obey_the_arrow_keys(opened: Any, wire: Wire) -> None:
    page = opened(ARITHMETIC, PART)
    page.locator(SLIDER).nth(1).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(SLIDER).nth(1)).to_have_attribute("aria-valuetext", "+0.3 px")
    page.wait_for_url(re.compile(r"asked=0%2C0\.3%2C0"))


def test_another_picture_takes_the_sliders_back(opened: Any, wire: Wire) -> None:
    page = opened(f"{ARITHMETIC}&asked=20,0,0", PART)
    assert page.locator(SLIDER).first.input_value() == "20"
    page.get_by_role("radio", name="7", exact=True).first.click()
    page.wait_for_url(re.compile("digit=7"))
    expect(page.locator(SLIDER).first).to_have_js_property("value", "0")


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_on_a_phone_a_scroll_that_begins_on_a_slider_leaves_it_alone(opened: Any, wire: Wire) -> None:
    page = opened(ARITHMETIC, PART)
    assert fits(page)
    slider = page.locator(SLIDER).nth(2)
    box, before = box_of(slider), wire.sent
    finger(page, [(box["x"] + 0.8 * box["width"], box["y"] + 12 - 12 * n) for n in range(20)])
    settled(page, wire)
    assert slider.input_value() == "0"
    assert wire.sent == before
