"""Every page as a visitor gets it, without a browser: what is drawn, in which language, and what goes wrong softly.

Streamlit's AppTest runs the script in this process. The background warm-up is off here, so that nothing but the
visitor under test fills a cache. "Bare" is a machine without MNIST; most tests run on it, as it needs no files.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gc
import io
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import Runtime
from streamlit.runtime.caching.storage.dummy_cache_storage import MemoryCacheStorageManager
from streamlit.runtime.dataframe_source_manager import DataframeSourceManager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test
from streamlit.testing.v1.util import patch_config_options

from genlab import checkpoints
from genlab.catalog import SIZES
from genlab.data import downloads, drawing_stages, prepare_drawing, sources, torchvision_ops
from genlab.errors import DownloadError, PictureError
from tests.data_fixtures import idx_files, tiny_source, write_files
from ui import cache, warm
from ui.components import publish, reach
from ui.source import MOST_MEMBERS

ROOT = Path(__file__).parents[1]
PAGES = sorted(f"pages/{file.name}" for file in (ROOT / "pages").glob("*.py") if file.name != "__init__.py")
RECONSTRUCT, EXPLORE, DATA = "pages/reconstruct.py", "pages/explore.py", "pages/data.py"
DENOISE, REGULARISERS = "pages/denoise.py", "pages/regularisers.py"
TOUR = [page for page in PAGES if page != "pages/street.py"]  # which keeps the digit that was chosen elsewhere
LESSONS = (RECONSTRUCT, EXPLORE, DENOISE, REGULARISERS)  # which begin with a digit
OTHERS = ("pages/letters.py", "pages/stack.py", "pages/street.py", "pages/gan.py")
VARIATIONAL = tuple(
    f"pages/{name}.py" for name in ("vae", "interpolate", "random_codes", "arithmetic", "differences", "maps")
)
VIEWS = ("sizes", "curve", "random", "networks")
NAMED_DATA = os.environ.get(sources.VARIABLE, "")  # where MNIST may be, before a test hides it
INSTALLED = functools.cache(manifest_scanner.scan_component_manifests)
PATIENCE = 120  # seconds a run may take; a machine may be busy


# --------------------------------------------------------------------------------------- the machine
@pytest.fixture(autouse=True, scope="module")
def thaw() -> Iterator[None]:
    """The app freezes what is alive; the tests that follow get their garbage collector back."""
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without data sets; the folder is where downloads would go."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(sources.VARIABLE, str(tmp_path / "no data"))
    (tmp_path / "no data").mkdir()
    monkeypatch.setattr(sources, "cache_root", lambda: folder)
    monkeypatch.setattr(downloads, "cache_root", lambda: folder)
    for done in (warm._started, warm.ready):
        monkeypatch.setattr(done, "is_set", lambda: True)
    forget_data()
    yield folder
    forget_data()


@pytest.fixture(autouse=True)
def router(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run goes through ``app.py``, as on a server that has had its first visitor (see ``ui.routing``).

    AppTest makes each run that of a first visitor; the class that it does this to is replaced by one of its own. Each
    also reads what all installed packages say of themselves, to look for components; once is enough.
    """
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("RunPagesManager", (PagesManager,), {}))
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", INSTALLED)


def forget_data() -> None:
    cache.test_set.clear()
    cache.members.clear()


