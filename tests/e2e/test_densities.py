"""Densities in a real browser over the running app: the same numbers as Python's, in silence while a hand moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from genlab import densities as d
from genlab.data import tables
from tests.e2e.conftest import PHONE
from tests.e2e.hands import Wire, box_of, finger, place, settled
from tests.e2e.test_components import warm  # noqa: F401
from ui import densities_classes

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PATIENCE = 90_000  # ms
FIT, CLASSES, GAME = ".gl-fit", ".gl-classes", ".gl-game"
HILL, DOT = ".gl-hill .gl-field", ".gl-hill .gl-knob"
TIPS = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.5]
ARROWS = ",".join(map(str, TIPS))


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE)


@pytest.fixture
def wire(page: Any) -> Wire:
    page.context.set_default_timeout(PATIENCE)
    return Wire(page)


@pytest.fixture
def opened(wire: Wire, visit: Callable[[str], Any]) -> Callable[..., Any]:
    def go(address: str, part: str) -> Any:
        page = visit(f"/densities?{address}")
        expect(page.locator(part)).to_be_visible()
        expect(page.locator(f"{part} dd").first).to_have_text(re.compile(r"\S"))
        return page

    return go


def fact(page: Any, name: str) -> float:
    return float(page.locator(f"[data-of={name}]").get_attribute("data-value"))


def numbers(page: Any, part: str, name: str) -> list[float]:
    return [float(value) for value in page.locator(part).get_attribute(f"data-{name}").split()]


# --------------------------------------------------------------------------------------- the formulas
FORMULAS = """async ([x, thetas, tips, edges, points, mean, covariance, p, q]) => {
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const m = await import(fetched.find((name) => name.endsWith("/densities_math.js")));
  const found = {};
  for (const [family, theta] of Object.entries(thetas)) {
    const { log, mean, gradient } = m.FAMILIES[family];
    found[family] = [x.map((one) => log(one, theta)), mean(m.summary(x), theta), gradient(m.summary(x), theta)];
  }
  found.digamma = [0.05, 0.7, 3, 40].map(m.digamma);
  found.cloud = points.map(m.cloud(mean, covariance));
  found.x = [-4, -1.1, 0, 0.3, 5].map((z) => m.generate(z, tips));
  found.z = x.map((one) => m.noiseOf(one, tips));
  found.generated = x.map((one) => m.logGenerated(one, tips));
  found.made = m.generatedShares(edges, tips);
  found.shares = m.shares(x, edges);
  found.duel = m.duel(p, q);
  return found;
}"""


def test_the_browsers_formulas_are_pythons(opened: Any) -> None:
    page = opened("", FIT)
    x = [0.4, 1.0, 2.5, 2.5, 7.0]
    thetas = {"normal": [1.7, 0.9], "gamma": [0.6, 3.1]}
    points, mean, covariance = [[0.3, 1.0], [9.0, -4.0]], [1.0, 2.0], [[2.0, 0.7], [0.7, 0.5]]
    p, q = [0.5, 0.25, 0.25, 0.0], [0.0, 0.5, 0.25, 0.25]
    edges = np.linspace(0, 8, 9).tolist()
    found = page.evaluate(FORMULAS, [x, thetas, TIPS, edges, points, mean, covariance, p, q])
    for family, theta in thetas.items():
        logs, middle, slope = found[family]
        np.testing.assert_allclose(logs, d.log_density(family, x, tuple(theta)), rtol=1e-10)
        assert middle == pytest.approx(d.mean_log_likelihood(family, x, tuple(theta)), rel=1e-10)
        assert slope == pytest.approx(d.gradient(family, x, tuple(theta)), rel=1e-8)
    from scipy.special import digamma

    np.testing.assert_allclose(found["digamma"], digamma([0.05, 0.7, 3, 40]), rtol=1e-9)
    clouds = d.Clouds(means=np.array([mean] * 2), covariances=np.array([covariance] * 2), priors=np.array([0.5, 0.5]))
    np.testing.assert_allclose(found["cloud"], d.log_joint(points, clouds)[:, 0] - np.log(0.5), rtol=1e-10)
    np.testing.assert_allclose(found["x"], d.generate([-4, -1.1, 0, 0.3, 5], TIPS), rtol=1e-10)
    np.testing.assert_allclose(found["z"], d.noise_of(x, TIPS), atol=1e-10)
    np.testing.assert_allclose(found["generated"], d.log_generated(x, TIPS), rtol=1e-10)
    np.testing.assert_allclose(found["made"], d.generated_shares(edges, TIPS), atol=3e-7)
    np.testing.assert_allclose(found["shares"], d.shares(x, edges), atol=1e-12)
    assert found["duel"]["jsd"] == pytest.approx(d.js_divergence(p, q))
    assert found["duel"]["value"] == pytest.approx(d.generator_loss(p, q))
    assert found["duel"]["right"] == pytest.approx(d.discriminator_accuracy(p, q))


# --------------------------------------------------------------------------------------- fit by hand
def likelihood(page: Any, family: str, x: Any) -> tuple[float, float]:
    """θ as the browser has it, which pays what Python says."""
    first, second = numbers(page, FIT, "theta")
    value, best = d.mean_log_likelihood(family, x, (first, second)), d.best_fit(family, x)
    assert fact(page, "l") == pytest.approx(value, rel=1e-9)
    assert fact(page, "gap") == pytest.approx(d.mean_log_likelihood(family, x, best) - value, abs=1e-6)
    return first, second


def test_curve_sliders_and_hill_move_the_same_theta_and_speak_at_the_end(opened: Any, wire: Wire) -> None:
    page = opened("", FIT)
    x = tables.column("bmi")
    settled(page, wire)
    before, sent = likelihood(page, "normal", x), wire.sent
    grip = box_of(page.get_by_role("slider", name="Mean", exact=True))
    page.mouse.move(*place(grip, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(grip["x"] - 60, grip["y"], steps=6)
    after = likelihood(page, "normal", x)
    assert after[0] < before[0] - 3
    assert after[1] == before[1]
    assert wire.sent == sent
    page.mouse.up()
    page.wait_for_url(re.compile("theta="))
    settled(page, wire)
    assert wire.sent == sent + 1

    page.mouse.click(*place(box_of(page.locator(HILL)), 0.25, 0.5))
    mu, sigma = likelihood(page, "normal", x)
    assert [mu, sigma] == pytest.approx([x.mean() - 1.1 * x.std(), 1.45 * x.std()], rel=0.02)  # as the map is laid
    page.locator(DOT).focus()
    page.keyboard.press("ArrowUp")
    assert likelihood(page, "normal", x)[1] > sigma
    page.get_by_role("slider", name="Standard deviation σ").focus()
    page.keyboard.press("Home")
    assert likelihood(page, "normal", x)[1] < sigma


def test_climbing_reaches_the_best_that_python_found(opened: Any) -> None:
    page = opened("column=area", FIT)
    page.emulate_media(reduced_motion="reduce")  # all steps at once
    x = tables.column("area")
    for family in d.FAMILIES:
        page.get_by_role("radio", name=family.title()).click()
        expect(page.locator(".gl-hill .gl-axis-x")).to_have_text({"normal": "Mean μ", "gamma": "Shape k"}[family])
        start = likelihood(page, family, x)
        page.get_by_role("button", name="Climb").click()
        expect(page.get_by_text(re.compile(r"^\d+ steps of gradient ascent$"))).to_be_visible()
        assert likelihood(page, family, x) != start
        assert fact(page, "gap") < 2e-4
        page.get_by_role("button", name="Show the best").click()
        best = d.best_fit(family, x)
        shown = page.locator(".gl-fit button[aria-pressed=true]").inner_text().replace(",", "")
        assert [float(value) for value in re.findall(r"= ([\d.]+)", shown)] == pytest.approx(best, rel=5e-3)


def test_the_missing_value_can_be_typed_away(opened: Any, wire: Wire) -> None:
    page = opened("column=own&family=gamma", FIT)
    expect(page.locator("[data-of=l]")).to_have_text("−∞")
    expect(page.get_by_text("A gamma knows only values above 0.")).to_be_visible()
    expect(page.locator(".gl-point")).to_have_count(len(tables.COURSE_BMI))
    field = page.get_by_label("Your values")
    field.fill("33,6 ; x")
    field.press("Enter")
    expect(page.get_by_text("Write 2 to 40 numbers")).to_be_visible()
    field.fill("150 161.5 158; 172,5 180 166")
    field.press("Enter")
    page.wait_for_url(re.compile("points=150"))
    typed = [150, 161.5, 158, 172.5, 180, 166]
    expect(page.locator("[data-of=gap]")).to_have_attribute("data-value", re.compile(r"\d"))  # Python has answered
    likelihood(page, "gamma", typed)
    assert field.input_value() == "150; 161.5; 158; 172.5; 180; 166"
    point = page.get_by_role("slider", name="Value 1", exact=True)
    point.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("points=150\\.[1-9]|points=15[1-9]"))
    expect(page.locator("[data-of=gap]")).to_have_attribute("data-value", re.compile(r"\d"))
    moved = float(page.locator(".gl-point").first.get_attribute("aria-valuenow"))
    assert moved > 150
    likelihood(page, "gamma", [moved, *typed[1:]])
    point.press("Delete")
    expect(page.locator(".gl-point")).to_have_count(5)


# --------------------------------------------------------------------------------------- two classes
def test_one_point_is_read_by_both_and_only_one_knows_the_strange(opened: Any, wire: Wire) -> None:
    page = opened("density=classes&place=5,1.7,1,0.3", CLASSES)
    expected = densities_classes.fitted.__wrapped__("iris", "tilted")
    box = ".gl-dens"
    settled(page, wire)
    sent = wire.sent

    def agrees() -> float:
        x1, x2, stop, prior = numbers(page, box, "place")
        fit = expected.fits[int(stop)]
        clouds = d.Clouds(
            means=np.array(fit["means"]), covariances=np.array(fit["covariances"]), priors=np.array([1 - prior, prior])
        )
        line, at, held = d.Line(w=fit["w"], b=fit["b"]), [[x1, x2]], np.array(expected.held)
        found = [
            float(value)
            for value in page.locator(f"{CLASSES} dd[data-value]").evaluate_all("all => all.map(e => e.dataset.value)")
        ]
        right = [
            ((ask(held[:, :2], model) > 0.5) == held[:, 2]).sum()
            for ask, model in ((d.posterior_of_line, line), (d.posterior_of_clouds, clouds))
        ]
        wanted = [
            d.posterior_of_line(at, line)[0],
            right[0],
            d.posterior_of_clouds(at, clouds)[0],
            d.log_evidence(at, clouds)[0],
            right[1],
        ]
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-9)
        return d.log_evidence(at, clouds)[0]

    near = agrees()
    strange = page.get_by_text("This point looks like nothing it knows.")
    expect(strange).to_have_count(0)
    knob = page.get_by_role("slider", name="New point x").first
    grip = box_of(knob)
    page.mouse.move(*place(grip, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(grip["x"] + 110, grip["y"] - 90, steps=5)
    assert agrees() < near - 5
    expect(strange).to_be_visible()
    assert (
        float(page.locator(f"{CLASSES} dd[data-value]").first.get_attribute("data-value")) > 0.95
    )  # the other is sure
    assert wire.sent == sent
    page.mouse.up()
    page.wait_for_url(re.compile("place="))
    settled(page, wire)
    assert wire.sent == sent + 1
    for name, key in (("Training points", "End"), ("Prior", "Home")):
        page.get_by_role("slider", name=name).focus()
        page.keyboard.press(key)
        page.wait_for_timeout(100)
        agrees()
    assert numbers(page, box, "place")[2:] == [len(expected.stops) - 1, 0.05]

    expect(page.get_by_role("button", name="Cannot draw points")).to_be_disabled()
    page.get_by_role("button", name="Draw 30 points").click()
    drawn = np.array(
        [[float(v) for v in one.split()] for one in page.locator(box).get_attribute("data-drawn").split(";")]
    )
    assert drawn.shape == (30, 3)
    fit = expected.fits[-1]
    away = [
        np.einsum("i,ij,j", one[:2] - mean, np.linalg.inv(covariance), one[:2] - mean)
        for one in drawn
        for mean, covariance in [(np.array(fit["means"][int(one[2])]), np.array(fit["covariances"][int(one[2])]))]
    ]
    assert 0.5 < np.mean(away) < 5  # χ² of two: 2 ± 0.37
    assert drawn[:, 2].mean() < 0.4  # of a prior of 5 %


# --------------------------------------------------------------------------------------- a generator
def duel(page: Any) -> tuple[list[float], float]:
    """The arrows' tips, and JSD, as Python has it of them."""
    x = tables.column("petal")
    wide = x.max() - x.min()
    edges = np.linspace(x.min() - 0.3 * wide, x.max() + 0.3 * wide, 33)
    tips = numbers(page, GAME, "tips")
    p, q = d.shares(x, edges), d.generated_shares(edges, tips)
    assert fact(page, "jsd") == pytest.approx(d.js_divergence(p, q), abs=1e-5)
    assert fact(page, "value") == pytest.approx(d.generator_loss(p, q), abs=2e-5)
    assert fact(page, "right") == pytest.approx(d.discriminator_accuracy(p, q), abs=1e-5)
    assert fact(page, "l") == pytest.approx(d.log_generated(x, tips).mean(), rel=1e-6)
    return tips, d.js_divergence(p, q)


