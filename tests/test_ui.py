"""The pieces that pages are made of: pictures, the address, the router, warming up, and what visitors share."""

from __future__ import annotations

import gc
import io
import itertools
import logging
import shutil
import sys
import threading
import types
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from genlab import checkpoints, data
from genlab.catalog import SIZES
from genlab.errors import CheckpointError, DataError
from ui import ahead, cache, pictures, warm
from ui.pictures import LESS_INK, MORE_INK, Picture, code_png, error_png, grey_png, to_png

ROOT = Path(__file__).parents[1]
SHIPPED = checkpoints.root()
PATIENCE = 120  # seconds; a machine may be busy


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


# --------------------------------------------------------------------------------------- pictures
@pytest.mark.parametrize("kind", [torch.as_tensor, np.asarray])
@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (3, 32, 32), (1, 5, 9)])
def test_grey_png_holds_every_pixel(shape: tuple[int, ...], kind: Callable[[np.ndarray], object]) -> None:
    values = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    shown = pixels(grey_png(kind(values.astype(np.float32) / 255)))  # type: ignore[arg-type]
    wanted = values.transpose(1, 2, 0) if shape[0] == 3 else values.reshape(shape[-2:])
    assert shown.dtype == np.uint8
    assert np.array_equal(shown, wanted)


def test_grey_png_keeps_to_the_bounds() -> None:
    assert pixels(grey_png(np.array([[-3.0, 0.0, 0.4999, 1.0, 7.0]]))).tolist() == [[0, 0, 127, 255, 255]]


@pytest.mark.parametrize("shape", [(1, 5), (1, 1, 5)])
def test_error_png_is_orange_blue_and_black(shape: tuple[int, ...]) -> None:
    shown = pixels(error_png(torch.tensor([1.0, -1.0, 0.0, 2.0, -2.0]).reshape(shape)))
    assert shown.shape == (1, 5, 3)
    assert [tuple(map(int, pixel)) for pixel in shown[0]] == [MORE_INK, LESS_INK, (0, 0, 0), MORE_INK, LESS_INK]


def test_error_png_grows_with_the_error() -> None:
    more = pixels(error_png(np.linspace(0, 1, 30)[None]))[0].astype(int)
    less = pixels(error_png(-np.linspace(0, 1, 30)[None]))[0].astype(int)
    assert (np.diff(more[:, 0]) > 0).all()
    assert (np.diff(less[:, 2]) > 0).all()


