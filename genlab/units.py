"""What the units of a code do: who fires, how far the code moves when the picture does, what a line can read from it.

For the bench of regularisers: one layer of sigmoid units, h = σ(W x + b). Images are (N, C, H, W) in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genlab.config import DenseConfig, ModelConfig
from genlab.errors import ConfigError
from genlab.models import ImageAutoencoder

LEVELS = 20  # of the histogram of activations, 0 to 1
ON = 0.25  # a unit fires


def has_sigmoid_units(config: ModelConfig) -> bool:
    """Whether the network is one layer of sigmoid units, so that each unit has a filter and an activation in 0…1."""
    return isinstance(config, DenseConfig) and not config.hidden and config.code_activation == "sigmoid"


def check_units(model: ImageAutoencoder) -> None:
    """Make sure of that.

    Raises:
        ConfigError: it is another network.
    """
    if not has_sigmoid_units(model.config):
        raise ConfigError("This network has no single layer of sigmoid units. Choose one of the bench.")


def filters(model: ImageAutoencoder) -> Tensor:
    """W of each unit as a picture, (k, C, H, W): where ink excites it (> 0) and where it inhibits it (< 0)."""
    check_units(model)
    return model.code_weight.detach().unflatten(1, model.image_shape)


def jacobian_norms(model: ImageAutoencoder, x: Tensor) -> Tensor:
    """‖∂h/∂x‖_F of each picture, (N,): √ Σ_j (h_j (1 − h_j))² Σ_i W_ji². Rifai et al. 2011, eq. 7."""
    check_units(model)
    with torch.no_grad():
        h = model.encode(x)
        return ((h * (1 - h)).square() @ model.code_weight.square().sum(1)).sqrt()


@dataclass(frozen=True)
class Push:
    """A picture pushed a little, and what its code did.

    Attributes:
        x: the pushed picture, (1, C, H, W).
        h: its code, (1, k).
        picture, code: how far each moved, Euclidean.
    """

    x: Tensor
    h: Tensor
    picture: float
    code: float


@torch.no_grad()
def push(model: ImageAutoencoder, x: Tensor, strength: float, generator: torch.Generator) -> Push:
    """Add ``strength`` · ε, ε ~ N(0, I), to one picture (1, C, H, W), unclipped, and encode it again."""
    pushed = x + strength * torch.randn(x.shape, generator=generator)
    h = model.encode(pushed)
    return Push(pushed, h, (pushed - x).norm().item(), (h - model.encode(x)).norm().item())


@torch.no_grad()
def measure_units(model: ImageAutoencoder, x: Tensor) -> dict[str, Any]:
    """Of a set of pictures: mean activation, of each unit too, histogram, how many fire, mean Jacobian norm."""
    check_units(model)
    h = model.encode(x)
    return {
        "mean_activation": round(h.mean().item(), 5),
        "by_unit": [round(value, 4) for value in h.mean(0).tolist()],
        "histogram": [round(value, 5) for value in (torch.histc(h, LEVELS, 0.0, 1.0) / h.numel()).tolist()],
        "firing": round((h > ON).float().sum(1).mean().item(), 3),
        "jacobian_norm": round(jacobian_norms(model, x).mean().item(), 4),
    }


PROBE_PICTURES = 10_000


@torch.no_grad()
def linear_probe(model: ImageAutoencoder, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> float:
    """Error, 0 to 1, of a linear classifier that reads codes: logistic regression, by scikit-learn.

    Args:
        model: in evaluation mode.
        train, test: images (N, C, H, W) in [0, 1] and labels (N,); codes are standardised on ``train``.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    codes = [(model.encode(x).numpy(), y.numpy()) for x, y in (train, test)]
    reader = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    reader.fit(*codes[0])
    return 1.0 - float(reader.score(*codes[1]))
