"""Measure a model on a data set: the numbers of ``metrics.json``, cards and README come from here."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from genlab import data
from genlab.adversarial import GAMES
from genlab.config import PCAConfig, TrainConfig
from genlab.data.images import BATCH, ImageSet, batches, to_float
from genlab.likelihood import bound
from genlab.losses import squared_errors
from genlab.metrics import psnr, ssim
from genlab.models import (
    GAN,
    PCA,
    VAE,
    ConditionalVAE,
    ImageAutoencoder,
    ImageNetwork,
    Judge,
    NestedAutoencoder,
    build,
    count_parameters,
)
from genlab.noise import NOISES, draw, spoil
from genlab.seeding import make_generator
from genlab.units import PROBE_PICTURES, has_sigmoid_units, linear_probe, measure_units

DRAWN = 1000  # random numbers are drawn for so many pictures at once: with others, what is measured is a little other
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@torch.no_grad()
def reconstruction(model: ImageAutoencoder, images: Tensor, length: int | None = None) -> dict[str, float]:
    """SSE, MSE (also of pixels in −1…1), PSNR and SSIM of reconstructions, means over ``images``.

    Args:
        model: in evaluation mode.
        images: ``uint8`` (N, C, H, W).
        length: use only the first numbers of each code, where the model can.
    """
    total, likeness = 0.0, 0.0
    for x in batches(images):
        x_hat = model.decode(model.encode(x)[:, :length])
        total += squared_errors(x_hat, x).sum().item()
        likeness += ssim(x_hat, x).sum().item()
    sse = total / len(images)
    mse = sse / images[0].numel()
    values = {"sse": sse, "mse": mse, "mse_signed": 4 * mse, "psnr": psnr(mse), "ssim": likeness / len(images)}
    return {name: round(value, 6) for name, value in values.items()}


@torch.no_grad()
def sum_of_squares(model: ImageAutoencoder, images: Tensor, length: int | None = None) -> float:
    """Mean SSE alone: what ``reconstruction`` gives, without the slow SSIM."""
    total = sum(squared_errors(model.decode(model.encode(x)[:, :length]), x).sum().item() for x in batches(images))
    return total / len(images)


def prefixes(model: ImageAutoencoder) -> list[int]:
    """The code lengths at which a model that decodes prefixes is measured; empty for the others."""
    if not isinstance(model, PCA | NestedAutoencoder):
        return []
    return [k for k in (1, 2, 4, 8, 16, 30, 32, 64, 128) if k <= model.latent_dim]


@torch.no_grad()
def classification(model: Judge, pictures: ImageSet) -> dict[str, float]:
    """Error (0 to 1) and cross-entropy (nats) of a classifier, means over pictures."""
    logits = torch.cat([model(x) for x in batches(pictures.images)])
    wrong = (logits.argmax(1) != pictures.labels).float().mean().item()
    return {"error": round(wrong, 6), "cross_entropy": round(F.cross_entropy(logits, pictures.labels).item(), 6)}


@torch.no_grad()
def verdicts(model: GAN, pictures: ImageSet, limit: float) -> dict[str, float]:
    """How often the discriminator is right about real pictures and about as many generated ones, 0 to 1.

    Args:
        model: in evaluation mode.
        pictures: real ones.
        limit: the logit above which a picture counts as real.
    """
    parts = zip(batches(pictures.images), pictures.labels.split(BATCH), strict=True)
    real = torch.cat([model.judge(x, labels) for x, labels in parts])
    generator = make_generator(0, "verdicts")
    fake = []
    for part in real.split(DRAWN):
        pieces = model.draw_codes(len(part), generator).split(BATCH)
        fake += [model.judge(model.decode(z), model.classes_of(z)) for z in pieces]
    right = {"real": (real > limit).float().mean(), "fake": (torch.cat(fake) <= limit).float().mean()}
    return {name: round(share.item(), 4) for name, share in right.items()}


def main_loss(model: ImageNetwork, pictures: ImageSet) -> float:
    """One number for how well a network does what it is for: mean SSE, or of a classifier the cross-entropy.

    Of a GAN, whose pictures have no original, the mean Σ x² of a thousand of them.
    """
    if isinstance(model, Judge):
        return classification(model, pictures)["cross_entropy"]
    if isinstance(model, GAN):
        with torch.no_grad():
            x = model.sample(1000, make_generator(0, "main_loss"))
        return x.square().flatten(1).sum(1).mean().item()
    assert isinstance(model, ImageAutoencoder)
    return sum_of_squares(model, pictures.images)


def measure(model: ImageNetwork, train: TrainConfig, *, with_baseline: bool = True) -> dict[str, Any]:
    """All that is measured of a model by itself, on the test split of the data set it was trained on.

    Returns:
        ``test`` (data set, count, SSE, MSE, PSNR, SSIM), ``by_length`` (SSE of prefixes, where they decode), and
        ``baseline`` (PCA with as many components, fitted on the same images: SSE as the literature prints it, and
        of its output clipped to [0, 1]); ``denoising``, ``units`` and ``bound`` of those that have them. Of a
        classifier and a GAN ``test`` alone.

    Raises:
        DataNotFoundError: the data set is not here.
    """
    pictures = data.load(train.dataset, "test")
    test = pictures.images
    if isinstance(model, Judge):
        found = classification(model, pictures)
        return {"test": {"dataset": train.dataset, "split": "test", "count": len(test), **found}}
    if isinstance(model, GAN):
        about = {"dataset": train.dataset, "split": "test", "count": len(test)}
        limit = GAMES[train.game].verdict
        return {"test": about} if limit is None else {"test": about | verdicts(model, pictures, limit)}
    assert isinstance(model, ImageAutoencoder)
    result: dict[str, Any] = {
        "test": {"dataset": train.dataset, "split": "test", "count": len(test), **reconstruction(model, test)},
    }
    if lengths := prefixes(model):
        result["by_length"] = {str(k): round(sum_of_squares(model, test, k), 4) for k in lengths}
    if with_baseline and model.latent_dim < test[0].numel():  # with as many components as pixels PCA copies
        result["baseline"] = pca_baseline(train.dataset, train.split, model.latent_dim)
    if train.noise != "none":
        result["denoising"] = {kind: denoising(model, test, kind) for kind in NOISES}
    if isinstance(model, VAE):
        told = pictures.labels if isinstance(model, ConditionalVAE) else None
        result["bound"] = bound(model, test, train, told)
    if has_sigmoid_units(model.config):
        result["units"] = {
            **measure_units(model, to_float(test)),
            "parameters": count_parameters(model),
            "linear_error": round(probe(model, train.dataset, train.split), 4),
            "noise_passed": round(noise_passed(model, test), 4),
        }
    return result


LEVELS = (0.25, 0.5, 0.75)
"""The strengths of noise at which denoising is measured."""


@torch.no_grad()
def denoising(model: ImageAutoencoder, images: Tensor, kind: str) -> dict[str, float]:
    """PSNR in dB, by level, of what a model makes of noisy pictures against the clean ones: of the MSE over all.

    The noise is drawn from fixed seeds, the same for every model.
    """
    model = copy.deepcopy(model)  # the given one may be shared
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # convolutions are a quarter faster
    found = {}
    for level in LEVELS:
        total = 0.0
        for x, noisy in spoiled(images, kind, level):
            total += squared_errors(model.decode(model.encode(noisy)), x).sum().item()
        found[f"{level:g}"] = round(psnr(total / images.numel()), 4)
    return found


def spoiled(images: Tensor, kind: str, level: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures and the same with noise, (n, C, H, W) in [0, 1] each; always the same noise."""
    for n, part in enumerate(images.split(DRAWN)):
        x = to_float(part)
        noisy = spoil(x, kind, level, draw(tuple(x.shape), make_generator(n, "denoising")))
        yield from zip(x.split(BATCH), noisy.split(BATCH), strict=True)


