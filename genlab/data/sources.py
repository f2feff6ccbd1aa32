"""The data sets there are, and where their files lie.

Every data set is one row of ``SOURCES``. Its files are looked for in torchvision's layout, below one root:

    <root>/MNIST/raw/train-images-idx3-ubyte      (or the same name with .gz)
    <root>/notMNIST/raw/train-images-idx3-ubyte
    <root>/svhn/train_32x32.mat                   (or <root>/SVHN, or right in <root>)

The root is the one given; without one it is the environment variable ``GENLAB_DATA``, then the user's cache
folder. The 8×8 digits come with scikit-learn, and genlab draws the street digits: both are always there.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genlab.data.typefaces import FOLDER as FONTS_FOLDER
from genlab.errors import DataError, DataNotFoundError
from genlab.text import N_

PartName = Literal["train", "test"]
PARTS: tuple[PartName, ...] = ("train", "test")

VARIABLE = "GENLAB_DATA"
DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJ")


@dataclass(frozen=True)
class File:
    """One published file, as it lies on disk (unpacked).

    Attributes:
        name: without ``.gz``.
        size: bytes; ``None`` where a smaller file of the same format passes too.
        sha256: of the bytes; ``None`` where none is known, so that only the structure can be checked.
    """

    name: str
    size: int | None
    sha256: str | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One published part, training or test: how many images it has, and its files.

    Attributes:
        count: images in the whole part.
        files: the images file and the labels file, or the one file with both.
        may_be_fewer: whether a smaller part of the same format passes too.
    """

    count: int
    files: tuple[File, ...] = ()
    may_be_fewer: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """One data set, as it is published.

    Attributes:
        name: the key, as in ``load(name)``.
        title: what people call it.
        summary: one sentence for a person who has not met it.
        homepage: where it comes from; empty for what genlab draws.
        format: how its files are read; ``rendered`` has none, its images are drawn.
        file_shape: (C, H, W) of one image in the files, or as it is drawn.
        class_names: what label 0, 1, … is called.
        folders: where its files may lie below a root; downloads go to the first.
        train: the published training part, which also holds the validation images, at its end.
        test: the published test part.
        validation: images held out of ``train``; ``None`` for one twelfth (5,000 of 60,000).
    """

    name: str
    title: str
    summary: str
    homepage: str
    format: Literal["idx", "mat", "bundled", "rendered"]
    file_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    folders: tuple[str, ...]
    train: Part
    test: Part
    validation: int | None = None

    def part(self, which: PartName) -> Part:
        """The part of that name."""
        return self.train if which == "train" else self.test


