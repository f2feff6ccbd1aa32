"""Trainings in processes of their own: what they may be, what they say, how they end, and that they go on unchanged."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genlab import checkpoints, health, steps
from genlab.catalog import CATALOG, get
from genlab.errors import ConfigError, GenlabError
from genlab.models import ImageNetwork
from genlab.workshop import bench, folders, orders, progress, shots, watching
from genlab.workshop.orders import Order, changed, order_from_json, suggested
from genlab.workshop.progress import Curve, Progress
from tests.workshop_fixtures import PATIENCE, make_workshop, small, until  # noqa: F401 - a fixture
from ui import lab_runs, live

ROOT = Path(__file__).parents[1]


# --------------------------------------------------------------------------------------- orders
@pytest.mark.parametrize("name", CATALOG)
def test_every_row_can_be_ordered_and_is_json_both_ways(name: str) -> None:
    row = CATALOG[name]
    fitting = orders.fitting(row)
    assert "digits" in fitting or row.train.dataset in fitting
    for dataset in fitting:
        order = Order(entry=name, model=orders.fitted(row, dataset), train=suggested(row, dataset))
        assert order.model.image_shape == orders.image_shape(dataset)
        assert order_from_json(json.loads(json.dumps(order.to_json()))) == order
        assert orders.check_size(order.model) > 0


@pytest.mark.parametrize(
    "change",
    [
        {"entry": "no-such-row"},
        {"train": {"epochs": 1001}},
        {"train": {"epochs": 0}},
        {"train": {"batch_size": 4096}},
        {"train": {"samples": 1000}},
        {"train": {"dataset": "street"}},
        {"train": {"learning_rate": float("nan")}},
        {"window": -1},
        {"window": "20"},
        {"model": {"kind": "pca", "latent_dim": 3}},
        {"model": {"hidden": [20_000]}},
        {"more": 1},
    ],
    ids=str,
)
def test_orders_out_of_bounds_are_sentences(change: dict[str, Any]) -> None:
    values = small().to_json()
    for key, value in change.items():
        merged = isinstance(value, dict) and "kind" not in value
        values[key] = {**values[key], **value} if merged else value
    with pytest.raises(ConfigError) as error:
        order_from_json(values)
    assert str(error.value).endswith(".")


def test_what_begins_with_other_weights_keeps_its_architecture() -> None:
    row = get("iwae-mnist-z50")
    with pytest.raises(ConfigError, match="vae-mnist-z50"):
        Order(entry=row.name, model=replace(row.model, latent_dim=3), train=suggested(row, "digits"))


def test_a_network_that_is_too_large_is_refused_before_it_is_built() -> None:
    with pytest.raises(ConfigError, match="parameters"):
        orders.check_size(changed(get("ae-textbook-mnist-z64").model, hidden=(9000, 3000)))


def test_the_code_of_maps_follows_from_the_others() -> None:
    unet = changed(get("dae-mnist").model, channels=(2, 4))
    assert unet.latent_dim == 2 * 14 * 14 + 4 * 7 * 7


# --------------------------------------------------------------------------------------- what it says
def test_a_curve_stays_short_and_keeps_its_mean() -> None:
    curve = Curve()
    for step in range(1, 5001):
        curve.add(step, {"loss": float(step)} | ({"late": 1.0} if step > 3000 else {}))
    assert len(curve.ends) < progress.POINTS
    assert curve.stride == 32
    mean = np.mean([v for v in curve.values["loss"] if v is not None])
    assert mean == pytest.approx((curve.ends[-1] + 1) / 2)
    assert curve.values["late"][0] is None
    assert curve.values["late"][-1] == 1.0
    curve.cut(1000)
    assert curve.ends[-1] <= 1000
    assert len(curve.values["loss"]) == len(curve.ends)


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[1]", b'{"state": "training"}', b"\x80\x04.", b'{"state": ' + b"[" * 5000], ids=str
)
def test_a_damaged_report_is_a_sentence(damage: bytes, tmp_path: Path) -> None:
    Progress(state="training").write(tmp_path)
    assert progress.read(tmp_path).state == "training"
    (tmp_path / folders.PROGRESS).write_bytes(damage)
    with pytest.raises(GenlabError):
        progress.read(tmp_path)


def test_shots_stay_few_and_keep_the_first_and_the_last(tmp_path: Path) -> None:
    class Still(torch.nn.Module):
        weight = torch.zeros(1)

        def state_dict(self) -> dict[str, torch.Tensor]:  # type: ignore[override]
            return {"weight": self.weight}

    camera = shots.Camera(tmp_path, torch.zeros(10, 1, 28, 28, dtype=torch.uint8), resumed=False)
    camera.kept["rebuilt"] = []
    for epoch in range(200):
        camera.take(Still(), epoch)  # type: ignore[arg-type]
    assert len(camera.epochs) <= shots.MOST
    assert camera.epochs[0] == 0
    assert camera.epochs[-1] == 199
    assert camera.epochs == sorted(camera.epochs)


# --------------------------------------------------------------------------------------- folders
@pytest.mark.parametrize(
    "token",
    [None, "", "a", "../../../etc/passwd", "a" * 21, "a" * 23, "/" * 22, "." * 22, "ä" * 22, "a" * 21 + "\n", 7],
)
def test_what_is_no_token_finds_nothing(token: object, workshop: live.Places) -> None:
    assert folders.find(token) is None


def test_tokens_cannot_be_guessed_and_folders_are_private(workshop: live.Places) -> None:
    tokens = {folders.new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(folders.TOKEN.fullmatch(token) for token in tokens)
    folder = folders.make(tokens.pop(), small())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folders.find(folder.name) == folder


def test_old_and_too_many_folders_are_deleted_but_not_busy_ones(
    workshop: live.Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [folders.make(folders.new_token(), small()) for _ in range(5)]
    now = time.time()
    for age, folder in enumerate(made):
        os.utime(folder, (now - 100 * age, now - 100 * age))
    stranger = folders.root() / "not-ours"
    stranger.mkdir()
    monkeypatch.setattr(folders, "KEPT_FOLDERS", 3)
    assert set(folders.prune({made[4].name}, now=now)) == {made[3].name}
    gone = folders.prune({made[4].name}, now=now + folders.KEPT_SECONDS - 50)
    assert set(gone) == {made[1].name, made[2].name}
    assert made[0].is_dir()
    assert made[4].is_dir()
    assert stranger.is_dir()
    assert folders.prune(now=now + 2 * folders.KEPT_SECONDS)
    assert stranger.is_dir()


# --------------------------------------------------------------------------------------- at the bench
def begin(order: Order, *words: str) -> lab_runs.Run:
    token = folders.new_token()
    return lab_runs.register.begin(token, folders.make(token, order), *words)


def finished(run: lab_runs.Run) -> Progress:
    run.worker.join(PATIENCE)
    assert not run.active
    assert run.progress is not None
    return run.progress


def weights(folder: Path) -> str:
    result = folders.result(folder)
    assert result is not None
    return hashlib.sha256((result / checkpoints.WEIGHTS).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "entry",
    [
        "ae-textbook-mnist-z64",
        "vae-textbook-mnist-z20",
        "cvae-mnist-z16",
        "ae-stacked-mnist-z30",
        "pca-mnist-z128",
        "classifier-mnist",
        "bench-kl-mnist",
        "gan-textbook-mnist",
    ],
)
def test_a_training_of_each_kind_from_order_to_checkpoint(entry: str, workshop: live.Places) -> None:
    order = small(entry, epochs=1)
    run = begin(order)
    said = finished(run)
    assert said.state == "done", said.error
    found = checkpoints.load(folders.result(run.folder) or "", ImageNetwork)
    assert found.entry == entry
    assert found.train == order.train
    pictures = shots.read(run.folder)
    assert pictures.epochs[0] == 0
    assert pictures.epochs[-1] == said.epochs
    assert pictures.rebuilt.size or pictures.random.size or pictures.read.size
    assert not folders.can_go_on(run.folder)
    if entry == "gan-textbook-mnist":
        assert {"d_loss", "g_loss", "d_real", "d_fake"} <= set(said.curve.values)
        assert said.health is not None
        assert sum(said.health["shares"]) == pytest.approx(1, abs=0.01)


def test_pausing_an_epoch_and_stopping(workshop: live.Places) -> None:
    run = begin(small(epochs=40), "epoch")
    until(lambda: run.progress and run.progress.state == "paused")
    assert run.progress is not None
    assert (run.progress.epoch, run.progress.whole, run.progress.step) == (1, 1, 3)
    run.say("epoch")
    until(lambda: run.progress and run.progress.step == 6 and run.progress.state == "paused")
    run.say("go")
    until(lambda: run.progress and run.progress.step > 6)
    run.say("pause")
    until(lambda: run.progress and run.progress.state == "paused")
    at = run.progress.step
    time.sleep(0.3)
    assert run.progress.step == at
    run.say("stop")
    said = finished(run)
    assert said.state == "stopped"
    assert said.step == at < said.steps
    assert folders.result(run.folder) is not None
    assert folders.can_go_on(run.folder)
    again = lab_runs.register.begin(run.token, run.folder)
    assert finished(again).state == "done"
    assert [row["epoch"] for row in again.progress.rows] == list(range(1, 41))  # type: ignore[union-attr]
    whole = begin(small(epochs=40))
    finished(whole)
    assert weights(whole.folder) == weights(again.folder)
    assert whole.progress.curve.values == again.progress.curve.values  # type: ignore[union-attr]


def test_time_is_limited_and_the_result_kept(workshop: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_runs, "SECONDS", 0.0)
    run = begin(small(epochs=1000))
    assert finished(run).state == "late"
    assert folders.result(run.folder) is not None


def test_the_rule_ends_a_gan_and_says_why(workshop: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "BAND", 0.5)  # every accuracy is near enough
    run = begin(small("gan-textbook-mnist", window=4, epochs=5))
    said = finished(run)
    assert said.state == "rule"
    assert said.step == 4
    assert said.trigger is not None
    assert (said.trigger["first"], said.trigger["last"]) == (1, 4)
    assert folders.result(run.folder) is not None


def test_what_goes_wrong_is_a_sentence(workshop: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverges(play: Any, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mse": torch.tensor(float("nan"))}

    monkeypatch.setitem(steps.STEPS, "autoencoder", diverges)
    said = finished(begin(small()))
    assert said.state == "failed"
    assert "Lower the learning rate" in str(said.failure())
    monkeypatch.setenv("GENLAB_DATA", "/nowhere")
    order = small()
    elsewhere = replace(order, train=replace(order.train, dataset="notmnist"))
    said = finished(begin(elsewhere))
    assert said.state == "failed"
    assert "notMNIST" in str(said.failure())


def test_what_fails_at_once_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Quick:
        """Has failed, and said so, before the word that it was told is over."""

        pid, status = 1, 1

        def say(self, word: str) -> None:
            Progress(state="failed").write(tmp_path)

        def wait(self, seconds: float) -> int:
            return 1

        def end(self) -> None:
            pass

    monkeypatch.setattr(watching.spare, "take", Quick)
    assert [said.state for said in watching.Training(tmp_path, seconds=60).watch()] == ["preparing", "failed"]


def test_an_unforeseen_fault_is_a_sentence_too(workshop: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(bench.Bench, "work", broken)
    said = finished(begin(small()))
    assert said.state == "failed"
    assert "memory" in str(said.failure())


# --------------------------------------------------------------------------------------- places and visitors
def test_a_third_visitor_waits_in_line_and_may_leave_it(workshop: live.Places) -> None:
    first, second = (begin(small(epochs=1000), "epoch") for _ in range(2))
    until(lambda: all(run.progress and run.progress.state == "paused" for run in (first, second)))
    third, fourth = begin(small(), "epoch"), begin(small())
    until(lambda: fourth.worker.position == 2)
    assert third.worker.position == 1
    assert third.worker.state == "waiting"
    assert third.progress is None
    third.say("stop")
    third.worker.join(PATIENCE)
    assert third.worker.state == "stopped"
    until(lambda: fourth.worker.position == 1)
    first.say("stop")
    assert finished(fourth).state == "done"
    assert second.active


def test_who_has_gone_leaves_a_training_that_can_go_on(
    workshop: live.Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lab_runs, "ABSENCE", 0.1)
    run = begin(small(epochs=1000))
    until(lambda: run.progress and run.progress.whole >= 2)
    run.present = lambda: False
    run.worker.join(PATIENCE)
    assert run.worker.state == "gone"
    assert len(workshop) == 0
    assert folders.can_go_on(run.folder)


# --------------------------------------------------------------------------------------- processes
def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3] if Path("/proc").is_dir() else True


@pytest.fixture
def processes(workshop: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real ones."""
    monkeypatch.setattr(watching.spare, "take", watching.Process)
    monkeypatch.setenv("GENLAB_NICE", "0")


