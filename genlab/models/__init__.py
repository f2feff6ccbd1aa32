"""Networks only, a file a family; ``build`` makes the one that a configuration describes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from genlab.config import MODEL_CONFIGS, ModelConfig, check
from genlab.models.base import ImageAutoencoder, ImageNetwork
from genlab.models.classifier import Classifier
from genlab.models.conv import ConvAutoencoder
from genlab.models.dense import DenseAutoencoder
from genlab.models.gan import GAN
from genlab.models.judge import Judge
from genlab.models.maps import MapAutoencoder
from genlab.models.mixture import MixtureAutoencoder
from genlab.models.nested import NestedAutoencoder
from genlab.models.pca import PCA
from genlab.models.unet import UNet
from genlab.models.vae import VAE, ConditionalVAE, Draw

__all__ = [
    "GAN",
    "PCA",
    "VAE",
    "Classifier",
    "ConditionalVAE",
    "ConvAutoencoder",
    "DenseAutoencoder",
    "Draw",
    "ImageAutoencoder",
    "ImageNetwork",
    "Judge",
    "MapAutoencoder",
    "MixtureAutoencoder",
    "NestedAutoencoder",
    "UNet",
    "build",
]

BUILDERS: dict[str, Any] = {
    "dense": DenseAutoencoder,
    "nested": NestedAutoencoder,
    "conv": ConvAutoencoder,
    "map": MapAutoencoder,
    "unet": UNet,
    "pca": PCA,
    "vae": VAE,
    "cvae": ConditionalVAE,
    "mixture": MixtureAutoencoder,
    "judge": Judge,
    "gan": GAN,
    "conv_gan": GAN,
}

MAX_PARAMETERS = 100_000_000


def build(config: ModelConfig, generator: torch.Generator | None = None) -> Any:
    """A new network on the CPU with random weights from ``generator`` (torch's global one if None).

    Raises:
        ConfigError: the network would have more than ``MAX_PARAMETERS`` parameters.
    """
    model = build_empty(config).to_empty(device="cpu")
    model.initialise(generator)
    return model


def build_empty(config: ModelConfig) -> Any:
    """The network on torch's ``meta`` device: every shape, no memory, no weights.

    Raises:
        ConfigError: as ``build``.
    """
    with torch.device("meta"):
        model: ImageNetwork = BUILDERS[config.kind](config)
    size = count_parameters(model)
    check(
        size <= MAX_PARAMETERS,
        "This network would have {n} million parameters; genlab builds at most {most} million.",
        n=size // 1_000_000,
        most=MAX_PARAMETERS // 1_000_000,
    )
    return model


def check_images(config: ModelConfig, images: Tensor) -> None:
    """Make sure that ``images`` (N, C, H, W) are of the size that the network reads.

    Raises:
        ConfigError: they are not.
    """
    wanted, found = config.image_shape, tuple(images.shape[1:])
    check(
        wanted == found,
        "This network reads images of {wanted} (channels × height × width), and these are {found}.",
        wanted="×".join(map(str, wanted)),
        found="×".join(map(str, found)),
    )


def config_from_json(values: Any) -> ModelConfig:
    """The model configuration in ``{"kind": …, …settings}``.

    Raises:
        ConfigError: the kind is unknown or a setting is wrong.
    """
    check(isinstance(values, dict), "A configuration must be a JSON object, but this one is not.")
    kind = values.get("kind")
    check(
        isinstance(kind, str) and kind in MODEL_CONFIGS,
        "genlab knows no kind of network called “{kind}”.",
        kind=str(kind)[:40],
    )
    return MODEL_CONFIGS[str(kind)].from_json({k: v for k, v in values.items() if k != "kind"})


def config_to_json(config: ModelConfig) -> dict[str, Any]:
    """``{"kind": …, …settings}``, the inverse of ``config_from_json``."""
    return {"kind": config.kind, **config.to_json()}


def count_parameters(model: nn.Module) -> int:
    """How many numbers training can change."""
    return sum(p.numel() for p in model.parameters())
