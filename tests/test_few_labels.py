"""Classifiers on few labels: which pictures they see, what moves in them, and how the result is put together."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from genlab import few_labels
from genlab.checkpoints import Checkpoint
from genlab.config import DenseConfig, TrainConfig
from genlab.data.images import ImageSet
from genlab.few_labels import SIZES, WAYS, Trial, balanced, classifier_error, settings, summary, svm_error, trials
from genlab.models import build
from genlab.models.pca import PCA
from genlab.seeding import make_generator

NETWORK = DenseConfig(latent_dim=6, hidden=(16,), image_shape=(1, 8, 8))
CLASSES = tuple("0123456789")


def pictures(count: int, seed: int) -> ImageSet:
    """Ten classes that are told apart by the column and row that are bright."""
    generator = make_generator(seed)
    labels = torch.arange(count) % 10
    images = torch.randint(0, 60, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, label % 8, :] = 250
        image[0, :, (3 * label + label // 8) % 8] = 200
    return ImageSet(name="mnist", split="train", images=images, labels=labels, class_names=CLASSES)


@pytest.fixture
def checkpoint() -> Checkpoint:
    """A network that has not learned anything yet, as if it were shipped."""
    model = build(NETWORK, make_generator(5, "init")).eval().requires_grad_(False)
    train = TrainConfig(dataset="mnist", precision="float32")
    blank = {"name": "tiny", "entry": "tiny", "step": "autoencoder", "metrics": {}, "card": ""}
    wanted = Checkpoint.__dataclass_fields__
    known = {**blank, "model": model, "config": NETWORK, "train": train}
    return Checkpoint(**{name: known.get(name) for name in wanted})


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of a few steps."""
    long = few_labels.settings
    monkeypatch.setattr(
        few_labels, "settings", lambda count, seed: replace(long(count, seed), epochs=6, precision="float32")
    )


# ------------------------------------------------------------------------------------------ which pictures


@pytest.mark.parametrize("count", [10, 30, 100])
def test_as_many_of_each_class(count: int) -> None:
    labels = torch.randint(0, 10, (2000,), generator=make_generator(1))
    chosen = balanced(labels, count, 0)
    assert len(chosen) == len(set(chosen.tolist())) == count
    assert labels[chosen].bincount().tolist() == [count // 10] * 10


def test_fewer_are_a_part_of_more_and_a_seed_says_which() -> None:
    labels = torch.randint(0, 10, (2000,), generator=make_generator(1))
    small, large = (set(balanced(labels, count, 3).tolist()) for count in (30, 300))
    assert small < large
    assert set(balanced(labels, 30, 3).tolist()) == small
    assert set(balanced(labels, 30, 4).tolist()) != small


@pytest.mark.parametrize("count", SIZES)
def test_every_way_takes_at_least_the_steps_that_are_promised(count: int) -> None:
    config = settings(count, 2)
    steps = config.epochs * -(-count // config.batch_size)
    least = 600 if count <= 1000 else 1000
    assert least <= steps < 1.1 * least  # whole epochs
    assert config.batch_size <= count
    assert config.seed == 2


# ------------------------------------------------------------------------------------------ what learns


def encoders_of(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Tensor], dict[str, Tensor], Tensor]]:
    """Of each training that follows: the encoder's weights before and after, and the head's after."""
    seen: list[tuple[dict[str, Tensor], dict[str, Tensor], Tensor]] = []
    fit = few_labels.fit

    def watched(model: object, *arguments: object, **options: object) -> object:
        before = copy.deepcopy(model.autoencoder.state_dict())
        yield from fit(model, *arguments, **options)
        seen.append((before, copy.deepcopy(model.autoencoder.state_dict()), model.head.weight.clone()))

    monkeypatch.setattr(few_labels, "fit", watched)
    return seen


def changed(a: dict[str, Tensor], b: dict[str, Tensor]) -> set[str]:
    return {name for name in a if not torch.equal(a[name], b[name])}


