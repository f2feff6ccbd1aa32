"""Letters, and street digits in colour."""

from __future__ import annotations

from dataclasses import replace

from genlab.catalog.entry import Entry
from genlab.catalog.family import VINCENT
from genlab.config import ConvConfig, MapConfig, TrainConfig, UNetConfig
from genlab.text import N_

COURSE_LETTERS = "The course's chapter, four bottlenecks on notMNIST; Masci et al., ICANN 2011"
LETTERS = TrainConfig(dataset="notmnist", epochs=60, batch_size=64, learning_rate=2e-3, augment=0.0, loss="mse")
LETTER_MAPS = {  # side of the code: network, PSNR of the prototype
    14: (MapConfig(latent_dim=196, sizes=(14,), channels=(32,), depth=2), 26.4),
    7: (MapConfig(latent_dim=49, sizes=(14, 7), channels=(32, 64), depth=1), 19.3),
    2: (MapConfig(latent_dim=4, sizes=(14, 7, 2), channels=(16, 32, 64)), 10.4),
    1: (MapConfig(latent_dim=1, sizes=(14, 7, 1), channels=(16, 32, 256)), 9.2),
}

STREET = TrainConfig(dataset="street", epochs=12, batch_size=128, learning_rate=1.5e-3, weight_decay=0.01)

PICTURES: tuple[Entry, ...] = (
    *(
        Entry(
            name=f"ae-notmnist-{side}x{side}",
            title=N_("Letters"),
            summary=f"A convolutional autoencoder of letters whose code is a map of {side}×{side}.",
            paper=COURSE_LETTERS,
            model=model,
            train=replace(LETTERS, precision="float32")
            if side == 1
            else LETTERS,  # bfloat16 has 8 bits for that number
            goals={"psnr": psnr},
        )
        for side, (model, psnr) in LETTER_MAPS.items()
    ),
    Entry(
        name="ae-street",
        title=N_("Street digits"),
        summary="A colour autoencoder of street digits.",
        paper="The course's project; Netzer et al., Reading digits in natural images, NIPS workshop 2011",
        model=ConvConfig(image_shape=(3, 32, 32), latent_dim=64, channels=(32, 64, 64), width=512),
        train=STREET,
    ),
    Entry(
        name="dae-street",
        title=N_("Street digits, denoising"),
        summary="A colour denoiser of street digits.",
        paper=f"The course's project; {VINCENT}",
        model=UNetConfig(image_shape=(3, 32, 32), latent_dim=10240, channels=(24, 64), depth=(1, 1), width=256),
        train=replace(STREET, epochs=6, noise="mixed", noise_level=0.8),
        step="denoising",
    ),
)
