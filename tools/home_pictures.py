"""The pictures of the first page, made with the shipped networks from the bundled digits.

python -m tools.home_pictures        # writes ui/assets/*.png
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file

from genlab import attributes, checkpoints, data, snapshots, units
from genlab.catalog import SIZES
from genlab.data.street import render
from genlab.data.typeset import typeset
from genlab.latent import decode_random, reconstruct
from genlab.models import VAE, ImageAutoencoder, MixtureAutoencoder
from genlab.noise import draw, spoil
from genlab.palette import DIGIT_COLOURS
from genlab.seeding import make_generator
from tools import home_pictures_gan
from ui.pictures import ERROR_COLOURS

ASSETS = Path(__file__).parents[1] / "ui" / "assets"
SCALE, GAP = 4, 12  # screen pixels to a pixel, and between pictures
TILE = 28 * SCALE


@torch.inference_mode()
def main() -> None:
    """Write them all."""
    torch.set_num_threads(1)
    test = data.load("digits", "test")
    x = {digit: data.to_float(test.images[test.labels == digit]) for digit in range(10)}  # (N, 1, 28, 28) each
    ae = {k: checkpoints.load(f"ae-mnist-z{k}") for k in SIZES}
    pca = checkpoints.load("pca-mnist-z128").model

    five = x[5][2:3]
    save("sizes", [five, *(reconstruct(ae[k].model, five).x_hat for k in SIZES)])

    some = [x[digit][:1] for digit in (0, 1, 7, 9)]
    save("two", some + [reconstruct(ae[2].model, s).x_hat for s in some])

    some = [x[digit][1:2] for digit in (3, 4, 0, 2)]
    save("pca", [reconstruct(ae[8].model, s).x_hat for s in some] + [reconstruct(pca, s, 8).x_hat for s in some])

    codes = ae[16].metrics["codes"]
    spread = {"mean": torch.tensor(codes["mean"]), "std": torch.tensor(codes["std"])}
    plain = decode_random(ae[16].model, 4, make_generator(1, "home"))
    fitted = decode_random(ae[16].model, 4, make_generator(1, "home"), **spread)
    save("random", [*plain.split(1), *fitted.split(1)])

    networks: list[ImageAutoencoder] = [
        checkpoints.load(name).model for name in ("ae-textbook-mnist-z64", "ae-tuned-mnist-z64", "ae-conv-mnist-z32")
    ]
    save("networks", [s for d in (8, 6) for s in (x[d][:1], *(reconstruct(m, x[d][:1]).x_hat for m in networks))])

    codes = ae[2].metrics["codes"]["quantiles"]
    low, high = torch.tensor(codes["0.05"]), torch.tensor(codes["0.95"])
    places = [torch.tensor([column / 3, row]) for row in (1.0, 0.0) for column in range(4)]
    save("map", [ae[2].model.decode((low + place * (high - low))[None]) for place in places])

    ends = ae[16].model.encode(torch.cat([x[4][:1], x[9][:1]]))
    save("walk", [ae[16].model.decode(torch.lerp(ends[:1], ends[1:], t / 7)) for t in range(8)])

    family(x)
    variational(x)
    adversarial()

    photo = make_photo()
    stages = data.drawing_stages(photo)
    back = reconstruct(ae[16].model, stages.digit[None]).x_hat
    grey, box = stages.grey / 255, stages.box / 255
    sheet = make_sheet([None, None, grey, box, None, None, stages.digit, back])
    sheet.paste(Image.open(io.BytesIO(photo)).convert("RGB").resize((2 * TILE + GAP,) * 2), (0, 0))
    sheet.save(ASSETS / "upload.png", optimize=True)


def family(x: dict[int, torch.Tensor]) -> None:
    """The cards of the lessons on the family of autoencoders."""
    some = torch.cat([x[digit][3:4] for digit in (2, 5, 7, 8)])
    noisy = spoil(some, "gaussian", 0.6, draw(tuple(some.shape), make_generator(1, "home")))
    save("denoise", [*noisy.split(1), *checkpoints.load("dae-mnist").model(noisy).split(1)])

    tiles = []
    for name in ("kl", "contractive"):
        weights = units.filters(checkpoints.load(f"bench-{name}-mnist").model)[4:8]
        tiles += [(error_colours(w / w.abs().max())) for w in weights]
    save("filters", tiles)

    recorded = snapshots.load("ae-stacked-mnist-z30")[:, 3].float() / 255  # (epochs + 1, 1, 28, 28), of the 3
    chosen = [*torch.linspace(0, len(recorded) - 1, 7).round().long().tolist()]
    save("layers", [data.to_float(snapshots.ten_digits()[3]), *(recorded[epoch] for epoch in chosen)])

    letters = [typeset(character, font)[0] for character, font in (("R", "karla"), ("G", "lobster"))]
    nets = [checkpoints.load(f"ae-notmnist-{side}").model for side in ("7x7", "2x2", "1x1")]
    save("letters", [tile for one in letters for tile in (one, *(net(one[None]) for net in nets))])

    houses = data.to_float(render("test", [2, 3, 4, 5])[0])
    noisy = spoil(houses, "gaussian", 0.3, draw(tuple(houses.shape), make_generator(2, "home")))
    save("street", [*noisy.split(1), *checkpoints.load("dae-street").model(noisy).split(1)])


def variational(x: dict[int, torch.Tensor]) -> None:
    """The cards of the lessons on variational autoencoders."""
    plain = checkpoints.load("ae-mnist-z16").model
    vae, small = (checkpoints.load(f"vae-mnist-z{k}", VAE).model for k in (16, 2))
    mixture = checkpoints.load("ae-gmm-mnist-z16", MixtureAutoencoder).model
    five = x[5][2:3]
    eps = torch.randn(8, 16, generator=make_generator(3, "home"))

    def drawn(scale: float) -> torch.Tensor:
        mu, logvar = vae.posterior(five)
        return vae.decode(mu + scale * (0.5 * logvar).exp() * eps)

    save("vae", [five, *drawn(3.0)[:7].split(1)])
    quantiles = [torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(q)) for q in (0.07, 0.35, 0.65, 0.93)]
    save("manifold", [small.decode(torch.stack([a, b])[None]) for b in quantiles[1:3] for a in quantiles])

    ends = torch.cat([x[4][:1], x[9][:1]])
    for_both = [(model, model.encode(ends)) for model in (plain, vae)]
    save("between", [m.decode(torch.lerp(z[:1], z[1:], t / 3)) for m, z in for_both for t in range(4)])
    generator = make_generator(5, "home")
    save("dice", mixture.sample(8, generator).split(1))

    every, labels = (
        torch.cat([x[digit] for digit in range(10)]),
        torch.arange(10).repeat_interleave(torch.tensor([len(x[digit]) for digit in range(10)])),
    )
    slant, thickness, _ = attributes.directions(vae.encode(every), attributes.measure(every), labels)
    z = vae.encode(five)
    save(
        "slant",
        [vae.decode(z + far * slant) for far in (-18, -6, 6, 18)]
        + [vae.decode(z + far * thickness) for far in (-1.0, -0.3, 0.8, 1.6)],
    )
    save("differences", [*plain.decode(eps[:4]).split(1), *vae.decode(eps[:4]).split(1)])
    maps().save(ASSETS / "maps.png", optimize=True)


def adversarial() -> None:
    """The cards of the lessons on generative adversarial networks, and of the lab."""
    save("gan", home_pictures_gan.samples())
    save("epochs", home_pictures_gan.epochs())
    drawn = {
        "points": home_pictures_gan.points,
        "densities": home_pictures_gan.densities,
        "lab": home_pictures_gan.losses,
    }
    for name, make in drawn.items():
        make().save(ASSETS / f"{name}.png", optimize=True)


def maps() -> Image.Image:
    """The shipped t-SNE and UMAP maps of the bundled digits' codes, in the digits' colours."""
    found = load_file(checkpoints.root() / "maps" / "ae-mnist-z16.safetensors")
    side = 2 * TILE + GAP
    sheet = Image.new("RGBA", (4 * side, 2 * side), "#ffffff00")
    pen = ImageDraw.Draw(sheet)
    for n, name in enumerate(("tsne", "umap")):
        points, labels = found[f"digits.{name}.1"].astype(np.float32), found["digits.labels"]
        low, high = points.min(0), points.max(0)
        places = (points - low) / (high - low) * (2 * side - 40) + 20
        for (a, b), label in zip(places, labels, strict=True):
            middle = (a + 2 * side * n, 2 * side - b)
            pen.circle(middle, 5, fill=DIGIT_COLOURS[int(label)])
    return sheet.resize((2 * side + GAP, side), Image.Resampling.LANCZOS)


def error_colours(w: torch.Tensor) -> np.ndarray:
    """Weights (1, H, W) in −1…1 in the colours of errors: (3, H, W) in [0, 1]."""
    levels = (w[0].numpy().clip(-1, 1) * 255).round().astype(np.int16)
    return (ERROR_COLOURS.take(levels + 255, axis=0) / 255).transpose(2, 0, 1)


def save(name: str, pictures: Sequence[torch.Tensor | np.ndarray]) -> None:
    """Eight pictures in two rows."""
    make_sheet(pictures).save(ASSETS / f"{name}.png", optimize=True)


def make_sheet(pictures: Sequence[torch.Tensor | np.ndarray | None]) -> Image.Image:
    """Pictures of any size in [0, 1], four to a row, enlarged without smoothing; None leaves its place empty."""
    rows = -(-len(pictures) // 4)
    sheet = Image.new("RGB", (4 * TILE + 3 * GAP, rows * TILE + (rows - 1) * GAP), "#808080")
    for i, picture in enumerate(pictures):
        if picture is not None:
            pixels = np.asarray(picture, dtype=np.float32).clip(0, 1) * 255
            pixels = pixels.reshape(-1, *pixels.shape[-2:]).transpose(1, 2, 0)  # (…, H, W) -> (H, W, C)
            method = Image.Resampling.NEAREST if len(pixels) <= 32 else Image.Resampling.BOX
            shown = pixels.round().astype(np.uint8)
            tile = Image.fromarray(shown[..., 0] if shown.shape[2] == 1 else shown).resize((TILE, TILE), method)
            sheet.paste(tile, (i % 4 * (TILE + GAP), i // 4 * (TILE + GAP)))
    return sheet


def make_photo() -> bytes:
    """A drawn “photograph” of a 3 on paper under a lamp: PNG."""
    paper = Image.new("RGB", (400, 400), "#e8e2d4")
    ImageDraw.Draw(paper).text((205, 195), "3", fill="#23408f", font=ImageFont.load_default(250), anchor="mm")
    light = np.linspace(1.0, 0.72, 400)[:, None, None] * np.linspace(1.0, 0.88, 400)[None, :, None]
    grain = np.random.default_rng(0).normal(0, 4, (400, 400, 1))
    shaded = (np.asarray(paper.rotate(-8, fillcolor="#e8e2d4")) * light + grain).clip(0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shaded).save(buffer, format="PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
