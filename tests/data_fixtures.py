"""Data sets of a few images in the formats of the real ones, and a table that takes them for the published ones."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np

from genlab.data import sources
from genlab.data.sources import File, Part, Source


def to_idx(array: np.ndarray) -> bytes:
    """An idx file of unsigned bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def to_mat(**arrays: object) -> bytes:
    """A MATLAB 5 file."""
    from scipy.io import savemat

    stream = io.BytesIO()
    savemat(stream, dict(arrays), do_compression=True)
    return stream.getvalue()


def make_digits(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images ``uint8`` (n, 28, 28) and labels (n,), every label 0 … 9 in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return images, (np.arange(n) % 10).astype(np.uint8)


def make_house_numbers(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``X`` ``uint8`` (32, 32, 3, n) and ``y`` (n, 1), the labels 1 … 10 in turn."""
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3, n), dtype=np.uint8)
    return pixels, (np.arange(n) % 10 + 1).astype(np.uint8)[:, None]


def idx_files(train: int, test: int) -> dict[str, bytes]:
    """The four files of a tiny MNIST, by name."""
    files = {}
    for prefix, n, seed in (("train", train, 0), ("t10k", test, 1)):
        images, labels = make_digits(n, seed)
        files[f"{prefix}-images-idx3-ubyte"] = to_idx(images)
        files[f"{prefix}-labels-idx1-ubyte"] = to_idx(labels)
    return files


def mat_files(train: int, test: int) -> dict[str, bytes]:
    """The two files of a tiny SVHN, by name."""
    files = {}
    for name, n, seed in (("train_32x32.mat", train, 0), ("test_32x32.mat", test, 1)):
        pixels, labels = make_house_numbers(n, seed)
        files[name] = to_mat(X=pixels, y=labels)
    return files


def tiny_source(name: str, files: dict[str, bytes], train: int, test: int, validation: int | None = None) -> Source:
    """The row ``name`` of the table, with the counts, sizes and checksums of ``files``."""
    row = sources.SOURCES[name]

    def shrunk(part: Part, count: int) -> Part:
        measured = tuple(
            File(
                file.name,
                None if file.size is None else len(files[file.name]),
                None if file.sha256 is None else hashlib.sha256(files[file.name]).hexdigest(),
            )
            for file in part.files
        )
        return dataclasses.replace(part, count=count, files=measured)

    return dataclasses.replace(row, train=shrunk(row.train, train), test=shrunk(row.test, test), validation=validation)


def write_files(folder: Path, files: dict[str, bytes], *, packed: bool = False) -> None:
    """Write ``files`` into ``folder``, as they are or as ``.gz``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
