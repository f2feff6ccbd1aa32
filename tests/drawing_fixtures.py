"""Pictures of one printed digit in every way a person may send it, and what is asked of the digit made of them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

SIDE = 400
Colour = tuple[float, float, float]


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
