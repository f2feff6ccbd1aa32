"""A small convolutional classifier that judges pictures: what digit, how sure, and how like real ones a set is.

    conv 3×3 – conv 3×3, half the size – conv – conv, half the size – dense (its features) – dense (the classes)

After each convolution batch normalisation (Ioffe & Szegedy 2015) and ReLU. LeCun et al., *Gradient-based learning
applied to document recognition* (1998), is the first of its kind.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from genlab.config import JudgeConfig
from genlab.models.base import ImageNetwork


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation without the counter of batches, which with a fixed momentum nobody reads."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.num_batches_tracked = None

    def restart(self) -> None:
        """As new."""
        for values, value in ((self.weight, 1.0), (self.bias, 0.0), (self.running_mean, 0.0), (self.running_var, 1.0)):
            assert values is not None
            values.data.fill_(value)

    def _load_from_state_dict(self, *how: Any, **more: Any) -> None:
        nn.Module._load_from_state_dict(self, *how, **more)  # batch norm's own asks for the counter


class Judge(ImageNetwork):
    """Images to class logits, and to the features before them."""

    config: JudgeConfig

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__(config)
        layers: list[nn.Module] = []
        before = config.image_shape[0]
        for channels in config.channels:
            for stride in (1, 2):
                layers += [nn.Conv2d(before, channels, 3, stride=stride, padding=1), BatchNorm(channels), nn.ReLU()]
                before = channels
        self.convolutions = nn.Sequential(*layers)
        cells = config.image_shape[1] // 4 * (config.image_shape[2] // 4)
        self.dense = nn.Linear(before * cells, config.latent_dim)
        self.head = nn.Linear(config.latent_dim, config.classes)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        super().initialise(generator)
        for layer in self.modules():
            if isinstance(layer, BatchNorm):
                layer.restart()

    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, latent_dim), none negative."""
        return self.dense(self.convolutions(x).flatten(1)).relu()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> logits (N, classes)."""
        return self.head(self.features(x))
