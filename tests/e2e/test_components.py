"""The parts that follow the finger, in a real browser over the running app: mouse, touch and keys, and what is said
to the server and when."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genlab import checkpoints, data
from tests.e2e.conftest import PATIENCE, PHONE, patience
from tests.e2e.hands import NAV_LINK, POINTER, SILENCE, Wire, box_of, finger, painted, pixels, place, settled

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SLIDERS, SLIDER, LOOK, FILM = ".gl-sliders", ".gl-grid input", ".gl-look canvas", ".gl-film canvas"
PAPER, LIVE = "canvas.gl-paper", ".gl-live canvas"
MAP, HANDLE, DECODED = ".gl-map", ".gl-handle", ".gl-side figure canvas"
RAIL, WALKED, FRAMES = ".gl-rail input", ".gl-walk figure canvas", ".gl-frames canvas"
BROKEN = ".gl-broken"
STOPS = "[data-testid='stSlider'] input[type='range']"
SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]
warm = patience  # for what still asks for it


def draw(page: Any, points: list[tuple[float, float]], *, steps: int = 8) -> None:
    """A stroke on the sheet, by mouse."""
    sheet = page.locator(PAPER)
    box = box_of(sheet)
    page.mouse.move(*place(box, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(box, *point), steps=steps)
    page.mouse.up()


def drawn_png(page: Any) -> bytes:
    """The sheet as a PNG file."""
    url = page.locator(PAPER).evaluate("canvas => canvas.toDataURL('image/png')")
    return base64.b64decode(url.split(",")[1])


# --------------------------------------------------------------------------------------- follow the hand, in silence
# the address, and for each part there the hand's place, the picture, and what the address knows after the release
PARTS = [
    pytest.param("/reconstruct?k=8", [(SLIDER, LOOK, "code")], id="latent sliders"),
    pytest.param("/explore", [(MAP, DECODED, "small"), (RAIL, WALKED, "walk")], id="latent pad and scrubber"),
]


@pytest.mark.parametrize(("address", "parts"), PARTS)
def test_a_drag_paints_each_move_and_speaks_at_its_end(
    opened: Any, wire: Wire, address: str, parts: list[tuple[str, str, str]]
) -> None:
    page = opened(address, parts[-1][0])
    for hand, picture, name in parts:
        dragged(page, wire, hand, picture, name)


def dragged(page: Any, wire: Wire, hand: str, picture: str, name: str) -> None:
    """Each move of the hand is painted, and none is told."""
    grip, screen = page.locator(hand).first, page.locator(picture).first
    box, before, seen = box_of(grip), wire.sent, [pixels(screen)]
    page.mouse.move(*place(box, 0.5, 0.5))
    page.mouse.down()
    for n in range(1, 9):
        page.mouse.move(*place(box, 0.5 + 0.05 * n, 0.5 - 0.03 * n))
        page.evaluate("() => new Promise(requestAnimationFrame)")
        seen.append(pixels(screen))
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before  # nothing is said while the hand is down
    assert sum(not np.array_equal(a, b) for a, b in itertools.pairwise(seen)) >= 8
    page.mouse.up()
    page.wait_for_url(re.compile(rf"[?&]{name}="))
    assert wire.sent > before
    after = pixels(screen)
    settled(page, wire)
    np.testing.assert_array_equal(pixels(screen), after)  # the answer pulls no handle out of the hand


def test_what_the_sliders_show_is_what_the_address_says(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?k=4&code=1,0.5,-1,2", SLIDERS)
    with torch.inference_mode():
        wanted = checkpoints.load("ae-mnist-z4").model.decode(torch.tensor([[1.0, 0.5, -1.0, 2.0]]))
    np.testing.assert_allclose(pixels(page.locator(LOOK)), wanted.flatten().numpy(), atol=2.1 / 255)
    expect(page.get_by_text("with your code")).to_be_visible()
    page.get_by_role("button", name="Code of the digit").click()
    settled(page, wire)
    own = re.search(r"([\d.]+) with your code, ([\d.]+) with", page.get_by_text("with your code").inner_text())
    assert own
    assert own[1] == own[2]
    page.get_by_role("button", name="Random code").click()
    page.wait_for_function("own => !document.body.innerText.includes(own)", arg=own[0])


def test_another_picture_moves_the_sliders(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?k=8&code=0,0,0,0,0,0,0,0", SLIDERS)
    before = pixels(page.locator(LOOK))
    page.get_by_role("radiogroup", name="Class").get_by_role("radio", name="0", exact=True).click()
    page.wait_for_url(lambda url: "code=" not in url)
    settled(page, wire)
    assert np.abs(pixels(page.locator(LOOK)) - before).mean() > 0.02


def test_a_filmstrip_shows_what_a_number_does(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?k=16", SLIDERS)
    film = page.locator(FILM)
    expect(film).to_have_count(9)
    rows = page.locator(".gl-slider")
    first = [pixels(film.nth(n)) for n in range(9)]
    assert all(frame.max() > 0.3 for frame in first)
    rows.nth(5).hover()
    expect(page.locator(".gl-sliders .gl-note")).to_contain_text(rows.nth(5).locator("span").inner_text())
    assert any(not np.array_equal(pixels(film.nth(n)), first[n]) for n in range(9))


def test_most_numbers_of_a_long_code_are_folded_away(opened: Any) -> None:
    page = opened("/reconstruct?k=64", SLIDERS)
    expect(page.locator(SLIDER)).to_have_count(64)
    assert sum(one.is_visible() for one in page.locator(SLIDER).all()) == 32
    page.get_by_text("32 more numbers").click()
    expect(page.locator(SLIDER).last).to_be_visible()


# --------------------------------------------------------------------------------------- the pad
def test_a_drawing_is_answered_while_it_is_drawn(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=16", PAPER)
    live, before = page.locator(LIVE), wire.sent
    box = box_of(page.locator(PAPER))
    page.mouse.move(*place(box, *SEVEN[0]))
    page.mouse.down()
    seen = []
    for point in SEVEN[1:]:
        page.mouse.move(*place(box, *point), steps=6)
        page.wait_for_timeout(60)
        seen.append([pixels(live.nth(n)) for n in (0, 2)])
    page.wait_for_timeout(SILENCE)
    assert wire.sent == before
    assert not np.array_equal(seen[0][1], seen[1][1])
    digit, answer = seen[-1]
    with torch.inference_mode():
        wanted = checkpoints.load("ae-mnist-z16").model(torch.from_numpy(digit).view(1, 1, 28, 28)).flatten().numpy()
    assert np.abs(answer - wanted).mean() < 0.01  # what is seen of the digit is rounded to 256 greys
    page.mouse.up()
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")
    assert wire.sent == before + 1


def test_a_drawing_and_its_upload_give_the_same_digit(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=8", PAPER)
    draw(page, SEVEN)
    draw(page, [(0.35, 0.55), (0.7, 0.5)])
    settled(page, wire)
    in_browser, png = pixels(page.locator(LIVE).first), drawn_png(page)
    of_upload = data.prepare_drawing(png).flatten().numpy()
    assert in_browser.max() > 0.9
    assert np.abs(in_browser - of_upload).mean() <= 1e-2
    shown = page.locator(".gl-strip").first.locator("img").first.get_attribute("src")
    page.get_by_role("radiogroup", name="Picture").get_by_role("radio", name="Upload").click()
    file = {"name": "seven.png", "mimeType": "image/png", "buffer": png}
    page.locator("[data-testid='stFileUploaderDropzoneInput']").set_input_files(file)
    uploaded = page.locator(".gl-strip").nth(1).locator("img").first
    expect(uploaded).to_be_visible()
    a, b = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))), dtype=np.float32) / 255
        for url in (shown, uploaded.get_attribute("src"))
    )
    assert np.abs(a - b).mean() <= 1e-2


def test_thickness_eraser_undo_and_clear(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw", PAPER)
    ink = lambda: np.asarray(Image.open(io.BytesIO(drawn_png(page))).convert("L"), dtype=np.float32).sum()  # noqa: E731
    undo, clear = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Clear")
    expect(undo).to_be_disabled()
    draw(page, [(0.5, 0.2), (0.5, 0.8)])
    thin = ink()
    page.get_by_label("Thickness").fill("40")
    draw(page, [(0.2, 0.2), (0.2, 0.8)])
    assert ink() > 2.5 * thin
    page.get_by_role("button", name="Eraser").click()
    both = ink()
    draw(page, [(0.2, 0.5), (0.5, 0.5)])
    assert ink() < 0.9 * both
    undo.click()
    assert ink() == both
    page.get_by_role("button", name="Pen").click()
    undo.click()
    assert ink() == thin
    clear.click()
    assert ink() == 0
    expect(clear).to_be_disabled()
    expect(page.get_by_text("Draw a digit above")).to_be_visible()


def test_a_page_change_and_back_keeps_the_drawing(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw", PAPER)
    draw(page, SEVEN)
    settled(page, wire)
    png = drawn_png(page)
    page.locator(NAV_LINK).filter(has_text="Data sets").click()
    expect(page.locator("h1")).to_have_text("Data sets")
    settled(page, wire)
    page.locator(NAV_LINK).filter(has_text="Rebuild a digit").click()
    expect(page.locator(PAPER)).to_be_visible()
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")
    assert drawn_png(page) == png
    page.locator(NAV_LINK).filter(has_text="Explore the code").click()
    expect(page.locator(MAP).first).to_be_visible()
    assert drawn_png(page) == png  # one drawing for all lessons
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Draw a digit above")).to_be_visible()


def test_the_sliders_follow_the_pen_without_the_server(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=8", PAPER)
    draw(page, SEVEN)
    expect(page.locator(SLIDERS)).to_be_visible()
    settled(page, wire)
    before, box = pixels(page.locator(LOOK)), box_of(page.locator(PAPER))
    sent = wire.sent
    page.mouse.move(*place(box, 0.3, 0.8))
    page.mouse.down()
    page.mouse.move(*place(box, 0.8, 0.8), steps=6)
    page.wait_for_timeout(200)
    assert not np.array_equal(pixels(page.locator(LOOK)), before)
    assert wire.sent == sent
    page.mouse.up()


# --------------------------------------------------------------------------------------- keys and voices
def test_every_handle_obeys_the_arrow_keys(opened: Any, wire: Wire) -> None:
    page = opened("/explore", RAIL)
    for hand, picture, keys in (
        (HANDLE, DECODED, ("ArrowUp", "ArrowLeft", "Shift+ArrowDown", "Shift+ArrowRight")),
        (RAIL, WALKED, ("Shift+ArrowRight", "End", "Home")),
    ):
        grip, screen = page.locator(hand).first, page.locator(picture).first
        grip.focus()
        width = grip.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth")
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("() => document.activeElement.shadowRoot?.activeElement != null")
        width = grip.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth")
        assert width.startswith("solid"), width  # the focus is seen
        for key in keys:
            value, before = grip.get_attribute("aria-valuetext"), pixels(screen)
            page.keyboard.press(key)
            assert grip.get_attribute("aria-valuetext") != value, (hand, key)
            assert not np.array_equal(pixels(screen), before), (hand, key)
    page.wait_for_url(re.compile(r"walk=0"))


def test_a_digit_can_be_drawn_by_keys_alone(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=8", PAPER)
    page.locator(PAPER).focus()
    sent = wire.sent
    for key in (*["Shift+ArrowUp"] * 4, "Space", *["Shift+ArrowDown"] * 8):
        page.keyboard.press(key)
    assert wire.sent == sent
    page.keyboard.press("Space")
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")
    assert pixels(page.locator(LIVE).first).max() > 0.9


def test_everything_has_a_name_and_a_value(opened: Any, wire: Wire) -> None:
    seen = set()
    for address, part in (("/explore", RAIL), ("/reconstruct?source=draw&k=8", PAPER), ("/reconstruct?k=8", SLIDERS)):
        page = opened(address, part)
        settled(page, wire)
        for kind in ("slider", "img", "button", "application", "checkbox", "combobox"):
            for one in page.locator(".gl").get_by_role(kind).all():
                name = one.evaluate("e => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || ''")
                assert name.strip(), (address, kind)
                seen.add(kind)
                if kind == "slider":
                    assert one.get_attribute("aria-valuetext") or one.evaluate("e => e.value"), name
    assert seen == {"slider", "img", "button", "application", "checkbox", "combobox"}


# --------------------------------------------------------------------------------------- phones, themes, languages
@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_fingers_drag_and_draw_on_a_phone(opened: Any, wire: Wire, page: Any) -> None:
    opened("/reconstruct?source=draw&k=8", PAPER)
    box = box_of(page.locator(PAPER))
    finger(page, [place(box, 0.5, 0.2 + 0.06 * n) for n in range(10)])
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")
    assert page.locator(PAPER).bounding_box()["y"] == box["y"]  # the page did not scroll away
    assert pixels(page.locator(LIVE).first).max() > 0.9

    for address, hand, picture in (
        ("/explore", MAP, DECODED),
        ("/explore", RAIL, WALKED),
        ("/reconstruct?source=test", SLIDER, LOOK),
    ):
        opened(address, hand)
        grip = page.locator(hand).first
        before, box = pixels(page.locator(picture).first), box_of(grip)
        assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
        finger(page, [place(box, 0.5 + 0.04 * n, 0.5) for n in range(8)])
        page.wait_for_timeout(200)
        assert not np.array_equal(pixels(page.locator(picture).first), before), hand


INKED = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((count, value, i) => count + (i % 4 === 3 && value > 200), 0) > 1000"""


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_parts_wear_the_theme(opened: Any, wire: Wire, colour_scheme: str) -> None:
    page = opened("/explore", MAP)
    ground, ink = page.locator(MAP).first.evaluate(
        "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e.closest('.gl')).color]"
    )
    dark = [max(map(int, re.findall(r"\d+", colour)[:3])) < 100 for colour in (ground, ink)]
    assert dark == ([True, False] if colour_scheme == "dark" else [False, True])
    page.wait_for_function(INKED, arg=page.locator(f"{MAP} canvas").first.element_handle())
    ink = painted(page.locator(f"{MAP} canvas").first)
    ink = ink[ink[:, 3] > 200][:, 0]  # the decoded grid is in the theme's ink
    assert ink.mean() > 200 if colour_scheme == "dark" else ink.mean() < 60


