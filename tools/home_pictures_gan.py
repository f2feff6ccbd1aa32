"""The pictures of Home's cards on generative adversarial networks; ``tools.home_pictures`` calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw

from genlab import checkpoints, data, past
from genlab.models import GAN
from genlab.seeding import make_generator

SIZE = (4 * 112 + 3 * 12, 2 * 112 + 12)  # as the sheets of eight pictures are
SCALE = 2
PAPER, REAL, FAKE, GREY = "#ffffff00", "#0072b2", "#d55e00", "#808080"


def samples() -> list[torch.Tensor]:
    """Eight new digits."""
    model = checkpoints.load("gan-mnist", GAN).model
    return list(model.sample(8, make_generator(1, "home")).split(1))


def epochs() -> list[torch.Tensor]:
    """One noise after four epochs of a healthy training, and of one that collapsed."""
    found = []
    for name in ("gan-mnist", "gan-collapsed-mnist"):
        model = checkpoints.load(name, GAN).model
        z = model.draw_codes(1, make_generator(4, "home"))
        kept = past.epochs(name)
        places = (kept[n] for n in (1, len(kept) // 4, len(kept) // 2, -1))
        found += [past.load(name, model, epoch).decode(z) for epoch in places]
    return found


def points() -> Image.Image:
    """Eight Gaussians on a ring."""
    generator = make_generator(0, "home")
    middle = torch.arange(200) % 8 * (torch.pi / 4)
    places = torch.stack([middle.cos(), middle.sin()], 1) + 0.09 * torch.randn(200, 2, generator=generator)
    sheet, pen = blank()
    for a, b in places.tolist():
        pen.circle((sheet.width / 2 + 185 * a, sheet.height / 2 - 185 * b), 6, fill=REAL)
    return smaller(sheet)


def densities() -> Image.Image:
    """Ink of the bundled digits as a histogram, and the normal density that fits it best."""
    ink = data.load("digits", "train").images.float().mean((1, 2, 3)).numpy()
    counts, edges = np.histogram(ink, 28, density=True)
    sheet, pen = blank()
    top = counts.max() * 1.15

    def place(x: float, y: float) -> tuple[float, float]:
        return ((x - edges[0]) / (edges[-1] - edges[0]) * sheet.width, sheet.height * (1 - y / top))

    for count, low, high in zip(counts, edges, edges[1:], strict=False):
        pen.rectangle([place(low, count), place(high - 0.15 * (high - low), 0)], fill=GREY)
    xs = np.linspace(edges[0], edges[-1], 200)
    curve = np.exp(-0.5 * ((xs - ink.mean()) / ink.std()) ** 2) / (ink.std() * np.sqrt(2 * np.pi))
    pen.line([place(x, y) for x, y in zip(xs, curve, strict=True)], fill=FAKE, width=7, joint="curve")
    return smaller(sheet)


def losses() -> Image.Image:
    """The recorded losses of both networks of the course's GAN."""
    history = checkpoints.load("gan-textbook-mnist", GAN).metrics["training"]["history"]
    sheet, pen = blank()
    curves: Sequence[tuple[str, str]] = (("d_loss", REAL), ("g_loss", FAKE))
    top = 1.1 * max(row[key] for row in history for key, _ in curves)
    for key, colour in curves:
        line = [
            (sheet.width * n / (len(history) - 1), sheet.height * (1 - row[key] / top)) for n, row in enumerate(history)
        ]
        pen.line(line, fill=colour, width=7, joint="curve")
    return smaller(sheet)


def blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty sheet, larger than it will be, and a pen."""
    sheet = Image.new("RGBA", (SCALE * SIZE[0], SCALE * SIZE[1]), PAPER)
    return sheet, ImageDraw.Draw(sheet)


def smaller(sheet: Image.Image) -> Image.Image:
    """As large as it will be shown, with soft edges."""
    return sheet.resize(SIZE, Image.Resampling.LANCZOS)
