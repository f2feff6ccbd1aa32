"""Slant, thickness and width are those of strokes that were drawn so; directions are what the codes were made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from genlab import attributes, data
from genlab.data import to_float

FINE = 16  # strokes are drawn so much larger


def stroke(thickness: float, degrees: float, length: float = 18.0, apart: float = 0.0) -> Tensor:
    """A straight stroke through the middle that leans to the right by ``degrees``, or two; (1, 1, 28, 28)."""
    image = Image.new("L", (28 * FINE, 28 * FINE))
    along = np.array([np.sin(np.deg2rad(degrees)), -np.cos(np.deg2rad(degrees))]) * length / 2
    aside = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))]) * thickness / 2
    corners = [along - aside, along + aside, -along + aside, -along - aside]
    for side in (-apart / 2, apart / 2):
        middle = np.array([14 + side, 14])
        ImageDraw.Draw(image).polygon([tuple(FINE * (middle + corner)) for corner in corners], fill=255)
    return torch.from_numpy(np.array(image.resize((28, 28), Image.Resampling.BOX)))[None, None] / 255.0


def sheared(x: Tensor, degrees: float) -> Tensor:
    """Every row moved to the right by tan(degrees) for each pixel above the middle."""
    tangent = float(np.tan(np.deg2rad(degrees)))
    theta = torch.tensor([[1.0, tangent, 0.0], [0.0, 1.0, 0.0]]).expand(len(x), -1, -1)
    return torch.nn.functional.grid_sample(
        x, torch.nn.functional.affine_grid(theta, list(x.shape), align_corners=False), align_corners=False
    )


def digits(count: int = 200) -> tuple[Tensor, Tensor]:
    test = data.load("digits", "test")
    return to_float(test.images[:count]), test.labels[:count]


@pytest.mark.parametrize("degrees", [-20.0, 0.0, 10.0, 30.0])
@pytest.mark.parametrize("thickness", [2.0, 3.0, 4.0])
def test_a_stroke_is_measured_as_it_was_drawn(thickness: float, degrees: float) -> None:
    slant, thick, wide = attributes.measure(stroke(thickness, degrees))[0].tolist()
    assert slant == pytest.approx(degrees, abs=2.0)
    outline = 18 * thickness / (18 + thickness)  # the ends belong to the outline, too
    assert thick == pytest.approx(outline, abs=0.3)
    assert thickness - 0.3 <= wide <= thickness + 1.6  # set upright, in whole pixels


def test_right_is_positive_and_so_is_left_negative() -> None:
    x, _ = digits()
    plain, right, left = (attributes.measure(sheared(x, degrees))[:, 0] for degrees in (0.0, 12.0, -12.0))
    assert (right > plain).float().mean() > 0.99
    assert (right - plain).mean().item() == pytest.approx(12.0, abs=1.5)
    assert (left - plain).mean().item() == pytest.approx(-12.0, abs=1.5)


def test_width_does_not_change_where_a_digit_leans() -> None:
    x, _ = digits()
    plain, leaning = attributes.measure(x)[:, 2], attributes.measure(sheared(x, 15.0))[:, 2]
    assert (leaning - plain).abs().mean() < 0.5


def test_thickness_agrees_with_twice_the_distance_along_the_skeleton() -> None:
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize
    from skimage.transform import rescale

    x, _ = digits()
    along = []
    for picture in x[:, 0].numpy():  # as Morpho-MNIST measures it
        ink = rescale(picture, 4, order=3) > 0.5
        along.append(2 * distance_transform_edt(ink)[skeletonize(ink)].mean() / 4)
    ours = attributes.measure(x)[:, 1].numpy()
    assert np.corrcoef(ours, along)[0, 1] > 0.85
    assert ours.mean() == pytest.approx(np.mean(along), rel=0.25)


def test_brightness_is_no_thickness_and_no_width() -> None:
    x, _ = digits(50)
    torch.testing.assert_close(attributes.measure(0.6 * x), attributes.measure(x), rtol=0, atol=0.26)


def test_a_blank_picture_has_no_shape() -> None:
    found = attributes.measure(torch.cat([torch.zeros(1, 1, 28, 28), stroke(2, 0)]))
    assert found[0].isnan().all()
    assert found[1].isfinite().all()


def test_class_means_are_means_and_an_empty_class_has_that_of_all() -> None:
    codes, labels = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 3
    means = attributes.class_means(codes, labels, 4)
    for label in range(3):
        torch.testing.assert_close(means[label], codes[labels == label].mean(0))
    torch.testing.assert_close(means[3], codes.mean(0))


def test_the_directions_that_made_the_codes_are_found_in_spite_of_classes() -> None:
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(4, (500,), generator=generator)
    places, made = (torch.randn(shape, generator=generator) for shape in ((4, 6), (3, 6)))
    leaning = torch.randn(4, 3, generator=generator)  # the classes differ in their attributes as well
    measured = leaning[labels] + torch.randn(500, 3, generator=generator)
    codes = places[labels] + (measured - leaning[labels]) @ made
    torch.testing.assert_close(attributes.directions(codes, measured, labels), made, atol=1e-4, rtol=1e-4)
    measured[7] = torch.nan  # a blank picture is left out
    torch.testing.assert_close(attributes.directions(codes, measured, labels), made, atol=1e-4, rtol=1e-4)


def test_calibrated_directions_do_what_they_say_and_nothing_else() -> None:
    mixed = torch.tensor([[1.0, 0.03, 0.0], [0.0, 1.0, 0.5], [0.2, 0.0, 1.0]])

    def decode(z: Tensor) -> Tensor:  # pairs of strokes whose slant, thickness and distance are mixed up in the code
        return torch.cat([stroke(t, s, 14.0, apart) for s, t, apart in (z @ mixed).tolist()])

    wanted = torch.tensor([[-5.0, 2.5, 8.0], [0.0, 2.0, 7.0], [4.0, 2.2, 9.0], [9.0, 3.0, 8.0]])
    codes = wanted @ mixed.inverse()
    wrong = torch.diag(torch.tensor([0.5, 2.0, 1.5]))
    steps = attributes.calibrated(wrong, codes, decode)
    before = attributes.measure(decode(codes))
    units = torch.tensor([10.0, 0.5, 2.0])
    for which, far in enumerate(units.tolist()):
        changed, plain = (
            attributes.measure(decode(codes + far * step[which])).sub(before).mean(0) for step in (steps, wrong)
        )
        off, plainly_off = ((found / units - torch.eye(3)[which]).abs().max() for found in (changed, plain))
        assert off < 0.25
        assert off < plainly_off / 2
