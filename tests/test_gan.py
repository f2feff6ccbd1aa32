"""Generative adversarial networks: the losses, the turns, what keeps the discriminator gentle, and their past."""

from __future__ import annotations

import copy
import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from genlab import checkpoints, past
from genlab.adversarial import GAMES, gradient_penalty, r1
from genlab.catalog import CATALOG, Entry
from genlab.config import ConvGANConfig, GANConfig, TrainConfig
from genlab.errors import CheckpointError, ConfigError
from genlab.models import GAN, build
from genlab.models.spectral import SpectralConv2d, SpectralLinear
from genlab.seeding import make_generator
from genlab.steps import Play, gan_step
from genlab.training import fit, make_fabric, make_optimizer, set_learning_rate

SMALL = GANConfig(latent_dim=4, hidden=(8,), critic=(8,))
CONDITIONAL = ConvGANConfig(latent_dim=14, critic=(8,), channels=(4, 8), classes=10, spectral=True)
BRIEF = TrainConfig(epochs=2, batch_size=16, precision="float32", learning_rate=1e-3)
ROWS = {name: entry for name, entry in CATALOG.items() if entry.step == "gan"}


def pictures(n: int, seed: int = 0) -> torch.Tensor:
    """Noise, ``uint8`` (n, 1, 28, 28)."""
    return (torch.rand(n, 1, 28, 28, generator=make_generator(seed, "pictures")) * 255).byte()


