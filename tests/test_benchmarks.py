"""What the benchmarks with a browser say of themselves; what they measure needs a quiet machine and minutes."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api")

from benchmarks import drag, hand, pages


def a_row(**changes: float) -> hand.Row:
    row = {"moves": 100, "handled_median": 5.0, "handled_p95": 16.0, "whole_median": 5.0, "whole_p95": 30.0}
    return hand.Row(what="x", **{**row, "still": 3, "messages": 0, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "good"), [({}, True), ({"handled_p95": 16.1}, False), ({"messages": 1}, False), ({"still": 100}, False)]
)
def test_a_part_that_is_slow_speaks_or_is_a_frame_late_misses_the_bar(changes: dict[str, float], good: bool) -> None:
    assert drag.well(a_row(**changes)) is good


def test_a_picture_that_came_late_counts_for_every_move() -> None:
    rows = [[4.0, 5.0, True]] * 9 + [[4.0, 5.0, False]]
    assert hand.summary("x", rows, 0).still == 1
    assert hand.summary("x", rows, 0, late=True).still == 10


def test_every_move_over_a_grid_is_to_another_cell() -> None:
    path = hand.cells(20)
    seen = {tuple(int(20 * value) for value in path(n / 399)) for n in range(400)}
    assert seen == {(column, row) for column in range(20) for row in range(20)}


def test_every_page_says_what_of_it_is_computed_before() -> None:
    """A page that is new names its parts here, and the six that have a bar are pages."""
    assert set(pages.JUDGED) <= set(pages.pages())
    assert set(pages.PARTS) == set(pages.pages())
    assert all(count > 0 for parts in pages.PARTS.values() for _query, count in parts.values())
