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
from typing import BinaryIO, cast

import torch
from torch import Tensor

from genlab.errors import DataFileError

UNSIGNED_BYTE = 0x08
MAX_BYTES = 2**30  # 1 GiB: twenty times MNIST; no header can make us allocate more
MAX_DEFLATE_RATIO = 1032  # deflate cannot shrink further, so a larger promise is a lie
KINDS = {1: "labels", 3: "images"}
REPLACE = "Delete it and download the data set again."


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
            raise DataFileError(f"{path} promises {size:,} bytes, which it cannot hold. {REPLACE}")
        if not packed and size_on_disk != header_size + size:
            fault = "is cut short" if size_on_disk < header_size + size else "has extra bytes at its end"
            raise DataFileError(
                f"{path} {fault}: it has {size_on_disk:,} bytes where its header promises "
                f"{header_size + size:,}. {REPLACE}"
            )
        buffer = bytearray(size)
        filled = _fill(stream, buffer)
        if filled < size:
            raise DataFileError(f"{path} is cut short: {filled:,} of {size:,} bytes are there. {REPLACE}")
        if stream.read(1):
            raise DataFileError(f"{path} has extra bytes at its end, after the {size:,} it promises. {REPLACE}")
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
            f"{images_path} has {len(images):,} images but {labels_path.name} has {len(labels):,} labels, so they do "
            "not belong together. Delete both and download the data set again."
        )
    largest = int(labels.max())
    if largest >= classes:
        raise DataFileError(f"{labels_path} has the label {largest}, but labels go from 0 to {classes - 1}. {REPLACE}")
    return images.unsqueeze(1), labels.to(torch.int64)  # (N, H, W) -> (N, 1, H, W)


def unpack_gzip(source: Path, target: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Write what ``source`` (``.gz``) holds to ``target``, and stop once it is more than ``max_bytes``.

    Raises:
        DataFileError: ``source`` is no whole gzip file, or unpacks to more than ``max_bytes``.
    """
    written = 0
    with open(target, "wb") as out:
        for chunk in _chunks(source):
            written += len(chunk)
            if written > max_bytes:
                raise DataFileError(f"{source} unpacks to more than {max_bytes:,} bytes. {REPLACE}")
            out.write(chunk)


def _chunks(path: Path) -> Iterator[bytes]:
    """The unpacked bytes, 1 MiB at a time (so that a full disk is not taken for a broken source)."""
    with _opened(path) as (stream, _):
        while chunk := stream.read(1 << 20):
            yield chunk


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The (unpacked) stream and the size on disk; every way in which reading can fail becomes one sentence."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # before open: opening a pipe would wait for ever
            raise DataFileError(f"{path} is not a file. Put the data file of that name in its place.")
        with open(path, "rb") as raw:
            size_on_disk = os.fstat(raw.fileno()).st_size
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield cast(BinaryIO, stream), size_on_disk
            else:
                yield raw, size_on_disk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(f"{path} is cut short or is no gzip file. {REPLACE}") from error
    except FileNotFoundError as error:
        raise DataFileError(f"{path} is not there. Download the data set again.") from error
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataFileError(f"{path} cannot be read ({reason}). Check that you may open it.") from error


def _read_header(stream: BinaryIO, path: Path, expect_dims: tuple[int | None, ...]) -> tuple[int, ...]:
    """The dimensions in the header, once they are what was expected."""
    wanted = KINDS.get(len(expect_dims), f"{len(expect_dims)}-dimensional data")
    magic = stream.read(4)
    if len(magic) < 4:
        raise DataFileError(f"{path} is cut short: it has not even a header. {REPLACE}")
    zero, kind, rank = struct.unpack(">HBB", magic)
    if zero != 0 or kind != UNSIGNED_BYTE:
        raise DataFileError(f"{path} is no idx file of bytes (it begins with {magic.hex(' ')}). {REPLACE}")
    if rank != len(expect_dims):
        found = KINDS.get(rank, f"{rank}-dimensional data")
        raise DataFileError(f"{path} holds {found} where {wanted} belong. Check whether two files were swapped.")
    raw_dims = stream.read(4 * rank)
    if len(raw_dims) < 4 * rank:
        raise DataFileError(f"{path} is cut short: it ends within its header. {REPLACE}")
    dims: tuple[int, ...] = struct.unpack(f">{rank}I", raw_dims)
    if any(found != (expected or found) for found, expected in zip(dims, expect_dims, strict=True)) or 0 in dims:
        expected_text = " × ".join("any" if n is None else f"{n:,}" for n in expect_dims)
        found_text = " × ".join(f"{n:,}" for n in dims)
        raise DataFileError(f"{path} holds {found_text} {wanted} where {expected_text} belong. {REPLACE}")
    return dims


def _fill(stream: BinaryIO, buffer: bytearray) -> int:
    """Read into ``buffer`` until it is full or the stream ends; the number of bytes read."""
    view, filled = memoryview(buffer), 0
    while filled < len(buffer):
        got = stream.readinto(view[filled : filled + (1 << 22)])  # type: ignore[attr-defined]
        if not got:
            break
        filled += got
    return filled
