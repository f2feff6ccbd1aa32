"""Fetch a data set once, so that it is there whole or not at all.

    lock → fetch into <root>/.downloading-<name> → checksum → strict parse → rename into place → unlock

torchvision's own data set classes do the fetching and compare the md5 of every file that arrives. Whoever
comes second, from another thread or process, waits at the lock and then finds the files there. A download
that is cut off leaves only the hidden folder, which the next one clears.

Checksums: those of MNIST and SVHN are torchvision's. For notMNIST nobody publishes any beside the files; the
md5 sums below are of the .gz files and agree in two unrelated public projects. What is unpacked is checked
again with the sha256 in ``genlab.data.sources``, where one is known (not for notMNIST's training files, of
which the structure is checked: 60,000 images of 28×28, 60,000 labels 0 … 9).
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genlab.data.loading import read_part
from genlab.data.sources import PARTS, Source, bundled_file, cache_root, describe, search_roots
from genlab.data.typefaces import FOLDER as FONTS_FOLDER
from genlab.errors import DataError, DataFileError, DownloadError
from genlab.text import N_

Progress = Callable[[int, int | None], None]

NOTMNIST_MIRROR = "https://github.com/davidflanagan/notMNIST-to-MNIST/raw/master/"
NOTMNIST_RESOURCES = [
    ("train-images-idx3-ubyte.gz", "d916d7283fce4d08db9867c640ec0042"),
    ("train-labels-idx1-ubyte.gz", "eab59f88903339e01dac19deed3824c0"),
    ("t10k-images-idx3-ubyte.gz", "2c87c839a4ef9b238846600eec8c35b7"),
    ("t10k-labels-idx1-ubyte.gz", "7ea9118cbafd0f6e3ee2ad771d782a01"),
]
FETCHED_BYTES = {"mnist": 11_594_722, "svhn": 246_316_178}  # of notMNIST, not known
SILENCE = 60.0  # seconds without a byte after which a server counts as gone
POLL = 0.2  # seconds between two reports of progress
CANNOT_SAVE = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG")
    if hasattr(errno, name)  # Windows has no quota
}


def download(name: str, *, root: Path | str | None = None, progress: Progress | None = None) -> Path:
    """Make sure that a data set is on this machine, whole and checked; fetch it if it is not.

    The work is done in a thread of its own, and ``progress`` is called in the thread of the caller, a few times
    a second. If the caller is interrupted, by an exception that ``progress`` raises for example, the download
    goes on to its end (unless the program ends).

    Args:
        name: ``mnist``, ``notmnist`` or ``svhn``; ``digits`` and ``street`` need no download.
        root: where to put it; without it ``GENLAB_DATA`` if it can be written to, else the cache folder.
        progress: called with the bytes that have arrived and their total, ``None`` where that is not known.

    Returns:
        the folder that holds the files.

    Raises:
        DataError: there is no data set of that name.
        DownloadError: it could not be fetched, or not be saved.
    """
    source = describe(name)
    if source.format == "bundled":
        bundled = bundled_file()
        if bundled is None:
            raise DownloadError("The digits come with scikit-learn. Install it with: pip install scikit-learn")
        return bundled
    if source.format == "rendered":
        if not FONTS_FOLDER.is_dir():
            raise DownloadError("The fonts that come with genlab are missing. Install genlab again.")
        return FONTS_FOLDER
    found = _find_complete(source, search_roots(root))
    if found is not None:
        return found

    target = Path(root).expanduser() if root is not None else _writable_root()
    failures: list[BaseException] = []
    worker = threading.Thread(target=_run, args=(source, target, failures), name=f"download-{name}", daemon=True)
    worker.start()
    arrived, total = 0, FETCHED_BYTES.get(name)
    while worker.is_alive():
        worker.join(POLL)
        arrived = _bytes_fetched(_scratch(source, target)) or arrived  # at the end the folder is gone
        if progress is not None:
            progress(arrived if total is None else min(arrived, total), total)
    if failures:
        raise _explained(failures[0], source, target) from failures[0]
    if progress is not None:
        progress(total or arrived, total or arrived)
    return target / source.folders[0]


def _run(source: Source, target: Path, failures: list[BaseException]) -> None:
    """The whole download; what goes wrong is left in ``failures`` for the thread that waits."""
    scratch = _scratch(source, target)
    try:
        from filelock import FileLock

        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / f".{source.name}.lock"):
            if _find_complete(source, (target,)) is not None:
                return  # another thread or process was first
            shutil.rmtree(scratch, ignore_errors=True)  # of a download that was cut off
            try:
                with _socket_timeout(SILENCE):
                    _fetch(source, scratch)
                fresh = scratch / source.folders[0]
                check_files(source, fresh)
                folder = target / source.folders[0]
                folder.mkdir(parents=True, exist_ok=True)
                for file in source.train.files + source.test.files:
                    os.replace(fresh / file.name, folder / file.name)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except BaseException as error:  # noqa: BLE001 (the thread that waits raises it)
        failures.append(error)


def _fetch(source: Source, scratch: Path) -> None:
    """Let torchvision fetch the files into its own layout below ``scratch``, and compare their md5."""
    from genlab.data.torchvision_ops import import_datasets

    datasets = import_datasets()
    if source.name == "mnist":
        datasets.MNIST(scratch, train=False, download=True)  # fetches both parts
    elif source.name == "notmnist":
        body: dict[str, Any] = {"mirrors": [NOTMNIST_MIRROR], "resources": NOTMNIST_RESOURCES}
        not_mnist = type("notMNIST", (datasets.MNIST,), body)  # torchvision names the folder after the class
        not_mnist(scratch, train=False, download=True)
    else:
        for split in ("train", "test"):
            datasets.SVHN(scratch / source.folders[0], split=split, download=True)


def check_files(source: Source, folder: Path) -> None:
    """Read the files of both parts in full and compare their checksums, where known.

    Raises:
        DataFileError: one is missing, broken, changed, or has fewer images than were published.
    """
    for which in PARTS:
        part = source.part(which)
        images, _ = read_part(source, which, folder)
        if len(images) != part.count:
            raise DataFileError(
                "{folder} has {found:,} of the {expected:,} images of {title}. Download the data set.",
                folder=str(folder),
                found=len(images),
                expected=part.count,
                title=source.title,
            )
        for file in part.files:
            path = folder / file.name
            if source.format == "idx" and file.sha256 is not None and path.is_file():  # .mat: read_part did
                with open(path, "rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
                        raise DataFileError(
                            "{path} is not the published file: it is cut short, damaged, or another file of that name. "
                            "Delete it and download the data set again.",
                            path=str(path),
                        )


def _find_complete(source: Source, roots: tuple[Path, ...]) -> Path | None:
    """The first folder below ``roots`` in which the whole data set is sound."""
    for folder in (base / name for base in roots for name in source.folders):
        try:
            check_files(source, folder)
        except (DataError, OSError):
            continue
        return folder
    return None


def _writable_root() -> Path:
    """``GENLAB_DATA`` if it is set and can be written to (or made), else the cache folder."""
    first = search_roots()[0]
    return first if not os.path.exists(first) or os.access(first, os.W_OK) else cache_root()


def _scratch(source: Source, target: Path) -> Path:
    return target / f".downloading-{source.name}"


def _bytes_fetched(scratch: Path) -> int:
    """Bytes of the fetched files so far; what was unpacked from them does not count."""
    total = 0
    for folder, _, names in os.walk(scratch):
        for name in names:
            if name.endswith((".gz", ".mat")):
                try:
                    total += os.path.getsize(os.path.join(folder, name))
                except OSError:  # it was just moved
                    continue
    return total


_timeout_lock = threading.Lock()
_under_way = 0  # downloads that need the timeout
_timeout_before: float | None = None


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Give torchvision's connections, which have no timeout, one: the process's default, while any is open."""
    global _under_way, _timeout_before
    with _timeout_lock:
        if _under_way == 0:
            _timeout_before = socket.getdefaulttimeout()
            socket.setdefaulttimeout(seconds)
        _under_way += 1
    try:
        yield
    finally:
        with _timeout_lock:
            _under_way -= 1
            if _under_way == 0:
                socket.setdefaulttimeout(_timeout_before)


def _explained(error: BaseException, source: Source, target: Path) -> DownloadError:
    """What went wrong and what to do, in words."""
    if isinstance(error, ImportError):
        return DownloadError(
            "{title} needs {package} to be downloaded. Install it with: pip install {package}",
            title=source.title,
            package=error.name or "torchvision",
        )
    if isinstance(error, OSError) and error.errno in CANNOT_SAVE:
        return DownloadError(
            "{title} cannot be saved in {folder} ({reason}). "
            "Make room there, or let GENLAB_DATA name a folder that you may write to.",
            title=source.title,
            folder=str(target),
            reason=error.strerror or type(error).__name__,
        )
    if isinstance(error, DataError) or "corrupted" in str(error):
        reason = N_("what arrived is not the published file")
    else:
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        reason = re.sub(r"<urlopen error (?:\[\w+ -?\d+\] )?(.*)>", r"\1", lines[-1]).strip()[:120]
    return DownloadError(
        "{title} could not be downloaded ({reason}). Check the network and try again, put the files into {folder} "
        "yourself, or go on with the bundled digits.",
        title=source.title,
        reason=reason,
        folder=str(target / source.folders[0]),
    )
