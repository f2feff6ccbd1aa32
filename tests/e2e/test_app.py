"""The app as people use it: started by ``streamlit run app.py``, seen through a real browser.

Every visitor of this file is watched: nothing may be asked of another machine, and neither the browser's console nor
the server's terminal may complain.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from benchmarks.server import running
from tests.e2e.conftest import PATIENCE, PHONE
from tests.e2e.hands import NAV_LINK
from ui.home import CARDS

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

CLASS, VIEW, SOURCE, LANGUAGE = "Class", "Look closer", "Picture", "Language"
ERROR = "[data-testid='stAlertContentError']"
EXCEPTION = "[data-testid='stException']"
SLIDER = "[data-testid='stSlider'] input[type='range']"
FILE = "[data-testid='stFileUploaderDropzoneInput']"
CHART = "[data-testid='stPlotlyChart']"
STRIP = ".gl-strip"

# What the server says when all is well. Anything else is a complaint.
BANNER = re.compile(
    r"Uvicorn server started|You can now view your Streamlit app|(Local |Network |External )?URL:|Stopping"
)


@pytest.fixture
def asked(page: Any) -> list[str]:
    """Every address that the page asks for, WebSockets included."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    return addresses


@pytest.fixture
def said(page: Any) -> list[str]:
    """The errors on the browser's console."""
    errors: list[str] = []

    def listen(message: Any) -> None:
        if message.type == "error":
            errors.append(f"{message.text} {message.location.get('url', '')}")

    page.on("console", listen)
    return errors


@pytest.fixture(autouse=True)
def watched(page: Any, app_url: str, asked: list[str], said: list[str]) -> Iterator[None]:
    """At the end of each visit: nobody else was asked, nothing was complained about, no exception is shown."""
    # On a link to a page, Streamlit first looks for its server below that page; the 404 is how it learns better.
    probe = re.compile(rf"404 .*{re.escape(app_url)}/\w+/_stcore/(health|host-config)$")
    yield
    expect(page.locator(EXCEPTION)).to_have_count(0)
    host = app_url.removeprefix("http://")
    strangers = [a for a in asked if not a.startswith((f"http://{host}/", f"ws://{host}/", "data:", "blob:"))]
    assert not strangers
    assert f"ws://{host}/_stcore/stream" in asked
    assert not [error for error in said if not probe.search(error)]


def quiet(log: Path) -> bool:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    complaints = [line for line in lines if line.strip() and not BANNER.search(line)]
    assert not complaints, "\n".join(complaints)
    return True


def title(page: Any, text: str) -> None:
    expect(page.locator("h1")).to_have_text(text)


def choice(page: Any, group: str, option: str) -> Any:
    """One button of a row of buttons."""
    return page.get_by_role("radiogroup", name=group).get_by_role("radio", name=option, exact=True)


def choose(page: Any, group: str, option: str) -> None:
    choice(page, group, option).click()
    expect(choice(page, group, option)).to_be_checked()


def k_is(page: Any, k: int) -> None:
    """Slider and pictures agree that the code has ``k`` numbers."""
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", str(k))
    expect(page.locator(STRIP).first).to_contain_text(f"{k} numbers")


def source_of(page: Any, place: int) -> str:
    """A picture of the first strip: 0 the original, 2 the autoencoder's."""
    return page.locator(STRIP).first.locator("img").nth(place).get_attribute("src")


def all_pictures_are_good(page: Any) -> int:
    """Every picture has loaded and has an alternative text; how many there are."""
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    images = page.locator("img").evaluate_all(
        "all => all.map(one => [one.alt, one.naturalWidth, one.src.slice(0, 90)])"
    )
    assert not [src for alt, width, src in images if not alt.strip() or not width]
    return len(images)


def arrived(page: Any) -> None:
    """All cards' pictures are there: Streamlit forgets those of a page that is left, also those still on their way."""
    expect(page.locator("[data-testid='stImage'] img")).to_have_count(len(CARDS))
    page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth)", timeout=PATIENCE)


def nothing_sticks_out(page: Any) -> None:
    """The page does not scroll sideways."""
    widths = page.evaluate(
        """() => [document.scrollingElement, ...document.querySelectorAll("[data-testid='stMain']")]
                 .map(element => [element.scrollWidth, element.clientWidth])"""
    )
    assert len(widths) == 2
    assert all(content <= room for content, room in widths)