@pytest.mark.usefixtures("brief")
def test_frozen_stays_tuned_moves_and_random_starts_elsewhere(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = pictures(40, 1), pictures(50, 2)
    shipped = copy.deepcopy(checkpoint.model.state_dict())
    seen = encoders_of(monkeypatch)
    for way in ("random", "frozen", "tuned"):
        error = classifier_error(checkpoint, way, train.images, train.labels, test, 0)
        assert 0.0 <= error <= 1.0
    random, frozen, tuned = seen
    encoder = {name for name in shipped if name.startswith("encoder")}
    assert changed(shipped, random[0]) >= {name for name in encoder if name.endswith("weight")}
    assert changed(random[0], random[1]) == encoder
    assert changed(shipped, frozen[0]) == changed(frozen[0], frozen[1]) == set()
    assert changed(shipped, tuned[0]) == set()
    assert changed(tuned[0], tuned[1]) == encoder
    assert all(head.abs().sum() > 0 for _, _, head in seen)  # the layer on top always learns
    assert changed(shipped, checkpoint.model.state_dict()) == set()  # all visitors share it
    assert not any(p.requires_grad for p in checkpoint.model.parameters())


def test_it_learns_and_the_seed_decides(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    long = few_labels.settings
    monkeypatch.setattr(
        few_labels, "settings", lambda n, seed: replace(long(n, seed), epochs=40, augment=0.0, precision="float32")
    )
    train, test = pictures(60, 1), pictures(200, 2)

    def error(seed: int) -> float:
        return classifier_error(checkpoint, "random", train.images, train.labels, test, seed)

    assert error(0) < 0.3  # guessing errs nine times of ten
    assert error(0) == error(0)


def test_a_support_vector_machine_on_components(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    from genlab.config import PCAConfig

    train, test = pictures(200, 1), pictures(100, 2)
    pca = build(PCAConfig(latent_dim=40, image_shape=(1, 8, 8)))
    assert isinstance(pca, PCA)
    pca.solve(train.images)
    monkeypatch.setattr(few_labels, "fitted_pca", lambda *_: pca)
    assert svm_error(checkpoint, "svm", train.images, train.labels, test, 0) < 0.1
    shuffled = train.labels.roll(1)
    assert svm_error(checkpoint, "svm", train.images, shuffled, test, 0) > 0.8


# ------------------------------------------------------------------------------------------ all of it


def test_all_trials_and_their_summary(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {"train+validation": pictures(400, 1), "test": pictures(20, 2)}
    asked: list[tuple[str, int, int]] = []

    def error(_: Checkpoint, way: str, images: Tensor, labels: Tensor, test: ImageSet, seed: int) -> float:
        assert test is sets["test"]
        assert labels.bincount().tolist() == [len(images) // 10] * 10
        asked.append((way, len(images), seed))
        return len(images) / 1000 + seed / 100 + 0.00001

    monkeypatch.setattr(few_labels, "SIZES", (10, 30))
    monkeypatch.setattr(few_labels.data, "load", lambda _name, split: sets[split])
    monkeypatch.setattr(few_labels, "classifier_error", error)
    monkeypatch.setattr(few_labels, "svm_error", error)
    found = list(trials(checkpoint))
    assert asked == [(way, size, seed) for seed in range(5) for size in (10, 30) for way in WAYS]
    put_together = summary(found)
    assert put_together["sizes"] == [10, 30]
    assert put_together["errors"] == {
        way: [[0.01, 0.02, 0.03, 0.04, 0.05], [0.03, 0.04, 0.05, 0.06, 0.07]] for way in WAYS
    }


def test_a_summary_of_trials_in_any_order_keeps_ways_and_sizes_apart() -> None:
    found = [
        Trial(way=way, labels=size, seed=0, error=i + j / 10)
        for j, size in reversed(list(enumerate(SIZES)))
        for i, way in enumerate(WAYS)
    ]
    for i, way in enumerate(WAYS):
        assert summary(found)["errors"][way] == [[pytest.approx(i + j / 10)] for j in range(len(SIZES))]
