"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genlab.config.base import Config, check

LossName = Literal["mse", "mse_signed", "sse", "sse_signed", "bce"]
GameName = Literal["minimax", "nonsaturating", "least_squares", "hinge", "wasserstein"]
NoiseName = Literal["none", "gaussian", "mask", "salt", "scratch", "mixed"]
PenaltyName = Literal["none", "l1", "kl", "contractive", "gradient", "r1"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """How a network is trained.

    Attributes:
        dataset: a name of ``genlab.data``.
        split: what it learns from, such as ``train`` or ``train+validation``.
        loss: a name of ``genlab.losses``.
        game: of a GAN, a name of ``genlab.adversarial``.
        critic_steps: steps of the discriminator for one of the generator; they share the batch.
        critic_rate: the discriminator's learning rate, times the generator's (Heusel et al. 2017).
        average: how much of its past a moving average of the generator keeps at each step, 0 for no average.
        epochs: passes over the data.
        batch_size: images in one step, over all processes together.
        optimizer: Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019).
        learning_rate: the highest one.
        schedule: ``constant``, or ``cosine`` to zero after ``warmup`` of all steps.
        cycles: how often the cosine starts anew at the highest rate, counting the first time.
        cycle_growth: how long a cosine is, times the one before (Loshchilov & Hutter's T_mult).
        cycle_rate: how high it begins, times the one before.
        warmup: the part of all steps in which the rate climbs linearly, 0 to 1.
        beta1, beta2: Adam's memory of gradients and of squared gradients.
        weight_decay: of AdamW.
        clip: largest norm of the gradient, 0 for no limit.
        augment: the part of each batch that is slightly turned, sheared, scaled and moved, 0 to 1.
        noise: how what the network reads is spoiled (``genlab.noise``); what it should answer never is.
        noise_level: the highest level; each picture has its own, uniform from 0.
        penalty: what the code costs (``genlab.losses.PENALTIES``), or the discriminator's slope
            (``genlab.adversarial.SLOPE_PENALTIES``).
        penalty_weight: λ of the penalty.
        sparsity: ρ, the mean activation that the penalty ``kl`` wants of each unit.
        loss_weight: factor of the reconstruction's loss, where another term stands beside it.
        beta: factor of the KL term of a variational autoencoder.
        samples: codes drawn for each picture; more than one for the importance-weighted bound.
        binarise: draw each pixel of each picture anew as black or white, with its grey value as the probability.
        precision: ``float32``, or ``bfloat16`` for mixed precision.
        seed: of everything random.
    """

    dataset: Literal["mnist", "notmnist", "svhn", "digits", "street"] = "mnist"
    split: str = "train+validation"
    loss: LossName = "mse"
    game: GameName = "nonsaturating"
    critic_steps: int = 1
    critic_rate: float = 1.0
    average: float = 0.0
    epochs: int = 20
    batch_size: int = 128
    optimizer: Literal["adam", "adamw"] = "adamw"
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    cycles: int = 1
    cycle_growth: float = 1.0
    cycle_rate: float = 1.0
    warmup: float = 0.02
    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay: float = 0.0
    clip: float = 1.0
    augment: float = 0.0
    noise: NoiseName = "none"
    noise_level: float = 0.0
    penalty: PenaltyName = "none"
    penalty_weight: float = 0.0
    sparsity: float = 0.05
    loss_weight: float = 1.0
    beta: float = 1.0
    samples: int = 1
    binarise: bool = False
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    seed: int = 0

    def validate(self) -> None:
        check(
            set(self.split.split("+")) <= {"train", "validation"},
            "A model cannot learn from “{split}”: the test set judges. Use train, or train+validation.",
            split=self.split[:40],
        )
        bounds: dict[str, tuple[float, float]] = {
            "epochs": (1, 100_000),
            "batch_size": (1, 65_536),
            "learning_rate": (0.0, 10.0),
            "cycles": (1, 100),
            "cycle_growth": (0.1, 10.0),
            "cycle_rate": (0.0, 10.0),
            "warmup": (0.0, 1.0),
            "critic_steps": (1, 100),
            "critic_rate": (0.0, 1000.0),
            "average": (0.0, 0.99999),
            "beta1": (0.0, 0.99999),
            "beta2": (0.0, 0.99999),
            "weight_decay": (0.0, 10.0),
            "clip": (0.0, 1e6),
            "augment": (0.0, 1.0),
            "noise_level": (0.0, 1.0),
            "penalty_weight": (0.0, 1e6),
            "sparsity": (0.001, 0.999),
            "loss_weight": (0.0, 1e6),
            "beta": (0.0, 1e6),
            "samples": (1, 1000),
            "seed": (0, 2**31 - 1),
        }
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            check(
                least <= value <= most,
                "The setting “{setting}” is {value}; it must lie between {least} and {most}.",
                setting=name,
                value=value,
                least=least,
                most=most,
            )
