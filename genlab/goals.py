"""The catalog's goals: what of the measurements each is about, and whether it is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genlab.config import TrainConfig

FOUND = 0.02
"""The least share of the random pictures with which a class counts as found."""


def goal_value(metrics: Mapping[str, Any], goal: str, train: TrainConfig) -> float | None:
    """What was measured of a goal of the catalog; None if it was not.

    Of the test set:

        sse, mse_signed, psnr, error    as they are in ``metrics["test"]``
        sse@K                           of a prefix of K numbers
        psnr@L                          of Gaussian noise of σ = L
        nelbo                           the negative evidence lower bound, nats
        nll@K                           the estimate with K importance samples, nats
        fd, coverage                    Fréchet distance and coverage of random pictures, the best way to draw codes
        digits                          how many classes at least 2 % of the random pictures are read as
        share                           of the classes, the largest departure from its share of the training pictures,
                                        as a part of that share
        disagreement                    the part of random pictures that the judge reads as another class than asked for

    and ``plain:X``, a ratio to the plain network of the bench; ``rho``, how far the mean activation is from the wanted
    ρ, as a part of ρ; ``few:N``, the error of a tuned classifier on N labels, mean of its seeds; ``loss@P``, how far
    the last epoch's training loss is from the printed P, as a part of P.
    """
    kind, _, which = goal.replace(":", "@").partition("@")
    try:
        match kind:
            case "few":
                few = metrics["few_labels"]
                seeds = few["errors"]["tuned"][few["sizes"].index(int(which))]
                return sum(seeds) / len(seeds)
            case "rho":
                return abs(metrics["units"]["mean_activation"] / train.sparsity - 1.0)
            case "plain":
                return metrics["against_plain"][which]
            case "loss":
                return abs(metrics["training"]["history"][-1]["loss"] / float(which) - 1.0)
            case "nelbo":
                return metrics["bound"]["negative_elbo"]
            case "nll":
                return metrics["likelihood"]["nll"] if metrics["likelihood"]["samples"] == int(which) else None
            case "fd" | "coverage":
                return list(metrics["samples"]["ways"].values())[-1][kind]
            case "digits":
                return float(sum(s >= FOUND for s in list(metrics["samples"]["ways"].values())[-1]["classes"]))
            case "share":
                ours, real = list(metrics["samples"]["ways"].values())[-1], metrics["samples"]["floor"]
                return max(abs(a / b - 1.0) for a, b in zip(ours["classes"], real["classes"], strict=True))
            case "disagreement":
                shares = metrics["samples"]["agreement"]
                return 1.0 - sum(shares) / len(shares)
        if which:
            return metrics["by_length"][which] if kind == "sse" else metrics["denoising"]["gaussian"][which]
        return metrics["test"][goal]
    except (KeyError, IndexError):
        return None


def is_met(goal: str, value: float, bound: float) -> bool:
    """Whether a goal is met: of a PSNR and a coverage at least ``bound``, of anything else at most."""
    return value >= bound if goal.startswith(("psnr", "coverage")) else value <= bound
