"""Read the idx files of MNIST and notMNIST, and refuse whatever is not exactly one.

An idx file is a header of big-endian 32-bit numbers, then the bytes:

    0x00 0x00 <type> <k>   n_1 … n_k   n_1 · n_2 · … · n_k bytes

``type`` is 0x08 for unsigned bytes; ``k`` is 3 for images (N, H, W), 1 for labels (N,). So the first four
bytes are 2051 for images and 2049 for labels. The length of the file is known from its header, which is
checked before anything is allocated. LeCun, Cortes and Burges, "The MNIST database", 1998.
"""

from __future__ import annotations

import gzip
import math
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import torch
from torch import Tensor

from genlab.errors import DataFileError
from genlab.text import N_

UNSIGNED_BYTE = 0x08
MAX_BYTES = 2**30  # 1 GiB: twenty times MNIST; no header can make us allocate more
MAX_DEFLATE_RATIO = 1032  # deflate cannot shrink further, so a larger promise is a lie
KINDS = {1: N_("labels"), 3: N_("images")}
OTHER = N_("other data")


def read_idx(path: Path, *, expect_dims: tuple[int | None, ...]) -> Tensor:
    """Read one idx file, plain or ``.gz``, as ``uint8``.

    Args:
        path: the file; a name that ends in ``.gz`` is unpacked while it is read, never beyond the promised size.
        expect_dims: the shape to insist on, ``None`` where any number above 0 will do: ``(None, 28, 28)``.

    Returns:
        ``uint8`` 0…255 of the shape in the header, such as (N, 28, 28) or (N,); owns its memory, writable.

    Raises:
        DataFileError: the file cannot be opened, is no idx file of unsigned bytes, has other dimensions
            (a labels file where images belong), ends early, goes on after its data, or promises too much.
    """
    with _opened(path) as (stream, size_on_disk):
        dims = _read_header(stream, path, expect_dims)
        size = math.prod(dims)
        header_size = 4 + 4 * len(dims)
        packed = path.suffix == ".gz"
        if size > MAX_BYTES or (packed and size > size_on_disk * MAX_DEFLATE_RATIO):
            raise DataFileError(
                "{path} promises {size:,} bytes, which it cannot hold. Delete it and download the data set again.",
                path=str(path),
                size=size,
            )
        if not packed and size_on_disk != header_size + size:
            _refuse_length(path, size_on_disk, header_size + size)
        buffer = bytearray(size)
        filled = _fill(stream, buffer)
        if filled < size or stream.read(1):
            _refuse_length(path, header_size + filled + (filled == size), header_size + size)
    return torch.frombuffer(buffer, dtype=torch.uint8).reshape(dims)


def read_images_and_labels(
    images_path: Path, labels_path: Path, *, count: int | None, size: tuple[int, int] = (28, 28), classes: int = 10
) -> tuple[Tensor, Tensor]:
    """Read one part of a data set: its images file and the labels file beside it.

    Args:
        images_path: idx file of shape (N, H, W).
        labels_path: idx file of shape (N,).
        count: the N to insist on; ``None`` for any.
        size: (H, W) to insist on.
        classes: labels must be in 0 … classes - 1.

    Returns:
        images ``uint8`` (N, 1, H, W) 0…255, and labels ``int64`` (N,).

    Raises:
        DataFileError: either file is broken (see ``read_idx``), the two have different counts, or a label is
            out of range.
    """
    labels = read_idx(labels_path, expect_dims=(count,))  # the small file first: it fails fast
    images = read_idx(images_path, expect_dims=(count, *size))
    if len(images) != len(labels):
        raise DataFileError(
            "{images} has {n:,} images but {labels} has {m:,} labels, so they do not belong together. "
            "Delete both and download the data set again.",
            images=str(images_path),
            labels=labels_path.name,
            n=len(images),
            m=len(labels),
        )
    largest = int(labels.max())
    if largest >= classes:
        raise DataFileError(
            "{path} has the label {label}, but labels go from 0 to {last}. Delete it and download the data set again.",
            path=str(labels_path),
            label=largest,
            last=classes - 1,
        )
    return images.unsqueeze(1), labels.to(torch.int64)  # (N, H, W) -> (N, 1, H, W)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The (unpacked) stream and the size on disk; every way in which reading can fail becomes one sentence."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # before open: opening a pipe would wait for ever
            raise DataFileError("{path} is not a file. Put the data file of that name in its place.", path=str(path))
        with open(path, "rb") as raw:
            size_on_disk = os.fstat(raw.fileno()).st_size
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield cast(BinaryIO, stream), size_on_disk
            else:
                yield raw, size_on_disk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(
            "{path} is cut short or is no gzip file. Delete it and download the data set again.", path=str(path)
        ) from error
    except FileNotFoundError as error:
        raise DataFileError("{path} is not there. Download the data set again.", path=str(path)) from error
    except OSError as error:
        raise DataFileError(
            "{path} cannot be read ({reason}). Check that you may open it.",
            path=str(path),
            reason=error.strerror or type(error).__name__,
        ) from error


def _read_header(stream: BinaryIO, path: Path, expect_dims: tuple[int | None, ...]) -> tuple[int, ...]:
    """The dimensions in the header, once they are what was expected."""
    magic = stream.read(4)
    if len(magic) < 4:
        _refuse_length(path, len(magic), 4 + 4 * len(expect_dims))
    zero, kind, rank = struct.unpack(">HBB", magic)
    if zero != 0 or kind != UNSIGNED_BYTE:
        raise DataFileError(
            "{path} is no idx file: its first bytes are {bytes}. Delete it and download the data set again.",
            path=str(path),
            bytes=magic.hex(" "),
        )
    if rank != len(expect_dims):
        raise DataFileError(
            "{path} holds {found} where {expected} belong. Check whether two files were swapped.",
            path=str(path),
            found=KINDS.get(rank, OTHER),
            expected=KINDS.get(len(expect_dims), OTHER),
        )
    raw_dims = stream.read(4 * rank)
    if len(raw_dims) < 4 * rank:
        _refuse_length(path, 4 + len(raw_dims), 4 + 4 * rank)
    dims: tuple[int, ...] = struct.unpack(f">{rank}I", raw_dims)
    if any(found != (expected or found) for found, expected in zip(dims, expect_dims, strict=True)) or 0 in dims:
        raise DataFileError(
            "{path} holds data of the size {found} where {expected} belongs. "
            "Delete it and download the data set again.",
            path=str(path),
            found=" × ".join(str(n) for n in dims),
            expected=" × ".join("N" if n is None else str(n) for n in expect_dims),
        )
    return dims


def _refuse_length(path: Path, found: int, expected: int) -> NoReturn:
    if found < expected:
        raise DataFileError(
            "{path} is cut short: it has {found:,} of {expected:,} bytes. Delete it and download the data set again.",
            path=str(path),
            found=found,
            expected=expected,
        )
    raise DataFileError(
        "{path} has extra bytes at its end: {expected:,} belong there. Delete it and download the data set again.",
        path=str(path),
        expected=expected,
    )


def _fill(stream: BinaryIO, buffer: bytearray) -> int:
    """Read into ``buffer`` until it is full or the stream ends; the number of bytes read."""
    view, filled = memoryview(buffer), 0
    while filled < len(buffer):
        got = stream.readinto(view[filled : filled + (1 << 22)])  # type: ignore[attr-defined]
        if not got:
            break
        filled += got
    return filled
