"""One optimisation step for each kind of game: here losses and networks meet.

A step gets a ``Play`` (the network, its settings, a generator, and ``minimise``) and a batch of images
(N, C, H, W) in [0, 1]; it improves the network once and returns its losses by name, the first of which it
minimised (or the parts of it, one by one). To see what a model learns from, read its step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.adversarial import GAMES, SLOPE_PENALTIES
from genlab.bounds import bernoulli_nll, binary_nll, importance_bound, kl_normal, log_weights
from genlab.config import TrainConfig
from genlab.losses import LOSSES, PENALTIES, squared_errors
from genlab.models import GAN, Classifier, ConditionalVAE, Draw, ImageAutoencoder, ImageNetwork
from genlab.noise import spoil_batch


@dataclass(frozen=True, kw_only=True)
class Play:
    """What one step may use.

    Attributes:
        model: called as ``model(x)``; perhaps wrapped for several processes, so only its forward is to be called.
        network: the same without the wrapping, to read a weight from.
        latent_dim: of the model.
        config: the training's settings.
        generator: on the CPU, new for each step.
        labels: of the batch, (N,), where the game has any.
        minimise: given a scalar, goes back through it and moves the weights once.
    """

    model: Callable[..., Any]
    network: ImageNetwork | Classifier
    latent_dim: int
    config: TrainConfig
    generator: torch.Generator
    minimise: Callable[[Tensor], None]
    labels: Tensor | None = None


Step = Callable[[Play, Tensor], dict[str, Tensor]]


def autoencoder_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Make x̂ = g(f(x)) more like x: minimise L(x, g(f(x)))."""
    x_hat = play.model(x)
    loss = LOSSES[play.config.loss](x_hat, x)
    play.minimise(loss)
    return {play.config.loss: loss}


def denoising_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Read a spoiled x̃, answer with the clean x: minimise L(x, g(f(x̃))). Vincent et al. 2008, eq. 5."""
    x_hat = play.model(spoil_batch(x, play.config.noise, play.config.noise_level, play.generator))
    loss = LOSSES[play.config.loss](x_hat, x)
    play.minimise(loss)
    return {play.config.loss: loss}


def penalised_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """As the autoencoder, but the code h = f(x) has a price: minimise L(x, g(h)) + λ Ω(h)."""
    x_hat, h = play.model(x, with_code=True)
    loss = LOSSES[play.config.loss](x_hat, x)
    assert isinstance(play.network, ImageAutoencoder)
    penalty = PENALTIES[play.config.penalty](h, play.network.code_weight, play.config.sparsity)
    play.minimise(loss + play.config.penalty_weight * penalty)
    return {play.config.loss: loss, play.config.penalty: penalty}


def layer_step(play: Play, x: Tensor, *, depth: int) -> dict[str, Tensor]:
    """As the autoencoder, but through the outer ``depth`` pairs of layers only. See ``genlab.stacking``."""
    x_hat = play.model(x, depth=depth)
    loss = LOSSES[play.config.loss](x_hat, x)
    play.minimise(loss)
    return {play.config.loss: loss}


def classifier_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Name what is on the picture: minimise the cross-entropy −ln p(label | x)."""
    assert play.labels is not None
    loss = F.cross_entropy(play.model(x).float(), play.labels)
    play.minimise(loss)
    return {"cross_entropy": loss}


