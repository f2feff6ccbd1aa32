"""The lesson on letters, as a visitor gets it without a browser, with four small untrained networks of its own."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from genlab import checkpoints, files
from genlab.catalog import CATALOG
from genlab.data import sources
from genlab.data.typeset import FONTS, typeset
from genlab.metrics import psnr
from genlab.models import build
from genlab.quantise import BITS, quantise
from genlab.seeding import make_generator
from tests.data_fixtures import idx_files, tiny_source, write_files
from tests.test_pages import BAD, bare, fine, go, router, sentences, strips, thaw, visit, words  # noqa: F401 - fixtures
from ui import cache, letter_source, letters

PAGE = "pages/letters.py"
NAMES = {side: f"ae-notmnist-{side}x{side}" for side in letters.SIDES}
QUANTISED = {"16": 20.0, "8": 19.5, "4": 18.0, "2": 12.0, "1": 8.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four networks, untrained, with measurements that are easy to recognise."""
    folder = tmp_path_factory.mktemp("letters")
    for n, (side, name) in enumerate(NAMES.items()):
        entry = CATALOG[name]
        model = build(entry.model, make_generator(n, "init")).eval()
        with torch.no_grad():
            z = torch.cat([model.encode(typeset(letter)) for letter in "ABCDEFGHIJ"])
        quantiles = {str(q): z.quantile(q, 0).tolist() for q in (0.01, 0.5, 0.99)}
        metrics = {
            "test": {"dataset": "notmnist", "split": "test", "count": 10_000, "psnr": 20.0 + n, "sse": 1.0},
            "baseline": {"name": f"PCA-{side * side}", "sse": 80.0, "sse_clipped": 78.4},
            "codes": {"mean": z.mean(0).tolist(), "std": z.std(0).tolist(), "quantiles": quantiles},
            "quantised": QUANTISED,
        }
        checkpoints.save(folder / name, model, entry.train, entry.step, metrics)
    return folder


@pytest.fixture(autouse=True)
def shelf(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the app finds the networks in, for this test alone."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(made, folder)
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(folder))
    cache.shipped.clear()
    yield folder
    cache.shipped.clear()