@pytest.fixture
def with_mnist(bare: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with MNIST."""
    monkeypatch.setenv(sources.VARIABLE, NAMED_DATA)
    monkeypatch.setenv(sources.VARIABLE, str(request.getfixturevalue("mnist_root")))


@pytest.fixture(params=["bare", pytest.param("mnist", marks=pytest.mark.mnist)])
def machine(request: pytest.FixtureRequest) -> str:
    """One after the other; the data set that the lessons begin with."""
    if request.param == "mnist":
        request.getfixturevalue("with_mnist")
    return {"bare": "digits", "mnist": "mnist"}[request.param]


# --------------------------------------------------------------------------------------- the visitor
def visit(page: str = "pages/home.py", **address: str) -> AppTest:
    """A new visitor who follows a link to a page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params.update(address)
    app._registered_pages = registered()
    return go(app, page)


@functools.cache
def registered() -> dict[str, Any]:
    """The pages that the router names; AppTest learns them from a first run, and one is enough for all tests."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()._registered_pages


def go(app: AppTest, page: str) -> AppTest:
    """The visitor turns to another page."""
    app.switch_page(page).run()
    fine(app)
    assert app._finished_page_script_hash == app._page_hash  # not sent home instead
    return app


def fine(app: AppTest) -> None:
    assert not app.exception, app.exception[0].proto.stack_trace


def sentences(app: AppTest) -> list[str]:
    """What the page says went wrong."""
    fine(app)
    return [error.value for error in app.error]


def words(app: AppTest) -> list[str]:
    """All that is written on the page and in its sidebar, from top to bottom."""
    found = []
    for element in (*app.sidebar, *app.main):
        if element.type in ("html", "table"):
            found += [text for strip in strips(app) for figure in strip for text in (figure.caption, figure.alt)]
        for name in ("label", "value", "help"):
            text = getattr(element, name, None)
            if isinstance(text, str) and not text.startswith("<script "):  # a program says nothing
                found.append(text)
        found += map(str, getattr(element, "options", []))
    found += [link.proto.label for link in app.get("page_link")]
    return found


# --------------------------------------------------------------------------------------- the pictures
@dataclass
class Figure:
    """One picture of a strip, as the page holds it."""

    png: bytes = b""
    alt: str = ""
    caption: str = ""
    chosen: bool = False

    @property
    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.png)))


@dataclass
class StripReader(HTMLParser):
    """The figures of one block of HTML."""

    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.in_caption = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "figure":
            self.figures.append(Figure(chosen=given.get("class") == "gl-chosen"))
        elif tag == "img":
            self.figures[-1].alt = given["alt"] or ""
            self.figures[-1].png = base64.b64decode((given["src"] or "").removeprefix("data:image/png;base64,"))
        elif tag == "figcaption":
            self.in_caption = True
        elif tag == "br":
            self.figures[-1].caption += "\n"

    def handle_endtag(self, tag: str) -> None:
        self.in_caption = self.in_caption and tag != "figcaption"

    def handle_data(self, data: str) -> None:
        if self.in_caption:
            self.figures[-1].caption += data


def strips(app: AppTest) -> list[list[Figure]]:
    """The strips of pictures on the page; every picture has an alternative text."""
    found = []
    for block in app.get("html"):
        if 'class="gl-strip"' in block.proto.body:
            reader = StripReader()
            reader.feed(block.proto.body)
            found.append([figure for figure in reader.figures if figure.png])  # an empty one holds a place
    assert all(figure.alt.strip() for strip in found for figure in strip)
    return found


def number_in(text: str) -> float:
    return float(text.split("SSE ")[1].replace(",", ""))


def test_picture_of(name: str, digit: int, number: int) -> np.ndarray:
    """The ``number``-th test picture of a class, found without the app's help."""
    held = cache.test_set(name)
    return held.images[held.labels == digit][number - 1, 0].numpy()


test_picture_of.__test__ = False  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------- every page
def test_there_are_pages() -> None:
    assert {"pages/home.py", RECONSTRUCT, DATA} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_in_both_languages_and_says_which_data_it_shows(page: str, machine: str) -> None:
    told = {}
    for lang in ("en", "pt"):
        app = visit(page, lang=lang)
        assert sentences(app) == []
        assert app.title[0].value
        assert app.query_params["lang"] == lang
        strips(app)  # asserts the alternative texts
        told[lang] = words(app)
        shown = {"digits": {"en": "Digits (bundled)", "pt": "Dígitos (incluídos)"}[lang], "mnist": "MNIST"}[machine]
        assert any(f"**{shown}**" in text for text in told[lang])
        absent = {"en": "MNIST is not on this machine.", "pt": "O MNIST não está nesta máquina."}[lang]
        assert (absent in told[lang]) == (machine == "digits")
    assert len(told["en"]) == len(told["pt"])
    wordless = ("$", "gl-stops", "export function")  # formulas, numbers below the slider, programs
    prose = {
        lang: {text for text in texts if len(text.split()) > 4 and not any(mark in text for mark in wordless)}
        for lang, texts in told.items()
    }
    assert prose["en"]
    assert not prose["en"] & prose["pt"]  # no sentence was left in English


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_in_the_address_is_ignored(page: str) -> None:
    odd = "<script>alert(1)</script>"
    app = visit(page, lang=odd, k=odd, digit="99", number="-5", view=odd, source=odd, data=odd, x="\0\ud7ff🦆")
    assert sentences(app) == []
    assert not any(odd in text for text in words(app))


def test_home_has_a_picture_and_a_link_for_every_card() -> None:
    from ui.home import CARDS

    app = visit()
    links = [link.proto for link in app.get("page_link")][: len(CARDS)]
    assert [link.page for link in links] == [Path(card.page).stem for card in CARDS]
    pictures = [image.proto.imgs[0] for image in app.get("image")]
    assert [picture.alt for picture in pictures] == [card.text for card in CARDS]


def test_a_card_opens_the_lesson_in_its_state() -> None:
    from ui.home import CARDS

    for card in CARDS:
        app = visit(card.page, **card.state)
        assert sentences(app) == []
        for key, value in card.state.items():
            kind = {"k": app.select_slider, "to": app.pills}.get(key, app.segmented_control)
            widget = kind(key=key)
            assert str(widget.value) == value


# --------------------------------------------------------------------------------------- rebuild a digit
def test_the_bundled_digits_are_used_and_named_where_mnist_is_missing() -> None:
    app = visit(RECONSTRUCT)
    assert any("scikit-learn" in caption.value and "not MNIST" in caption.value for caption in app.caption)
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", 4, 1))
    assert [control.key for control in app.segmented_control] == ["source", "view", "i18n_switch"]  # one set, no choice


@pytest.mark.mnist
def test_mnist_is_used_where_it_is_and_the_digits_can_be_chosen(with_mnist: None) -> None:
    app = visit(RECONSTRUCT)
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("mnist", 4, 1))
    assert not any("scikit-learn" in caption.value for caption in app.caption)
    app.segmented_control(key="data").set_value("digits").run()
    assert sentences(app) == []
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", 4, 1))
    assert any("scikit-learn" in caption.value for caption in app.caption)
    assert app.query_params["data"] == "digits"


