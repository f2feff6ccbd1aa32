"""What a row of the catalog says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genlab.config import GANConfig, JudgeConfig, ModelConfig, TrainConfig


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model of the catalog.

    Attributes:
        name: its folder below ``checkpoints``.
        title: for people, in English; pages translate it.
        summary: one or two sentences for the card.
        paper: the source, with year.
        model: the network.
        train: how it is trained.
        step: a name of ``genlab.steps.STEPS``, or ``closed_form``, ``stacked`` or ``mixture``.
        base: the checkpoint whose weights it begins with; empty for random ones.
        snapshots: whether what it makes of a few bundled digits is kept at each epoch.
        goals: the most that the metric may be on the test set, as ``goals.goal_value`` reads it; of a PSNR and of
            coverage, the least.
        published: what the source printed, for comparison; empty if nothing.
    """

    name: str
    title: str
    summary: str
    paper: str
    model: ModelConfig
    train: TrainConfig
    step: str = "autoencoder"
    base: str = ""
    snapshots: bool = False
    goals: Mapping[str, float] = field(default_factory=dict)
    published: str = ""

    @property
    def rebuilds(self) -> bool:
        """Whether it is an autoencoder, with a code for every picture."""
        return not isinstance(self.model, JudgeConfig | GANConfig)
