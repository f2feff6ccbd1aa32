"""The picture that a finger spoils, in a real browser: on a small script, with networks that are shipped."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.server import ROOT, running
from genlab import checkpoints, data, metrics
from tests.e2e.conftest import PATIENCE, PHONE
from tests.e2e.hands import POINTER, SILENCE, Wire, box_of, finger, painted, pixels, place, settled
from ui.noisy import BRIGHT, DARK, DRAWS, NO_SCRATCHES, Hand, sent, spoiled

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PART, NOISY, ANSWERS, LEVEL = ".gl-noise", ".gl-noise canvas.gl-area", ".gl-answers canvas", ".gl-level input"
NETWORKS = ("ae-mnist-z64", "ae-deep-mnist-z30")
TOLD = re.compile(r"told (\w+) ([\d.]+) (\d+) (True|False) ([\d.]+)")
LESSON = """
from pathlib import Path

import streamlit as st

from ui.components import publish

publish.STATIC = Path(__file__).parent / "static"
st.set_page_config(layout="wide")


def denoise():
    from genlab import data
    from ui.components.parts import noise_pad

    st.title("Denoise")
    kind = st.radio("Kind", ["gaussian", "mask", "salt"], key="kind", horizontal=True, bind="query-params")
    which = st.number_input("Picture", 0, 100, 3, key="which", bind="query-params")
    test = data.load(data.default_name(), "test")
    x = data.to_float(test.images[which : which + 1])
    noisy = noise_pad([("ae-mnist-z64", "One"), ("ae-deep-mnist-z30", "Two")], x, kind=kind, about=which, key="noise")
    st.text(f"told {noisy.kind} {noisy.level} {noisy.number} {noisy.scratched} {noisy.picture.sum().item():.3f}")


def other():
    st.title("Other")


st.navigation([st.Page(denoise, title="Denoise", default=True), st.Page(other, title="Other")]).run()
"""


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A lesson of one part, and another page."""
    folder = tmp_path_factory.mktemp("noise")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    (folder / "static").mkdir()
    (folder / "lesson.py").write_text(LESSON, encoding="utf-8")
    with running(folder / "lesson.py", environment={"PYTHONPATH": str(ROOT)}) as server:
        yield server.url


@pytest.fixture
def opened(page: Any, wire: Wire, visit: Callable[[str], Any]) -> Callable[..., Any]:
    def go(address: str = "/") -> Any:
        visit(address)
        expect(page.locator(PART)).to_be_visible()
        settled(page, wire)
        return page

    return go


def clean(which: int = 3) -> Tensor:
    test = data.load(data.default_name(), "test")
    return data.to_float(test.images[which : which + 1])


def told(page: Any) -> tuple[Any, ...]:
    """What the part returned to the script: kind, level, number, scratched, sum of the pixels."""
    kind, level, number, scratched, total = TOLD.search(page.get_by_text("told").inner_text()).groups()  # type: ignore[union-attr]
    return kind, float(level), int(number), scratched == "True", float(total)


def shown_psnr(page: Any, title: str) -> float:
    text = page.locator("figure", has_text=title).locator("output").inner_text()
    return float(re.search(r"PSNR ([\d.∞]+) dB", text)[1].replace("∞", "inf"))  # type: ignore[index]