def test_every_stop_of_the_slider(machine: str) -> None:
    from genlab.latent import reconstruct

    app = visit(RECONSTRUCT)
    assert list(app.select_slider(key="k").options) == [str(k) for k in SIZES]
    rebuilt = set()
    for k in SIZES:
        app.select_slider(key="k").set_value(k).run()
        assert sentences(app) == []
        first, *rows = strips(app)
        original, code, ours, our_error, pca, pca_error = first
        x = test_picture_of(machine, 4, 1)
        assert np.array_equal(original.pixels, x)
        assert f"{k} numbers" in code.caption
        image = cache.test_picture(machine, 4, 1)
        for shown, error, model, length in (
            (ours, our_error, cache.checkpoint(f"ae-mnist-z{k}").model, None),
            (pca, pca_error, cache.checkpoint(cache.PCA_NAME).model, k),
        ):
            expected = reconstruct(model, image, length)
            assert np.abs(shown.pixels - expected.x_hat[0, 0].numpy() * 255).max() <= 0.51
            assert number_in(error.caption) == pytest.approx(expected.sse, abs=0.051)
            colours_are_the_error(error.pixels, expected.error[0, 0].numpy())
        rebuilt.add(ours.png)

        assert [len(row) for row in rows] == [len(SIZES), len([n for n in SIZES if n <= 64]), len(SIZES)]
        place = SIZES.index(k)
        for row in rows:
            assert [figure.chosen for figure in row] == [n == place for n in range(len(row))]
            assert [figure.caption.split("\n")[0] for figure in row] == [str(n) for n in SIZES[: len(row)]]
        assert rows[0][place].png == ours.png
        assert rows[2][place].png == pca.png
        assert [metric.value for metric in app.metric] == [f"{32 * k:,} bits", f"{784 * 8 / (32 * k):,.1f} times"]
    assert len(rebuilt) == len(SIZES)


def colours_are_the_error(shown: np.ndarray, error: np.ndarray) -> None:
    """Black where it is right, orange where ink was added, blue where it was lost."""
    assert shown.shape == (28, 28, 3)
    red, blue = shown[..., 0].astype(int), shown[..., 2].astype(int)
    assert (red[error > 0.02] > blue[error > 0.02]).all()
    assert (blue[error < -0.02] > red[error < -0.02]).all()
    assert (shown[np.abs(error) < 1e-4] <= 1).all()
    assert (error > 0.1).any()
    assert (error < -0.1).any()


