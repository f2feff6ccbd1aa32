"""A network that was downloaded and comes back: the same, or a sentence."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from genlab import checkpoints
from genlab.errors import CheckpointError
from genlab.models import ImageNetwork
from genlab.workshop import parcels
from tests.workshop_fixtures import small


@pytest.fixture(scope="module")
def parcel(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small network as it is sent home."""
    from genlab.models import build
    from genlab.seeding import make_generator

    order = small()
    model = build(order.model, make_generator(0)).eval()
    place = tmp_path_factory.mktemp("parcel") / "mine"
    codes = {"mean": [0.0] * 4, "std": [1.0] * 4, "quantiles": {"0.01": [-1.0] * 4, "0.99": [1.0] * 4}}
    checkpoints.save(place, model, order.train, "autoencoder", {"codes": codes}, dtype=torch.float32)
    return parcels.pack(checkpoints.load(place, ImageNetwork))


def test_a_network_goes_home_and_comes_back_the_same(parcel: bytes) -> None:
    for files in ({"mine.zip": parcel}, parcels.unpack(parcel)):
        found = parcels.open_parcel(files, "yours")
        assert found.name == "yours"
        assert "codes" in found.metrics
        again = parcels.open_parcel({"again.zip": parcels.pack(found)}, "more")
        ours, theirs = found.model.state_dict(), again.model.state_dict()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def rezipped(change: Callable[[dict[str, bytes]], object], parcel: bytes, prefix: str = "mine/") -> dict[str, bytes]:
    files = parcels.unpack(parcel)
    change(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return {"x.zip": buffer.getvalue()}


def edit(files: dict[str, bytes], name: str, **changes: Any) -> None:
    values = json.loads(files[name])
    for key, value in changes.items():
        values[key] = {**values[key], **value} if isinstance(value, dict) else value
    files[name] = json.dumps(values).encode()


def not_finite(files: dict[str, bytes]) -> None:
    tensors = load(files["weights.safetensors"])
    next(iter(tensors.values())).fill_(float("nan"))
    files["weights.safetensors"] = save(tensors)
    edit(files, "metrics.json", weights_sha256=hashlib.sha256(files["weights.safetensors"]).hexdigest())


DAMAGE: dict[str, Callable[[dict[str, bytes]], object]] = {
    "no weights": lambda f: f.pop("weights.safetensors"),
    "no metrics": lambda f: f.pop("metrics.json"),
    "other weights": lambda f: f.update({"weights.safetensors": f["weights.safetensors"][:-4] + b"\0\0\0\0"}),
    "a pickle": lambda f: f.update({"weights.safetensors": b"\x80\x04."}),
    "not finite": not_finite,
    "too large a network": lambda f: edit(f, "config.json", model={"hidden": [16000, 16000]}),
    "out of bounds": lambda f: edit(f, "config.json", model={"latent_dim": 10**9}),
    "unknown kind": lambda f: edit(f, "config.json", model={"kind": "os.system"}),
    "no JSON": lambda f: f.update({"config.json": b"["}),
    "deep JSON": lambda f: f.update({"metrics.json": b"[" * 100_000}),
    "nothing": lambda f: f.clear(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_parcel_is_a_sentence_that_names_no_folder_of_ours(damage: str, parcel: bytes) -> None:
    with pytest.raises(CheckpointError) as error:
        parcels.open_parcel(rezipped(DAMAGE[damage], parcel), "x")
    assert str(error.value).endswith(".")
    assert "/tmp" not in str(error.value)
    assert "genlab-parcel" not in str(error.value)


def test_a_zip_cannot_write_elsewhere_nor_swell(parcel: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = parcels.open_parcel(rezipped(lambda f: None, parcel, prefix="../../outside/"), "x")
    assert found.name == "x"
    assert list(tmp_path.iterdir()) == []
    for name in ("README.md", "config.json"):
        with pytest.raises(CheckpointError):  # 200 MB of zeros in 200 kB
            parcels.open_parcel(rezipped(lambda f, name=name: f.update({name: bytes(200 * 2**20)}), parcel), "x")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # of which 300 bytes become as many megabytes at once
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("config.json", b"{}")
        with pytest.raises(CheckpointError, match="no zip that can be read"):
            parcels.open_parcel({"x.zip": packed.getvalue()}, "x")
    twice = io.BytesIO(parcel)
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("other/config.json", b"{}")
    with pytest.raises(CheckpointError, match="twice"):
        parcels.open_parcel({"x.zip": twice.getvalue()}, "x")
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(parcels.MOST_MEMBERS + 1):
            archive.writestr(str(n), b"")
    for body in (many.getvalue(), b"no zip", b"PK\x03\x04" + bytes(100), b""):
        with pytest.raises(CheckpointError):
            parcels.open_parcel({"x.zip": body}, "x")


def test_a_damaged_zip_is_a_sentence(parcel: bytes) -> None:
    for place in range(60, len(parcel) - 60, max(1, len(parcel) // 97)):
        damaged = bytearray(parcel)
        damaged[place] ^= 0x55
        with contextlib.suppress(CheckpointError):
            parcels.open_parcel({"x.zip": bytes(damaged)}, "x")


def test_a_network_and_its_data_set_go_together(parcel: bytes) -> None:
    def street(files: dict[str, bytes]) -> None:
        config = json.loads(files["config.json"])
        config["train"]["dataset"] = "street"
        files["config.json"] = json.dumps(config).encode()

    with pytest.raises(CheckpointError, match="does not fit"):
        parcels.open_parcel(rezipped(street, parcel), "x")


@pytest.mark.parametrize("value", ["NaN", "1" + "0" * 400])
def test_a_slider_has_ends(parcel: bytes, value: str) -> None:
    def odd(files: dict[str, bytes]) -> None:
        metrics = json.loads(files["metrics.json"])
        assert "codes" in metrics
        text = json.dumps(metrics["codes"]["std"][0])
        files["metrics.json"] = files["metrics.json"].replace(text.encode(), value.encode(), 1)

    assert "codes" not in parcels.open_parcel(rezipped(odd, parcel), "x").metrics


def test_a_stranger_s_measurements_are_taken_for_what_they_are(parcel: bytes) -> None:
    def odd(files: dict[str, bytes]) -> None:
        values = json.loads(files["metrics.json"]) | {"codes": 3, "test": {"sse": "<b>", "mse": 0.1}, "samples": 7}
        files["metrics.json"] = json.dumps(values).encode()

    found = parcels.open_parcel(rezipped(odd, parcel), parcels.a_name("../ä b?.x"))
    assert set(found.metrics) == {"weights_sha256", "test"}
    assert found.metrics["test"] == {"mse": 0.1}
    assert found.name == "b-.x"
