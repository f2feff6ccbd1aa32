"""All that ships, trained again by one command: the right tasks in the right order, and on from where it stopped."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from genlab import everything
from genlab.catalog import CATALOG
from genlab.errors import TrainingError
from genlab.mapping import SHIPPED


def test_every_model_is_trained_after_what_it_needs(tmp_path: Path) -> None:
    tasks = list(everything.tasks(tmp_path))
    trained = [name for command, name, *_ in tasks if command == "train"]
    assert sorted(trained) == sorted(CATALOG)
    assert trained[0] == "classifier-mnist"
    for name, entry in CATALOG.items():
        assert not entry.base or trained.index(entry.base) < trained.index(name), name
    assert [names[0] for command, *names in tasks if command == "maps"] == list(SHIPPED)
    for name in ("vae-mnist-z50", "iwae-mnist-z50"):
        assert tasks.index(["likelihood", name, "--write"]) > trained.index(name)
    assert ["compare-denoisers", "--write"] in tasks
    assert ["few-labels", "ae-deep-mnist-z30", "--write"] in tasks


def test_a_few_only(tmp_path: Path) -> None:
    assert list(everything.tasks(tmp_path, ["ae-mnist-z16"])) == [
        ["train", "ae-mnist-z16", "--out", str(tmp_path / "ae-mnist-z16")],
        ["maps", "ae-mnist-z16", "--write"],
    ]
    with pytest.raises(TrainingError, match="no model called “nobody”"):
        list(everything.tasks(tmp_path, ["nobody"]))


def test_it_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    asked: list[list[str]] = []
    failing = {"few-labels"}

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess:
        asked.append(command[3:])
        return subprocess.CompletedProcess(command, int(command[3] in failing))

    monkeypatch.setattr(subprocess, "run", run)
    names = ["ae-deep-mnist-z30"]
    with pytest.raises(TrainingError, match="task failed"):
        list(everything.run(tmp_path, names))
    failing.clear()
    list(everything.run(tmp_path, names))
    assert [command for command, *_ in asked] == ["train", "few-labels", "few-labels", "maps"]
    list(everything.run(tmp_path, names))  # all was done: from the beginning
    assert [command for command, *_ in asked][4:] == ["train", "few-labels", "maps"]
    with pytest.raises(TrainingError, match="GENLAB_CHECKPOINTS"):
        list(everything.run(tmp_path / "elsewhere", names))
