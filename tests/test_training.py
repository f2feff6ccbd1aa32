"""The loop: what it reports, how it is left, how it goes on after a kill, and that nothing else feels it."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from genlab import catalog, cli, runs
from genlab.config import DenseConfig, ModelConfig, NestedConfig, TrainConfig
from genlab.data.augment import random_affine
from genlab.errors import ConfigError, TrainingError
from genlab.models import ImageAutoencoder, build
from genlab.seeding import make_generator
from genlab.steps import STEPS, Play
from genlab.training import Record, fit, make_fabric, make_optimizer, set_learning_rate
from tests import programs
from tests.ranks import weigh

SMALL = DenseConfig(latent_dim=4, hidden=(16,), image_shape=(1, 8, 8))
NESTED = NestedConfig(latent_dim=4, hidden=(16,), image_shape=(1, 8, 8))
QUICK = TrainConfig(epochs=3, batch_size=10, augment=0.5, precision="float32")
COUNT = 46  # images: five steps an epoch, the last of six images


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randint(0, 256, (COUNT, 1, 8, 8), generator=make_generator(9), dtype=torch.uint8)


def train(
    images: Tensor, config: TrainConfig = QUICK, network: ModelConfig = SMALL, **options: object
) -> tuple[ImageAutoencoder, list[Record]]:
    """A new network, trained to the end on the CPU; its records."""
    model = build(network, make_generator(config.seed, "init"))
    return model, list(loop(model, images, config, **options))


def loop(model: ImageAutoencoder, images: Tensor, config: TrainConfig = QUICK, **options: object) -> Iterator[Record]:
    step = STEPS["nested" if isinstance(model.config, NestedConfig) else "autoencoder"]
    return fit(model, images, config, options.pop("step", step), fabric=make_fabric(config, device="cpu"), **options)


def assert_same(a: ImageAutoencoder, b: ImageAutoencoder) -> None:
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name]), name


# ------------------------------------------------------------------------------------------ records


def test_records_count_steps_and_epochs(images: Tensor) -> None:
    _, records = train(images, record_every=2)
    assert [r.step for r in records] == [2, 4, 5, 6, 8, 10, 12, 14, 15]
    assert [r.epoch for r in records] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {(r.steps, r.epochs) for r in records} == {(15, 3)}
    assert [r.step for r in records if r.epoch_losses is not None] == [5, 10, 15]
    assert all(r.examples_per_second > 0 for r in records)
    assert all(r.losses.keys() == {"mse"} for r in records)


def test_losses_are_means_over_images(images: Tensor) -> None:
    _, single = train(images, record_every=1)
    _, coarse = train(images, record_every=1000)
    _, pairs = train(images, record_every=2)
    loss = {r.step: r.losses["mse"] for r in single}
    assert len(loss) == 15
    for epoch, record in enumerate(coarse):
        steps = range(5 * epoch + 1, 5 * epoch + 6)
        mean = sum(loss[s] * size for s, size in zip(steps, (10, 10, 10, 10, 6), strict=True)) / COUNT
        assert record.epoch_losses == {"mse": pytest.approx(mean, rel=1e-5)}
        assert record.losses == record.epoch_losses
    by_step = {r.step: r.losses["mse"] for r in pairs}
    assert by_step[2] == pytest.approx((loss[1] + loss[2]) / 2, rel=1e-5)
    assert by_step[5] == pytest.approx(loss[5], rel=1e-5)
    assert by_step[6] == pytest.approx(loss[6], rel=1e-5)
    assert pairs[2].epoch_losses == {"mse": pytest.approx(coarse[0].epoch_losses["mse"], rel=1e-6)}


def test_every_epoch_sees_every_image_once_in_another_order(images: Tensor) -> None:
    seen: list[Tensor] = []

    def step(play: Play, x: Tensor) -> dict[str, Tensor]:
        seen.append((x * 255).round().byte())
        return {"nothing": torch.zeros(())}

    train(images, replace(QUICK, augment=0.0), step=step)
    epochs = [torch.cat(seen[i : i + 5]).flatten(1) for i in (0, 5, 10)]
    assert [len(batch) for batch in seen[:5]] == [10, 10, 10, 10, 6]
    wanted = sorted(images.flatten(1).tolist())
    assert all(sorted(epoch.tolist()) == wanted for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_watch_sees_the_model_as_it_will_be_used(images: Tensor) -> None:
    modes: list[bool] = []
    model = build(SMALL, make_generator(0))

    def watch(watched: ImageAutoencoder) -> dict[str, float]:
        assert watched is model
        modes.append(watched.training)
        return {"epochs": float(len(modes))}

    for record in loop(model, images, watch=watch, record_every=2):
        assert record.watched == ({"epochs": float(record.epoch)} if record.epoch_losses else {})
        assert model.training
    assert modes == [False] * 3
    assert not model.training


def test_training_learns_and_moves_every_weight(images: Tensor) -> None:
    model, records = train(images, replace(QUICK, epochs=20, augment=0.0))
    assert records[-1].epoch_losses["mse"] < 0.9 * records[0].epoch_losses["mse"]
    for name, value in build(SMALL, make_generator(0, "init")).state_dict().items():
        assert not torch.equal(value, model.state_dict()[name]), name


def test_bfloat16_trains_float32_weights(images: Tensor) -> None:
    model, rough = train(images, replace(QUICK, precision="bfloat16", augment=0.0))
    _, exact = train(images, replace(QUICK, augment=0.0))
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert rough[-1].losses["mse"] == pytest.approx(exact[-1].losses["mse"], rel=0.02)
    assert rough[-1].losses != exact[-1].losses


# ------------------------------------------------------------------------------- learning rate, optimizer


def rates(steps: int, **settings: object) -> list[float]:
    config = replace(QUICK, learning_rate=0.01, **settings)
    optimizer = make_optimizer(build(SMALL, make_generator(0)), config)
    found = [set_learning_rate(optimizer, s, steps, config) for s in range(steps)]
    assert optimizer.param_groups[0]["lr"] == found[-1]
    return found


def test_constant_rate() -> None:
    assert rates(7, schedule="constant", warmup=0.5) == [0.01] * 7


def test_cosine_rate_by_hand() -> None:
    """12 steps, 4 of warm-up: ¼, ½, ¾, 1 of the rate, then ½(1 + cos πp) with p = 0, ⅛, …, ⅞."""
    found = rates(12, schedule="cosine", warmup=1 / 3)
    expected = [0.0025, 0.005, 0.0075, 0.01] + [0.005 * (1 + math.cos(math.pi * p / 8)) for p in range(8)]
    assert found == pytest.approx(expected)
    assert found[8] == pytest.approx(0.005)  # half-way down


def test_cosines_of_growing_length_by_hand() -> None:
    """6 steps after the first: one cosine of 4, then one of 2, half as long and a fifth as high."""
    found = rates(7, schedule="cosine", warmup=1 / 7, cycles=2, cycle_growth=0.5, cycle_rate=0.2)
    expected = [0.01] + [0.005 * (1 + math.cos(math.pi * p)) for p in (0, 1 / 4, 2 / 4, 3 / 4)]
    expected += [0.001 * (1 + math.cos(math.pi * p)) for p in (0, 1 / 2)]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("warmup", "highest"), [(0.0, 0), (1.0, 9)])
def test_cosine_rate_at_the_ends_of_warm_up(warmup: float, highest: int) -> None:
    found = rates(10, schedule="cosine", warmup=warmup)
    assert found[highest] == max(found) == pytest.approx(0.01)
    assert min(found) > 0


def test_records_tell_the_rate(images: Tensor) -> None:
    config = replace(QUICK, learning_rate=0.01)
    _, records = train(images, config, record_every=1)
    assert [r.learning_rate for r in records] == pytest.approx(rates(15))


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_optimizer_as_configured(name: str, kind: type) -> None:
    config = replace(QUICK, optimizer=name, beta2=0.9, weight_decay=0.1, learning_rate=0.5)
    optimizer = make_optimizer(build(SMALL, make_generator(0)), config)
    assert type(optimizer) is kind
    (group,) = optimizer.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.5, (0.9, 0.9), 0.1)


def test_gradients_are_clipped(images: Tensor) -> None:
    norms: list[float] = []

    def step(play: Play, x: Tensor) -> dict[str, Tensor]:
        loss = 1000 * STEPS["autoencoder"](replace(play, minimise=lambda loss: None), x)["mse"]
        play.minimise(loss)
        norms.append(torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item())
        return {"mse": loss}

    for clip in (0.25, 0.0):
        model = build(SMALL, make_generator(0))
        list(loop(model, images, replace(QUICK, epochs=1, clip=clip), step=step))
    assert norms[:5] == pytest.approx([0.25] * 5, rel=1e-3)
    assert min(norms[5:]) > 0.25


# ------------------------------------------------------------------------------------ distortions


def test_distortions_reach_only_their_part_of_a_batch() -> None:
    x = torch.rand(8, 1, 28, 28, generator=make_generator(0))
    assert random_affine(x, 0.0, make_generator(1)) is x
    turned = random_affine(x, 0.5, make_generator(1))
    assert turned.shape == x.shape
    assert torch.equal(turned[4:], x[4:])
    assert all(not torch.equal(a, b) for a, b in zip(turned[:4], x[:4], strict=True))
    assert 0 <= turned.min() <= turned.max() <= 1
    assert torch.equal(turned, random_affine(x, 0.5, make_generator(1)))
    assert not torch.equal(turned, random_affine(x, 0.5, make_generator(2)))


def test_distortions_are_slight() -> None:
    """A blob in the middle stays there: its centre moves by under two pixels, its ink by under a third."""
    x = torch.zeros(200, 1, 28, 28)
    x[:, :, 10:18, 10:18] = 1.0
    turned = random_affine(x, 1.0, make_generator(0))[:, 0]
    ink = turned.sum((1, 2))
    place = torch.arange(28.0)
    rows = (turned.sum(2) * place).sum(1) / ink
    columns = (turned.sum(1) * place).sum(1) / ink
    for centre in (rows, columns):
        assert (centre - 13.5).abs().max() < 2
        assert centre.std() > 0.3
    assert 0.67 * 64 < ink.min() < ink.max() < 1.33 * 64


# ------------------------------------------------------------------------------- left early, gone wrong


def test_left_early_is_clean(images: Tensor, tmp_path: Path) -> None:
    model = build(SMALL, make_generator(0))
    running = loop(model, images, record_every=1, state_path=tmp_path / "state.safetensors")
    taken = [next(running) for _ in range(7)]
    running.close()
    assert taken[-1].step == 7
    assert not model.training
    assert all(p.requires_grad and p.isfinite().all() for p in model.parameters())
    assert model(images[:2] / 255).shape == (2, 1, 8, 8)
    assert [path.name for path in tmp_path.iterdir()] == ["state.safetensors"]
    assert next(running, None) is None
    assert len(list(loop(model, images))) == 3  # the same model can be trained again


@pytest.mark.parametrize("network", [SMALL, NESTED], ids=["dense", "nested"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("leave_after", [7, 10])
def test_going_on_gives_the_numbers_of_never_having_stopped(
    images: Tensor, tmp_path: Path, network: ModelConfig, precision: str, leave_after: int
) -> None:
    config, state = replace(QUICK, precision=precision), tmp_path / "state.safetensors"
    whole, records = train(images, config, network, record_every=1)
    running = loop(build(network, make_generator(0, "init")), images, config, record_every=1, state_path=state)
    assert [next(running).step for _ in range(leave_after)][-1] == leave_after
    running.close()

    resumed = build(network, make_generator(12345))  # its own weights do not matter
    rest = list(loop(resumed, images, config, record_every=1, state_path=state))
    assert [r.step for r in rest] == [r.step for r in records if r.step > leave_after // 5 * 5]
    assert [r.losses for r in rest] == [r.losses for r in records[-len(rest) :]]
    assert rest[-1].epoch_losses == records[-1].epoch_losses
    assert_same(resumed, whole)


def test_a_finished_run_has_nothing_left_to_do(images: Tensor, tmp_path: Path) -> None:
    whole, _ = train(images, state_path=tmp_path / "state")
    again, records = train(images, state_path=tmp_path / "state")
    assert records == []
    assert not again.training
    assert_same(again, whole)


@pytest.mark.parametrize(
    ("network", "config"),
    [
        (replace(SMALL, latent_dim=5), QUICK),
        (replace(SMALL, activation="relu"), QUICK),
        (SMALL, replace(QUICK, seed=1)),
        (SMALL, replace(QUICK, epochs=4)),
    ],
    ids=["latent_dim", "activation", "seed", "epochs"],
)
def test_the_state_of_another_run_is_refused(
    images: Tensor, tmp_path: Path, network: ModelConfig, config: TrainConfig
) -> None:
    state = tmp_path / "state.safetensors"
    train(images, state_path=state)
    content = state.read_bytes()
    with pytest.raises(TrainingError) as caught:
        train(images, config, network, state_path=state)
    assert str(caught.value).startswith(f"The saved training “{state}” belongs to another network or other settings.")
    assert state.read_bytes() == content


def spoil_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def spoil_words(path: Path) -> None:
    path.write_text("This is no state. " * 20)


def spoil_empty(path: Path) -> None:
    path.write_bytes(b"")


def spoil_metadata(path: Path) -> None:
    save_file(load_file(path), path)


@pytest.mark.parametrize("spoil", [spoil_truncate, spoil_words, spoil_empty, spoil_metadata])
def test_a_broken_state_is_refused_by_name(images: Tensor, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    state = tmp_path / "state.safetensors"
    train(images, state_path=state)
    spoil(state)
    with pytest.raises(TrainingError, match=r"The saved training “.*state.safetensors” .* Delete it"):
        train(images, state_path=state)


def test_a_loss_that_is_no_number_stops_with_a_sentence(images: Tensor, tmp_path: Path) -> None:
    model = build(replace(SMALL, output="identity"), make_generator(0))
    with torch.no_grad():
        model.decoder[-1].bias.fill_(1e30)  # its square is infinite
    with pytest.raises(TrainingError, match=r"After 5 steps the loss is no longer a number\. Lower"):
        list(loop(model, images, state_path=tmp_path / "state"))
    assert not (tmp_path / "state").exists()  # such weights are not kept
    assert not model.training


def test_images_of_another_size_are_refused(images: Tensor) -> None:
    with pytest.raises(ConfigError, match=r"reads images of 1×28×28 .* and these are 1×8×8"):
        train(images, network=DenseConfig(latent_dim=4))


# ------------------------------------------------------------------------------------- nobody else feels it


def test_torch_s_own_generator_is_left_alone(images: Tensor) -> None:
    before = torch.random.get_rng_state()
    for network in (SMALL, NESTED):
        train(images, network=network)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_two_trainings_in_two_threads_are_as_alone(images: Tensor) -> None:
    configs = [replace(QUICK, epochs=12, seed=seed) for seed in (3, 4)]
    alone = [train(images, config, NESTED, record_every=1) for config in configs]
    together: dict[int, tuple[ImageAutoencoder, list[Record]]] = {}
    meet = threading.Barrier(2)

    def work(place: int) -> None:
        model, records = build(NESTED, make_generator(configs[place].seed, "init")), []
        for record in loop(model, images, configs[place], record_every=1):
            records.append(record)
            if record.step in (1, 30):
                meet.wait(60)  # so that both are in the middle at once
        together[place] = model, records

    threads = [threading.Thread(target=work, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for place in (0, 1):
        assert [r.losses for r in together[place][1]] == [r.losses for r in alone[place][1]]
        assert_same(together[place][0], alone[place][0])


# ------------------------------------------------------------------------------------- whole runs, programs

NAME = "ae-tuned-mnist-z64"


def options(out: Path, *more: object, epochs: int = 8, batch: int = 66) -> list[str]:
    """A training of the command line on the 200 digits of "validation": three even batches and one of two images."""
    given = [NAME, "--dataset", "digits", "--split", "validation", "--device", "cpu", "--augment", 0]
    return [str(word) for word in [*given, "--epochs", epochs, "--batch-size", batch, "--out", out, *more]]


def outcome(folder: Path) -> tuple[str, dict[int, float]]:
    """Hash of the weights, and the loss of each epoch."""
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "metrics.json",
        "weights.safetensors",
    ]
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics["weights_sha256"], {row["epoch"]: row["mse"] for row in metrics["training"]["history"]}


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    settings = {"epochs": 40, "batch": 16}
    killed = programs.start("train", *options(tmp_path / "killed", **settings))
    try:
        history = tmp_path / "killed" / "history.json"
        deadline = time.monotonic() + 200
        while not (history.exists() and '"epoch": 3' in history.read_text(encoding="utf-8")):
            assert killed.poll() is None, killed.communicate()
            assert time.monotonic() < deadline, "the program never came to its third epoch"
            time.sleep(0.01)
    finally:
        killed.kill()
        killed.communicate()
    assert killed.returncode == -9
    assert (tmp_path / "killed" / "state.safetensors").exists()
    assert not (tmp_path / "killed" / "weights.safetensors").exists()

    assert cli.main(["train", *options(tmp_path / "killed", **settings)]) == 0
    assert cli.main(["train", *options(tmp_path / "whole", **settings)]) == 0
    resumed, whole = outcome(tmp_path / "killed"), outcome(tmp_path / "whole")
    assert resumed[0] == whole[0]
    assert list(whole[1]) == list(range(1, 41))
    assert resumed[1].items() <= whole[1].items()
    assert len(resumed[1]) >= 39  # the kill may have come between the state and its line of the curve


LAUNCHERS = {
    "genlab": ("genlab", [], ["--devices", 2]),
    "torchrun": ("torch.distributed.run", ["--nproc-per-node", 2, "-m", "genlab"], []),
    "fabric run": (
        "lightning_fabric.cli",
        ["--accelerator", "cpu", "--devices", 2, "--", programs.ROOT / "genlab" / "__main__.py"],
        [],
    ),
}


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one") / "run"
    assert cli.main(["train", *options(folder, "--precision", "float32")]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_as_one(launcher: str, one_process: Path, tmp_path: Path) -> None:
    arguments = ["train", *options(tmp_path / "two", "--precision", "float32")]
    module, before, after = LAUNCHERS[launcher]
    done = programs.run(*before, *arguments, *after, module=module)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Wrote ") == 1  # one of them writes
    assert "GLOBAL_RANK" not in done.stderr  # Fabric's long explanations stay away
    _, together = outcome(tmp_path / "two")
    _, alone = outcome(one_process)
    assert list(together) == list(alone) == list(range(1, 9))
    for epoch, loss in alone.items():
        assert together[epoch] == pytest.approx(loss, rel=1e-4), epoch
    a, b = (load_file(folder / "weights.safetensors") for folder in (tmp_path / "two", one_process))
    for name in a:
        torch.testing.assert_close(a[name].float(), b[name].float(), rtol=0.02, atol=2e-3, msg=name)
    metrics = json.loads((tmp_path / "two" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["training"]["hardware"].endswith("× 2")


@pytest.mark.slow
def test_two_processes_play_one_game(tmp_path: Path) -> None:
    """With an average of G, and the course's own: each draws its own noise, and both end with the same players."""
    names = ("gan-dense-mnist", "gan-textbook-mnist")
    program = ["--standalone", "--nproc-per-node", 2, "-m", "tests.ranks", tmp_path, *names]  # at a port of its own
    done = programs.run(*program, module="torch.distributed.run")
    assert done.returncode == 0, done.stderr
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]
    assert ranks[0] == ranks[1]
    assert ranks[0].keys() == set(names)
    for name, players in ranks[0].items():
        fresh = weigh(build(catalog.get(name).model, make_generator(0, "init")))
        assert fresh.keys() == players.keys()
        for part, weight in players.items():
            assert weight != pytest.approx(fresh[part], rel=1e-6), part  # it has learned


