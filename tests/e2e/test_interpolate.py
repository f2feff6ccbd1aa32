"""The lesson on walks in a real browser: one handle for three ways, frames that are Python's, and files."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genlab import data
from genlab.data import to_float
from genlab.interpolation import POINTS, WAYS, shares, stops
from tests.e2e.conftest import PHONE
from tests.e2e.hands import SILENCE, Wire, box_of, finger, pixels, place, settled
from ui.interpolation import TITLES
from ui.interpolation_reading import PIXELS

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PART, HAND, NOW, WAY = ".gl-walks", ".gl-hand input", ".gl-way > figure canvas", ".gl-way"
FRAMES = ".gl-film-strip canvas"


def picture(digit: int, number: int = 1) -> torch.Tensor:
    test = data.load(data.default_name(), "test")
    return to_float(test.images[test.labels == digit][number - 1 : number])


def decoded(network: str, way: str, t: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """What Python makes of the places t, (n, 784)."""
    from genlab import checkpoints

    both = torch.cat([x, y])
    with torch.inference_mode():
        if network == PIXELS:
            return WAYS[way](*both.flatten(1), t).clamp(0, 1).numpy()  # type: ignore[index]
        model = checkpoints.load(network).model
        return model.decode(WAYS[way](*model.encode(both), t)).flatten(1).numpy()  # type: ignore[index]


def test_every_frame_is_the_one_that_python_makes(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate?way=straight&steps=6&walk=0.3", PART)
    expect(page.locator(WAY)).to_have_count(3)
    t = shares()[[30, *stops(6)]]
    for way in ("straight", "circle"):
        if way == "circle":
            page.get_by_role("radio", name="Great circle", exact=True).click()
            page.wait_for_url(re.compile("way=circle"))
            settled(page, wire)
        for n, network in enumerate(TITLES):
            wanted = decoded(network, way, t, picture(4), picture(9))
            row = page.locator(WAY).nth(n)
            np.testing.assert_allclose(pixels(row.locator("figure canvas").first), wanted[0], atol=2.1 / 255)
            frames = row.locator(FRAMES)
            expect(frames).to_have_count(6)
            for i in range(6):
                np.testing.assert_allclose(pixels(frames.nth(i)), wanted[i + 1], atol=2.1 / 255)


def test_one_drag_moves_all_three_in_silence(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate", PART)
    screens = [page.locator(NOW).nth(n) for n in range(3)]
    box, before = box_of(page.locator(HAND)), wire.sent
    page.mouse.move(*place(box, 0.5, 0.5))
    page.mouse.down()
    seen = [[pixels(screen) for screen in screens]]
    for n in range(1, 7):
        page.mouse.move(*place(box, 0.5 + 0.05 * n, 0.5))
        page.evaluate("() => new Promise(requestAnimationFrame)")
        seen.append([pixels(screen) for screen in screens])
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before  # nothing is said while the hand is down
    for a, b in itertools.pairwise(seen):
        assert all(not np.array_equal(one, other) for one, other in zip(a, b, strict=True))
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]walk=0\.\d"))
    settled(page, wire)
    assert wire.sent == before + 1
    for screen, last in zip(screens, seen[-1], strict=True):
        np.testing.assert_array_equal(pixels(screen), last)


def test_the_arrow_keys_move_by_a_hundredth_and_the_reading_follows(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate?walk=0", PART)
    said = page.locator(".gl-way > figure output").first
    before = said.inner_text()
    assert re.match(r"\d \d+ %\n\d+\.\d", before)
    page.locator(HAND).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(HAND)).to_have_attribute("aria-valuetext", "t = 0.03")
    page.keyboard.press("End")
    expect(page.locator(HAND)).to_have_attribute("aria-valuetext", "t = 1.00")
    expect(said).not_to_have_text(before)
    page.wait_for_url(re.compile("walk=1$"))


def test_a_click_on_a_frame_goes_there(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate?steps=5", PART)
    frame = page.locator(FRAMES).nth(1)
    frame.click()
    page.wait_for_url(re.compile("walk=0.25"))
    np.testing.assert_array_equal(pixels(page.locator(NOW).first), pixels(frame))


def test_holes_are_marked_where_python_found_them(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate?steps=15", PART)
    for row in page.locator(WAY).all():
        figures = row.locator(".gl-film-strip figure").all()
        assert len(figures) == 15
        marked = ["gl-hole" in (figure.get_attribute("class") or "") for figure in figures]
        assert marked == ["hole" in figure.inner_text() for figure in figures]
        thin = row.locator(".gl-ribbon").evaluate(
            "c => Array.from({length: c.width}, (_, i) => c.getContext('2d').getImageData(i, 0, 1, 1).data[3] === 0)"
        )
        assert len(thin) == POINTS
        assert marked == [thin[stop] for stop in stops(15)]
        share = int(re.search(r"(\d+) %", row.locator(".gl-way-text span").inner_text())[1])  # type: ignore[index]
        assert share == pytest.approx(100 * (1 - sum(thin) / POINTS), abs=0.51)


def test_another_pair_puts_the_handle_in_the_middle_and_more_steps_do_not(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate?walk=0.2", PART)
    page.get_by_role("radio", name="Great circle", exact=True).click()
    page.wait_for_url(re.compile("way=circle"))
    settled(page, wire)
    expect(page.locator(HAND)).to_have_value("0.2")
    page.get_by_role("button", name="5 → 3").click()
    page.wait_for_url(re.compile("to=3"))
    settled(page, wire)
    expect(page.locator(HAND)).to_have_value("0.5")
    wanted = decoded(PIXELS, "circle", shares()[[50]], picture(5), picture(3, 2))
    np.testing.assert_allclose(pixels(page.locator(NOW).nth(2)), wanted[0], atol=1.1 / 255)


def test_the_files_are_what_they_say(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate", PART)
    for name, form, frames in (("Animated GIF", "GIF", 80), ("Film strips, PNG", "PNG", 1)):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        image = Image.open(io.BytesIO(download.value.path().read_bytes()))
        assert image.format == form
        assert getattr(image, "n_frames", 1) == frames
        assert download.value.suggested_filename == f"walk.{form.lower()}"


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_finger_walks_on_a_phone(opened: Any, wire: Wire) -> None:
    page = opened("/interpolate", PART)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth <= e.clientWidth")
    boxes = [canvas.bounding_box() for canvas in page.locator(NOW).all()]
    assert len({round(box["y"]) for box in boxes}) == 1  # side by side, next to the handle
    box, first = box_of(page.locator(HAND)), pixels(page.locator(NOW).first)
    finger(page, [place(box, 0.5 + 0.04 * n, 0.5) for n in range(9)])
    page.wait_for_url(re.compile("walk="))
    settled(page, wire)
    assert float(page.locator(HAND).input_value()) > 0.7
    assert not np.array_equal(pixels(page.locator(NOW).first), first)


@pytest.mark.parametrize("colour_scheme", ["dark"])
def test_everything_has_a_name_and_wears_the_theme(opened: Any) -> None:
    page = opened("/interpolate?lang=pt", PART)
    part = page.locator(".gl", has=page.locator(PART))
    for kind, count in (("img", 3 * (1 + 9 + 1)), ("slider", 1)):
        found = part.get_by_role(kind).all()
        assert len(found) == count
        assert all(one.evaluate("e => e.ariaLabel || ''").strip() for one in found)
    ink = page.locator(PART).evaluate("e => getComputedStyle(e).color")
    assert min(map(int, re.findall(r"\d+", ink)[:3])) > 100


def test_a_damaged_network_gets_a_sentence_and_the_servers_answer(page: Any, visit: Callable[[str], Any]) -> None:
    page.route("**/networks/**", lambda route: route.fulfill(status=404))
    visit("/interpolate")
    expect(page.locator(".gl-broken")).to_have_text(re.compile(r"^Your browser could not load.*\.$"))
    expect(page.locator(".gl-strip")).to_have_count(4)
