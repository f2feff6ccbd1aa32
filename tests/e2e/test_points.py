"""How a GAN learns, in a real browser: the same numbers as torch's, what the experiments end in, and the page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.e2e.conftest import PATIENCE, PHONE
from tests.e2e.hands import NAV_LINK, Wire, box_of, finger, place
from ui import points

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SCRIPTS = Path(__file__).parents[2] / "ui" / "components" / "js"
ORIGIN = "http://components.test"
PART, PLANE, PAPER, SAID = ".gl-points", ".gl-plane canvas >> nth=0", "canvas.gl-paper", ".gl-said"
LESSON = ("/points", ".gl[data-rounds]")
RATE_D, RATE_G, BATCH, SIZES = 2e-3, 1e-3, 16, {"width": 8, "layers": 2}
ROUNDS, STEPS = 3, 2


# --------------------------------------------------------------------------------------- the same numbers as torch's
@pytest.fixture(scope="module")
def blank(browser: Any) -> Iterator[Any]:
    """An empty page beside the modules."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)

    def answer(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name:
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    context.route(f"{ORIGIN}/**", answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()


PLAY = """async ([settings, rounds]) => {
  const game = await import("/points_game.js"), sets = await import("/points_sets.js");
  const plain = (value) => {
    if (ArrayBuffer.isView(value)) return Array.from(value);
    if (typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  };
  const played = game.makeGame(settings, sets.realPoints(settings.set));
  const weights = () => ({ D: plain(played.discriminator.values), G: plain(played.generator.values) });
  const told = [{ name: "start", ...weights() }];
  for (let n = 0; n < rounds; n++) {
    for (const moment of game.round(played)) {
      const gradient = moment.name === "look" ? { gradient: plain(played.discriminator.gradient) } : {};
      told.push({ ...plain(moment), ...gradient });
    }
    told.push({ name: "end", ...weights() });
  }
  return told;
}"""


def layers(values: Tensor, sizes: tuple[int, ...]) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of each layer, as views of all numbers of a network."""
    found, at = [], 0
    for inputs, outputs in itertools.pairwise(sizes):
        w = values[at : at + inputs * outputs].view(outputs, inputs)
        at += inputs * outputs
        found.append((w, values[at : at + outputs]))
        at += outputs
    assert at == len(values)
    return found


def run(values: Tensor, sizes: tuple[int, ...], x: Tensor) -> Tensor:
    for n, (w, b) in enumerate(layers(values, sizes)):
        x = F.linear(F.leaky_relu(x, 0.2) if n else x, w, b)
    return x


def loss_of_d(loss: str, d: Callable[[Tensor], Tensor], moment: dict[str, Any]) -> Tensor:
    """L_D, as the papers have it."""
    on_real, on_made = d(rows(moment["x"])), d(rows(moment["made"]))
    if loss in ("minimax", "nonsaturating"):
        return -on_real.sigmoid().log().mean() - (1 - on_made.sigmoid()).log().mean()
    if loss == "squares":
        return (on_real - 1).square().mean() / 2 + on_made.square().mean() / 2
    x_hat = rows(moment["mixed"]).requires_grad_()
    (slope,) = torch.autograd.grad(d(x_hat).sum(), x_hat, create_graph=True)
    return on_made.mean() - on_real.mean() + points.PENALTY * (slope.norm(dim=1) - 1).square().mean()


def loss_of_g(loss: str, answers: Tensor) -> Tensor:
    """L_G, as the papers have it."""
    if loss == "minimax":
        return (1 - answers.sigmoid()).log().mean()
    if loss == "nonsaturating":
        return -answers.sigmoid().log().mean()
    return (answers - 1).square().mean() / 2 if loss == "squares" else -answers.mean()


def rows(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).view(-1, 2)


@pytest.mark.parametrize("loss", points.LOSSES)
def test_losses_gradients_penalty_and_steps_are_torchs(blank: Any, loss: str) -> None:
    """Three rounds are replayed with autograd and torch's Adam on what the browser drew."""
    settings = {**points.DEFAULTS, **SIZES, "loss": loss, "batch": BATCH, "steps": STEPS, "discriminatorRate": RATE_D}
    start, *moments = blank.evaluate(PLAY, [{**settings, "generatorRate": RATE_G}, ROUNDS])
    values = {name: torch.tensor(start[name], dtype=torch.float64).requires_grad_() for name in "DG"}
    hidden = (SIZES["width"],) * SIZES["layers"]
    sizes = {"D": (2, *hidden, 1), "G": (2, *hidden, 2)}
    adam = {
        name: torch.optim.Adam([values[name]], lr=rate, betas=(0.5, 0.9), eps=1e-8)
        for name, rate in (("D", RATE_D), ("G", RATE_G))
    }
    d = lambda x: run(values["D"], sizes["D"], x)  # noqa: E731
    close = lambda found, wanted: torch.testing.assert_close(  # noqa: E731
        torch.as_tensor(found, dtype=torch.float64).flatten(), wanted.detach().flatten(), rtol=1e-6, atol=1e-9
    )
    seen = []
    for moment in moments:
        seen.append(moment["name"])
        if moment["name"] in ("generate", "again"):
            close(moment["made"], run(values["G"], sizes["G"], rows(moment["z"])))
        elif moment["name"] == "look":
            wanted = loss_of_d(loss, d, moment)
            (gradient,) = torch.autograd.grad(wanted, values["D"])
            close(moment["seen"]["loss"], wanted)
            close(moment["gradient"], gradient)
            values["D"].grad = gradient
            adam["D"].step()
        elif moment["name"] == "pull":
            made = run(values["G"], sizes["G"], rows(moment["z"]))
            wanted = loss_of_g(loss, d(made))
            close(moment["loss"], wanted)
            close(moment["slope"], torch.autograd.grad(wanted, made, retain_graph=True)[0])
            (values["G"].grad,) = torch.autograd.grad(wanted, values["G"])
            adam["G"].step()
        elif moment["name"] == "end":
            close(moment["D"], values["D"])
            close(moment["G"], values["G"])
    of_d, of_g = ["draw", "generate", "look", "discriminator"], ["again", "pull", "generator"]
    assert seen == [*of_d * STEPS, *of_g, "end"] * ROUNDS


def test_a_critic_of_slope_one_pays_no_penalty(blank: Any) -> None:
    """D(x) = (0.6, 0.8)·x has slope 1 everywhere; of twice that the penalty is λ, and downhill is a smaller slope."""
    found = blank.evaluate(
        """async () => {
          const { makeNet, dice, gradientPenalty } = await import("/points_net.js");
          const net = makeNet([2, 1], dice(1)), x = Float64Array.from({ length: 20 }, Math.random);
          return [1, 2].map((factor) => {
            net.values.set([0.6 * factor, 0.8 * factor, 3]);
            net.gradient.fill(0);
            return [gradientPenalty(net, x, 10, 7), ...net.gradient];
          });
        }"""
    )
    assert found[0] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert found[1] == pytest.approx([7, 2 * 7 * 0.6, 2 * 7 * 0.8, 0])


def test_the_dice_are_fair_and_the_same_everywhere(blank: Any) -> None:
    uniform, normal = blank.evaluate(
        """async () => {
          const { dice } = await import("/points_net.js");
          const one = dice(5), other = dice(6);
          return [Array.from({ length: 2000 }, one.uniform), Array.from({ length: 2000 }, other.normal)];
        }"""
    )
    state, wanted = 5, []
    for _ in range(2000):  # mulberry32, with 32-bit numbers
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ state >> 15) * (1 | state) % 2**32
        t = (t + (t ^ t >> 7) * (61 | t)) % 2**32 ^ t
        wanted.append((t ^ t >> 14) / 2**32)
    assert uniform == wanted
    z = torch.tensor(normal)
    assert abs(z.mean()) < 0.1
    assert abs(z.std() - 1) < 0.1
    assert (z.abs() < 1).float().mean() == pytest.approx(0.683, abs=0.04)


def test_gaussians_are_counted_where_points_are(blank: Any) -> None:
    count = """async ([name, ...centres]) => {
      const { modes, realPoints, CENTRES } = await import("/points_sets.js");
      const real = realPoints(name);
      const part = centres.length ? centres.flatMap((n) => CENTRES[name][n]) : real;
      return modes(name, Float64Array.from(part));
    }"""
    whole = blank.evaluate(count, ["eight"])
    assert whole["found"] == 8
    assert whole["near"] == pytest.approx(0.989, abs=0.02)  # of a Gaussian in the plane, within 3σ
    assert blank.evaluate(count, ["two"])["found"] == 2
    assert blank.evaluate(count, ["eight", 3, 3, 3, 5]) == {"found": 2, "near": 1}
    assert blank.evaluate(count, ["eight", *[0] * 50, 1]) == {"found": 1, "near": 1}  # one point is no fifth of a share


def test_pauses_and_captions_change_nothing_and_a_seed_repeats_itself(blank: Any) -> None:
    found = blank.evaluate(
        """async (base) => {
          const game = await import("/points_game.js"), { realPoints } = await import("/points_sets.js");
          const { captionOf } = await import("/points_moments.js");
          const words = new Proxy({}, { get: () => "{before} {after} {wrong} {all} {n}" });
          const play = (loss, seed, slowly) => {
            const one = game.makeGame({ ...base, loss, seed }, realPoints("eight"));
            for (let n = 0; n < 5; n++) {
              for (const moment of game.round(one)) if (slowly) captionOf(one, moment, words, String);
            }
            return [...one.discriminator.values, ...one.generator.values].join();
          };
          const games = [[1, false], [1, true], [2, false]];
          return ["nonsaturating", "wasserstein"].map((loss) => games.map((game) => play(loss, ...game)));
        }""",
        points.DEFAULTS,
    )
    for plain, slow, other in found:
        assert plain == slow
        assert plain != other


# --------------------------------------------------------------------------------------- what the experiments end in
EXPERIMENT = """async ([base, collapse, cure, rounds]) => {
  const game = await import("/points_game.js"), { modes, realPoints } = await import("/points_sets.js");
  const trace = { count: 0, a: [], d: [], v: [] };
  const one = game.makeGame({ ...base, ...collapse }, realPoints("eight"));
  const seen = [];
  const play = (many) => {
    for (let n = 0; n < many; n++) for (const moment of game.round(one));
    seen.push(modes("eight", game.shown(one, trace)).found);
  };
  for (const many of [300, 100, 100]) play(many);
  Object.assign(one.settings, cure);
  play(rounds);
  return seen;
}"""


@pytest.mark.parametrize("seed", [points.DEFAULTS["seed"], 2])
@pytest.mark.parametrize(("cure", "rounds"), [("rates", 2000), ("loss", 1200)])
def test_eight_gaussians_collapse_and_recover(blank: Any, seed: int, cure: str, rounds: int) -> None:
    collapse = {**points.EXPERIMENTS["collapse"].settings, "seed": seed}
    changed = {**points.EXPERIMENTS[cure].settings, "seed": seed}
    *collapsed, recovered = blank.evaluate(EXPERIMENT, [points.DEFAULTS, collapse, changed, rounds])
    assert max(collapsed) <= 2
    assert recovered >= 7


@pytest.mark.parametrize("loss", points.LOSSES)
def test_every_loss_brings_the_points_to_the_ring(blank: Any, loss: str) -> None:
    before, after = blank.evaluate(
        """async (settings) => {
          const game = await import("/points_game.js"), { realPoints } = await import("/points_sets.js");
          const trace = { count: 0, a: [], d: [], v: [] };
          const one = game.makeGame(settings, realPoints("ring"));
          const far = () => { // from the ring, in the middle
            const points = game.shown(one, trace);
            const off = (n) => Math.abs(Math.hypot(points[2 * n], points[2 * n + 1]) - 1);
            const all = Array.from({ length: points.length / 2 }, (_, n) => off(n));
            return all.sort((a, b) => a - b)[all.length / 2];
          };
          const before = far();
          for (let n = 0; n < 800; n++) for (const moment of game.round(one));
          return [before, far()];
        }""",
        {**points.DEFAULTS, "set": "ring", "loss": loss, "steps": 2},
    )
    assert after < before / 3


# --------------------------------------------------------------------------------------- the page
def rounds(page: Any) -> int:
    return int(page.locator(".gl[data-rounds]").get_attribute("data-rounds"))


def beyond(page: Any, count: int) -> None:
    page.wait_for_function(f"() => +{ROOT}.dataset.rounds > {count}")


def button(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.locator(PART).get_by_role("button", name=name, exact=True)


ROOT = """[...document.querySelectorAll("*")]
  .map((one) => one.shadowRoot?.querySelector(".gl[data-rounds]")).find((one) => one)"""
PLAY_BUTTON = re.compile("Play|Pause")
COPY = "e => ['generator', 'discriminator'].map((name) => e.closest('.gl').game[name].values.join())"


def weights(page: Any) -> list[str]:
    """G's numbers and D's, as text."""
    found: list[str] = page.locator(PART).evaluate(COPY)
    return found


def test_it_plays_without_a_word_and_stops_when_the_page_is_left(opened: Any, wire: Wire) -> None:
    page = opened(*LESSON)
    picture = page.locator(PLANE)
    before, sent = picture.evaluate("e => e.toDataURL()"), wire.sent
    button(page, PLAY_BUTTON).click()
    beyond(page, 30)
    expect(button(page, PLAY_BUTTON)).to_contain_text("Pause")
    assert picture.evaluate("e => e.toDataURL()") != before
    button(page, PLAY_BUTTON).click()
    stopped = rounds(page)
    page.wait_for_timeout(300)
    assert rounds(page) == stopped
    assert wire.sent == sent
    button(page, PLAY_BUTTON).click()
    page.evaluate(f"() => {{ window.left = {ROOT}; }}")
    page.locator(NAV_LINK).filter(has_text="Densities").click()
    expect(page.locator("h1")).to_have_text("Densities")
    count = page.evaluate("() => window.left.game.rounds")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.left.game.rounds") == count


def test_one_network_learns_alone(opened: Any) -> None:
    page = opened(*LESSON)
    g, d = weights(page)
    button(page, "Only D").click()
    g_after, d_after = weights(page)
    assert g_after == g
    assert d_after != d
    button(page, "Only G").click()
    assert weights(page)[0] != g
    assert weights(page)[1] == d_after
    button(page, "One round").click()
    assert rounds(page) == 3
    button(page, "Restart").click()
    assert weights(page) == [g, d]


def test_slow_motion_tells_each_moment(opened: Any) -> None:
    page = opened(*LESSON)
    button(page, "Slow motion").click()
    said = page.locator(SAID)
    seen = []
    for _ in range(8):
        button(page, "Next moment").click()
        seen.append(said.locator("code").inner_text())
        expect(said.locator("span")).not_to_contain_text("{")
    assert seen[0] == seen[7] == "x ∼ data, z ∼ 𝒩(0, I)"
    assert seen[1:7] == ["x̃ = G(z)", "D(x), D(x̃)", "θ_D ← θ_D − η ∇L_D", "x̃ = G(z)", "−∂L_G/∂x̃", "θ_G ← θ_G − η ∇L_G"]
    button(page, "Next moment").click()
    button(page, "Next moment").click()
    expect(said).to_contain_text(re.compile(r"wrong about \d+ of 128"))
    button(page, PLAY_BUTTON).click()  # it goes on by itself
    expect(said.locator("code")).to_have_text("θ_D ← θ_D − η ∇L_D")
    button(page, "Slow motion").click()
    expect(said.locator("code")).to_have_text("")


def test_settings_reach_formula_and_address_and_a_link_brings_them_back(opened: Any) -> None:
    page = opened(*LESSON)
    button(page, "Least squares").click()
    expect(page.get_by_text("Mao et al. 2017")).to_be_visible()
    page.wait_for_url("**game=1%2C2%2C*")
    button(page, "Recover: Wasserstein-GP").click()
    expect(page.get_by_text("Gulrajani et al. 2017")).to_be_visible()
    beyond(page, 3)
    page.reload()
    expect(button(page, "Wasserstein-GP")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "8 Gaussians")).to_have_attribute("aria-pressed", "true")
    assert page.locator(PART).evaluate("e => e.closest('.gl').game.settings") == {
        **points.DEFAULTS,
        **points.EXPERIMENTS["loss"].settings,
    }
    expect(page.get_by_text("Gaussians found by G")).to_be_visible()


DRAWN = "e => Array.from(e.closest('.gl').game.points)"
STORE = "text => sessionStorage.setItem('genlab points', text)"


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
@pytest.mark.parametrize("colour_scheme", ["dark"])
def test_a_finger_draws_real_points_and_only_then_it_plays(opened: Any) -> None:
    page = opened(*LESSON)
    main = page.locator("[data-testid='stMain']")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth")
    button(page, "Draw").tap()
    paper, part = page.locator(PAPER), page.locator(PART)
    expect(button(page, PLAY_BUTTON)).to_be_disabled()

    def stroke() -> None:
        box = box_of(paper)
        finger(page, [place(box, 0.3, 0.1 + 0.8 * n / 20) for n in range(21)])
        page.wait_for_timeout(400)  # a tap right after a stroke is part of the stroke to the browser

    box_of(paper)  # where each stroke brings it
    top = main.evaluate("e => e.scrollTop")
    stroke()
    assert main.evaluate("e => e.scrollTop") == top
    found = part.evaluate(DRAWN)
    assert 20 <= len(found) <= 42
    assert all(value == pytest.approx(-0.6, abs=0.02) for value in found[::2])
    assert found[1] > 1 > -1 > found[-1]
    button(page, PLAY_BUTTON).tap()
    beyond(page, 5)
    for stored, kept in (("[0.1, null, 0.2]", 0), ("[0, 9]", 0), ("[" + "0.5, -0.5, " * 397 + "1, 1]", 796)):
        page.evaluate(STORE, stored)
        page.reload()
        expect(button(page, "Draw")).to_have_attribute("aria-pressed", "true")
        assert len(part.evaluate(DRAWN)) == kept
    stroke()
    assert len(part.evaluate(DRAWN)) == 800  # 400 points and no more
    expect(page.locator(SAID)).to_contain_text("at most 400")
    button(page, "Erase").tap()
    expect(button(page, PLAY_BUTTON)).to_be_disabled()


def test_numbers_that_run_away_get_a_sentence(opened: Any) -> None:
    page = opened(*LESSON)
    page.locator(PART).evaluate("e => e.closest('.gl').game.discriminator.values.fill(NaN)")
    button(page, "One round").click()
    expect(page.locator(SAID)).to_have_text("The numbers have run away. Lower the learning rate and restart.")
    expect(button(page, PLAY_BUTTON)).to_be_disabled()
    button(page, "Restart").click()
    expect(button(page, PLAY_BUTTON)).to_be_enabled()
    button(page, "One round").click()
    assert rounds(page) == 1


def test_everything_has_a_name_and_can_be_switched(opened: Any) -> None:
    page = opened(*LESSON)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    for kind in ("img", "button", "slider", "checkbox", "group"):
        found = page.locator(PART).get_by_role(kind).all()
        assert found, kind
        for one in found:
            name = one.evaluate("e => e.ariaLabel || e.textContent || e.closest('label')?.textContent || ''")
            assert name.strip(), kind
    picture = page.locator(PLANE)
    seen = {picture.evaluate("e => e.toDataURL()")}
    for name in ("D’s opinion", "G’s arrows", "Net of noise"):
        page.get_by_role("checkbox", name=name).click()
        page.wait_for_timeout(200)
        seen.add(picture.evaluate("e => e.toDataURL()"))
    assert len(seen) == 4
    slider = page.locator(PART).get_by_role("slider", name="Hidden layers", include_hidden=True)
    page.locator(".gl-points summary").click()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "3")
    assert page.locator(PART).evaluate("e => e.closest('.gl').game.generator.layers.length") == 4
    page.wait_for_url("**game=1%2C1%2C*%2C2%2C0")
