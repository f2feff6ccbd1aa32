"""What is told of a network's layers, held against the network itself."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genlab.architecture import Architecture, Stop, describe, watch
from genlab.catalog import CATALOG, Entry
from genlab.config import (
    ConvConfig,
    DenseConfig,
    JudgeConfig,
    MapConfig,
    ModelConfig,
    NestedConfig,
    PCAConfig,
    UNetConfig,
    VAEConfig,
)
from genlab.layers import Layer
from genlab.models import GAN, ImageAutoencoder, build_empty, count_parameters

ROOT = Path(__file__).parents[1]
UNET = UNetConfig(latent_dim=24 * 196 + 48 * 49, depth=(1, 3))
ROWS = {name: entry for name, entry in CATALOG.items() if entry.rebuilds}
OTHERS = {name: entry for name, entry in CATALOG.items() if not entry.rebuilds}
every_row = pytest.mark.parametrize("entry", ROWS.values(), ids=ROWS)
every_other = pytest.mark.parametrize("entry", OTHERS.values(), ids=OTHERS)


def numbers(shapes: tuple[tuple[int, ...], ...]) -> int:
    return sum(math.prod(shape) for shape in shapes)


def halves(network: Architecture) -> tuple[tuple[Layer, ...], Stop, tuple[Layer, ...]]:
    """Of an autoencoder: encoder, code, decoder."""
    picture, code, answer = network.stops
    assert [stop.what for stop in network.stops] == ["picture", "code", "picture"]
    assert not picture.layers
    assert picture.parts == answer.parts
    return code.layers, code, answer.layers


def steps(network: Architecture) -> list[str]:
    return [f"{layer.kind} {layer.activation}".strip() for layer in network.layers]


@every_row
def test_the_layers_have_all_parameters_of_the_network(entry: Entry) -> None:
    network, model = describe(entry.model), build_empty(entry.model)
    assert network.parameters == count_parameters(model)
    assert [layer.name for layer in network.other] == (["logvar"] if isinstance(entry.model, VAEConfig) else [])
    encoder, _, decoder = halves(network)
    assert encoder
    assert decoder


def assert_chained(layers: tuple[Layer, ...]) -> None:
    for before, after in pairwise(layers):
        assert math.prod(before.outputs) == math.prod(after.inputs), (before.name, after.name)


@every_other
def test_a_game_goes_from_code_to_picture_to_verdict_and_a_classifier_from_picture_to_verdict(entry: Entry) -> None:
    network, model = describe(entry.model), build_empty(entry.model)
    assert network.parameters == count_parameters(model)
    classes = getattr(entry.model, "classes", 0)
    if isinstance(model, GAN):
        code, picture, verdict = network.stops
        assert code.parts == ((model.style_dim,), (classes,))[: 2 if classes else 1]
        assert code.length == math.prod(picture.layers[0].inputs) == model.latent_dim
        assert all(layer.name.startswith("generator.") for layer in picture.layers)
        assert all(layer.name.startswith("discriminator.") for layer in verdict.layers)
        assert [layer.name for layer in network.other] == (["discriminator.classes"] if classes else [])
    else:
        picture, verdict = network.stops
        assert not network.other
    assert [stop.what for stop in network.stops][-2:] == ["picture", "verdict"]
    assert picture.parts == (entry.model.image_shape,)
    assert verdict.length == (1 if isinstance(model, GAN) else classes) == math.prod(verdict.layers[-1].outputs)
    assert_chained(picture.layers + verdict.layers)


def test_batch_norm_belongs_to_the_layer_before_it() -> None:
    network = describe(JudgeConfig(latent_dim=6, channels=(4, 5), classes=3))
    first = network.layers[0]
    assert (first.kind, first.activation, first.parameters) == ("Conv2d", "BatchNorm, ReLU", 4 * 9 + 4 + 2 * 4)


@every_row
def test_shapes_chain_from_picture_to_code_to_picture(entry: Entry) -> None:
    network = describe(entry.model)
    encoder, code, decoder = halves(network)
    assert network.stops[0].parts == (entry.model.image_shape,)
    assert code.length == entry.model.latent_dim == numbers(code.parts)
    assert math.prod(encoder[0].inputs) == entry.model.pixels
    assert math.prod(decoder[-1].outputs) == entry.model.pixels
    assert_chained(encoder)
    assert_chained(decoder)
    made, read = math.prod(encoder[-1].outputs), math.prod(decoder[0].inputs)
    if not isinstance(entry.model, UNetConfig):  # whose code is two maps
        assert made == code.length
        assert read == (2 if isinstance(entry.model, NestedConfig) else 1) * made  # a nested one reads a mask, too


@every_row
def test_a_layers_parameters_follow_from_its_shapes(entry: Entry) -> None:
    for layer in describe(entry.model).layers:
        if layer.kind == "Linear" and not isinstance(entry.model, PCAConfig):
            assert layer.parameters == (layer.inputs[0] + 1) * layer.outputs[0]
        elif layer.kind in ("Conv2d", "ConvTranspose2d"):
            assert layer.parameters == (layer.inputs[0] * math.prod(layer.kernel)) * layer.outputs[0] + layer.outputs[0]
        elif layer.inner:
            assert layer.parameters == layer.repeats * sum(inner.parameters for inner in layer.inner)


def test_a_dense_network_is_the_list_of_its_layers() -> None:
    network = describe(DenseConfig(latent_dim=3, hidden=(20, 10), activation="tanh", code_activation="relu"))
    encoder, code, _ = halves(network)
    assert [layer.name for layer in encoder] == ["encoder.0", "encoder.1", "encoder.2"]
    assert [layer.outputs for layer in network.layers] == [(20,), (10,), (3,), (10,), (20,), (784,)]
    assert steps(network) == ["Linear Tanh"] * 2 + ["Linear ReLU"] + ["Linear Tanh"] * 2 + ["Linear Sigmoid"]
    assert code.parts == ((3,),)


def test_a_convolution_tells_its_kernel_and_stride() -> None:
    network = describe(ConvConfig(latent_dim=5, channels=(4, 6), width=7))
    encoder, _, decoder = halves(network)
    first, up = encoder[0], decoder[-2]
    assert (first.kind, first.kernel, first.stride, first.outputs) == ("Conv2d", (4, 4), (2, 2), (4, 14, 14))
    assert (up.kind, up.inputs, up.outputs) == ("ConvTranspose2d", (4, 14, 14), (4, 28, 28))


def test_tied_weights_are_borrowed_and_counted_once() -> None:
    network = describe(DenseConfig(latent_dim=3, hidden=(20,), tied=True))
    encoder, _, decoder = halves(network)
    assert [layer.borrowed for layer in encoder] == [(), ()]
    assert [layer.borrowed for layer in decoder] == [("encoder.1.weight",), ("encoder.0.weight",)]
    assert [layer.parameters for layer in decoder] == [20, 784]  # biases


def test_principal_components_have_no_module_and_are_seen() -> None:
    network = describe(PCAConfig(latent_dim=4))
    assert [(layer.name, layer.kind, layer.parameters) for layer in network.layers] == [
        ("mean", "Shift", 784),
        ("components", "Linear", 4 * 784),
        ("components", "Linear", 0),
        ("mean", "Shift", 0),
    ]
    _, _, decoder = halves(network)
    assert [layer.borrowed for layer in decoder] == [("components",), ("mean",)]
    assert decoder[-1].activation == "Clip"


def test_residual_blocks_are_one_row_and_a_code_may_be_a_small_picture() -> None:
    network = describe(MapConfig(latent_dim=2 * 49, code_channels=2, depth=3))
    encoder, code, _ = halves(network)
    (block,) = [layer for layer in encoder if layer.kind == "Residual" and layer.outputs == (16, 14, 14)]
    assert block.repeats == 3
    assert block.parameters == 3 * 2 * (16 * 16 * 9 + 16)
    assert [inner.kind for inner in block.inner if inner.parameters] == ["Conv2d", "Conv2d"]
    assert code.parts == ((2, 7, 7),)


def test_a_bridge_is_told() -> None:
    network = describe(UNET)
    assert halves(network)[1].parts == ((24, 14, 14), (48, 7, 7))
    plus = {layer.name: layer.plus for layer in network.layers if layer.plus}
    assert plus == {"spread": ("small_down",), "up": ("code",)}


class Odd(ImageAutoencoder):
    """Parameters in every place where no hook looks, a module used twice, an activation without a module."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.down, self.up, self.square = nn.Linear(784, 8), nn.Linear(8, 784), nn.Linear(8, 8)
        self.gain, self.forgotten = nn.Parameter(torch.ones(8)), nn.Parameter(torch.ones(3, 3))
        self.before = nn.Sequential(nn.LeakyReLU(), self.square)

    def encode(self, x: Tensor) -> Tensor:
        return self.square(self.before(torch.relu(self.down(x.flatten(1))) * self.gain))

    def decode(self, z: Tensor) -> Tensor:
        return self.up(z).unflatten(1, self.image_shape)


