"""The linked maps in a real browser: hover, lasso, click, keys, fingers, and a map of one's own that is cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from genlab import mapping
from tests.e2e.conftest import PHONE
from tests.e2e.hands import Wire, box_of, finger, painted, pixels, place, settled

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PLOT, TILE, DECODED, NEAR, SHEET = ".gl-plot", ".gl-hover", ".gl-place > figure canvas", ".gl-near figure", ".gl-sheet"
LEGEND, COUNT = ".gl-digits button", ".gl-under + .gl-note"
ADDRESS = "/maps?of=digits&data=digits&closer=make"


@pytest.fixture
def opened(page: Any, wire: Wire, visit: Callable[[str], Any]) -> Callable[..., Any]:
    def go(address: str = ADDRESS) -> Any:
        visit(address)
        expect(page.locator(PLOT)).to_have_count(3)
        expect(page.locator(NEAR)).to_have_count(8)
        settled(page, wire)
        return page

    return go


def points(which: int) -> np.ndarray:
    shelf, _fresh = mapping.shelf("ae-mnist-z16", "digits")
    return [shelf.pca, shelf.tsne[0], shelf.umap[0]][which]


def in_view(page: Any, which: int) -> dict[str, float]:
    """A map in the middle of the window, where nothing lies over it."""
    box = box_of(page.locator(PLOT).nth(which))  # with a border of one pixel
    return {"x": box["x"] + 1, "y": box["y"] + 1, "width": box["width"] - 2, "height": box["height"] - 2}


def on_screen(page: Any, which: int, dot: int) -> tuple[float, float]:
    """Where a dot of a map is in the window."""
    box, all_of_them = in_view(page, which), points(which)
    low, high = all_of_them.min(0), all_of_them.max(0)
    side = (high - low).max() * 1.1
    x, y = (all_of_them[dot] - (low + high) / 2) / side + 0.5
    return place(box, float(x), 1 - float(y))


def lonely(which: int) -> int:
    """A dot with room around it, so that the pointer can only mean this one."""
    all_of_them = points(which)
    apart = np.linalg.norm(all_of_them[:400, None] - all_of_them[None], axis=2)
    apart[np.arange(400), np.arange(400)] = np.inf
    return int(apart.min(axis=1).argmax())


def around(page: Any, which: int, share: float = 0.98) -> None:
    """A lasso around nearly a whole map, by mouse."""
    box = in_view(page, which)
    page.mouse.move(*place(box, 1 - share, 1 - share))
    page.mouse.down()
    for x, y in [(share, 1 - share), (share, share), (1 - share, share)]:
        page.mouse.move(*place(box, x, y), steps=5)
    page.mouse.up()


# --------------------------------------------------------------------------------------- the pointer
def test_the_pointer_shows_the_picture_of_the_dot_on_every_map(opened: Any, wire: Wire) -> None:
    page = opened()
    expect(page.locator(TILE)).to_be_hidden()
    before = wire.sent
    marks = [painted(page.locator(f"{PLOT} canvas:nth-child(2)").nth(n)) for n in range(3)]
    for which in range(3):
        dot = lonely(which)
        page.mouse.move(*on_screen(page, which, dot))
        expect(page.locator(TILE)).to_be_visible()
        picture = mapping.pictures("digits").images[dot].flatten().numpy() / 255
        np.testing.assert_allclose(pixels(page.locator(TILE)), picture, atol=1.1 / 255)
        for n in range(3):  # a ring on each of them
            assert not np.array_equal(painted(page.locator(f"{PLOT} canvas:nth-child(2)").nth(n)), marks[n])
        page.mouse.move(2, 2)
        expect(page.locator(TILE)).to_be_hidden()
    assert wire.sent == before


def test_a_click_decodes_the_place_and_lists_its_neighbours(opened: Any, wire: Wire) -> None:
    page = opened()
    first = pixels(page.locator(DECODED))
    dot = lonely(1)
    page.mouse.click(*on_screen(page, 1, dot))
    page.wait_for_url(re.compile(r"spot=1%2C"))
    expect(page.locator(NEAR)).to_have_count(8)
    expect(page.locator(".gl-place > figure figcaption")).to_contain_text("no inverse")
    assert not np.array_equal(pixels(page.locator(DECODED)), first)
    shelf, _fresh = mapping.shelf("ae-mnist-z16", "digits")
    assert shelf.codes is not None
    distances = np.linalg.norm(shelf.codes - shelf.codes[dot], axis=1)
    wanted = np.argsort(distances, kind="stable")[:8]
    shown = [re.match(r"(\d) ([\d.]+)", text).groups() for text in page.locator(NEAR).all_inner_texts()]  # type: ignore[union-attr]
    assert [int(digit) for digit, _far in shown] == shelf.labels[wanted].tolist()
    np.testing.assert_allclose([float(far) for _digit, far in shown], distances[wanted], atol=0.006)
    page.mouse.click(*on_screen(page, 0, lonely(0)))  # PCA has an inverse
    expect(page.locator(".gl-place > figure figcaption")).to_contain_text("inverse: the place itself")


def test_pcas_place_is_its_inverse_decoded(opened: Any) -> None:
    import torch

    from genlab import checkpoints

    page = opened("/maps?of=digits&data=digits&closer=make&spot=0,3,-2")
    plane = mapping.shelf("ae-mnist-z16", "digits")[0].plane
    with torch.inference_mode():
        code = torch.from_numpy(plane.restore(np.array([[3.0, -2.0]])))
        wanted = checkpoints.load("ae-mnist-z16").model.decode(code).flatten().numpy()
    np.testing.assert_allclose(pixels(page.locator(DECODED)), wanted, atol=3 / 255)


def test_a_lasso_on_one_map_selects_on_all(opened: Any, wire: Wire) -> None:
    page = opened()
    before = [painted(page.locator(f"{PLOT} canvas:nth-child(1)").nth(n)) for n in range(3)]
    box = in_view(page, 1)
    page.mouse.move(*place(box, 0.02, 0.02))
    page.mouse.down()
    for x, y in [(0.5, 0.02), (0.5, 0.98), (0.02, 0.98)]:
        page.mouse.move(*place(box, x, y), steps=5)
    page.mouse.up()
    count = int(re.match(r"(\d+) selected", page.locator(COUNT).inner_text())[1])  # type: ignore[index]
    half = points(1)
    low, high = half.min(0), half.max(0)
    left = ((half[:, 0] - (low[0] + high[0]) / 2) / ((high - low).max() * 1.1) + 0.5 < 0.5).sum()
    assert abs(count - left) <= 40  # the lasso's edge, and what is left of it
    expect(page.locator(SHEET)).to_be_visible()
    for n in range(3):
        assert not np.array_equal(painted(page.locator(f"{PLOT} canvas:nth-child(1)").nth(n)), before[n])
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(SHEET)).to_be_hidden()
    for n in range(3):
        np.testing.assert_array_equal(painted(page.locator(f"{PLOT} canvas:nth-child(1)").nth(n)), before[n])


def test_the_legend_takes_a_digit_away(opened: Any) -> None:
    page = opened()
    button = page.locator(LEGEND).nth(4)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(page.locator(LEGEND).nth(4)).to_have_attribute("aria-pressed", "false")
    around(page, 0)
    expect(page.locator(COUNT)).to_contain_text("selected")
    assert "× 4" not in page.locator(COUNT).inner_text()
    page.locator(LEGEND).nth(4).click()
    around(page, 0)
    expect(page.locator(COUNT)).to_contain_text("× 4")


def test_the_keys_do_what_the_mouse_does(opened: Any, wire: Wire) -> None:
    page = opened()
    plot = page.locator(PLOT).nth(2)
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(TILE)).to_be_visible()
    expect(page.locator(".gl-aloud").first).to_contain_text("nearest: a")
    page.keyboard.press(" ")
    expect(page.locator(COUNT)).to_contain_text("30 selected")
    page.keyboard.press("Escape")
    expect(page.locator(SHEET)).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"spot=2%2C"))


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_finger_scrolls_taps_and_draws_when_asked(opened: Any, wire: Wire) -> None:
    page = opened()
    boxes = [page.locator(PLOT).nth(n).bounding_box() for n in range(3)]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]  # stacked
    assert max(box["x"] + box["width"] for box in boxes) <= PHONE["width"]
    box = in_view(page, 0)
    finger(page, [place(box, 0.5, 0.8 - 0.05 * n) for n in range(10)])
    settled(page, wire)
    expect(page.locator(SHEET)).to_be_hidden()  # the page went up, nothing was selected
    page.get_by_role("button", name="Select with the finger").click()
    box = in_view(page, 0)
    finger(
        page, [place(box, x, y) for x, y in [(0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.5)]]
    )
    expect(page.locator(COUNT)).to_contain_text("selected")


# --------------------------------------------------------------------------------------- other maps
def test_the_second_start_keeps_the_selection(opened: Any, wire: Wire) -> None:
    page = opened()
    around(page, 0)
    expect(page.locator(COUNT)).to_contain_text("selected")
    told = page.locator(COUNT).inner_text()
    before = painted(page.locator(f"{PLOT} canvas:nth-child(1)").nth(1))
    page.get_by_role("radio", name="Second").click()
    page.wait_for_url(re.compile("seed=2"))
    settled(page, wire)
    assert not np.array_equal(painted(page.locator(f"{PLOT} canvas:nth-child(1)").nth(1)), before)
    assert page.locator(COUNT).inner_text() == told


def test_a_map_is_cancelled_and_another_one_made(opened: Any) -> None:
    page = opened(f"{ADDRESS}&perplexity=5")
    page.get_by_role("button", name="Make the map").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_text(re.compile("Looking for neighbours|Moving the dots"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(r"Cancelled after"))).to_be_visible()
    page.get_by_role("button", name="Make the map").click()
    expect(page.locator(".gl-onemap figcaption").nth(1)).to_have_text("t-SNE · perplexity 5")
    expect(page.get_by_role("radio", name="Your own", exact=True)).to_be_checked()