def test_every_class_and_a_number_beyond_its_end() -> None:
    app = visit(RECONSTRUCT, view="curve")
    assert list(app.pills(key="digit").options) == list("0123456789")
    for digit in range(10):
        count = len(cache.members("digits", digit))
        app.pills(key="digit").set_value(str(digit))
        for number, meant in ((count, count), (count + 2, 2)):
            app.number_input(key="number").set_value(number).run()
            assert sentences(app) == []
            assert str(count) in app.number_input(key="number").label
            assert app.number_input(key="number").value == number
            assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", digit, meant))
    app.number_input(key="number").set_value(MOST_MEMBERS).run()
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", digit, (MOST_MEMBERS - 1) % count + 1))


@pytest.mark.parametrize("lang", ["en", "pt"])
def test_every_view_from_the_widget_and_from_the_address(lang: str) -> None:
    app = visit(RECONSTRUCT, lang=lang)
    for view in reversed(VIEWS):
        app.segmented_control(key="view").set_value(view).run()
        assert sentences(app) == []
        assert app.query_params.get("view", "sizes") == view
        if lang == "en":
            assert words(visit(RECONSTRUCT, lang=lang, view=view)) == words(app)
        assert [len(strip) for strip in strips(app)[1:]] == {
            "sizes": [7, 6, 7],
            "curve": [],
            "random": [8, 8],
            "networks": [7],
        }[view]
        assert len(app.get("plotly_chart")) == (view == "curve")
    assert "view" not in app.query_params  # the default keeps the address clean


def test_new_random_codes_give_new_pictures() -> None:
    app = visit(RECONSTRUCT, view="random", k="16")

    def drawn() -> set[bytes]:
        return {figure.png for strip in strips(app)[1:] for figure in strip}

    seen = drawn()
    original = strips(app)[0][0].png
    assert len(seen) == 16
    for _ in range(2):
        app.button(key="random_new").click().run()
        assert sentences(app) == []
        assert strips(app)[0][0].png == original
        assert len(drawn()) == 16
        assert not drawn() & seen
        seen |= drawn()
    app.select_slider(key="k").set_value(2).run()
    assert not drawn() & seen


# --------------------------------------------------------------------------------------- uploads
def to_png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def a_seven() -> bytes:
    picture = Image.new("RGB", (240, 180), "white")
    ImageDraw.Draw(picture).line([(80, 40), (160, 40), (110, 150)], fill="navy", width=14, joint="curve")
    return to_png(picture)