class Reader(HTMLParser):
    """The sections of the comparison: for each its words, and its pictures by their alternative texts."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.sections: list[tuple[list[str], dict[str, np.ndarray]]] = []
        self.feed(re.sub(r"<style>.*?</style>", "", body, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.sections.append(([], {}))
        elif tag == "img":
            from base64 import b64decode

            png = b64decode((given["src"] or "").removeprefix("data:image/png;base64,"))
            self.sections[-1][1][given["alt"] or ""] = np.asarray(Image.open(io.BytesIO(png)))

    def handle_data(self, data: str) -> None:
        self.sections[-1][0].append(data)


def shown(app: AppTest) -> list[tuple[list[str], dict[str, np.ndarray]]]:
    """The letter, then each bottleneck there is."""
    fine(app)
    (body,) = [block.proto.body for block in app.get("html") if 'class="gl-squeezed"' in block.proto.body]
    return Reader(body).sections


def letter_of(app: AppTest) -> np.ndarray:
    (picture,) = shown(app)[0][1].values()
    return picture


def as_bytes(x: torch.Tensor) -> np.ndarray:
    return np.round(x.reshape(28, 28).numpy() * 255)


# --------------------------------------------------------------------------------------- the letter
def test_it_opens_with_an_a_in_the_first_font_and_a_clean_address() -> None:
    app = visit(PAGE)
    assert sentences(app) == []
    assert np.array_equal(letter_of(app), as_bytes(typeset("A", next(iter(FONTS)))))
    assert not {"letter", "font", "origin", "bits"} & set(app.query_params)


@pytest.mark.parametrize("font", FONTS)
def test_letters_are_typed_in_every_font(font: str) -> None:
    app = visit(PAGE)
    app.selectbox(key="font").set_value(font)
    app.text_input(key="letter").set_value("Q").run()
    assert sentences(app) == []
    assert np.array_equal(letter_of(app), as_bytes(typeset("Q", font)))


def test_the_address_gives_letter_font_and_bits() -> None:
    app = visit(PAGE, letter="Ç", font=FONTS["courier"].name, bits="4")
    assert sentences(app) == []
    assert np.array_equal(letter_of(app), as_bytes(typeset("Ç", "courier")))
    assert app.select_slider(key="bits").value == 4


@pytest.mark.parametrize(("typed", "meant"), [("AB", "B"), ("  g ", "g"), ("A\u0303", "Ã")])
def test_the_letter_typed_last_counts(typed: str, meant: str) -> None:
    app = visit(PAGE)
    app.text_input(key="letter").set_value(typed).run()
    assert sentences(app) == []
    assert app.text_input(key="letter").value == meant
    assert app.query_params["letter"] == meant
    assert np.array_equal(letter_of(app), as_bytes(typeset(meant)))
    go(app, "pages/data.py")
    go(app, PAGE)
    assert app.text_input(key="letter").value == meant
    app.text_input(key="letter").set_value("A").run()
    assert "letter" not in app.query_params


@pytest.mark.parametrize("typed", ["鬼", "🦆", "\ud7ff"])
def test_a_character_that_the_font_lacks_is_a_sentence(typed: str) -> None:
    app = visit(PAGE)
    app.text_input(key="letter").set_value(typed).run()
    (sentence,) = sentences(app)
    assert "does not have this character" in sentence
    assert not app.select_slider
    app.text_input(key="letter").set_value("B").run()
    assert sentences(app) == []
    assert np.array_equal(letter_of(app), as_bytes(typeset("B")))


def test_no_character_is_no_error_but_a_hint() -> None:
    app = visit(PAGE)
    app.text_input(key="letter").set_value(" ").run()
    assert sentences(app) == []
    assert "Type one letter" in app.info[0].value


def test_nonsense_in_the_address() -> None:
    odd = "<script>alert(1)</script>"
    app = visit(PAGE, letter=odd, font=odd, bits="3", origin=odd)
    assert sentences(app) == []
    assert app.text_input(key="letter").value == ">"  # a character like any other
    assert not any("<script>" in block.proto.body for block in app.get("html"))
    app = visit(PAGE, font=odd, bits="3", origin=odd, letter_class=odd, letter_number="-1")
    assert sentences(app) == []
    assert np.array_equal(letter_of(app), as_bytes(typeset("A")))


def test_without_notmnist_there_is_no_test_picture_to_choose() -> None:
    app = visit(PAGE, origin="test")
    assert sentences(app) == []
    assert [str(option) for option in app.segmented_control(key="origin").options] == ["Type it", "Upload"]
    assert np.array_equal(letter_of(app), as_bytes(typeset("A")))


def test_notmnist_where_it_is(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    files = idx_files(24, 20)
    monkeypatch.setitem(sources.SOURCES, "notmnist", tiny_source("notmnist", files, 24, 20))
    write_files(bare / "notMNIST" / "raw", files)
    app = visit(PAGE, origin="test")
    assert sentences(app) == []
    held = cache.test_set("notmnist")
    for name, label in (("A", 0), ("C", 2)):
        app.pills(key="letter_class").set_value(name)
        for number in (1, 2):
            app.number_input(key="letter_number").set_value(number).run()
            assert sentences(app) == []
            assert np.array_equal(letter_of(app), held.images[held.labels == label][number - 1, 0].numpy())


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def an_l() -> bytes:
    picture = Image.new("RGB", (300, 240), "white")
    ImageDraw.Draw(picture).polygon([(90, 40), (120, 40), (120, 170), (200, 170), (200, 200), (90, 200)], fill="navy")
    return png(picture)


def test_an_upload_fills_the_frame() -> None:
    app = visit(PAGE, origin="upload")
    assert app.info
    app.file_uploader(key="letter_upload").upload("l.png", an_l(), "image/png").run()
    assert sentences(app) == []
    assert len(strips(app)[0]) == 3
    letter = letter_of(app)
    assert (letter[:, :6] > 200).all()  # the stem, from top to bottom
    assert (letter[-4:] > 200).all()  # the foot, from side to side
    assert (letter[:20, 10:] < 30).all()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_upload_is_one_sentence(kind: str) -> None:
    app = visit(PAGE, origin="upload")
    app.file_uploader(key="letter_upload").upload("l.png", BAD[kind], "image/png").run()
    (sentence,) = sentences(app)
    assert sentence.endswith(".")
    app.file_uploader(key="letter_upload").upload("l.png", an_l(), "image/png").run()
    assert sentences(app) == []


def test_ink_is_cut_out_and_stretched() -> None:
    grey = np.zeros((90, 60), np.uint8)
    grey[10:66, 20:48] = 128  # 56 × 28
    assert torch.equal(letter_source.fill_frame(grey), torch.ones(1, 1, 28, 28))
    grey[10:38, 20:48] = 64
    assert letter_source.fill_frame(grey)[0, 0, :14].unique().tolist() == [0.5]
    tiny = np.zeros((9, 9), np.uint8)
    tiny[4, 4] = 255
    assert torch.equal(letter_source.fill_frame(tiny), torch.ones(1, 1, 28, 28))


# --------------------------------------------------------------------------------------- the bottlenecks
@pytest.mark.parametrize("bits", BITS)
def test_codes_pictures_and_numbers_at_every_stop(bits: int) -> None:
    app = visit(PAGE, letter="B")
    app.select_slider(key="bits").set_value(bits).run()
    assert sentences(app) == []
    x = typeset("B")
    _, *sections = shown(app)
    for (side, name), (texts, pictures) in zip(NAMES.items(), sections, strict=True):
        loaded = cache.checkpoint(name)
        low, high = (torch.tensor(loaded.metrics["codes"]["quantiles"][q]) for q in ("0.01", "0.99"))
        z = quantise(loaded.model.encode(x), bits, low, high)
        x_hat = loaded.model.decode(z)
        code, rebuilt = pictures.values()
        assert code.shape == (side, side)
        wanted = ((z[0] - low) / (high - low).clamp(min=1e-6)).clamp(0, 1).reshape(side, side)
        assert np.abs(code - wanted.numpy() * 255).max() <= 0.51
        assert np.abs(rebuilt - x_hat[0, 0].numpy() * 255).max() <= 0.51
        if bits < 8:
            assert len(np.unique(code)) <= 2**bits + 2  # and rounding to bytes
        told = " ".join(texts)
        assert f"{side}×{side}" in texts
        total = side * side * bits
        assert (f"{total:,} bit" if total == 1 else f"{total:,} bits") in texts
        ratio = 6272 / total
        assert ("not smaller" if ratio <= 1 else f"{ratio:,.{1 if ratio < 10 else 0}f} × smaller") in texts
        assert f"PSNR {psnr((x_hat - x).square().mean().item()):.1f} dB" in told


def test_measured_means_are_those_of_the_checkpoints() -> None:
    app = visit(PAGE)
    told = " ".join(words(app))
    assert "| Network | 20.0 | 21.0 | 22.0 | 23.0 |" in told
    assert "| PCA, as many numbers | 10.0 | 10.0 | 10.0 | 10.0 |" in told  # −10 log₁₀ (78.4 / 784)
    assert "at most **3.50 dB**; with 1 bit, by up to **15.0 dB**" in told
    assert len(app.get("plotly_chart")) == 1


def test_the_curve_has_every_measured_point_and_this_letters(shelf: Path) -> None:
    line = letters.curves(checkpoints.load(shelf / NAMES[7]))
    assert line == {1: 8.0, 2: 12.0, 4: 18.0, 8: 19.5, 16: 20.0, 32: 21.0}


def test_without_quantised_measurements_the_rest_is_shown(shelf: Path) -> None:
    for name in NAMES.values():
        metrics = files.read_json(shelf / name / "metrics.json")
        del metrics["quantised"]
        files.write_json(shelf / name / "metrics.json", metrics)
    app = visit(PAGE, bits="2")
    assert sentences(app) == []
    assert len(shown(app)) == 5
    assert not any("with 1 bit" in text.value for text in app.markdown)


# --------------------------------------------------------------------------------------- what is missing
def test_a_missing_network_is_a_sentence_and_the_others_are_shown(shelf: Path) -> None:
    shutil.rmtree(shelf / NAMES[7])
    app = visit(PAGE)
    (sentence,) = sentences(app)
    assert NAMES[7] in sentence
    assert [next(iter(texts)) for texts, _ in shown(app)] == ["Letter", "14×14", "2×2", "1×1"]


def test_no_networks_at_all_is_one_sentence(shelf: Path) -> None:
    shutil.rmtree(shelf)
    app = visit(PAGE)
    assert len(sentences(app)) == 1
    assert not [block for block in app.get("html") if 'class="gl-squeezed"' in block.proto.body]


def test_portuguese_numbers() -> None:
    texts, _ = shown(visit(PAGE, lang="pt"))[0]
    assert "6.272 bits" in texts
