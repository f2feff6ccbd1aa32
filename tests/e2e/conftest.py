"""The real app in a real browser.

`app_url` starts `streamlit run app.py` once and lets it warm up, `browser` starts one Chromium; `page` is a new tab of
a visitor's browser, for the server a new visitor. Browsers of one kind share what they have fetched, since loading
Streamlit itself anew for each test takes longer than most tests. A test chooses who the visitor is by parametrizing
the small fixtures:

    from tests.e2e.conftest import DESKTOP, PHONE

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
    @pytest.mark.parametrize("colour_scheme", ["light", "dark"])
    def test_something(visit): page = visit("/reconstruct?lang=pt")

A visitor's browser reaches the app and nothing else: a request to any other place, or an uncaught JavaScript error,
fails the test. `seen` is a page that several tests of a file look at, one after the other, as they leave it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.server import ROOT, running
from tests.e2e.hands import READY, SKELETON, Wire, settled

sync_api = pytest.importorskip("playwright.sync_api")

SAVES_DATA = "Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })"
PATIENCE = 90_000  # ms; a machine may be busy

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # tabs of a visitor's browser share one renderer, which has read Streamlit's program already
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing else can be reached
]


@pytest.fixture(scope="session")
def app_file() -> Path:
    """The script to run."""
    return ROOT / "app.py"


@pytest.fixture(scope="session")
def app_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the app writes to its terminal."""
    return tmp_path_factory.mktemp("app") / "streamlit.log"


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """How long anything is waited for."""
    sync_api.expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium for all tests of a worker."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = f"no browser on this machine (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def app_url(app_file: Path, app_log: Path, browser: Any) -> Iterator[str]:
    """The address of the running app, without a slash at its end.

    It is warm: before, the sidebar asks it again and again, and messages could not be counted.
    """
    with running(app_file, log=app_log) as server:
        first = browser.new_page()
        first.goto(server.url)
        sync_api.expect(first.get_by_text("CPU")).to_be_visible(timeout=PATIENCE)
        first.close()
        yield server.url


@pytest.fixture(scope="session")
def contexts(browser: Any) -> Iterator[dict[Any, Any]]:
    """The visitors' browsers by kind, for as long as the worker lives."""
    made: dict[Any, Any] = {}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture
def viewport() -> dict[str, int]:
    """The size of the visitor's window in CSS pixels."""
    return DESKTOP


@pytest.fixture
def colour_scheme() -> str:
    """``light`` or ``dark``, as the visitor's system prefers."""
    return "light"


@pytest.fixture
def browser_language() -> str:
    """What the visitor's browser says it speaks."""
    return "en-US"


@contextmanager
def new_visitor(
    browser: Any, contexts: dict[Any, Any], app_url: str, viewport: dict[str, int], scheme: str, language: str
) -> Iterator[Any]:
    """A new tab; at its end nobody but the app was asked, and no script has failed.

    The visitor saves data, so that nothing is loaded ahead (``ui/ahead.py``), and has another tab open all the time, so
    that the renderer stays: together half of what a page costs (3.6 → 1.7 CPU-seconds), and most tests open one.
    """
    kind = (app_url, viewport["width"], scheme, language)
    if kind not in contexts:
        contexts[kind] = browser.new_context(
            base_url=app_url,
            viewport=viewport,
            color_scheme=scheme,
            locale=language,
            has_touch=viewport["width"] < 600,
        )
        contexts[kind].set_default_timeout(PATIENCE)
        contexts[kind].add_init_script(SAVES_DATA)
        contexts[kind].new_page().goto("/_stcore/health")
    page = contexts[kind].new_page()
    own = (app_url, app_url.replace("http", "ws", 1), "data:", "blob:")
    strangers: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: request.url.startswith(own) or strangers.append(request.url))
    page.on("websocket", lambda socket: socket.url.startswith(own) or strangers.append(socket.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    page.close()
    assert not strangers, f"the page asked other places for {strangers}"
    assert not faults, f"errors in the page: {faults}"


@pytest.fixture
def page(
    browser: Any,
    contexts: dict[Any, Any],
    app_url: str,
    viewport: dict[str, int],
    colour_scheme: str,
    browser_language: str,
) -> Iterator[Any]:
    """A fresh visitor's page, not yet anywhere. Narrow windows have a touch screen."""
    with new_visitor(browser, contexts, app_url, viewport, colour_scheme, browser_language) as page:
        yield page


@pytest.fixture(scope="module")
def seen(browser: Any, contexts: dict[Any, Any], app_url: str) -> Iterator[Callable[[str], tuple[Any, Wire]]]:
    """Open a path on a desktop, or come back to it as an earlier test of the file left it: the page and its wire."""
    with ExitStack() as stack:
        pages: dict[str, tuple[Any, Wire]] = {}

        def go(path: str) -> tuple[Any, Wire]:
            if path not in pages:
                page = stack.enter_context(new_visitor(browser, contexts, app_url, DESKTOP, "light", "en-US"))
                pages[path] = page, Wire(page)
                page.goto(path)
            page, wire = pages[path]
            page.bring_to_front()
            page.mouse.move(0, 0)
            drawn(page)
            settled(page, wire)
            return page, wire

        yield go


def drawn(page: Any) -> None:
    """The script has finished running and every widget is drawn."""
    page.wait_for_selector(READY, state="attached")
    page.wait_for_function("query => !document.querySelector(query)", arg=SKELETON)


@pytest.fixture
def wire(page: Any) -> Wire:
    """What the page says to the server, and what it fetches."""
    return Wire(page)


@pytest.fixture
def settle(page: Any) -> Callable[[], None]:
    """Wait until the script has finished running and every widget is drawn."""

    return lambda: drawn(page)


@pytest.fixture
def visit(page: Any, settle: Callable[[], None]) -> Callable[[str], Any]:
    """Open a path such as ``/reconstruct?lang=pt``; the page, when its script has finished."""

    def go(path: str = "/") -> Any:
        page.goto(path)
        settle()
        return page

    return go


@pytest.fixture
def opened(wire: Wire, visit: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """Open an address and wait for a part of it."""

    def go(address: str, part: str) -> Any:
        page = visit(address)
        sync_api.expect(page.locator(part).first).to_be_visible()
        settled(page, wire)
        return page

    return go
