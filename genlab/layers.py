"""The layers of a network in the order they run, with their shapes and parameters, seen while it runs.

Hooks on the modules of one instance see the layers; a function mode, the thread's own, sees what runs without a module.
A batch of nothing is enough, and computes nothing but shapes. (The ``meta`` device would import SymPy.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Shape = tuple[int, ...]

FUNCTIONS = {name.lower(): name for name in ("Sigmoid", "Tanh", "ReLU", "SiLU", "GELU", "Softmax")} | {"clamp": "Clip"}
"""Activations that a network may call without a module."""

WITH_PARAMETERS = {
    **dict.fromkeys(("linear", "matmul", "rmatmul", "addmm", "mm"), "Linear"),
    **dict.fromkeys(("add", "radd", "sub", "rsub"), "Shift"),
    **dict.fromkeys(("mul", "rmul", "div", "truediv"), "Scale"),
}
"""What to call a function that is applied with a parameter; another keeps its own name."""

SUMS, SAME_NUMBERS = {"add", "radd", "iadd"}, {"flatten", "reshape", "view", "contiguous", "cat"}
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One step of a network.

    Attributes:
        name: where it is in the module, such as ``down.0``; for a parameter without a module, the parameter's.
        kind: its class, such as ``Linear``.
        kernel, stride: of a convolution, (height, width); empty for any other.
        inputs, outputs: shapes without the batch, (C, H, W) or (n,).
        parameters: how many numbers it brings along that training can change.
        activation: what follows it, such as ``SiLU`` or ``BatchNorm, ReLU``; empty for nothing.
        borrowed: parameters that it uses and another layer brought along.
        plus: the layers whose output is added to its own; ``code`` for a part of the code.
        repeats: so many alike, one after the other; ``parameters`` are of all of them.
        inner: the layers of one block.
    """

    name: str
    kind: str
    kernel: Shape = ()
    stride: Shape = ()
    inputs: Shape
    outputs: Shape
    parameters: int = 0
    activation: str = ""
    borrowed: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    repeats: int = 1
    inner: tuple[Layer, ...] = ()


@dataclass(kw_only=True)
class _Open:
    """A module at work, and the layers it has run so far."""

    name: str = ""
    module: nn.Module | None = None
    inputs: Shape = ()
    layers: list[Layer] = field(default_factory=list)

    @property
    def is_leaf(self) -> bool:
        return self.module is not None and not list(self.module.children())


