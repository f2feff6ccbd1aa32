"""The command line: what it prints, what it writes, and that whatever goes wrong is one sentence and status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from genlab import checkpoints, data, device
from genlab.catalog import CATALOG
from genlab.cli import main, make_parser
from genlab.errors import ConfigError
from genlab.launching import processes
from tests import programs

NAME = "ae-textbook-mnist-z64"
SHIPPED = Path(__file__).parents[1] / "checkpoints"


@pytest.fixture(autouse=True)
def shipped_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENLAB_CHECKPOINTS", raising=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of checkpoints with one of them, trained on a few digits, and its TensorBoard logs beside it."""
    folder = tmp_path_factory.mktemp("cli")
    given = ["train", NAME, "--dataset", "digits", "--split", "validation", "--epochs", "3", "--batch-size", "40"]
    given += ["--device", "cpu", "--out", str(folder / "checkpoints" / NAME), "--tensorboard", str(folder / "logs")]
    assert main(given) == 0
    return folder


def say(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command prints when all is well."""
    assert main([str(word) for word in arguments]) == 0
    return capsys.readouterr().out


def complain(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence of a command that fails."""
    assert main([str(word) for word in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("genlab: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err.removeprefix("genlab: ").rstrip()


# --------------------------------------------------------------------------------------------- list


def test_list_shows_every_model(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(root / "checkpoints"))
    head, *lines = say(capsys, "list").splitlines()
    assert "test SSE" in head
    assert [line.split()[0] for line in lines] == list(CATALOG)
    (ours,) = (line for line in lines if line.startswith(NAME))
    measured = checkpoints.load(NAME).metrics["test"]["sse"]
    assert ours.split()[1:] == ["435,536", "mnist", f"{measured:.2f}"]
    assert all(line.endswith("not shipped") for line in lines if line != ours)


def test_list_as_json(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(root / "checkpoints"))
    rows = {row["name"]: row for row in json.loads(say(capsys, "list", "--json"))}
    assert list(rows) == list(CATALOG)
    ours = rows[NAME]
    assert ours["shipped"] is True
    assert ours["parameters"] == 784 * 256 + 256 + 256 * 64 + 64 + 64 * 256 + 256 + 256 * 784 + 784
    assert ours["test"] == checkpoints.load(NAME).metrics["test"]
    assert ours["model"]["hidden"] == [256]
    assert (rows["ae-mnist-z8"]["shipped"], rows["ae-mnist-z8"]["test"]) == (False, None)
    assert all(row["title"] and row["paper"] and row["parameters"] > 0 for row in rows.values())


# ---------------------------------------------------------------------------------------------- train


def test_train_writes_a_checkpoint_of_what_was_asked(root: Path) -> None:
    loaded = checkpoints.load(root / "checkpoints" / NAME)
    assert (loaded.name, loaded.config) == (NAME, CATALOG[NAME].model)
    train = loaded.train
    assert (train.dataset, train.split, train.epochs, train.batch_size) == ("digits", "validation", 3, 40)
    assert train.learning_rate == CATALOG[NAME].train.learning_rate
    assert loaded.metrics["test"]["count"] == 297
    assert loaded.metrics["training"]["hardware"].startswith("CPU (")
    assert [row["epoch"] for row in loaded.metrics["training"]["history"]] == [1, 2, 3]


def test_tensorboard_logs_hold_the_losses(root: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    (path,) = (root / "logs").rglob("events.out.tfevents.*")
    found: dict[str, dict[int, float]] = {}
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
            found.setdefault(value.tag, {})[event.step] = number
    assert found["learning_rate"] == pytest.approx({5: 1e-4, 10: 1e-4, 15: 1e-4})
    history = checkpoints.load(root / "checkpoints" / NAME).metrics["training"]["history"]
    losses = {5 * row["epoch"]: row["mse_signed"] for row in history}
    assert found["mse_signed"] == pytest.approx(losses, rel=1e-4)


def test_dry_run_says_the_numbers_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = ["train", NAME, "--dry-run", "--dataset", "digits", "--batch-size", 100, "--epochs", 7, "--out", out]
    printed = say(capsys, *given)
    assert f"{NAME}: dense, latent_dim 64, hidden 256, activation relu" in printed
    assert "435,536 parameters" in printed
    assert "1,500 images of digits, 105 steps" in printed
    assert f"writes {out}" in printed
    assert "batch_size: 100" in printed
    assert not out.exists()


def test_dry_run_of_the_real_thing(mnist_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = say(capsys, "train", "ae-mnist-z8", "--dry-run")
    assert "60,000 images of mnist, 14,100 steps" in printed
    assert f"writes {Path('runs') / 'ae-mnist-z8'}" in printed


def test_processes_are_those_torchrun_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    options = make_parser().parse_args(["train", NAME, "--devices", "3", "--nodes", "2"])
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert processes(options) == (3, 2)
    for key, value in {"TORCHELASTIC_RUN_ID": "none", "LOCAL_WORLD_SIZE": "4", "WORLD_SIZE": "8"}.items():
        monkeypatch.setenv(key, value)
    assert processes(options) == (4, 2)


# --------------------------------------------------------------------------------- evaluate and card


def test_evaluate_gives_what_was_stored(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = root / "checkpoints" / NAME
    found = json.loads(say(capsys, "evaluate", folder, "--json"))
    stored = checkpoints.load(folder)
    assert (found["name"], found["weights_sha256"]) == (NAME, stored.sha256)
    for key in ("sse", "mse", "mse_signed", "psnr", "ssim"):
        assert found["test"][key] == pytest.approx(stored.metrics["test"][key], rel=1e-4), key
    assert found["baseline"] == stored.metrics["baseline"]

    words = say(capsys, "evaluate", folder)
    assert f"{NAME} on 297 test images of digits:" in words
    assert f"SSE {found['test']['sse']:.3f}" in words
    assert f"PCA-64: SSE {found['baseline']['sse']:.2f}" in words


def test_evaluate_on_mnist(mnist_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(say(capsys, "evaluate", "pca-mnist-z128", "--json"))
    stored = checkpoints.load("pca-mnist-z128").metrics
    assert found["test"]["count"] == 10_000
    for key in ("sse", "ssim"):
        assert found["test"][key] == pytest.approx(stored["test"][key], rel=0.001), key
    assert found["by_length"] == pytest.approx(stored["by_length"], rel=0.001)
    assert found["baseline"]["sse"] == pytest.approx(3.30, abs=0.01)


def test_card_is_made_anew(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = root / "checkpoints" / NAME
    stored = (folder / "README.md").read_text(encoding="utf-8")
    assert say(capsys, "card", folder).rstrip() == stored.rstrip()
    (folder / "README.md").write_text("spoiled", encoding="utf-8")
    assert say(capsys, "card", folder, "--write") == ""
    assert (folder / "README.md").read_text(encoding="utf-8") == stored


# --------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("command", ["train", "evaluate", "card"])
def test_an_unknown_model(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = complain(capsys, command, "ae-mnist-z3")
    assert sentence.startswith("There is no")
    assert "“ae-mnist-z3”" in sentence
    assert "“python -m genlab list” shows those there are." in sentence


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_no_data(more: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GENLAB_DATA", str(tmp_path))
    sentence = complain(capsys, "train", "ae-mnist-z2", "--device", "cpu", "--out", tmp_path / "out", *more)
    assert "MNIST" in sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--epochs", 0, "“epochs” is 0; it must lie between 1 and"),
        ("--batch-size", 65_537, "“batch_size” is 65537; it must lie between 1 and 65536"),
        ("--learning-rate", "nan", "“learning_rate” cannot be nan"),
        ("--learning-rate", "11", "“learning_rate” is 11.0; it must lie between"),
        ("--augment", "1.5", "“augment” is 1.5"),
        ("--seed", "-1", "“seed” is -1"),
        ("--precision", "float16", "“precision” cannot be 'float16'"),
        ("--dataset", "imagenet", "“dataset” cannot be 'imagenet'"),
        ("--split", "everything", "everything"),
        ("--devices", 0, "choose 1 to"),
        ("--nodes", 0, "of 0 machines"),
    ],
)
def test_settings_out_of_range(
    option: str, value: object, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = ["train", "ae-mnist-z2", "--device", "cpu", "--out", tmp_path / "out"]
    if option not in ("--dataset",):
        given += ["--dataset", "digits"]
    assert said in complain(capsys, *given, option, value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [[], ["fly"], ["train"], ["train", NAME, "--epochs", "many"]])
def test_a_command_that_is_none(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m genlab" in capsys.readouterr().err


def test_images_that_do_not_fit_the_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = data.ImageSet(
        name="svhn",
        split="train",
        images=torch.zeros(20, 3, 32, 32, dtype=torch.uint8),
        labels=torch.zeros(20, dtype=torch.long),
        class_names=("0",),
    )
    monkeypatch.setattr(data, "load", lambda *_, **__: colour)
    for more in ([], ["--dry-run"]):
        sentence = complain(
            capsys, "train", NAME, "--dataset", "svhn", "--device", "cpu", "--out", tmp_path / "o", *more
        )
        assert "This network reads images of 1×28×28" in sentence
        assert "these are 3×32×32" in sentence


def test_a_place_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sentence = complain(
        capsys, "train", NAME, "--dataset", "digits", "--device", "cpu", "--out", tmp_path / "file" / "out"
    )
    assert str(tmp_path / "file") in sentence


def test_a_device_that_is_not_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(wanted: str) -> torch.device:
        raise ConfigError(f"This machine has no “{wanted}” device.")

    monkeypatch.setattr(device, "pick", refuse)
    assert complain(capsys, "train", NAME, "--device", "mps") == "This machine has no “mps” device."


def test_more_devices_than_there_are(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "pick", lambda wanted: torch.device("mps"))
    sentence = complain(capsys, "train", NAME, "--device", "mps", "--devices", 2)
    assert sentence.startswith("Training on 2 × “mps”")
    assert "choose 1 to 1" in sentence


def test_tensorboard_that_is_not_installed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lightning_fabric import loggers

    class Absent:
        def __init__(self, *_: object, **__: object) -> None:
            raise ModuleNotFoundError("No module named 'tensorboard'")

    monkeypatch.setattr(loggers, "TensorBoardLogger", Absent)
    sentence = complain(capsys, "train", NAME, "--dataset", "digits", "--device", "cpu", "--tensorboard", tmp_path)
    assert sentence.startswith("TensorBoard is not installed.")


def test_a_broken_checkpoint(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    folder = Path(shutil.copytree(root / "checkpoints" / NAME, tmp_path / NAME))
    (folder / "config.json").write_text("{", encoding="utf-8")
    for command in ("evaluate", "card"):
        assert complain(capsys, command, folder) == f"{folder / 'config.json'} is not valid JSON."


# ------------------------------------------------------------------------------------ as a program


def test_as_a_program_an_error_is_a_sentence() -> None:
    done = programs.run("evaluate", "somebody/some-model", HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("genlab: “somebody/some-model” could not be fetched from Hugging Face.")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_is_no_error() -> None:
    """``python -m genlab list | head -1`` ends without a word."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "genlab", "list"],
            stdout=write,
            stderr=subprocess.PIPE,
            env=programs.environment(),
            cwd=programs.ROOT,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_needs_no_torch() -> None:
    """The options are shown at once: what is heavy is imported by the commands that use it."""
    heavy = "{'torch', 'sklearn', 'streamlit'} & sys.modules.keys()"
    code = f"import sys; from genlab import cli; cli.make_parser(); print(sorted({heavy}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=programs.environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
