"""The real app in a real browser.

`app_url` starts `streamlit run app.py` once, `browser` one Chromium; `page` is a fresh visitor. A test chooses who
the visitor is by parametrizing the small fixtures:

    from tests.e2e.conftest import DESKTOP, PHONE

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
    @pytest.mark.parametrize("colour_scheme", ["light", "dark"])
    def test_something(visit): page = visit("/reconstruct?lang=pt")

A visitor's browser reaches the app and nothing else: a request to any other place, or an uncaught JavaScript error,
fails the test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.server import ROOT, running

sync_api = pytest.importorskip("playwright.sync_api")

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
]
READY = "[data-testid='stApp'][data-test-connection-state='CONNECTED'][data-test-script-state='notRunning']"
SKELETON = "[data-testid='stSkeleton']"  # stands in until the code of a widget has been loaded


@pytest.fixture(scope="session")
def app_file() -> Path:
    """The script to run."""
    return ROOT / "app.py"


@pytest.fixture(scope="session")
def app_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the app writes to its terminal."""
    return tmp_path_factory.mktemp("app") / "streamlit.log"


@pytest.fixture(scope="session")
def app_url(app_file: Path, app_log: Path) -> Iterator[str]:
    """The address of the running app, without a slash at its end."""
    with running(app_file, log=app_log) as server:
        yield server.url


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


@pytest.fixture
def page(
    browser: Any, app_url: str, viewport: dict[str, int], colour_scheme: str, browser_language: str
) -> Iterator[Any]:
    """A fresh visitor's page, not yet anywhere. Narrow windows have a touch screen."""
    context = browser.new_context(
        base_url=app_url,
        viewport=viewport,
        color_scheme=colour_scheme,
        locale=browser_language,
        has_touch=viewport["width"] < 600,
    )
    context.set_default_timeout(20_000)
    strangers: list[str] = []
    faults: list[str] = []

    def refuse(route: Any) -> None:
        strangers.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((app_url, "data:", "blob:")), refuse)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not strangers, f"the page asked other places for {strangers}"
    assert not faults, f"errors in the page: {faults}"


@pytest.fixture
def settle(page: Any) -> Callable[[], None]:
    """Wait until the script has finished running and every widget is drawn."""

    def wait() -> None:
        page.wait_for_selector(READY, state="attached")
        page.wait_for_function("query => !document.querySelector(query)", arg=SKELETON)

    return wait


@pytest.fixture
def visit(page: Any, settle: Callable[[], None]) -> Callable[[str], Any]:
    """Open a path such as ``/reconstruct?lang=pt``; the page, when its script has finished."""

    def go(path: str = "/") -> Any:
        page.goto(path)
        settle()
        return page

    return go
