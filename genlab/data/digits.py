"""scikit-learn's 8×8 digits in MNIST's form: a data set that is always there, with no download.

1,797 digits that 43 people wrote, counted down to 8×8 pixels of 0…16 (Alpaydin and Kaynak, "Optical
Recognition of Handwritten Digits", UCI, 1998; scikit-learn bundles the test part). Each is enlarged to 20×20
(bicubic), its contrast stretched, and set into 28×28 by its centre of mass, as MNIST's digits are:

    pixel' = clip((pixel - 64) / (240 - 64), 0, 1) · 255        with pixel in 0…255

The stretch makes the soft edges of the enlargement about as sharp, and the picture as bright, as MNIST's. It
was chosen on the training images alone: a network trained on MNIST reads 64…240 better than 64…192 (by one
image in a hundred) and much better than no stretch. ``benchmarks/digits_form.py`` measures it. The digits
stay blockier and bolder than MNIST's, so say that they are not MNIST.

The split is fixed, in scikit-learn's order: train is the first 1,300, validation the next 200, test the last
297. Nobody's name is attached to the images, so one person's digits may be in two splits.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from genlab.data.framing import fit_to_box, place_by_mass
from genlab.data.images import ImageSet
from genlab.data.splits import parse_split

COUNT = 1797
BOUNDS = {"train": (0, 1300), "validation": (1300, 1500), "test": (1500, COUNT)}
FULL_INK = 16  # the largest value of a pixel in the files
DARKEST, BRIGHTEST = 64 / 255, 240 / 255  # stretched to 0 and to 1


def load_digits_set(split: str = "train") -> ImageSet:
    """Load one split of the digits. Nothing is read from the network or from a pickle.

    Args:
        split: ``train``, ``validation``, ``test``, or several joined by ``+``, in the order wanted.

    Returns:
        images ``uint8`` (N, 1, 28, 28) 0…255, ink bright; labels ``int64`` (N,). It owns its memory.

    Raises:
        DataError: there is no such split.
    """
    parts = parse_split(split)
    pictures, labels = read_bundled()
    chosen = np.concatenate([np.arange(*BOUNDS[part]) for part in parts])
    images = np.stack([to_mnist_form(image) for image in pictures[chosen]])
    return ImageSet(
        name="digits",
        split="+".join(parts),
        images=torch.from_numpy(images).unsqueeze(1),  # (N, 28, 28) -> (N, 1, 28, 28)
        labels=torch.from_numpy(labels[chosen].astype(np.int64)),
        class_names=tuple(str(digit) for digit in range(10)),
    )


def read_bundled() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """scikit-learn's digits, (1797, 8, 8) with 0…16, and their labels (1797,).

    Read from its file, since importing scikit-learn takes a second, and a fresh machine's first lesson opens with
    these; where the file is not, its own loader is asked.
    """
    spec = importlib.util.find_spec("sklearn")  # which imports nothing
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder, "datasets", "data", "digits.csv.gz")
        if path.is_file():
            table = np.loadtxt(path, delimiter=",")  # 64 pixels and the label in each row
            return table[:, :-1].reshape(-1, 8, 8), table[:, -1]
    from sklearn.datasets import load_digits

    bundled = load_digits()
    return bundled.images, bundled.target


def to_mnist_form(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """One digit, (8, 8) with 0…16, in MNIST's form: (28, 28), 0…255."""
    boxed = fit_to_box((image / FULL_INK).astype(np.float32))  # (8, 8) -> (20, 20)
    stretched = np.clip((boxed - DARKEST) / (BRIGHTEST - DARKEST), 0, 1)
    return np.round(place_by_mass(stretched) * 255).astype(np.uint8)