def pause_in_the_middle(run: lab_runs.Run, each: int) -> None:
    """Let it rest where some epochs are done and the next has begun."""
    while not (
        run.progress and run.progress.state == "paused" and run.progress.whole >= 2 and run.progress.step % each
    ):
        at = run.progress.step if run.progress else 0
        run.say("go")
        until(lambda at=at: run.progress and run.progress.step > at)
        run.say("pause")
        until(lambda: run.progress and run.progress.state == "paused")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_two_at_once_do_not_mix_and_a_kill_in_the_middle_changes_nothing(
    processes: None, workshop: live.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [small(epochs=80, batch_size=250, seed=seed, augment=0.5) for seed in (1, 2)]  # six steps an epoch
    runs = [begin(order, "epoch") for order in wanted]
    until(lambda: all(run.progress and run.progress.whole for run in runs))
    pids = [run.training.pid for run in runs]
    assert None not in pids
    assert len({*pids, os.getpid()}) == 3
    pause_in_the_middle(runs[0], 6)
    runs[1].say("go")
    os.kill(pids[0] or 0, signal.SIGKILL)
    runs[0].worker.join(PATIENCE)
    assert runs[0].worker.state == "failed"
    assert "kept" in str(runs[0].worker.error)
    assert folders.can_go_on(runs[0].folder)
    runs[0] = lab_runs.register.begin(runs[0].token, runs[0].folder)
    assert [finished(run).state for run in runs] == ["done", "done"]
    for run, order in zip(runs, wanted, strict=True):
        found = checkpoints.load(folders.result(run.folder) or "", ImageNetwork)
        assert found.train == order.train
        assert [row["epoch"] for row in found.metrics["training"]["history"]] == list(range(1, 81))
        assert weights(run.folder) == alone(order, run.folder.parent / f"alone {order.train.seed}")


def alone(order: Order, folder: Path) -> str:
    """The weights of the same training, never interrupted, in this process."""
    from genlab import data, runs

    torch.set_num_threads(1)  # as the process has
    row = order.row()
    pictures = data.load(row.train.dataset, row.train.split)
    model = runs.begin(row, pictures)
    from genlab.training import make_fabric

    how = {"fabric": make_fabric(row.train, device="cpu")}
    for _ in runs.play(row, model, pictures, state_path=folder / "state.safetensors", **how):
        pass
    checkpoints.save(folder / "x", model, row.train, row.step, {}, entry=row.name, dtype=torch.float32)
    return hashlib.sha256((folder / "x" / checkpoints.WEIGHTS).read_bytes()).hexdigest()


SERVER = """
import sys, time
from pathlib import Path
from genlab.workshop.watching import Training
training = Training(Path(sys.argv[1]), seconds=600)
for said in training.watch():
    print(training.pid, said.whole, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_killed_server_takes_its_process_along_and_leaves_what_is_needed_to_go_on(
    processes: None,
    workshop: live.Places,
) -> None:
    folder = folders.make(folders.new_token(), small(epochs=1000))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert server.stdout is not None
    try:
        for line in server.stdout:
            pid, whole = map(int, line.split())
            if whole >= 2:
                break
    finally:
        server.kill()
        server.wait()
    until(lambda: not alive(pid))
    assert folders.can_go_on(folder)
    said = progress.read(folder)
    assert said.whole >= 2
    assert not said.ended
    assert folders.find(folder.name) == folder