_MNIST_TRAIN = (
    File("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    File("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
)
_MNIST_TEST = (
    File("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    File("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
_NOTMNIST_TRAIN = (File("train-images-idx3-ubyte", None, None), File("train-labels-idx1-ubyte", None, None))
_NOTMNIST_TEST = (
    File("t10k-images-idx3-ubyte", 7_840_016, "8e7f38ae95cc8f48e0986175ffc9137e5007ebcf3d8fdf6656c904eb9dab198b"),
    File("t10k-labels-idx1-ubyte", 10_008, "5f8e6012f2ce730700d8d05fca098bc47f71d25b890e4bec7ac5ebfd614a4001"),
)
_SVHN_TRAIN = (
    File("train_32x32.mat", 182_040_794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
)
_SVHN_TEST = (File("test_32x32.mat", 64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),)

SOURCES: dict[str, Source] = {
    "mnist": Source(
        name="mnist",
        title="MNIST",
        summary=N_("70,000 handwritten digits from American forms, centred, 28×28 pixels."),
        homepage="http://yann.lecun.com/exdb/mnist/",
        format="idx",
        file_shape=(1, 28, 28),
        class_names=DIGITS,
        folders=("MNIST/raw",),
        train=Part(count=60_000, files=_MNIST_TRAIN),
        test=Part(count=10_000, files=_MNIST_TEST),
    ),
    "notmnist": Source(
        name="notmnist",
        title="notMNIST",
        summary=N_("70,000 letters A to J cut from fonts of every kind, in the format of MNIST; some are mislabelled."),
        homepage="https://github.com/davidflanagan/notMNIST-to-MNIST",
        format="idx",
        file_shape=(1, 28, 28),
        class_names=LETTERS,
        folders=("notMNIST/raw",),
        train=Part(count=60_000, files=_NOTMNIST_TRAIN, may_be_fewer=True),
        test=Part(count=10_000, files=_NOTMNIST_TEST),
    ),
    "svhn": Source(
        name="svhn",
        title="SVHN",
        summary=N_("99,289 house numbers from street photographs, cut to single digits, 32×32 pixels in colour."),
        homepage="http://ufldl.stanford.edu/housenumbers/",
        format="mat",
        file_shape=(3, 32, 32),
        class_names=DIGITS,
        folders=("svhn", "SVHN", "."),
        train=Part(count=73_257, files=_SVHN_TRAIN),
        test=Part(count=26_032, files=_SVHN_TEST),
        validation=5_000,
    ),
    "digits": Source(
        name="digits",
        title=N_("Digits (bundled)"),
        summary=N_("1,797 handwritten digits of 8×8 pixels that come with scikit-learn, so they need no download."),
        homepage="https://archive.ics.uci.edu/dataset/80",
        format="bundled",
        file_shape=(1, 8, 8),
        class_names=DIGITS,
        folders=(),
        train=Part(count=1_797),
        test=Part(count=0),
    ),
    "street": Source(
        name="street",
        title=N_("Street digits (drawn by genlab)"),
        summary=N_(
            "36,000 house numbers that genlab draws itself in the form of SVHN, 32×32 pixels in colour. "
            "They are no photographs, and need no download."
        ),
        homepage="",
        format="rendered",
        file_shape=(3, 32, 32),
        class_names=DIGITS,
        folders=(),
        train=Part(count=32_000),
        test=Part(count=4_000),
        validation=2_000,
    ),
}
NAMES: tuple[str, ...] = tuple(SOURCES)


def describe(name: str) -> Source:
    """The row of a data set: title, one-sentence summary, classes, homepage, files.

    Raises:
        DataError: there is no data set of that name.
    """
    if name not in SOURCES:
        raise DataError("There is no data set “{name}”. Choose one of {names}.", name=name, names=", ".join(NAMES))
    return SOURCES[name]


def cache_root() -> Path:
    """Where genlab keeps downloads of its own: the user's cache folder."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("genlab")) / "data"


def search_roots(root: Path | str | None = None) -> tuple[Path, ...]:
    """Where data sets are looked for, in order: only ``root`` when given, else ``GENLAB_DATA``, then the cache."""
    if root is not None:
        return (Path(root).expanduser(),)
    named = os.environ.get(VARIABLE, "").strip()
    return (Path(named).expanduser(), cache_root()) if named else (cache_root(),)


def locate(folder: Path, file: File) -> Path | None:
    """The file in ``folder``, plain if it is there, else with ``.gz``, else ``None``."""
    for path in (folder / file.name, folder / f"{file.name}.gz"):
        if os.path.exists(path):  # not Path.exists, which raises on a folder that may not be entered
            return path
    return None


def find_folder(source: Source, which: PartName, root: Path | str | None = None) -> Path:
    """The first folder that holds the files of one part; whether they are sound is found out by reading them.

    Raises:
        DataNotFoundError: no root has them; the message says how to get them.
    """
    roots = search_roots(root)
    for base in roots:
        for folder in source.folders:
            if all(locate(base / folder, file) for file in source.part(which).files):
                return base / folder
    if root is None and len(roots) > 1 and not os.path.isdir(roots[0]):
        raise DataNotFoundError(
            "{title} is not on this machine, and GENLAB_DATA names {folder}, which is no folder. "
            "Correct it, or run “python -m genlab download {name}”, or press the download button in the app.",
            title=source.title,
            folder=str(roots[0]),
            name=source.name,
        )
    raise DataNotFoundError(
        "{title} is not on this machine: it was looked for in {places}. Run “python -m genlab download {name}”, "
        "press the download button in the app, or let GENLAB_DATA name the folder that holds {folder}.",
        title=source.title,
        places=", ".join(str(base) for base in roots),
        name=source.name,
        folder=source.folders[0],
    )


def available(root: Path | str | None = None) -> dict[str, Path | None]:
    """Every data set by name, with the folder (or bundled file) that holds all of it, or ``None``.

    For the street digits that is the folder of the fonts they are drawn with.

    Cheap enough for every page view: it looks at the existence and the size of files, and reads none.
    """
    return {name: _present_at(source, root) for name, source in SOURCES.items()}


def default_name(root: Path | str | None = None) -> str:
    """The data set to begin with: ``mnist`` where it is present, else the bundled ``digits``."""
    return "mnist" if _present_at(SOURCES["mnist"], root) else "digits"


def bundled_file() -> Path | None:
    """The digits file inside the installed scikit-learn, found without importing it."""
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"


def _present_at(source: Source, root: Path | str | None) -> Path | None:
    if source.format == "bundled":
        return bundled_file()
    if source.format == "rendered":
        return FONTS_FOLDER if os.path.isdir(FONTS_FOLDER) else None
    files = source.train.files + source.test.files
    for base in search_roots(root):
        for folder in source.folders:
            if all(_has_size(base / folder, file) for file in files):
                return base / folder
    return None


def _has_size(folder: Path, file: File) -> bool:
    """Whether the file is there with a size that could be right (a packed one may have any)."""
    path = locate(folder, file)
    if path is None or not os.path.isfile(path):
        return False
    size = os.path.getsize(path)
    return size == file.size if file.size is not None and path.name == file.name else size > 0
