"""Layers whose weight is divided by its largest singular value: a dense one stretches nothing, ‖W x‖ ≤ ‖x‖.

    σ(W) ≈ uᵀ W v,   v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖ once a step

Miyato, Kataoka, Koyama & Yoshida, *Spectral normalization for generative adversarial networks*, ICLR 2018
(arXiv:1802.05957), algorithm 1. Of a convolution, W is as there its weight as a matrix (out, in·h·w), which bounds the
convolution less tightly: a kernel of 4×4 with stride 2 may stretch up to twofold. torch has the same as a
parametrization, which draws u from the generator that all visitors share.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def norm(weight: Tensor, u: Tensor, move: bool) -> Tensor:
    """σ(W) of a weight (out, …), a scalar; ``u`` (out,) is moved one step of the power iteration if ``move``."""
    matrix = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(matrix.T @ u, dim=0)
        new = F.normalize(matrix @ v, dim=0)
        if move:
            u.copy_(new)
    return torch.dot(new, matrix @ v)


class SpectralLinear(nn.Linear):
    """A dense layer of norm 1."""

    u: Tensor

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, bias)
        self.register_buffer("u", torch.ones(outputs))

    def restart(self) -> None:
        """Begin the power iteration with a row of its own, which is random as the weights are."""
        self.u.copy_(F.normalize(self.weight.flatten(1).sum(1), dim=0))

    def forward(self, h: Tensor) -> Tensor:
        y = F.linear(h, self.weight) / norm(self.weight, self.u, self.training)  # fewer numbers to divide than of W
        return y if self.bias is None else y + self.bias


class SpectralConv2d(nn.Conv2d):
    """A convolution whose weight, as a matrix, has norm 1."""

    u: Tensor

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(inputs, outputs, size, stride=stride, padding=padding)
        self.register_buffer("u", torch.ones(outputs))

    def restart(self) -> None:
        """As of the dense layer."""
        self.u.copy_(F.normalize(self.weight.flatten(1).sum(1), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight / norm(self.weight, self.u, self.training), self.bias)
