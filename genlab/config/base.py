"""What every configuration can do: be checked, and be JSON."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, Self

from genlab.errors import ConfigError


def check(condition: bool, sentence: str, **fields: Any) -> None:
    """Raise ``ConfigError(sentence)`` unless ``condition`` holds."""
    if not condition:
        raise ConfigError(sentence, **fields)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all configurations: type-checked on construction, ``to_json`` / ``from_json``."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            check(
                _fits(value, hints[field.name]),
                "The setting “{setting}” cannot be {value}.",
                setting=field.name,
                value=repr(value)[:80],
            )
        self.validate()

    def validate(self) -> None:
        """Raise ``ConfigError`` where a value is out of bounds; a subclass adds its own checks."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, strings, lists: what ``json.dump`` takes."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The inverse of ``to_json``.

        Raises:
            ConfigError: a setting is unknown, missing, of the wrong type, or out of bounds.
        """
        check(isinstance(values, dict), "A configuration must be a JSON object, but this one is not.")
        hints = typing.get_type_hints(cls)
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = ", ".join(sorted(str(name)[:40] for name in set(values) - set(known)))
        check(not unknown, "The configuration has settings that genlab does not know: {names}.", names=unknown)
        required = {n for n, f in known.items() if f.default is dataclasses.MISSING}
        missing = ", ".join(sorted(required - set(values)))
        check(not missing, "The configuration lacks these settings: {names}.", names=missing)
        return cls(**{name: _tupled(value, hints[name]) for name, value in values.items()})


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _tupled(value: Any, hint: Any) -> Any:
    """JSON has lists where a configuration has tuples, and writes 1.0 as 1."""
    if typing.get_origin(hint) is tuple and isinstance(value, list):
        return tuple(value)
    if hint is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    return value


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return value in parts
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        wanted = (parts[0],) * len(value) if parts[-1] is ... else parts
        return len(wanted) == len(value) and all(_fits(v, p) for v, p in zip(value, wanted, strict=True))
    if hint is float:
        return type(value) is float and value == value and abs(value) != float("inf")
    if hint is type(None):
        return value is None
    return type(value) is hint
