"""The .mat reader of SVHN: only published bytes reach SciPy, and what they hold is checked all the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from genlab.data.svhn import read_mat
from genlab.errors import DataFileError
from tests.data_fixtures import make_house_numbers, mat_files, to_mat

X, Y = make_house_numbers(6)
BROKEN_MAT = {
    "no MATLAB file": (b"<html>" * 50, "no X and y"),
    "empty": (b"", "no X and y"),
    "no y": (to_mat(X=X), "no X and y"),
    "X of numbers": (to_mat(X=X.astype(float), y=Y), "X float64"),
    "X of another size": (to_mat(X=X[:16], y=Y), r"\(16, 32, 3, 6\)"),
    "fewer images": (to_mat(X=X[..., :5], y=Y[:5]), r"\(32, 32, 3, 5\)"),
    "fewer labels": (to_mat(X=X, y=Y[:5]), r"y uint8 \(5, 1\)"),
    "labels of text": (to_mat(X=X, y=np.array(list("123456"))), "holds y"),
    "a label 0": (to_mat(X=X, y=Y - 1), "other than the digits"),
    "a label 11": (to_mat(X=X, y=Y + 5), "other than the digits"),
    "a label 1.5": (to_mat(X=X, y=Y / 2), "other than the digits"),
    "objects": (to_mat(X=X, y={"a": 1}), "holds y"),
}


@pytest.mark.parametrize(("content", "says"), BROKEN_MAT.values(), ids=BROKEN_MAT)
def test_a_mat_file_that_holds_something_else_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "train_32x32.mat"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=says) as caught:
        read_mat(path, count=6, sha256=hashlib.sha256(content).hexdigest())
    assert str(path) in str(caught.value)


def test_scipy_never_sees_a_mat_file_that_was_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(*_: object) -> None:
        raise AssertionError("SciPy was given bytes that nobody published")

    monkeypatch.setattr("genlab.data.svhn._read_arrays", seen)
    content, path = to_mat(X=X, y=Y), tmp_path / "train_32x32.mat"
    published = hashlib.sha256(content).hexdigest()
    for changed in (
        content[:-1],
        content + b"\0",
        content[:300] + b"?" + content[301:],
        b"",
        mat_files(1, 6)["test_32x32.mat"],
    ):
        path.write_bytes(changed)
        with pytest.raises(DataFileError, match="is not the published file"):
            read_mat(path, count=6, sha256=published)
    with pytest.raises(DataFileError, match="is not a file"):
        read_mat(tmp_path, count=6, sha256=published)
    with pytest.raises(DataFileError, match="is not there"):
        read_mat(tmp_path / "missing.mat", count=6, sha256=published)
