"""Downloading from a server on this machine: what arrives is whole and checked, or nothing is there."""

from __future__ import annotations

import errno
import gzip
import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genlab import data
from genlab.data import downloads, sources, torchvision_ops
from genlab.errors import DataError, DownloadError
from tests.data_fixtures import idx_files, mat_files, tiny_source, write_files

NAMES = ("mnist", "notmnist", "svhn")

# urllib's HTTPError owns the connection; it is closed, with a ResourceWarning, when the error is collected
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


class Server:
    """Files by name, some of them cut off half-way; counts what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        self.gate = threading.Event()  # nothing is sent before it is set
        self.gate.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                outer.asked.append(name)
                outer.gate.wait(20)
                if name not in outer.files:
                    self.send_error(404)
                    return
                content = outer.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if name in outer.cut else content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self.http.shutdown()
        self.http.server_close()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Tiny data sets, served here in place of the published ones; no data set of this machine is found."""
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(sources, "cache_root", lambda: tmp_path / "cache")
    monkeypatch.setattr(downloads, "cache_root", lambda: tmp_path / "cache")
    monkeypatch.setattr(downloads, "POLL", 0.01)
    here = Server()

    idx, mat = idx_files(24, 3), mat_files(12, 4)
    for name, files, train, test in (("mnist", idx, 24, 3), ("notmnist", idx, 24, 3), ("svhn", mat, 12, 4)):
        row = tiny_source(name, files, train, test, validation=5 if name == "svhn" else None)
        monkeypatch.setitem(sources.SOURCES, name, row)
    packed = {f"{name}.gz": gzip.compress(content) for name, content in idx.items()}
    here.files = packed | mat

    datasets = torchvision_ops.import_datasets()
    resources = [(name, md5(content)) for name, content in packed.items()]
    monkeypatch.setattr(datasets.MNIST, "mirrors", [here.url])
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    monkeypatch.setattr(downloads, "NOTMNIST_MIRROR", here.url)
    monkeypatch.setattr(downloads, "NOTMNIST_RESOURCES", resources)
    monkeypatch.setattr(
        datasets.SVHN,
        "split_list",
        {
            split: [f"{here.url}{split}_32x32.mat", f"{split}_32x32.mat", md5(mat[f"{split}_32x32.mat"])]
            for split in ("train", "test")
        },
    )
    monkeypatch.setitem(downloads.FETCHED_BYTES, "mnist", sum(map(len, packed.values())))
    monkeypatch.setitem(downloads.FETCHED_BYTES, "svhn", sum(map(len, mat.values())))
    yield here
    here.close()