class Watcher(TorchFunctionMode):
    """Follows what a network does with a batch of nothing.

    Attributes:
        used: which parameters were, by ``id``.
        parts: of a result, by ``id``, the shapes that it was flattened from, one after the other.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.names = {id(p): name for name, p in model.named_parameters()}
        self.used: set[int] = set()
        self.stack: list[_Open] = []
        self.kept: list[Tensor] = []  # so that no tensor takes the id of another
        self.origin: dict[int, str] = {}
        self.latest = ""  # the origin that was added last
        self.parts: dict[int, tuple[Shape, ...]] = {}

    @torch.no_grad()
    def run(self, function: Any, given: Tensor) -> tuple[tuple[Layer, ...], Tensor]:
        """The layers that ``function`` runs through, and what it gives."""
        self.stack = [_Open()]
        self._keep(given, "image" if given.dim() == 4 else "code")
        inside = [(name, module) for name, module in self.model.named_modules() if name]
        hooks = [module.register_forward_pre_hook(self._before(name)) for name, module in inside]
        hooks += [module.register_forward_hook(self._after) for _, module in inside]
        try:
            with self:
                result = function(given)
        finally:
            for hook in hooks:
                hook.remove()
        return tuple(self.stack[0].layers), result

    def _before(self, name: str) -> Any:
        def enter(module: nn.Module, args: tuple[Any, ...]) -> None:
            opened = _Open(name=name, module=module, inputs=shape_of(*tensors_in(args)))
            if isinstance(module, CONTAINERS):
                opened.layers = self.stack[-1].layers
            self.stack.append(opened)

        return enter

    def _after(self, module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        done, here = self.stack.pop(), self.stack[-1].layers
        if isinstance(module, nn.Identity) or (isinstance(module, CONTAINERS) and not len(module)):
            return
        given, kind = list(tensors_in(args)), type(module).__name__
        activation = isinstance(module, nn.BatchNorm2d) or type(module).__module__ == "torch.nn.modules.activation"
        shapes: dict[str, Any] = {"inputs": done.inputs, "outputs": shape_of(*tensors_in(result))}
        if done.is_leaf:
            parameters, borrowed = self._use([*module.parameters(), *self._parameters(given)])
            layer = Layer(
                name=done.name,
                kind=kind,
                kernel=_pair(module, "kernel_size"),
                stride=_pair(module, "stride"),
                parameters=parameters,
                borrowed=borrowed,
                **shapes,
            )
            _push(here, layer, activation)
        elif done.layers is not here and shapes["inputs"] == shapes["outputs"]:  # a block
            total = sum(layer.parameters for layer in done.layers)
            _push(here, Layer(name=done.name, kind=kind, parameters=total, inner=tuple(done.layers), **shapes))
        elif done.layers is not here:
            for layer in done.layers:
                _push(here, layer, layer.kind in FUNCTIONS.values())
        if isinstance(result, Tensor):
            self._keep(result, self.origin.get(id(given[0]), done.name) if activation else done.name)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and not self.stack[-1].is_leaf:
            self._note(func.__name__.strip("_"), list(tensors_in((args, kwargs))), result)
        return result

    def _note(self, step: str, given: list[Tensor], result: Tensor) -> None:
        """A function that a network called by itself."""
        parameters, here = self._parameters(given), self.stack[-1].layers
        if parameters and self._parameters([result]):  # a view of a parameter: nothing was computed
            return
        data = [tensor for tensor in given if id(tensor) in self.origin]
        origins = [self.origin[id(tensor)] for tensor in data]
        shapes: dict[str, Any] = {"inputs": shape_of(*data), "outputs": shape_of(result)}
        if step in FUNCTIONS:
            _push(here, Layer(name=step, kind=FUNCTIONS[step], **shapes), True)
        elif parameters:
            origins = [", ".join(self.names[id(p)] for p in parameters)]
            count, borrowed = self._use(parameters)
            kind = WITH_PARAMETERS.get(step, step)
            _push(here, Layer(name=origins[0], kind=kind, parameters=count, borrowed=borrowed, **shapes))
        elif step in SUMS and len(set(origins)) > 1 and here:
            here[-1] = replace(here[-1], plus=tuple(origin for origin in origins if origin != self.latest))
            origins = [self.latest]
        elif step in SAME_NUMBERS and data:
            self.parts[id(result)] = sum((self.parts.get(id(one), (shape_of(one),)) for one in data), ())
        if origins:
            self._keep(result, origins[0])

    def _keep(self, tensor: Tensor, origin: str) -> None:
        self.kept.append(tensor)
        self.origin[id(tensor)] = self.latest = origin

    def _parameters(self, tensors: Iterable[Tensor]) -> list[Tensor]:
        """The parameters among ``tensors``, also as a view such as a transpose."""
        bases = [tensor if id(tensor) in self.names else tensor._base for tensor in tensors]
        return [base for base in bases if base is not None and id(base) in self.names]

    def _use(self, parameters: list[Tensor]) -> tuple[int, tuple[str, ...]]:
        """How many numbers come new with these, and the names of those that were here before."""
        borrowed = tuple(self.names[id(p)] for p in parameters if id(p) in self.used)
        new = {id(p): p.numel() for p in parameters if id(p) not in self.used}
        self.used |= new.keys()
        return sum(new.values()), borrowed


def _push(layers: list[Layer], layer: Layer, activation: bool = False) -> None:
    """Add a layer: an activation or a norm joins the one before it, and so does a block that is like it."""
    last = layers[-1] if layers else None
    if last is not None and activation:
        names = ", ".join(filter(None, (last.activation, layer.kind)))
        layers[-1] = replace(last, activation=names, parameters=last.parameters + layer.parameters)
    elif last is not None and layer.inner and _look(last) == _look(layer):
        name = f"{last.name.partition('–')[0]}–{layer.name.rpartition('.')[2]}"
        total = last.parameters + layer.parameters
        layers[-1] = replace(last, name=name, parameters=total, repeats=last.repeats + 1)
    else:
        layers.append(layer)


def _look(layer: Layer) -> tuple[Any, ...]:
    inside = tuple((i.kind, i.kernel, i.stride, i.activation, i.parameters) for i in layer.inner)
    return layer.kind, layer.inputs, layer.outputs, layer.activation, layer.plus, inside


def _pair(module: nn.Module | None, name: str) -> Shape:
    value = getattr(module, name, ())
    return (value, value) if isinstance(value, int) else tuple(value)


def shape_of(*tensors: Tensor) -> Shape:
    """Of the first, without the batch."""
    return tuple(tensors[0].shape[1:]) if tensors else ()


def tensors_in(nested: Any) -> Iterator[Tensor]:
    """All tensors in arguments, also inside of lists."""
    if isinstance(nested, Tensor):
        yield nested
    elif isinstance(nested, list | tuple):
        for one in nested:
            yield from tensors_in(one)
    elif isinstance(nested, dict):
        yield from tensors_in(list(nested.values()))
