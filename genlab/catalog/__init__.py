"""The one table: every model that ships, by name.

A row is a name, a title, its paper, a network, a training and a step. To add a model, add a row; to change one
number, change it in the row's configuration. The contract test walks the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genlab.catalog.adversarial import ADVERSARIAL
from genlab.catalog.digits import DIGITS, SIZES
from genlab.catalog.entry import Entry
from genlab.catalog.family import FAMILY
from genlab.catalog.generative import GENERATIVE
from genlab.catalog.pictures import PICTURES
from genlab.errors import ConfigError

__all__ = ["CATALOG", "SIZES", "Entry", "get"]

CATALOG: Mapping[str, Entry] = MappingProxyType(
    {entry.name: entry for entry in (*DIGITS, *FAMILY, *PICTURES, *GENERATIVE, *ADVERSARIAL)}
)


def get(name: str) -> Entry:
    """The row called ``name``.

    Raises:
        ConfigError: there is none.
    """
    if name not in CATALOG:
        raise ConfigError(
            "There is no model called “{name}”. “python -m genlab list” shows those there are.", name=name
        )
    return CATALOG[name]