def left_behind(root: Path) -> list[str]:
    """Everything below ``root`` but the lock files."""
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_downloaded_can_be_loaded(
    server: Server, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "a new folder" / "data"
    reports: list[tuple[int, int | None]] = []
    callers: set[int] = set()

    def progress(done: int, total: int | None) -> None:
        reports.append((done, total))
        callers.add(threading.get_ident())

    folder = data.download(name, root=root, progress=progress)

    assert folder == root / sources.SOURCES[name].folders[0]
    assert data.available(root)[name] == folder
    assert len(data.load(name, "train+validation", root=root)) == sources.SOURCES[name].train.count
    published = [file.name for which in sources.PARTS for file in sources.SOURCES[name].part(which).files]
    assert sorted(left_behind(folder)) == sorted(published)
    assert left_behind(root) == sorted((folder / file).relative_to(root).as_posix() for file in published)
    assert callers == {threading.get_ident()}
    assert all(total is None or done <= total for done, total in reports)
    if name != "notmnist":
        assert reports[-1] == (downloads.FETCHED_BYTES[name],) * 2
    assert capfd.readouterr() == ("", "")  # torchvision's own progress bar is silent


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = data.download("mnist")
    assert first == tmp_path / "cache" / "MNIST" / "raw"
    asked = len(server.asked)
    assert data.download("mnist") == first
    assert len(server.asked) == asked
    assert data.download("digits") == data.available()["digits"]
    assert len(server.asked) == asked

    monkeypatch.setenv(sources.VARIABLE, str(tmp_path / "mine"))  # set, but not made yet
    assert data.download("svhn") == tmp_path / "mine" / "svhn"


def test_a_broken_set_is_replaced(server: Server, tmp_path: Path) -> None:
    raw = data.download("mnist", root=tmp_path)
    labels = raw / "train-labels-idx1-ubyte"
    good = labels.read_bytes()
    for broken in (good[:-1], good[:-1] + b"\x09", b""):
        labels.write_bytes(broken)
        assert data.download("mnist", root=tmp_path) == raw
        assert labels.read_bytes() == good


def test_a_part_of_notmnist_is_completed(server: Server, tmp_path: Path) -> None:
    raw = tmp_path / "notMNIST" / "raw"
    write_files(raw, idx_files(12, 3))
    assert len(data.load("notmnist", "train+validation", root=tmp_path)) == 12
    data.download("notmnist", root=tmp_path)
    assert len(data.load("notmnist", "train+validation", root=tmp_path)) == 24


@pytest.mark.parametrize("name", NAMES)
def test_damage_on_the_way_leaves_nothing(server: Server, tmp_path: Path, name: str) -> None:
    for file, content in server.files.items():
        server.files[file] = content[:-9] + b"?" + content[-8:]
    with pytest.raises(DownloadError, match="what arrived is not the published file"):
        data.download(name, root=tmp_path)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_gone_is_said_in_one_line(server: Server, tmp_path: Path, name: str) -> None:
    server.files.clear()
    with pytest.raises(DownloadError, match=r"could not be downloaded \(HTTP Error 404: Not Found\)") as caught:
        data.download(name, root=tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / sources.SOURCES[name].folders[0]) in str(caught.value)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_network(server: Server, tmp_path: Path, name: str) -> None:
    server.close()
    with pytest.raises(DownloadError, match=r"\([^()]*refused[^()]*\)\. Check the network.*bundled digits\.$"):
        data.download(name, root=tmp_path)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_cut_off_then_tried_again(server: Server, tmp_path: Path, name: str) -> None:
    server.cut = {"t10k-images-idx3-ubyte.gz", "test_32x32.mat"}
    with pytest.raises(DownloadError):
        data.download(name, root=tmp_path)
    assert data.available(tmp_path)[name] is None
    server.cut = set()
    data.download(name, root=tmp_path)
    assert data.available(tmp_path)[name] is not None


def test_the_leftovers_of_a_killed_download_are_cleared(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path / ".downloading-mnist" / "MNIST" / "raw", idx_files(5, 5))
    (tmp_path / ".mnist.lock").touch()  # the lock of a process that is gone does not count
    data.download("mnist", root=tmp_path)
    assert len(data.load("mnist", "train+validation", root=tmp_path)) == 24
    assert not (tmp_path / ".downloading-mnist").exists()


def test_a_published_file_that_changed_is_refused_although_its_md5_fits(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = idx_files(24, 4)  # sound, but not what the table says
    packed = {f"{name}.gz": gzip.compress(content) for name, content in other.items()}
    server.files.update(packed)
    monkeypatch.setattr(downloads, "NOTMNIST_RESOURCES", [(name, md5(content)) for name, content in packed.items()])
    with pytest.raises(DownloadError, match="what arrived is not the published file"):
        data.download("notmnist", root=tmp_path)
    assert left_behind(tmp_path) == []


def test_many_at_once_fetch_once(server: Server, tmp_path: Path) -> None:
    server.gate.clear()
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(data.download("mnist", root=tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    server.gate.set()
    for thread in threads:
        thread.join(20)
    assert folders == [tmp_path / "MNIST" / "raw"] * 4
    assert len(set(server.asked)) == 4  # each file …
    assert len(server.asked) == 8  # … asked for twice (torchvision follows redirects first), by one thread only
    assert socket.getdefaulttimeout() is None


def test_who_leaves_does_not_stop_the_download(server: Server, tmp_path: Path) -> None:
    class LeftPageError(Exception):
        pass

    def leave(done: int, total: int | None) -> None:
        raise LeftPageError

    server.gate.clear()
    with pytest.raises(LeftPageError):
        data.download("mnist", root=tmp_path, progress=leave)
    server.gate.set()
    assert data.download("mnist", root=tmp_path) == tmp_path / "MNIST" / "raw"  # waits for the first one
    assert len(server.asked) == 8


def test_a_folder_that_cannot_be_written(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"MNIST cannot be saved in .*file .*GENLAB_DATA"):
        data.download("mnist", root=tmp_path / "file")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_fetch", full)
    with pytest.raises(DownloadError, match=r"cannot be saved in .* \(No space left on device\)\. Make room"):
        data.download("mnist", root=tmp_path)


def test_without_torchvision(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'torchvision'", name="torchvision")

    monkeypatch.setattr(torchvision_ops, "import_datasets", missing)
    with pytest.raises(DownloadError, match="pip install torchvision"):
        data.download("mnist", root=tmp_path)


def test_a_read_only_folder_is_passed_over(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv(sources.VARIABLE, str(tmp_path / "shared"))
    monkeypatch.setattr("os.access", lambda *_: False)
    assert data.download("mnist") == tmp_path / "cache" / "MNIST" / "raw"


def test_unknown_name() -> None:
    with pytest.raises(DataError, match="no data set “cifar”"):
        data.download("cifar")