@torch.no_grad()
def noise_passed(model: ImageAutoencoder, images: Tensor, level: float = 0.5) -> float:
    """How much Gaussian noise comes through: Σ‖g(f(x̃)) − g(f(x))‖² / Σ‖x̃ − x‖², 1 for a network that copies."""
    passed = total = 0.0
    for x, noisy in spoiled(images, "gaussian", level):
        passed += squared_errors(model(noisy), model(x)).sum().item()
        total += squared_errors(noisy, x).sum().item()
    return passed / total


def probe(model: ImageAutoencoder, dataset: str, split: str) -> float:
    """Error on the test set of a linear classifier that learned from the first codes of ``split``."""
    parts = [data.load(dataset, part) for part in (split, "test")]
    train, test = ((to_float(p.images[:PROBE_PICTURES]), p.labels[:PROBE_PICTURES]) for p in parts)
    return linear_probe(model, train, test)


def against(ours: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, float]:
    """What a network of the bench has of the plain one's error, parameters and Jacobian norm, as ratios."""
    return {
        "sse": round(ours["test"]["sse"] / plain["test"]["sse"], 4),
        "parameters": round(ours["units"]["parameters"] / plain["units"]["parameters"], 4),
        "jacobian_norm": round(ours["units"]["jacobian_norm"] / plain["units"]["jacobian_norm"], 4),
    }


@lru_cache(maxsize=64)
def pca_baseline(dataset: str, split: str, latent_dim: int) -> dict[str, Any]:
    """Test SSE of PCA with ``latent_dim`` components, fitted on ``split``: the bar for a model of that code size."""
    pca = fitted_pca(dataset, split)
    k = min(latent_dim, pca.latent_dim)
    total = clipped = count = 0.0
    with torch.no_grad():
        for x in batches(data.load(dataset, "test").images):
            x_hat = pca.decode_unclipped(pca.encode(x)[:, :k])
            total += squared_errors(x_hat, x).sum().item()
            clipped += squared_errors(x_hat.clamp(0, 1), x).sum().item()
            count += len(x)
    return {"name": f"PCA-{k}", "sse": round(total / count, 4), "sse_clipped": round(clipped / count, 4)}


@lru_cache(maxsize=2)
def fitted_pca(dataset: str, split: str) -> PCA:
    """All principal components of a split."""
    images = data.load(dataset, split).images
    channels, height, width = images.shape[1:]
    shape = (channels, height, width)
    model = build(PCAConfig(latent_dim=channels * height * width, image_shape=shape))
    assert isinstance(model, PCA)
    model.solve(images)
    return model


@torch.no_grad()
def code_statistics(model: ImageAutoencoder, images: Tensor) -> dict[str, Any]:
    """Mean, standard deviation and quantiles of each code number over ``images``: sliders' ranges, random codes."""
    z = torch.cat([model.encode(x) for x in batches(images)])  # (N, latent_dim)
    levels = torch.quantile(z.double(), torch.tensor(QUANTILES, dtype=torch.double), dim=0)

    def numbers(values: Tensor) -> list[float]:
        return [round(v, 4) for v in values.tolist()]

    return {
        "mean": numbers(z.mean(0)),
        "std": numbers(z.std(0)),
        "quantiles": {str(q): numbers(level) for q, level in zip(QUANTILES, levels, strict=True)},
    }
