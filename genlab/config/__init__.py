"""Configurations: frozen, keyword-only dataclasses, valid by construction, JSON both ways.

A configuration says everything that is needed to build a network (``ModelConfig`` and its kinds) or to train
it (``TrainConfig``). It is written beside the weights, so it may come back from a stranger's folder: every
value is checked against bounds before it can cost memory.
"""

from genlab.config.adversarial import ConvGANConfig, GANConfig
from genlab.config.base import Config, check
from genlab.config.generative import ConditionalVAEConfig, JudgeConfig, MixtureConfig, VAEConfig
from genlab.config.networks import (
    ActivationName,
    ConvConfig,
    DenseConfig,
    MapConfig,
    ModelConfig,
    NestedConfig,
    OutputName,
    PCAConfig,
    UNetConfig,
)
from genlab.config.training import GameName, LossName, NoiseName, PenaltyName, TrainConfig

MODEL_CONFIGS: dict[str, type[ModelConfig]] = {
    c.kind: c
    for c in (
        DenseConfig,
        NestedConfig,
        ConvConfig,
        MapConfig,
        UNetConfig,
        PCAConfig,
        VAEConfig,
        ConditionalVAEConfig,
        MixtureConfig,
        JudgeConfig,
        GANConfig,
        ConvGANConfig,
    )
}
"""The kinds of network by name."""

__all__ = [
    "MODEL_CONFIGS",
    "ActivationName",
    "ConditionalVAEConfig",
    "Config",
    "ConvConfig",
    "ConvGANConfig",
    "DenseConfig",
    "GANConfig",
    "GameName",
    "JudgeConfig",
    "LossName",
    "MapConfig",
    "MixtureConfig",
    "ModelConfig",
    "NestedConfig",
    "NoiseName",
    "OutputName",
    "PCAConfig",
    "PenaltyName",
    "TrainConfig",
    "UNetConfig",
    "VAEConfig",
    "check",
]