def vae_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Rebuild x from one random code, and keep q(z|x) near N(0, I): minimise w·E_q[L(x, x̂)] + β·KL.

    Kingma & Welling 2014, eq. 10; β: Higgins et al., *beta-VAE*, ICLR 2017, eq. 4. With the loss ``bce``,
    w = β = 1, this is −ELBO.
    """
    x = seen(play, x)
    draw = play.model(x, eps=noise(play, x))
    reconstruction = rebuilt(play, draw, x)
    kl = kl_normal(draw.mu, draw.logvar).sum(1).mean()
    loss = play.config.loss_weight * reconstruction + play.config.beta * kl
    play.minimise(loss)
    return {"loss": loss, play.config.loss: reconstruction, "kl": kl}


CLASS_WEIGHT = 10.0  # α; a picture's cross-entropy is about 80 nats, of its class 2


def conditional_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """As the VAE, but the decoder is told the class, and the encoder has to guess it: −ELBO − α ln q(y|x).

    Kingma et al. 2014 (*Semi-supervised learning with deep generative models*), eqs. 6 and 9, all pictures labelled.
    And for new pictures x̂ of random z and y, −α ln q(y|x̂), of which only the decoder learns: it shall do as it is told
    wherever z comes from. Hu et al., *Toward controlled generation of text*, ICML 2017, eq. 6.
    """
    assert play.labels is not None
    network = play.network
    assert isinstance(network, ConditionalVAE)
    x = seen(play, x)
    eps = noise(play, x)
    z = torch.randn(len(x), network.style_dim, generator=play.generator).to(x.device)
    y = torch.randint(network.config.classes, (len(x),), generator=play.generator).to(x.device)
    draw = play.model(x, eps=eps, labels=play.labels, wish=torch.cat([z, network.told(y)], 1))
    reconstruction = rebuilt(play, draw, x)
    kl = kl_normal(draw.mu, draw.logvar).sum(1).mean()
    guess = F.cross_entropy(draw.class_logits, play.labels)
    told = F.cross_entropy(draw.wished_logits, y)
    loss = play.config.loss_weight * reconstruction + play.config.beta * kl
    play.minimise(loss + CLASS_WEIGHT * (guess + told))
    return {"loss": loss, play.config.loss: reconstruction, "kl": kl, "cross_entropy": guess, "told": told}


def importance_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Draw K codes for each picture and maximise L_K = ln 1/K Σ w_i. Burda, Grosse & Salakhutdinov 2016, eq. 8.

    The decoder's gradient weighs each code by w̃_i = w_i/Σw; the encoder's, by w̃_i² and through z alone, which does
    not drown in noise for large K: Tucker, Lawson, Gu & Maddison, *Doubly reparameterized gradient estimators for
    Monte Carlo objectives*, ICLR 2019 (arXiv:1810.04152), eq. 8.
    """
    x = seen(play, x).round()
    draw = play.model(x, eps=noise(play, x))
    nll = binary_nll(draw.logits, x.flatten(1))
    log_w = log_weights(nll, draw.z, draw.mu.detach(), draw.logvar.detach())
    share = log_w.detach().softmax(0)
    draw.z.register_hook(lambda gradient: share.unsqueeze(-1) * gradient)
    play.minimise(-(share * log_w).sum(0).mean())
    return {"loss": -importance_bound(log_w.detach()).mean()}


def gan_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """The discriminator learns to tell real from generated pictures, then the generator to be taken for real.

    Goodfellow et al. 2014, algorithm 1; the losses are those of ``play.config.game``. With ``critic_steps``, the
    discriminator has as many turns, each with its part of the batch. Besides the two losses: how often the
    discriminator was right about real and about generated pictures, 0 to 1, before it learned from them.
    """
    network, config = play.network, play.config
    assert isinstance(network, GAN)
    game = GAMES[config.game]
    assert play.labels is not None
    told = network.told(play.labels)
    turns = min(config.critic_steps, len(x))
    for real, its in zip(x.tensor_split(turns), told.tensor_split(turns), strict=True):
        z = network.draw_codes(len(real), play.generator).to(x.device)
        with only(network.discriminator, network):
            said = play.model(z, real, its, slope_places(play, real))
            d_loss = game.discriminator(said.real, said.fake)
            if said.slopes is None:
                play.minimise(d_loss)
            else:
                play.minimise(d_loss + config.penalty_weight * SLOPE_PENALTIES[config.penalty](said.slopes))
    with only(network.generator, network):  # of the same codes again, as the course does it
        g_loss = game.generator(play.model(z).fake)
        play.minimise(g_loss)
    network.follow(config.average)
    losses = {"d_loss": d_loss, "g_loss": g_loss}
    if game.verdict is not None:
        losses |= {"d_real": (said.real > game.verdict).float().mean()}
        losses |= {"d_fake": (said.fake <= game.verdict).float().mean()}
    return losses


