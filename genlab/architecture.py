"""What a network looks like inside: where it begins, what it passes, where it ends, and the layers between.

Nothing is written down twice: the network is built without memory for its weights, and a batch of no pictures goes
through it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from genlab.config import ModelConfig
from genlab.layers import Layer, Shape, Watcher, shape_of
from genlab.models import GAN, VAE, ImageAutoencoder, ImageNetwork, Judge, build_empty

PICTURE, CODE, VERDICT = "picture", "code", "verdict"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """What a network reads, gives, or passes on between its halves.

    Attributes:
        what: ``picture``, ``code``, or ``verdict``: a number for "real", or one for each class.
        parts: shapes without the batch. A picture has one, (C, H, W); a code those that it was flattened from, one
            after the other, or ((length,),) if it was not.
        layers: those that lead to it, in the order they run; none to the first.
    """

    what: str
    parts: tuple[Shape, ...]
    layers: tuple[Layer, ...] = ()

    @property
    def length(self) -> int:
        """How many numbers it has."""
        return sum(math.prod(part) for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network from stop to stop.

    Attributes:
        stops: of an autoencoder picture, code, picture; of a GAN code, picture, verdict, its generator and then its
            discriminator; of a classifier picture, verdict.
        other: a second head, and parameters that nothing used.
    """

    stops: tuple[Stop, ...]
    other: tuple[Layer, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them, in order."""
        return sum((stop.layers for stop in self.stops), ()) + self.other

    @property
    def parameters(self) -> int:
        """How many numbers training can change."""
        return sum(layer.parameters for layer in self.layers)


def describe(config: ModelConfig) -> Architecture:
    """The layers of the network that ``config`` describes; no memory is taken for weights.

    Raises:
        ConfigError: the network would have more parameters than genlab builds.
    """
    model = build_empty(config)
    weights = {name: torch.zeros(()).expand(tensor.shape) for name, tensor in model.state_dict().items()}
    model.load_state_dict(weights, assign=True)  # one number each
    return watch(model)


def watch(model: ImageNetwork) -> Architecture:
    """The layers of a network on the CPU that nobody else uses meanwhile; left in evaluation mode.

    Raises:
        TypeError: it is none of the kinds that are known here.
    """
    watcher = Watcher(model.eval())
    if isinstance(model, ImageAutoencoder):
        stops, beside = _autoencoder(model, watcher)
    elif isinstance(model, GAN):
        stops, beside = _game(model, watcher)
    elif isinstance(model, Judge):
        x = _none(model.image_shape)
        stops, beside = [Stop(what=PICTURE, parts=(shape_of(x),)), _lead(watcher, model, x, VERDICT)], ()
    else:
        raise TypeError(f"{type(model).__name__} has no drawing")
    unused = [(name, p.numel()) for name, p in model.named_parameters() if id(p) not in watcher.used]
    forgotten = tuple(Layer(name=n, kind="Other", inputs=(), outputs=(), parameters=c) for n, c in unused)
    return Architecture(stops=tuple(stops), other=beside + forgotten)


def _autoencoder(model: ImageAutoencoder, watcher: Watcher) -> tuple[list[Stop], tuple[Layer, ...]]:
    x = _none(model.image_shape)
    code = _lead(watcher, model.encode, x, CODE)
    answer = _lead(watcher, model.decode, _none((code.length,)), PICTURE)
    beside = watcher.run(lambda x: model.posterior(x)[1], x)[0][-1:] if isinstance(model, VAE) else ()
    return [Stop(what=PICTURE, parts=(shape_of(x),)), code, answer], beside


def _game(model: GAN, watcher: Watcher) -> tuple[list[Stop], tuple[Layer, ...]]:
    """The discriminator's word on classes is no part of the way: it is added to what comes out."""
    z, classes = _none((model.latent_dim,)), model.config.classes
    told = _none((classes,)) if classes else None
    picture = _lead(watcher, model.decode, z, PICTURE)
    verdict = _lead(watcher, lambda x: model.discriminator(x, told).unsqueeze(1), _none(model.image_shape), VERDICT)
    beside = verdict.layers[-1:] if told is not None else ()
    verdict = replace(verdict, layers=verdict.layers[: len(verdict.layers) - len(beside)])
    parts: tuple[Shape, ...] = ((model.style_dim,), (classes,)) if classes else (shape_of(z),)
    return [Stop(what=CODE, parts=parts), picture, verdict], beside


def _lead(watcher: Watcher, function: Callable[[Tensor], Tensor], given: Tensor, what: str) -> Stop:
    layers, result = watcher.run(function, given)
    whole = (shape_of(result),)
    return Stop(what=what, parts=watcher.parts.get(id(result), whole) if what == CODE else whole, layers=layers)


def _none(shape: Shape) -> Tensor:
    """A batch of nothing."""
    return torch.empty((0, *shape))
