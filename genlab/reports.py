"""What ``evaluate`` prints: a model's figures, beside what they are compared with, and whether its goals are met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genlab.catalog import CATALOG
from genlab.checkpoints import Checkpoint
from genlab.goals import goal_value, is_met
from genlab.models import ImageNetwork


def report(checkpoint: Checkpoint[ImageNetwork], result: Mapping[str, Any]) -> str:
    """The figures of ``measured`` as lines of text."""
    test = result["test"]
    lines = [
        f"{checkpoint.name} on {test['count']:,} test images of {test['dataset']}:",
        *on_test_images(test),
    ]
    if baseline := result.get("baseline"):
        clipped = f"{baseline['sse_clipped']:.2f} when clipped to 0…1"
        lines.append(f"  {baseline['name']}: SSE {baseline['sse']:.2f} ({clipped})")
    lines += [f"  first {length} numbers: SSE {sse:.2f}" for length, sse in result.get("by_length", {}).items()]
    for kind, levels in result.get("denoising", {}).items():
        shown = "   ".join(f"{level}: {psnr:.2f}" for level, psnr in levels.items())
        lines.append(f"  PSNR in dB by strength of {kind} noise   {shown}")
    if units := result.get("units"):
        lines += [
            f"  parameters {units['parameters']:,}   mean activation {units['mean_activation']:.4f}   "
            f"units that fire {units['firing']:.1f}",
            f"  mean Jacobian norm {units['jacobian_norm']:.3f}   linear classifier's error "
            f"{100 * units['linear_error']:.2f} %",
        ]
    if ratios := result.get("against_plain"):
        shown = "   ".join(f"{name} {value:.3f}" for name, value in ratios.items())
        lines.append(f"  times the plain network's: {shown}")
    lines += random_ones(result)
    lines += goals(checkpoint, result)
    return "\n".join(lines)


def on_test_images(test: Mapping[str, Any]) -> list[str]:
    """What was measured on them: of a classifier, of a discriminator, of what rebuilds them; of a critic nothing."""
    if "error" in test:
        return [f"  error {100 * test['error']:.2f} %   cross-entropy {test['cross_entropy']:.4f} nats"]
    if "fake" in test:
        return [
            f"  D is right about {100 * test['real']:.1f} % of them, and {100 * test['fake']:.1f} % of G's pictures"
        ]
    if "sse" in test:
        known = f"SSE {test['sse']:.3f}   MSE {test['mse']:.5f}   PSNR {test['psnr']:.2f} dB"
        return [f"  {known}   SSIM {test['ssim']:.4f}"]
    return []


def random_ones(result: Mapping[str, Any]) -> list[str]:
    """The bound in its terms, the likelihood, and what the judge says of random pictures."""
    lines = []
    if bound := result.get("bound"):
        names = {"negative_elbo": "negative ELBO", "loss": "loss", "reconstruction": "reconstruction", "kl": "KL"}
        shown = "   ".join(f"{name} {bound[key]:.2f}" for key, name in names.items() if key in bound)
        lines.append(f"  {bound['pixels']} pixels: {shown}   active {bound['active']} of {len(bound['kl_by_number'])}")
    if likelihood := result.get("likelihood"):
        lines.append(f"  NLL by {likelihood['samples']:,} samples: {likelihood['nll']:.2f} nats")
    if samples := result.get("samples"):
        for way, found in {**samples["ways"], "floor (training pictures)": samples["floor"]}.items():
            shown = "   ".join(f"{key} {found[key]:.3f}" for key in ("fd", "precision", "recall", "coverage"))
            lines.append(f"  {way}: {shown}")
    return lines


def goals(checkpoint: Checkpoint[ImageNetwork], result: Mapping[str, Any]) -> list[str]:
    """A line for each goal of the catalog's row."""
    entry = CATALOG.get(checkpoint.entry)
    lines = []
    for goal, bound in (entry.goals if entry else {}).items():
        value = goal_value(result, goal, checkpoint.train)
        sign = "≥" if goal.startswith("psnr") else "≤"
        if value is None:
            lines.append(f"  goal {goal} {sign} {bound:g}: not measured")
            continue
        lines.append(
            f"  goal {goal} {sign} {bound:g}: {value:.4g}, {'met' if is_met(goal, value, bound) else 'MISSED'}"
        )
    return lines
