"""Variational autoencoders, densities of codes, and the classifier that judges samples."""

from __future__ import annotations

from dataclasses import replace

from genlab.catalog.digits import GOOD, HINTON
from genlab.catalog.entry import Entry
from genlab.config import ConditionalVAEConfig, JudgeConfig, MixtureConfig, TrainConfig, VAEConfig
from genlab.text import N_

KINGMA = "Kingma & Welling, Auto-encoding variational Bayes, ICLR 2014, arXiv:1312.6114"
BURDA = "Burda, Grosse & Salakhutdinov, Importance weighted autoencoders, ICLR 2016, arXiv:1509.00519"
BETA = "Higgins et al., beta-VAE: learning basic visual concepts with a constrained variational framework, ICLR 2017"

# Grey pixels as the means of Bernoulli variables. A pixel's cross-entropy is near its least long before its error is.
VARIATIONAL = replace(GOOD, loss="bce", epochs=40, augment=0.3)

# Settings of Burda et al.: two tanh layers of 200, 50 numbers, pixels drawn anew at each step.
PAPER = VAEConfig(latent_dim=50, hidden=(200, 200), activation="tanh", init="xavier")
DRAWN = TrainConfig(
    epochs=1200,
    cycles=2,
    batch_size=256,
    optimizer="adam",
    learning_rate=3e-3,
    warmup=0.001,
    beta2=0.999,
    clip=0.0,
    loss="bce",
    binarise=True,
)

GENERATIVE: tuple[Entry, ...] = (
    Entry(
        name="vae-textbook-mnist-z20",
        title=N_("Variational autoencoder of the course"),
        summary="784-400-20 with ReLU and tanh, trained exactly as the course prints it.",
        paper=f"The course's chapter; {KINGMA}",
        model=VAEConfig(latent_dim=20, hidden=(400,), activation="relu", output="tanh", init="torch"),
        train=TrainConfig(
            loss="sse_signed",
            loss_weight=0.1,
            epochs=20,
            batch_size=128,
            optimizer="adam",
            learning_rate=2e-3,
            schedule="constant",
            beta2=0.999,
            clip=0.0,
            precision="float32",
        ),
        step="vae",
        goals={"loss@17.07": 0.02},
        published="training loss 17.07 in epoch 20 (the course's chapter)",
    ),
    Entry(
        name="vae-mnist-z2",
        title=N_("Variational autoencoder"),
        summary="Two numbers, so that all its codes fit on a page.",
        paper=KINGMA,
        model=VAEConfig(latent_dim=2),
        train=replace(VARIATIONAL, epochs=60),
        step="vae",
        goals={"nelbo": 136.3},
    ),
    Entry(
        name="vae-mnist-z16",
        title=N_("Variational autoencoder"),
        summary="A dense variational autoencoder with 16 numbers, for sliders and walks.",
        paper=KINGMA,
        model=VAEConfig(latent_dim=16),
        train=VARIATIONAL,
        step="vae",
    ),
    *(
        Entry(
            name=f"vae-mnist-z16-beta{beta:g}",
            title=N_("Variational autoencoder, other β"),
            summary=f"The same network; what strays from N(0, I) costs {beta:g} times as much.",
            paper=BETA,
            model=VAEConfig(latent_dim=16),
            train=replace(VARIATIONAL, beta=beta),
            step="vae",
        )
        for beta in (0.25, 4.0)
    ),
    Entry(
        name="vae-mnist-z50",
        title=N_("Variational autoencoder of 2016"),
        summary="Two tanh layers of 200 and 50 numbers; every pixel is drawn as black or white at each step.",
        paper=f"{KINGMA}; {BURDA}",
        model=PAPER,
        train=DRAWN,
        step="vae",
        goals={"nll@5000": 86.76},
        published="test NLL 86.76 nats (Burda, Grosse & Salakhutdinov 2016, table 1)",
    ),
    Entry(
        name="iwae-mnist-z50",
        title=N_("Importance-weighted autoencoder"),
        summary="vae-mnist-z50, trained on with 50 codes for each picture and a tighter bound.",
        paper=f"{BURDA}; gradients of Tucker et al., ICLR 2019, arXiv:1810.04152",
        model=PAPER,
        train=replace(
            DRAWN,
            samples=50,
            epochs=333,
            cycles=3,
            cycle_growth=0.5,
            cycle_rate=0.2,
            batch_size=64,
            learning_rate=1.5e-3,
        ),
        step="importance",
        base="vae-mnist-z50",
        goals={"nll@5000": 84.78},
        published="test NLL 84.78 nats (Burda, Grosse & Salakhutdinov 2016, table 1)",
    ),
    Entry(
        name="cvae-mnist-z16",
        title=N_("Conditional variational autoencoder"),
        summary="16 numbers for the style; the digit is chosen.",
        paper="Kingma, Rezende, Mohamed & Welling, Semi-supervised learning with deep generative models, NIPS 2014; "
        "Hu et al., Toward controlled generation of text, ICML 2017",
        model=ConditionalVAEConfig(latent_dim=26),
        train=VARIATIONAL,
        step="conditional",
        goals={"disagreement": 0.02},
    ),
    Entry(
        name="ae-gmm-mnist-z16",
        title=N_("Autoencoder with a density"),
        summary="ae-mnist-z16, and mixtures of 1 to 200 Gaussians fitted to its codes, from which random codes come.",
        paper=f"{HINTON}; Ghosh et al., From variational to deterministic autoencoders, ICLR 2020, arXiv:1903.12436",
        model=MixtureConfig(latent_dim=16),
        train=GOOD,
        step="mixture",
        base="ae-mnist-z16",
        goals={"fd": 5.1},
    ),
    Entry(
        name="classifier-mnist",
        title=N_("Classifier"),
        summary="A small convolutional network that names digits: it judges what the others make.",
        paper="LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition (1998)",
        model=JudgeConfig(latent_dim=128),
        train=TrainConfig(epochs=5, batch_size=128, optimizer="adam", learning_rate=1e-3, beta2=0.999, augment=0.8),
        step="classifier",
        goals={"error": 0.005},
    ),
)
