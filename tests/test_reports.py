"""Goals and what ``evaluate`` prints of them; the order in which a training writes things down."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from genlab import checkpoints, runs
from genlab.catalog import CATALOG
from genlab.config import MapConfig, TrainConfig
from genlab.evaluation import against, denoising, noise_passed
from genlab.goals import goal_value, is_met
from genlab.metrics import psnr
from genlab.models import ImageNetwork, build
from genlab.noise import draw, spoil
from genlab.reports import report
from genlab.seeding import make_generator
from genlab.steps import STEPS
from genlab.training import fit

METRICS = {
    "test": {"dataset": "mnist", "count": 10, "sse": 4.0, "mse": 0.005, "psnr": 23.0, "ssim": 0.9},
    "by_length": {"8": 11.5},
    "denoising": {"gaussian": {"0.5": 20.5}},
    "units": {"mean_activation": 0.06},
    "against_plain": {"sse": 1.1},
    "few_labels": {"sizes": [10, 100], "errors": {"tuned": [[0.5, 0.5], [0.1, 0.2]]}},
}
RHO = dataclasses.replace(CATALOG["bench-kl-mnist"].train, sparsity=0.05)


@pytest.mark.parametrize(
    ("goal", "value"),
    [
        ("sse", 4.0),
        ("psnr", 23.0),
        ("sse@8", 11.5),
        ("psnr@0.5", 20.5),
        ("plain:sse", 1.1),
        ("rho", 0.2),
        ("few:100", 0.15),
    ],
)
def test_a_goal_is_read_where_it_was_measured(goal: str, value: float) -> None:
    assert goal_value(METRICS, goal, RHO) == pytest.approx(value)
    assert goal_value({"test": {}}, goal, RHO) is None


def test_more_is_better_of_a_psnr_and_worse_of_anything_else() -> None:
    assert is_met("psnr@0.5", 20.5, 20.2)
    assert not is_met("psnr@0.5", 20.1, 20.2)
    assert is_met("sse", 3.9, 4.0)
    assert not is_met("plain:sse", 1.3, 1.25)


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_network_that_ships_has_a_report(name: str) -> None:
    loaded = checkpoints.load(name, ImageNetwork)
    lines = report(loaded, loaded.metrics).splitlines()
    assert lines[0].startswith(f"{name} on ")
    assert len([line for line in lines if line.startswith("  goal ")]) == len(CATALOG[name].goals)
    assert "not measured" not in "".join(lines)


def test_the_report_says_met_missed_and_not_measured() -> None:
    loaded = checkpoints.load("bench-tied-mnist")
    good = report(loaded, {**loaded.metrics, "against_plain": {"sse": 1.1, "parameters": 0.502}})
    assert good.count(", met") == 2
    bad = report(loaded, {**loaded.metrics, "against_plain": {"sse": 1.3, "parameters": 0.502}})
    assert "goal plain:sse ≤ 1.25: 1.3, MISSED" in bad
    alone = {key: value for key, value in loaded.metrics.items() if key != "against_plain"}
    assert report(loaded, alone).count("not measured") == 2


def test_ratios_by_hand() -> None:
    ours, plain = (
        {"test": {"sse": sse}, "units": {"parameters": n, "jacobian_norm": norm}}
        for sse, n, norm in ((3.0, 50, 2.0), (2.0, 100, 8.0))
    )
    assert against(ours, plain) == {"sse": 1.5, "parameters": 0.5, "jacobian_norm": 0.25}


def test_other_data_are_not_compared_with_the_plain_network() -> None:
    loaded = checkpoints.load("bench-tied-mnist")
    metrics = runs.measured(loaded.model, dataclasses.replace(loaded.train, dataset="digits", split="train"))
    assert "units" in metrics
    assert "against_plain" not in metrics


def test_new_measurements_make_a_new_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path))
    entry = CATALOG["bench-plain-mnist"]
    model = build(entry.model, make_generator(0))
    metrics = {"test": {"sse": 5.0}}
    checkpoints.save(tmp_path / entry.name, model, entry.train, entry.step, metrics)
    loaded = checkpoints.load(entry.name)
    runs.rewrite(entry.name, {**loaded.metrics, "test": {"sse": 77.25}})
    assert checkpoints.load(entry.name).metrics["test"]["sse"] == 77.25  # the weights' hash still fits
    assert "77.25" in checkpoints.load(entry.name).card


def test_denoising_is_measured_against_the_clean_pictures() -> None:
    images = (torch.rand(1200, 1, 28, 28, generator=make_generator(1)) * 255).byte()

    class Copier(torch.nn.Module):
        def encode(self, x: torch.Tensor) -> torch.Tensor:
            return x

        def decode(self, z: torch.Tensor) -> torch.Tensor:
            return z

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    found = denoising(Copier(), images, "gaussian")  # type: ignore[arg-type]
    assert noise_passed(Copier(), images) == pytest.approx(1.0)  # type: ignore[arg-type]
    total = 0.0
    for n, part in enumerate(images.split(1000)):
        x = part / 255
        total += (
            (spoil(x, "gaussian", 0.5, draw(tuple(x.shape), make_generator(n, "denoising"))) - x).square().sum().item()
        )
    assert found["0.5"] == pytest.approx(psnr(total / images.numel()), abs=1e-3)
    assert found["0.25"] > found["0.5"] > found["0.75"]


def test_an_epoch_counts_only_when_the_caller_has_seen_it(tmp_path: Path) -> None:
    """Killed while the caller writes an epoch down, the training does that epoch again."""
    images = (torch.rand(64, 1, 28, 28, generator=make_generator(2)) * 255).byte()
    config = TrainConfig(epochs=2, batch_size=32, precision="float32")
    model = build(CATALOG["bench-plain-mnist"].model, make_generator(0))
    state = tmp_path / "state.safetensors"
    loop = fit(model, images, config, STEPS["autoencoder"], state_path=state)
    first = next(record for record in loop if record.epoch_losses is not None)
    assert first.epoch == 1
    assert not state.exists()
    loop.close()  # the caller is done with it
    assert state.exists()


@pytest.mark.parametrize("channels", [(1, 16), (3, 8), (16, 1)])
def test_maps_of_any_channels_fit_together(channels: tuple[int, int]) -> None:
    model = build(MapConfig(latent_dim=49, sizes=(14, 7), channels=channels), make_generator(0)).eval()
    x = torch.rand(2, 1, 28, 28, generator=make_generator(3))
    assert model.encode(x).shape == (2, 49)
    assert model(x).shape == x.shape
