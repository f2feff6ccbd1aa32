"""How well does a network that has only seen MNIST read the bundled digits in MNIST's form?

It trains a small convolutional classifier on MNIST's training images, then counts how many of the 1,797
digits it names rightly. The figure says whether the conversion in ``genlab.data.digits`` looks like MNIST to
a network; it must be at least 93.6 %. One thread, about two minutes of CPU time:

    OMP_NUM_THREADS=1 python benchmarks/digits_form.py
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.data import load
from genlab.data.digits import BOUNDS
from genlab.data.images import ImageSet, to_float
from genlab.errors import GenlabError
from genlab.seeding import make_generator

BAR = 0.936
BATCH = 128
MAX_SHIFT = 2  # pixels, so that a digit set one pixel aside is no surprise


def make_classifier() -> nn.Sequential:
    """Logits (N, 10) of pictures (N, 1, 28, 28) in [0, 1]; 468,202 parameters."""

    def conv(before: int, after: int, stride: int) -> list[nn.Module]:
        return [nn.Conv2d(before, after, 3, stride, padding=1), nn.BatchNorm2d(after), nn.ReLU()]

    parts = [*conv(1, 32, 1), *conv(32, 32, 2), *conv(32, 64, 1), *conv(64, 64, 2)]  # (N, 64, 7, 7)
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10))


def train(model: nn.Module, images: ImageSet, *, epochs: int, seed: int) -> None:
    """Train in place with Adam and one learning rate cycle; each batch is shifted by up to two pixels."""
    per_epoch = len(images) // BATCH
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * per_epoch)
    model.train()
    for epoch in range(epochs):
        generator = make_generator(seed, "digits_form", epoch)
        order = torch.randperm(len(images), generator=generator)
        for batch in order[: per_epoch * BATCH].view(per_epoch, BATCH):
            shift = torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2,), generator=generator).tolist()
            x = to_float(images.images[batch]).roll(shift, (2, 3))  # the margin of MNIST is 4 empty pixels
            loss = F.cross_entropy(model(x.contiguous(memory_format=torch.channels_last)), images.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: {time.process_time():.0f} s of CPU time so far", flush=True)


@torch.inference_mode()
def right(model: nn.Module, images: ImageSet) -> Tensor:
    """Whether each image is named rightly, bool (N,)."""
    model.eval()
    guesses = [model(to_float(batch)).argmax(1) for batch in images.images.split(500)]
    return torch.cat(guesses) == images.labels


def main() -> int:
    """Train, measure, print; 0 if the bar is reached, 1 if not, 2 if the data is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(arguments.seed)
    try:
        mnist, test, digits = load("mnist", "train"), load("mnist", "test"), load("digits", "train+validation+test")
    except GenlabError as error:
        print(error, file=sys.stderr)
        return 2
    model = make_classifier()
    train(model, mnist, epochs=arguments.epochs, seed=arguments.seed)
    read = right(model, digits).float()
    print(f"MNIST, {len(test):,} test images: {right(model, test).float().mean():.2%}")
    print(f"digits, all {len(digits):,}: {read.mean():.2%} (bar {BAR:.1%})")
    for part, (first, last) in BOUNDS.items():
        print(f"digits, {part} {last - first:,}: {read[first:last].mean():.2%}")
    return 0 if read.mean() >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
