"""The lesson on street numbers, and the training on SVHN that it tells of, on an SVHN of a few pictures."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from genlab import checkpoints, data, evaluation
from genlab.cli import main
from genlab.data import sources, street
from genlab.data.images import to_float
from genlab.losses import mse
from genlab.metrics import psnr, ssim
from genlab.noise import draw, spoil
from genlab.seeding import make_generator
from tests.data_fixtures import mat_files, tiny_source, write_files
from tests.test_pages import (  # noqa: F401 - fixtures
    Figure,
    bare,
    fine,
    router,
    sentences,
    strips,
    thaw,
    visit,
)
from ui import cache, houses
from ui.street import AUTOENCODER, DENOISER

STREET = "pages/street.py"
TRAIN, TEST = 40, 30
FILES = mat_files(TRAIN, TEST)  # once: SciPy writes the time of day into them
SVHN = tiny_source("svhn", FILES, TRAIN, TEST, validation=10)
EVERY = {"any", *map(str, range(10))}


@pytest.fixture(scope="module")
def svhn_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``GENLAB_DATA`` names it, with an SVHN of noise."""
    root = tmp_path_factory.mktemp("data")
    write_files(root / "svhn", FILES)
    return root


@pytest.fixture(scope="module")
def trained(svhn_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Both networks, trained on it by the commands that the page shows, for an epoch."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sources.SOURCES, "svhn", SVHN)
        patch.setenv(sources.VARIABLE, str(svhn_root))
        for name in (AUTOENCODER, DENOISER):
            given = ["train", name, "--dataset", "svhn", "--epochs", "1", "--device", "cpu"]
            assert main([*given, "--out", str(folder / name)]) == 0
        yield folder
    evaluation.fitted_pca.cache_clear()
    evaluation.pca_baseline.cache_clear()


@pytest.fixture
def with_svhn(bare: Path, svhn_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A machine with SVHN."""
    monkeypatch.setitem(sources.SOURCES, "svhn", SVHN)
    monkeypatch.setenv(sources.VARIABLE, str(svhn_root))


@pytest.fixture
def networks(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app finds these two networks, and takes them for some that learned from drawings."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(trained, folder)
    for name in (AUTOENCODER, DENOISER):
        path = folder / name / checkpoints.CONFIG
        path.write_text(path.read_text().replace('"svhn"', '"street"'))
    yield from use(folder, monkeypatch)


@pytest.fixture
def learned_from_photographs(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app finds these two networks."""
    yield from use(trained, monkeypatch)


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(folder))
    for cached in (cache.shipped, houses.places, houses.pictures):
        cached.clear()
    yield folder
    for cached in (cache.shipped, houses.places, houses.pictures):
        cached.clear()


# --------------------------------------------------------------------------------------- the command line
def test_both_networks_train_on_svhn(trained: Path) -> None:
    for name in (AUTOENCODER, DENOISER):
        loaded = checkpoints.load(trained / name)
        assert (loaded.train.dataset, loaded.train.split) == ("svhn", "train+validation")
        assert (loaded.metrics["test"]["dataset"], loaded.metrics["test"]["count"]) == ("svhn", TEST)
        assert loaded.metrics["train"]["count"] == TRAIN
        assert set(loaded.metrics.get("denoising", {})) == ({"gaussian", "mask", "salt"} if name == DENOISER else set())
        assert "datasets: [svhn]" in loaded.card
        assert f"python -m genlab train {name} --epochs 1 --dataset svhn" in loaded.card.replace(
            "--dataset svhn --epochs 1", "--epochs 1 --dataset svhn"
        )
        assert "cuts of street numbers" in loaded.card
        assert "never seen a photograph" not in loaded.card
    baseline = checkpoints.load(trained / AUTOENCODER).metrics["baseline"]
    assert (baseline["name"], baseline["sse_clipped"] > 0) == ("PCA-64", True)


def test_what_was_trained_on_svhn_is_measured_on_svhn(
    trained: Path, with_svhn: None, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["evaluate", str(trained / AUTOENCODER), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    stored = checkpoints.load(trained / AUTOENCODER).metrics
    assert again["test"]["dataset"] == "svhn"
    assert again["test"]["sse"] == pytest.approx(stored["test"]["sse"], rel=1e-3)
    images = data.load("svhn", "test").images
    x = to_float(images)
    with torch.inference_mode():
        x_hat = checkpoints.load(trained / AUTOENCODER).model(x)
    assert stored["test"]["psnr"] == pytest.approx(psnr(mse(x_hat, x).item()), abs=1e-3)


def test_the_commands_of_the_page_are_understood(with_svhn: None, capsys: pytest.CaptureFixture[str]) -> None:
    from genlab.cli import make_parser

    text = (Path(__file__).parents[1] / STREET).read_text()
    commands = re.findall(r"(?:python|torchrun --nproc-per-node 4) -m genlab ([^\"\n]+)", text)
    assert len(commands) == 5
    for command in commands:
        options = make_parser().parse_args(command.split())
        assert "svhn" in (options.name, getattr(options, "dataset", None))
    capsys.readouterr()
    assert main([*commands[1].split(), "--dry-run"]) == 0
    assert f"{TRAIN} images of svhn" in capsys.readouterr().out


# --------------------------------------------------------------------------------------- the page
def thumbnails(app: AppTest) -> list[Figure]:
    """The pictures to choose from, which are the labels of pills."""
    found = []
    for place, option in enumerate(app.pills(key="street_one").options):
        alt, body = re.fullmatch(r"!\[(\d)\]\(data:image/png;base64,(\S+)\)", option).groups()
        found.append(Figure(base64.b64decode(body), alt, chosen=app.pills(key="street_one").value == str(place)))
    return found


def captions(row: list[Figure]) -> list[str]:
    return [figure.caption.strip() for figure in row]


def test_what_is_shown_is_what_the_networks_answer(networks: Path) -> None:
    app = visit(STREET)
    assert sentences(app) == []
    images, labels = street.render("test", range(8))
    shown = thumbnails(app)
    assert [int(figure.alt) for figure in shown] == labels.tolist()
    assert [figure.chosen for figure in shown] == [n == 0 for n in range(8)]
    for figure, image in zip(shown, images, strict=True):
        assert np.array_equal(figure.pixels, image.permute(1, 2, 0).numpy())

    x = to_float(images)
    drawn = [draw((1, 3, 32, 32), make_generator(place, "noise", "street")) for place in range(8)]
    noisy = torch.cat([spoil(one[None], "gaussian", 0.25, d) for one, d in zip(x, drawn, strict=True)])
    autoencoder, denoiser = (checkpoints.load(name).model for name in (AUTOENCODER, DENOISER))
    with torch.inference_mode():
        wanted = [autoencoder(x), noisy, denoiser(noisy), autoencoder(noisy)]
    large, *rows = strips(app)
    assert len(rows) == len(wanted)
    for row, x_hat, one in zip(rows, wanted, large[1:], strict=True):
        for n, figure in enumerate(row):
            assert np.abs(figure.pixels - x_hat[n].permute(1, 2, 0).numpy() * 255).max() <= 0.6
            assert figure.caption.strip() == f"{psnr(mse(x_hat[n : n + 1], x[n : n + 1]).item()):.1f} dB"
        assert [figure.chosen for figure in row] == [n == 0 for n in range(8)]
        assert one.png == row[0].png
        assert one.caption.endswith(f"{row[0].caption.strip()}\nSSIM {ssim(x_hat[:1], x[:1]).item():.2f}")
    assert large[0].png == shown[0].png
    assert large[0].caption == f"Original\nDigit {labels[0]}"


def test_the_size_of_the_code_and_the_measurements_are_the_checkpoints(networks: Path) -> None:
    app = visit(STREET)
    (facts,) = [block.proto.body for block in app.get("html") if 'class="gl-facts"' in block.proto.body]
    assert re.findall(r"<b>(.*?)</b>", facts) == ["64", "2,048", "24,576", "12.0 times"]
    told = "\n".join(text.value for text in app.markdown)
    autoencoder, denoiser = (checkpoints.load(name).metrics for name in (AUTOENCODER, DENOISER))
    assert f"the autoencoder’s answers have **{autoencoder['test']['psnr']:.1f} dB**" in told
    assert f"**{psnr(autoencoder['baseline']['sse_clipped'] / 3072):.1f} dB**" in told
    levels = denoiser["denoising"]["gaussian"]
    assert f"**{levels['0.25']:.1f} dB** at σ = 0.25 and **{levels['0.5']:.1f} dB** at σ = 0.5" in told
    assert f"Over {TEST} test pictures of SVHN" in told  # which these were measured on


def test_without_a_baseline_nothing_is_said_of_it(networks: Path) -> None:
    path = networks / AUTOENCODER / checkpoints.METRICS
    metrics = json.loads(path.read_text())
    del metrics["baseline"]
    path.write_text(json.dumps(metrics))
    app = visit(STREET)
    assert sentences(app) == []
    assert not any("PCA" in text.value for text in app.markdown)


def test_every_digit_and_a_number_beyond_the_last(networks: Path) -> None:
    app = visit(STREET)
    assert set(app.pills(key="digit").options) == EVERY
    for digit in range(10):
        app.pills(key="digit").set_value(str(digit)).run()
        assert sentences(app) == []
        assert {figure.alt for figure in thumbnails(app)} == {str(digit)}
    count = len(houses.places("street", "9"))
    assert f"1 to {count}" in app.number_input(key="number").label
    last = count - 1
    for number, meant in ((count, last), (count + 2, 1)):
        app.number_input(key="number").set_value(number).run()
        assert app.pills(key="street_one").value == str(meant % 8)
        assert len(thumbnails(app)) == (count - (meant - meant % 8) if meant == last else 8)
        image, label = street.render("test", [houses.places("street", "9")[meant]])
        assert label.item() == 9
        assert np.array_equal(strips(app)[0][0].pixels, image[0].permute(1, 2, 0).numpy())
    assert app.query_params["digit"] == "9"


def test_the_digits_are_known_without_drawing() -> None:
    _, labels = street.render("test", range(60))
    assert houses._drawn_digits()[:60] == labels.tolist()
    assert sorted(place for digit in range(10) for place in houses.places("street", str(digit))) == list(range(4000))


def test_another_of_the_eight_is_chosen_by_its_picture(networks: Path) -> None:
    app = visit(STREET, number="11")
    assert app.pills(key="street_one").value == "2"
    before = [figure.png for figure in thumbnails(app)]
    app.pills(key="street_one").set_value("6").run()
    assert sentences(app) == []
    assert app.number_input(key="number").value == 15
    assert [figure.png for figure in thumbnails(app)] == before
    assert strips(app)[0][0].png == before[6]
    assert all([figure.chosen for figure in row] == [n == 6 for n in range(8)] for row in strips(app)[1:])


def test_other_eight_are_other_pictures(networks: Path) -> None:
    app = visit(STREET, digit="3", number="17")
    assert app.number_input(key="number").value == 17
    for _ in range(3):
        before = {figure.png for figure in thumbnails(app)}
        app.button(key="street_other").click().run()
        assert sentences(app) == []
        assert not before & {figure.png for figure in thumbnails(app)}
        assert (app.number_input(key="number").value - 1) % 8 == 0
        assert app.number_input(key="number").value <= len(houses.places("street", "3"))
    app.pills(key="digit").set_value("4").run()
    assert sentences(app) == []
    assert app.number_input(key="number").value == 1  # another digit begins with its first


def test_noise_of_every_kind_and_strength(networks: Path) -> None:
    app = visit(STREET)
    rebuilt, seen = captions(strips(app)[1]), []
    for kind in ("gaussian", "mask", "salt"):
        app.segmented_control(key="noise").set_value(kind).run()
        for level in (0.1, 1.0):
            app.slider(key="level").set_value(level).run()
            assert sentences(app) == []
            rows = strips(app)[1:]
            assert captions(rows[0]) == rebuilt
            seen.append([figure.png for figure in rows[1]])
        assert app.query_params.get("noise", "gaussian") == kind
    assert (np.asarray(Image.open(io.BytesIO(seen[3][0]))) == 0).all()  # all lost
    assert set(np.unique(np.asarray(Image.open(io.BytesIO(seen[5][0]))))) == {0, 255}
    assert len({png for row in seen for png in row}) == 5 * 8 + 1  # all-lost pictures are one
    app.slider(key="level").set_value(0.0).run()
    assert [figure.png for figure in strips(app)[2]] == [figure.png for figure in thumbnails(app)]
    assert set(captions(strips(app)[2])) == {"∞ dB"}


@pytest.mark.parametrize("lang", ["en", "pt"])
@pytest.mark.parametrize(("gone", "left"), [({DENOISER}, 3), ({AUTOENCODER}, 2), ({AUTOENCODER, DENOISER}, 1)])
def test_a_missing_network_is_one_sentence_and_the_rest_goes_on(
    gone: set[str], left: int, lang: str, networks: Path
) -> None:
    for name in gone:
        shutil.rmtree(networks / name)
    app = visit(STREET, lang=lang)
    (told,) = sentences(app)
    assert {name for name in (AUTOENCODER, DENOISER) if f"“{name}”" in told} == gone
    assert len(thumbnails(app)) == 8
    assert [len(row) for row in strips(app)] == [1 + left, *[8] * left]


def test_a_broken_network_is_a_sentence(networks: Path) -> None:
    weights = networks / DENOISER / checkpoints.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])
    (told,) = sentences(visit(STREET))
    assert DENOISER in told


def test_without_svhn_there_is_no_choice_but_a_way_to_it(networks: Path) -> None:
    app = visit(STREET, street="svhn")
    assert sentences(app) == []
    assert "street" not in [control.key for control in app.segmented_control]
    assert any("no photographs" in caption.value for caption in app.caption)
    assert any("learned from such drawings" in caption.value for caption in app.caption)
    links = [link.proto for link in app.main if link.type == "page_link"]
    assert [link.page for link in links] == ["data"]


def test_with_svhn_its_test_pictures_can_be_chosen(networks: Path, with_svhn: None) -> None:
    app = visit(STREET)
    assert not [link for link in app.main if link.type == "page_link"]
    app.segmented_control(key="street").set_value("svhn").run()
    assert sentences(app) == []
    assert app.query_params["street"] == "svhn"
    assert any("never seen a photograph" in caption.value for caption in app.caption)
    held = data.load("svhn", "test")
    for digit in ("any", "0", "7"):
        app.pills(key="digit").set_value(digit).run()
        assert sentences(app) == []
        chosen = held.images if digit == "any" else held.images[held.labels == int(digit)]
        shown = thumbnails(app)
        assert len(shown) == min(8, len(chosen))
        for figure, image in zip(shown, chosen, strict=False):
            assert np.array_equal(figure.pixels, image.permute(1, 2, 0).numpy())
    app.segmented_control(key="street").set_value("street").run()
    assert "street" not in app.query_params
    assert not any("never seen a photograph" in caption.value for caption in app.caption)


def test_networks_that_learned_from_photographs_are_not_called_blind(
    learned_from_photographs: Path, with_svhn: None
) -> None:
    for source in ("street", "svhn"):
        told = [caption.value for caption in visit(STREET, street=source).caption]
        assert not any("never seen" in text or "such drawings" in text for text in told)


def test_a_broken_svhn_is_a_sentence(networks: Path, with_svhn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sources.search_roots()[0] / "svhn" / "test_32x32.mat"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:-1] + b"?")
        (told,) = sentences(visit(STREET, street="svhn"))
        assert "test_32x32.mat" in told
    finally:
        path.write_bytes(whole)


def test_nonsense_in_the_address(networks: Path) -> None:
    app = visit(STREET, street="x", digit="99", number="-3", noise="<b>", level="7")
    assert sentences(app) == []
    assert app.pills(key="digit").value == "any"
    assert app.slider(key="level").value == 0.25
    fine(app)
