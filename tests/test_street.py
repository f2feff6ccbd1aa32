"""Street digits: their form, that each picture stands for itself, and that the label says what is drawn."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.feature import hog
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from genlab import data
from genlab.data import sources, street, typefaces
from genlab.data.street import load_street_set, render
from genlab.errors import DataError, DataFileError, DownloadError

SMALL = {"train": 5, "validation": 3, "test": 4}


@pytest.fixture(scope="module")
def many() -> tuple[torch.Tensor, torch.Tensor]:
    return render("train", range(800))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(street, "COUNTS", SMALL)


def test_they_have_the_form_of_svhn(many) -> None:
    images, labels = many
    assert images.shape == (800, 3, 32, 32)
    assert images.dtype == torch.uint8
    assert labels.shape == (800,)
    assert labels.dtype == torch.int64
    counts = labels.bincount(minlength=10)
    assert len(counts) == 10
    assert counts.min() >= 50  # 80 ± 8.5 of each
    assert tuple(images.shape[1:]) == sources.SOURCES["svhn"].file_shape == sources.SOURCES["street"].file_shape


def test_they_are_the_pictures_that_the_shipped_networks_know() -> None:
    """Whoever changes what is drawn must train the networks again; another Pillow may round otherwise."""
    images, labels = render("test", range(8))
    assert labels.tolist() == [6, 5, 2, 3, 3, 1, 4, 6]
    means = images[:, 0, 12:20, 12:20].double().mean((1, 2))
    assert means.tolist() == pytest.approx([109.6, 144.9, 184.8, 168.0, 96.2, 128.2, 80.2, 72.3], abs=2)


def test_a_few_can_be_drawn_without_the_others(many) -> None:
    images, labels = render("train", [799, 3, 20, 3])
    assert torch.equal(images, many[0][[799, 3, 20, 3]])
    assert torch.equal(labels, many[1][[799, 3, 20, 3]])
    nothing, none = render("test", [])
    assert nothing.shape == (0, 3, 32, 32)
    assert none.shape == (0,)


def test_threads_do_not_disturb_each_other(many) -> None:
    drawn: dict[int, torch.Tensor] = {}

    def draw(first: int) -> None:
        drawn[first] = render("train", range(first, first + 20))[0]

    threads = [threading.Thread(target=draw, args=(first,)) for first in (0, 20, 40, 60)]
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - to see that it is left alone
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(torch.cat([drawn[first] for first in sorted(drawn)]), many[0][:80])
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_the_splits_share_no_picture(many) -> None:
    drawn = torch.cat([render(split, range(60))[0] for split in SMALL]).flatten(1)
    assert len(drawn.unique(dim=0)) == 180
    assert len(many[0].flatten(1).unique(dim=0)) == 800


def test_they_are_as_varied_as_photographs(many) -> None:
    images = many[0].double() / 255
    assert 0.3 < images.mean() < 0.55  # SVHN: 0.45
    assert 0.15 < images.std() < 0.25  # SVHN: 0.20
    assert (images.std(1).mean((1, 2)) > 0.01).float().mean() > 0.9  # in colour
    middle, edge = images[..., 12:20, 12:20].mean((1, 2, 3)), images[..., :3, :].mean((1, 2, 3))
    assert 0.2 < (middle > edge).double().mean() < 0.8  # bright on dark, and dark on bright
    assert images.flatten(1).std(1).min() > 0.01  # none is blank


def test_the_label_says_what_is_drawn(many) -> None:
    """A plain classifier that has learned from some of them reads most of others; guesses would reach 0.1."""
    known, unknown = (_edges(images) for images in (many[0], render("test", range(200))[0]))
    reader = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2).fit(known, many[1].numpy())
    assert (reader.predict(unknown) == render("test", range(200))[1].numpy()).mean() > 0.8


def _edges(images: torch.Tensor) -> np.ndarray:
    grey = images.float().mean(1).numpy()[:, 1:31, 1:31] / 255
    return np.stack([hog(image, orientations=8, pixels_per_cell=(5, 5), cells_per_block=(2, 2)) for image in grey])


def test_neighbours_are_cut_off_at_the_sides() -> None:
    """On the strip the digit stands in the middle; what is left and right of it is another's."""
    alone = beside = 0
    font = typefaces.FONTS["karla"].open(70)
    for seed in range(60):
        strip = np.asarray(street._typed(np.random.default_rng(seed), font, 0))
        columns = np.flatnonzero(strip.any(axis=0))
        middle = street.STRIP[0] // 2
        assert strip[:, middle - 20 : middle + 20].any()
        wide = np.ptp(columns)
        alone += wide < 60
        beside += wide > 75
    assert alone >= 3
    assert beside >= 30


# ------------------------------------------------------------------------------------------- as a data set


@pytest.mark.usefixtures("small")
def test_splits_are_joined_in_the_order_asked() -> None:
    both = load_street_set("test+train")
    assert (both.name, both.split, len(both)) == ("street", "test+train", 9)
    assert both.class_names == tuple("0123456789")
    assert torch.equal(both.images, torch.cat([render("test", range(4))[0], render("train", range(5))[0]]))
    assert torch.equal(both.labels, torch.cat([render("test", range(4))[1], render("train", range(5))[1]]))
    loaded = data.load("street", "validation")
    assert torch.equal(loaded.images, render("validation", range(3))[0])
    loaded.images.zero_()
    assert data.load("street", "validation").images.any()  # every call owns its memory


def test_the_table_counts_them_right() -> None:
    row = data.describe("street")
    assert street.COUNTS == {"train": 30_000, "validation": 2_000, "test": 4_000}
    assert row.train.count == street.COUNTS["train"] + street.COUNTS["validation"]
    assert (row.validation, row.test.count) == (street.COUNTS["validation"], street.COUNTS["test"])
    assert "36,000" in row.summary
    assert "no photographs" in row.summary


def test_they_are_always_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.VARIABLE, str(tmp_path))
    assert data.available()["street"] == typefaces.FOLDER
    assert data.available(tmp_path)["street"] == typefaces.FOLDER
    assert data.download("street") == typefaces.FOLDER
    assert data.default_name() == "digits"  # no lesson begins with them


@pytest.mark.parametrize("split", ["", "all", "train+validation", "Test"])
def test_another_split_is_refused(split: str) -> None:
    with pytest.raises(DataError, match=r"There is no split .* Use train, validation or test"):
        render(split, [0])


@pytest.mark.parametrize("index", [-1, 4_000])
def test_another_picture_is_refused(index: int) -> None:
    with pytest.raises(DataError, match=r"no street digit -?\d+ in test: they run from 0 to 3,999"):
        render("test", [0, index])


def test_bad_requests_of_the_whole_set_are_refused() -> None:
    with pytest.raises(DataError, match="There is no split"):
        load_street_set("train+train")
    with pytest.raises(DataError, match="has no division “course”"):
        data.load("street", "test", division="course")


def test_missing_fonts_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typefaces, "FOLDER", tmp_path)
    with pytest.raises(DataFileError, match=r"The font .*\.otf cannot be read\. Install genlab again"):
        render("test", [0])
    (tmp_path / typefaces.FONTS["karla"].file).write_bytes(b"no font")
    with pytest.raises(DataFileError, match="cannot be read"):
        render("test", [0])
    monkeypatch.setattr(sources, "FONTS_FOLDER", tmp_path / "gone")
    assert data.available()["street"] is None
    monkeypatch.setattr("genlab.data.downloads.FONTS_FOLDER", tmp_path / "gone")
    with pytest.raises(DownloadError, match="Install genlab again"):
        data.download("street")
