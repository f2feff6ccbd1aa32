"""Generative adversarial networks: the course's, the best small one we made, and some to compare."""

from __future__ import annotations

from dataclasses import replace

from genlab.catalog.entry import Entry
from genlab.config import ConvGANConfig, GANConfig, TrainConfig
from genlab.text import N_

GOODFELLOW = "Goodfellow et al., Generative adversarial nets, NIPS 2014, arXiv:1406.2661"
RADFORD = "Radford, Metz & Chintala, Unsupervised representation learning with deep convolutional GANs, ICLR 2016"
MIYATO = "Miyato, Kataoka, Koyama & Yoshida, Spectral normalization for GANs, ICLR 2018, arXiv:1802.05957"
GULRAJANI = "Gulrajani et al., Improved training of Wasserstein GANs, NIPS 2017, arXiv:1704.00028"
PROJECTION = "Miyato & Koyama, cGANs with projection discriminator, ICLR 2018, arXiv:1802.05637"

COURSE = TrainConfig(
    epochs=40,
    batch_size=128,
    optimizer="adam",
    learning_rate=5e-4,
    schedule="constant",
    beta2=0.999,
    clip=0.0,
    precision="float32",
)

# Hinge loss, two time scales (Heusel et al. 2017) and an average of the weights; β₁ = 0.5 as in Radford et al. 2016.
STEADY = TrainConfig(
    game="hinge",
    epochs=32,
    batch_size=64,
    optimizer="adam",
    learning_rate=8e-4,
    critic_rate=0.6,
    beta1=0.5,
    beta2=0.99,
    clip=0.0,
    average=0.999,
)
CONVOLUTIONAL = ConvGANConfig(latent_dim=64, hidden=(128,), spectral=True)

ADVERSARIAL: tuple[Entry, ...] = (
    Entry(
        name="gan-textbook-mnist",
        title=N_("GAN of the course"),
        summary="20-256-784 against 784-256-1, trained exactly as the course prints it.",
        paper=f"The course's chapter; {GOODFELLOW}",
        model=GANConfig(latent_dim=20),
        train=COURSE,
        step="gan",
        published="losses 0.98 (discriminator) and 2.35 (generator) in epoch 40 (the course's chapter)",
    ),
    Entry(
        name="gan-mnist",
        title=N_("Convolutional GAN"),
        summary="Convolutions, a discriminator with spectral norm, and an average of the generator’s weights.",
        paper=f"{RADFORD}; {MIYATO}",
        model=CONVOLUTIONAL,
        train=STEADY,
        step="gan",
        goals={"fd": 7.3, "coverage": 0.8, "share": 0.3},
    ),
    Entry(
        name="gan-dense-mnist",
        title=N_("Dense GAN"),
        summary="Two hidden layers of 256 and no batch normalisation, so that it runs in the browser.",
        paper=f"{GOODFELLOW}; {MIYATO}",
        model=GANConfig(latent_dim=32, hidden=(256, 256), critic=(512, 256), spectral=True, init="scaled_he"),
        train=replace(STEADY, epochs=40, batch_size=128),
        step="gan",
    ),
    Entry(
        name="cgan-mnist",
        title=N_("Conditional GAN"),
        summary="64 random numbers for the style; the digit is chosen.",
        paper=f"{PROJECTION}; Mirza & Osindero, Conditional generative adversarial nets, 2014, arXiv:1411.1784",
        model=replace(CONVOLUTIONAL, latent_dim=74, classes=10),
        train=replace(STEADY, epochs=32),
        step="gan",
        goals={"disagreement": 0.03},
    ),
    Entry(
        name="wgan-gp-mnist",
        title=N_("Wasserstein GAN"),
        summary="A critic that compares instead of judging, its slope held near 1; dense, five critic steps for one.",
        paper=f"{GULRAJANI}; Arjovsky, Chintala & Bottou, Wasserstein GAN, ICML 2017, arXiv:1701.07875",
        model=GANConfig(latent_dim=32, hidden=(256, 256), critic=(512, 256), init="scaled_he"),
        train=replace(
            STEADY,
            game="wasserstein",
            epochs=40,
            batch_size=640,
            critic_steps=5,
            learning_rate=1e-3,
            critic_rate=1.0,
            beta2=0.9,
            penalty="gradient",
            penalty_weight=10.0,
        ),
        step="gan",
    ),
    Entry(
        name="gan-collapsed-mnist",
        title=N_("GAN that collapsed"),
        summary="Nothing keeps its discriminator gentle: the generator draws the digit or two that pass, and no other.",
        paper=f"{RADFORD}; mode collapse: Goodfellow, NIPS 2016 tutorial, arXiv:1701.00160, section 5.1.1",
        model=ConvGANConfig(latent_dim=64, hidden=(64,), critic=(64,), channels=(16, 32)),
        train=replace(
            STEADY,
            game="nonsaturating",
            epochs=20,
            learning_rate=6e-3,
            critic_rate=0.2,
            schedule="constant",
            beta1=0.9,
            average=0.0,
        ),
        step="gan",
        goals={"digits": 3},
    ),
)