BAD = {
    "text named .png": b"I am a text, not a picture.\n" * 50,
    "nothing": b"",
    "blank": to_png(Image.new("RGB", (300, 300), "white")),
    "truncated": a_seven()[: len(a_seven()) // 2],
    "a program": b"\x7fELF" + bytes(5000),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a bomb": to_png(Image.new("1", (9000, 9000))),
}


def upload(app: AppTest, content: bytes, name: str = "digit.png") -> None:
    app.file_uploader(key="source_upload").upload(name, content, "image/png").run()


def test_an_upload_is_prepared_in_stages_and_rebuilt() -> None:
    app = visit(RECONSTRUCT, source="upload")
    assert [info.value for info in app.info] == ["Choose a picture above, and it appears here."]
    assert strips(app) == []
    upload(app, a_seven())
    assert sentences(app) == []
    assert not app.info
    stages, first, *_rows = strips(app)
    expected = drawing_stages(a_seven())
    digit = np.round(expected.digit[0].numpy() * 255)
    assert len(stages) == 4
    for figure, wanted in zip(stages, (expected.original, expected.grey, expected.box, digit), strict=True):
        assert np.array_equal(figure.pixels, wanted)
    assert len(first) == 6
    assert np.array_equal(first[0].pixels, digit)


@pytest.mark.parametrize("lang", ["en", "pt"])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_upload_is_one_sentence_and_a_good_one_goes_on(kind: str, lang: str) -> None:
    app = visit(RECONSTRUCT, source="upload", lang=lang, view="curve")
    upload(app, BAD[kind])
    (sentence,) = sentences(app)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "{" not in sentence
    assert strips(app) == []
    with pytest.raises(PictureError) as caught:
        prepare_drawing(BAD[kind])
    assert (sentence == str(caught.value)) == (lang == "en")
    upload(app, a_seven())
    assert sentences(app) == []
    assert len(strips(app)) == 2


def test_an_upload_is_still_there_after_another_page_and_gone_when_removed() -> None:
    app = visit(RECONSTRUCT, source="upload")
    upload(app, a_seven())
    before = [figure.png for figure in strips(app)[1]]
    assert "Your last picture:" not in [caption.value for caption in app.caption]
    go(go(app, DATA), RECONSTRUCT)
    assert app.segmented_control(key="source").value == "upload"
    assert [figure.png for figure in strips(app)[1]] == before
    assert "Your last picture:" in [caption.value for caption in app.caption]
    for source in ("test", "camera", "upload"):
        app.segmented_control(key="source").set_value(source).run()
        assert sentences(app) == []
    assert [figure.png for figure in strips(app)[1]] == before
    upload(app, b"no picture")  # a later file takes the place of the kept one, also when it is a bad one
    assert len(sentences(app)) == 1
    assert strips(app) == []
    upload(app, a_seven())
    app.file_uploader(key="source_upload").clear().run()
    assert sentences(app) == []
    assert strips(app) == []
    assert len(app.info) == 1


def test_the_camera_has_a_widget_and_takes_a_picture() -> None:
    app = visit(RECONSTRUCT, source="camera")
    assert len(app.info) == 1
    app.camera_input(key="source_camera").set_value(("photo.jpg", a_seven(), "image/jpeg")).run()
    assert sentences(app) == []
    assert len(strips(app)) == 5


# --------------------------------------------------------------------------------------- visitors
def test_two_visitors_share_no_state() -> None:
    one, other = visit(RECONSTRUCT, source="upload", k="2", view="networks"), visit(RECONSTRUCT, lang="pt")
    upload(one, a_seven())
    other.select_slider(key="k").set_value(128).run()
    other.pills(key="digit").set_value("9").run()
    one.run()
    other.run()
    assert [app.select_slider(key="k").value for app in (one, other)] == [2, 128]
    assert [app.segmented_control(key="view").value for app in (one, other)] == ["networks", "sizes"]
    assert [app.title[0].value for app in (one, other)] == ["Rebuild a digit", "Reconstruir um dígito"]
    assert np.array_equal(strips(other)[0][0].pixels, test_picture_of("digits", 9, 1))
    other.segmented_control(key="source").set_value("upload").run()
    assert strips(other) == []  # the other's upload is not shown to this one


@pytest.fixture
def runs_side_by_side(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let AppTest run in several threads: it sets globals for each run, which a server sets once for all."""
    shared = MagicMock(spec=Runtime)
    shared.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/mock/media"))
    shared.dataframe_source_mgr = DataframeSourceManager()
    shared.cache_storage_manager = MemoryCacheStorageManager()
    shared.bidi_component_registry = BidiComponentManager()
    monkeypatch.setattr(Runtime, "_instance", shared)
    monkeypatch.setattr(app_test, "Runtime", type("RunRuntime", (Runtime,), {}))
    monkeypatch.setattr(app_test, "patch_config_options", lambda _options: contextlib.nullcontext())
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    with patch_config_options({"global.appTest": True}):
        yield
    sys.setswitchinterval(interval)


def test_visitors_of_two_languages_at_the_same_moment(runs_side_by_side: None) -> None:
    rounds = 2
    alone = {lang: [words(visit(page, lang=lang)) for page in TOUR] for lang in ("en", "pt")}
    start = threading.Barrier(2)
    together: dict[str, list[list[str]]] = {"en": [], "pt": []}

    def tour(lang: str) -> None:
        app = visit(lang=lang)
        start.wait(PATIENCE)
        for _ in range(rounds):
            together[lang] += [words(go(app, page)) for page in TOUR]

    threads = [threading.Thread(target=tour, args=(lang,)) for lang in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert together == {lang: alone[lang] * rounds for lang in together}


# --------------------------------------------------------------------------------------- own drawings
def a_drawing(text: str = "3", *, side: int = 280) -> bytes:
    """White on black, as the pad sends it."""
    picture = Image.new("L", (side, side))
    font = ImageFont.load_default(230)
    ImageDraw.Draw(picture).text((140, 140), text, fill=255, font=font, anchor="mm", stroke_width=4)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def sent(png: bytes) -> dict[str, Any]:
    return {"drawing": {"png": "data:image/png;base64," + base64.b64encode(png).decode(), "blank": False}}


def waits_for_a_drawing(app: AppTest) -> bool:
    return any("Draw a digit above" in info.value for info in app.info)


@pytest.mark.parametrize("page", LESSONS)
def test_a_drawing_is_prepared_as_an_upload_is(page: str) -> None:
    app = visit(page, source="draw")
    assert waits_for_a_drawing(app)
    app.session_state["source_drawing"] = sent(a_drawing())
    app.run()
    assert sentences(app) == []
    assert app.session_state["source_drawn"][1].digit.equal(prepare_drawing(a_drawing()))
    go(app, DATA)
    go(app, page)  # the widget is gone, the drawing is not
    assert not waits_for_a_drawing(app)
    app.session_state["source_drawing"] = {"drawing": {"png": "", "blank": True}}
    app.run()
    assert waits_for_a_drawing(app)


@pytest.mark.parametrize(
    "hostile",
    [
        {"drawing": {"png": "data:image/png;base64," + "A" * 500_000}},
        {"drawing": {"png": "data:image/svg+xml;base64,PHN2Zz4="}},
        {"drawing": {"png": "data:image/png;base64,/////"}},
        {"drawing": {"png": ["data:image/png;base64,"]}},
        {"drawing": {"png": 5}},
        sent(b"\x89PNG\r\n\x1a\nbroken"),
        sent(a_drawing()[:200]),
        sent(a_drawing(side=2000)),
    ],
    ids=["long", "svg", "no base64", "list", "number", "broken", "cut", "large"],
)
def test_a_drawing_that_is_none_is_a_sentence(hostile: dict[str, Any]) -> None:
    app = visit(RECONSTRUCT, source="draw")
    app.session_state["source_drawing"] = hostile
    app.run()
    (sentence,) = sentences(app)
    assert sentence.endswith(".")


@pytest.mark.parametrize("odd", ["text", 5, ["a"], {"at": 3, "values": {}}, {"at": "code 0", "values": ["1"] * 8}])
def test_what_is_no_value_of_a_component_does_no_harm(odd: Any) -> None:
    app = visit(RECONSTRUCT, source="draw")
    app.session_state["source_drawing"] = {"drawing": odd}
    app.run()
    assert waits_for_a_drawing(app)
    app = visit(RECONSTRUCT)
    app.session_state["code"] = {"code": odd}
    app.run()
    assert sentences(app) == []
    assert "code" not in app.query_params


def test_a_drawing_stays_with_its_visitor() -> None:
    drawn = visit(RECONSTRUCT, source="draw")
    drawn.session_state["source_drawing"] = sent(a_drawing())
    drawn.run()
    assert not waits_for_a_drawing(drawn)
    other = visit(RECONSTRUCT, source="draw")
    assert waits_for_a_drawing(other)
    assert "source_drawn" not in other.session_state


def test_what_was_chosen_last_is_found_on_the_next_lesson_and_on_coming_back() -> None:
    app = visit(RECONSTRUCT, source="test", digit="7")
    app.pills(key="digit").set_value("3").run()
    go(app, DATA)
    app.query_params.clear()
    go(app, EXPLORE)
    assert app.pills(key="digit").value == "3"
    app.query_params["digit"] = "5"  # what the address says comes first
    go(app, RECONSTRUCT)
    assert app.pills(key="digit").value == "5"


def test_another_page_that_asks_something_else_under_the_same_name_takes_nothing_over() -> None:
    app = visit(RECONSTRUCT, view="curve")
    app.query_params.clear()
    go(app, DENOISE)
    assert app.segmented_control(key="view").value == "methods"  # though it has a curve, too
    go(app, RECONSTRUCT)
    assert app.segmented_control(key="view").value == "curve"


# --------------------------------------------------------------------------------------- explore the code
def test_a_place_in_the_address_is_where_its_neighbours_are() -> None:
    codes, labels = cache.test_codes("ae-mnist-z2", "digits")
    x, y = codes[17].tolist()
    app = visit(EXPLORE, small=f"1,2,{x:.6f},{y:.6f}")
    nearest, distance = strips(app)[0][0].caption.split("\n")
    assert nearest == str(labels[17].item())
    assert distance == "0.00"
    assert strips(visit(EXPLORE, deep="3,9,0.5,-0.5"))[1][0].caption != strips(app)[1][0].caption


@pytest.mark.parametrize("nonsense", ["0,1,2,3", "1,1,0,0", "31,2,0,0", "1,2,3", "x", "1.5,nan,0,0"])
def test_a_place_that_is_none_is_the_pictures_own(nonsense: str) -> None:
    app = visit(EXPLORE, deep=nonsense)
    assert sentences(app) == []
    assert strips(app)[1][0].caption.split("\n")[1] == "0.00"


def test_a_component_that_failed_is_answered_by_the_server() -> None:
    app = visit(RECONSTRUCT, k="4")
    app.session_state["code"] = {"failed": "404"}
    app.run()
    assert sentences(app) == []
    app.slider[0].set_value(app.slider[0].max).run()
    assert any("with your code" in caption.value for caption in app.caption)


def test_where_nothing_can_be_published_the_server_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "static").write_text("no folder")
    monkeypatch.setattr(publish, "STATIC", tmp_path / "static")
    reach.shared.clear()
    for page, count in ((RECONSTRUCT, 1), (EXPLORE, 3)):
        app = visit(page)
        assert sentences(app) == []
        assert sum("cannot be written" in warning.value for warning in app.warning) == count
        before = [figure.png for strip in strips(app) for figure in strip]
        app.slider[0].set_value(app.slider[0].max).run()
        assert [figure.png for strip in strips(app) for figure in strip] != before
    reach.shared.clear()


# --------------------------------------------------------------------------------------- broken checkpoints
def truncate(folder: Path) -> None:
    weights = folder / checkpoints.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no folder": shutil.rmtree,
    "no weights": lambda folder: (folder / checkpoints.WEIGHTS).unlink(),
    "weights cut short": truncate,
    "no settings": lambda folder: (folder / checkpoints.CONFIG).write_text("{"),
    "settings of another": lambda folder: (folder / checkpoints.CONFIG).write_text('{"schema": 1, "model": []}'),
    "measurements empty": lambda folder: (folder / checkpoints.METRICS).write_text("{}"),
    "card is no text": lambda folder: (folder / checkpoints.CARD).write_bytes(b"\xff\xfe\0"),
}


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Let the app find checkpoints of which the named one is a copy, yet to be damaged; the others are sound."""
    sound = checkpoints.root()
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(folder))
    cache.shipped.clear()

    def prepare(name: str) -> Path:
        for path in sound.iterdir():
            if path.is_dir():
                shutil.copytree(path, folder / path.name, copy_function=shutil.copy2 if path.name == name else link)
        return folder / name

    yield prepare
    cache.shipped.clear()


def link(source: str, target: str) -> None:
    """Spare the disk where it can be spared."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_checkpoint_is_a_sentence(damage: str, damaged: Callable[[str], Path]) -> None:
    broken = damaged("ae-mnist-z8")
    DAMAGE[damage](broken)
    app = visit(RECONSTRUCT)
    (sentence,) = sentences(app)
    assert "ae-mnist-z8" in sentence
    assert sentence.endswith(".")
    (in_portuguese,) = sentences(visit(RECONSTRUCT, lang="pt"))
    assert in_portuguese != sentence
    assert sentences(visit(RECONSTRUCT, k="32", view="random")) == []  # needs other networks only


def test_a_broken_checkpoint_is_left_out_of_a_comparison(damaged: Callable[[str], Path]) -> None:
    truncate(damaged("ae-conv-mnist-z32"))
    app = visit(RECONSTRUCT, view="networks")
    assert sentences(app) == []
    assert len(strips(app)[1]) == 6


def test_no_checkpoints_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui import judge, stacking

    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path / "nowhere"))
    cache.shipped.clear()
    stacking.recording.clear()
    judge.judge.clear()
    for page in PAGES:
        said = sentences(visit(page))
        if page in VARIATIONAL:  # a sentence for each part that lacks its network; to mix pixels takes none
            assert all("checkpoint" in sentence or "networks" in sentence for sentence in said), said
            continue
        assert len(said) == (page in LESSONS + OTHERS and page != DENOISE), page  # the filters need none
    cache.shipped.clear()


# --------------------------------------------------------------------------------------- data sets
def test_the_data_page_names_all_sets_and_offers_what_is_missing() -> None:
    app = visit(DATA)
    assert [heading.value for heading in app.subheader] == [
        source.title for source in sources.SOURCES.values()
    ]  # in the order of the table
    assert [button.key for button in app.button] == [
        "data_download_mnist",
        "data_download_notmnist",
        "data_download_svhn",
    ]


@pytest.mark.parametrize("lang", ["en", "pt"])
@pytest.mark.parametrize("name", ["mnist", "notmnist", "svhn"])
def test_a_download_without_network_is_one_sentence(
    name: str, lang: str, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:9/"  # refused
    datasets = torchvision_ops.import_datasets()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "POLL", 0.01)
    monkeypatch.setattr(datasets.MNIST, "mirrors", [nobody])
    monkeypatch.setattr(downloads, "NOTMNIST_MIRROR", nobody)
    files = {split: [f"{nobody}{split}", f"{split}_32x32.mat", "0" * 32] for split in ("train", "test")}
    monkeypatch.setattr(datasets.SVHN, "split_list", files)
    app = visit(DATA, lang=lang)
    app.button(key=f"data_download_{name}").click().run()
    (sentence,) = sentences(app)
    assert "\n" not in sentence
    assert sources.SOURCES[name].title in sentence
    assert {"en": "Check the network", "pt": "rede"}[lang] in sentence
    assert not app.get("progress")
    assert app.button(key=f"data_download_{name}").label  # may be tried again
    assert not [path for path in bare.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_download_shows_its_progress_and_the_lessons_use_what_came(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = idx_files(24, 20)
    monkeypatch.setitem(sources.SOURCES, "mnist", tiny_source("mnist", files, 24, 20))
    shown: list[tuple[float, str]] = []
    progress = DeltaGenerator.progress

    def watched(self: DeltaGenerator, value: float, text: str = "") -> DeltaGenerator:
        shown.append((value, text))
        return progress(self, value, text)

    def fetch(name: str, *, progress: Callable[[int, int | None], None], **_: object) -> Path:
        assert name == "mnist"
        for done, total in ((0, None), (1_500_000, None), (5_000_000, 10_000_000), (12_000_000, 10_000_000)):
            progress(done, total)
        write_files(bare / "MNIST" / "raw", files)
        return bare / "MNIST" / "raw"

    monkeypatch.setattr(DeltaGenerator, "progress", watched)
    monkeypatch.setattr(downloads, "download", fetch)

    app = visit(RECONSTRUCT)
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", 4, 1))
    go(app, DATA)
    app.button(key="data_download_mnist").click().run()
    assert sentences(app) == []
    assert [value for value, _ in shown] == [0.0, 0.0, 0.5, 1.0]
    assert [text for _, text in shown] == [f"{done} MB so far" for done in ("0.0", "1.5", "5.0", "12.0")]
    assert not app.get("progress")
    assert [button.key for button in app.button] == ["data_download_notmnist", "data_download_svhn"]
    assert any("**MNIST**" in caption.value for caption in app.sidebar.caption)
    go(app, RECONSTRUCT)
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("mnist", 4, 1))


def test_a_download_that_cannot_be_saved_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise DownloadError("{title} cannot be saved in {folder} ({reason}). ", title="MNIST", folder="/x", reason="y")

    monkeypatch.setattr(downloads, "download", full)
    app = visit(DATA)
    app.button(key="data_download_mnist").click().run()
    assert len(sentences(app)) == 1


@pytest.mark.parametrize("cut", ["images", "labels"])
def test_a_broken_data_file_is_a_sentence_and_the_bundled_digits_go_on(
    cut: str, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = idx_files(24, 20)
    monkeypatch.setitem(sources.SOURCES, "mnist", tiny_source("mnist", files, 24, 20))
    name = {"images": "t10k-images-idx3-ubyte", "labels": "t10k-labels-idx1-ubyte"}[cut]
    files[name] = b"\0" * len(files[name])
    write_files(bare / "MNIST" / "raw", files)
    app = visit(RECONSTRUCT)
    (sentence,) = sentences(app)
    assert name in sentence
    app.segmented_control(key="data").set_value("digits").run()
    assert sentences(app) == []
    assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", 4, 1))
    for page in PAGES:
        said = sentences(visit(page))
        assert all(name in sentence for sentence in said), page
        if page not in VARIATIONAL:
            assert len(said) == (page in LESSONS), page


def test_an_empty_class_or_number_in_the_address_falls_back() -> None:
    for empty in ("digit", "number", "k", "view", "source", "data"):
        app = visit(RECONSTRUCT, **{empty: ""})
        assert sentences(app) == []
        assert np.array_equal(strips(app)[0][0].pixels, test_picture_of("digits", 4, 1)), empty