@contextmanager
def only(learns: nn.Module, network: GAN) -> Iterator[None]:
    """Inside, the weights of ``learns`` get gradients, and those of the other player do not."""
    other = network.generator if learns is network.discriminator else network.discriminator
    other.requires_grad_(False)
    try:
        yield
    finally:
        other.requires_grad_(True)


def slope_places(play: Play, x: Tensor) -> Tensor | None:
    """Where between generated (0) and real pictures (1) the slope has its price, (N, 1, 1, 1); None without one."""
    match play.config.penalty:
        case "gradient":  # anywhere on the line between the two
            return torch.rand(len(x), 1, 1, 1, generator=play.generator).to(x.device)
        case "r1":
            return x.new_ones(len(x), 1, 1, 1)
    return None


def seen(play: Play, x: Tensor) -> Tensor:
    """The pictures as they are learned: with ``binarise``, every pixel drawn anew."""
    return torch.bernoulli(x.cpu(), generator=play.generator).to(x.device) if play.config.binarise else x


def noise(play: Play, x: Tensor) -> Tensor:
    """ε ~ N(0, I) for the codes of a batch, (K, N, k)."""
    k = play.latent_dim
    if isinstance(play.network, ConditionalVAE):
        k = play.network.style_dim
    return torch.randn(play.config.samples, len(x), k, generator=play.generator).to(x.device)


def rebuilt(play: Play, draw: Draw, x: Tensor) -> Tensor:
    """The reconstruction's loss by its configured name; the cross-entropy from logits, which loses no digits."""
    logits, target = draw.logits[0], x.flatten(1)
    if play.config.loss == "bce":
        return bernoulli_nll(logits, target).mean()
    return LOSSES[play.config.loss](logits.sigmoid(), target)


STOPS_SHARE = 0.8  # of the pictures, for the lengths that the slider stops at


def nested_step(play: Play, x: Tensor) -> dict[str, Tensor]:
    """Cut each code after its own random length k, and minimise E_k w(k) Σ_d (x̂ − x)² / D.

    For four pictures in five, k is a power of two, as on the slider (Kusupati et al. 2022, *Matryoshka representation
    learning*, arXiv:2205.13147), 2 twice as often, because its numbers have to serve all longer codes as well;
    for the others any length, with density 1/k, so that every prefix decodes. What can be kept with k numbers falls
    about as k^−0.8 on MNIST, so w(k) = k^0.8 makes every length count alike; without it the gradient would come
    from the shortest codes only.
    """
    lengths = draw_lengths(len(x), play.latent_dim, play.generator).to(x.device)
    x_hat = play.model(x, lengths=lengths)
    errors = squared_errors(x_hat, x)
    loss = (errors * lengths**0.8).mean() / x[0].numel()
    play.minimise(loss)
    return {"weighted": loss, "sse": errors.mean()}


def draw_lengths(count: int, most: int, generator: torch.Generator) -> Tensor:
    """Random code lengths, ``int64`` (count,) in 1…most: powers of two and, for the rest, log-uniform ones."""
    u = torch.rand(2, count, generator=generator)
    anything = ((most + 1.0) ** u[0]).long().clamp(1, most)
    powers = torch.tensor([2**i for i in range(1, 32) if 2**i <= most] or [1])
    often = (4.0 / powers).clamp(min=1.0)  # 2, 1, 1, 1 … for 2, 4, 8, 16 …
    stops = powers[torch.multinomial(often, count, replacement=True, generator=generator)]
    return torch.where(u[1] < STOPS_SHARE, stops, anything)


STEPS: dict[str, Step] = {
    "autoencoder": autoencoder_step,
    "denoising": denoising_step,
    "penalised": penalised_step,
    "nested": nested_step,
    "vae": vae_step,
    "conditional": conditional_step,
    "importance": importance_step,
    "classifier": classifier_step,
    "gan": gan_step,
}
