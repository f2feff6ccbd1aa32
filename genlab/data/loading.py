"""Load a split of a data set: names and files in, one ``ImageSet`` out.

Which images belong to which split (always in the order of the files):

| data set | train | validation | test |
| --- | --- | --- | --- |
| mnist | the first 55,000 of the training file | its last 5,000 | 10,000 |
| notmnist | all but the last twelfth of the training file (55,000 of 60,000) | its last twelfth | 10,000 |
| notmnist, division "course" | the first 42,000 of the training file | its last 18,000 | 10,000 |
| svhn | the first 68,257 of the training file | its last 5,000 | 26,032 |
| digits | see ``genlab.data.digits`` | | |
| street | 30,000, drawn while you wait (``genlab.data.street``) | 2,000 | 4,000 |

So "train+validation" of MNIST is the published training set, 60,000 images.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from genlab.data.images import ImageSet
from genlab.data.sources import PartName, Source, describe, find_folder, locate
from genlab.data.splits import parse_split
from genlab.errors import DataError, DataFileError

Division = Literal["default", "course"]
Range = tuple[PartName, int, int]  # the published part, first image, one past the last

COURSE_VALIDATION = 18_000  # of the 60,000 training images of notMNIST, as the course divides them


def load(name: str, split: str = "train", *, division: str = "default", root: Path | str | None = None) -> ImageSet:
    """Load one split into memory. It never downloads.

    Args:
        name: ``mnist``, ``notmnist``, ``svhn``, ``digits`` or ``street``.
        split: ``train``, ``validation``, ``test``, or several joined by ``+``.
        division: ``default``, or ``course`` for notMNIST's 42,000 / 18,000 / 10,000.
        root: the folder to look in; without it ``GENLAB_DATA``, then the cache folder.

    Returns:
        images ``uint8`` (N, C, H, W) 0…255, labels ``int64`` (N,). Every call reads anew and owns its memory.

    Raises:
        DataError: there is no such data set, split or division.
        DataNotFoundError: the files are not on this machine.
        DataFileError: a file is broken.
    """
    source = describe(name)
    parts = parse_split(split)
    if division not in ("default", "course"):
        raise DataError("There is no division “{division}”. Choose “default” or “course”.", division=division)
    if division == "course" and name != "notmnist":
        raise DataError(
            "{title} has no division “course”; only notMNIST has one. Choose “default”.", title=source.title
        )
    if source.format == "bundled":
        from genlab.data.digits import load_digits_set

        return load_digits_set(split)
    if source.format == "rendered":
        from genlab.data.street import load_street_set

        return load_street_set(split)

    files: dict[PartName, tuple[Tensor, Tensor]] = {}
    ranges: list[Range] = []
    for part in parts:
        which: PartName = "test" if part == "test" else "train"
        if which not in files:
            files[which] = read_part(source, which, find_folder(source, which, root))
        first, last = _bounds(source, part, len(files[which][0]), division)
        if ranges and ranges[-1][0] == which and ranges[-1][2] == first:  # validation goes on where train ends
            first = ranges.pop()[1]
        ranges.append((which, first, last))
    return ImageSet(
        name=name,
        split="+".join(parts),
        images=_join([(files[which][0], first, last) for which, first, last in ranges]),
        labels=_join([(files[which][1], first, last) for which, first, last in ranges]),
        class_names=source.class_names,
    )


def read_part(source: Source, which: PartName, folder: Path) -> tuple[Tensor, Tensor]:
    """Read a whole published part: images ``uint8`` (N, C, H, W) 0…255 and labels ``int64`` (N,).

    Raises:
        DataFileError: a file is missing or broken, or has another number of images than was published.
    """
    part = source.part(which)
    paths = [locate(folder, file) or folder / file.name for file in part.files]
    if source.format == "mat":
        from genlab.data.svhn import read_mat

        return read_mat(paths[0], count=part.count, sha256=str(part.files[0].sha256))
    from genlab.data.idx import read_images_and_labels

    images, labels = read_images_and_labels(
        *paths,
        count=None if part.may_be_fewer else part.count,
        size=source.file_shape[1:],
        classes=len(source.class_names),
    )
    if len(images) > part.count:
        raise DataFileError(
            "{path} holds {found:,} images, more than the {expected:,} of {title}. "
            "Delete it and download the data set again.",
            path=str(paths[0]),
            found=len(images),
            expected=part.count,
            title=source.title,
        )
    return images, labels


def _bounds(source: Source, part: str, count: int, division: str) -> tuple[int, int]:
    """Where a split begins and ends in its published part of ``count`` images."""
    if part == "test":
        return 0, count
    if division == "course":
        if count != source.train.count:
            raise DataError(
                "The division “course” needs all {expected:,} training images of {title}, and {found:,} are here. "
                "Choose the division “default”, or download the full set.",
                expected=source.train.count,
                title=source.title,
                found=count,
            )
        held_out = COURSE_VALIDATION
    else:
        held_out = count // 12 if source.validation is None else source.validation
    return (0, count - held_out) if part == "train" else (count - held_out, count)


def _join(pieces: list[tuple[Tensor, int, int]]) -> Tensor:
    """The pieces end to end; a whole tensor is passed on, anything less is copied so that the rest can go."""
    if len(pieces) == 1:
        whole, first, last = pieces[0]
        return whole if last - first == len(whole) else whole[first:last].clone()
    return torch.cat([whole[first:last] for whole, first, last in pieces])
