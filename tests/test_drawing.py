"""Pictures a person may send: each becomes a digit like MNIST's; a picture of nothing is named blank."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from genlab.data import load
from genlab.data.drawing import drawing_stages, prepare_drawing
from genlab.errors import BlankPictureError
from tests.drawing_fixtures import BIG, SIDE, VARIANTS, alike, assert_like_mnist, coverage, paint, photo, saved


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return assert_like_mnist(prepare_drawing(saved(paint(coverage()))))


def test_the_reference_is_the_digit(reference: np.ndarray) -> None:
    """Against the glyph itself, scaled to 20 pixels by hand; and other digits are not alike."""
    glyph = Image.fromarray((coverage() * 255).astype(np.uint8))
    cut = glyph.crop(glyph.getbbox())
    width = round(20 * cut.width / cut.height)
    frame = np.zeros((28, 28))
    frame[4:24, 14 - width // 2 : 14 - width // 2 + width] = np.asarray(cut.resize((width, 20), Image.Resampling.BOX))
    assert alike(reference, frame) > 0.95
    for other in "01234678":
        assert alike(reference, prepare_drawing(saved(paint(coverage(other))))[0].numpy()) < 0.88


@pytest.mark.parametrize("name", VARIANTS)
def test_every_picture_of_a_digit_becomes_that_digit(name: str, reference: np.ndarray) -> None:
    picture = assert_like_mnist(prepare_drawing(VARIANTS[name]()))
    assert alike(picture, reference) > 0.9


@pytest.mark.parametrize("width", [1, 2, 5, 15, 40, 75, 110])
def test_a_thin_pen_is_thickened_and_a_thick_one_thinned(width: int) -> None:
    picture = Image.new("L", (1000, 1000), 255)
    points = [(250, 250), (700, 250), (420, 800)]
    ImageDraw.Draw(picture).line(points, fill=0, width=width, joint="curve")
    seven = assert_like_mnist(prepare_drawing(saved(picture)))
    across = (seven[12:18] > 0.5).sum(axis=1)  # the slanted stroke, row by row
    assert 1 <= across.min()
    assert across.max() <= 6
    assert (seven[:, 14] > 0.5).any()


@pytest.mark.parametrize("edge", [8, 12, 20])
def test_tiny_pictures_work(edge: int) -> None:
    tiny = paint(coverage("7")).resize((edge, edge), Image.Resampling.BOX)
    picture = prepare_drawing(saved(tiny))[0].numpy()
    assert alike(picture, prepare_drawing(saved(paint(coverage("7"))))[0].numpy()) > 0.7


def test_mnist_comes_back_nearly_unchanged(mnist_root: Path) -> None:
    images = load("mnist", "test", root=mnist_root).images[:60].squeeze(1).numpy()
    for image in images:
        for upload in (image, 255 - image):
            digit = prepare_drawing(saved(Image.fromarray(upload)))[0].numpy()
            assert np.abs(digit - image / 255).mean() < 0.01
    for image in images[:15]:
        enlarged = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
        assert alike(prepare_drawing(saved(enlarged))[0].numpy(), image / 255) > 0.9


def test_the_stages_are_there_to_be_shown() -> None:
    data = photo(BIG)
    stages = drawing_stages(data)
    assert stages.original.dtype == stages.grey.dtype == stages.box.dtype == np.uint8
    assert stages.original.ndim == 3
    assert max(stages.original.shape) == 512
    assert stages.grey.shape == stages.original.shape[:2]
    assert stages.box.shape == (20, 20)
    assert stages.grey.max() == stages.box.max() == 255
    assert (stages.grey == 0).mean() > 0.8
    assert torch.equal(stages.digit, prepare_drawing(data))


def test_every_kind_of_argument_gives_the_same(tmp_path: Path) -> None:
    data = saved(paint(coverage()))
    path = tmp_path / "five.png"
    path.write_bytes(data)
    used = io.BytesIO(data)
    used.read()
    picture = Image.open(io.BytesIO(data))
    arguments = [bytearray(data), memoryview(data), path, str(path), io.BytesIO(data), used, picture, paint(coverage())]
    expected = prepare_drawing(data)
    for argument in arguments:
        assert torch.equal(prepare_drawing(argument), expected)
    with path.open("rb") as file:
        assert torch.equal(prepare_drawing(file), expected)
    assert picture.size == (SIDE, SIDE)
    assert picture.mode == "RGB"


# ------------------------------------------------------------------------------------------ pictures of nothing


def noise(kind: str, edge: int) -> bytes:
    random = np.random.default_rng(1)
    planes = {
        "uniform": random.integers(0, 256, (edge, edge)),
        "normal": random.normal(128, 20, (edge, edge)).clip(0, 255),
        "salt": (random.random((edge, edge)) < 0.1) * 255,
        "scan": 255 - np.abs(random.normal(0, 6, (edge, edge))),
    }
    return saved(Image.fromarray(planes[kind].astype(np.uint8)))


BLANKS: dict[str, Callable[[], bytes]] = {
    "white": lambda: saved(Image.new("RGB", (300, 300), "white")),
    "black": lambda: saved(Image.new("L", (28, 28))),
    "one colour": lambda: saved(Image.new("RGB", (64, 900), (20, 120, 200)), "JPEG"),
    "one pixel": lambda: saved(Image.new("L", (1, 1), 255)),
    "two pixels": lambda: saved(Image.fromarray(np.array([[0, 255]], dtype=np.uint8))),
    "transparent": lambda: saved(Image.new("RGBA", (300, 300), (0, 0, 0, 0))),
    "nearly transparent": lambda: saved(Image.new("RGBA", (300, 300), (255, 0, 0, 2))),
    "16 bit": lambda: saved(Image.fromarray(np.full((50, 50), 9000, dtype=np.uint16))),
    "floats": lambda: saved(Image.fromarray(np.full((50, 50), np.nan, dtype=np.float32)), "TIFF"),
    "paper": lambda: photo(np.zeros((1100, 850))),
    "ruled paper": lambda: photo(np.zeros((1100, 850)), ruled="-"),
    "squared paper": lambda: photo(np.zeros((1100, 850)), ruled="-|"),
    **{
        f"{kind} {edge}": lambda kind=kind, edge=edge: noise(kind, edge)
        for kind in ("uniform", "normal", "salt", "scan")
        for edge in (28, 64, 500)
    },
}


@pytest.mark.parametrize("name", BLANKS)
def test_a_picture_of_nothing_is_blank(name: str) -> None:
    with pytest.raises(BlankPictureError, match="shows no drawing"):
        prepare_drawing(BLANKS[name]())
