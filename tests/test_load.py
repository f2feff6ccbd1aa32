"""The load generator's own arithmetic; what it measures needs a server and minutes."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any, Self

import pytest

from benchmarks import load


def alone(work: Any) -> Any:
    """Run a coroutine in a thread of its own: the browser tests of a worker have an event loop in this one."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def a_row(visitors: int, p95: float, errors: int = 0) -> dict[str, Any]:
    return {"visitors": visitors, "picture_ms": {"median": 1.0, "p95": p95, "most": p95}, "errors": errors}


def test_a_spread_is_median_p95_and_most() -> None:
    assert load.spread([float(value) for value in range(101)]) == {"median": 50.0, "p95": 95.0, "most": 100.0}
    assert load.spread([7.0]) == {"median": 7.0, "p95": 7.0, "most": 7.0}
    assert load.spread([]) is None


@pytest.mark.parametrize(
    ("row", "good"),
    [
        (a_row(40, 100.0), True),
        (a_row(40, 100.1), False),
        (a_row(40, 10.0, errors=1), False),
        ({"visitors": 40, "picture_ms": None, "errors": 0}, False),
    ],
)
def test_a_round_without_pictures_or_with_errors_meets_no_bar(row: dict[str, Any], good: bool) -> None:
    assert load.within(row, 100.0) is good


@pytest.mark.parametrize("fine", [0, 1, 40])
@pytest.mark.parametrize("borne", [44, 60, 79, 137, 399])
def test_the_limit_is_found_to_within_a_few_visitors(borne: int, fine: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Crowd:
        def __init__(self, *_: object, **__: object) -> None: ...

        async def __aenter__(self) -> Self:
            return self

        async def __aexit__(self, *_: object) -> None: ...

        async def move(self, count: int, _seconds: float) -> dict[str, Any]:
            asked.append(count)
            return a_row(count, 20.0 if count <= borne else 2000.0)

    monkeypatch.setattr(load, "Crowd", Crowd)
    found = alone(load.limit(None, fine, 400, even=False))  # type: ignore[arg-type]
    assert borne < found["visitors"] <= borne + load.LIMIT_STEP
    assert [row["visitors"] for row in found["rounds"]] == asked
    assert len(asked) == len(set(asked)) < 20
    assert fine < min(asked)
    assert max(asked) <= 400

    asked.clear()
    found = alone(load.limit(None, fine, min(borne, 43), even=False))  # type: ignore[arg-type]
    assert found["visitors"] is None
    assert asked[-1] == found["ceiling"]