def test_arrows_move_the_density_train_and_stand_still_where_all_is_sure(opened: Any, wire: Wire) -> None:
    page = opened(f"density=generator&arrows={ARROWS}", GAME)
    tips, before = duel(page)
    assert tips == TIPS
    settled(page, wire)
    sent = wire.sent
    page.get_by_role("slider", name="Where z = 0 goes").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(100)
    assert wire.sent == sent
    tips, _jsd = duel(page)
    assert tips[:3] + tips[4:] == TIPS[:3] + TIPS[4:]
    assert TIPS[3] < tips[3] < TIPS[4]  # it stays between its neighbours
    page.wait_for_url(re.compile("arrows="))
    settled(page, wire)

    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Train g").click()
    expect(page.get_by_text(re.compile(r"^\d+ steps down C\(G\)$"))).to_be_visible()
    _tips, after = duel(page)
    assert after < 0.9 * before

    for name, key in (("First to last arrow", "Home"), ("Mean of the arrows", "End")):
        page.get_by_role("slider", name=name).focus()
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    stuck, jsd = duel(page)
    assert jsd == pytest.approx(np.log(2), abs=1e-6)
    page.get_by_role("button", name="Train g").click()
    expect(page.get_by_text("hardly any gradient")).to_be_visible()
    assert duel(page)[0] == pytest.approx(stuck)


