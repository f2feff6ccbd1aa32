"""Read the .mat files of SVHN, the street view house numbers cut to single digits.

A file holds ``X``, ``uint8`` of shape (32, 32, 3, N), and ``y``, the digits 1 … 10 of shape (N, 1), where 10
stands for the digit 0. Netzer, Wang, Coates, Bissacco, Wu and Ng, "Reading digits in natural images with
unsupervised feature learning", NIPS workshop 2011.

SciPy's reader crashes the whole process on some broken .mat files (a segmentation fault, which no ``except``
catches). So the bytes are first compared with the published checksum: what SciPy gets to see is the file that
Stanford published, or nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from genlab.errors import DataFileError

MAX_BYTES = 2**30  # 1 GiB: the training file has 182 MB, unpacked 225 MB


def read_mat(path: Path, *, count: int, sha256: str) -> tuple[Tensor, Tensor]:
    """Read one part of SVHN.

    Args:
        path: ``train_32x32.mat`` or ``test_32x32.mat``.
        count: the N to insist on.
        sha256: the checksum of the published file.

    Returns:
        images ``uint8`` (N, 3, 32, 32) 0…255, RGB; labels ``int64`` (N,), 0 … 9, the digit itself.

    Raises:
        DataFileError: the file cannot be opened, is cut short or changed, or holds something else.
    """
    try:
        info = os.stat(path)
        if not stat.S_ISREG(info.st_mode):
            raise DataFileError("{path} is not a file. Put the data file of that name in its place.", path=str(path))
        if info.st_size > MAX_BYTES:
            raise DataFileError(
                "{path} has {size:,} bytes, far more than any file of SVHN. Delete it and download the data set again.",
                path=str(path),
                size=info.st_size,
            )
        with open(path, "rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                raise DataFileError(
                    "{path} is not the published file: it is cut short, damaged, or another file of that name. "
                    "Delete it and download the data set again.",
                    path=str(path),
                )
            stream.seek(0)
            pixels, digits = _read_arrays(stream, path)
    except FileNotFoundError as error:
        raise DataFileError("{path} is not there. Download the data set again.", path=str(path)) from error
    except OSError as error:
        raise DataFileError(
            "{path} cannot be read ({reason}). Check that you may open it.",
            path=str(path),
            reason=error.strerror or type(error).__name__,
        ) from error

    if str(pixels.dtype) != "uint8" or pixels.shape != (32, 32, 3, count):
        raise DataFileError(
            "{path} holds {found} where {expected} belongs. Delete it and download the data set again.",
            path=str(path),
            found=f"X {pixels.dtype} {pixels.shape}",
            expected=f"X uint8 {(32, 32, 3, count)}",
        )
    if digits.dtype.kind not in "uif" or digits.size != count:
        raise DataFileError(
            "{path} holds {found} where {expected} belongs. Delete it and download the data set again.",
            path=str(path),
            found=f"y {digits.dtype} {digits.shape}",
            expected=f"y {(count, 1)}",
        )
    labels = torch.from_numpy(digits.reshape(-1).astype("float64"))  # MATLAB saves numbers as it likes
    if not bool(((labels >= 1) & (labels <= 10) & (labels == labels.round())).all()):
        raise DataFileError(
            "{path} has labels other than the digits 1 to 10. Delete it and download the data set again.",
            path=str(path),
        )
    images = torch.from_numpy(pixels).permute(3, 2, 0, 1).contiguous()  # (H, W, C, N) -> (N, C, H, W)
    return images, labels.to(torch.int64) % 10  # 10 -> 0


def _read_arrays(stream: BinaryIO, path: Path) -> tuple[Any, Any]:
    """``X`` and ``y`` as numpy arrays; whatever SciPy raises (nearly anything) means that the file is broken."""
    import numpy as np
    from scipy.io import loadmat

    try:
        arrays = loadmat(stream, appendmat=False, variable_names=("X", "y"))
        pixels, digits = np.asarray(arrays["X"]), np.asarray(arrays["y"])
    except Exception as error:
        raise DataFileError(
            "{path} holds no X and y that can be read, so it is no file of SVHN. "
            "Delete it and download the data set again.",
            path=str(path),
        ) from error
    return pixels, digits
