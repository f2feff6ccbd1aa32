"""Layer by layer: what learns in which stage, how a cut-off run goes on, the race of both ways, and the recordings."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from genlab import snapshots
from genlab.checkpoints import SNAPSHOTS
from genlab.config import DenseConfig, TrainConfig
from genlab.errors import CheckpointError, ConfigError
from genlab.losses import squared_errors
from genlab.models import DenseAutoencoder, build
from genlab.seeding import make_generator
from genlab.stacking import Stage, fit_stacked, learn_only, looking, race, stage_at, stages, through
from genlab.steps import autoencoder_step
from genlab.training import Record, fit, make_fabric

SMALL = DenseConfig(latent_dim=3, hidden=(12, 6), image_shape=(1, 8, 8))  # three pairs
QUICK = TrainConfig(epochs=8, batch_size=10, weight_decay=0.1, precision="float32")
COUNT = 25  # three steps an epoch


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randint(0, 256, (COUNT, 1, 8, 8), generator=make_generator(9), dtype=torch.uint8)


def new(config: DenseConfig = SMALL) -> DenseAutoencoder:
    model = build(config, make_generator(0, "init"))
    assert isinstance(model, DenseAutoencoder)
    return model


def train(
    model: DenseAutoencoder, images: Tensor, config: TrainConfig = QUICK, **how: object
) -> Iterator[tuple[Stage, Record]]:
    return fit_stacked(model, images, config, fabric=make_fabric(config, device="cpu"), **how)


def by_pair(model: DenseAutoencoder) -> list[dict[str, Tensor]]:
    """Copies of the weights of each pair, from outside."""
    pairs = list(zip(model.encoder, reversed(model.decoder), strict=True))
    return [
        {
            f"{side}.{name}": p.detach().clone()
            for side, layer in enumerate(pair)
            for name, p in layer.named_parameters()
        }
        for pair in pairs
    ]


def moved(before: list[dict[str, Tensor]], after: list[dict[str, Tensor]]) -> list[set[bool]]:
    """For each pair, whether its tensors changed."""
    return [{not torch.equal(a[name], b[name]) for name in a} for a, b in zip(before, after, strict=True)]


# ------------------------------------------------------------------------------------------ the plan


@pytest.mark.parametrize(("pairs", "epochs"), [(1, 1), (1, 10), (3, 4), (3, 8), (3, 9), (4, 40), (4, 41), (5, 100)])
def test_stages_share_the_epochs(pairs: int, epochs: int) -> None:
    plan = stages(pairs, epochs)
    assert sum(stage.epochs for stage in plan) == max(epochs, pairs + 1)
    assert [(s.depth, s.whole) for s in plan] == [*((d, False) for d in range(1, pairs + 1)), (pairs, True)]
    assert len({stage.epochs for stage in plan[:-1]}) == 1
    assert plan[-1].epochs >= plan[0].epochs >= 1


def test_forty_epochs_of_four_pairs() -> None:
    assert [stage.epochs for stage in stages(4, 40)] == [5, 5, 5, 5, 20]


@pytest.mark.parametrize("epochs", [1, 2, 3, 4])
def test_fewer_epochs_than_stages_become_one_each(epochs: int) -> None:
    assert [stage.epochs for stage in stages(3, epochs)] == [1, 1, 1, 1]


def test_which_stage_an_epoch_belongs_to() -> None:
    plan = stages(3, 12)  # 2, 2, 2, 6
    assert [plan.index(stage_at(plan, epoch)) for epoch in range(14)] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3]


def test_what_a_pair_does_in_each_stage() -> None:
    states = [[stage.state(pair) for pair in (1, 2, 3)] for stage in stages(3, 8)]
    assert states == [
        ["learns", "absent", "absent"],
        ["frozen", "learns", "absent"],
        ["frozen", "frozen", "learns"],
        ["learns", "learns", "learns"],
    ]


def test_only_the_layers_of_the_stage_may_learn() -> None:
    model = new()
    for stage in stages(3, 8):
        learn_only(model, stage)
        wanted = [stage.state(pair) == "learns" for pair in (1, 2, 3)]
        for layers in (model.encoder, list(model.decoder)[::-1]):
            assert [{p.requires_grad for p in layer.parameters()} for layer in layers] == [{w} for w in wanted]


# ------------------------------------------------------------------------------------------ the training


def test_each_stage_moves_its_pair_only_and_the_last_moves_all(images: Tensor) -> None:
    model = new()
    before = by_pair(model)
    seen = []
    last: Stage | None = None
    for stage, record in train(model, images):
        if record.epoch_losses is not None:
            after = by_pair(model)
            seen.append((stage, moved(before, after)))
            before = after
        assert last is None or stage == last or stage.depth > last.depth or stage.whole
        last = stage
    assert [stage for stage, _ in seen] == [stage for stage in stages(3, 8) for _ in range(stage.epochs)]
    for stage, changed in seen:
        assert changed == [{stage.state(pair) == "learns"} for pair in (1, 2, 3)]


def test_steps_and_epochs_count_through_and_are_as_many_as_all_at_once(images: Tensor) -> None:
    ours = [record for _, record in train(new(), images, record_every=1)]
    other = list(
        fit(
            new(),
            images,
            QUICK,
            autoencoder_step,
            fabric=make_fabric(QUICK, device="cpu"),
            record_every=1,
        )
    )
    counts = [[(r.step, r.steps, r.epoch, r.epochs) for r in records] for records in (ours, other)]
    assert counts[0] == counts[1]
    assert counts[0][-1] == (24, 24, 8, 8)


def test_it_learns(images: Tensor) -> None:
    model = new()
    losses = [r.epoch_losses["mse"] for _, r in train(model, images, replace(QUICK, epochs=60)) if r.epoch_losses]
    assert losses[9] < losses[0]  # the first pair, to the end of its stage
    assert losses[-1] < losses[30]  # all pairs


def test_frozen_layers_are_set_free_at_the_end_however_it_ends(images: Tensor) -> None:
    whole, cut, failed = new(), new(), new()
    for _ in train(whole, images):
        pass
    loop = train(cut, images, record_every=1)
    next(loop)
    assert not all(p.requires_grad for p in cut.parameters())
    loop.close()
    with pytest.raises(ConfigError):
        next(train(failed, images[..., :4]))
    for model in (whole, cut, failed):
        assert all(p.requires_grad for p in model.parameters())
    assert not whole.training
    assert not cut.training


@pytest.mark.parametrize("stop_after", [1, 2, 5, 7], ids="after epoch {}".format)
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(stop_after: int, images: Tensor, tmp_path: Path) -> None:
    config = replace(QUICK, augment=0.5)
    straight, first, second = new(), new(), new()
    wanted = [(s, r.epoch, r.epoch_losses) for s, r in train(straight, images, config) if r.epoch_losses]
    loop = train(first, images, config, state_path=tmp_path / "state.safetensors")
    done = [(s, r.epoch, r.epoch_losses) for _, (s, r) in zip(range(stop_after), loop, strict=False)]
    loop.close()
    loop = train(second, images, config, state_path=tmp_path / "state.safetensors")
    done += [(s, r.epoch, r.epoch_losses) for s, r in loop]
    assert done == wanted
    for name, value in straight.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_through_the_outer_pairs_only(images: Tensor) -> None:
    model, x = new().eval(), images[:2] / 255
    h1 = model.activation(model.encoder[0](x.flatten(1)))
    by_hand = torch.sigmoid(model.decoder[-1](h1)).clamp(0, 1).view_as(x)
    if model.config.output == "sigmoid":
        assert torch.allclose(through(model, x, 1), by_hand)
    assert torch.equal(through(model, x, 3), model(x))
    with torch.no_grad():
        before = through(model, x, 2)
        model.encoder[2].weight.zero_()  # the innermost
        assert torch.equal(through(model, x, 2), before)
        model.encoder[1].weight.zero_()
        assert not torch.equal(through(model, x, 2), before)


# ------------------------------------------------------------------------------------------ both ways


def test_a_race_is_both_trainings_from_the_same_weights(images: Tensor) -> None:
    generators = torch.get_rng_state()
    found = list(race(SMALL, images, QUICK, images[:2], images[2:7]))
    assert torch.equal(torch.get_rng_state(), generators)  # all visitors share it
    assert [(r.epoch, r.epochs) for r in found] == [(epoch, 8) for epoch in range(9)]
    assert [r.stage for r in found] == [stage_at(stages(3, 8), epoch) for epoch in range(9)]
    assert [len(r.errors["stacked"]) for r in found] == list(range(1, 10))
    assert torch.equal(found[0].pictures["stacked"], found[0].pictures["at_once"])
    stacked, at_once = new(), new()
    x, test = images[:2] / 255, images[2:7] / 255
    for (stage, _), shown in zip(train(stacked, images, record_every=10**6), found[1:], strict=True):
        with looking(stacked):
            assert torch.equal(shown.pictures["stacked"], stacked(x, depth=stage.depth).mul(255).round().byte())
            error = squared_errors(stacked(test, depth=stage.depth), test).mean().item()
        assert shown.errors["stacked"][-1] == error
    for _ in fit(at_once, images, QUICK, autoencoder_step, fabric=make_fabric(QUICK, device="cpu")):
        pass
    assert torch.equal(found[-1].pictures["at_once"], at_once(x).mul(255).round().byte())


def test_another_seed_is_another_race(images: Tensor) -> None:
    one, same, other = (
        list(race(SMALL, images, replace(QUICK, seed=seed), images[:2], images[:5]))[-1].errors for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other


def test_a_race_with_few_epochs_has_every_stage(images: Tensor) -> None:
    found = list(race(SMALL, images, replace(QUICK, epochs=1), images[:1], images[:1]))
    assert [r.stage.depth for r in found] == [1, 1, 2, 3, 3]
    assert found[-1].epochs == 4


def test_looking_leaves_the_mode_as_it_was() -> None:
    model = new().train()

    def fail() -> None:
        with looking(model):
            assert not model.training
            assert not torch.is_grad_enabled()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert model.training
    assert torch.is_grad_enabled()


# ------------------------------------------------------------------------------------------ recordings

DIGITS = DenseConfig(latent_dim=2, hidden=(8,))


def test_snapshots_are_written_read_and_cut_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a-run"
    folder.mkdir()
    shots = snapshots.Snapshots(folder / SNAPSHOTS, resumed=False)
    model = new(DIGITS).train()
    errors = [shots.take(model, 0, None), shots.take(model, 1, 1)]
    assert model.training
    with torch.no_grad():
        model.encoder[0].weight.add_(1.0)
    errors.append(shots.take(model, 2, 2))
    assert len(set(errors)) == 3  # another depth, other weights
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    (folder / "config.json").write_text("{}")
    found = snapshots.load(str(folder))
    assert found.shape == (3, 10, 1, 28, 28)
    assert found.dtype == torch.uint8
    model.eval()
    with torch.no_grad():
        assert torch.equal(found[2], model(snapshots.ten_digits() / 255).mul(255).round().byte())
    again = snapshots.Snapshots(folder / SNAPSHOTS, resumed=True)  # a run that goes on after epoch 0
    again.take(model, 1, None)
    assert torch.equal(snapshots.read(folder / SNAPSHOTS), torch.stack([found[0], found[2]]))
    assert not list(folder.glob("*.part"))


def test_the_ten_digits_are_one_of_each() -> None:
    from genlab import data

    test = data.load("digits", "test")
    for digit, picture in enumerate(snapshots.ten_digits()):
        (where,) = [i for i, other in enumerate(test.images) if torch.equal(other, picture)]
        assert test.labels[where] == digit


class Bomb:
    """Says when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return print, ("unpickled",)


