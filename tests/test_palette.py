"""The claims of genlab/palette.py, measured."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from genlab.palette import DIGIT_COLOURS

CONFIG = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

# Machado et al. (2009), severity 1.0, for linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# Ottosson (2020), OKLab.
TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def linear(colours: list[str] | tuple[str, ...]) -> np.ndarray:
    """``#rrggbb`` -> linear RGB, (N, 3)."""
    srgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    dark, light = sorted(linear([first, second]) @ [0.2126, 0.7152, 0.0722])
    return (light + 0.05) / (dark + 0.05)


def nearest(colours: tuple[str, ...], vision: str) -> float:
    """The distance of the two most alike colours, OKLab × 100, for one kind of colour vision."""
    seen = np.clip(linear(colours) @ np.transpose(VISION[vision]), 0, 1)
    lab = np.cbrt(seen @ TO_LMS.T) @ TO_LAB.T
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1) * 100
    return distances[np.triu_indices(len(colours), 1)].min()


def test_ten_different_colours():
    assert len(set(DIGIT_COLOURS)) == 10
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in DIGIT_COLOURS)


def test_the_theme_has_the_same_colours_in_the_same_order():
    assert tuple(CONFIG["theme"]["chartCategoricalColors"]) == DIGIT_COLOURS


@pytest.mark.parametrize(("theme", "least"), [("light", 2.1), ("dark", 2.7)])
def test_every_digit_stands_out_from_the_ground(theme, least):
    ground = CONFIG["theme"][theme]["backgroundColor"]
    assert min(contrast(colour, ground) for colour in DIGIT_COLOURS) >= least


@pytest.mark.parametrize(
    ("vision", "least"), [("full", 14), ("protanopia", 10), ("deuteranopia", 10), ("tritanopia", 10)]
)
def test_every_pair_can_be_told_apart(vision, least):
    assert nearest(DIGIT_COLOURS, vision) >= least


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_can_be_read(theme):
    colours = CONFIG["theme"][theme]
    sidebar = colours | colours["sidebar"]
    for grounds in (colours, sidebar):
        for ground in (grounds["backgroundColor"], grounds["secondaryBackgroundColor"]):
            assert contrast(colours["textColor"], ground) >= 12
            assert contrast(colours["linkColor"], ground) >= 4.5
            assert contrast(colours["primaryColor"], ground) >= 3.5
            assert contrast(colours["borderColor"], ground) >= 2.5
    assert contrast(colours["primaryColor"], "#ffffff") >= 4.2  # the text of a primary button is always white
