"""Few labels: does an encoder that has seen many pictures without labels learn from fewer labels?

A classifier (encoder and one linear layer) on 10 … 10,000 labelled pictures, as many of each class:

    random   the encoder starts with random weights and learns
    frozen   the encoder was pre-trained as an autoencoder and stays as it is
    tuned    the encoder was pre-trained and learns on
    svm      for comparison: a support vector machine on the first 30 principal components

Same network, same pictures, same number of steps, same small distortions for the first three. The course's chapter
("pré-treino não-supervisionado"); Erhan et al., *Why does unsupervised pre-training help deep learning?*, JMLR 2010.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genlab import data
from genlab.checkpoints import Checkpoint
from genlab.config import TrainConfig
from genlab.data.images import ImageSet, batches, to_float
from genlab.evaluation import fitted_pca
from genlab.models import Classifier, build
from genlab.seeding import make_generator
from genlab.steps import classifier_step
from genlab.training import fit, make_fabric

SIZES = (10, 30, 100, 300, 1_000, 10_000)
WAYS = ("random", "frozen", "tuned", "svm")
SEEDS = 5
COMPONENTS = 30


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One classifier: how it started, how many labels it saw, its seed, and its error on the test set, 0 to 1."""

    way: str
    labels: int
    seed: int
    error: float


def settings(count: int, seed: int) -> TrainConfig:
    """How a classifier of ``count`` labels is trained: 600 steps, 1,000 for more than a thousand labels."""
    batch = min(count, 128)
    steps = 600 if count <= 1_000 else 1_000
    return TrainConfig(
        epochs=math.ceil(steps / math.ceil(count / batch)),
        batch_size=batch,
        learning_rate=1e-3,
        weight_decay=0.02,
        augment=0.9,
        seed=seed,
    )


def trials(checkpoint: Checkpoint) -> Iterator[Trial]:
    """All classifiers on the encoder of ``checkpoint``, one by one.

    Raises:
        DataNotFoundError: its data set is not here.
    """
    train, test = (data.load(checkpoint.train.dataset, part) for part in (checkpoint.train.split, "test"))
    for seed in range(SEEDS):
        for count in SIZES:
            chosen = balanced(train.labels, count, seed)
            images, labels = train.images[chosen], train.labels[chosen]
            for way in WAYS:
                error = svm_error if way == "svm" else classifier_error
                yield Trial(way=way, labels=count, seed=seed, error=error(checkpoint, way, images, labels, test, seed))


def balanced(labels: Tensor, count: int, seed: int) -> Tensor:
    """Indices of ``count`` pictures, as many of each class; with a seed, fewer are a part of more."""
    classes = int(labels.max()) + 1
    found = []
    for label in range(classes):
        members = (labels == label).nonzero().flatten()
        order = torch.randperm(len(members), generator=make_generator(seed, "labels", label))
        found.append(members[order[: count // classes]])
    return torch.cat(found)


def classifier_error(
    checkpoint: Checkpoint, way: str, images: Tensor, labels: Tensor, test: ImageSet, seed: int
) -> float:
    """Train one classifier; the part of the test set that it gets wrong."""
    encoder = build(checkpoint.config, make_generator(seed, "init"))
    if way != "random":
        encoder = copy.deepcopy(checkpoint.model)
    encoder.requires_grad_(way != "frozen")
    model = Classifier(encoder, len(test.class_names))
    model.standardise(to_float(images))
    config = settings(len(images), seed)
    fabric = make_fabric(config, device="cpu")
    for _ in fit(model, images, config, classifier_step, labels=labels, fabric=fabric, record_every=1_000):
        pass
    with torch.no_grad():
        found = torch.cat([model(x).argmax(1) for x in batches(test.images)])
    return (found != test.labels).float().mean().item()


def svm_error(checkpoint: Checkpoint, way: str, images: Tensor, labels: Tensor, test: ImageSet, seed: int) -> float:
    """The same of a support vector machine (RBF) on PCA's components, which were found without labels too."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    pca = fitted_pca(checkpoint.train.dataset, checkpoint.train.split)
    with torch.no_grad():
        codes = [pca.encode(to_float(part))[:, :COMPONENTS].numpy() for part in (images, test.images)]
    machine = make_pipeline(StandardScaler(with_std=False), SVC(C=10.0))
    machine.fit(codes[0], labels.numpy())
    return 1.0 - float(machine.score(codes[1], test.labels.numpy()))


def summary(found: list[Trial]) -> dict[str, Any]:
    """For ``metrics.json``: sizes, and for each way the errors of all seeds at each size."""
    errors = {
        way: [[round(t.error, 4) for t in found if (t.way, t.labels) == (way, size)] for size in SIZES] for way in WAYS
    }
    return {"sizes": list(SIZES), "errors": errors}