# --------------------------------------------------------------------------------------- a fresh server
class TestTheFirstVisitorOfAServer:
    """Has a server of its own: Streamlit once took the folder ``pages`` for its old kind of app (see ui/routing.py)."""

    @pytest.fixture
    def app_log(self, tmp_path: Path) -> Path:
        return tmp_path / "streamlit.log"

    @pytest.fixture
    def app_url(self, app_file: Path, app_log: Path) -> Iterator[str]:
        with running(app_file, log=app_log) as server:
            yield server.url

    def test_may_follow_a_link_to_a_lesson_in_a_certain_state(self, page: Any, app_log: Path) -> None:
        page.add_init_script(
            """window.dialogs = [];
               new MutationObserver(() => document.querySelectorAll("[role='dialog']").forEach(
                   dialog => window.dialogs.push(dialog.innerText)
               )).observe(document, {childList: true, subtree: true});"""
        )
        page.goto("/reconstruct?k=32&digit=7&view=curve")
        title(page, "Rebuild a digit")
        k_is(page, 32)
        expect(choice(page, CLASS, "7")).to_be_checked()
        expect(choice(page, VIEW, "Error curve")).to_be_checked()
        expect(page.locator(CHART)).to_be_visible()
        expect(page.locator(NAV_LINK)).to_contain_text(["Home", "Rebuild a digit", "Data sets"])  # the router's names
        expect(page.get_by_text("Device:")).to_be_visible()
        expect(page.get_by_text("warming up")).to_have_count(0)  # the panel learns that torch is there
        assert page.evaluate("window.dialogs") == []
        for row in page.get_by_role("radiogroup").all():  # two runs at once, and a browser may see the second only
            expect(row.get_by_role("radio", checked=True)).to_have_count(1)
        for wanted in ("k=32", "digit=7", "view=curve"):
            assert wanted in page.url
        assert quiet(app_log)


# --------------------------------------------------------------------------------------- home
def test_home_leads_to_the_lessons(visit: Callable[[str], Any]) -> None:
    page = visit("/")
    title(page, "genlab")
    expect(page.locator("[data-testid='stImage'] img")).to_have_count(len(CARDS))
    arrived(page)
    assert all_pictures_are_good(page) >= len(CARDS)
    (card,) = [card for card in CARDS if card.state.get("k") == "2"]
    page.get_by_role("link", name=card.title).click()
    title(page, "Rebuild a digit")
    k_is(page, 2)
    assert "/reconstruct?" in page.url
    page.go_back()
    title(page, "genlab")
    arrived(page)
    page.locator(NAV_LINK).filter(has_text="Data sets").click()
    title(page, "Data sets")


# --------------------------------------------------------------------------------------- the address
def test_nonsense_in_a_link_falls_back(visit: Callable[[str], Any]) -> None:
    page = visit("/reconstruct?k=banana&digit=99&number=-5&view=<b>&source=../x&lang=klingon")
    title(page, "Rebuild a digit")
    k_is(page, 8)
    expect(choice(page, SOURCE, "Test picture")).to_be_checked()
    expect(choice(page, CLASS, "4")).to_be_checked()
    expect(page.locator("[data-testid='stNumberInputField']")).to_have_value("1")
    expect(choice(page, VIEW, "All sizes")).to_be_checked()
    page.wait_for_url(lambda url: "view=" not in url and "source=" not in url)


def test_slider_and_choices_change_picture_and_address_and_back_undoes(visit: Callable[[str], Any]) -> None:
    page = visit("/reconstruct?view=curve")
    k_is(page, 8)
    original, before = source_of(page, 0), source_of(page, 2)
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowRight")
    k_is(page, 16)
    page.wait_for_url("**k=16*")
    assert source_of(page, 0) == original
    assert source_of(page, 2) != before
    page.keyboard.press("Home")
    k_is(page, 2)
    page.wait_for_url("**k=2*")

    again = page.get_by_role("button", name="New random codes")
    choose(page, VIEW, "Random codes")
    expect(again).to_be_visible()
    page.wait_for_url("**view=random*")
    drawn = page.locator(STRIP).nth(1).locator("img").first
    first = drawn.get_attribute("src")
    again.click()
    expect(drawn).not_to_have_attribute("src", first)

    page.go_back()
    expect(choice(page, VIEW, "Error curve")).to_be_checked()
    expect(page.locator(CHART)).to_be_visible()
    assert "view=curve" in page.url
    choose(page, CLASS, "9")
    page.wait_for_url("**digit=9*")
    expect(page.locator(STRIP).first.locator("img").first).not_to_have_attribute("src", original)


