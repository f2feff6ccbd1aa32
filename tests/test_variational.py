"""Variational autoencoders: bounds in closed form, gradients, likelihoods; mixtures of codes; what a judge measures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from genlab import checkpoints
from genlab.bounds import bernoulli_nll, binary_nll, importance_bound, kl_normal, log_normal, log_weights
from genlab.config import ConditionalVAEConfig, DenseConfig, JudgeConfig, MixtureConfig, TrainConfig, VAEConfig
from genlab.errors import CheckpointError, ConfigError
from genlab.export import record
from genlab.judging import frechet_distance, judge, likeness, overlap, samples, ways
from genlab.likelihood import bound, drawn, estimates
from genlab.losses import LOSSES
from genlab.mixtures import fit_mixtures
from genlab.models import VAE, ConditionalVAE, ImageNetwork, Judge, build
from genlab.seeding import make_generator
from genlab.steps import CLASS_WEIGHT, STEPS, Play
from genlab.training import fit, make_fabric


def small(**settings: object) -> VAEConfig:
    return VAEConfig(**{"latent_dim": 4, "hidden": (20,), "activation": "tanh", "init": "xavier", **settings})


def make_vae(**settings: object) -> VAE:
    return build(small(**settings), make_generator(0)).eval()


def make_x(n: int = 6, seed: int = 1) -> torch.Tensor:
    return torch.rand(n, 1, 28, 28, generator=make_generator(seed, "x")).square()


def play_of(model: torch.nn.Module, minimise: object, labels: torch.Tensor | None = None, **settings: object) -> Play:
    return Play(
        model=model,
        network=model,
        latent_dim=model.latent_dim,
        config=TrainConfig(**{"loss": "bce", **settings}),
        generator=make_generator(0, "step"),
        minimise=minimise,
        labels=labels,
    )


# ------------------------------------------------------------------------------------------ closed forms


def test_kl_and_densities_are_torch_s() -> None:
    g = make_generator(3)
    mu, logvar, z = (torch.randn(5, 4, generator=g) for _ in range(3))
    q = Normal(mu, (0.5 * logvar).exp())
    torch.testing.assert_close(kl_normal(mu, logvar), kl_divergence(q, Normal(0.0, 1.0)))
    torch.testing.assert_close(log_normal(z, mu, logvar), q.log_prob(z).sum(1))
    torch.testing.assert_close(log_normal(z), Normal(0.0, 1.0).log_prob(z).sum(1))
    assert kl_normal(torch.zeros(3), torch.zeros(3)).abs().max() == 0


def test_bernoulli_is_torch_s_for_black_and_white_and_the_cross_entropy_for_grey() -> None:
    g = make_generator(4)
    logits = 3 * torch.randn(2, 5, 9, generator=g)
    x = torch.bernoulli(torch.rand(5, 9, generator=g), generator=g)
    torch.testing.assert_close(bernoulli_nll(logits, x), -Bernoulli(logits=logits).log_prob(x).sum(-1))
    torch.testing.assert_close(binary_nll(logits, x), bernoulli_nll(logits, x))
    rough = binary_nll(logits.bfloat16(), x)  # of logits as they come in mixed precision, summed exactly
    torch.testing.assert_close(rough, bernoulli_nll(logits.bfloat16(), x), rtol=0.01, atol=0.01)
    assert rough.dtype == torch.float32
    grey = torch.rand(5, 9, generator=g)
    torch.testing.assert_close(bernoulli_nll(logits[0], grey).mean(), LOSSES["bce"](logits[0].sigmoid(), grey))


def test_importance_sampling_finds_the_exact_likelihood_of_a_linear_gaussian_model() -> None:
    """p(z) = N(0, I), p(x|z) = N(Wz, s²I): p(x) = N(0, WWᵀ + s²I) is known; q is the posterior, made too wide."""
    g = make_generator(5)
    k, d, s = 3, 6, 0.5
    w = torch.randn(d, k, generator=g)
    exact = MultivariateNormal(torch.zeros(d), w @ w.T + s**2 * torch.eye(d))
    x = torch.randn(8, k, generator=g) @ w.T + s * torch.randn(8, d, generator=g)
    covariance = torch.linalg.inv(torch.eye(k) + w.T @ w / s**2)
    mu = x @ w @ covariance / s**2
    logvar = covariance.diagonal().log().expand(8, k) + 0.5

    def estimate(count: int, seed: int) -> torch.Tensor:
        eps = torch.randn(count, 8, k, generator=make_generator(seed))
        z = mu + (0.5 * logvar).exp() * eps
        nll = -Normal(z @ w.T, s).log_prob(x).sum(-1)
        return importance_bound(log_weights(nll, z, mu, logvar))

    truth = exact.log_prob(x)
    torch.testing.assert_close(estimate(20_000, 0), truth, rtol=0, atol=0.05)
    elbo, five, fifty = (torch.stack([estimate(k, s) for s in range(200)]).mean() for k in (1, 5, 50))
    assert elbo < five < fifty < truth.mean() + 0.01  # the bound rises with K (Burda et al. 2016, theorem 1)
    assert truth.mean() - elbo > 0.2


def test_with_the_true_posterior_one_sample_is_enough() -> None:
    x = torch.tensor([[1.0]])  # p(z) = N(0, 1), p(x|z) = N(z, 1): posterior N(x/2, 1/2), p(x) = N(0, 2)
    mu, logvar = x / 2, torch.tensor([[math.log(0.5)]])
    for seed in range(5):
        z = mu + (0.5 * logvar).exp() * torch.randn(1, 1, 1, generator=make_generator(seed))
        nll = -Normal(z, 1.0).log_prob(x).sum(-1)
        found = importance_bound(log_weights(nll, z, mu, logvar))
        assert found.item() == pytest.approx(Normal(0.0, math.sqrt(2)).log_prob(x).item(), abs=1e-5)


# ------------------------------------------------------------------------------------------- the network


def test_encode_is_the_mean_and_decode_the_pixels_means() -> None:
    for output in ("sigmoid", "tanh"):
        model, x = make_vae(output=output), make_x()
        mu, logvar = model.posterior(x)
        assert mu.shape == logvar.shape == (6, 4)
        assert torch.equal(model.encode(x), mu)
        torch.testing.assert_close(model.decode_logits(mu).sigmoid(), model.decode(mu).flatten(1))
        eps = torch.randn(3, 6, 4, generator=make_generator(2))
        draw = model(x, eps=eps)
        torch.testing.assert_close(draw.z, mu + (0.5 * logvar).exp() * eps)
        assert draw.logits.shape == (3, 6, 784)
        torch.testing.assert_close(draw.logits[1], model.decode_logits(draw.z[1]))


def test_the_browser_can_run_all_three_parts() -> None:
    model, x = make_vae(), make_x(1)
    parts = (
        (model.encode, x, 4),
        (lambda x: model.posterior(x)[1], x, 4),
        (model.decode, torch.zeros(1, 4), 784),
    )
    for part, example, outputs in parts:
        assert record(part, example).outputs == outputs


@pytest.mark.parametrize("settings", [{"tied": True}, {"code_activation": "relu"}, {"output": "identity"}])
def test_networks_that_have_no_distribution(settings: dict) -> None:
    with pytest.raises(ConfigError, match="variational"):
        small(**settings)


def test_a_conditional_code_is_style_and_class() -> None:
    model = build(ConditionalVAEConfig(latent_dim=14, hidden=(20,)), make_generator(0)).eval()
    assert isinstance(model, ConditionalVAE)
    x, labels = make_x(), torch.arange(6)
    code = model.encode(x)
    assert code.shape == (6, 14)
    torch.testing.assert_close(code[:, 4:].sum(1), torch.ones(6))
    torch.testing.assert_close(code[:, :4], model.posterior(x)[0])
    draw = model(x, eps=torch.zeros(1, 6, 4), labels=labels)
    full = torch.cat([code[:, :4], torch.nn.functional.one_hot(labels, 10)], 1)
    torch.testing.assert_close(draw.logits[0], model.decode_logits(full))
    torch.testing.assert_close(draw.class_logits.softmax(1), code[:, 4:])
    a, b = (model.sample(6, make_generator(1), labels) for labels in (torch.zeros(6).long(), torch.ones(6).long()))
    assert not torch.equal(a, b)
    assert model.sample(3, make_generator(1)).shape == (3, 1, 28, 28)
    with pytest.raises(ConfigError, match="no room"):
        ConditionalVAEConfig(latent_dim=10)


# ---------------------------------------------------------------------------------------------- its games


def test_the_vae_step_minimises_weighted_reconstruction_and_kl() -> None:
    model, x, minimised = make_vae(output="tanh"), make_x(), []
    losses = STEPS["vae"](
        play_of(model, minimised.append, loss="sse_signed", loss_weight=0.1, beta=3.0),
        x,
    )
    eps = torch.randn(1, 6, 4, generator=make_generator(0, "step"))
    draw = model(x, eps=eps)
    x_hat = 2 * draw.logits[0].sigmoid() - 1
    squares = (x_hat - (2 * x.flatten(1) - 1)).square().sum(1).mean()
    kl = 0.5 * (draw.mu**2 + draw.logvar.exp() - 1 - draw.logvar).sum(1).mean()
    torch.testing.assert_close(losses["sse_signed"], squares)
    torch.testing.assert_close(losses["kl"], kl)
    torch.testing.assert_close(losses["loss"], 0.1 * squares + 3 * kl)  # with β = 1, the course's printed line
    assert minimised == [losses["loss"]]


def test_drawn_pixels_are_black_or_white_and_right_on_average() -> None:
    seen = []

    class Watching(VAE):
        def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            seen.append(x)
            return super().posterior(x)

    model = Watching(small())
    x = torch.full((200, 1, 28, 28), 0.3)
    STEPS["vae"](play_of(model, lambda loss: None, binarise=True), x)
    assert set(seen[0].unique().tolist()) == {0.0, 1.0}
    assert seen[0].mean().item() == pytest.approx(0.3, abs=0.01)


def test_the_conditional_step_adds_the_guess() -> None:
    model = build(ConditionalVAEConfig(latent_dim=14, hidden=(20,)), make_generator(0)).eval()
    minimised: list[torch.Tensor] = []
    losses = STEPS["conditional"](play_of(model, minimised.append, torch.arange(6)), make_x())
    torch.testing.assert_close(minimised[0], losses["loss"] + CLASS_WEIGHT * (losses["cross_entropy"] + losses["told"]))
    torch.testing.assert_close(losses["loss"], losses["bce"] + losses["kl"])


def test_doubly_reparameterized_gradients_are_those_of_the_bound_on_average() -> None:
    """The decoder's gradient is exactly the bound's; the encoder's has the same mean."""
    x = make_x(2)[:, :, :4, :4].round()  # the step wants pixels black or white
    config = VAEConfig(latent_dim=2, hidden=(), init="xavier", image_shape=(1, 4, 4))
    model = build(config, make_generator(0))

    def gradients(doubly: bool, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        model.zero_grad()
        if doubly:
            play = Play(
                model=model,
                network=model,
                latent_dim=2,
                config=TrainConfig(samples=8),
                generator=make_generator(seed),
                minimise=lambda loss: loss.backward(),
            )
            STEPS["importance"](play, x)
        else:
            draw = model(x, eps=torch.randn(8, 2, 2, generator=make_generator(seed)))
            log_w = log_weights(bernoulli_nll(draw.logits, x.flatten(1)), draw.z, draw.mu, draw.logvar)
            (-importance_bound(log_w).mean()).backward()
        return model.logvar.bias.grad.clone(), model.decoder[0].bias.grad.clone()

    found = [(gradients(True, seed), gradients(False, seed)) for seed in range(600)]
    torch.testing.assert_close(found[0][0][1], found[0][1][1], rtol=0, atol=1e-4)
    ours, plain = (torch.stack([pair[i][0] for pair in found]) for i in range(2))
    error = (ours.var(0) / len(found) + plain.var(0) / len(found)).sqrt()
    assert ((ours.mean(0) - plain.mean(0)).abs() < 4 * error).all()


def test_doubly_reparameterized_gradients_pass_through_fabric() -> None:
    """The hook sits on the z that the network used, not on a copy that Fabric made."""
    from genlab.training import make_optimizer

    x, config = make_x(4), TrainConfig(samples=5, precision="float32", optimizer="adam", batch_size=4)
    grads = []
    for wrapped in (False, True):
        model = make_vae()
        fabric = make_fabric(config, device="cpu")
        run = fabric.setup(model, make_optimizer(model, config))[0] if wrapped else model
        play = play_of(model, lambda loss: loss.backward(), samples=5)
        play = Play(**{**{k: getattr(play, k) for k in play.__dataclass_fields__}, "model": run})
        STEPS["importance"](play, x)
        grads.append(model.encoder[0].weight.grad)
    torch.testing.assert_close(grads[0], grads[1])


@pytest.mark.parametrize(("step", "settings"), [("vae", {}), ("importance", {"samples": 4})])
def test_it_learns(step: str, settings: dict) -> None:
    images = (make_x(256) * 255).byte()
    config = TrainConfig(epochs=4, batch_size=32, loss="bce", precision="float32", binarise=True, **settings)
    records = list(fit(make_vae(), images, config, STEPS[step], fabric=make_fabric(config, device="cpu")))
    losses = [r.epoch_losses["loss"] for r in records if r.epoch_losses]
    assert losses[-1] < losses[0] - 10


# ------------------------------------------------------------------------------------------- measurements


def test_the_bound_in_its_terms() -> None:
    model, images = make_vae(), (make_x(30) * 255).byte()
    found = bound(model, images, TrainConfig(loss="bce"))
    assert found["negative_elbo"] == pytest.approx(found["reconstruction"] + found["kl"], abs=1e-3)
    assert found["kl"] == pytest.approx(sum(found["kl_by_number"]), abs=1e-3)
    assert len(found["kl_by_number"]) == 4
    mus = model.encode(images / 255)
    assert found["active"] == int((mus.var(0) > 0.01).sum())
    assert found["pixels"] == "grey"
    assert bound(model, images, TrainConfig(loss="bce", binarise=True))["pixels"] == "drawn"
    course = bound(model, images, TrainConfig(loss="sse_signed", loss_weight=0.1))
    assert course["loss"] == pytest.approx(0.1 * course["reconstruction"] + course["kl"], abs=1e-3)
    assert "negative_elbo" not in course


def test_likelihood_estimates_do_not_depend_on_how_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = make_vae(), drawn((make_x(7) * 255).byte(), binarise=True)
    whole = torch.cat(list(estimates(model, x, 400)))
    assert whole.shape == (7,)
    elbo = torch.cat(list(estimates(model, x, 1)))
    assert (whole > elbo).float().mean() > 0.7
    monkeypatch.setattr("genlab.likelihood.ROWS", 100)
    assert [len(part) for part in estimates(model, x, 400)] == [1] * 7
    cut = torch.cat(list(estimates(model, x, 400)))
    torch.testing.assert_close(cut, whole, rtol=0.02, atol=0)  # other draws of ε, the same estimate


def test_frechet_distance_of_gaussians_is_the_formula_s() -> None:
    g = make_generator(7)
    a = torch.randn(4000, 3, generator=g)
    a = (a - a.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(a.T)).T)  # exactly N(0, I)'s moments
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-4)
    moved = 2.0 * a + torch.tensor([1.0, 0.0, -2.0])  # ‖m‖² + Σ (2 − 1)²
    assert frechet_distance(a, moved) == pytest.approx(5.0 + 3.0, abs=1e-3)
    assert frechet_distance(moved, a) == pytest.approx(8.0, abs=1e-3)
    turned = a @ torch.tensor([[3.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert frechet_distance(a, turned) == pytest.approx(4.0, abs=1e-3)


def test_overlap_of_sets() -> None:
    g = make_generator(8)
    real = torch.randn(400, 2, generator=g)
    same, far = torch.randn(400, 2, generator=g), torch.randn(400, 2, generator=g) + 50
    half = torch.cat([torch.randn(200, 2, generator=g), far[:200]])
    alike = overlap(real, same)
    assert min(alike.values()) > 0.85
    assert overlap(real, far) == {"precision": 0.0, "recall": 0.0, "coverage": 0.0}
    assert overlap(real, half)["precision"] == pytest.approx(0.5, abs=0.05)
    one_place = real[:1] + 0.001 * torch.randn(400, 2, generator=g)
    narrow = overlap(real, one_place)
    assert narrow["precision"] == 1.0  # good pictures, all alike: only the other two see it
    assert max(narrow["recall"], narrow["coverage"]) < 0.1


def test_a_judge_s_opinion() -> None:
    model = build(JudgeConfig(latent_dim=16, channels=(4, 8)), make_generator(0)).eval()
    images = (make_x(40) * 255).byte()
    opinion = judge(model, images)
    assert opinion.features.shape == (40, 16)
    assert (opinion.features >= 0).all()
    torch.testing.assert_close(opinion.probabilities, model(images / 255).softmax(1))
    found = likeness(opinion, opinion)
    assert found["fd"] == pytest.approx(0.0, abs=1e-3)
    assert sum(found["classes"]) == pytest.approx(1.0, abs=1e-3)


def test_a_judge_is_stored_and_loaded_as_a_judge(tmp_path: Path) -> None:
    config = TrainConfig(epochs=1, batch_size=16, precision="float32")
    model = build(JudgeConfig(latent_dim=16, channels=(4, 8)), make_generator(0))
    images, labels = (make_x(64) * 255).byte(), torch.arange(64) % 10
    list(fit(model, images, config, STEPS["classifier"], labels=labels, fabric=make_fabric(config, device="cpu")))
    assert not torch.equal(model.convolutions[1].running_mean, torch.zeros(4))  # it learned what is usual
    checkpoints.save(tmp_path / "judge", model, config, "classifier", {}, dtype=torch.float32)
    loaded = checkpoints.load(tmp_path / "judge", Judge).model
    torch.testing.assert_close(loaded(images / 255), model.eval()(images / 255))
    assert checkpoints.load(tmp_path / "judge", ImageNetwork).config == model.config
    with pytest.raises(CheckpointError, match="another kind"):
        checkpoints.load(tmp_path / "judge")


# ------------------------------------------------------------------------------------------------ mixtures


def test_mixtures_find_the_codes_they_are_fitted_to() -> None:
    g = make_generator(9)
    model = build(MixtureConfig(latent_dim=2, hidden=(10,), mixtures=(1, 2)), make_generator(0)).eval()
    left = torch.randn(1500, 2, generator=g) * torch.tensor([0.5, 0.1]) - 4
    right = torch.randn(500, 2, generator=g) * torch.tensor([0.1, 0.5]) + 4
    codes = torch.cat([left, right])
    fit_mixtures(model, codes, seed=0)

    weights, means, factors = model.mixture(2)
    order = means[:, 0].argsort()
    torch.testing.assert_close(weights[order], torch.tensor([0.75, 0.25]), rtol=0, atol=0.01)
    torch.testing.assert_close(means[order], torch.tensor([[-4.0, -4.0], [4.0, 4.0]]), rtol=0, atol=0.06)
    covariances = factors @ factors.mT
    torch.testing.assert_close(covariances[order][0].diagonal(), torch.tensor([0.25, 0.01]), rtol=0.15, atol=0)

    drawn_codes = model.sample_codes(4000, make_generator(1), 2)
    assert (drawn_codes[:, 0] < 0).float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert (drawn_codes[:, 0].abs() < 1.5).float().mean() < 0.01  # nothing between the two
    one = model.sample_codes(4000, make_generator(1), 1)
    assert (one[:, 0].abs() < 1.5).float().mean() > 0.1  # one Gaussian fills the gap
    torch.testing.assert_close(one.mean(0), codes.mean(0), rtol=0, atol=0.25)
    assert model.sample(3, make_generator(0)).shape == (3, 1, 28, 28)


def test_ways_to_draw_codes() -> None:
    mixture = build(MixtureConfig(latent_dim=2, hidden=(10,), mixtures=(1, 5)), make_generator(0)).eval()
    assert ways(mixture) == ["normal", "mixture@1", "mixture@5"]
    assert ways(make_vae()) == ["normal"]
    assert ways(build(DenseConfig(latent_dim=2, hidden=(3,)))) == []
    a, again = (samples(mixture, "mixture@5", 12) for _ in range(2))
    assert a.shape == (12, 1, 28, 28)
    assert a.dtype == torch.uint8
    assert torch.equal(a, again)
    assert not torch.equal(a, samples(mixture, "normal", 12))


@pytest.mark.parametrize("sizes", [(), (0,), (5, 2), (2, 2), (1001,), tuple(range(1, 18))])
def test_mixtures_out_of_bounds(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="Gaussians"):
        MixtureConfig(latent_dim=2, mixtures=sizes)
