"""The family: denoisers, and one small network with one switch each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from genlab.catalog.digits import GOOD, HINTON
from genlab.catalog.entry import Entry
from genlab.config import DenseConfig, TrainConfig, UNetConfig
from genlab.text import N_

VINCENT = "Vincent et al., Extracting and composing robust features with denoising autoencoders, ICML 2008"

NG = "Ng, Sparse autoencoder, CS294A lecture notes (2011)"

# One layer of sigmoid units, so that each unit has a picture of its own; one switch for each row. The output is linear,
# because with a sigmoid tied weights would have to be small for the code and large for the picture (3.6 times the SSE).
# Weight decay keeps the sparse ones from cheating (units that stay near ρ for every picture, and a decoder that
# enlarges the rest) for the most part: see the histogram.
BENCH = DenseConfig(latent_dim=144, hidden=(), code_activation="sigmoid", output="identity")
ALIKE = TrainConfig(epochs=40, batch_size=128, learning_rate=5e-3, weight_decay=0.1, loss="sse", clip=0.0)


def bench(
    name: str,
    title: str,
    summary: str,
    paper: str,
    step: str = "autoencoder",
    *,
    goals: Mapping[str, float] | None = None,
    **settings: Any,
) -> Entry:
    """A row of the bench: the plain network and its training, with ``settings`` of either instead of the usual ones."""
    network = {key: value for key, value in settings.items() if key in ("latent_dim", "tied")}
    training = {key: value for key, value in settings.items() if key not in network}
    return Entry(
        name=f"bench-{name}-mnist",
        title=title,
        summary=summary,
        paper=paper,
        model=replace(BENCH, **network),
        train=replace(ALIKE, **training),
        step=step,
        goals=goals or {},
    )


FAMILY: tuple[Entry, ...] = (
    Entry(
        name="dae-mnist",
        title=N_("Denoising autoencoder, convolutional"),
        summary="A convolutional denoiser that is not told how strong the noise is.",
        paper=f"{VINCENT}; Ronneberger et al., U-Net, MICCAI 2015",
        model=UNetConfig(latent_dim=9408, channels=(32, 64), depth=(1, 2), width=512),
        train=replace(GOOD, epochs=16, batch_size=128, learning_rate=2e-3, augment=0.5, noise="mixed", noise_level=1.0),
        step="denoising",
        goals={"psnr@0.25": 23.5, "psnr@0.5": 20.2, "psnr@0.75": 17.5},
    ),
    Entry(
        name="dae-dense-mnist",
        title=N_("Denoising autoencoder, dense"),
        summary="A dense denoiser that a browser can run; its code has more numbers than the picture has pixels.",
        paper=VINCENT,
        model=DenseConfig(latent_dim=1200, hidden=(1200,), code_activation="silu"),
        train=replace(GOOD, epochs=110, noise="mixed", noise_level=1.0),
        step="denoising",
        goals={"psnr@0.25": 21.0, "psnr@0.5": 18.5, "psnr@0.75": 16.5},
    ),
    bench(
        "plain",
        N_("Plain"),
        "784 pixels, 144 sigmoid units, 784 pixels (linear): the bench's network with no switch on.",
        "Rumelhart, Hinton & Williams, Learning internal representations by error propagation (1986)",
    ),
    bench(
        "overcomplete",
        N_("Overcomplete"),
        "The bench's network with 1,024 units, more than the picture has pixels.",
        VINCENT,
        latent_dim=1024,
    ),
    bench(
        "overcomplete-denoising",
        N_("Overcomplete, denoising"),
        "The overcomplete network, but what it reads is noisy, so that copying does not help.",
        VINCENT,
        "denoising",
        latent_dim=1024,
        noise="gaussian",
        noise_level=1.0,
    ),
    bench(
        "tied",
        N_("Tied weights"),
        "The bench's network whose decoder uses the encoder's weights, transposed; biases of its own.",
        "Vincent et al., Stacked denoising autoencoders, JMLR 11 (2010)",
        goals={"plain:parameters": 0.51, "plain:sse": 1.25},
        tied=True,
    ),
    bench(
        "l1",
        N_("Sparse, L1"),
        "The bench's network; each active unit costs.",
        NG,
        "penalised",
        penalty="l1",
        penalty_weight=0.3,
    ),
    bench(
        "kl",
        N_("Sparse, KL"),
        "The bench's network; the mean activation of each unit is to be 0.05.",
        NG,
        "penalised",
        goals={"rho": 0.2},
        penalty="kl",
        penalty_weight=10.0,
        sparsity=0.05,
    ),
    bench(
        "contractive",
        N_("Contractive"),
        "The bench's network; the code is to stay where it is when the picture changes a little.",
        "Rifai et al., Contractive auto-encoders: explicit invariance during feature extraction, ICML 2011",
        "penalised",
        goals={"plain:jacobian_norm": 0.5},
        penalty="contractive",
        penalty_weight=0.3,
    ),
    bench(
        "denoising",
        N_("Denoising"),
        "The bench's network; what it reads is noisy, what it must answer is not.",
        VINCENT,
        "denoising",
        noise="gaussian",
        noise_level=0.5,
    ),
    Entry(
        name="ae-stacked-mnist-z30",
        title=N_("Layer by layer"),
        summary="784-1000-500-250-30, trained one pair of layers after the other, then as a whole.",
        paper="Bengio, Lamblin, Popovici & Larochelle, Greedy layer-wise training of deep networks, NIPS 2006",
        model=DenseConfig(latent_dim=30),
        train=replace(GOOD, epochs=30),
        step="stacked",
        snapshots=True,
    ),
    Entry(
        name="ae-at-once-mnist-z30",
        title=N_("All layers at once"),
        summary="The same network, trained as a whole from the start in as many updates.",
        paper=HINTON,
        model=DenseConfig(latent_dim=30),
        train=replace(GOOD, epochs=30),
        snapshots=True,
    ),
)