@pytest.mark.parametrize("k", [1, 2, 3, 30, 64, 100, 128, 300])
def test_code_png_is_a_square_with_a_bar_for_each_number(k: int) -> None:
    signs = np.where(np.arange(k) % 2, -1.0, 1.0)
    shown = pixels(code_png(signs * pictures.CODE_SPREADS)).astype(int)
    side = len(shown)
    assert shown.shape == (side, side, 3)
    assert side % k == 0
    wide = side // k
    middle = [number * wide + wide // 2 for number in range(k)]
    for column, sign in zip(middle, signs, strict=True):
        upper, lower = shown[: side // 2, column], shown[(side + 1) // 2 :, column]
        full, empty = (upper, lower) if sign > 0 else (lower, upper)
        assert (full == (MORE_INK if sign > 0 else LESS_INK)).all()
        assert not empty.any()


def test_code_png_shows_how_far_a_number_is_from_usual() -> None:
    def heights(code: list[float]) -> list[int]:
        shown = pixels(code_png(torch.tensor(code)))
        return [int(column.any(axis=1).sum()) for column in np.split(shown, len(code), axis=1)]

    none, little, much, most, beyond = heights([0.0, 0.5, 1.5, 2.5, 99.0])
    assert none == 0 < little < much < most == beyond


def test_to_png_keeps_the_pixels() -> None:
    for shape in ((7, 3), (7, 3, 3)):
        values = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
        assert np.array_equal(pixels(to_png(values)), values)


class Tags(HTMLParser):
    """Every tag with its attributes, and all text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tags]:
    """Draw a strip; the HTML that reaches the browser, read."""

    def draw(*shown: Picture, **layout: float) -> Tags:
        blocks: list[str] = []
        monkeypatch.setattr(pictures.st, "html", blocks.append)
        pictures.strip(shown, **layout)  # type: ignore[arg-type]
        (block,) = blocks
        tags = Tags()
        tags.feed(block.removeprefix(pictures.STYLE))
        return tags

    return draw


PNG = to_png(np.zeros((2, 2), np.uint8))
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</figcaption></figure></div><iframe src=//example.org>",
    "&lt;b&gt; & <b>",
    "<!--",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str, drawn: Callable[..., Tags]) -> None:
    tags = drawn(Picture(png=PNG, title=text, note=text, alt=text), Picture(png=PNG, title=text, note=text))
    assert [tag for tag, _ in tags.tags] == ["div", *["figure", "img", "figcaption", "b", "br"] * 2]
    assert [image["alt"] for image in tags.named("img")] == [text, f"{text} {text}"]
    assert all(set(image) == {"alt", "src"} for image in tags.named("img"))
    assert "".join(tags.text) == text * 4


def test_a_strip_says_what_its_pictures_are(drawn: Callable[..., Tags]) -> None:
    tags = drawn(
        Picture(png=PNG, title="Original", note="784 pixels\nof ink"),
        Picture(png=PNG, title="8", alt="with 8 numbers", chosen=True),
        Picture(png=PNG, alt="a photograph", smooth=True),
    )
    assert [image["alt"] for image in tags.named("img")] == [
        "Original 784 pixels\nof ink",
        "with 8 numbers",
        "a photograph",
    ]
    assert [figure.get("class") for figure in tags.named("figure")] == [None, "gl-chosen", None]
    assert [image.get("class") for image in tags.named("img")] == [None, None, "gl-smooth"]
    assert len(tags.named("figcaption")) == 2
    assert len(tags.named("br")) == 2
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in tags.named("img"))


@pytest.mark.parametrize(("count", "columns", "wide"), [(3, 0, 3), (3, 7, 7), (7, 7, 7), (7, 3, 7)])
def test_strips_of_different_length_line_up(count: int, columns: int, wide: int, drawn: Callable[..., Tags]) -> None:
    tags = drawn(*[Picture(png=PNG, alt="x")] * count, columns=columns, least=5.0, most=9.0)
    assert len(tags.named("figure")) == wide
    assert len(tags.named("img")) == count
    (block,) = tags.named("div")
    assert block == {"class": "gl-strip", "style": f"--least: 5.0rem; --most: {wide * 9.75}rem"}


# --------------------------------------------------------------------------------------- the address
CHOICE = """
import streamlit as st
from ui.address import choose
fruits = {"en": {"a": "Apple", "b": "Banana"}, "pt": {"a": "Maçã", "b": "Banana-prata"}}
shown = fruits[st.query_params.get("lang", "en")]
if "third" in st.query_params:
    shown["c"] = "C"
st.text(choose("Fruit", shown, key="fruit", default="a"))
st.text(choose("Other", {"a": "A", "z": "Z"}, key="other", default="z"))
"""


def chooser(**address: str | list[str]) -> AppTest:
    app = AppTest.from_string(CHOICE, default_timeout=PATIENCE)
    app.query_params.update(address)
    return app.run()


def chosen(app: AppTest) -> tuple[str, str]:
    assert not app.exception
    fruit, other = (text.value for text in app.text)
    assert [control.value for control in app.segmented_control] == [fruit, other]
    return fruit, other


def test_the_default_keeps_the_address_clean() -> None:
    app = chooser()
    assert chosen(app) == ("a", "z")
    assert app.query_params == {}


@pytest.mark.parametrize("asked", ["", "c", "A", "Apple", "Banana", "a ", "<script>", "b" * 5000, "1"])
def test_what_the_address_says_wrongly_is_the_default_and_goes(asked: str) -> None:
    app = chooser(fruit=asked, x="kept")
    assert chosen(app) == ("a", "z")
    assert app.query_params.get("fruit", "") == ""
    assert app.query_params["x"] == "kept"


def test_the_address_chooses_and_learns_the_choice() -> None:
    app = chooser(fruit="b", x="kept")
    assert chosen(app) == ("b", "z")
    assert app.query_params == {"fruit": "b", "x": "kept"}
    app.segmented_control(key="fruit").set_value("a").run()
    assert chosen(app) == ("a", "z")
    assert app.query_params == {"x": "kept"}
    app.segmented_control(key="other").set_value("a").run()
    app.segmented_control(key="fruit").set_value("b").run()
    assert chosen(app.run()) == ("b", "a")
    assert app.query_params == {"fruit": "b", "other": "a", "x": "kept"}


def test_a_link_opens_in_any_language() -> None:
    app = chooser(fruit="b", lang="en")
    assert app.segmented_control(key="fruit").options == ["Apple", "Banana"]
    app.query_params["lang"] = "pt"
    assert chosen(app.run()) == ("b", "z")
    assert app.segmented_control(key="fruit").options == ["Maçã", "Banana-prata"]
    assert app.query_params["fruit"] == "b"
    assert chosen(chooser(**app.query_params)) == ("b", "z")


def test_an_option_that_is_gone_is_no_longer_chosen() -> None:
    app = chooser(fruit="c", third="yes")
    assert chosen(app) == ("c", "z")
    del app.query_params["third"]
    assert chosen(app.run()) == ("a", "z")
    assert "fruit" not in app.query_params


# --------------------------------------------------------------------------------------- the router
@pytest.mark.parametrize("page", ["reconstruct", "data"])
def test_the_first_visitor_of_a_server_may_follow_a_link_to_a_page(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "start", lambda: None)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)  # as AppTest also does; put back after the test
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app._page_hash = calc_hash(page)
    app.query_params["lang"] = "pt"
    app.run()
    assert not app.exception
    assert app.title[0].value == {"reconstruct": "Reconstruir um dígito", "data": "Conjuntos de dados"}[page]
    assert app.sidebar.segmented_control[0].value == "pt_BR"  # the sidebar is the router's
    assert PagesManager.uses_pages_directory is False
    gc.unfreeze()


ALONE = """
import streamlit as st
from ui import routing
st.session_state.runs = st.session_state.get("runs", 0) + 1
if st.session_state.runs > 1:
    routing.mark()
routing.require()
st.text("drawn")
"""


def test_a_page_without_its_router_asks_for_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)
    app = AppTest.from_string(ALONE, default_timeout=PATIENCE).run()
    assert app.session_state["runs"] == 2
    assert [text.value for text in app.text] == ["drawn"]
    assert app.run().session_state["runs"] == 3  # and no more once the router has run


# --------------------------------------------------------------------------------------- warming up
@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if nobody had warmed up; the garbage collector is given back afterwards."""
    monkeypatch.setattr(warm, "_started", threading.Event())
    monkeypatch.setattr(warm, "ready", threading.Event())
    monkeypatch.setattr(warm, "_frozen_modules", 0)
    monkeypatch.setattr(warm, "_pending", 0)
    gc.unfreeze()
    yield
    gc.unfreeze()


def many_objects() -> list[list[int]]:
    return [[n] for n in range(10_000)]


def test_settle_freezes_and_again_after_a_late_import(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gc.get_freeze_count() == 0
    warm.settle()
    first = gc.get_freeze_count()
    assert first > 10_000
    late = types.ModuleType("a_late_import")
    late.content = many_objects()  # type: ignore[attr-defined]
    warm.settle()  # nothing was imported: nothing to do
    assert gc.get_freeze_count() <= first
    monkeypatch.setitem(sys.modules, "a_late_import", late)
    warm.settle()
    assert gc.get_freeze_count() > first + 9_000


def test_settle_freezes_again_after_a_cache_has_grown(cold: None) -> None:
    warm.settle()
    first = gc.get_freeze_count()
    kept = many_objects()
    warm.grown()
    warm.settle()
    assert gc.get_freeze_count() > first + 9_000
    again = gc.get_freeze_count()
    kept += many_objects()
    warm.settle()
    assert gc.get_freeze_count() <= again


def test_what_is_loaded_for_all_visitors_is_frozen(cold: None) -> None:
    cache.shipped.clear()
    cache.test_set.clear()
    warm.settle()
    cache.checkpoint(cache.PCA_NAME)
    assert warm._pending == 1
    cache.test_set("digits")
    assert warm._pending == 2
    cache.checkpoint(cache.PCA_NAME)
    cache.test_set("digits")
    assert warm._pending == 2  # not loaded again
    warm.settle()
    assert warm._pending == 0


def test_frozen_or_not_garbage_is_still_collected(cold: None) -> None:
    class Cycle:
        def __init__(self) -> None:
            self.me = self

    import weakref

    warm.settle()
    gone = weakref.ref(Cycle())
    gc.collect()
    assert gone() is None


def test_the_warm_up_loads_what_the_first_lesson_opens_with(cold: None) -> None:
    cache.shipped.clear()
    threads = torch.get_num_threads()
    try:
        warm._warm()
    finally:
        torch.set_num_threads(threads)
    assert warm.ready.is_set()
    assert gc.get_freeze_count() > 0
    assert warm._pending == 0
    for name in cache.first_models():
        cache.checkpoint(name)
    assert warm._pending == 0  # all were there already


@pytest.mark.parametrize("error", [CheckpointError("{name} is broken.", name="x"), ImportError("torch"), MemoryError()])
def test_a_failing_warm_up_does_not_raise(
    error: Exception, cold: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[str]:
        raise error

    monkeypatch.setattr(cache, "first_models", fail)
    logger = logging.getLogger("genlab")  # which a command of another test may have silenced
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger, "propagate", True)
    caplog.set_level(logging.ERROR, logger="genlab")
    warm._warm()
    assert warm.ready.is_set()
    assert gc.get_freeze_count() > 0
    (record,) = [record for record in caplog.records if record.name == "genlab"]
    assert "warm-up failed" in record.message


def test_the_warm_up_starts_once_and_does_not_keep_anyone_waiting(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[threading.Thread] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        ran.append(threading.current_thread())
        begun.set()
        go_on.wait(PATIENCE)

    monkeypatch.setattr(warm, "_warm", slow)
    monkeypatch.setattr(warm, "DELAY", 0.0)
    before = set(threading.enumerate())
    visitors = [threading.Thread(target=warm.start) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(PATIENCE)
    assert not any(visitor.is_alive() for visitor in visitors)
    assert begun.wait(PATIENCE)
    go_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    assert len(ran) == 1
    assert ran[0].daemon


# --------------------------------------------------------------------------------------- what visitors share
VISITOR = """
import streamlit as st
from ui import cache
st.session_state.seen = [cache.checkpoint(cache.PCA_NAME), cache.test_set("digits")]
"""


def test_two_visitors_get_the_same_objects() -> None:
    one, other = (AppTest.from_string(VISITOR, default_timeout=PATIENCE).run().session_state["seen"] for _ in "ab")
    assert all(mine is theirs for mine, theirs in zip(one, other, strict=True))


def test_visitors_who_come_at_once_load_once() -> None:
    cache.shipped.clear()
    start = threading.Barrier(4)
    seen: list[object] = []

    def come() -> None:
        start.wait(PATIENCE)
        seen.append(cache.checkpoint(cache.PCA_NAME))

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(seen) == 4
    assert len(set(map(id, seen))) == 1


def test_the_first_lesson_opens_with_every_stop_of_the_slider_pca_and_the_nested_network() -> None:
    assert cache.first_models() == [*(f"ae-mnist-z{k}" for k in SIZES), cache.PCA_NAME, cache.NESTED_NAME]


def test_a_shared_model_cannot_learn() -> None:
    for name in cache.first_models():
        model = cache.checkpoint(name).model
        assert not any(module.training for module in model.modules())
        assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.fixture
def own_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for checkpoints."""
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    cache.shipped.clear()
    yield tmp_path
    cache.shipped.clear()


def test_a_missing_checkpoint_is_asked_for_again(own_checkpoints: Path) -> None:
    with pytest.raises(CheckpointError, match=cache.PCA_NAME):
        cache.checkpoint(cache.PCA_NAME)
    assert cache.checkpoint_or_none(cache.PCA_NAME) is None
    shutil.copytree(SHIPPED / cache.PCA_NAME, own_checkpoints / cache.PCA_NAME)  # repaired while the server runs
    assert cache.checkpoint_or_none(cache.PCA_NAME) is cache.checkpoint(cache.PCA_NAME)


def test_a_missing_data_set_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLAB_DATA", str(tmp_path))
    cache.test_set.clear()
    for _ in range(2):
        with pytest.raises(DataError):
            cache.test_set("svhn")


def test_the_members_of_a_class_are_in_order_and_their_pictures_are_the_files() -> None:
    held = data.load("digits", "test")
    everyone = []
    for label in range(10):
        members = cache.members("digits", label)
        assert members == sorted(members)
        assert all(held.labels[index] == label for index in members)
        everyone += members
    assert sorted(everyone) == list(range(len(held)))
    for label, number in itertools.product((0, 9), (1, 2)):
        picture = cache.test_picture("digits", label, number)
        assert picture.shape == (1, 1, 28, 28)
        assert torch.equal(
            (picture[0] * 255).round().to(torch.uint8), held.images[cache.members("digits", label)[number - 1]]
        )
    with pytest.raises(IndexError):
        cache.test_picture("digits", 0, 10_000)


def test_what_browsers_load_ahead_is_there() -> None:
    """Streamlit's files have other names in each version; without them pages only come later."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    assert [name.partition(".")[0] for name in ahead.chunks()] == ["BidiComponent", "PlotlyChart"]
    assert all((folder / name).is_file() for name in ahead.chunks())