@pytest.mark.parametrize("browser_language", ["pt-BR"])
def test_parts_speak_the_visitors_language(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    expect(page.locator(".gl-side output").first).to_contain_text(
        re.compile(r"= −?\d+,\d\d.*mais próximo: um \d", re.S)
    )
    expect(page.locator(HANDLE).first).to_have_attribute("aria-label", "Lugar no mapa")


def test_two_parts_on_one_page_do_not_meet(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    expect(page.locator(MAP)).to_have_count(2)
    settled(page, wire)
    other, box = pixels(page.locator(DECODED).nth(1)), box_of(page.locator(MAP).first)
    page.mouse.click(*place(box, 0.2, 0.3))
    page.wait_for_url(re.compile("small="))
    assert "deep=" not in page.url
    settled(page, wire)
    np.testing.assert_array_equal(pixels(page.locator(DECODED).nth(1)), other)


def test_the_map_can_be_magnified_and_turned_to_other_numbers(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    dots = page.locator(".gl-dots").nth(1)
    before = dots.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Closer").nth(1).click()
    assert dots.evaluate("canvas => canvas.toDataURL()") != before
    page.get_by_label("across").select_option("z₃")
    page.wait_for_url(re.compile("deep=3"))
    boxes = page.get_by_label("Test pictures")
    boxes.nth(1).uncheck()
    expect(dots).to_be_hidden()


# --------------------------------------------------------------------------------------- once, and whole
def test_a_network_reaches_a_browser_once(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?k=8", SLIDERS)
    assert len(wire.networks()) == 1
    for target in ("Data sets", "Home", "Data sets", "Rebuild a digit"):
        page.locator(NAV_LINK).filter(has_text=target).click()
        settled(page, wire)
    expect(page.locator(SLIDERS)).to_be_visible()
    page.locator(STOPS).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("k=16"))
    settled(page, wire)
    page.locator(STOPS).focus()
    page.keyboard.press("ArrowLeft")
    settled(page, wire)
    assert len(wire.networks()) == len(set(wire.networks())) == 2


def test_a_reload_takes_the_network_from_the_browsers_own_cache(browser: Any, app_url: str) -> None:
    context = browser.new_context(base_url=app_url)  # one whose requests no test looks into, as that ends caching
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    asked: dict[str, str] = {}
    received: dict[str, float] = {}
    client.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    client.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    sizes = []
    for visit in (page.goto, page.reload):
        asked.clear()
        visit(*(["/reconstruct?k=8"] if visit == page.goto else []))
        expect(page.locator(SLIDERS)).to_be_visible()
        page.wait_for_timeout(500)
        networks = [key for key, url in asked.items() if "/networks/" in url]
        for _ in range(100):  # the pad's or what is fetched ahead may still come
            if received.keys() >= set(networks):
                break
            page.wait_for_timeout(100)
        sizes.append(sum(received[key] for key in networks))
    context.close()
    assert sizes[0] > 2_000_000  # the network is 2.6 MB
    assert sizes[1] < 2_000


def test_nothing_is_fetched_twice_by_the_server_messages(opened: Any, wire: Wire, page: Any) -> None:
    """The weights do not travel with the script's messages."""
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    opened("/reconstruct?k=8", SLIDERS)
    assert sum(received) < 400_000


DAMAGE = {
    "missing": {"status": 404},
    "broken": {"body": b"\x1f\x8b no network", "content_type": "application/gzip"},
}


@pytest.mark.parametrize(
    ("address", "damage", "parts"),
    [
        ("/reconstruct?k=8", "broken", [(SLIDERS, "Which number of the code")]),
        ("/explore", "missing", [(MAP, "z1"), (".gl-walk", "From the first digit to the second")]),
    ],
    ids=["sliders", "map and scrubber"],
)
def test_broken_or_missing_weights_get_a_sentence_and_the_servers_answer(
    page: Any, wire: Wire, visit: Callable[[str], Any], address: str, damage: str, parts: list[tuple[str, str]]
) -> None:
    page.route("**/networks/**", lambda route: route.fulfill(**DAMAGE[damage]))
    visit(address)
    expect(page.locator(BROKEN).first).to_have_text(re.compile(r"^Your browser could not load.*\.$"))
    for part, answer in parts:
        expect(page.locator(part)).to_have_count(0)
        expect(page.get_by_label(answer).first).to_be_visible()
    settled(page, wire)
    for which in ("z1", "From the first")[: len(parts)]:
        number = 0 if which == "z1" else -1
        picture = page.locator("figure", has_text="Decoded").nth(number).locator("img")
        before = picture.get_attribute("src")
        page.get_by_role("slider", name=re.compile(f"^{which}")).first.focus()
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)


def test_without_weights_one_can_still_draw(page: Any, wire: Wire, visit: Callable[[str], Any]) -> None:
    page.route("**/networks/**", lambda route: route.abort())
    visit("/reconstruct?source=draw&k=8")
    expect(page.locator(PAPER)).to_be_visible()
    expect(page.get_by_text("the server answers when you lift the pen")).to_be_visible()
    draw(page, SEVEN)
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")


def test_without_modules_a_sentence_stands_in(page: Any, wire: Wire, visit: Callable[[str], Any]) -> None:
    page.route("**/modules-*/**", lambda route: route.fulfill(status=404))
    visit("/reconstruct?k=8")
    expect(page.get_by_text("Your browser could not load this part")).to_be_visible()
    expect(page.get_by_label("Which number of the code")).to_be_visible()


# --------------------------------------------------------------------------------------- a strict content policy
POLICY = (
    "default-src 'none'; script-src 'self' blob: {own}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' ws:; worker-src 'self' blob:; media-src 'self'; manifest-src 'self'"
)
WATCH = """addEventListener("securitypolicyviolation", event =>
    console.error("policy: " + event.blockedURI + " " + event.violatedDirective))"""


@pytest.fixture
def strict(page: Any) -> list[str]:
    """The app under a policy that allows nothing from elsewhere and no code made of text; what breaks it.

    Streamlit's own page has an inline script, which is allowed by its hash, and compiles WebAssembly.
    """
    broken: list[str] = []
    page.context.grant_permissions(["local-network-access"])  # asked for by a page that a test has handed over
    page.add_init_script(WATCH)
    page.on("console", lambda message: broken.append(message.text) if message.text.startswith("policy: ") else None)

    def with_policy(route: Any) -> None:
        answer = route.fetch()
        inline = re.findall(r"<script>(.*?)</script>", answer.text(), re.S)
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
        own = " ".join(["'wasm-unsafe-eval'", *(f"'sha256-{value}'" for value in hashes)])
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": POLICY.format(own=own)})

    page.route(lambda url: re.search(r"/(explore|reconstruct)([?]|$)", url) is not None, with_policy)
    return broken


def test_the_parts_work_under_a_strict_content_policy(strict: list[str], opened: Any, wire: Wire) -> None:
    page = opened("/explore", RAIL)
    before, box = pixels(page.locator(DECODED).first), box_of(page.locator(MAP).first)
    page.mouse.click(*place(box, 0.2, 0.3))
    assert not np.array_equal(pixels(page.locator(DECODED).first), before)
    opened("/reconstruct?source=draw", PAPER)
    draw(page, SEVEN)
    expect(page.locator(SLIDERS)).to_be_visible()
    assert not strict


# --------------------------------------------------------------------------------------- what went wrong once
def test_a_slow_network_that_was_overtaken_does_not_come_back(opened: Any, wire: Wire, page: Any) -> None:
    """k is moved twice while the first network is on its way; then once more."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    opened("/reconstruct?source=draw&k=8", PAPER)
    draw(page, SEVEN)
    expect(page.locator(SLIDER)).to_have_count(8)
    page.route("**/networks/ae-mnist-z16-*", hold)
    for k in (16, 32):
        page.locator(STOPS).focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile(f"k={k}"))
        settled(page, wire)
    expect(page.locator(SLIDER)).to_have_count(32)
    for route in held:
        route.continue_()
    page.unroute("**/networks/ae-mnist-z16-*")
    settled(page, wire)
    expect(page.locator(SLIDER)).to_have_count(32)
    page.locator(STOPS).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(SLIDER)).to_have_count(64)
    expect(page.locator(PAPER)).to_have_count(1)
    expect(page.locator(SLIDERS)).to_have_count(1)
    before = pixels(page.locator(LOOK))
    draw(page, [(0.3, 0.8), (0.8, 0.8)])  # the parts still hear each other
    assert not np.array_equal(pixels(page.locator(LOOK)), before)


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_scroll_that_begins_on_a_slider_leaves_it_alone(opened: Any, wire: Wire, page: Any) -> None:
    opened("/reconstruct?k=16", SLIDER)
    grip = page.locator(SLIDER).nth(4)
    box, value, sent = box_of(grip), grip.input_value(), wire.sent
    finger(page, [(box["x"] + 0.8 * box["width"], box["y"] + 15 - 12 * n) for n in range(20)])
    settled(page, wire)
    assert grip.bounding_box()["y"] < box["y"] - 50
    assert grip.input_value() == value
    assert wire.sent == sent


def test_keys_go_on_from_the_handle_and_not_from_the_mouse(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    box, handle = box_of(page.locator(MAP).first), page.locator(HANDLE).first
    where = lambda: float(handle.evaluate("e => parseFloat(e.style.left)"))  # noqa: E731
    page.mouse.click(*place(box, 0.3, 0.3))
    page.mouse.move(*place(box, 0.8, 0.6))
    page.keyboard.press("ArrowRight")
    assert abs(where() - 32) < 1


def test_a_second_finger_takes_no_handle_and_a_palm_draws_nothing(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    area, sent = page.locator(MAP).first, wire.sent
    steps = [
        ("pointerdown", 5, "touch", 0.2, 0.2),
        ("pointerdown", 6, "second", 0.9, 0.9),
        ("pointermove", 5, "touch", 0.3, 0.3),
        ("pointerup", 6, "second", 0.9, 0.9),
        ("pointermove", 5, "touch", 0.4, 0.4),
    ]
    for step in steps:
        area.evaluate(POINTER, list(step))
    assert wire.sent == sent
    assert page.locator(HANDLE).first.evaluate("e => parseFloat(e.style.left)") == pytest.approx(40, abs=0.5)
    area.evaluate(POINTER, ["pointerup", 5, "touch", 0.4, 0.4])
    page.wait_for_url(re.compile("small="))

    opened("/reconstruct?source=draw", PAPER)
    sheet = page.locator(PAPER)
    steps = [
        ("pointerdown", 1, "pen", 0.3, 0.2),
        ("pointermove", 1, "pen", 0.3, 0.4),
        ("pointerdown", 2, "touch", 0.9, 0.9),
        ("pointermove", 2, "touch", 0.9, 0.7),
        ("pointermove", 1, "pen", 0.3, 0.8),
        ("pointerup", 1, "pen", 0.3, 0.8),
    ]
    for step in steps:
        sheet.evaluate(POINTER, list(step))
    ink = np.asarray(Image.open(io.BytesIO(drawn_png(page))).convert("L"))
    assert ink[:, 140:].max() == 0  # where the palm lay
    assert ink[220, 84] > 200  # where the pen went


def test_undo_with_the_pen_lowered_loses_nothing_drawn_later(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw", PAPER)
    page.locator(PAPER).focus()
    for key in ("Space", "ArrowRight", "Control+z", "Space", *["ArrowRight"] * 6, "Space"):
        page.keyboard.press(key)
    settled(page, wire)
    png = drawn_png(page)
    page.locator(NAV_LINK).filter(has_text="Data sets").click()
    expect(page.locator("h1")).to_have_text("Data sets")
    page.locator(NAV_LINK).filter(has_text="Rebuild a digit").click()
    expect(page.locator(PAPER)).to_be_visible()
    settled(page, wire)
    assert drawn_png(page) == png
    assert Image.open(io.BytesIO(png)).convert("L").getbbox() is not None


def test_boxes_and_choices_of_the_map_keep_their_state_and_the_focus(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    grid, box = page.locator(f"{MAP} canvas").first, page.get_by_label("Decoded grid").first
    box.uncheck()
    page.get_by_role("radiogroup", name="Class").get_by_role("radio", name="7", exact=True).click()
    page.wait_for_url(re.compile("digit=7"))
    settled(page, wire)
    expect(box).not_to_be_checked()
    expect(grid).to_be_hidden()
    choice = page.get_by_label("up")
    choice.focus()
    page.keyboard.press("ArrowDown")
    assert choice.evaluate("e => e.getRootNode().activeElement === e")
    low, high = (float(page.locator(HANDLE).first.get_attribute(f"aria-value{end}")) for end in ("min", "max"))
    assert low < float(page.locator(HANDLE).first.get_attribute("aria-valuenow")) < high


def test_a_place_far_out_is_shown_where_it_is(opened: Any, wire: Wire) -> None:
    page = opened("/explore?small=1,2,60,-70", MAP)
    with torch.inference_mode():
        wanted = checkpoints.load("ae-mnist-z2").model.decode(torch.tensor([[60.0, -70.0]]))
    np.testing.assert_allclose(pixels(page.locator(DECODED).first), wanted.flatten().numpy(), atol=2.1 / 255)


def test_a_module_that_comes_late_takes_its_place_back(page: Any, wire: Wire, visit: Callable[[str], Any]) -> None:
    page.route("**/modules-*/sliders.js", lambda route: route.abort())
    visit("/reconstruct?k=8")
    expect(page.get_by_label("Which number of the code")).to_be_visible()
    page.unroute("**/modules-*/sliders.js")
    page.reload()
    expect(page.locator(SLIDERS)).to_be_visible()
    expect(page.get_by_label("Which number of the code")).to_have_count(0)


def test_back_undoes_a_dragged_code_and_then_leaves_the_page(opened: Any, wire: Wire) -> None:
    page = opened("/", "[data-testid='stSidebarNav']")
    page.locator(NAV_LINK).filter(has_text="Rebuild a digit").click()
    expect(page.locator(SLIDERS)).to_be_visible()
    settled(page, wire)
    own = pixels(page.locator(LOOK))
    page.get_by_role("button", name="Random code").click()
    page.wait_for_url(re.compile("code="))
    settled(page, wire)
    assert not np.array_equal(pixels(page.locator(LOOK)), own)
    page.go_back()
    page.wait_for_url(lambda url: "code=" not in url)
    settled(page, wire)
    assert "code=" not in page.url
    np.testing.assert_allclose(pixels(page.locator(LOOK)), own, atol=2.1 / 255)
    page.go_back()
    expect(page.locator("h1")).to_have_text("genlab")


def test_a_slider_dragged_before_the_server_knows_the_drawing_stays_where_it_is(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=8", PAPER)
    draw(page, SEVEN)
    expect(page.locator(SLIDERS)).to_be_visible()
    settled(page, wire)
    draw(page, [(0.3, 0.8), (0.8, 0.8)])
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )  # the pen's last
    grip = page.locator(SLIDER).first
    grip.evaluate(
        "e => { e.value = e.max; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); }"
    )
    value = float(grip.input_value())
    page.wait_for_url(re.compile("code="))
    settled(page, wire)
    assert float(grip.input_value()) == pytest.approx(value)


def test_the_pen_moved_over_the_sheet_leaves_a_dragged_slider(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw&k=8", PAPER)
    draw(page, SEVEN)
    expect(page.locator(SLIDERS)).to_be_visible()
    settled(page, wire)
    page.locator(SLIDER).first.press("End")
    page.wait_for_url(re.compile("code="))
    value = page.locator(SLIDER).first.input_value()
    page.locator(PAPER).press("ArrowLeft")  # nothing is drawn, but the pad says again what is on it
    settled(page, wire)
    assert page.locator(SLIDER).first.input_value() == value


def test_a_reload_keeps_the_drawing(opened: Any, wire: Wire) -> None:
    page = opened("/reconstruct?source=draw", PAPER)
    draw(page, SEVEN)
    settled(page, wire)
    png = drawn_png(page)
    page.reload()
    expect(page.locator(".gl-strip").first).to_contain_text("Autoencoder")
    assert drawn_png(page) == png


def test_the_map_goes_back_to_the_picture(opened: Any, wire: Wire) -> None:
    page = opened("/explore", MAP)
    own = pixels(page.locator(DECODED).first)
    page.mouse.click(*place(box_of(page.locator(MAP).first), 0.2, 0.3))
    assert not np.array_equal(pixels(page.locator(DECODED).first), own)
    page.get_by_role("button", name="To the picture").first.click()
    np.testing.assert_array_equal(pixels(page.locator(DECODED).first), own)
