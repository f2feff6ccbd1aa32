"""The code of the variational autoencoder as it runs, line by line, and which quantity each line computes."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
QUANTITIES = ("mu", "sigma", "eps", "z", "x_hat", "nll", "kl", "loss")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a file.

    Attributes:
        number: in its file, from 1.
        text: without the indentation that the whole function has.
        of: the quantities it computes.
    """

    number: int
    text: str
    of: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A function without its docstring.

    Attributes:
        file: from the repository's root.
        lines: in order.
    """

    file: str
    lines: tuple[Line, ...]


@cache
def excerpts() -> tuple[Excerpt, ...]:
    """The functions that a step of training runs through, from noise to loss."""
    from genlab import bounds, steps
    from genlab.models import VAE

    return (
        excerpt(steps.noise, {"torch.randn": ("eps",)}),
        excerpt(VAE.posterior, {"return ": ("mu", "sigma")}),
        excerpt(
            VAE.forward,
            {"self.posterior(": ("mu", "sigma"), "z = mu": ("z", "sigma", "eps"), "return Draw(": ("x_hat",)},
        ),
        excerpt(bounds.bernoulli_nll, {"return ": ("nll",)}),
        excerpt(bounds.kl_normal, {"return ": ("kl",)}),
        excerpt(
            steps.vae_step,
            {
                "model(x, eps=": ("z", "x_hat"),
                "rebuilt(": ("nll",),
                "kl_normal(": ("kl",),
                "loss = ": ("loss",),
            },
        ),
    )


def excerpt(function: Callable[..., Any], of: Mapping[str, tuple[str, ...]]) -> Excerpt:
    """A function's own lines.

    Args:
        function: of this repository.
        of: what identifies a line → the quantities it computes. What is in no line joins nothing.
    """
    lines, first = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines))
    silent = _docstring(text)
    file = inspect.getsourcefile(function)
    assert file is not None
    return Excerpt(
        file=Path(file).relative_to(ROOT).as_posix(),
        lines=tuple(
            Line(number=first + n, text=line, of=next((names for part, names in of.items() if part in line), ()))
            for n, line in enumerate(text.splitlines())
            if n + 1 not in silent and line.strip()
        ),
    )


def _docstring(text: str) -> range:
    """Which lines of a function, counted from 1, are its docstring."""
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    first = function.body[0]
    if ast.get_docstring(function) is None or first.end_lineno is None:
        return range(0)
    return range(first.lineno, first.end_lineno + 1)