def broken(path: Path, kind: str) -> None:
    good = torch.zeros(3, 10, 1, 28, 28, dtype=torch.uint8)
    if kind == "cut":
        save_file({"pictures": good}, path)
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    elif kind == "torch":
        torch.save({"pictures": good}, path)
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(snapshots.MAX_BYTES + 1)
    else:
        tensors = {
            "other name": {"images": good},
            "float": {"pictures": good.float()},
            "four axes": {"pictures": good[0].contiguous()},
            "nine digits": {"pictures": good[:, :9].contiguous()},
            "other size": {"pictures": torch.zeros(3, 10, 3, 32, 32, dtype=torch.uint8)},
            "no epochs": {"pictures": good[:0]},
        }[kind]
        save_file(tensors, path)


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "cut",
        "folder",
        "empty",
        "pickle",
        "torch",
        "large",
        "other name",
        "float",
        "four axes",
        "nine digits",
        "other size",
        "no epochs",
    ],
)
def test_a_broken_recording_is_a_sentence_and_is_never_unpickled(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpickled(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    path = tmp_path / SNAPSHOTS
    if kind != "missing":
        broken(path, kind)
    for module, name in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler"), (torch, "load")):
        monkeypatch.setattr(module, name, unpickled)
    with pytest.raises(CheckpointError) as caught:
        snapshots.read(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")
