"""Networks on their way to the browser: what is recorded, what is refused, what is written.

Whether a browser computes the same is asked in ``tests/e2e/test_networks.py``.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load
from torch import Tensor, nn

from genlab.catalog import CATALOG
from genlab.config import DenseConfig
from genlab.errors import ExportError
from genlab.export import Program, record, to_bytes
from genlab.models import build
from genlab.seeding import make_generator


def ops(program: Program) -> list[str]:
    return [operation["op"] for operation in program.operations]


def small(**changes: object) -> DenseConfig:
    return replace(DenseConfig(latent_dim=3, hidden=(20, 10)), **changes)


def network(**changes: object) -> nn.Module:
    return build(small(**changes), make_generator(1)).eval()


def test_what_the_module_does_is_what_is_recorded() -> None:
    model = network()
    encoder, decoder = record(model.encode, torch.zeros(1, 1, 28, 28)), record(model.decode, torch.zeros(1, 3))
    assert ops(encoder) == ["linear", "silu", "linear", "silu", "linear"]
    assert ops(decoder) == ["linear", "silu", "linear", "silu", "linear", "sigmoid"]
    assert (encoder.inputs, encoder.outputs, decoder.inputs, decoder.outputs) == (784, 3, 3, 784)
    assert encoder.products == 784 * 20 + 20 * 10 + 10 * 3
    assert encoder.tensors[encoder.operations[0]["weight"]].equal(model.encoder[0].weight)


@pytest.mark.parametrize("activation", ["relu", "silu", "gelu", "tanh", "sigmoid"])
def test_every_activation_of_the_catalog_travels(activation: str) -> None:
    model = network(activation=activation)
    assert ops(record(model.encode, torch.zeros(1, 1, 28, 28)))[1] == activation


def test_tied_weights_are_written_turned() -> None:
    model = network(tied=True)
    program = record(model.decode, torch.zeros(1, 3))
    assert ops(program).count("linear") == 3
    assert program.tensors[program.operations[0]["weight"]].equal(model.encoder[-1].weight.T)


def test_signed_networks_scale_in_and_out() -> None:
    model = network(output="tanh")
    assert "affine" in ops(record(model.encode, torch.zeros(1, 1, 28, 28)))[:2]
    assert ops(record(model.decode, torch.zeros(1, 3)))[-2:] == ["affine", "sigmoid"]


def test_norms_travel() -> None:
    norms = nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 2)).eval()
    assert ops(record(norms, torch.zeros(1, 4))) == ["linear", "standardise", "affine", "affine", "linear"]


def test_norms_without_weights_travel_too_but_not_in_training() -> None:
    norms = nn.Sequential(nn.LayerNorm(4, elementwise_affine=False), nn.BatchNorm1d(4, affine=False))
    assert ops(record(norms.eval(), torch.ones(1, 4))) == ["standardise", "affine", "affine"]
    for training in (nn.BatchNorm1d(4).train(), nn.Dropout(0.5).train()):
        with pytest.raises(ExportError):
            record(
                training, torch.ones(2, 4)[:1].expand(1, 4) if isinstance(training, nn.Dropout) else torch.ones(2, 4)
            )


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + x


class Summed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum(1, keepdim=True)


@pytest.mark.parametrize(
    "refused",
    [Residual(), Summed(), nn.Sequential(nn.Linear(4, 4), nn.Softmax(1)), nn.GELU(approximate="tanh")],
    ids=["residual", "sum", "softmax", "other gelu"],
)
def test_what_is_not_a_chain_of_dense_steps_is_refused(refused: nn.Module) -> None:
    with pytest.raises(ExportError, match="only dense layers"):
        record(refused.eval(), torch.ones(1, 4))


def test_convolutions_are_refused() -> None:
    entry = CATALOG["ae-conv-mnist-z32"]
    with pytest.raises(ExportError, match="conv2d"):
        record(build(entry.model, make_generator(1)).eval().encode, torch.zeros(1, 1, 28, 28))


def test_what_takes_too_long_is_refused() -> None:
    with pytest.raises(ExportError, match="million multiplications"):
        record(nn.Linear(2000, 2000), torch.zeros(1, 2000))


def test_what_does_not_fit_float16_is_refused() -> None:
    layer = nn.Linear(2, 2)
    nn.init.constant_(layer.weight, 1e6)
    with pytest.raises(ExportError, match="too large to travel"):
        to_bytes(record(layer, torch.zeros(1, 2)))


def test_the_file_holds_matrices_as_float16_and_says_how_to_use_them() -> None:
    program = record(network().decode, torch.zeros(1, 3))
    data = to_bytes(program, {"codes": {"mean": [0.0]}})
    tensors = load(data)
    assert set(tensors) == set(program.tensors)
    assert {t.dtype for t in tensors.values() if t.ndim == 2} == {torch.float16}
    assert {t.dtype for t in tensors.values() if t.ndim == 1} == {torch.float32}
    length = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["program"])
    assert header["about"] == {"codes": {"mean": [0.0]}}
    assert header["operations"] == program.operations
    assert to_bytes(program, {"codes": {"mean": [0.0]}}) == data  # the same bytes each time


def test_recording_leaves_other_threads_alone() -> None:
    """A visitor's network may run while another one is recorded."""
    import threading

    model, x = network(), torch.rand(1, 1, 28, 28)
    wanted, stop, wrong = model(x), threading.Event(), []

    def run() -> None:
        while not stop.is_set():
            wrong.extend([1] if not model(x).equal(wanted) else [])

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(30):
        assert len(record(model.decode, torch.zeros(1, 3)).operations) == 6
    stop.set()
    thread.join()
    assert not wrong
