"""Files that were built or damaged to do harm: each is a named error, and nothing is decoded that is too large."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from genlab.data.drawing import MAX_BYTES, prepare_drawing
from genlab.data.pictures import uploads
from genlab.errors import GenlabError, NotAPictureError, PictureTooLargeError
from tests.drawing_fixtures import assert_like_mnist, coverage, large, paint, saved


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes, pixels: bytes = b"\0") -> bytes:
    """A PNG that declares any size; ``extra`` chunks come before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def resized_header(data: bytes, offset: int, form: str, *sizes: int) -> bytes:
    """A file with other sizes in its header."""
    return data[:offset] + struct.pack(form, *sizes) + data[offset + struct.calcsize(form) :]


def jpeg_of(width: int, height: int) -> bytes:
    data = saved(Image.new("L", (16, 16)), "JPEG")
    return resized_header(data, data.index(b"\xff\xc0") + 5, ">HH", height, width)


def many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated, so that a few kilobytes keep a decoder busy."""
    data = saved(paint(coverage()), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def tiff_with(tag: int, kind: int, count: int, value: int) -> bytes:
    """A small TIFF with one more entry that lies."""
    entries = [
        (256, 3, 1, 8),
        (257, 3, 1, 8),
        (258, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 3, 1, 8),
        (279, 4, 1, 64),
    ]
    merged = sorted({entry[0]: entry for entry in [*entries, (tag, kind, count, value)]}.values())
    body = b"".join(struct.pack("<HHII", *entry) for entry in merged)
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + struct.pack("<H", len(merged)) + body + bytes(4)


TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "bytes": lambda: saved(paint(coverage())) + bytes(MAX_BYTES),
    "PNG of 26 million pixels": lambda: png(5_100, 5_100),
    "PNG of 3,600 million pixels": lambda: png(60_000, 60_000),
    "PNG of 2³¹ − 1 by 2³¹ − 1": lambda: png(2**31 - 1, 2**31 - 1),
    "long and thin": lambda: png(2**31 - 1, 1),
    "JPEG": lambda: jpeg_of(65_000, 65_000),
    "JPEG of 51 million pixels": lambda: jpeg_of(51_000, 1_000),
    "JPEG scans": lambda: many_scans(400),
    "GIF": lambda: resized_header(saved(Image.new("L", (8, 8)), "GIF"), 6, "<HH", 65_535, 65_535),
    "BMP": lambda: resized_header(saved(Image.new("L", (8, 8)), "BMP"), 18, "<ii", 60_000, 60_000),
    "TIFF": lambda: tiff_with(257, 4, 1, 2**31),
    "EXIF blocks": lambda: (
        b"\xff\xd8" + (b"\xff\xe1\x00\x12Exif\0\0" + bytes(10)) * 1000 + saved(paint(coverage()), "JPEG")[2:]
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_never_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = TOO_LARGE[name]()
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with pytest.raises(PictureTooLargeError, match=r"more|too many"):
            prepare_drawing(data)
    assert not decoded


NO_PICTURES: dict[str, Callable[[], object]] = {
    "nothing": lambda: b"",
    "text": lambda: b"This is no picture.",
    "zeros": lambda: bytes(1000),
    "PNG, cut": lambda: saved(paint(coverage()))[:1500],
    "PNG, only its header": lambda: saved(paint(coverage()))[:40],
    "PNG, signature": lambda: b"\x89PNG\r\n\x1a\n",
    "PNG, too few pixels": lambda: png(300, 300),
    "PNG, no pixels": lambda: png(0, 10),
    "PNG, zTXt bomb": lambda: png(8, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**8))), pixels=bytes(72)),
    "PNG, iTXt bombs": lambda: png(
        8, 8, *[chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(10**6)))] * 90, pixels=bytes(72)
    ),
    "JPEG, cut": lambda: saved(paint(coverage()), "JPEG")[:3000],
    "JPEG, two bytes": lambda: b"\xff\xd8",
    "GIF, cut": lambda: saved(paint(coverage()), "GIF")[:900],
    "WEBP, cut": lambda: saved(paint(coverage()), "WEBP")[:200],
    "BMP, cut": lambda: saved(paint(coverage()), "BMP")[:2000],
    "TIFF, cut": lambda: saved(paint(coverage()), "TIFF")[:2000],
    "TIFF, no strip": lambda: tiff_with(273, 4, 1, 2**31),
    "TIFF, 60,000 samples": lambda: tiff_with(277, 3, 1, 60_000),
    "ICO": lambda: saved(Image.new("RGB", (16, 16)), "ICO"),
    "PPM": lambda: saved(Image.new("RGB", (16, 16)), "PPM"),
    "PDF": lambda: saved(Image.new("RGB", (16, 16)), "PDF"),
    "EPS": lambda: saved(Image.new("RGB", (16, 16)), "EPS"),
    "PSD": lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 10, 10, 8, 3) + bytes(100),
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>',
    "no file": lambda: Path("there/is/no/such/file.png"),
    "a folder": lambda: Path(__file__).parent,
    "bad path": lambda: "a\0b",
    "a text file": lambda: io.StringIO("text"),
    "a number": lambda: 3,
    "None": lambda: None,
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused_by_name(name: str) -> None:
    with pytest.raises(NotAPictureError) as caught:
        prepare_drawing(NO_PICTURES[name]())  # type: ignore[arg-type]
    assert str(caught.value).endswith(".")
    assert "Send" in str(caught.value) or "Check" in str(caught.value)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pillow, about broken notes
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_damaged_files_give_a_digit_or_a_named_error(kind: str) -> None:
    random = np.random.default_rng(7)
    whole = saved(paint(coverage(shape=(60, 60), size=50)), kind)
    named = 0
    for _ in range(60):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 300 if random.random() < 0.5 else len(data)), 4):
            data[place] = random.integers(256)
        try:
            digit = prepare_drawing(bytes(data))
        except GenlabError:
            named += 1
        else:
            assert torch.isfinite(digit).all()
            assert digit.shape == (1, 28, 28)
    assert named > 0


def test_a_file_that_cannot_be_read_is_refused() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the network is gone")

    with pytest.raises(NotAPictureError):
        prepare_drawing(Broken(b"x"))


def test_no_more_is_read_than_is_allowed() -> None:
    class Endless(io.RawIOBase):
        read_so_far = 0

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1, /) -> bytes:
            assert size >= 0
            self.read_so_far += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PictureTooLargeError, match="5 MB"):
        prepare_drawing(endless)  # type: ignore[arg-type]
    assert endless.read_so_far <= MAX_BYTES + 1


def test_a_picture_that_is_too_large_in_memory_is_refused() -> None:
    with pytest.raises(PictureTooLargeError):
        prepare_drawing(Image.new("1", (5_001, 5_000)))


def test_a_large_photo_is_decoded_small(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(large((4032, 3024)), "JPEG")
    sizes = []
    to_premultiplied = uploads._to_premultiplied

    def spy(picture: Image.Image) -> Image.Image:
        sizes.append(picture.size)
        return to_premultiplied(picture)

    monkeypatch.setattr(uploads, "_to_premultiplied", spy)
    assert_like_mnist(prepare_drawing(data))
    assert sizes == [(1008, 756)]


def test_visitors_do_not_disturb_one_another() -> None:
    """Threads get what each would get alone, and Pillow's settings stay as they were."""
    settings = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)
    good, bad = saved(paint(coverage())), saved(paint(coverage()))[:1500]
    alone = prepare_drawing(good)

    def visit(number: int) -> torch.Tensor | None:
        try:
            return prepare_drawing(bad if number % 3 == 0 else good)
        except NotAPictureError:
            return None

    with ThreadPoolExecutor(4) as pool:
        digits = list(pool.map(visit, range(12)))
    assert [digit is None for digit in digits] == [number % 3 == 0 for number in range(12)]
    assert all(digit is None or torch.equal(digit, alone) for digit in digits)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == settings