# --------------------------------------------------------------------------------------- sizes, hands, voices
@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
@pytest.mark.parametrize("colour_scheme", ["dark"])
def test_a_finger_drags_what_has_a_name_and_nothing_sticks_out(opened: Any, colour_scheme: str) -> None:
    page = opened("", FIT)
    dot = page.locator(DOT)
    before = numbers(page, FIT, "theta")
    grip = place(box_of(dot), 0.5, 0.5)
    finger(page, [grip, (grip[0] - 40, grip[1] - 20), (grip[0] - 80, grip[1] - 40)])
    page.wait_for_url(re.compile("theta="))
    after = numbers(page, FIT, "theta")
    assert after[0] < before[0]
    assert after[1] > before[1]
    for view, part in (("fit&column=own", FIT), ("classes", CLASSES), ("generator", GAME)):
        page = opened(f"density={view}", part)
        assert page.locator("[data-testid='stMain']").evaluate("e => e.scrollWidth <= e.clientWidth"), view
        knobs = page.locator(".gl-knob").evaluate_all(
            "all => all.map(e => [e.ariaLabel, e.ariaValueText, getComputedStyle(e).touchAction])"
        )
        assert knobs
        assert all(label and re.search(r"\d", value) and touch == "none" for label, value, touch in knobs)
        ranges = page.locator(".gl-dens input[type=range]").evaluate_all(
            "all => all.map(e => [e.labels[0].textContent, e.ariaValueText])"
        )
        assert ranges
        assert all(label.strip() and value for label, value in ranges)
