"""The lessons on the family of autoencoders, in a real browser: what is moved or typed there changes what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import PATIENCE, PHONE
from tests.e2e.hands import box_of
from tests.e2e.test_app import EXCEPTION, STRIP, choice, choose, nothing_sticks_out, title

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


def pictures(page: Any, strip: int) -> list[str]:
    """The pictures of a strip, as they are."""
    return page.locator(STRIP).nth(strip).locator("img").evaluate_all("all => all.map(one => one.src)")


def changes(page: Any, strip: int, before: list[str]) -> None:
    """Wait until a strip shows something else."""
    page.wait_for_function(
        "([at, before]) => document.querySelectorAll('.gl-strip')[at]?.querySelectorAll('img')[1]?.src !== before",
        arg=[strip, before[1]],
        timeout=PATIENCE,
    )


def test_noise_turned_up_reaches_all_methods(visit: Callable[[str], Any]) -> None:
    page = visit("/denoise?digit=7")
    title(page, "Denoise")
    expect(page.locator(".gl-answers canvas")).to_have_count(3)  # the original and two networks, in the browser
    expect(page.locator(STRIP).first.locator("img")).to_have_count(5)
    before = pictures(page, 0)
    level = page.locator(".gl-level input")
    level.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    changes(page, 0, before)
    page.wait_for_url(re.compile(r"spoil=0\.7"))
    for view, seen in (("Noise curve", "[data-testid='stPlotlyChart']"), ("Several draws", STRIP)):
        choose(page, "Look closer", view)
        expect(page.locator(seen).last).to_be_visible()
    choose(page, "Look closer", "Why not just copy?")
    expect(page.locator(STRIP).nth(2).locator("img")).to_have_count(3)
    expect(page.locator(EXCEPTION)).to_have_count(0)


def test_a_scratch_reaches_all_methods(visit: Callable[[str], Any], settle: Callable[[], None]) -> None:
    page = visit("/denoise?spoil=0.0,1")
    expect(page.locator(STRIP).first.locator("img")).to_have_count(5)
    expect(page.get_by_text("warming up")).to_have_count(0)  # which draws the page once more
    page.wait_for_timeout(500)
    settle()
    before = pictures(page, 0)
    sheet = page.locator("canvas.gl-area")
    sheet.hover()  # waits until it stays where it is
    box = box_of(sheet)
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2, steps=12)
    page.mouse.up()
    changes(page, 0, before)


def test_a_switch_changes_its_column_only(visit: Callable[[str], Any]) -> None:
    page = visit("/regularisers")
    title(page, "Regularisers")
    expect(page.locator(STRIP)).to_have_count(2)
    left, right = pictures(page, 0), pictures(page, 1)
    choose(page, "Another", "Contractive")
    changes(page, 1, right)
    assert pictures(page, 0) == left
    page.wait_for_url("**other=contractive*")


def test_a_letter_is_typed_and_its_bits_are_taken(visit: Callable[[str], Any]) -> None:
    page = visit("/letters")
    title(page, "Four bottlenecks on letters")
    shown = page.locator("[data-testid='stMain'] img").nth(1)
    expect(shown).to_be_visible()
    before = shown.get_attribute("src")
    box = page.get_by_label("Type a letter")
    box.fill("Q")
    box.press("Enter")
    expect(shown).not_to_have_attribute("src", before)
    page.wait_for_url(re.compile("letter=Q|=Q"))
    expect(page.locator(EXCEPTION)).to_have_count(0)


def test_other_street_digits(visit: Callable[[str], Any]) -> None:
    page = visit("/street")
    title(page, "Street numbers")
    expect(page.locator(STRIP).first.locator("img").first).to_be_visible()
    before = pictures(page, 0)
    page.get_by_role("button", name="Other eight").click()
    changes(page, 0, before)
    expect(page.locator(EXCEPTION)).to_have_count(0)


def test_a_network_trains_in_the_page_and_can_be_stopped(visit: Callable[[str], Any]) -> None:
    page = visit("/stack")
    title(page, "Layer by layer")
    choice(page, "Look at", "Train it here").click()
    page.get_by_role("button", name="Start", exact=True).click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    stop.click()
    expect(stop).to_have_count(0)
    expect(page.get_by_role("button", name="Start again", exact=True)).to_be_enabled()
    expect(page.locator(EXCEPTION)).to_have_count(0)


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
@pytest.mark.parametrize("browser_language", ["pt-BR"])
def test_views_fit_a_phone(visit: Callable[[str], Any]) -> None:
    for address in (
        "/denoise?view=curve",
        "/denoise?view=draws",
        "/regularisers?look=all",
        "/regularisers?look=filters",
        "/stack?view=few",
        "/letters?bits=2",
    ):
        page = visit(address)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(f"{STRIP} img, [data-testid='stPlotlyChart'], table").last).to_be_visible()
        nothing_sticks_out(page)
