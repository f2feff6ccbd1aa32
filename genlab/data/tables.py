"""Small tables that are always there: columns of what scikit-learn bundles, and the table of the course's slides.

Read from scikit-learn's own files, since importing scikit-learn takes a second; where a file is not, its loader is
asked. Nothing is fetched.

- iris: 150 flowers (Fisher 1936, *Annals of Eugenics* 7);
- breast cancer: 569 tumours, means over the cells of a picture (Street, Wolberg & Mangasarian 1993, UCI);
- diabetes: 442 patients (Efron, Hastie, Johnstone & Tibshirani 2004, *Annals of Statistics* 32);
- digits: 1,797 of 8×8 pixels (Alpaydin & Kaynak 1998, UCI);
- the course's table: eleven patients of the Pima Indians Diabetes data (Smith et al. 1988), as its slide shows them; a
  number that is missing is written there as 0.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genlab.errors import DataFileError
from genlab.text import N_

Array = NDArray[np.float64]

COURSE_BMI = (33.6, 26.6, 23.3, 28.1, 43.1, 25.6, 31.0, 35.3, 30.5, 0.0, 37.6)
"""Body mass index of the patients on the course's slide, kg/m²; the 0 is a missing value."""

FILES = {  # loader -> file, rows, columns with the answer, lines to skip
    "iris": ("iris.csv", 150, 5, 1),
    "breast_cancer": ("breast_cancer.csv", 569, 31, 1),
    "diabetes": ("diabetes_data_raw.csv.gz", 442, 10, 0),
    "digits": ("digits.csv.gz", 1797, 65, 0),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One number of many things.

    Attributes:
        title: what it is, to be translated.
        unit: cm, %, or empty.
        whose: how many of what, and from where, to be translated.
    """

    title: str
    unit: str
    whose: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two numbers of things of two classes.

    Attributes:
        title: what they are, to be translated.
        features: their names with units, to be translated.
        classes: names of class 0 and class 1, to be translated.
        whose: how many of what, and from where, to be translated.
    """

    title: str
    features: tuple[str, str]
    classes: tuple[str, str]
    whose: str


COLUMNS = {
    "bmi": Column(
        title=N_("Body mass index"),
        unit="kg/m²",
        whose=N_("442 patients with diabetes (Efron et al. 2004, bundled with scikit-learn)."),
    ),
    "area": Column(
        title=N_("Area of cell nuclei"),
        unit="",
        whose=N_("569 breast tumours (Street, Wolberg & Mangasarian 1993, bundled with scikit-learn)."),
    ),
    "petal": Column(
        title=N_("Length of petals"),
        unit="cm",
        whose=N_("150 irises of three species (Fisher 1936, bundled with scikit-learn)."),
    ),
    "ink": Column(
        title=N_("Ink of digits"),
        unit="%",
        whose=N_("1,797 digits of 8×8 pixels (Alpaydin & Kaynak 1998, bundled with scikit-learn)."),
    ),
}

PAIRS = {
    "iris": Pair(
        title=N_("Two irises"),
        features=(N_("Length of a petal, cm"), N_("Width of a petal, cm")),
        classes=(N_("versicolor"), N_("virginica")),
        whose=N_("100 irises of two species (Fisher 1936, bundled with scikit-learn)."),
    ),
    "tumours": Pair(
        title=N_("Tumours"),
        features=(N_("Radius of cell nuclei"), N_("Texture")),
        classes=(N_("malignant"), N_("benign")),
        whose=N_("569 breast tumours (Street, Wolberg & Mangasarian 1993, bundled with scikit-learn)."),
    ),
    "digits": Pair(
        title=N_("3 or 8"),
        features=(N_("Ink, %"), N_("Part of the ink on the left, %")),
        classes=(N_("a 3"), N_("an 8")),
        whose=N_("357 digits of 8×8 pixels (Alpaydin & Kaynak 1998, bundled with scikit-learn)."),
    ),
}


def column(name: str) -> Array:
    """The values of a column of ``COLUMNS``, (N,).

    Raises:
        DataFileError: the file is not what it should be.
    """
    if name == "bmi":
        return read("diabetes")[:, 2]
    if name == "area":
        return read("breast_cancer")[:, 3]
    if name == "petal":
        return read("iris")[:, 2]
    return _ink(read("digits"))


def pair(name: str) -> tuple[Array, Array]:
    """Features (N, 2) and classes (N,), 0 or 1, of one of ``PAIRS``.

    Raises:
        DataFileError: the file is not what it should be.
    """
    if name == "iris":
        table = read("iris")
        table = table[table[:, 4] > 0]
        return table[:, 2:4], table[:, 4] - 1
    if name == "tumours":
        table = read("breast_cancer")
        return table[:, :2], table[:, 30]
    table = read("digits")
    table = table[np.isin(table[:, 64], (3, 8))]
    pixels = table[:, :64].reshape(-1, 8, 8)
    left = pixels[:, :, :4].sum((1, 2)) / pixels.sum((1, 2))
    return np.stack([_ink(table), 100 * left], 1), (table[:, 64] == 8).astype(float)


def _ink(table: Array) -> Array:
    """How much of the paper is ink, in %; a pixel has 0 to 16."""
    return table[:, :64].mean(1) / 16 * 100


def read(name: str) -> Array:
    """One of ``FILES`` as numbers, a thing a row, the answer last where there is one.

    Raises:
        DataFileError: the file has not the rows and columns that it should have.
    """
    file, rows, columns, skipped = FILES[name]
    spec = importlib.util.find_spec("sklearn")  # which imports nothing
    places = [
        Path(folder, "datasets", "data", file) for folder in (spec.submodule_search_locations if spec else ()) or ()
    ]
    here = [path for path in places if path.is_file()]
    table = (
        np.loadtxt(here[0], delimiter=None if name == "diabetes" else ",", skiprows=skipped) if here else _loaded(name)
    )
    if table.shape != (rows, columns) or not np.isfinite(table).all():
        raise DataFileError("The file {path} is damaged. Install scikit-learn again.", path=file)
    return table


def _loaded(name: str) -> Array:
    """The same by scikit-learn's own loader."""
    from sklearn import datasets

    given = {"scaled": False} if name == "diabetes" else {}
    found = getattr(datasets, f"load_{name}")(**given)
    return found.data if name == "diabetes" else np.column_stack([found.data, found.target])
