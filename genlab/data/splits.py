"""The names of the parts of a data set, and how they are joined: ``train``, ``test``, ``train+validation``."""

from __future__ import annotations

from genlab.errors import DataError

SPLITS = ("train", "validation", "test")


def parse_split(split: str) -> tuple[str, ...]:
    """The parts that ``split`` asks for, in the order given.

    The grammar is one or more of ``train``, ``validation`` and ``test``, joined by ``+``, each at most once.

    Raises:
        DataError: a part is unknown, empty, or named twice.
    """
    parts = tuple(split.split("+")) if isinstance(split, str) else ()
    if not parts or len(set(parts)) < len(parts) or not set(parts) <= set(SPLITS):
        raise DataError(
            "There is no split “{split}”. Use train, validation or test, or some of them joined by “+”, "
            "such as train+validation.",
            split=split,
        )
    return parts
