"""Autoencoders of digits: sizes, shapes, recipes."""

from __future__ import annotations

from dataclasses import replace

from genlab.catalog.entry import Entry
from genlab.config import ConvConfig, DenseConfig, NestedConfig, PCAConfig, TrainConfig
from genlab.text import N_

SIZES = (2, 4, 8, 16, 32, 64, 128)
"""The stops of the slider: how many numbers a code may have."""

HINTON = "Hinton & Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313 (2006)"

# Chosen on the last 5,000 training images; then trained on all 60,000.
GOOD = TrainConfig(epochs=60, batch_size=256, learning_rate=2e-3, weight_decay=0.02, augment=0.6)

SIZE_GOALS = {2: 25.6, 4: 17.4, 8: 9.2, 16: 4.9, 32: 2.9, 64: 1.8, 128: 1.8}

# A code of 2 or 4 numbers can hardly learn its pictures by heart, so it needs fewer distorted ones.
SIZE_AUGMENT = {2: 0.3, 4: 0.45}

TEXTBOOK = DenseConfig(
    latent_dim=64, hidden=(256,), activation="relu", code_activation="relu", output="tanh", init="torch"
)

DIGITS: tuple[Entry, ...] = (
    *(
        Entry(
            name=f"ae-mnist-z{k}",
            title=N_("Autoencoder"),
            summary=f"A dense autoencoder that keeps {k} numbers of a picture of 784.",
            paper=HINTON,
            model=DenseConfig(latent_dim=k),
            train=replace(GOOD, augment=SIZE_AUGMENT.get(k, GOOD.augment)),
            goals={"sse": SIZE_GOALS[k]},
        )
        for k in SIZES
    ),
    Entry(
        name="ae-deep-mnist-z30",
        title=N_("Deep autoencoder of 2006"),
        summary="The sizes 784-1000-500-250-30 of Hinton & Salakhutdinov, trained with today's recipe.",
        paper=HINTON,
        model=DenseConfig(latent_dim=30),
        train=replace(GOOD, epochs=150),
        goals={"sse": 2.15, "few:100": 0.2029, "few:1000": 0.0679},
        published="SSE 3.00 for this network and 13.87 for PCA-30 (Hinton & Salakhutdinov 2006)",
    ),
    Entry(
        name="ae-nested-mnist-z64",
        title=N_("Nested autoencoder"),
        summary="One network for every code length: any prefix of its code of 64 numbers decodes.",
        paper="Rippel, Gelbart & Adams, Learning ordered representations with nested dropout (2014), arXiv:1402.0915",
        model=NestedConfig(latent_dim=64),
        train=replace(GOOD, epochs=100),
        step="nested",
        goals={"sse@2": 32.0, "sse@4": 22.5, "sse@8": 12.0, "sse@16": 5.4, "sse@32": 2.7, "sse@64": 2.65},
    ),
    Entry(
        name="ae-conv-mnist-z32",
        title=N_("Convolutional autoencoder"),
        summary="Convolutions instead of dense layers, 32 numbers of code.",
        paper="Masci et al., Stacked convolutional auto-encoders for hierarchical feature extraction, ICANN 2011",
        model=ConvConfig(latent_dim=32, channels=(16, 32), width=256),
        train=replace(GOOD, epochs=45, batch_size=128, learning_rate=1.5e-3, augment=0.5),
        goals={"sse": 2.9},
    ),
    Entry(
        name="ae-textbook-mnist-z64",
        title=N_("Autoencoder of the course"),
        summary="784-256-64-256-784 with ReLU and tanh, trained exactly as the course prints it.",
        paper="The course's chapter; Rumelhart, Hinton & Williams, Learning internal representations (1986)",
        model=TEXTBOOK,
        train=TrainConfig(
            loss="mse_signed",
            epochs=20,
            batch_size=128,
            optimizer="adam",
            learning_rate=1e-4,
            schedule="constant",
            beta2=0.999,
            clip=0.0,
            precision="float32",
        ),
        goals={"mse_signed": 0.0231 * 1.15},
        published="MSE 0.0231 on pixels in [−1, 1] at the last training batch of epoch 20 (the course's chapter)",
    ),
    Entry(
        name="ae-tuned-mnist-z64",
        title=N_("The same sizes, trained well"),
        summary="The course's sizes with a better start, activation and schedule: the recipe matters.",
        paper=HINTON,
        model=DenseConfig(latent_dim=64, hidden=(256,)),
        train=TrainConfig(epochs=40, batch_size=128, learning_rate=2e-3),
        goals={"mse_signed": 0.0105},
    ),
    Entry(
        name="pca-mnist-z128",
        title=N_("Principal components"),
        summary="The best linear autoencoder, for comparison; every prefix of its code decodes.",
        paper="Pearson, On lines and planes of closest fit (1901); Baldi & Hornik, Neural networks and PCA (1989)",
        model=PCAConfig(latent_dim=128),
        train=TrainConfig(),
        step="closed_form",
    ),
)