def logits(n: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    real, fake = torch.randn(2, n, generator=make_generator(0, "logits")) * 2
    return real, fake


# ------------------------------------------------------------------------------------------ losses


def test_minimax_and_nonsaturating_are_the_paper_s() -> None:
    real, fake = logits()
    d_real, d_fake = real.sigmoid(), fake.sigmoid()
    expected = -(d_real.log().mean() + (1 - d_fake).log().mean())
    for name in ("minimax", "nonsaturating"):
        torch.testing.assert_close(GAMES[name].discriminator(real, fake), expected)
    torch.testing.assert_close(GAMES["minimax"].generator(fake), (1 - d_fake).log().mean())
    torch.testing.assert_close(GAMES["nonsaturating"].generator(fake), -d_fake.log().mean())
    course = torch.nn.BCELoss()  # the course's adversarial_loss
    torch.testing.assert_close(expected, course(d_real, torch.ones(50)) + course(d_fake, torch.zeros(50)))


def test_the_other_games_by_hand() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
    found = {name: (game.discriminator(real, fake).item(), game.generator(fake).item()) for name, game in GAMES.items()}
    assert found["least_squares"] == pytest.approx((0.5 * (1 + 4) / 2 + 0.5 * (0.25 + 9) / 2, 0.5 * (0.25 + 16) / 2))
    assert found["hinge"] == pytest.approx(((0 + 2) / 2 + (1.5 + 0) / 2, 1.25))
    assert found["wasserstein"] == pytest.approx((-1.25 - 0.5, 1.25))


@pytest.mark.parametrize("name", GAMES)
def test_what_is_better_for_one_is_not_for_the_other(name: str) -> None:
    """The discriminator wants lower logits for generated pictures, the generator higher ones."""
    real, fake = torch.rand(2, 50, generator=make_generator(0, "logits"))  # between the two targets of least squares
    fake.requires_grad_()
    game = GAMES[name]
    (theirs,) = torch.autograd.grad(game.discriminator(real, fake), fake)
    (ours,) = torch.autograd.grad(game.generator(fake), fake)
    assert (theirs > 0).all()
    assert (ours < 0).all()


def test_a_sure_discriminator_leaves_minimax_no_slope() -> None:
    fake = torch.full((4,), -12.0, requires_grad=True)
    saturated, kept = (
        torch.autograd.grad(GAMES[name].generator(fake), fake)[0].abs().sum().item()
        for name in ("minimax", "nonsaturating")
    )
    assert saturated < 1e-4 * kept


# ----------------------------------------------------------------------------------- the discriminator's slope


def test_the_gradient_penalty_of_a_critic_of_unit_slope_is_zero() -> None:
    model = build(GANConfig(latent_dim=4, critic=()), make_generator(0))
    with torch.no_grad():
        model.discriminator.verdict.weight.div_(model.discriminator.verdict.weight.norm())
    x = torch.rand(6, 1, 28, 28)
    slopes = model.slopes(x, None)
    torch.testing.assert_close(slopes, torch.ones(6))
    assert gradient_penalty(slopes).item() == pytest.approx(0, abs=1e-10)
    assert r1(slopes).item() == pytest.approx(0.5)
    with torch.no_grad():
        model.discriminator.verdict.weight.mul_(3)
    assert gradient_penalty(model.slopes(x, None)).item() == pytest.approx(4, rel=1e-4)


def test_slopes_are_those_of_small_steps() -> None:
    model = build(GANConfig(latent_dim=4, critic=(16,)), make_generator(0)).double()
    x = torch.rand(3, 1, 28, 28, dtype=torch.double, generator=make_generator(1))
    found = []
    for picture in x:
        steps = torch.eye(784, dtype=torch.double).view(784, 1, 28, 28) * 1e-6
        with torch.no_grad():
            rises = (model.judge(picture + steps) - model.judge(picture - steps)) / 2e-6
        found.append(rises.norm() / 2)  # a pixel's step of 1 is a step of 2 in [−1, 1]
    torch.testing.assert_close(model.slopes(x, None), torch.stack(found).float(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("penalty", ["gradient", "r1"])
def test_a_penalty_keeps_the_slope_down(penalty: str) -> None:
    ends = []
    for weight in (0.0, 10.0):
        model = build(SMALL, make_generator(0))
        config = dataclasses.replace(
            BRIEF, game="wasserstein", penalty=penalty, penalty_weight=weight, epochs=15, learning_rate=0.01
        )
        list(fit(model, pictures(64), config, gan_step, labels=torch.zeros(64, dtype=torch.long), fabric=cpu(config)))
        ends.append(model.slopes(pictures(16) / 255, None).mean().item())
    assert ends[1] < 0.7 * ends[0]


@pytest.mark.parametrize("layer", [SpectralLinear(20, 12), SpectralConv2d(3, 8, 4, stride=2, padding=1)])
def test_spectral_norm_is_the_largest_singular_value(layer: torch.nn.Module) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=make_generator(0)))
        layer.bias.zero_()
        layer.restart()
        x = torch.randn(2, 20) if isinstance(layer, SpectralLinear) else torch.randn(2, 3, 8, 8)
        layer.train()
        for _ in range(200):
            layer(x)
        sigma = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        plain = copy.deepcopy(layer)
        plain.weight.div_(sigma)
        apply = torch.nn.functional.linear if isinstance(layer, SpectralLinear) else torch.nn.functional.conv2d
        how = {} if isinstance(layer, SpectralLinear) else {"stride": 2, "padding": 1}
        torch.testing.assert_close(layer(x), apply(x, plain.weight, **how), rtol=1e-4, atol=1e-5)
        before = layer.u.clone()
        layer.eval()(x)
        assert torch.equal(layer.u, before)  # a shared network is not changed by looking through it


# ------------------------------------------------------------------------------------------- the turns


def cpu(config: TrainConfig) -> object:
    return make_fabric(config, device="cpu")


def turn(model: GAN, config: TrainConfig, n: int = 12) -> list[set[str]]:
    """One step; for each time weights were moved, the names of those that were."""
    optimizer = make_optimizer(model, config)
    moved = []

    def minimise(loss: torch.Tensor) -> None:
        before = copy.deepcopy(dict(model.named_parameters()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        moved.append({name for name, now in model.named_parameters() if not torch.equal(now, before[name])})

    play = Play(
        model=model,
        network=model,
        latent_dim=model.latent_dim,
        config=config,
        generator=make_generator(0, "step"),
        minimise=minimise,
        labels=torch.arange(n) % 10,
    )
    gan_step(play, pictures(n) / 255)
    return moved


@pytest.mark.parametrize("entry", ROWS.values(), ids=ROWS)
def test_each_turn_moves_its_own_network_only(entry: Entry) -> None:
    model = build(entry.model, make_generator(0)).train()
    *theirs, ours = turn(model, entry.train)
    assert len(theirs) == entry.train.critic_steps
    everything = {name for name, _ in model.named_parameters()}
    if entry.train.game == "wasserstein":  # which compares: what is added to all answers changes nothing
        everything.remove("discriminator.verdict.bias")
    for moved in theirs:
        assert moved
        assert all(name.startswith("discriminator.") for name in moved)
    assert {name for moved in theirs for name in moved} == {n for n in everything if n.startswith("discriminator.")}
    assert ours == {name for name in everything if name.startswith("generator.")}
    assert all(p.requires_grad for p in model.parameters())


def test_the_discriminator_has_a_rate_of_its_own() -> None:
    config = dataclasses.replace(BRIEF, critic_rate=3.0, schedule="constant")
    optimizer = make_optimizer(build(SMALL, make_generator(0)), config)
    set_learning_rate(optimizer, 0, 10, config)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([1e-3, 3e-3])


def test_the_average_follows_and_makes_the_pictures() -> None:
    model = build(SMALL, make_generator(0))
    first = model.generator.dense[0].weight.detach().clone()
    model.keep_average()
    with torch.no_grad():
        model.generator.dense[0].weight.add_(1.0)
    z = torch.zeros(1, 4)
    before = model.decode(z)
    model.follow(0.75)
    torch.testing.assert_close(model.average.dense[0].weight, first + 0.25)
    assert torch.equal(model.decode(z), model.average(z))
    assert not any(p.requires_grad for p in model.average.parameters())
    model.settle()
    torch.testing.assert_close(model.generator.dense[0].weight.detach(), first + 0.25)
    assert model.average is None
    assert model.state_dict().keys() == build(SMALL, make_generator(0)).state_dict().keys()
    assert before.shape == (1, 1, 28, 28)


def test_a_conditional_one_is_told() -> None:
    model = build(CONDITIONAL, make_generator(0)).eval()
    labels = torch.tensor([3, 7])
    z = model.draw_codes(2, make_generator(1), labels)
    assert z.shape == (2, 14)
    assert torch.equal(model.classes_of(z), labels)
    x = torch.rand(2, 1, 28, 28)
    assert not torch.allclose(model.judge(x, labels), model.judge(x, labels.flip(0)))
    other = z.clone()
    other[:, 4:] = other[:, 4:].flip(0)
    assert not torch.allclose(model.decode(z), model.decode(other))
    with pytest.raises(ConfigError, match="no room"):
        dataclasses.replace(CONDITIONAL, latent_dim=10)


@pytest.mark.parametrize("config", [SMALL, CONDITIONAL], ids=["dense", "conditional"])
def test_a_run_that_was_cut_off_goes_on_with_the_same_numbers(config: GANConfig, tmp_path: Path) -> None:
    train = dataclasses.replace(BRIEF, average=0.9, game="hinge", epochs=3)
    images, labels = pictures(40), torch.arange(40) % 10
    whole, begun, resumed = (build(config, make_generator(0)) for _ in range(3))
    for model in (whole, begun, resumed):
        model.keep_average()
    list(fit(whole, images, train, gan_step, labels=labels, fabric=cpu(train)))
    for record in fit(
        begun, images, train, gan_step, labels=labels, fabric=cpu(train), state_path=tmp_path / "s", record_every=1
    ):
        if record.step == 5:  # in the middle of the second epoch
            break
    rest = list(fit(resumed, images, train, gan_step, labels=labels, fabric=cpu(train), state_path=tmp_path / "s"))
    assert rest[0].epoch == 2
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


# ------------------------------------------------------------------------------------------- the past


@pytest.mark.parametrize("epochs", [1, 2, 5, 20, 40, 400])
def test_kept_epochs(epochs: int) -> None:
    found = past.kept_epochs(epochs)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (0, epochs)
    assert len(found) == min(epochs + 1, past.MOST) or 15 <= len(found) <= past.MOST
    gaps = [b - a for a, b in pairwise(found)]
    assert gaps[0] <= gaps[-1]


def test_the_past_comes_back(tmp_path: Path) -> None:
    model = build(SMALL, make_generator(0)).eval()
    folder = tmp_path / "run"
    checkpoints.save(folder, model, BRIEF, "gan", {})
    kept = past.Past(folder / checkpoints.GENERATORS, 2, resumed=False)
    z = torch.randn(3, 4, generator=make_generator(1))
    shown = []
    for epoch in (0, 1, 2):
        assert kept.take(model, epoch)
        shown.append(model.decode(z).detach())
        with torch.no_grad():
            model.generator.dense[0].weight.add_(0.3)
    assert past.epochs(folder) == [0, 1, 2]
    for epoch, x in enumerate(shown):
        torch.testing.assert_close(past.load(folder, model, epoch).decode(z), x, rtol=0, atol=5e-3)
    again = past.Past(folder / checkpoints.GENERATORS, 2, resumed=True)
    again.take(model, 1)  # a run that was cut off in its second epoch: the third is not yet
    assert past.epochs(folder) == [0, 1]
    with pytest.raises(CheckpointError):
        past.load(folder, model, 2)
    with pytest.raises(CheckpointError):
        past.load(folder, build(dataclasses.replace(SMALL, hidden=(9,))), 1)
    (folder / checkpoints.GENERATORS).write_bytes(b"no tensors")
    with pytest.raises(CheckpointError):
        past.epochs(folder)
