"""How strong the classical filters of the lesson Denoise should be: PSNR by strength, on training pictures.

GENLAB_DATA=… python -m benchmarks.filters        # genlab/filters.py follows the best of each row
"""

from __future__ import annotations

from genlab import data
from genlab.data import to_float
from genlab.filters import clean
from genlab.losses import mse
from genlab.metrics import psnr
from genlab.noise import draw, spoil
from genlab.seeding import make_generator

PICTURES = 100  # of the training set
LEVELS = (0.1, 0.25, 0.5, 0.75, 1.0)
STRENGTHS: dict[str, tuple[str, tuple[float, ...]]] = {
    "median": ("side", (1, 3, 5, 7)),
    "gaussian": ("width", (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.4)),
    "tv": ("weight", (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)),
    "nlm": ("strength", (0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)),
}


def main() -> None:
    """Print, for each filter and level, PSNR of all strengths, the usual one (0), and the best."""
    x = to_float(data.load("mnist", "train").images[:PICTURES])
    for name, (setting, strengths) in STRENGTHS.items():
        for level in LEVELS:
            noisy = spoil(x, "gaussian", level, draw(tuple(x.shape), make_generator(0, "filters")))
            found = {0.0: psnr(mse(clean(name, noisy, level), x).item())}
            for value in strengths:
                strength = int(value) if setting == "side" else value
                found[value] = psnr(mse(clean(name, noisy, level, **{setting: strength}), x).item())
            best = max(found, key=found.__getitem__)
            row = " ".join(f"{value:g}: {decibels:.2f}" for value, decibels in found.items())
            print(f"{name:<9} σ {level:<5} {setting} {best:<5g} {found[best]:6.2f} dB   {row}", flush=True)


if __name__ == "__main__":
    main()