# --------------------------------------------------------------------------------------- own pictures
def a_seven() -> bytes:
    picture = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(picture).line([(110, 50), (210, 50), (150, 200)], fill="black", width=18, joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def send(page: Any, content: bytes, name: str = "digit.png") -> None:
    page.locator(FILE).set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_uploads_good_hostile_and_too_large(visit: Callable[[str], Any], asked: list[str]) -> None:
    page = visit("/reconstruct?source=upload&view=curve")
    expect(page.get_by_text("Choose a picture above")).to_be_visible()

    send(page, a_seven())
    expect(page.locator(STRIP)).to_have_count(2)  # the stages, and the reconstruction
    expect(page.locator(STRIP).first.locator("figure")).to_contain_text(["Original", "Grey", "Box", "28×28"])
    expect(page.locator(STRIP).nth(1)).to_contain_text("Autoencoder")
    all_pictures_are_good(page)
    expect(page.locator(CHART)).to_be_visible()

    send(page, b"<script>alert('I am no picture')</script>" * 20, "<img src=x onerror=alert(1)>.png")
    expect(page.locator(ERROR)).to_have_text(re.compile(r"^\S.*no picture.*\.$"))
    expect(page.locator(STRIP)).to_have_count(0)

    sent = len([address for address in asked if "upload_file" in address])
    send(page, a_seven() + bytes(6 * 2**20), "large.png")
    expect(page.locator("[data-testid='stFileUploader']")).to_contain_text("must be 5.0MB or smaller")
    assert len([address for address in asked if "upload_file" in address]) == sent  # it did not leave the browser

    send(page, a_seven())
    expect(page.locator(STRIP)).to_have_count(2)
    page.locator(NAV_LINK).filter(has_text="Data sets").click()
    title(page, "Data sets")
    page.go_back()
    title(page, "Rebuild a digit")
    expect(page.get_by_text("Your last picture:")).to_be_visible()
    expect(page.locator(STRIP)).to_have_count(2)


def test_the_camera_asks_before_it_looks(visit: Callable[[str], Any]) -> None:
    page = visit("/reconstruct?source=camera")
    expect(page.locator("[data-testid='stCameraInput']")).to_contain_text("camera")
    expect(page.get_by_text("Choose a picture above")).to_be_visible()
    choose(page, SOURCE, "Test picture")
    expect(page.locator(STRIP).first).to_be_visible()


# --------------------------------------------------------------------------------------- languages
def test_the_switch_changes_texts_and_address_on_every_page(visit: Callable[[str], Any]) -> None:
    page = visit("/reconstruct?k=16")
    k_is(page, 16)
    choose(page, LANGUAGE, "EN")
    choice(page, LANGUAGE, "PT").click()
    title(page, "Reconstruir um dígito")
    page.wait_for_url("**lang=pt*")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "16")  # nothing else changed
    expect(page.locator(STRIP).first).to_contain_text("16 números")
    page.locator(NAV_LINK).filter(has_text="Conjuntos de dados").click()
    title(page, "Conjuntos de dados")
    page.wait_for_url("**lang=pt*")
    choice(page, "Idioma", "EN").click()
    title(page, "Data sets")
    page.wait_for_url("**lang=en*")


@pytest.mark.parametrize("browser_language", ["pt-BR"])
def test_the_browsers_language_is_spoken(visit: Callable[[str], Any]) -> None:
    page = visit("/reconstruct?view=networks")
    title(page, "Reconstruir um dígito")
    expect(page.locator(STRIP).first).to_contain_text(re.compile(r"SSE \d+,\d"))
    assert "lang=" not in page.url


# --------------------------------------------------------------------------------------- screens
@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
@pytest.mark.parametrize("colour_scheme", ["dark"])
def test_every_page_fits_a_phone_and_is_dark_where_that_is_wanted(
    visit: Callable[[str], Any], settle: Callable[[], None]
) -> None:
    page = visit("/")
    title(page, "genlab")
    links = page.locator(NAV_LINK)
    expect(links.first).to_be_attached()
    assert links.count() > 15
    for n in range(links.count()):
        before = page.locator("h1").inner_text()
        if n:
            links.nth(n).evaluate("link => link.click()")  # the menu is closed on a phone
            expect(page.locator("h1")).not_to_have_text(before)
            settle()
        fits_and_is_dark(page)
    for view, shown in (("curve", CHART), ("random&source=test", STRIP)):
        visit(f"/reconstruct?view={view}")
        expect(page.locator(shown).last).to_be_visible()
        fits_and_is_dark(page)


def fits_and_is_dark(page: Any) -> None:
    nothing_sticks_out(page)
    all_pictures_are_good(page)
    ground, ink = page.evaluate(
        """() => ["[data-testid='stApp']", "h1"].map(query => getComputedStyle(document.querySelector(query)))
                 .map((style, n) => n ? style.color : style.backgroundColor)"""
    )
    assert max(map(int, re.findall(r"\d+", ground)[:3])) < 60
    assert min(map(int, re.findall(r"\d+", ink)[:3])) > 200


# --------------------------------------------------------------------------------------- the terminal
def test_after_all_this_the_terminal_is_quiet(visit: Callable[[str], Any], app_log: Path) -> None:
    """The last one in this file, so that it has seen the others."""
    visit("/data")
    assert quiet(app_log)
