"""Maps: their measures against sums done by hand, the same map for the same seed, bounds, places, and the files."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from genlab import checkpoints, cli, mapping, maps
from genlab.errors import CheckpointError, ConfigError
from genlab.maps.methods import FEWEST_POINTS, MOST_POINTS, check_vectors, fit, points_of
from genlab.maps.quality import vote

SHIPPED = [name for name in mapping.SHIPPED if (mapping.folder() / f"{name}.json").is_file()]


def cloud(count: int = 90, seed: int = 0, spread: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Three groups of vectors of 6 numbers, and which group each is of."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return (draw.normal(size=(count, 6)) * spread + 4 * np.eye(6)[labels]).astype(np.float32), labels.astype(np.uint8)


# --------------------------------------------------------------------------------------- measures
def trust_by_hand(x: np.ndarray, y: np.ndarray, k: int) -> float:
    """Venna & Kaski's formula, word by word."""
    n, penalty = len(x), 0
    for i in range(n):
        by_x = sorted((j for j in range(n) if j != i), key=lambda j: np.linalg.norm(x[i] - x[j]))
        by_y = sorted((j for j in range(n) if j != i), key=lambda j: np.linalg.norm(y[i] - y[j]))
        for j in by_y[:k]:
            if j not in by_x[:k]:
                penalty += by_x.index(j) + 1 - k
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty


def test_trustworthiness_and_continuity_are_venna_and_kaskis() -> None:
    x, labels = cloud(40)
    y = np.random.default_rng(1).normal(size=(40, 2))
    found = maps.measure(x, y, labels, k=5)
    assert found["trustworthiness"] == pytest.approx(trust_by_hand(x, y, 5), abs=1e-9)
    assert found["continuity"] == pytest.approx(trust_by_hand(y, x, 5), abs=1e-9)
    assert found["trustworthiness"] != pytest.approx(found["continuity"], abs=1e-3)


def test_a_map_that_keeps_all_is_perfect() -> None:
    y = np.random.default_rng(0).normal(size=(60, 2)) * [3, 1] + np.repeat([[0, 0], [20, 0], [50, 5]], 20, axis=0)
    labels = np.repeat(np.arange(3), 20)
    found = maps.measure(y, 2 * y + 7, labels)
    assert {name: found[name] for name in ("trustworthiness", "continuity", "knn", "between")} == pytest.approx(
        dict.fromkeys(("trustworthiness", "continuity", "knn", "between"), 1.0)
    )
    assert found["sizes"] == pytest.approx(1.0)


def test_distances_between_groups_in_the_wrong_order_are_told() -> None:
    labels = np.repeat(np.arange(3), 10)
    draw = np.random.default_rng(0).normal(size=(30, 2)) * 0.1
    line = draw + np.repeat([[0, 0], [1, 0], [4, 0]], 10, axis=0)
    other = draw + np.repeat([[0, 0], [4, 0], [1, 0]], 10, axis=0)  # pairs 01, 02, 12 are 1, 4, 3 and 4, 1, 3 apart
    assert maps.measure(line, other, labels, k=3)["between"] == pytest.approx(-1.0)


def test_knn_accuracy_leaves_the_point_itself_out() -> None:
    points = np.array([[0.0, 0], [1, 0], [2.1, 0], [10, 0], [11, 0], [12.1, 0]])
    labels = np.array([0, 0, 1, 1, 1, 1])
    assert maps.knn_accuracy(points, labels, k=1) == pytest.approx(5 / 6)  # the third one stands among the zeros
    assert vote(np.array([[3, 1, 1], [2, 0, 1]])).tolist() == [1, 0]


# --------------------------------------------------------------------------------------- PCA
def test_the_plane_is_restored_exactly() -> None:
    x, _labels = cloud()
    plane = maps.fit_plane(x)
    points = plane.project(x)
    assert plane.components @ plane.components.T == pytest.approx(np.eye(6), abs=1e-5)
    assert (np.diff(plane.explained) <= 1e-6).all()
    assert plane.explained.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(plane.project(plane.restore(points)), points, atol=1e-4)
    error = ((x - plane.restore(points)) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    assert error == pytest.approx(1 - plane.explained[:2].sum(), abs=1e-4)  # what is lost is what is not explained


# --------------------------------------------------------------------------------------- t-SNE and UMAP
@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("random_start", [True, False])
def test_a_seed_decides_the_map(method: str, random_start: bool) -> None:
    x, labels = cloud()
    wish = {"method": method, "perplexity": 10, "neighbours": 10, "random_start": random_start}
    first, again, other = (points_of(fit(x, maps.MapSettings(**wish, seed=seed))) for seed in (4, 4, 5))
    assert first.shape == (90, 2)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert maps.knn_accuracy(first, labels) == 1.0


@pytest.mark.parametrize(
    "wish",
    [
        {"method": "pca"},
        {"method": "tsne", "perplexity": 1.0},
        {"method": "tsne", "perplexity": float("nan")},
        {"method": "umap", "neighbours": 1000},
        {"method": "umap", "neighbours": 10.5},
        {"method": "umap", "min_dist": 1.0},
        {"method": "umap", "min_dist": -0.1},
        {"method": "tsne", "seed": -1},
    ],
)
def test_settings_have_bounds(wish: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"\.$"):
        maps.MapSettings(**wish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((FEWEST_POINTS - 1, 4)),
        np.broadcast_to(np.float32(0), (MOST_POINTS + 1, 4)),
        np.zeros((100, 1025)),
        np.zeros(100),
        np.full((100, 3), np.nan),
    ],
)
def test_vectors_have_bounds(x: np.ndarray) -> None:
    with pytest.raises(ConfigError, match=r"\.$"):
        check_vectors(x)


