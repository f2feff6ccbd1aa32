"""Pictures a person may send, well meant or not: each becomes a digit like MNIST's, or a named error."""

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
from PIL import Image, ImageDraw, ImageFile, ImageFont
from scipy import ndimage

from genlab.data import load
from genlab.data.drawing import MAX_BYTES, drawing_stages, prepare_drawing
from genlab.data.pictures import uploads
from genlab.errors import BlankPictureError, GenlabError, NotAPictureError, PictureTooLargeError

SIDE = 400
Colour = tuple[float, float, float]


# ------------------------------------------------------------------------------------------ pictures of digits


def coverage(digit: str = "5", *, shape: tuple[int, int] = (SIDE, SIDE), size: int = 300, at=None) -> np.ndarray:
    """How much of each pixel a printed digit covers: (H, W) in [0, 1]."""
    plane = Image.new("L", shape[::-1])
    place = at or (shape[1] // 2, shape[0] // 2)
    ImageDraw.Draw(plane).text(place, digit, fill=255, font=ImageFont.load_default(size), anchor="mm")
    return np.asarray(plane) / 255


def paint(cover: np.ndarray, ink: Colour = (0, 0, 0), ground: Colour | np.ndarray = (1, 1, 1)) -> Image.Image:
    """Ink on a ground; colours in [0, 1], the ground one colour or (H, W, 3)."""
    mixed = cover[..., None] * np.array(ink) + (1 - cover[..., None]) * np.asarray(ground)
    return Image.fromarray(np.round(mixed.clip(0, 1) * 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def paper(shape: tuple[int, int], *, light: float = 0.8, shadow: bool = True, ruled: str = "") -> np.ndarray:
    """Yellowish paper under uneven light, with a vignette, a hard shadow and lines if wanted: (H, W, 3)."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    bright = light * (0.85 + 0.2 * x - 0.1 * y) * (1 - 0.6 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    if shadow:
        bright *= 0.55 + 0.45 / (1 + np.exp(-40 * (1.2 * x + y - 0.9)))
    sheet = bright[..., None] * np.array([1, 0.97, 0.9])
    for along, across in [(x, y), (y, -x)][: len(ruled)]:  # nearly straight, three degrees aslant
        line = (across + 0.05 * along + 0.004 * np.sin(3 * along)) % 0.06 < 0.0035
        sheet = sheet * (1 - ndimage.gaussian_filter(line.astype(float), 1)[..., None] * [0.4, 0.3, 0.1])
    return sheet


def photo(cover: np.ndarray, *, ink: Colour = (0.15, 0.17, 0.35), noise: float = 0.02, **light: object) -> bytes:
    """A JPEG of ink on paper, a little out of focus."""
    ground = paper(cover.shape, **light)  # type: ignore[arg-type]
    seen = ground * (1 - 0.9 * cover[..., None] * (1 - np.array(ink)))
    seen = ndimage.gaussian_filter(seen, (1, 1, 0)) + np.random.default_rng(0).normal(0, noise, seen.shape)
    return saved(Image.fromarray(np.round(seen.clip(0, 1) * 255).astype(np.uint8)), "JPEG", quality=85)


def on_desk() -> bytes:
    """A photo of a sheet that lies aslant on a brown desk."""
    sheet = Image.open(io.BytesIO(photo(coverage(shape=(700, 560), size=420), shadow=False)))
    desk = Image.new("RGB", (1000, 1000), (90, 60, 40))
    desk.paste(sheet, (200, 150))
    return saved(desk.rotate(3, Image.Resampling.BICUBIC, fillcolor=(90, 60, 40)), "JPEG")


def on_alpha(colour: tuple[int, int, int]) -> bytes:
    """Ink of one colour on a transparent sheet."""
    picture = Image.new("RGBA", (SIDE, SIDE), (*colour, 0))
    picture.putalpha(Image.fromarray((coverage() * 255).astype(np.uint8)))
    return saved(picture)


def rounded_screenshot() -> bytes:
    picture, mask = paint(coverage()).convert("RGBA"), Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, SIDE - 1, SIDE - 1), 60, fill=255)
    picture.putalpha(mask)
    return saved(picture)


def framed() -> bytes:
    picture = paint(coverage())
    ImageDraw.Draw(picture).rectangle((5, 5, SIDE - 6, SIDE - 6), outline=(90, 90, 90), width=3)
    return saved(picture)


def lying(orientation: int, turn: Image.Transpose) -> bytes:
    """A JPEG whose pixels lie as a turned camera saves them, with the note that says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(paint(coverage()).transpose(turn), "JPEG", exif=exif)


def large(size: tuple[int, int]) -> Image.Image:
    """Black on white, a digit half as high as the picture."""
    picture = Image.new("L", size, 255)
    place, font = (size[0] // 2, size[1] // 2), ImageFont.load_default(0.7 * size[1])
    ImageDraw.Draw(picture).text(place, "5", fill=0, font=font, anchor="mm")
    return picture


def two_frames() -> bytes:
    return saved(paint(coverage()), "GIF", save_all=True, append_images=[paint(coverage("8"))])


def grey_16() -> bytes:
    return saved(Image.fromarray((3000 + 9000 * (1 - coverage())).astype(np.uint16)))


BIG = coverage(shape=(1100, 850), size=600)
VARIANTS: dict[str, Callable[[], bytes]] = {
    "white on black": lambda: saved(paint(coverage(), (1, 1, 1), (0, 0, 0))),
    "red on blue": lambda: saved(paint(coverage(), (0.9, 0.2, 0.2), (0.1, 0.2, 0.8))),
    "yellow on white": lambda: saved(paint(coverage(), (1, 0.9, 0.2))),
    "faint": lambda: saved(paint(coverage(), (0.85, 0.85, 0.85))),
    "small in a corner": lambda: saved(paint(coverage(size=110, at=(330, 60)))),
    "cut out tightly": lambda: saved(
        paint(coverage()).crop(Image.fromarray((coverage() * 255).astype("u1")).getbbox())
    ),
    "large": lambda: saved(large((1800, 2400))),
    "28 pixels": lambda: saved(paint(coverage()).resize((28, 28), Image.Resampling.BOX)),
    "palette": lambda: saved(paint(coverage(), (0.3, 0.1, 0.5), (0.8, 0.9, 0.7)).quantize(16)),
    "bilevel": lambda: saved(paint(coverage()).convert("1")),
    "grey with alpha": lambda: saved(paint(coverage()).convert("LA")),
    "16 bit": grey_16,
    "CMYK": lambda: saved(paint(coverage()).convert("CMYK"), "JPEG"),
    "TIFF": lambda: saved(paint(coverage()), "TIFF", compression="tiff_deflate"),
    "WEBP": lambda: saved(paint(coverage()), "WEBP"),
    "BMP": lambda: saved(paint(coverage()), "BMP"),
    "GIF of two": two_frames,
    "poor JPEG": lambda: saved(paint(coverage()), "JPEG", quality=20),
    "black on alpha": lambda: on_alpha((0, 0, 0)),
    "white on alpha": lambda: on_alpha((255, 255, 255)),
    "rounded corners": rounded_screenshot,
    "framed": framed,
    "EXIF 6": lambda: lying(6, Image.Transpose.ROTATE_90),
    "EXIF 3": lambda: lying(3, Image.Transpose.ROTATE_180),
    "EXIF 5": lambda: lying(5, Image.Transpose.TRANSPOSE),
    "photo": lambda: photo(BIG),
    "photo, dim": lambda: photo(BIG, light=0.35, noise=0.03),
    "photo, pencil": lambda: photo(BIG, ink=(0.55, 0.55, 0.55)),
    "photo, ruled": lambda: photo(BIG, ruled="-"),
    "photo, squared": lambda: photo(BIG, ruled="-|"),
    "photo, small and squared": lambda: photo(coverage(shape=(1100, 850), size=250, at=(500, 300)), ruled="-|"),
    "photo, desk": on_desk,
    "photo, chalk": lambda: saved(Image.eval(Image.open(io.BytesIO(photo(BIG))), lambda v: 255 - v), "JPEG"),
}


def assert_like_mnist(digit: torch.Tensor) -> np.ndarray:
    """Bright ink on dark, in the middle, within 20×20; the picture (28, 28)."""
    assert digit.shape == (1, 28, 28)
    assert digit.dtype == torch.float32
    picture = digit[0].numpy()
    assert picture.min() == 0
    assert 0.95 <= picture.max() <= 1
    assert 0.03 < picture.mean() < 0.35  # MNIST's images: 0.02 … 0.34
    rows, columns = np.nonzero(picture > 0.1)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
    assert np.abs(np.array(ndimage.center_of_mass(picture)) - 14).max() < 1
    return picture


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation of two pictures, at the best of nine shifts of at most one pixel."""
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(np.corrcoef(a.ravel(), np.roll(b, shift, (0, 1)).ravel())[0, 1]) for shift in shifts)


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


# ------------------------------------------------------------------------------------------ hostile files


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


def test_visitors_do_not_disturb_one_another(reference: np.ndarray) -> None:
    """Threads get what each would get alone, and Pillow's settings stay as they were."""
    settings = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)
    good, bad = saved(paint(coverage())), saved(paint(coverage()))[:1500]

    def visit(number: int) -> torch.Tensor | None:
        try:
            return prepare_drawing(bad if number % 3 == 0 else good)
        except NotAPictureError:
            return None

    with ThreadPoolExecutor(4) as pool:
        digits = list(pool.map(visit, range(12)))
    assert [digit is None for digit in digits] == [number % 3 == 0 for number in range(12)]
    assert all(digit is None or np.array_equal(digit[0].numpy(), reference) for digit in digits)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == settings
