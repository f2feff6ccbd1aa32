"""A checkpoint folder may come from a stranger: whatever is wrong with it is said by name, before it can do harm."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from genlab import checkpoints, files
from genlab.cards import make_card
from genlab.config import ConvConfig, DenseConfig, ModelConfig, PCAConfig, TrainConfig
from genlab.errors import CheckpointError
from genlab.models import build, config_to_json
from genlab.seeding import make_generator

CONFIG = DenseConfig(latent_dim=3, hidden=(6,), image_shape=(1, 4, 4))
NAME = "ae-tiny"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a program's address space")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound checkpoint in a root of its own."""
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(tmp_path / "checkpoints"))
    path = tmp_path / "checkpoints" / NAME
    model = build(CONFIG, make_generator(0)).eval()
    checkpoints.save(path, model, TrainConfig(), "autoencoder", {"test": {"sse": 1.5}})
    return path


def edit_json(path: Path, change: Callable[[dict], object]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def write_weights(folder: Path, content: bytes) -> None:
    """Put ``content`` into the weights file, with a hash that agrees: a forger can do that."""
    (folder / "weights.safetensors").write_bytes(content)
    sha256 = files.hash_file(folder / "weights.safetensors")
    edit_json(folder / "metrics.json", lambda values: values.update(weights_sha256=sha256))


def write_tensors(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(folder / "weights.safetensors")
    change(tensors)
    save_file(tensors, folder / "forged")
    content = (folder / "forged").read_bytes()
    (folder / "forged").unlink()
    write_weights(folder, content)


def refusal(name: str | Path = NAME) -> str:
    """What ``load`` says; it may raise nothing but a ``CheckpointError``."""
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load(name)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


# --------------------------------------------------------------------------------------------- sound


def test_a_sound_folder_loads_by_name_and_by_path(folder: Path) -> None:
    for name in (NAME, folder, str(folder), f"{folder}/"):
        loaded = checkpoints.load(name)
        assert (loaded.name, loaded.config, loaded.train, loaded.step) == (NAME, CONFIG, TrainConfig(), "autoencoder")
        assert loaded.metrics["test"] == {"sse": 1.5}
        assert loaded.card == (folder / "README.md").read_text(encoding="utf-8")
        assert loaded.sha256 == loaded.metrics["weights_sha256"] == files.hash_file(folder / "weights.safetensors")
    assert checkpoints.names() == [NAME]


def test_a_loaded_model_is_only_to_be_used(folder: Path) -> None:
    model = checkpoints.load(NAME).model
    assert not any(module.training for module in model.modules())
    assert not any(p.requires_grad or p.is_meta for p in model.parameters())
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert not model(torch.rand(2, 1, 4, 4, generator=make_generator(0))).requires_grad


def test_files_are_for_everybody_to_read(folder: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o666 & ~mask, path.name


def test_a_loaded_folder_stays_as_it_is(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == ["README.md", "config.json", "metrics.json", "weights.safetensors"]
    checkpoints.load(NAME)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_written_json_is_readable_and_the_same(tmp_path: Path) -> None:
    values = {"a": [1, 2.5, "drei"], "b": {"c": [[1, 2], [3]], "d": "[ 1,\n  2 ]", "e": ["two  spaces"]}, "f": "“ü”"}
    files.write_json(tmp_path / "x.json", values)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == values
    assert '"a": [1, 2.5, "drei"]' in text
    assert "“ü”" in text


# ------------------------------------------------------------------------------------------- missing


@pytest.mark.parametrize("file", ["weights.safetensors", "config.json", "metrics.json", "README.md"])
@pytest.mark.parametrize("instead", ["nothing", "folder", "pipe", "dead link"])
def test_a_missing_file_is_named(folder: Path, file: str, instead: str) -> None:
    path = folder / file
    path.unlink()
    if instead == "folder":
        path.mkdir()
    elif instead == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(path)  # opening it would wait for ever
    elif instead == "dead link":
        path.symlink_to(folder / "nowhere")
    assert refusal() == f"{path} is missing or cannot be read."


@pytest.mark.parametrize("name", ["ae-none", "", "a" * 5000, "a\0b", "ünicode", "%s {name}", ".hidden"])
def test_an_unknown_name(folder: Path, name: str) -> None:
    assert refusal(name).startswith(f"There is no checkpoint “{name[:200]}”.")


@pytest.mark.parametrize("name", ["..", ".", "../..", "../../etc", "/etc", "~", "/", "a/../b", "../ae-tiny"])
def test_a_path_starts_where_one_stands_not_at_the_root(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)  # what “..” below the root would reach
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b" / "c")
    assert "ae-tiny" not in refusal(name).removeprefix("There is no checkpoint “../ae-tiny”")
    assert checkpoints.load("../../..").sha256 == checkpoints.load(NAME).sha256


# ------------------------------------------------------------------------------------------- weights


def header(table: object, body: bytes = b"") -> bytes:
    """A safetensors file with this header."""
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + body


ENTRY = {"dtype": "F32", "shape": [6, 16], "data_offsets": [0, 384]}
BROKEN_FILES = {
    "empty": b"",
    "seven bytes": b"1234567",
    "words": b"This is no safetensors file. " * 50,
    "zip": b"PK\x03\x04" + bytes(1000),
    "huge header": struct.pack("<Q", 2**62) + b"{}",
    "header of 100 MB that is not there": struct.pack("<Q", 99_000_000) + b"{}",
    "negative header": b"\xff" * 8 + b"{}",
    "no JSON": header(b"{not json}"),
    "a list": header([]),
    "deep JSON": header(b"[" * 100_000 + b"]" * 100_000),
    "no body": header({"encoder.0.weight": ENTRY}),
    "offsets beyond the end": header({"a": {**ENTRY, "data_offsets": [0, 2**40]}}, bytes(384)),
    "offsets backwards": header({"a": {**ENTRY, "data_offsets": [384, 0]}}, bytes(384)),
    "giant shape": header({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 384]}}, bytes(384)),
    "shape that overflows": header({"a": {"dtype": "F32", "shape": [2**63, 2], "data_offsets": [0, 0]}}),
    "unknown dtype": header({"a": {**ENTRY, "dtype": "PICKLE"}}, bytes(384)),
    "holes": header({"a": {**ENTRY, "data_offsets": [8, 392]}}, bytes(392)),
}


@pytest.mark.parametrize("content", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_what_is_no_safetensors_file(folder: Path, content: bytes) -> None:
    write_weights(folder, content)
    path = folder / "weights.safetensors"
    assert refusal() == f"{path} is missing, cut short, or no safetensors file. Copy it again."


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.1])
def test_a_file_cut_short(folder: Path, kept: float) -> None:
    content = (folder / "weights.safetensors").read_bytes()
    write_weights(folder, content[: int(kept * len(content))])
    assert "weights.safetensors is missing, cut short, or no safetensors file" in refusal()


def test_a_file_too_large_is_not_even_read(folder: Path) -> None:
    path = folder / "weights.safetensors"
    with path.open("r+b") as file:
        file.truncate(2**40)  # a hole; a terabyte by its size
    assert refusal() == f"{path} is larger than such a file can be."


def test_another_hash(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # one bit of one weight
    path.write_bytes(content)
    assert refusal().startswith(f"{path} is not the file that metrics.json was measured on.")


@pytest.mark.parametrize("value", [None, 5, ["x"], "", "0" * 64])
def test_a_hash_that_is_none(folder: Path, value: object) -> None:
    edit_json(folder / "metrics.json", lambda values: values.update(weights_sha256=value))
    assert "is not the file that metrics.json was measured on" in refusal()
    edit_json(folder / "metrics.json", lambda values: values.pop("weights_sha256"))
    assert "is not the file that metrics.json was measured on" in refusal()


def missing(tensors: dict[str, Tensor]) -> None:
    del tensors["encoder.1.weight"]


def extra(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight_"] = torch.zeros(1)


def wider(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = torch.zeros(3, 7)


def turned(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = tensors["encoder.1.weight"].T.contiguous()


def flat(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = tensors["encoder.1.weight"].flatten()


def whole_numbers(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = tensors["encoder.1.weight"].long()


def double(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = tensors["encoder.1.weight"].double()


def complex_numbers(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.1.weight"] = tensors["encoder.1.weight"].float().to(torch.complex64)


@pytest.mark.parametrize(
    "change", [missing, extra, wider, turned, flat, whole_numbers, double, complex_numbers], ids=lambda f: f.__name__
)
def test_tensors_that_do_not_fit(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    write_tensors(folder, change)
    tensor = "encoder.1.weight_" if change is extra else "encoder.1.weight"
    path = folder / "weights.safetensors"
    assert refusal() == (f"{path} does not fit its config.json: “{tensor}” is missing, unknown, or of another size.")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers(folder: Path, number: float) -> None:
    write_tensors(folder, lambda tensors: tensors["decoder.0.bias"].__setitem__(2, number))
    path = folder / "weights.safetensors"
    assert refusal() == f"{path} has values in “decoder.0.bias” that are no numbers."


def test_bfloat16_weights_are_fine(folder: Path) -> None:
    write_tensors(folder, lambda tensors: tensors.update({n: t.bfloat16() for n, t in tensors.items()}))
    assert all(p.dtype == torch.float32 for p in checkpoints.load(NAME).model.parameters())


PICKLE = b"cos\nsystem\n(S'touch {path}'\ntR."


def test_a_pickle_is_never_unpickled(folder: Path, tmp_path: Path) -> None:
    import pickle

    harm = tmp_path / "harm"
    content = PICKLE.replace(b"{path}", str(harm).encode())
    pickle.loads(content)  # noqa: S301 - the trap is armed
    assert harm.exists()
    harm.unlink()

    sound = (folder / "weights.safetensors").read_bytes()
    for bait in (content, b"PK\x03\x04" + content):
        write_weights(folder, bait)
        assert "no safetensors file" in refusal()
    write_weights(folder, sound)
    for file in ("config.json", "metrics.json", "README.md"):
        saved = (folder / file).read_bytes()
        (folder / file).write_bytes(b"\x80\x05" + content)
        refusal()
        (folder / file).write_bytes(saved)
    (folder / "weights.pt").write_bytes(content)  # an unknown file in the folder is of no interest
    checkpoints.load(NAME)
    assert not harm.exists()


# ---------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("file", ["config.json", "metrics.json"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not valid JSON."),
        (b"{", "is not valid JSON."),
        (b'{"a": 1,}', "is not valid JSON."),
        (b"{" + b'"a":{' * 200_000 + b"}" * 200_001, "is not valid JSON."),
        (b"[" * 1_000_000, "is not valid JSON."),
        (b'{"schema": ' + b"9" * 10_000 + b"}", "is not valid JSON."),
        (b"[]", "does not hold a JSON object."),
        (b"null", "does not hold a JSON object."),
        (b'"text"', "does not hold a JSON object."),
        (b"\xff\xfe\x00{", "is missing or cannot be read."),
        (b" " * (4 * 2**20 + 1), "is larger than such a file can be."),
    ],
    ids=["empty", "cut", "comma", "deep", "deeper", "digits", "list", "null", "text", "bytes", "large"],
)
def test_broken_json(folder: Path, file: str, content: bytes, said: str) -> None:
    (folder / file).write_bytes(content)
    assert refusal() == f"{folder / file} {said}"


@pytest.mark.parametrize("schema", [0, 2, "1", None, [1], 1.5, "9" * 3000])
def test_another_schema(folder: Path, schema: object) -> None:
    edit_json(folder / "config.json", lambda values: values.update(schema=schema))
    assert refusal().startswith(f"{folder / 'config.json'} is of version {str(schema)[:20]}, and this genlab reads")
    edit_json(folder / "config.json", lambda values: values.pop("schema"))
    assert "is of version None" in refusal()


MODELS = {
    "no object": (None, "must be a JSON object"),
    "list": ([], "must be a JSON object"),
    "no kind": ({"latent_dim": 3}, "no kind of network called “None”"),
    "unknown kind": ({"kind": "diffusion", "latent_dim": 3}, "no kind of network called “diffusion”"),
    "kind no text": ({"kind": ["dense"], "latent_dim": 3}, "no kind of network"),
    "long kind": ({"kind": "x" * 10_000}, "no kind of network"),
    "no latent_dim": ({"kind": "dense"}, "lacks these settings: latent_dim"),
    "unknown setting": ({"kind": "dense", "latent_dim": 3, "__class__": "os"}, "does not know: __class__"),
    "text": ({"kind": "dense", "latent_dim": "3"}, "“latent_dim” cannot be"),
    "real": ({"kind": "dense", "latent_dim": 3.0}, "“latent_dim” cannot be"),
    "true": ({"kind": "dense", "latent_dim": True}, "“latent_dim” cannot be"),
    "negative": ({"kind": "dense", "latent_dim": -1}, "A code of -1 numbers is out of bounds"),
    "giant code": ({"kind": "dense", "latent_dim": 10**18}, "is out of bounds"),
    "giant width": ({"kind": "dense", "latent_dim": 3, "hidden": [10**12]}, "are out of bounds"),
    "widths no list": ({"kind": "dense", "latent_dim": 3, "hidden": "16"}, "“hidden” cannot be"),
    "nested widths": ({"kind": "dense", "latent_dim": 3, "hidden": [[16]]}, "“hidden” cannot be"),
    "many layers": ({"kind": "dense", "latent_dim": 3, "hidden": [1] * 500_000}, "are out of bounds"),
    "giant images": ({"kind": "dense", "latent_dim": 3, "image_shape": [1, 10**9, 10**9]}, "is outside what genlab"),
    "no image": ({"kind": "dense", "latent_dim": 3, "image_shape": [1, -28, -28]}, "is outside what genlab"),
    "many stages": ({"kind": "conv", "latent_dim": 3, "channels": [1] * 500_000}, "are out of bounds"),
    "activation": ({"kind": "dense", "latent_dim": 3, "activation": "eval"}, "“activation” cannot be"),
}


@pytest.mark.parametrize(("model", "said"), MODELS.values(), ids=MODELS)
def test_networks_that_cannot_be(folder: Path, model: object, said: str) -> None:
    edit_json(folder / "config.json", lambda values: values.update(model=model))
    sentence = refusal()
    assert sentence.startswith(f"{folder / 'config.json'} is wrong. ")
    assert said in sentence


TRAININGS = {
    "no object": 5,
    "loss": {"loss": "pickle"},
    "epochs": {"epochs": 10**9},
    "rate": {"learning_rate": 10**400},
    "setting": {"callback": "os.system"},
    "data": {"dataset": "../../etc"},
}


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_trainings_that_cannot_be(folder: Path, train: object) -> None:
    edit_json(folder / "config.json", lambda values: values.update(train=train))
    assert refusal().startswith(f"{folder / 'config.json'} is wrong. ")


GIANTS = {
    "dense": DenseConfig(latent_dim=16_384, hidden=(16_384,) * 16),
    "one layer": DenseConfig(latent_dim=16_384, hidden=(), image_shape=(3, 256, 256)),
    "conv": ConvConfig(latent_dim=16_384, channels=(1024,) * 6, image_shape=(3, 256, 256)),
    "pca": PCAConfig(latent_dim=16_384, image_shape=(3, 256, 256)),
}


@contextmanager
def memory_for(megabytes: int) -> Iterator[None]:
    """The process may take this much more address space, touched or not; a larger request fails inside torch."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + megabytes * 2**20, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@linux
def test_the_memory_limit_of_these_tests_limits() -> None:
    with memory_for(100), pytest.raises(RuntimeError, match="memory"):
        torch.empty(300 * 2**20, dtype=torch.uint8)


@linux
@pytest.mark.parametrize("config", GIANTS.values(), ids=GIANTS)
def test_giants_are_refused_before_they_take_memory(folder: Path, config: ModelConfig) -> None:
    edit_json(folder / "config.json", lambda values: values.update(model=config_to_json(config)))
    with memory_for(100):
        sentence = refusal()
    assert sentence.startswith(f"{folder / 'config.json'} is wrong. This network would have ")


@linux
def test_a_network_larger_than_its_weights_takes_no_memory(folder: Path) -> None:
    """90 million parameters are allowed; the shapes in the file are compared before memory is taken."""
    config = DenseConfig(latent_dim=9_000, hidden=(5_000,), image_shape=(1, 4, 4))
    edit_json(folder / "config.json", lambda values: values.update(model=config_to_json(config)))
    with memory_for(100):
        assert "weights.safetensors does not fit its config.json" in refusal()


# ------------------------------------------------------------------------------------- Hugging Face


def test_hugging_face_without_a_network_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    sentence = refusal("somebody/some-model")
    assert sentence.startswith("“somebody/some-model” could not be fetched from Hugging Face. Check its name")


def fake_hub(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], str]) -> list[tuple[str, list[str]]]:
    """Put ``answer`` in the place of the hub; what was asked of it."""
    import huggingface_hub

    asked = []

    def snapshot_download(repo_id: str, *, allow_patterns: list[str]) -> str:
        asked.append((repo_id, allow_patterns))
        return answer(repo_id)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_hugging_face_gives_four_files(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tmp_path / "models--somebody--ae-far" / "snapshots" / "0a1b2c"
    shutil.copytree(folder, snapshot)
    asked = fake_hub(monkeypatch, lambda repo_id: str(snapshot))
    loaded = checkpoints.load("somebody/ae-far")
    assert loaded.name == "ae-far"  # not the snapshot's hash
    assert torch.equal(loaded.model.encoder[0].weight, checkpoints.load(NAME).model.encoder[0].weight)
    files = {"weights.safetensors", "config.json", "metrics.json", "README.md"}
    assert [(repo, set(patterns)) for repo, patterns in asked] == [("somebody/ae-far", files)]

    (snapshot / "config.json").unlink()
    assert refusal("somebody/ae-far") == f"{snapshot / 'config.json'} is missing or cannot be read."


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("bad id"), RuntimeError("401"), KeyError("x")])
def test_any_trouble_of_the_hub_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(repo_id: str) -> str:
        raise error

    fake_hub(monkeypatch, fail)
    assert "could not be fetched from Hugging Face" in refusal("somebody/ae-far")


@pytest.mark.parametrize("name", ["a/b/c", "../b", "a/..", "https://x/y", "a b/c", "/a/b", "a/b\n", "a/"])
def test_only_owner_and_name_go_to_the_hub(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked = fake_hub(monkeypatch, lambda repo_id: str(folder))
    with pytest.raises(CheckpointError):
        checkpoints.load(name)
    assert asked == []


def test_a_folder_goes_before_the_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_hub(monkeypatch, lambda repo_id: "nowhere")
    monkeypatch.chdir(folder.parent.parent)
    assert checkpoints.load(f"checkpoints/{NAME}").name == NAME
    assert asked == []


# ---------------------------------------------------------------------------------------------- card


def test_the_card_says_what_was_configured_and_measured(folder: Path) -> None:
    card = checkpoints.load(NAME).card
    assert card.startswith("---\nlibrary_name: genlab\nlicense: mit\n")
    assert "# ae-tiny" in card
    assert "dense, latent_dim 3, hidden 6," in card
    assert "- **Parameters**: 259" in card  # 16·6+6 + 6·3+3 + 3·6+6 + 6·16+16
    assert "| Squared error of an image (SSE), pixels in [0, 1] | 1.5 |" in card
    assert "| learning_rate | `0.002` |" in card
    assert "python -m genlab train ae-tiny" in card


def test_a_card_with_everything() -> None:
    config = {"model": config_to_json(CONFIG), "train": TrainConfig(dataset="digits").to_json(), "step": "nested"}
    metrics = {
        "test": {"sse": 2.345678, "mse": 0.1, "psnr": 10.0},
        "baseline": {"name": "PCA-3", "sse": 13.8654, "sse_clipped": 12.5},
        "by_length": {"1": 40.0, "2": 30.0},
        "training": {"seconds": 61.2, "cpu_seconds": 1234.5, "hardware": "an abacus", "torch": "2"},
    }
    card = make_card("ae-nested-mnist-z64", config, metrics)
    for line in (
        "datasets: [digits]",
        "| SSE of PCA-3, for comparison | 13.87 |",
        "| SSE of PCA-3 with its output clipped to [0, 1] | 12.5 |",
        "| numbers kept | 1 | 2 |",
        "| SSE | 40 | 30 |",
        "- **Training**: 61 s (1,234 CPU-seconds) on an abacus, torch 2",
        "| step | `nested` |",
    ):
        assert line in card.splitlines(), line
    assert "Rippel" in card
    assert "None" not in card
