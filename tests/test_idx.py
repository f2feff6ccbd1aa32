"""The idx reader: what was written comes back, and everything else is refused in a sentence that names the file."""

from __future__ import annotations

import gzip
import os
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from genlab.data.idx import read_idx, read_images_and_labels
from genlab.errors import DataFileError
from tests.data_fixtures import make_digits, to_idx, write_files

IMAGES = (None, 28, 28)


@pytest.mark.parametrize("packed", [False, True])
def test_idx_comes_back_as_written(tmp_path: Path, packed: bool) -> None:
    images, labels = make_digits(7)
    write_files(tmp_path, {"images": to_idx(images), "labels": to_idx(labels)}, packed=packed)
    end = ".gz" if packed else ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x, y = read_images_and_labels(tmp_path / f"images{end}", tmp_path / f"labels{end}", count=7)
    assert x.shape == (7, 1, 28, 28)
    assert x.dtype == torch.uint8
    assert y.dtype == torch.int64
    assert np.array_equal(x[:, 0].numpy(), images)
    assert y.tolist() == labels.tolist()
    x[0] = 0  # the memory is ours to write to


GOOD = to_idx(make_digits(5)[0])
BROKEN = {
    "empty": (b"", "cut short"),
    "half a header": (GOOD[:9], "cut short"),
    "cut short": (GOOD[:-1], "cut short"),
    "only a header": (GOOD[:16], "cut short"),
    "trailing byte": (GOOD + b"\0", "extra bytes"),
    "labels": (to_idx(make_digits(5)[1]), "labels where images belong"),
    "four dimensions": (to_idx(np.zeros((1, 1, 28, 28))), "other data where images belong"),
    "32-bit numbers": (b"\0\0\x0c\x03" + GOOD[4:], "no idx file"),
    "a web page": (b"<!DOCTYPE html><html>404</html>", "no idx file"),
    "a gzip file without .gz": (gzip.compress(GOOD), "no idx file"),
    "29 rows": (to_idx(np.zeros((5, 29, 28))), "5 × 29 × 28 where N × 28 × 28"),
    "no images": (to_idx(np.zeros((0, 28, 28))), "0 × 28 × 28"),
    "a huge promise": (struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 28, 28) + bytes(784), "cannot hold"),
}


@pytest.mark.parametrize(("content", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_idx_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=says) as caught:
        read_idx(path, expect_dims=IMAGES)
    assert str(path) in str(caught.value)


PACKED = gzip.compress(GOOD)
BROKEN_PACKED = {
    "empty": (b"", "cut short"),
    "cut short": (PACKED[:-20], "cut short"),
    "no checksum": (PACKED[:-8], "cut short"),
    "not packed": (GOOD, "no gzip file"),
    "damaged": (PACKED[:200] + bytes([PACKED[200] ^ 255]) + PACKED[201:], "cut short or is no gzip file|extra|cut"),
    "less than promised": (gzip.compress(GOOD[:-1]), "cut short"),
    "a bomb behind the data": (gzip.compress(GOOD + bytes(64 << 20)), "extra bytes"),
    "a second file": (PACKED + PACKED, "extra bytes"),
    "a promise no deflate can keep": (
        gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 1_000_000, 28, 28) + bytes(784)),
        "cannot hold",
    ),
}


@pytest.mark.parametrize(("content", "says"), BROKEN_PACKED.values(), ids=BROKEN_PACKED)
def test_broken_packed_idx_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=says) as caught:
        read_idx(path, expect_dims=IMAGES)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("packed", [False, True])
def test_changed_bytes_never_do_worse_than_a_refusal(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("images.gz" if packed else "images")
    rng = np.random.default_rng(0)
    original = PACKED if packed else GOOD
    for _ in range(300):
        content = bytearray(original)
        content[int(rng.integers(40))] = int(rng.integers(256))
        path.write_bytes(bytes(content))
        try:
            images = read_idx(path, expect_dims=IMAGES)
        except DataFileError:
            continue
        assert images.shape == (5, 28, 28)


def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataFileError, match="is not a file"):
        read_idx(tmp_path / "folder", expect_dims=IMAGES)
    with pytest.raises(DataFileError, match="is not there"):
        read_idx(tmp_path / "missing", expect_dims=IMAGES)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
        with pytest.raises(DataFileError, match="is not a file"):
            read_idx(tmp_path / "pipe", expect_dims=IMAGES)

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret").write_bytes(GOOD)
    monkeypatch.setattr("genlab.data.idx.open", forbidden, raising=False)  # root may read anything, so not chmod
    with pytest.raises(DataFileError, match="cannot be read \\(Permission denied\\)"):
        read_idx(tmp_path / "secret", expect_dims=IMAGES)


def test_images_and_labels_must_belong_together(tmp_path: Path) -> None:
    images, labels = make_digits(6)
    files = {"images": images, "labels": labels, "fewer": labels[:5], "eleven": np.where(labels == 3, 10, labels)}
    write_files(tmp_path, {name: to_idx(array) for name, array in files.items()})
    with pytest.raises(DataFileError, match="6 images but fewer has 5 labels"):
        read_images_and_labels(tmp_path / "images", tmp_path / "fewer", count=None)
    with pytest.raises(DataFileError, match="the label 10, but labels go from 0 to 9"):
        read_images_and_labels(tmp_path / "images", tmp_path / "eleven", count=None)
    with pytest.raises(DataFileError, match="6 where 7 belongs"):
        read_images_and_labels(tmp_path / "images", tmp_path / "labels", count=7)
