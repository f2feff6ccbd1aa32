"""The public face that every network of the catalog has.

Images are (N, C, H, W) in [0, 1], whatever a network uses inside:

    z     = model.encode(x)        (N, C, H, W) -> (N, latent_dim)
    x_hat = model.decode(z)        (N, latent_dim) -> (N, C, H, W)
    x_hat = model(x)               decode(encode(x))

A variational one has ``posterior(x) -> (mu, logvar)`` as well, and whatever has a distribution of its own
``sample(n, generator) -> images``. Pages and outsiders use these verbs and never branch on a model's name.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from genlab.config import ActivationName, ModelConfig
from genlab.errors import ConfigError

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


class ImageNetwork(nn.Module):
    """What every network of the catalog is: built from a configuration, with random weights from a generator."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    @property
    def latent_dim(self) -> int:
        """How many numbers a code has."""
        return self.config.latent_dim

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the images it reads and makes."""
        return self.config.image_shape

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        """Draw new weights from ``generator`` (torch's global one if None)."""
        for layer in self.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                init_torch(layer, generator)


class ImageAutoencoder(ImageNetwork):
    """Base class: a code for an image and an image for a code."""

    def encode(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> codes (N, latent_dim)."""
        raise TypeError(f"{type(self).__name__} must define encode")

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, latent_dim) -> (N, C, H, W) in [0, 1]."""
        raise TypeError(f"{type(self).__name__} must define decode")

    def forward(self, x: Tensor, with_code: bool = False) -> Any:
        """x_hat = decode(encode(x)), (N, C, H, W) -> (N, C, H, W); with its code, (x_hat, z)."""
        z = self.encode(x)
        return (self.decode(z), z) if with_code else self.decode(z)

    @property
    def code_weight(self) -> Tensor:
        """W of the dense layer that makes the code, (latent_dim, its inputs).

        Raises:
            ConfigError: this network has none.
        """
        raise ConfigError("This penalty needs a dense network. Choose one, or train without the penalty.")


def make_activation(name: ActivationName) -> nn.Module:
    """A new activation layer by its configured name."""
    return ACTIVATIONS[name]()


def init_torch(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator | None) -> None:
    """torch's own default for a layer, U(−1/√fan_in, 1/√fan_in), but drawn from ``generator``."""
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5.0), generator=generator)
    if layer.bias is not None:
        fan_in = layer.weight[0].numel()
        nn.init.uniform_(layer.bias, -1.0 / math.sqrt(fan_in), 1.0 / math.sqrt(fan_in), generator=generator)


def init_xavier(layer: nn.Linear, generator: torch.Generator | None) -> None:
    """Weights of variance 2/(fan_in + fan_out), biases 0: for tanh. Glorot & Bengio (2010), eq. 16."""
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)


def init_scaled_he(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator | None) -> None:
    """Weights ~ N(0, 1.5²/fan_in), biases 0.

    He et al. (2015) have √2 for ReLU. With SiLU, whose slope at 0 is one half, a gain of 1.5 keeps the signal
    alive through eight layers. Without it a convolutional network with a sigmoid output falls into the all-black
    picture, where no gradient leads out.
    """
    fan_in = layer.weight[0].numel()
    if isinstance(layer, nn.ConvTranspose2d):  # weight (in, out, h, w); each output sees one in stride² of them
        fan_in = layer.in_channels * math.prod(layer.kernel_size) // math.prod(layer.stride)
    nn.init.normal_(layer.weight, std=1.5 / math.sqrt(fan_in), generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def to_output(y: Tensor, output: str, training: bool) -> Tensor:
    """The decoder's last step: any real number -> [0, 1].

    ``tanh`` is the course's choice, a network that works in [−1, 1]; (tanh y + 1) / 2 = σ(2y) brings it to the face.
    ``identity`` is clipped only outside of training, so that gradients are not lost.
    """
    if output == "sigmoid":
        return y.sigmoid()
    if output == "tanh":
        return (2.0 * y).sigmoid()
    return y if training else y.clamp(0.0, 1.0)
