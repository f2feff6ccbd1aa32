"""Alarms of a generator's training, and the rule that stops it."""

from __future__ import annotations

import math

import pytest
import torch

from genlab import checkpoints, health, past
from genlab.catalog import get
from genlab.health import StopRule, alarms
from genlab.models import GAN
from genlab.seeding import make_generator
from genlab.workshop import looks, orders
from genlab.workshop.orders import Order

FAIR = [0.1] * 10


def test_shares_and_diversity_by_hand() -> None:
    probabilities = torch.eye(4)[[0, 0, 0, 2]]
    assert health.class_shares(probabilities) == [0.75, 0.0, 0.25, 0.0]
    corners = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert health.spread(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert health.diversity(corners / 2, corners) == pytest.approx(0.5)
    same = torch.ones(5, 2)
    assert health.diversity(same, torch.randn(50, 2, generator=make_generator(0))) == 0


def kinds(*how: object, **more: object) -> list[str]:
    return [alarm.kind for alarm in alarms(*how, **more)]  # type: ignore[arg-type]


def test_a_healthy_one_rings_nothing() -> None:
    assert kinds(FAIR, 1.0, d_real=0.7, d_fake=0.8) == []
    assert kinds([0.07, 0.13] * 5, 0.85) == []
    assert kinds([0.04, 0.16] * 5, 0.7, d_real=0.95, d_fake=0.97) == []


@pytest.mark.parametrize(
    ("shares", "differ", "wanted"),
    [
        ([1.0, *[0.0] * 9], 0.2, ["few", "mostly", "alike"]),
        ([0.34, 0.33, 0.33, *[0.0] * 7], 0.9, ["few"]),
        ([0.5, *[0.5 / 9] * 9], 0.9, ["mostly"]),
        (FAIR, 0.3, ["alike"]),
    ],
)
def test_each_sign_of_collapse_rings_with_its_reason(shares: list[float], differ: float, wanted: list[str]) -> None:
    found = alarms(shares, differ)
    assert [alarm.kind for alarm in found] == wanted
    assert set(wanted) <= set(health.COLLAPSE)
    for alarm in found:
        assert str(alarm).endswith(".")
        assert any(character.isdigit() for character in str(alarm))


def test_at_first_all_pictures_are_alike_and_nothing_rings() -> None:
    assert kinds([1.0, *[0.0] * 9], 0.1, step=health.EARLY - 1) == []
    assert kinds([1.0, *[0.0] * 9], 0.1, step=health.EARLY) == ["few", "mostly", "alike"]
    assert kinds([1.0, *[0.0] * 9], 0.1, d_real=1.0, d_fake=1.0, step=5) == ["wins"]


def test_a_discriminator_that_is_always_right_rings() -> None:
    assert kinds(FAIR, 1.0, d_real=1.0, d_fake=0.999) == ["wins"]
    assert kinds(FAIR, 1.0, d_real=1.0, d_fake=0.9) == []


def fed(rule: StopRule, accuracies: list[float]) -> int | None:
    """The step at which the rule stops."""
    for step, accuracy in enumerate(accuracies, start=1):
        if rule.feed(step, {"d_real": accuracy, "d_fake": accuracy, "d_loss": 1.0}):
            return step
    return None


def test_the_rule_stops_after_so_many_undecided_steps_in_a_row() -> None:
    assert fed(StopRule(3), [0.9, 0.5, 0.45, 0.55, 0.5]) == 4
    assert fed(StopRule(3), [0.5, 0.5, 0.56, 0.5, 0.5]) is None
    assert fed(StopRule(3), [0.5, 0.5, 0.44, 0.5, 0.5, 0.5]) == 6
    assert fed(StopRule(0), [0.5] * 100) is None
    assert StopRule(1).feed(1, {"d_loss": 0.5}) is None
    assert fed(StopRule(2), [math.nan, math.nan, math.nan]) is None


def test_the_rule_says_what_triggered_it_and_goes_on_after_a_kill() -> None:
    rule = StopRule(4)
    assert fed(rule, [0.9, 0.52]) is None
    again = StopRule(4)
    again.go_on(rule.to_json())
    assert again.feed(3, {"d_real": 0.4, "d_fake": 0.52}) is None
    assert again.feed(4, {"d_real": 0.6, "d_fake": 0.4}) is None
    found = again.feed(5, {"d_real": 0.9, "d_fake": 0.2})
    assert found is not None
    assert (found.first, found.last) == (2, 5)
    assert (found.low, found.high) == (pytest.approx(0.46), pytest.approx(0.55))


# --------------------------------------------------------------------------------------- the runs that ship
def rung(name: str, epoch: int | None) -> list[str]:
    """The alarms for a shipped run: its generator after an epoch, or as it is."""
    loaded = checkpoints.load(name, GAN)
    rows = {row["epoch"]: row for row in loaded.metrics["training"]["history"]}
    model = loaded.model if epoch is None else past.load(name, loaded.model, epoch)
    row = get(name)
    order = Order(entry=name, model=orders.fitted(row, "digits"), train=orders.suggested(row, "digits"))
    at = epoch or max(rows)
    each = math.ceil(60_000 / loaded.train.batch_size)
    found = looks.check_health(model, order, rows[at], at * each)
    assert found is not None
    return [kind for kind, _sentence, _fields in found["alarms"]]


def here(name: str) -> None:
    if not (checkpoints.root() / name).is_dir():
        pytest.skip(f"{name} is not here")


def test_the_collapsed_run_rings_and_the_healthy_one_does_not() -> None:
    here("gan-mnist")
    here("gan-collapsed-mnist")
    assert set(health.COLLAPSE) & set(rung("gan-collapsed-mnist", None))
    assert rung("gan-mnist", None) == []
    kept = [epoch for epoch in past.epochs("gan-mnist") if epoch >= 3]
    for epoch in kept[:: max(1, len(kept) // 3)]:
        assert rung("gan-mnist", epoch) == []
    late = past.epochs("gan-collapsed-mnist")[-3:]
    assert all(set(health.COLLAPSE) & set(rung("gan-collapsed-mnist", epoch)) for epoch in late)
