"""Inside the VAE in a real browser over the running app: the same numbers as torch's, and what belongs together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from genlab import checkpoints, data
from genlab.bounds import bernoulli_nll, kl_normal
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.hands import Wire, box_of, finger, painted, pixels, place, settled
from ui import vae
from ui.vae_manifold import quantiles
from ui.vae_source import QUANTITIES

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PART, ORIGINAL, ANSWER = ".gl-vae", ".gl-vae figure >> nth=0", ".gl-vae figure >> nth=1"
BARS, DICE, THROWS, LIT = ".gl-bars", ".gl-dice", ".gl-throw", ".gl-lit"
MANIFOLD, CELL, LARGE = ".gl-manifold", ".gl-cell", ".gl-beside figure canvas"
DEVELOPED = ".gl-throws[data-ready=true]"
ROWS = ("mu", "sigma", "eps", "z", "kl")
NETWORKS = [name for name in ("vae-mnist-z16", "vae-mnist-z2", "vae-textbook-mnist-z20") if name in checkpoints.names()]
small_is_here = pytest.mark.skipif("vae-mnist-z2" not in checkpoints.names(), reason="vae-mnist-z2 is not shipped")


@pytest.fixture
def opened(wire: Wire, visit: Callable[[str], Any]) -> Callable[..., Any]:
    def go(address: str = "/vae") -> Any:
        return at_work(visit(address), wire)

    return go


@pytest.fixture
def machine(seen: Any) -> Any:
    """The page as it opens, for tests that look at it one after the other."""
    return at_work(*seen("/vae"))


def at_work(page: Any, wire: Wire) -> Any:
    expect(page.locator(PART)).to_be_visible()
    expect(page.locator(".gl-losses output").first).to_have_text(re.compile(r"\d"))
    settled(page, wire)
    return page


def clean(digit: int = 4) -> torch.Tensor:
    test = data.load(data.default_name(), "test")
    return data.to_float(test.images[(test.labels == digit).nonzero()[0]])


def shown(page: Any) -> dict[str, Any]:
    """Every quantity as the browser has it."""
    rows = [row.get_attribute("data-values") for row in page.locator(BARS).all()]
    found: dict[str, Any] = {
        name: torch.tensor([float(value) for value in row.split()]) for name, row in zip(ROWS, rows, strict=True)
    }
    for name in ("nll", "kl", "loss"):
        found[f"{name}_sum"] = float(page.locator(f".gl-losses [data-q={name}] output").get_attribute("data-value"))
    return found


def agrees(page: Any, name: str, x: torch.Tensor, scale: float = 1.0) -> dict[str, Any]:
    """What the browser shows is what torch computes with the same ε."""
    model: Any = checkpoints.load(name).model
    found = shown(page)
    draw = model(x, eps=scale * found["eps"].view(1, 1, -1))
    sigma = (0.5 * draw.logvar[0]).exp()
    torch.testing.assert_close(found["mu"], draw.mu[0], atol=4e-3, rtol=0)  # 16-bit weights
    torch.testing.assert_close(found["sigma"], sigma, atol=2e-3, rtol=0)
    torch.testing.assert_close(found["z"], found["mu"] + scale * found["sigma"] * found["eps"], atol=1e-4, rtol=0)
    torch.testing.assert_close(found["kl"], kl_normal(draw.mu, draw.logvar)[0], atol=2e-2, rtol=0)
    kl, nll = kl_normal(draw.mu, draw.logvar).sum().item(), bernoulli_nll(draw.logits[0], x.flatten(1)).item()
    assert found["kl_sum"] == pytest.approx(kl, abs=0.05)
    assert found["nll_sum"] == pytest.approx(nll, abs=0.005 * nll)
    assert found["loss_sum"] == pytest.approx(found["nll_sum"] + found["kl_sum"], abs=1e-3)
    wanted = draw.logits[0].sigmoid().flatten().numpy()
    np.testing.assert_allclose(pixels(page.locator(ANSWER).locator("canvas")), wanted, atol=6 / 255)
    np.testing.assert_allclose(pixels(page.locator(ORIGINAL).locator("canvas")), x.flatten().numpy(), atol=1.1 / 255)
    return found


# --------------------------------------------------------------------------------------- the same numbers on both sides
def test_the_browser_computes_what_torch_does(opened: Any, wire: Wire) -> None:
    page = opened(f"/vae?vae={NETWORKS[-1]}")
    for name in reversed(NETWORKS):
        if name != NETWORKS[-1]:
            page.get_by_role("radio", name=vae.NETWORKS[name], exact=True).click()
            page.wait_for_url(
                lambda url, name=name: f"vae={name}" in url or ("vae=" not in url and name == vae.DEFAULT)
            )
            settled(page, wire)
        agrees(page, name, clean())


def test_the_die_throws_another_picture_of_the_same_cloud_and_tells_nobody(opened: Any, wire: Wire) -> None:
    page = opened("/vae?digit=3")
    before, sent = agrees(page, "vae-mnist-z16", clean(3)), wire.sent
    expect(page.locator(DEVELOPED)).to_be_attached()
    first = pixels(page.locator(THROWS).first.locator("canvas"))
    page.locator(DICE).click()
    after = agrees(page, "vae-mnist-z16", clean(3))
    assert wire.sent == sent
    assert after["kl_sum"] == before["kl_sum"]
    assert after["mu"].equal(before["mu"])
    assert not after["eps"].equal(before["eps"])
    assert after["nll_sum"] != before["nll_sum"]
    expect(page.locator(DEVELOPED)).to_be_attached()
    np.testing.assert_array_equal(pixels(page.locator(THROWS).nth(1).locator("canvas")), first)  # moved on by one
    page.locator(THROWS).nth(1).click()
    expect(page.locator(THROWS).nth(1)).to_have_attribute("aria-pressed", "true")
    assert shown(page)["eps"].equal(before["eps"])


def test_noise_is_normal(machine: Any) -> None:
    thrown = []
    for _ in range(25):
        machine.locator(DICE).evaluate("e => e.click()")
        thrown.append(shown(machine)["eps"])
    eps = torch.stack(thrown)  # (25, 16)
    assert abs(eps.mean().item()) < 5 / eps.numel() ** 0.5
    assert eps.std().item() == pytest.approx(1, abs=0.15)


def test_the_spread_is_scaled(opened: Any, wire: Wire) -> None:
    page = opened()
    scale = page.get_by_role("slider", name="How much of σ")
    sent = wire.sent
    scale.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("σ × 3.00")).to_be_visible()
    agrees(page, "vae-mnist-z16", clean(), 3.0)
    page.keyboard.press("Home")
    expect(page.get_by_text("σ × 0.00")).to_be_visible()
    still = agrees(page, "vae-mnist-z16", clean(), 0.0)
    torch.testing.assert_close(still["z"], still["mu"])
    assert wire.sent == sent
    expect(page.locator(".gl-formulas [data-q=z]")).to_contain_text("0.00")


def test_another_picture_arrives(opened: Any, wire: Wire) -> None:
    page = opened()
    page.get_by_role("radiogroup", name="Class").get_by_role("radio", name="7", exact=True).click()
    page.wait_for_url("**digit=7*")
    settled(page, wire)
    agrees(page, "vae-mnist-z16", clean(7))


PEN = """async (digit) => {
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const { page } = await import(fetched.find((name) => name.endsWith("/kit.js")));
  page.dispatchEvent(new CustomEvent("code", { detail: { digit } }));
}"""


def test_a_pen_that_tells_its_picture_is_followed(opened: Any, wire: Wire) -> None:
    page = opened()
    sent = wire.sent
    page.evaluate(PEN, clean(9).flatten().tolist())
    expect(page.locator(DEVELOPED)).to_be_attached()  # numbers and throws wait until the hand rests
    agrees(page, "vae-mnist-z16", clean(9))
    assert wire.sent == sent


# --------------------------------------------------------------------------------------- what belongs together
def lit(page: Any) -> set[str]:
    """The names of all that is lit, with where it stands."""
    found = page.locator(LIT).evaluate_all(
        """all => all.map(one => [one.closest('.gl-code') ? 'code' : one.closest('.gl-formulas') ? 'formula' : 'here',
                                  one.dataset.q].join(' '))"""
    )
    return set(found)


def test_a_formula_lights_its_quantity_and_its_line(machine: Any) -> None:
    for name in QUANTITIES:
        machine.locator(f".gl-formulas [data-q={name}]").hover()
        found = lit(machine)
        assert f"formula {name}" in found
        assert f"here {name}" in found
        assert any(one.startswith("code") and name in one.split() for one in found)
        assert all(name in one.split() for one in found)


def test_a_quantity_lights_its_line_and_a_line_its_quantities(machine: Any) -> None:
    page = machine
    page.locator(".gl-name[data-q=eps]").hover()
    assert {"here eps", "formula eps", "code eps"} <= lit(page)
    line = page.locator(".gl-line[data-q]", has_text="self.posterior(x)")
    line.hover()
    assert {"here mu", "here sigma", "formula mu", "formula sigma"} <= lit(page)
    page.mouse.move(5, 5)
    assert "here z" in lit(page)  # what was lit at first
    line.click()
    page.mouse.move(5, 5)
    assert {"here mu", "here sigma"} <= lit(page)  # stays
    expect(line).to_be_visible()


def test_the_keyboard_reaches_them_all(machine: Any) -> None:
    page = machine
    page.locator(".gl-name[data-q=mu]").focus()
    assert "formula mu" in lit(page)
    page.keyboard.press("Tab")
    assert "formula sigma" in lit(page)
    names = page.locator(".gl-joined button").evaluate_all("all => all.map(one => one.tabIndex)")
    assert set(names) == {0}


def test_a_lit_line_is_scrolled_to_in_its_own_box(machine: Any) -> None:
    page = machine
    main = "() => document.querySelector(\"[data-testid='stMain']\").scrollTop"
    page.locator(".gl-formulas [data-q=loss]").hover()
    before = page.evaluate(main)
    page.locator(".gl-formulas [data-q=kl]").hover()
    box, line = page.locator(".gl-code").bounding_box(), page.locator(".gl-code .gl-lit").first.bounding_box()
    assert box["y"] <= line["y"] <= line["y"] + line["height"] <= box["y"] + box["height"]
    assert page.evaluate(main) == before


def test_bars_and_slider_choose_the_number_that_is_written_out(machine: Any) -> None:
    page = machine
    slider = page.get_by_role("slider", name="Number of the code")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("number 1", exact=True)).to_be_visible()
    found = shown(page)
    written = page.locator(".gl-name output").all_inner_texts()
    assert [float(text.replace("−", "-")) for text in written] == pytest.approx(
        [found[name][0].item() for name in ROWS], abs=0.0051
    )
    box = box_of(page.locator(BARS).first)
    page.mouse.move(*place(box, 15.5 / 16, 0.5), steps=4)
    expect(page.get_by_text("number 16", exact=True)).to_be_visible()


# --------------------------------------------------------------------------------------- the manifold
@small_is_here
def test_a_cell_is_shown_large_with_its_place_and_kept(opened: Any, wire: Wire) -> None:
    page = opened()
    area = page.locator(MANIFOLD)
    sent = wire.sent
    page.mouse.click(*place(box_of(area), 2.5 / 20, 17.5 / 20))
    page.wait_for_url(re.compile("cell=3%2C18"))
    settled(page, wire)
    assert wire.sent == sent + 1
    places = quantiles()
    z = [places[2], places[19 - 17]]
    wanted = checkpoints.load("vae-mnist-z2").model.decode(torch.tensor([z])).flatten().numpy()
    np.testing.assert_allclose(pixels(page.locator(LARGE)), wanted, atol=1.6 / 255)  # rounded here and there
    caption = page.locator(".gl-beside figcaption")
    expect(caption).to_contain_text(f"z = ({z[0]:.2f}; {z[1]:.2f})".replace("-", "−"))
    expect(caption).to_contain_text(re.compile(r"the classifier (reads a \d|is not sure)"))
    grid = painted(page.locator(f"{MANIFOLD} canvas")).reshape(560, 560, 4)[..., 3] / 255
    np.testing.assert_allclose(grid[17 * 28 : 18 * 28, 2 * 28 : 3 * 28].ravel(), wanted, atol=1.1 / 255)
    page.locator(CELL).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url(re.compile("cell=8%2C17"))
    assert "z = (" in page.locator(CELL).get_attribute("aria-valuetext")


@small_is_here
def test_the_pictures_own_cloud_is_an_ellipse_at_its_mean(opened: Any) -> None:
    from statistics import NormalDist

    page = opened("/vae?digit=1")
    model: Any = checkpoints.load("vae-mnist-z2").model
    mu, logvar = model.posterior(clean(1))
    sigma = (0.5 * logvar).exp()
    drawn = page.locator(f"{MANIFOLD} path").get_attribute("d")
    points = np.array([[float(value) for value in point.split()] for point in drawn.strip("MZ").split("L")])
    below = NormalDist().cdf
    for axis, sign in ((0, 1), (1, -1)):
        ends = [below((mu + side * 2 * sigma)[0, axis].item()) for side in (-1, 1)]
        ends = ends if sign == 1 else [1 - value for value in ends[::-1]]
        assert [points[:, axis].min(), points[:, axis].max()] == pytest.approx(ends, abs=2e-3)


@small_is_here
@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_a_finger_taps_a_cell(opened: Any, wire: Wire) -> None:
    page = opened()
    area = page.locator(MANIFOLD)
    point = place(box_of(area), 10.5 / 20, 10.5 / 20)
    finger(page, [point])
    page.wait_for_url(re.compile("cell=11%2C11"))


# --------------------------------------------------------------------------------------- sizes, voices, damage
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_sticks_out(opened: Any) -> None:
    page = opened()
    for view in ("manifold", "beta"):
        if view == "beta":
            page.get_by_role("radio", name="Blur against order: β").click()
            expect(page.get_by_role("table")).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("[data-testid='stMain']").evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_on_a_phone_formula_and_line_come_to_the_quantity(opened: Any) -> None:
    page = opened()
    page.locator(".gl-name[data-q=eps]").tap()
    expect(page.locator(".gl-lens code").first).to_contain_text("torch.randn")
    expect(page.locator(".gl-lens math")).to_be_visible()


def test_everything_has_a_name(machine: Any) -> None:
    page = machine
    for kind in ("img", "button", "slider"):
        found = page.locator(".gl").get_by_role(kind).all()
        assert found, kind
        for one in found:
            assert one.evaluate("e => e.ariaLabel || e.textContent || ''").strip(), kind


def test_damaged_weights_get_a_sentence_and_the_servers_answer(
    page: Any, wire: Wire, visit: Callable[[str], Any]
) -> None:
    page.route("**/networks/**", lambda route: route.fulfill(body=b"\x1f\x8b no", content_type="application/gzip"))
    visit("/vae")
    expect(page.locator(".gl-broken").first).to_have_text(re.compile(r"^Your browser could not load.*\.$"))
    expect(page.locator(PART)).to_have_count(0)
    answer = page.locator(".gl-strip").first.locator("img").nth(1)
    expect(answer).to_be_visible()
    before = answer.get_attribute("src")
    settled(page, wire)
    page.get_by_role("button", name="New ε").click()
    expect(answer).not_to_have_attribute("src", before)
    expect(page.get_by_text(re.compile(r"−ln p\(x\|z\) \+ KL = [\d.]+ \+ [\d.]+ = [\d.]+ nats"))).to_be_visible()
