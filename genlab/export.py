"""A dense network for the browser: what its ``nn.Module`` computes, as a list of plain operations with weights.

    program = record(model.decode, torch.zeros(1, 8))    # linear 8→250, silu, linear 250→500, …, sigmoid
    data = to_bytes(program)                             # a safetensors file that ui/components/js/runtime.js runs

The module itself is run once and every operation that touches its input is noted, so there is no second
description of a network that could differ from the first. Matrices travel as float16, which the shipped weights are
already, vectors as float32.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from genlab.errors import ExportError
from genlab.layers import tensors_in

ACTIVATIONS = {"relu", "silu", "tanh", "sigmoid"}
SAME_VALUES = {"flatten", "unflatten", "view", "reshape", "contiguous", "detach", "unsqueeze", "squeeze", "pad", "to"}
ARITHMETIC = {"add", "sub", "mul", "div", "truediv", "radd", "rsub", "rmul"}
MAX_PRODUCTS = 3_000_000
"""Multiplications for one picture: what a browser does in 4 ms (``benchmarks/drag.py`` prints its pace)."""

DENSE_ONLY = "The browser cannot run this network: it has the step “{step}”, and only dense layers travel."


@dataclass(frozen=True, kw_only=True)
class Program:
    """Operations on one vector, one after the other.

    Attributes:
        inputs, outputs: how many numbers go in and come out.
        operations: each a name ``op`` and its settings; tensors are named.
        tensors: the weights by name, float32.
    """

    inputs: int
    outputs: int
    operations: list[dict[str, Any]]
    tensors: dict[str, Tensor]

    @property
    def products(self) -> int:
        """How many multiplications its matrices take."""
        return sum(tensor.numel() for tensor in self.tensors.values() if tensor.ndim == 2)


@torch.no_grad()
def record(function: Callable[[Tensor], Tensor], example: Tensor) -> Program:
    """Run ``function`` once and note what it does.

    Args:
        function: ``model.encode`` or ``model.decode`` of a network in evaluation mode.
        example: an input with one row, (1, …), of any values.

    Raises:
        ExportError: a step is none of the dense ones, or the network is too large.
    """
    example = example.clone()
    recorder = _Recorder(example)
    with recorder:
        result = function(example)
    operations, tensors = recorder.way_to(result)
    program = Program(inputs=example.numel(), outputs=result.numel(), operations=operations, tensors=tensors)
    if program.products > MAX_PRODUCTS:
        raise ExportError(
            "This network takes {n} million multiplications; a browser that follows the finger has time for {most}.",
            n=round(program.products / 1e6, 1),
            most=MAX_PRODUCTS // 1_000_000,
        )
    return program


def to_bytes(program: Program, about: dict[str, Any] | None = None) -> bytes:
    """The program as a safetensors file: matrices in float16, vectors in float32, operations in the header.

    Args:
        program: to write.
        about: what else the browser should know of the network, as JSON; ``network.about`` there.

    Raises:
        ExportError: a weight is beyond float16's range.
    """
    from safetensors.torch import save

    stored = {name: t.half() if t.ndim == 2 else t.float() for name, t in program.tensors.items()}
    if not all(tensor.isfinite().all() for tensor in stored.values()):
        raise ExportError("A weight of this network is too large to travel to the browser.")
    header = {"inputs": program.inputs, "outputs": program.outputs, "operations": program.operations}
    text = json.dumps(header | {"about": about or {}})  # one entry, as safetensors does not keep the order of several
    return save({name: tensor.contiguous() for name, tensor in stored.items()}, metadata={"program": text})


@dataclass
class _Recorder(TorchFunctionMode):
    """Follows one tensor through torch's functions; what is computed from weights alone is a constant.

    Of a network with two heads each is followed, and the way to the result is what counts.

    A function mode is the thread's own, so visitors whose networks run meanwhile are not touched (tracing with
    torch.fx would replace methods of ``nn.Module`` for all threads), and it imports nothing (a dispatch mode takes a
    second for that).
    """

    value: Tensor
    ways: list[tuple[Tensor, list[dict[str, Any]]]] = field(default_factory=list)  # each value, and how it was reached
    operations: list[dict[str, Any]] = field(default_factory=list)  # to the one at hand

    def __post_init__(self) -> None:
        super().__init__()
        self.ways.append((self.value, []))

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if not isinstance(result, Tensor):  # a shape, a device
            return result
        step, used = func.__name__.strip("_"), list(tensors_in((args, kwargs)))
        known = [(value, way) for value, way in self.ways if any(one is value for one in used)]
        if any(value is not known[0][0] for value, _ in known):
            raise ExportError(DENSE_ONLY, step=step)  # two ways meet: not one vector after the other
        if known:
            self.value, self.operations = known[-1][0], list(known[-1][1])
            self._note(func, step, list(args), kwargs, result)
            self.ways.append((result, self.operations))
        return result

    def way_to(self, result: Tensor) -> tuple[list[dict[str, Any]], dict[str, Tensor]]:
        """The operations that lead to a value, and their tensors by name."""
        ways = [way for value, way in self.ways if value is result]
        if not ways:
            raise ExportError(DENSE_ONLY, step="output")
        operations: list[dict[str, Any]] = []
        tensors: dict[str, Tensor] = {}
        for n, noted in enumerate(ways[-1]):
            here = {f"{n}.{name}": setting for name, setting in noted.items() if isinstance(setting, Tensor)}
            operations.append({name: f"{n}.{name}" if f"{n}.{name}" in here else one for name, one in noted.items()})
            tensors |= here
        return operations, tensors

    def _note(self, func: Any, step: str, args: list[Any], kwargs: dict[str, Any], result: Tensor) -> None:
        same_size = result.numel() == self.value.numel()
        if step in ACTIVATIONS:
            self._add(step)
        elif step == "gelu" and kwargs.get("approximate", "none") == "none":
            self._add("gelu")
        elif step in SAME_VALUES and same_size:
            pass
        elif step == "linear" and args[0] is self.value:
            self._add("linear", weight=args[1], bias=args[2] if len(args) > 2 else kwargs.get("bias"))
        elif step == "matmul" and args[0] is self.value and args[1].ndim == 2:
            self._add("linear", weight=args[1].T)
        elif step == "clamp" and args[1:] == [0.0, 1.0]:
            self._add("clip")
        elif step == "cat" and args[0][0] is self.value and len(args[0]) == 2:
            self._add("append", values=args[0][1])
        elif step in ARITHMETIC and len(args) == 2 and not kwargs and same_size:
            self._arithmetic(step, *args)
        elif step in ("layer_norm", "batch_norm", "dropout"):
            given = inspect.signature(func).bind(*args, **kwargs)
            given.apply_defaults()
            self._norm(step, given.arguments)
        else:
            raise ExportError(DENSE_ONLY, step=step)

    def _norm(self, step: str, given: dict[str, Any]) -> None:
        """Layer norm of the whole vector, batch norm by its running statistics, dropout only where it does nothing."""
        if step == "layer_norm" and math.prod(given["normalized_shape"]) == self.value.numel():
            self._add("standardise", eps=given["eps"])
            self._add("affine", scale=given["weight"], shift=given["bias"])
        elif step == "batch_norm" and not given["training"]:
            mean, variance = given["running_mean"].double(), given["running_var"].double()
            scale = (variance + given["eps"]).rsqrt() * (1.0 if given["weight"] is None else given["weight"])
            self._add("affine", scale=scale, shift=(0.0 if given["bias"] is None else given["bias"]) - mean * scale)
        elif step != "dropout" or given["training"]:
            raise ExportError(DENSE_ONLY, step=step)

    def _arithmetic(self, step: str, a: Any, b: Any) -> None:
        """value ∘ constant or constant ∘ value, as scale · value + shift."""
        if step.startswith("r"):  # Tensor.__rsub__(value, constant)
            a, b, step = b, a, step[1:]
        first = a is self.value
        other = b if first else a
        if other is self.value or ("div" in step and not first):
            raise ExportError(DENSE_ONLY, step=step)
        if step == "mul":
            self._add("affine", scale=other, shift=0.0)
        elif "div" in step:
            self._add("affine", scale=1 / other, shift=0.0)
        else:
            sign = -1.0 if step == "sub" else 1.0
            self._add("affine", scale=1.0 if first else sign, shift=sign * other if first else other)

    def _add(self, op: str, **settings: Any) -> None:
        """Note an operation; tensors among its settings stay such, and those that are None are left out."""
        noted: dict[str, Any] = {"op": op}
        for name, setting in settings.items():
            if isinstance(setting, Tensor) and setting.numel() > 1:
                noted[name] = setting.float() if setting.ndim == 2 else setting.float().flatten()
            elif setting is not None:
                noted[name] = float(setting)
        self.operations.append(noted)