def test_any_module_with_the_two_verbs_is_accounted_for() -> None:
    model = Odd(DenseConfig(latent_dim=8))
    network = watch(model)
    assert steps(network) == ["Linear ReLU", "Scale LeakyReLU", "Linear", "Linear", "Linear", "Other"]
    assert network.parameters == count_parameters(model)
    encoder, _, _ = halves(network)
    assert [layer.parameters for layer in encoder] == [784 * 8 + 8, 8, 72, 0]
    assert encoder[3].borrowed == ("square.weight", "square.bias")
    assert [(layer.name, layer.parameters) for layer in network.other] == [("forgotten", 9)]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def ask_a_fresh_python(code: str) -> str:
    program = f"import resource, sys\nfrom genlab.architecture import describe\nfrom genlab.config import *\n{code}"
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_a_network_of_400_megabytes_takes_no_memory() -> None:
    code = (
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "describe(DenseConfig(latent_dim=2)); before = most()\n"
        "large = describe(DenseConfig(latent_dim=16, hidden=(6800, 6400))); print(large.parameters, most() - before)"
    )
    parameters, kilobytes = map(int, ask_a_fresh_python(code).split())
    assert parameters > 90_000_000
    assert kilobytes < 60_000


def test_it_imports_no_sympy() -> None:
    code = "describe(ConvConfig(latent_dim=2)); describe(PCAConfig(latent_dim=2)); print('sympy' in sys.modules)"
    assert ask_a_fresh_python(code).strip() == "False"


def test_visitors_who_look_at_once_do_not_see_each_others_layers() -> None:
    configs = [UNET, DenseConfig(latent_dim=2), MapConfig(latent_dim=49), PCAConfig(latent_dim=3)]
    alone = [describe(config) for config in configs]
    started, wrong = threading.Barrier(2 * len(configs)), []

    def look(i: int) -> None:
        started.wait()
        wrong.extend(i for _ in range(5) if describe(configs[i]) != alone[i])

    threads = [threading.Thread(target=look, args=(i % len(configs),)) for i in range(2 * len(configs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
