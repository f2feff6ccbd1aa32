"""The bundled digits in MNIST's form: what they look like, how they are split, and how pictures are framed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from genlab.data import load
from genlab.data.digits import BOUNDS, load_digits_set, read_bundled, to_mnist_form
from genlab.data.framing import center_in_frame, fit_to_box
from genlab.data.splits import SPLITS, parse_split
from genlab.errors import DataError


@pytest.fixture(scope="module")
def whole():
    return load_digits_set("train+validation+test")


def centres(images: np.ndarray) -> np.ndarray:
    """Centres of mass (N, 2) of images (N, 28, 28), row and column."""
    images = images.astype(np.float64)
    mass = images.sum((1, 2))
    places = np.arange(28)
    return np.stack([(images.sum(2) * places).sum(1) / mass, (images.sum(1) * places).sum(1) / mass], axis=1)


def longer_sides(images: np.ndarray) -> np.ndarray:
    """The longer side of the ink of each image (N,)."""
    return np.array([max(np.ptp(np.nonzero(image)[0]), np.ptp(np.nonzero(image)[1])) + 1 for image in images])


def test_the_set_is_whole(whole) -> None:
    assert whole.images.shape == (1797, 1, 28, 28)
    assert whole.images.dtype == torch.uint8
    assert whole.labels.dtype == torch.int64
    assert whole.labels.tolist() == load_digits().target.tolist()
    assert whole.class_names == tuple("0123456789")
    assert (whole.name, whole.split) == ("digits", "train+validation+test")


def test_the_splits_are_fixed_and_part_the_set(whole) -> None:
    sizes = {part: len(load_digits_set(part)) for part in SPLITS}
    assert sizes == {"train": 1300, "validation": 200, "test": 297}
    for part, (first, last) in BOUNDS.items():
        assert torch.equal(load_digits_set(part).images, whole.images[first:last])
    swapped = load_digits_set("test+train")
    assert torch.equal(swapped.labels, torch.cat([whole.labels[1500:], whole.labels[:1300]]))


def test_load_knows_the_digits(whole) -> None:
    assert torch.equal(load("digits", "test").images, whole.images[1500:])


def test_every_call_owns_its_memory() -> None:
    first, second = load_digits_set("test"), load_digits_set("test")
    first.images.zero_()
    assert second.images.any()


def test_the_digits_have_the_form_of_mnist(whole) -> None:
    images = whole.images.squeeze(1).numpy()
    assert np.abs(centres(images) - 14).max() < 0.51  # half a pixel, and what rounding to bytes adds
    assert 18 <= longer_sides(images).min()
    assert longer_sides(images).max() <= 20
    assert np.median(images.max((1, 2))) == 255
    assert 30 < images.mean() < 38  # MNIST: 33.8
    assert 0.15 < (images > 0).mean() < 0.25  # MNIST: 0.193


def test_the_stretch_makes_faint_edges_black_and_full_ink_white() -> None:
    full = to_mnist_form(np.full((8, 8), 16.0))
    faint = to_mnist_form(np.where(np.eye(8) > 0, 16.0, 3.0))
    assert np.unique(full, return_counts=True)[1].tolist() == [28 * 28 - 400, 400]
    assert full.max() == 255
    assert (faint == 0).mean() > 0.7


def test_mnist_is_framed_as_mnist_was(mnist_root) -> None:
    """Cut out and framed again, digits of MNIST come back exactly."""
    images = load("mnist", "test", root=mnist_root).images.squeeze(1)[:500].numpy()
    assert (longer_sides(images) == 20).all()
    for image in images:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
        assert (center_in_frame(cut) == image).all()


@pytest.mark.parametrize("shape", [(100, 40), (40, 100), (7, 3), (20, 20), (1, 300), (300, 1)])
def test_the_box_keeps_the_aspect_ratio(shape: tuple[int, int]) -> None:
    boxed = fit_to_box(np.ones(shape, dtype=np.float32))
    assert max(boxed.shape) == 20
    assert boxed.shape == tuple(max(1, round(20 * side / max(shape))) for side in shape)
    assert boxed.min() > 0.99
    framed = center_in_frame(np.ones(shape, dtype=np.float32))
    assert np.abs(centres(framed[None]) - 14).max() <= 0.5


def test_ink_never_leaves_the_frame() -> None:
    lopsided = np.full((20, 20), 1e-3, dtype=np.float32)
    lopsided[0, 0] = 1000
    assert center_in_frame(lopsided).sum() == pytest.approx(lopsided.sum())


@pytest.mark.parametrize("split", ["train", "test", "train+validation", "validation+train+test"])
def test_splits_are_parsed(split: str) -> None:
    assert "+".join(parse_split(split)) == split


@pytest.mark.parametrize("split", ["", "dev", "train+", "+", "train+train", "Train", " train", "train,test", None, 3])
def test_other_splits_are_refused(split: object) -> None:
    with pytest.raises(DataError, match="There is no split"):
        parse_split(split)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="There is no split"):
        load_digits_set(split)  # type: ignore[arg-type]


@pytest.mark.parametrize("file", [True, False])
def test_the_file_is_read_as_scikit_learn_reads_it_and_without_it_scikit_learn_is_asked(
    file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not file:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    pictures, labels = read_bundled()
    wanted = load_digits()
    np.testing.assert_array_equal(pictures, wanted.images)
    np.testing.assert_array_equal(labels, wanted.target)


def test_the_bundled_digits_need_no_scikit_learn_in_memory() -> None:
    code = "import sys; from genlab import data; data.load('digits', 'test'); print('sklearn' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert answer.stdout.strip() == "False"