def test_a_kill_while_measuring_loses_nothing(
    one_process: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["train", *options(tmp_path / "run", "--precision", "float32")]
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(runs, "publish", die)
        assert cli.main(arguments) == 130
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["history.json", "state.safetensors"]
    assert cli.main(arguments) == 0
    assert outcome(tmp_path / "run") == outcome(one_process)


def test_weights_are_stored_whole_where_half_would_harm(
    one_process: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HALF_IS_ENOUGH", 0.0)
    assert cli.main(["train", *options(tmp_path / "run", "--precision", "float32")]) == 0
    half, whole = (load_file(folder / "weights.safetensors") for folder in (one_process, tmp_path / "run"))
    assert {value.dtype for value in half.values()} == {torch.float16}
    assert {value.dtype for value in whole.values()} == {torch.float32}
    assert all(torch.equal(half[name], whole[name].half()) for name in whole)


def test_early_end_of_a_run_publishes_nothing(tmp_path: Path) -> None:
    entry = catalog.get(NAME)
    settings = {"dataset": "digits", "split": "validation", "epochs": 2, "batch_size": 100, "precision": "float32"}
    entry = replace(entry, train=replace(entry.train, **settings))
    running = runs.train(entry, tmp_path / "run", fabric=make_fabric(entry.train, device="cpu"))
    assert next(running).epoch == 1
    running.close()
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["history.json", "state.safetensors"]
