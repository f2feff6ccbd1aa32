"""Open a picture that a stranger sent: bounded before it is decoded, and small afterwards.

Bytes, pixels and formats are checked first, so that a file of a few kilobytes cannot ask for gigabytes. What
comes out has at most 1,000 pixels a side, is turned upright by its EXIF tag, and has its colours multiplied
by its opacity. No setting of Pillow is changed: visitors of one server are threads of one process.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from genlab.errors import NotAPictureError, PictureError, PictureTooLargeError

Upload = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | Image.Image

# Naming the two plugins that Pillow does not load by itself spares it from loading all forty.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", TiffImagePlugin.TiffImageFile.format, WebPImagePlugin.WebPImageFile.format)
MAX_BYTES = 5 * 2**20
MAX_PIXELS = 25_000_000  # at most 100 MB once decoded
MAX_JPEG_PIXELS = 50_000_000  # a JPEG decodes at an eighth of its size, so a large phone photo is small
MAX_JPEG_SCANS = 200  # a progressive JPEG has about ten; each one costs a pass over all pixels
MAX_EXIF_BLOCKS = 100  # a photo has one, or one for each picture in it
WORK_SIDE = 1000  # pixels, the longest side that is worked on; 4,032 and 8,064 are just above 4 and 8 times it

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_upload(upload: Upload) -> Image.Image:
    """Read one picture, of an animation the first.

    Args:
        upload: the bytes of a file, a path, a binary file, or a Pillow picture (which is not changed).

    Returns:
        A new picture in mode ``RGBa`` (8 bits a channel, colours multiplied by opacity), at most 1,000 pixels
        a side, upright.

    Raises:
        PictureTooLargeError: too many bytes or pixels.
        NotAPictureError: no picture, one that is damaged, or one in a format that is not read.
    """
    try:
        if isinstance(upload, Image.Image):
            return _decode(upload)
        data = _read(upload)
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return _decode(picture, ours=True)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise NotAPictureError("This is no picture that can be read here. Send a PNG or JPEG picture.") from None
    except Exception as error:  # decoders raise almost anything on a damaged file
        raise NotAPictureError("The picture is damaged or not complete. Send a PNG or JPEG picture.") from error


def _read(upload: bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO) -> bytes:
    """The bytes of an upload, never more than ``MAX_BYTES``, and nothing built to keep a decoder busy."""
    try:
        if isinstance(upload, bytes | bytearray | memoryview):
            size = memoryview(upload).nbytes
            data: object = bytes(upload) if size <= MAX_BYTES else b""
        elif isinstance(upload, str | os.PathLike):
            path = Path(upload)
            if not path.is_file():
                raise NotAPictureError("There is no file “{path}”. Check the path.", path=str(path))
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            size = len(data)
        else:
            if upload.seekable():
                upload.seek(0)
            data = upload.read(MAX_BYTES + 1)
            size = len(data)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise NotAPictureError("The picture cannot be read. Send a PNG or JPEG picture.") from error
    if size > MAX_BYTES:
        raise PictureTooLargeError(
            "The picture has more than {most} MB. Make it smaller, or send a screenshot of it.", most=MAX_BYTES // 2**20
        )
    if not isinstance(data, bytes):
        raise NotAPictureError("This is text, not a picture. Send a PNG or JPEG picture.")
    if not data:
        raise NotAPictureError("The file is empty. Send a PNG or JPEG picture.")
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise PictureTooLargeError("The JPEG has more passes than a picture needs. Save it again as PNG.")
    if data.count(b"Exif\0\0") > MAX_EXIF_BLOCKS:
        raise PictureTooLargeError("The picture carries too many notes beside the pixels. Save it again as PNG.")
    return data


def _decode(picture: Image.Image, *, ours: bool = False) -> Image.Image:
    """Check the size that the header names, decode as small as can be, and bring it to one form."""
    from_jpeg = picture.format in ("JPEG", "MPO")
    limit = MAX_JPEG_PIXELS if from_jpeg else MAX_PIXELS
    width, height = picture.size
    if width * height > limit:
        raise _too_many_pixels(limit)
    if width * height == 0:
        raise NotAPictureError("The picture has no pixels. Send a PNG or JPEG picture.")
    shrink = min(1.0, WORK_SIDE / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    turn = _UPRIGHT.get(_orientation(picture))
    if ours and from_jpeg:
        picture.draft(None, size)
    small = _to_premultiplied(picture)
    if small.size != size:
        small = small.resize(size, Image.Resampling.BOX)
    return small.transpose(turn) if turn is not None else small


def _orientation(picture: Image.Image) -> int:
    """How the camera was held, 1…8; 1 is upright, and what damaged EXIF notes give."""
    try:
        return int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (the notes may be anything; the pixels may still be fine)
        return 1


def _to_premultiplied(picture: Image.Image) -> Image.Image:
    """Any mode as ``RGBa``; numbers beyond 8 bits are stretched from their least to their greatest."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        numbers = np.nan_to_num(np.asarray(picture, dtype=np.float32)).clip(-1e30, 1e30)
        least, greatest = float(numbers.min()), float(numbers.max())
        numbers -= least
        numbers *= 255 / max(greatest - least, 1e-6)
        picture = Image.fromarray(numbers.astype(np.uint8))
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.mode not in ("RGBA", "RGBa"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB").convert("RGBA")
    return picture.convert("RGBa") if picture.mode == "RGBA" else picture.copy()


def _too_many_pixels(limit: int = MAX_PIXELS) -> PictureTooLargeError:
    million = limit // 10**6
    return PictureTooLargeError(
        "The picture has more than {million} million pixels. Make it smaller and send it again.", million=million
    )