def scratch(page: Any, points: list[tuple[float, float]]) -> None:
    box = box_of(page.locator(NOISY))
    page.mouse.move(*place(box, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(box, *point), steps=6)
    page.mouse.up()


def changed(page: Any, before: np.ndarray) -> np.ndarray:
    """The noisy picture as soon as it is another one; the answers are painted with it."""
    for _ in range(250):
        now = pixels(page.locator(NOISY))
        if not np.array_equal(now, before):
            return now
        page.wait_for_timeout(20)
    return pytest.fail("the picture did not follow the hand")


# --------------------------------------------------------------------------------------- the same picture on both sides
def test_the_noisy_picture_and_the_answers_are_pythons(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.37,5")
    for kind in ("gaussian", "mask", "salt"):
        page.get_by_text(kind, exact=True).click()
        expect(page.get_by_text(f"told {kind} 0.37 5 False")).to_be_visible()
        settled(page, wire)
        wanted = spoiled(clean(), kind, Hand(level=0.37, number=5)).picture
        np.testing.assert_allclose(pixels(page.locator(NOISY)), wanted.flatten().numpy(), atol=1.1 / 255)
        psnr = metrics.psnr((wanted - clean()).square().mean().item())
        assert shown_psnr(page, "Noisy") == pytest.approx(psnr, abs=0.06)
        for n, name in enumerate(NETWORKS):
            with torch.inference_mode():
                answer = checkpoints.load(name).model(wanted)
            np.testing.assert_allclose(pixels(page.locator(ANSWERS).nth(n)), answer.flatten().numpy(), atol=2.1 / 255)
            psnr = metrics.psnr((answer - clean()).square().mean().item())
            assert shown_psnr(page, ["One", "Two"][n]) == pytest.approx(psnr, abs=0.06)
        np.testing.assert_allclose(pixels(page.locator(ANSWERS).nth(2)), clean().flatten().numpy(), atol=1.1 / 255)


SPOIL = """async ([data, scratches]) => {
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const { spoil } = await import(fetched.find((name) => name.endsWith("/noise.js")));
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const [picture, normal, uniform] = [data.picture, data.normal, data.uniform].map(floats);
  const into = new Float32Array(784);
  spoil(data.kind, data.level, { picture, normal, uniform, scratches }, into);
  return Array.from(into);
}"""


def test_the_browser_spoils_as_python_does(opened: Any) -> None:
    page, x = opened(), clean()
    scratches = bytes(BRIGHT if i % 50 == 0 else DARK if i % 50 == 1 else 0 for i in range(784))
    numbers = itertools.cycle([1, 2, 77, DRAWS])
    for kind in ("gaussian", "mask", "salt"):
        for level in (0.0, 0.01, 0.29, 0.5, 0.83, 1.0):
            for ink in (NO_SCRATCHES, scratches):
                hand = Hand(level=level, number=next(numbers), scratches=ink)
                found = page.evaluate(SPOIL, [sent(x, kind, hand), list(ink)])
                wanted = spoiled(x, kind, hand).picture.flatten().numpy()
                np.testing.assert_allclose(found, wanted, atol=1e-6, err_msg=f"{kind} {hand.level} {hand.number}")


def test_without_noise_it_is_the_picture_itself(opened: Any) -> None:
    page = opened("/?noise=0,1")
    np.testing.assert_allclose(pixels(page.locator(NOISY)), clean().flatten().numpy(), atol=1.1 / 255)
    assert shown_psnr(page, "Noisy") == np.inf


# --------------------------------------------------------------------------------------- the slider
def test_everything_follows_the_slider_in_silence(opened: Any, wire: Wire) -> None:
    page = opened()
    box, before = box_of(page.locator(LEVEL)), wire.sent
    screens = [page.locator(NOISY), page.locator(ANSWERS).nth(0), page.locator(ANSWERS).nth(1)]
    page.mouse.move(*place(box, 0.5, 0.5))
    page.mouse.down()
    seen = [[pixels(screen) for screen in screens]]
    for n in range(1, 6):
        page.mouse.move(*place(box, 0.5 - 0.07 * n, 0.5))
        changed(page, seen[-1][0])
        seen.append([pixels(screen) for screen in screens])
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    for a, b in itertools.pairwise(seen):
        assert all(not np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    page.mouse.up()
    page.wait_for_url(re.compile(r"noise=0\.\d+%2C1"))
    settled(page, wire)
    assert wire.sent == before + 1
    level = float(page.locator(LEVEL).input_value())
    assert told(page)[:4] == ("gaussian", level, 1, False)
    np.testing.assert_array_equal(pixels(screens[0]), seen[-1][0])  # the answer pulls no handle out of the hand


def test_the_slider_obeys_the_arrow_keys(opened: Any, wire: Wire) -> None:
    page = opened()
    page.locator(LEVEL).focus()
    before, picture = wire.sent, pixels(page.locator(NOISY))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(LEVEL)).to_have_attribute("aria-valuetext", "0.53")
    assert not np.array_equal(pixels(page.locator(NOISY)), picture)
    page.wait_for_url(re.compile("noise=0.53"))
    settled(page, wire)
    assert before < wire.sent <= before + 3  # once, where the keys came fast
    assert told(page)[1] == 0.53


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_scroll_that_begins_on_the_slider_leaves_it_alone(opened: Any, wire: Wire) -> None:
    page = opened()
    box, before = box_of(page.locator(LEVEL)), wire.sent
    finger(page, [(box["x"] + 0.8 * box["width"], box["y"] + 15 - 12 * n) for n in range(20)])
    settled(page, wire)
    assert page.locator(LEVEL).input_value() == "0.5"
    assert wire.sent == before


# --------------------------------------------------------------------------------------- the brush
def test_a_scratch_follows_the_mouse_in_silence_and_is_told_once(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.2,1")
    box, before = box_of(page.locator(NOISY)), wire.sent
    page.mouse.move(*place(box, 0.1, 0.1))
    page.mouse.down()
    seen = [pixels(page.locator(NOISY))]
    for n in range(1, 6):
        page.mouse.move(*place(box, 0.1 + 0.15 * n, 0.1))
        seen.append(changed(page, seen[-1]))
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    line = seen[-1].reshape(28, 28)
    assert line[2:3, 3:24].min() == 1  # bright, one or two pixels wide, and not wider
    assert (line[[0, 5], 3:24] < 1).any()
    page.mouse.up()
    settled(page, wire)
    assert wire.sent == before + 1
    np.testing.assert_array_equal(pixels(page.locator(NOISY)), seen[-1])
    _, level, number, scratched, total = told(page)
    assert (level, number, scratched) == (0.2, 1, True)
    assert total == pytest.approx(seen[-1].sum(), abs=784 * 0.5 / 255)


def test_dark_scratches_and_their_removal(opened: Any, wire: Wire) -> None:
    page = opened("/?kind=salt&noise=0.4,1")
    remove, own = page.get_by_role("button", name="Remove scratches"), pixels(page.locator(NOISY))
    expect(remove).to_be_disabled()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Bright")).to_have_attribute("aria-pressed", "false")
    scratch(page, [(0.1, 0.518), (0.9, 0.518)])
    settled(page, wire)
    assert pixels(page.locator(NOISY)).reshape(28, 28)[14, 4:24].max() == 0
    assert told(page)[3]
    before = wire.sent
    remove.click()
    settled(page, wire)
    assert wire.sent == before + 1
    np.testing.assert_array_equal(pixels(page.locator(NOISY)), own)
    assert not told(page)[3]
    expect(remove).to_be_disabled()


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_finger_scratches_on_a_phone(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0,1")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    box = box_of(page.locator(NOISY))
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    finger(page, [place(box, 0.1, 0.2 + 0.06 * n) for n in range(10)])
    settled(page, wire)
    assert page.locator(NOISY).bounding_box()["y"] == box["y"]  # the page did not scroll away
    assert pixels(page.locator(NOISY)).reshape(28, 28)[8:18, 2].min() == 1
    assert told(page)[3]


def test_a_second_finger_scratches_nothing(opened: Any) -> None:
    page = opened("/?noise=0,1")
    for step in (
        ("pointerdown", 1, "touch", 0.1, 0.1),
        ("pointerdown", 2, "second", 0.9, 0.9),
        ("pointermove", 2, "second", 0.9, 0.5),
        ("pointermove", 1, "touch", 0.1, 0.5),
        ("pointerup", 1, "touch", 0.1, 0.5),
    ):
        page.locator(NOISY).evaluate(POINTER, list(step))
    drawn = pixels(page.locator(NOISY)).reshape(28, 28)
    assert drawn[4:13, 2].min() == 1
    assert drawn[14:25, 25].max() == 0


def test_the_brush_obeys_the_keys(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0,1")
    page.locator(NOISY).focus()
    before = wire.sent
    for key in (*["Shift+ArrowUp"] * 4, "Space", *["Shift+ArrowLeft"] * 4):
        page.keyboard.press(key)
    assert wire.sent == before
    page.keyboard.press("Space")
    assert pixels(page.locator(NOISY)).reshape(28, 28)[1:3, 3:13].max(axis=0).min() == 1
    expect(page.get_by_text("The brush is lifted.")).to_be_attached()
    settled(page, wire)
    assert wire.sent == before + 1
    assert told(page)[3]


# --------------------------------------------------------------------------------------- draws, pictures, visits
def test_new_noise_is_another_draw_of_the_server(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.6,9998")
    scratch(page, [(0.1, 0.1), (0.5, 0.1)])
    settled(page, wire)
    for number in (9999, 1):  # then from the beginning
        before = wire.sent
        page.get_by_role("button", name="New noise").click()
        page.wait_for_url(re.compile(f"noise=0.6%2C{number}$"))
        settled(page, wire)
        assert wire.sent == before + 1
        assert told(page)[1:4] == (0.6, number, True)
        shown = pixels(page.locator(NOISY))
        wanted = spoiled(clean(), "gaussian", Hand(level=0.6, number=number)).picture.flatten().numpy()
        scratched = np.abs(shown - wanted) > 1.1 / 255
        assert 0 < scratched.sum() < 50  # the scratch is still there, all else is the draw
        assert (shown[scratched] == 1).all()


def test_presses_of_new_noise_in_a_hurry_count(opened: Any, wire: Wire) -> None:
    page = opened()
    page.get_by_role("button", name="New noise").evaluate("e => { e.click(); e.click(); e.click(); }")
    page.wait_for_url(re.compile("noise=0.5%2C4"))
    settled(page, wire)
    wanted = spoiled(clean(), "gaussian", Hand(number=4)).picture
    np.testing.assert_allclose(pixels(page.locator(NOISY)), wanted.flatten().numpy(), atol=1.1 / 255)


def test_another_picture_takes_the_scratches_away_and_leaves_the_noise(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.3,2")
    scratch(page, [(0.1, 0.1), (0.5, 0.1)])
    settled(page, wire)
    page.get_by_label("Picture", exact=True).fill("4")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("which=4"))
    settled(page, wire)
    assert told(page)[1:4] == (0.3, 2, False)
    wanted = spoiled(clean(4), "gaussian", Hand(level=0.3, number=2)).picture
    np.testing.assert_allclose(pixels(page.locator(NOISY)), wanted.flatten().numpy(), atol=1.1 / 255)


def test_another_kind_keeps_the_scratches(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.3,2")
    scratch(page, [(0.1, 0.1), (0.5, 0.1)])
    settled(page, wire)
    page.get_by_text("mask", exact=True).click()
    expect(page.get_by_text("told mask 0.3 2 True")).to_be_visible()
    settled(page, wire)
    shown = pixels(page.locator(NOISY))
    wanted = spoiled(clean(), "mask", Hand(level=0.3, number=2)).picture.flatten().numpy()
    scratched = np.abs(shown - wanted) > 1.1 / 255
    assert 0 < scratched.sum() < 50


def test_a_page_change_and_back_keeps_noise_and_scratches(opened: Any, wire: Wire) -> None:
    page = opened()
    page.get_by_role("button", name="New noise").click()
    page.wait_for_url(re.compile("noise="))
    scratch(page, [(0.1, 0.1), (0.5, 0.5)])
    settled(page, wire)
    before, shown = told(page), pixels(page.locator(NOISY))
    page.get_by_role("link", name="Other").click()
    expect(page.locator("h1")).to_have_text("Other")
    settled(page, wire)
    page.get_by_role("link", name="Denoise").click()
    expect(page.locator(PART)).to_be_visible()
    settled(page, wire)
    assert told(page) == before
    np.testing.assert_array_equal(pixels(page.locator(NOISY)), shown)
    assert "noise=0.5%2C2" in page.url


def test_back_undoes_the_noise(opened: Any, wire: Wire) -> None:
    page = opened("/?noise=0.3,2")
    own = pixels(page.locator(NOISY))
    page.get_by_role("button", name="New noise").click()
    page.wait_for_url(re.compile("noise=0.3%2C3"))
    settled(page, wire)
    page.go_back()
    expect(page.get_by_text("told gaussian 0.3 2 False")).to_be_visible()
    settled(page, wire)
    np.testing.assert_array_equal(pixels(page.locator(NOISY)), own)


def test_two_visitors_do_not_meet(opened: Any, wire: Wire, browser: Any, app_url: str) -> None:
    page = opened("/?noise=0,1")
    context = browser.new_context(base_url=app_url)
    context.set_default_timeout(PATIENCE)
    other = context.new_page()
    other.goto("/?noise=0.9,7")
    expect(other.get_by_text("told gaussian 0.9 7 False")).to_be_visible()
    scratch(page, [(0.1, 0.1), (0.5, 0.5)])
    expect(page.get_by_text("told gaussian 0.0 1 True")).to_be_visible()
    other.get_by_role("button", name="New noise").click()
    expect(other.get_by_text("told gaussian 0.9 8 False")).to_be_visible()
    settled(page, wire)
    assert told(page)[1:4] == (0.0, 1, True)
    context.close()


# --------------------------------------------------------------------------------------- voices, themes, damage
@pytest.mark.parametrize("colour_scheme", ["dark"])
def test_everything_has_a_name_and_wears_the_theme(opened: Any) -> None:
    page = opened()
    for kind, count in (("img", 3), ("application", 1), ("slider", 1), ("button", 4)):
        found = page.locator(".gl").get_by_role(kind).all()
        assert len(found) == count, kind
        for one in found:
            assert one.evaluate("e => e.ariaLabel || e.innerText || ''").strip(), kind
    ink = page.locator(PART).evaluate("e => getComputedStyle(e.closest('.gl')).color")
    assert min(map(int, re.findall(r"\d+", ink)[:3])) > 100
    assert page.locator(NOISY).evaluate("e => getComputedStyle(e).touchAction") == "none"
    assert len(painted(page.locator(NOISY))) == 784  # crisp: enlarged by the browser


def test_damaged_weights_get_a_sentence_and_the_servers_answer(
    page: Any, wire: Wire, visit: Callable[[str], Any]
) -> None:
    page.route("**/networks/**", lambda route: route.fulfill(status=404))
    visit("/?noise=0.3,2")
    expect(page.locator(".gl-broken")).to_have_text(re.compile(r"^Your browser could not load.*\.$"))
    expect(page.locator(PART)).to_have_count(0)
    pictures = page.locator(".gl-strip img")
    expect(pictures).to_have_count(4)
    settled(page, wire)
    noisy = pictures.first.get_attribute("src")
    slider = page.get_by_role("slider", name="Noise")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("told gaussian 0.38 2 False")).to_be_visible()
    expect(pictures.first).not_to_have_attribute("src", noisy)
    page.get_by_role("button", name="New noise").click()
    expect(page.get_by_text("told gaussian 0.38 3 False")).to_be_visible()
    page.wait_for_url(re.compile("noise=0.38%2C3"))
