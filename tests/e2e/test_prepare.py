"""What the browser makes of a drawing while it is drawn is what the server makes of the same drawing sent as a PNG.

The scripts are run in a real browser, but without the app: ``ui/components/js`` is all that the page has.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.datasets import load_digits

from genlab.data.drawing import drawing_stages
from genlab.errors import BlankPictureError
from tests.drawing_fixtures import saved
from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.browser

SIDE = 280
SCRIPTS = ROOT / "ui" / "components" / "js"
ORIGIN = "http://components.test"
MOST_APART = 1e-2  # mean absolute difference of two digits; a shift by one pixel is 5e-2 or more
WIDTHS = (6, 9, 12, 16, 20, 24, 32, 40, 48)  # pixels

Bytes = NDArray[np.uint8]
Stroke = list[tuple[float, float]]  # (x, y) in [0, 1], y downwards

DIGITS: dict[str, list[Stroke]] = {
    "0": [[(0.5, 0), (0.1, 0.2), (0.05, 0.7), (0.4, 1), (0.85, 0.8), (0.9, 0.3), (0.5, 0)]],
    "1": [[(0.3, 0.2), (0.55, 0), (0.5, 1)]],
    "2": [[(0.1, 0.2), (0.5, 0), (0.85, 0.25), (0.5, 0.65), (0.05, 1), (0.95, 0.95)]],
    "3": [[(0.1, 0.1), (0.6, 0), (0.8, 0.25), (0.4, 0.48), (0.85, 0.7), (0.5, 1), (0.1, 0.9)]],
    "4": [[(0.4, 0), (0.1, 0.6), (0.9, 0.55)], [(0.7, 0.3), (0.65, 1)]],
    "5": [[(0.2, 0), (0.15, 0.45), (0.6, 0.4), (0.85, 0.7), (0.5, 1), (0.1, 0.9)], [(0.25, 0.0), (0.85, 0.04)]],
    "6": [[(0.7, 0), (0.25, 0.45), (0.2, 0.85), (0.55, 1), (0.8, 0.75), (0.5, 0.55), (0.2, 0.75)]],
    "7": [[(0.05, 0.05), (0.9, 0), (0.4, 1)]],
    "8": [[(0.5, 0), (0.2, 0.2), (0.75, 0.7), (0.5, 1), (0.2, 0.75), (0.75, 0.25), (0.5, 0)]],
    "9": [[(0.8, 0.2), (0.45, 0), (0.2, 0.3), (0.5, 0.5), (0.8, 0.2), (0.65, 1)]],
}


def brush(
    strokes: list[Stroke], width: float, *, at: tuple[float, float] = (70, 40), size: tuple[float, float] = (140, 200)
) -> Bytes:
    """What a round, soft brush leaves on a canvas: white in the middle of a stroke, fading over its outer third."""
    line = Image.new("1", (SIDE, SIDE))
    for stroke in strokes:
        points = [(at[0] + x * size[0], at[1] + y * size[1]) for x, y in stroke]
        ImageDraw.Draw(line).line(points, fill=1) if len(points) > 1 else ImageDraw.Draw(line).point(points, fill=1)
    away = ndimage.distance_transform_edt(~np.asarray(line))
    return np.round(255 * np.clip((width / 2 - away) / (width / 6), 0, 1)).astype(np.uint8)


def by_hand(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """The same strokes through points that were not hit quite, rounded as a hand does it."""
    drawn = []
    for stroke in strokes:
        points = np.array(stroke) + rng.normal(0, 0.03, (len(stroke), 2))
        t = np.linspace(0, len(points) - 1, 40)
        fine = np.stack([np.interp(t, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)
        drawn.append([(x, y) for x, y in ndimage.uniform_filter1d(fine, 7, axis=0, mode="nearest").tolist()])
    return drawn


def dust(share: float, brightest: int, rng: np.random.Generator) -> Bytes:
    """Single pixels all over the canvas."""
    return ((rng.random((SIDE, SIDE)) < share) * rng.integers(1, brightest + 1, (SIDE, SIDE))).astype(np.uint8)


def drawings() -> dict[str, Bytes]:
    """Canvases by name, always the same: ``uint8`` (280, 280), ink bright."""
    rng = np.random.default_rng(7)
    made: dict[str, Bytes] = {}
    for i, (name, strokes) in enumerate(DIGITS.items()):
        for width in (WIDTHS[i % 9], WIDTHS[(i + 4) % 9]):
            made[f"{name}, pen of {width}"] = brush(by_hand(strokes, rng), width)
        small = float(rng.uniform(30, 70))
        made[f"{name}, small, in a corner"] = brush(by_hand(strokes, rng), 10, at=(8, 8), size=(small, 1.4 * small))
        made[f"{name}, up to the edges"] = brush(
            by_hand(strokes, rng), WIDTHS[(i + 2) % 9], at=(-4, -4), size=(288, 288)
        )
    for name in "2358":
        place = {"at": (200, 190), "size": (25, 40)}
        made[f"{name}, tiny, with a thick pen"] = brush(by_hand(DIGITS[name], rng), 20, **place)  # type: ignore[arg-type]
    for name, width in (("3", 6), ("6", 12), ("0", 24)):
        speck = brush([[(0.5, 0.5)]], 7, at=(15, 20), size=(0, 0))
        made[f"{name}, pen of {width}, a speck"] = np.maximum(brush(by_hand(DIGITS[name], rng), width), speck)
    bar = brush([[(0, 0), (1, 0)]], 20, at=(180, 30), size=(60, 0))
    made["5, its bar apart"] = np.maximum(brush(DIGITS["5"][:1], 20), bar)
    made["i"] = brush([[(0.5, 0.3), (0.5, 1)], [(0.5, 0)]], 18)
    made["grey ink"] = (brush(DIGITS["3"], 18) * 0.5).astype(np.uint8)
    made["faint ink"] = (brush(DIGITS["9"], 18) * 0.1).astype(np.uint8)
    made["two inks"] = np.maximum(brush(DIGITS["4"][:1], 18), (brush(DIGITS["4"][1:], 18) * 0.5).astype(np.uint8))
    made["a large, straight 1"] = brush([[(0.2, 0.3), (0.5, 0.04), (0.5, 0.96)]], 20)
    made["dusty"] = np.maximum(brush(DIGITS["2"], 18), dust(0.02, 255, rng))
    for width in (8, 40):
        made[f"horizontal bar of {width}"] = brush([[(0, 0.5), (1, 0.5)]], width)
        made[f"vertical bar of {width}"] = brush([[(0.5, 0), (0.5, 1)]], width)
        made[f"dot of {width}"] = brush([[(0.3, 0.4)]], width)
    for i, eight in enumerate(load_digits().images[:12]):
        plane = Image.fromarray(np.round(eight * 255 / 16).astype(np.uint8))
        made[f"scan {i}"] = np.asarray(plane.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    made["blank"] = np.zeros((SIDE, SIDE), dtype=np.uint8)
    made["faint dust"] = dust(0.01, 60, rng)
    made["bright dust"] = dust(0.002, 255, rng)
    made["noise"] = dust(0.3, 255, rng)
    made["a stroke too faint to see"] = (brush(DIGITS["1"], 20) * 0.04).astype(np.uint8)
    return made


# Runs `prepare` on canvases sent as text; what comes back is the digit and the box, or null.
PREPARE = """async ([side, canvases]) => {
    const { prepare } = await import("/prepare.js");
    return canvases.map(text => {
        const made = prepare(Uint8Array.from(atob(text), c => c.charCodeAt(0)), side);
        return made && [Array.from(made.digit), Array.from(made.box)];
    });
}"""


@pytest.fixture(scope="module")
def components(browser: Any) -> Iterator[Any]:
    """An empty page at whose address the scripts of the components lie."""
    context = browser.new_context()

    def answer(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name:
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    context.route(f"{ORIGIN}/**", answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()


def in_browser(page: Any, canvases: list[Bytes]) -> list[Any]:
    """What the script makes of canvases of one side: for each (digit, box), or ``None``."""
    texts = [base64.b64encode(canvas.tobytes()).decode() for canvas in canvases]
    made = page.evaluate(PREPARE, [canvases[0].shape[0], texts])
    return [m and (np.reshape(m[0], (28, 28)), np.reshape(m[1], (20, 20))) for m in made]


def on_server(canvas: Bytes) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """What Python makes of a canvas."""
    try:
        stages = drawing_stages(saved(Image.fromarray(canvas)))
    except BlankPictureError:
        return None
    return stages.digit[0].numpy(), stages.box / 255


def test_the_browser_makes_of_a_drawing_what_the_server_makes_of_it(components: Any) -> None:
    canvases = drawings()
    blank = set()
    for (name, canvas), seen in zip(canvases.items(), in_browser(components, [*canvases.values()]), strict=True):
        wanted = on_server(canvas)
        assert (seen is None) == (wanted is None), f"{name}: only one of the two sees a drawing"
        if seen is None or wanted is None:
            blank.add(name)
            continue
        for part, got, want in zip(("digit", "box"), seen, wanted, strict=True):
            apart = float(np.abs(got - want).mean())
            assert apart <= MOST_APART, f"{name}: the {part} is {apart:.4f} off"
    assert blank == {"blank", "faint dust", "bright dust", "noise", "a stroke too faint to see"}
