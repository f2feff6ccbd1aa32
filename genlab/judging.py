"""How good random pictures are, judged by a classifier of real ones: Fréchet distance, precision, recall, coverage.

The Fréchet distance between two sets of pictures is that of Gaussians fitted to their features,

    d² = ‖m₁ − m₂‖² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)

Heusel, Ramsauer, Unterthiner, Nessler & Hochreiter, *GANs trained by a two time-scale update rule*, NIPS 2017, eq. 6,
with the penultimate features of ``classifier-mnist`` instead of Inception's. The floor is what training pictures get.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from genlab import checkpoints, data
from genlab.data.images import batches
from genlab.models import GAN, VAE, ConditionalVAE, ImageAutoencoder, ImageNetwork, Judge, MixtureAutoencoder
from genlab.seeding import make_generator

JUDGE = "classifier-mnist"
DATASET = "mnist"  # which it knows
COUNT = 10_000
NEIGHBOURS = 5
CONFIDENT = 0.9


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What a judge makes of a set of pictures.

    Attributes:
        features: (N, latent_dim).
        probabilities: of each class, (N, classes).
    """

    features: Tensor
    probabilities: Tensor


@torch.no_grad()
def judge(model: Judge, images: Tensor) -> Opinion:
    """Features and class probabilities of pictures, ``uint8`` (N, C, H, W)."""
    features = torch.cat([model.features(x) for x in batches(images)])
    return Opinion(features=features, probabilities=model.head(features).softmax(1))


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """d² between Gaussians fitted to two sets of features, (N, k) and (M, k), in float64. Heusel et al. 2017, eq. 6."""
    a, b = a.double(), b.double()
    (m1, c1), (m2, c2) = ((x.mean(0), torch.cov(x.T)) for x in (a, b))
    values, vectors = torch.linalg.eigh(c1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    mixed = torch.linalg.eigvalsh(root @ c2 @ root).clamp(min=0).sqrt().sum()  # tr (C₁ C₂)^½
    return ((m1 - m2).square().sum() + c1.trace() + c2.trace() - 2 * mixed).item()


def overlap(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> dict[str, float]:
    """How two sets of features lie in each other, by balls that reach to the k-th neighbour.

    ``precision``: the part of the fake ones in a ball of a real one; ``recall``: of the real ones in a ball of a fake
    one (Kynkäänniemi et al., NeurIPS 2019); ``coverage``: of the real balls with a fake one in them (Naeem et al.,
    *Reliable fidelity and diversity metrics for generative models*, ICML 2020).
    """
    reach_real, reach_fake = _reach(real, k), _reach(fake, k)
    inside_real = inside_fake = covered = 0
    for part, reach in zip(real.split(2000), reach_real.split(2000), strict=True):
        distance = torch.cdist(part, fake)  # (n, M)
        covered += int((distance.min(1).values < reach).sum())
        inside_fake += int((distance < reach_fake).any(1).sum())
    for part in fake.split(2000):
        inside_real += int((torch.cdist(part, real) < reach_real).any(1).sum())
    return {
        "precision": round(inside_real / len(fake), 4),
        "recall": round(inside_fake / len(real), 4),
        "coverage": round(covered / len(real), 4),
    }


def _reach(x: Tensor, k: int) -> Tensor:
    """Distance of each row to its k-th neighbour among the others, (N,)."""
    return torch.cat([torch.cdist(part, x).topk(k + 1, largest=False).values[:, -1] for part in x.split(2000)])


def likeness(real: Opinion, fake: Opinion) -> dict[str, Any]:
    """Fréchet distance and overlap of fake pictures with real ones, how sure the judge is, and what it sees."""
    best = fake.probabilities.max(1)
    shares = torch.bincount(best.indices, minlength=fake.probabilities.shape[1]) / len(best.indices)
    return {
        "fd": round(frechet_distance(real.features, fake.features), 4),
        **overlap(real.features, fake.features),
        "confident": round((best.values > CONFIDENT).float().mean().item(), 4),
        "classes": [round(share, 4) for share in shares.tolist()],
    }


@torch.no_grad()
def samples(model: ImageNetwork, way: str, count: int = COUNT, seed: int = 0) -> Tensor:
    """Random pictures, ``uint8`` (count, C, H, W), of codes from N(0, I) (``normal``) or a mixture (``mixture@K``)."""
    generator = make_generator(seed, "samples", way)
    parts = []
    for start in range(0, count, 1000):
        n = min(1000, count - start)
        kind, _, size = way.partition("@")
        if isinstance(model, MixtureAutoencoder) and kind == "mixture":
            x = model.sample(n, generator, int(size))
        elif isinstance(model, VAE | GAN):
            x = model.sample(n, generator)
        else:
            assert isinstance(model, ImageAutoencoder)
            x = model.decode(torch.randn(n, model.latent_dim, generator=generator))
        parts.append((x * 255).round().byte())
    return torch.cat(parts)


def ways(model: ImageNetwork) -> list[str]:
    """How random codes for a model are drawn; the last is its best. Empty for networks that nobody samples from."""
    if isinstance(model, MixtureAutoencoder):
        return ["normal", *(f"mixture@{size}" for size in model.config.mixtures)]
    return ["normal"] if isinstance(model, VAE | GAN) else []


@lru_cache(maxsize=2)
def known(name: str, dataset: str) -> tuple[Judge, str, Opinion]:
    """The judge, its weights' SHA-256, and its opinion of a test set.

    Raises:
        CheckpointError: it is not here.
    """
    loaded = checkpoints.load(name, Judge)
    return loaded.model, loaded.sha256, judge(loaded.model, data.load(dataset, "test").images)


def measure_samples(model: ImageNetwork, dataset: str) -> dict[str, Any]:
    """What the judge says of 10,000 random pictures of each way, with the floor of as many training pictures.

    Raises:
        CheckpointError: the judge is not here.
        DataNotFoundError: the data set is not here.
    """
    network, sha256, real = known(JUDGE, dataset)
    floor = judge(network, data.load(dataset, "train").images[:COUNT])
    found: dict[str, Any] = {"judge": sha256, "count": COUNT, "floor": likeness(real, floor), "ways": {}}
    for way in ways(model):
        found["ways"][way] = likeness(real, judge(network, samples(model, way)))
    if isinstance(model, ConditionalVAE) or (isinstance(model, GAN) and model.config.classes):
        found["agreement"] = agreement(network, model)
    return found


def glance(model: ImageNetwork, dataset: str, count: int = 2000) -> dict[str, Any]:
    """Fréchet distance of a few random pictures (a little higher than of many), and what classes are among them.

    The pictures stay on the CPU; a model that is elsewhere is copied.
    """
    network, _, real = known(JUDGE, dataset)
    here = model if next(model.parameters()).device.type == "cpu" else copy.deepcopy(model).cpu()
    fake = judge(network, samples(here, ways(model)[-1], count))
    shares = torch.bincount(fake.probabilities.argmax(1), minlength=fake.probabilities.shape[1]) / count
    fd = frechet_distance(real.features, fake.features)
    return {"fd": round(fd, 4), "classes": [round(share, 4) for share in shares.tolist()]}


@torch.no_grad()
def agreement(network: Judge, model: ConditionalVAE | GAN, each: int = 1000) -> list[float]:
    """Of ``each`` pictures of every class that was asked for, the part that the judge reads as that class."""
    found = []
    for label in range(model.config.classes):
        labels = torch.full((each,), label)
        x = model.sample(each, make_generator(label, "agreement"), labels)
        guess = judge(network, (x * 255).round().byte()).probabilities.argmax(1)
        found.append(round((guess == labels).float().mean().item(), 4))
    return found
