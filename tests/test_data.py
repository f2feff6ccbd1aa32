"""Loading data sets: what is accepted, what is refused and how it is said, and the facts of the real MNIST."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from genlab import data
from genlab.data import loading, sources
from genlab.errors import DataError, DataFileError, DataNotFoundError
from tests.data_fixtures import (
    idx_files,
    make_digits,
    make_house_numbers,
    mat_files,
    tiny_source,
    write_files,
)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data set of this machine is found unless a test says where."""
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    monkeypatch.setattr(sources, "cache_root", lambda: tmp_path / "cache")


@pytest.fixture
def tiny_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with 24 + 3 images that passes for MNIST."""
    files = idx_files(24, 3)
    monkeypatch.setitem(sources.SOURCES, "mnist", tiny_source("mnist", files, 24, 3))
    write_files(tmp_path / "root" / "MNIST" / "raw", files)
    return tmp_path / "root"


# ----------------------------------------------------------------------------------------------- load


def test_splits_of_a_tiny_mnist(tiny_mnist: Path) -> None:
    images, labels = make_digits(24)
    train, validation, test, whole, turned, mixed = (
        data.load("mnist", split, root=tiny_mnist)
        for split in ("train", "validation", "test", "train+validation", "validation+train", "test+validation")
    )
    assert (len(train), len(validation), len(test), len(whole)) == (22, 2, 3, 24)
    assert np.array_equal(whole.images[:, 0].numpy(), images)
    assert torch.equal(torch.cat([train.images, validation.images]), whole.images)
    assert torch.equal(torch.cat([validation.images, train.images]), turned.images)
    assert torch.equal(torch.cat([test.labels, validation.labels]), mixed.labels)
    assert train.labels.tolist() == labels[:22].tolist()
    assert (train.name, whole.split, train.image_shape) == ("mnist", "train+validation", (1, 28, 28))
    assert train.class_names == tuple("0123456789")
    assert validation.images.untyped_storage().nbytes() == 2 * 784  # a part does not keep the rest in memory


def test_packed_files_do_as_well(tiny_mnist: Path) -> None:
    raw = tiny_mnist / "MNIST" / "raw"
    plain = data.load("mnist", "train", root=tiny_mnist)
    for file in list(raw.iterdir()):
        Path(f"{file}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert torch.equal(data.load("mnist", "train", root=tiny_mnist).images, plain.images)
    assert data.available(tiny_mnist)["mnist"] == raw


def test_mnist_has_exactly_its_published_size(tmp_path: Path) -> None:
    write_files(tmp_path / "MNIST" / "raw", idx_files(24, 3))
    with pytest.raises(DataFileError, match="where 60000 belongs"):
        data.load("mnist", "train", root=tmp_path)
    assert data.available(tmp_path)["mnist"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "cifar"}, "no data set “cifar”. Choose one of mnist, notmnist, svhn, digits"),
        ({"name": "mnist", "split": "training"}, "no split “training”"),
        ({"name": "mnist", "division": "half"}, "no division “half”"),
        ({"name": "mnist", "division": "course"}, "MNIST has no division “course”"),
    ],
)
def test_wrong_words_are_named(tiny_mnist: Path, arguments: dict[str, str], says: str) -> None:
    with pytest.raises(DataError, match=says):
        data.load(**arguments, root=tiny_mnist)


def test_notmnist_may_be_smaller_but_the_course_division_needs_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, raw = idx_files(60, 10), tmp_path / "notMNIST" / "raw"
    monkeypatch.setitem(sources.SOURCES, "notmnist", tiny_source("notmnist", full, 60, 10))
    monkeypatch.setattr(loading, "COURSE_VALIDATION", 18)

    write_files(raw, full | idx_files(26, 10))
    sizes = [len(data.load("notmnist", split, root=tmp_path)) for split in (*sources.PARTS, "validation")]
    assert sizes == [24, 10, 2]  # one twelfth, rounded down
    with pytest.raises(DataError, match="needs all 60 training images of notMNIST, and 26 are here"):
        data.load("notmnist", "train", division="course", root=tmp_path)

    write_files(raw, full)
    whole = data.load("notmnist", "train+validation", root=tmp_path)
    train, validation = (
        data.load("notmnist", split, division="course", root=tmp_path) for split in ("train", "validation")
    )
    assert (len(train), len(validation)) == (42, 18)
    assert torch.equal(torch.cat([train.images, validation.images]), whole.images)
    assert whole.class_names == tuple("ABCDEFGHIJ")

    write_files(raw, full | idx_files(61, 10))
    with pytest.raises(DataFileError, match="61 images, more than the 60 of notMNIST"):
        data.load("notmnist", "train", root=tmp_path)


def test_digits_are_delegated(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("genlab.data.digits")
    module.load_digits_set = lambda split: ("digits", split)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "genlab.data.digits", module)
    assert data.load("digits", "test") == ("digits", "test")


# --------------------------------------------------------------------------------------- where it lies


def test_places_are_searched_in_order(tiny_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = idx_files(24, 3)
    with pytest.raises(DataNotFoundError, match="python -m genlab download mnist"):
        data.load("mnist")
    assert data.available()["mnist"] is None
    assert data.default_name() == "digits"

    write_files(tmp_path / "cache" / "MNIST" / "raw", files)
    assert data.available()["mnist"] == tmp_path / "cache" / "MNIST" / "raw"
    assert data.default_name() == "mnist"
    assert len(data.load("mnist")) == 22

    monkeypatch.setenv(sources.VARIABLE, str(tiny_mnist))
    assert data.available()["mnist"] == tiny_mnist / "MNIST" / "raw"

    with pytest.raises(DataNotFoundError, match=r"looked for in .*elsewhere"):  # a given root is the only one
        data.load("mnist", root=tmp_path / "elsewhere")


def test_a_variable_that_names_no_folder_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(DataNotFoundError, match=r"GENLAB_DATA names .*gone, which is no folder"):
        data.load("svhn")
    assert data.default_name() == "digits"
    monkeypatch.setenv(sources.VARIABLE, "  ")
    assert sources.search_roots() == (tmp_path / "cache",)


def test_available_sees_a_file_of_the_wrong_size(tiny_mnist: Path) -> None:
    path = tiny_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    assert data.available(tiny_mnist)["mnist"] == path.parent
    path.write_bytes(path.read_bytes()[:-1])
    assert data.available(tiny_mnist)["mnist"] is None
    assert len(data.load("mnist", "train", root=tiny_mnist)) == 22  # the other part is sound
    with pytest.raises(DataFileError, match="cut short"):
        data.load("mnist", "test", root=tiny_mnist)
    path.unlink()
    path.mkdir()
    with pytest.raises(DataFileError, match="is not a file"):
        data.load("mnist", "test", root=tiny_mnist)
    assert data.available(tiny_mnist)["mnist"] is None


def test_every_data_set_describes_itself() -> None:
    assert data.NAMES == ("mnist", "notmnist", "svhn", "digits", "street")
    assert set(data.available()) == set(data.NAMES)
    bundled = data.available()["digits"]
    assert bundled is not None
    assert bundled.is_file()
    for name in data.NAMES:
        row = data.describe(name)
        assert row.name == name
        assert len(row.class_names) == 10
        assert row.summary.endswith(".")


def test_importing_is_cheap() -> None:
    heavy = ("sklearn", "scipy", "torchvision", "PIL", "streamlit")
    code = f"import sys, genlab.data; print([m for m in {heavy!r} if m in sys.modules])"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


# ----------------------------------------------------------------------------------------------- SVHN


@pytest.mark.parametrize("folder", ["svhn", "SVHN", "."])
def test_svhn_in_any_of_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    files = mat_files(12, 4)
    monkeypatch.setitem(sources.SOURCES, "svhn", tiny_source("svhn", files, 12, 4, validation=5))
    write_files(tmp_path / folder, files)
    train, validation, test = (data.load("svhn", split, root=tmp_path) for split in ("train", "validation", "test"))
    pixels, _ = make_house_numbers(12)
    assert (len(train), len(validation), len(test)) == (7, 5, 4)
    assert train.image_shape == (3, 32, 32)
    assert np.array_equal(train.images[2].numpy(), pixels[:, :, :, 2].transpose(2, 0, 1))
    assert train.labels.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert validation.labels.tolist() == [8, 9, 0, 1, 2]  # 10 stands for 0
    assert train.images.is_contiguous()
    assert train.labels.dtype == torch.int64
    assert data.available(tmp_path)["svhn"] is not None


# ---------------------------------------------------------------------------------------- the real thing

REAL = os.environ.get(sources.VARIABLE, "")
real_mnist = [
    pytest.mark.mnist,
    pytest.mark.skipif(not REAL or data.available(REAL)["mnist"] is None, reason="no MNIST below GENLAB_DATA"),
]
real_notmnist = pytest.mark.skipif(
    not REAL or data.available(REAL)["notmnist"] is None, reason="no notMNIST below GENLAB_DATA"
)


class TestRealMNIST:
    pytestmark = real_mnist

    def test_shapes_and_splits(self) -> None:
        train, validation, test, whole = (
            data.load("mnist", split, root=REAL) for split in ("train", "validation", "test", "train+validation")
        )
        assert [tuple(part.images.shape) for part in (train, validation, test, whole)] == [
            (n, 1, 28, 28) for n in (55_000, 5_000, 10_000, 60_000)
        ]
        assert torch.equal(torch.cat([train.images, validation.images]), whole.images)
        assert torch.equal(torch.cat([train.labels, validation.labels]), whole.labels)
        assert int(whole.images.max()) == 255
        assert float(whole.images[:, :, 0].float().mean()) < 1  # ink bright on dark ground: the margin is empty

    def test_no_image_is_in_two_splits(self) -> None:
        seen = [
            {image.tobytes() for image in data.load("mnist", split, root=REAL).images.numpy()}
            for split in ("train", "validation", "test")
        ]
        assert [len(images) for images in seen] == [55_000, 5_000, 10_000]
        assert len(set().union(*seen)) == 70_000

    def test_labels(self) -> None:
        whole, test = (data.load("mnist", split, root=REAL) for split in ("train+validation", "test"))
        assert whole.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        assert whole.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        assert test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]

    def test_checksums_in_the_table(self) -> None:
        from genlab.data.downloads import check_files

        row = data.describe("mnist")
        check_files(row, sources.find_folder(row, "train", REAL))


@real_notmnist
def test_real_notmnist() -> None:
    train, validation, test, whole = (
        data.load("notmnist", split, root=REAL) for split in ("train", "validation", "test", "train+validation")
    )
    assert len(train) + len(validation) == len(whole)
    assert len(validation) == len(whole) // 12
    assert test.labels.bincount().tolist() == [1_000] * 10