@pytest.mark.parametrize("settings", [{"method": "tsne", "perplexity": 60}, {"method": "umap", "neighbours": 60}])
def test_more_neighbours_than_vectors_are_a_sentence(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="more than 60 vectors"):
        fit(cloud(60)[0], maps.MapSettings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_in_the_making_tells_how_far_it_is(method: str) -> None:
    x, labels = cloud()
    settings = maps.MapSettings(method=method, perplexity=10, neighbours=10)
    steps = list(maps.making(x, labels, settings))
    stages = [step.stage for step in steps]
    assert list(dict.fromkeys(stages)) == ["neighbours", "layout", "measures", "done"]
    shares = [step.share for step in steps if step.stage == "layout"]
    assert shares == sorted(shares)
    assert len(set(shares)) > 10
    made = steps[-1].made
    assert made is not None
    np.testing.assert_array_equal(made.points, points_of(fit(x, settings)))  # watching changes nothing
    assert made.measures == pytest.approx(maps.measure(x, made.points, labels))


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_that_nobody_wants_any_more_ends(method: str) -> None:
    x, labels = cloud(400)
    steps = maps.making(x, labels, maps.MapSettings(method=method))
    for step in steps:
        if step.stage == "layout":
            break
    steps.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "genlab-map"]


def test_a_map_that_was_stopped_leaves_the_bars_of_others_free() -> None:
    """tqdm has one lock for all bars of the process; before this was mended, the next bar waited for ever."""
    import io

    from tqdm import tqdm

    x, labels = cloud(400)
    making = maps.making(x, labels, maps.MapSettings(method="umap", seed=1))
    for step in making:
        if step.stage == "layout":
            break
    making.close()  # type: ignore[attr-defined]
    drawn = threading.Thread(target=lambda: list(tqdm(range(3), file=io.StringIO())), daemon=True)
    drawn.start()
    drawn.join(30)
    assert not drawn.is_alive()


def test_what_goes_wrong_in_the_making_reaches_who_waits() -> None:
    x, labels = cloud(60)
    with pytest.raises(ConfigError, match="needs more than 60"):
        list(maps.making(x, labels, maps.MapSettings(method="tsne", perplexity=90)))


# --------------------------------------------------------------------------------------- places of new vectors
def test_a_vector_of_the_map_goes_to_its_very_place() -> None:
    x, _labels = cloud()
    y = np.random.default_rng(2).normal(size=(90, 2)).astype(np.float32)
    placed = maps.place(x[17], x, y, 3 * y)
    np.testing.assert_allclose(placed.points[0], y[17], atol=1e-6)
    np.testing.assert_allclose(placed.points[1], 3 * y[17], atol=1e-6)
    assert placed.near[0] == 17
    assert placed.distances[0] == 0


def test_a_new_vector_lands_in_its_group_and_not_between_groups() -> None:
    x, labels = cloud()
    y = (np.array([[0, 0], [10, 0], [0, 10]])[labels] + np.random.default_rng(3).normal(size=(90, 2)) * 0.3).astype(
        "f4"
    )
    new, its = cloud(30, seed=9)
    for one, label in zip(new, its, strict=True):
        (found,) = maps.place(one, x, y).points
        assert np.linalg.norm(found - np.array([[0, 0], [10, 0], [0, 10]])[label]) < 1.5
    halfway = (x[labels == 0].mean(0) + x[labels == 1].mean(0)) / 2
    (found,) = maps.place(halfway, x, y).points
    assert min(np.linalg.norm(found - centre) for centre in ([0, 0], [10, 0])) < 2


def test_equal_vectors_have_a_place_too() -> None:
    x = np.zeros((30, 4), dtype=np.float32)
    y = np.ones((30, 2), dtype=np.float32)
    for new in (np.zeros(4), np.ones(4)):
        np.testing.assert_allclose(maps.place(new, x, y).points[0], [1, 1], atol=1e-5)


