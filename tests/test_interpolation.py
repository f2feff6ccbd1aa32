"""Walks between codes: the two lines, what counts as a hole, and the files to take home."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from genlab import interpolation as walks
from genlab.checkpoints import load
from genlab.config import JudgeConfig
from genlab.data import load as load_data
from genlab.data import to_float
from genlab.models import Judge, build
from genlab.seeding import make_generator
from ui import interpolation_files as files


def codes(n: int, k: int = 16, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, k, generator=make_generator(seed, "walks"))


# --------------------------------------------------------------------------------------- the lines
@pytest.mark.parametrize("line", walks.WAYS.values(), ids=list(walks.WAYS))
def test_both_lines_begin_and_end_where_they_should(line) -> None:
    a, b = codes(2)
    z = line(a, b, walks.shares())
    assert z.shape == (walks.POINTS, 16)
    torch.testing.assert_close(z[[0, -1]], torch.stack([a, b]))


def test_the_straight_line_is_the_formula() -> None:
    a, b = codes(2)
    z = walks.lerp(a, b, torch.tensor([0.25]))
    torch.testing.assert_close(z[0], 0.75 * a + 0.25 * b)


def test_the_great_circle_stays_on_the_sphere_at_even_speed() -> None:
    a, b = torch.nn.functional.normalize(codes(2), dim=1) * 4
    z = walks.slerp(a, b, walks.shares(11))
    torch.testing.assert_close(z.norm(dim=1), torch.full((11,), 4.0))
    steps = (z[1:] - z[:-1]).norm(dim=1)
    torch.testing.assert_close(steps, steps[:1].expand(10), rtol=1e-3, atol=1e-4)
    assert walks.lerp(a, b, walks.shares(11)).norm(dim=1)[5] < 3.5  # the line cuts across


def test_a_quarter_of_a_circle_by_hand() -> None:
    z = walks.slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([1 / 3, 0.5]))
    expected = [[math.cos(math.pi / 6), 0.5], [math.sqrt(0.5), math.sqrt(0.5)]]
    torch.testing.assert_close(z, torch.tensor(expected))


@pytest.mark.parametrize("factor", [1.0, 2.5, -1.0, 0.0])
def test_where_there_is_no_circle_the_line_is_taken(factor: float) -> None:
    a = codes(1)[0]
    for one, other in ((a, factor * a), (factor * a, a)):
        z = walks.slerp(one, other, walks.shares(5))
        torch.testing.assert_close(z, walks.lerp(one, other, walks.shares(5)))


@pytest.mark.parametrize("steps", range(walks.FEWEST, walks.MOST + 1))
def test_the_frames_of_a_film_strip_are_places_that_were_looked_at(steps: int) -> None:
    found = walks.stops(steps)
    assert len(set(found)) == steps
    assert (found[0], found[-1]) == (0, walks.POINTS - 1)
    even = np.linspace(0, walks.POINTS - 1, steps)
    assert np.abs(np.array(found) - even).max() <= 0.5
    t = walks.shares()[found]
    torch.testing.assert_close(t, torch.tensor(found) / 100)


# --------------------------------------------------------------------------------------- what is near
def test_the_distance_to_the_nearest_neighbour_leaves_itself_out() -> None:
    points = codes(1203, 3)
    whole = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    torch.testing.assert_close(walks.to_neighbour(points), whole.amin(1), atol=1e-3, rtol=1e-3)
    space = walks.make_space(points)
    assert (walks.to_neighbour(points) > space.usual).float().mean().item() == pytest.approx(0.01, abs=0.001)


def make_judge() -> Judge:
    judge = build(JudgeConfig(latent_dim=16), generator=make_generator(0, "judge"))
    assert isinstance(judge, Judge)
    return judge.eval()


def test_a_place_reads_as_a_digit_only_if_all_three_conditions_hold() -> None:
    judge, pictures = make_judge(), torch.rand(40, 1, 28, 28, generator=make_generator(1, "pictures"))
    real = codes(40, 4)
    reference, space = walks.make_reference(judge, pictures), walks.make_space(real)
    found = walks.read(judge, real, pictures, space, reference)  # themselves
    assert found.among.all()
    assert not found.far.any()
    assert found.nearest.tolist() == list(range(40))
    torch.testing.assert_close(found.confidence, judge(pictures).softmax(1).amax(1))
    assert torch.equal(found.digits, judge(pictures).argmax(1))
    assert torch.equal(found.reads, found.confidence > walks.CONFIDENT)
    away = walks.read(judge, real + 100, pictures, space, reference)
    assert away.far.all()
    assert away.share == 0
    strange = walks.read(judge, real, pictures * 50, space, reference)
    assert not strange.among.any()
    assert strange.share == 0


def test_the_ends_do_not_count_as_real() -> None:
    judge, pictures = make_judge(), torch.rand(10, 1, 28, 28, generator=make_generator(1, "pictures"))
    real = codes(10, 4)
    reference, space = walks.make_reference(judge, pictures), walks.make_space(real)
    found = walks.read(judge, real[:2], pictures[:2], space, reference, ends=[0, 1])
    assert set(found.nearest.tolist()).isdisjoint({0, 1})
    expected = torch.cdist(real[:2], real[2:]).amin(1)
    torch.testing.assert_close(found.distances, expected)


def test_a_picture_is_found_among_the_real_ones() -> None:
    real = (torch.rand(20, 1, 28, 28, generator=make_generator(2, "real")) * 255).byte()
    real[7] = real[3]
    assert walks.found_among(to_float(real)[3], real) == [3, 7]
    assert walks.found_among(1 - to_float(real)[3], real) == []


# --------------------------------------------------------------------------------------- the shipped judge
def test_the_judge_is_sure_of_noise_and_yet_noise_is_no_digit() -> None:
    test = load_data("digits", "test")
    judge, x = load("classifier-mnist", Judge).model, to_float(test.images)
    reference, space = walks.make_reference(judge, x), walks.make_space(x.flatten(1))
    noise = torch.rand(100, 1, 28, 28, generator=make_generator(0, "noise"))
    found = walks.read(judge, noise.flatten(1), noise, space, reference)
    assert (found.confidence > walks.CONFIDENT).float().mean() > 0.9  # why confidence alone would not do
    assert found.share == 0
    assert reference.clear > 0.8


def test_halves_of_two_digits_are_near_both_and_yet_often_no_digit(mnist_root) -> None:
    test = load_data("mnist", "test", root=mnist_root)
    judge, x = load("classifier-mnist", Judge).model, to_float(test.images[:1000])
    reference, space = walks.make_reference(judge, x), walks.make_space(x.flatten(1))
    assert reference.clear > 0.95
    fours, ones = (x[test.labels[:1000] == digit][:50] for digit in (4, 1))
    halves = 0.5 * fours + 0.5 * ones
    found = walks.read(judge, halves.flatten(1), halves, space, reference)
    assert not found.far.any()
    assert found.share < 0.7


# --------------------------------------------------------------------------------------- to take home
def rows(n: int) -> list[tuple[str, torch.Tensor]]:
    pictures = (torch.rand(2 * n, 1, 28, 28, generator=make_generator(0, "film")) * 255).round() / 255
    return [("Autoencoder", pictures[:n]), ("Mistura de píxeis", pictures[n:])]


def test_the_film_holds_every_frame_without_smoothing() -> None:
    given = rows(5)
    sheet = np.asarray(Image.open(io.BytesIO(files.film(given))))
    side = files.SIDE * files.FILM_SCALE
    for n, (_, pictures) in enumerate(given):
        top = files.GAP + n * (files.LINE + side + files.GAP) + files.LINE
        for i, picture in enumerate(pictures):
            left = files.GAP + i * (side + files.GAP)
            found = sheet[top : top + side, left : left + side]
            expected = np.kron((picture[0].numpy() * 255).round(), np.ones((files.FILM_SCALE,) * 2))
            assert np.array_equal(found, expected)
        title = sheet[top - files.LINE : top, : 20 * files.GAP]
        assert (title < 100).any()  # is written


def test_the_animation_goes_there_and_back() -> None:
    given = rows(6)
    gif = Image.open(io.BytesIO(files.animation(given)))
    assert gif.format == "GIF"
    assert gif.n_frames == 10
    assert gif.info["loop"] == 0
    side = files.SIDE * files.GIF_SCALE
    for frame, i in enumerate([0, 1, 2, 3, 4, 5, 4, 3, 2, 1]):
        gif.seek(frame)
        shown = np.asarray(gif.convert("L")).astype(int)
        for n, (_, pictures) in enumerate(given):
            left, top = files.GAP + n * (side + files.GAP), files.GAP + files.LINE
            found = shown[top : top + side, left : left + side]
            expected = np.kron((pictures[i, 0].numpy() * 255).round(), np.ones((files.GIF_SCALE,) * 2))
            assert np.abs(found - expected).max() <= 1


def test_accents_are_written() -> None:
    from PIL import ImageFont

    font = ImageFont.truetype(files.FONT, 16)
    absent = bytes(font.getmask("\uffff"))
    assert all(bytes(font.getmask(letter)) != absent for letter in "áãçéêíõú")