# --------------------------------------------------------------------------------------- files
def shelf() -> maps.Shelf:
    x, labels = cloud()
    y = np.random.default_rng(0).normal(size=(5, 90, 2)).astype(np.float32)
    return maps.Shelf(
        labels=labels,
        codes=x,
        plane=maps.fit_plane(x),
        pca=y[0],
        tsne=[y[1], y[2]],
        umap=[y[3], y[4]],
        few=y[0],
        about={"measures": {"pca": [{"knn": 0.5}]}},
    )


def test_maps_come_back_from_their_files(tmp_path: Path) -> None:
    kept = shelf()
    maps.write_shelf(tmp_path, "ours", {"digits": kept}, {"weights_sha256": "abc"})
    found, about = maps.read_shelf(tmp_path, "ours", "digits")
    np.testing.assert_array_equal(found.labels, kept.labels)
    for a, b in ((found.tsne[1], kept.tsne[1]), (found.umap[0], kept.umap[0]), (found.pca, kept.pca)):
        np.testing.assert_allclose(a, b, atol=2e-3)
    np.testing.assert_allclose(found.codes, kept.codes, atol=5e-3)  # type: ignore[arg-type]
    assert found.about["measures"] == kept.about["measures"]
    assert about["weights_sha256"] == "abc"


@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "json", "schema", "other set"])
def test_broken_files_are_a_sentence(tmp_path: Path, harm: str) -> None:
    maps.write_shelf(tmp_path, "ours", {"digits": shelf()}, {})
    numbers, words = tmp_path / "ours.safetensors", tmp_path / "ours.json"
    data = numbers.read_bytes()
    if harm == "missing":
        numbers.unlink()
    elif harm == "cut":
        numbers.write_bytes(data[:-100])
    elif harm == "flipped":
        numbers.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif harm == "json":
        words.write_text("{")
    elif harm == "schema":
        words.write_text(json.dumps({**json.loads(words.read_text()), "schema": 99}))
    with pytest.raises(CheckpointError, match=r"\.$|--write$"):
        maps.read_shelf(tmp_path, "ours", "mnist" if harm == "other set" else "digits")


def test_maps_of_other_sizes_are_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    maps.write_shelf(tmp_path, "ours", {"digits": replace(shelf(), pca=np.zeros((7, 2), dtype=np.float32))}, {})
    with pytest.raises(CheckpointError, match="broken"):
        maps.read_shelf(tmp_path, "ours", "digits")


# --------------------------------------------------------------------------------------- what is shipped
def test_some_maps_are_shipped_and_no_checkpoint_is_taken_for_one() -> None:
    assert {"pixels", "ae-mnist-z16", "ae-deep-mnist-z30"} <= set(SHIPPED)
    assert "maps" not in checkpoints.names()
    assert sum(path.stat().st_size for path in mapping.folder().iterdir()) <= 3_000_000


@pytest.mark.parametrize("of", mapping.SETS)
@pytest.mark.parametrize("source", SHIPPED)
def test_shipped_maps_are_what_they_say(source: str, of: str) -> None:
    found, fresh = mapping.shelf(source, of)
    assert fresh, "of other weights: python -m genlab maps --write"
    assert len(found.labels) == {"mnist": 2000, "digits": 1797}[of]
    assert (found.codes is None) == (source == "pixels")  # no picture of a data set is stored
    measures = found.about["measures"]
    for method, points in (("tsne", found.tsne), ("umap", found.umap), ("few", [found.few])):
        for one, told in zip(points, measures[method], strict=True):
            assert maps.knn_accuracy(one, found.labels) == pytest.approx(told["knn"], abs=0.01)
            if method != "few":
                assert told["trustworthiness"] > measures["pca"][0]["trustworthiness"]
    if found.codes is not None:
        told = measures["tsne"][0]
        assert maps.measure(found.codes, found.tsne[0], found.labels) == pytest.approx(
            {key: told[key] for key in ("trustworthiness", "continuity", "knn", "knn_vectors", "between", "sizes")},
            abs=0.02,
        )
        np.testing.assert_allclose(found.plane.project(found.codes), found.pca, atol=0.05)
    if of == "mnist":
        for method in ("tsne", "umap"):  # our place for new pictures is as good as the libraries'
            assert measures[method][0]["placed"] > measures[method][0]["placed_library"] - 0.05


def test_shipped_codes_are_the_encoders(mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLAB_DATA", str(mnist_root))
    images = mapping.pictures("mnist").images
    codes = mapping.shelf("ae-mnist-z16", "mnist")[0].codes
    np.testing.assert_allclose(mapping.vectors("ae-mnist-z16", images), codes, atol=0.01)  # type: ignore[arg-type]


def test_the_command_says_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["maps", "pixels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * 6
    assert all(line.startswith("pixels") and "trustworthiness" in line for line in lines)
    assert cli.main(["maps", "no-such-encoder"]) == 2
