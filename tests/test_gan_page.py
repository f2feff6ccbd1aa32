"""The lesson on sampling a GAN: what is shown is what the networks draw, and who is right is who is said to be."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import Tensor

from genlab import checkpoints, past
from genlab.config import ConvGANConfig, GANConfig, TrainConfig
from genlab.data import to_float
from genlab.errors import CheckpointError
from genlab.models import GAN, build
from genlab.seeding import make_generator
from tests.test_pages import bare, router, sentences, strips, thaw, visit, with_mnist, words  # noqa: F401
from ui import cache, gan, gan_copy, gan_game, gan_past, gan_sample, gan_walk, judge
from ui.components import publish, reach
from ui.components.sheet import GAP

PAGE = "pages/gan.py"
COURSE, TOLD, CRITIC = "gan-textbook-mnist", "cgan-mnist", "wgan-gp-mnist"
COUNT = gan.SIDE * gan.SIDE
EPOCHS = (0, 1, 3)
MADE = {
    TOLD: (ConvGANConfig(latent_dim=16, channels=(4, 8), critic=(8,), classes=10), "hinge"),
    CRITIC: (GANConfig(latent_dim=6, hidden=(12,), critic=(8,)), "wasserstein"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped GAN of the course and the judge; and two untrained GANs with a past."""
    root = tmp_path_factory.mktemp("gans")
    for name in (COURSE, judge.JUDGE):
        (root / name).symlink_to(checkpoints.root() / name)
    for seed, (name, (config, game)) in enumerate(MADE.items()):
        model = build(config, make_generator(seed, "untrained"))
        assert isinstance(model, GAN)
        kept = past.Past(root / name / checkpoints.GENERATORS, EPOCHS[-1], resumed=False)
        kept.wanted = set(EPOCHS)
        (root / name).mkdir()
        for epoch in EPOCHS:
            with torch.no_grad():
                model.generator.dense[0].weight.mul_(1.0 + epoch)
            assert kept.take(model, epoch)
        history = [{"epoch": n, "d_loss": -1.0 - n, "g_loss": 0.5 * n} for n in (1, 2, 3)]
        train = TrainConfig(game=game, epochs=EPOCHS[-1])  # type: ignore[arg-type]
        training = {"seconds": 1.0, "cpu_seconds": 1.0, "hardware": "none", "torch": "none", "history": history}
        checkpoints.save(root / name, model, train, "gan", {"training": training}, dtype=torch.float32)
    return root


@pytest.fixture(autouse=True)
def shipped(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """These are what the machine has, and its browsers' files are elsewhere."""
    judge.judge()  # found where it ships, kept
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(folder))
    monkeypatch.setattr(publish, "STATIC", tmp_path / "static")
    kept = (
        gan._shipped,
        gan._generator,
        gan._past_epochs,
        gan_past.past_version,
        gan._drawn,
        gan_walk.made,
        gan_game.make_rounds,
    )
    kept += (reach.shared,)
    for one in kept:
        one.clear()
    yield
    for one in kept:
        one.clear()


def sent(app: AppTest, mark: str) -> list[dict[str, Any]]:
    """What the parts that were told ``mark`` were told."""
    found = [json.loads(json.loads(block.proto.json)["json"]) for block in app.get("bidi_component")]
    return [one for one in found if mark in one]


def cut(png: bytes, columns: int) -> np.ndarray:
    """(N, 28, 28) of a picture of pictures."""
    whole = np.asarray(Image.open(io.BytesIO(png)))
    step = 28 + GAP
    rows = (whole.shape[0] + GAP) // step
    return np.stack(
        [
            whole[r * step : r * step + 28, c * step : c * step + 28].astype(int)
            for r in range(rows)
            for c in range(columns)
        ]
    )


def pixels(x: Tensor) -> np.ndarray:
    return (x[:, 0] * 255).round().numpy().astype(int)


def made(name: str, draw: int, psi: float = math.inf, epoch: int | None = None, label: int | None = None) -> Tensor:
    """The pictures of a draw, by the model's own verbs."""
    wish = gan.Wish(name=name, draw=draw, psi=psi, label=label)
    model = checkpoints.load(name, GAN).model
    if epoch is not None:
        model = past.load(name, model, epoch)
    with torch.no_grad():
        return model.decode(gan.codes(wish, COUNT))


# --------------------------------------------------------------------------------------- new pictures
def test_a_sheet_is_what_the_generator_draws_with_both_opinions_under_it() -> None:
    app = visit(PAGE, gan="course", noise="7")
    assert sentences(app) == []
    (sheet,) = sent(app, "bars")
    x = made(COURSE, 7)
    shown = cut(base64.b64decode(sheet["png"]), gan.SIDE)
    assert np.abs(shown - pixels(x)).max() <= 1
    drawn = torch.from_numpy(shown / 255.0).float()[:, None]
    model = checkpoints.load(COURSE, GAN).model
    with torch.no_grad():
        doubts = model.judge(drawn).sigmoid()
    assert sheet["bars"] == pytest.approx(doubts.tolist(), abs=0.002)
    reads = judge.read(drawn)
    assert reads is not None
    assert sheet["digits"] == reads.argmax(1).tolist()
    for text, digit, note in zip(sheet["texts"], sheet["digits"], sheet["notes"], strict=True):
        assert text.startswith(f"reads as {digit} (")
        assert text.endswith(f"D: {note} real")
    assert float(sheet["notes"][0].strip("<>\xa0 %")) == pytest.approx(100 * doubts[0].item(), abs=0.51)


def test_the_past_and_truncation_are_in_the_address_and_the_noise_stays() -> None:
    epoch = past.epochs(COURSE)[4]
    app = visit(PAGE, **{"gan": "course", "psi": "0.7", f"epoch-{COURSE}": str(epoch)})
    assert sentences(app) == []
    (sheet,) = sent(app, "bars")
    shown = cut(base64.b64decode(sheet["png"]), gan.SIDE)
    assert np.abs(shown - pixels(made(COURSE, 1, 0.7, epoch))).max() <= 1
    assert not np.array_equal(shown, pixels(made(COURSE, 1, 0.7)))


def test_noise_is_standard_normal_and_the_same_for_all_networks() -> None:
    long, short = (gan.codes(gan.Wish(name=name, draw=3), 500) for name in (COURSE, CRITIC))
    assert torch.equal(long[:, : short.shape[1]], short)
    assert long.mean().abs() < 4 / math.sqrt(long.numel())
    assert (long.std() - 1).abs() < 4 / math.sqrt(2 * long.numel())
    told = gan.codes(gan.Wish(name=TOLD, draw=3, label=6), 500)
    assert torch.equal(told[:, :6], short)
    assert torch.equal(told[:, 6:], torch.eye(10)[6].expand(500, -1))
    assert not torch.equal(gan.codes(gan.Wish(name=COURSE, draw=4), 500), long)


def test_a_class_can_be_asked_for_where_the_generator_is_told_one() -> None:
    app = visit(PAGE, gan="told", told="4")
    assert sentences(app) == []
    (sheet,) = sent(app, "bars")
    assert np.abs(cut(base64.b64decode(sheet["png"]), 8) - pixels(made(TOLD, 1, label=4))).max() <= 1
    app.pills(key="told").set_value(gan.ANY).run()
    assert np.abs(cut(base64.b64decode(sent(app, "bars")[0]["png"]), 8) - pixels(made(TOLD, 1))).max() <= 1
    app.pills(key="gan").set_value("course").run()
    assert "told" not in [one.key for one in app.pills]


def test_two_sheets_have_one_noise_and_a_critic_only_compares() -> None:
    app = visit(PAGE, gan="course", beside="wasserstein", noise="12")
    assert sentences(app) == []
    first, second = sent(app, "bars")
    assert np.abs(cut(base64.b64decode(first["png"]), 8) - pixels(made(COURSE, 12))).max() <= 1
    assert np.abs(cut(base64.b64decode(second["png"]), 8) - pixels(made(CRITIC, 12))).max() <= 1
    assert all(note.endswith("%") for note in first["notes"])
    assert not any("%" in note for note in second["notes"])
    assert (min(second["bars"]), max(second["bars"])) == (0, 1)
    assert any("critic knows no" in caption.value for caption in app.caption)


def test_new_noise_is_kept_in_the_address() -> None:
    app = visit(PAGE, noise="9999")
    before = sent(app, "bars")[0]["png"]
    app.button(key="noise_button").click().run()
    assert sentences(app) == []
    assert app.query_params["noise"] == "1"
    assert sent(app, "bars")[0]["png"] not in ("", before)


def test_sheets_follow_each_other_for_a_while_and_then_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    class RerunError(Exception):
        pass

    def rerun() -> None:
        raise RerunError

    state: dict[str, Any] = {gan_sample.GOING: True, gan_sample.FRESH: True}
    seen: list[int] = []
    monkeypatch.setattr(gan_sample.st, "session_state", state)
    monkeypatch.setattr(gan_sample.st, "query_params", {"noise": "9990"})
    monkeypatch.setattr(gan_sample.st, "rerun", rerun)
    monkeypatch.setattr(gan_sample, "_show", lambda _wishes, draw: seen.append(draw))
    for _tick in range(gan_sample.MOST + 1):
        gan_sample._sheets([])
    assert seen == [(9989 + n) % 9999 + 1 for n in range(gan_sample.MOST + 1)]  # one for the press, one for each tick
    with pytest.raises(RerunError):
        gan_sample._sheets([])
    assert state[gan_sample.TIRED]
    state |= {gan_sample.TIRED: False, gan_sample.TICKS: 0, gan_sample.GOING: False, gan_sample.LAST: 77}
    gan_sample._sheets([])  # asked for before the switch was off
    assert seen[-1] == 77
    with pytest.raises(RerunError):  # a timer that outlived its switch
        gan_sample._sheets([])
    assert len(seen) == gan_sample.MOST + 2


def test_the_table_is_that_of_the_shipped_measurements_and_of_this_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = checkpoints.load(COURSE, GAN).metrics["samples"]
    app = visit(PAGE, gan="course")
    table = next(block.value for block in app.markdown if block.value.startswith("|  |"))
    row = next(line for line in table.splitlines() if "course" in line)
    cells = [cell.strip(" *") for cell in row.strip("|").split("|")]
    found = samples["ways"]["normal"]
    assert float(cells[1].replace(",", "")) == pytest.approx(found["fd"], abs=0.051)
    assert float(cells[3].strip(" %")) == pytest.approx(100 * found["coverage"], abs=0.51)
    assert cells[4] == f"{sum(share >= 0.02 for share in found['classes'])} of 10"
    assert "Wasserstein" not in table  # which nobody measured
    monkeypatch.setitem(gan.network(COURSE).metrics["samples"], "judge", "0" * 64)
    app = visit(PAGE, gan="course")
    assert not any(block.value.startswith("|  |") for block in app.markdown)
    assert any("have not been measured" in warning.value for warning in app.warning)


def test_what_is_missing_is_named_and_without_any_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(PAGE)
    assert any("gan-collapsed-mnist" in caption.value and COURSE not in caption.value for caption in app.caption)
    monkeypatch.setattr(checkpoints, "names", list)
    for view in ("sample", "epochs", "walk", "finger", "copy", "play"):
        assert len(sentences(visit(PAGE, show=view))) == 1


def test_a_broken_one_is_a_sentence_and_the_others_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    original = gan.network

    def broken(name: str) -> Any:
        if name == CRITIC:
            raise CheckpointError("{path} is missing or cannot be read.", path=name)
        return original(name)

    monkeypatch.setattr(gan, "network", broken)
    app = visit(PAGE)
    assert sentences(app) == []
    assert any(CRITIC in warning.value for warning in app.warning)
    assert list(app.pills(key="gan").options) == ["The course’s", "Conditional"]


# --------------------------------------------------------------------------------------- films
def test_a_film_has_the_same_noise_after_every_kept_epoch(tmp_path: Path) -> None:
    app = visit(PAGE, show="epochs", past_left="course", past_right="told")
    assert sentences(app) == []
    (part,) = sent(app, "films")
    assert part["stops"] == sorted({*past.epochs(COURSE), *EPOCHS})
    assert part["start"] == len(part["stops"]) - 1
    for film, name in zip(part["films"], (COURSE, TOLD), strict=True):
        png = (tmp_path / "static" / film["url"].removeprefix("app/static/")).read_bytes()
        frames = np.split(np.asarray(Image.open(io.BytesIO(png))), len(past.epochs(name)))
        for stop, frame, caption in zip(part["stops"], film["frames"], film["captions"], strict=True):
            epoch = max(kept for kept in past.epochs(name) if kept <= stop)
            assert past.epochs(name)[frame] == epoch
            assert caption == f"after epoch {epoch}"
        for n in (0, len(frames) - 1):
            whole = io.BytesIO()
            Image.fromarray(frames[n]).save(whole, "PNG")
            wanted = pixels(made(name, 1, epoch=past.epochs(name)[n]))
            assert np.abs(cut(whole.getvalue(), 8) - wanted).max() <= 1
    assert gan_past.render(COURSE) == (tmp_path / "static" / part["films"][0]["url"][11:]).read_bytes()


def test_the_curves_are_the_training_s_and_the_course_s(monkeypatch: pytest.MonkeyPatch) -> None:
    history = checkpoints.load(COURSE, GAN).metrics["training"]["history"]
    losses, right, fd, digits = gan_past.charts(COURSE, [COURSE])
    assert [line.dashed for line in losses.lines] == [False, False, True, True]
    assert list(losses.lines[0].y) == [row["d_loss"] for row in history]
    assert list(losses.lines[2].y)[:2] == [0.5118, 0.5935]  # as printed
    assert list(losses.lines[3].y)[-1] == 2.3501
    assert len(losses.lines[2].y) == len(losses.lines[3].y) == 40
    assert losses.low == 0
    assert losses.high >= max(max(line.y) for line in losses.lines)
    assert (losses.high - losses.low) / losses.step in (2, 3, 4)
    assert list(right.lines[1].y) == [100 * row["d_fake"] for row in history]
    assert dict(zip(fd.lines[0].x, fd.lines[0].y, strict=True)) == {r["epoch"]: r["fd"] for r in history if "fd" in r}
    assert fd.low <= min(fd.lines[0].y) <= max(fd.lines[0].y) <= fd.high
    assert digits.lines[0].y[0] == 1
    (only,) = gan_past.charts(CRITIC, [CRITIC])  # no verdicts, no judge
    assert len(only.lines) == 2
    assert only.low <= -4
    monkeypatch.setitem(gan.network(COURSE).metrics["samples"], "judge", "0" * 64)
    assert len(gan_past.charts(COURSE, [COURSE])) == 2


def test_a_walk_goes_round_with_what_is_read_at_each_step() -> None:
    app = visit(PAGE, show="walk", gan="course", noise="3", round="17")
    assert sentences(app) == []
    (part,) = sent(app, "films")
    (film,) = part["films"]
    steps = gan_walk.STATIONS * gan_walk.STEPS
    assert part["start"] == 17
    assert len(part["stops"]) == len(film["captions"]) == len(film["colours"]) == steps + 1
    png = base64.b64decode(film["url"].split(",")[1])
    frames = np.asarray(Image.open(io.BytesIO(png))).reshape(-1, 28, 28).astype(int)
    stations = gan.codes(gan.Wish(name=COURSE, draw=3), gan_walk.STATIONS)
    with torch.no_grad():
        wanted = pixels(checkpoints.load(COURSE, GAN).model.decode(stations))
    assert np.abs(frames[:: gan_walk.STEPS][:-1] - wanted).max() <= 1
    assert np.array_equal(frames[0], frames[-1])
    assert len(np.unique(frames, axis=0)) > 0.8 * steps


# --------------------------------------------------------------------------------------- under the finger
def test_a_dense_generator_goes_to_the_browser_and_another_is_asked_here() -> None:
    app = visit(PAGE, show="finger", gan="course", noise="5")
    assert sentences(app) == []
    (part,) = sent(app, "decoder")
    assert part["digit"] == pytest.approx(gan.codes(gan.Wish(name=COURSE, draw=5), 1)[0].tolist(), abs=1e-4)
    app.pills(key="gan").set_value("told").run()
    assert sentences(app) == []
    assert sent(app, "decoder") == []
    before = strips(app)[0][0].pixels
    app.slider[0].set_value(2.5).run()
    z = gan.codes(gan.Wish(name=TOLD, draw=5, label=0), 1)
    z[0, 0] = 2.5
    with torch.no_grad():
        wanted = pixels(checkpoints.load(TOLD, GAN).model.decode(z))[0]
    shown = strips(app)[0][0].pixels.astype(int)
    assert np.abs(shown - wanted).max() <= 1
    assert not np.array_equal(shown, before)


# --------------------------------------------------------------------------------------- copies
def test_without_mnist_nothing_is_compared_and_the_page_says_why() -> None:
    app = visit(PAGE, show="copy")
    assert sentences(app) == []
    assert any("60,000" in info.value for info in app.info)
    assert sent(app, "bars") == []


@pytest.mark.mnist
def test_the_nearest_of_all_training_pictures_is_shown_beside_the_chosen_one(with_mnist: None) -> None:  # noqa: F811
    app = visit(PAGE, show="copy", gan="course", picture="38")
    assert sentences(app) == []
    (sheet,) = sent(app, "bars")
    assert (sheet["pick"], sheet["start"]) == (True, 37)
    generated, real = strips(app)[-1]
    chosen = cut(base64.b64decode(sheet["png"]), 8)[37]
    assert np.array_equal(generated.pixels, chosen)
    known = gan_copy.training()
    assert len(known.images) == 60_000
    far = ((known.images[:, 0].float() - torch.from_numpy(chosen)) / 255).square().flatten(1).sum(1).sqrt()
    nearest = int(far.argmin())
    assert np.array_equal(real.pixels, known.images[nearest, 0].numpy())
    assert f"a {int(known.labels[nearest])}, {far[nearest].item():.1f} away" in real.caption
    others = gan_copy.real_distances()
    x = to_float(cache.test_set("mnist").images[:1])
    wanted = min((x - to_float(part)).flatten(1).norm(dim=1).min().item() for part in known.images.split(10_000))
    assert others[0].item() == pytest.approx(wanted, abs=1e-4)
    assert any(f"**{others.median().item():.1f}** away from their nearest" in text for text in words(app))


# --------------------------------------------------------------------------------------- be the discriminator
def test_ten_rounds_are_scored_against_the_network() -> None:
    app = visit(PAGE, show="play", against="course")
    assert any("unfair game" in warning.value for warning in app.warning)
    game = app.session_state[gan_game.KEY]
    rounds = gan_game.make_rounds(game.name, game.dataset, game.draw)
    network = [logit > 0 for logit in rounds.logits]
    mine = [real if n % 3 else not real for n, real in enumerate(rounds.real)]
    yours = theirs = 0
    for n, said in enumerate(mine):
        assert sentences(app) == []
        assert any(f"**Round {n + 1} of 10** · you {yours}, discriminator {theirs}" in text for text in words(app))
        assert np.array_equal(strips(app)[0][0].pixels, pixels(rounds.x[n : n + 1])[0])
        app.button(key=f"game_{said}").click().run()
        shown = next(text for text in words(app) if "Discriminator: " in text)
        assert ("It is **real**" in shown) == rounds.real[n]
        assert f"{'✓' if said == rounds.real[n] else '✗'} You: {'real' if said else 'generated'}" in shown
        assert f"Discriminator: {'real' if network[n] else 'generated'} (real: " in shown
        assert "game_True" not in [button.key for button in app.button]
        yours, theirs = yours + (said == rounds.real[n]), theirs + (network[n] == rounds.real[n])
        app.button(key="game_next").click().run()
    assert app.subheader[0].value == f"you {yours}, discriminator {theirs}"
    assert [figure.caption.split("\n")[0] for figure in strips(app)[0]] == [
        "real" if real else "generated" for real in rounds.real
    ]
    app.button(key="game_again").click().run()
    assert app.session_state[gan_game.KEY].draw != game.draw
    assert any("**Round 1 of 10**" in text for text in words(app))


def test_the_rounds_are_real_and_generated_pictures_and_the_network_is_told_their_class() -> None:
    found = [gan_game.make_rounds(TOLD, "digits", draw) for draw in range(12)]
    share = sum(real for one in found for real in one.real) / 120
    assert 0.5 == pytest.approx(share, abs=4 * math.sqrt(0.25 / 120))
    test = {picture.numpy().tobytes() for picture in cache.test_set("digits").images}
    for one in found:
        bytes_ = (one.x * 255).round().byte()
        assert [picture.numpy().tobytes() in test for picture in bytes_] == one.real
    assert len({tuple(one.real) for one in found}) > 6
    gan_game.make_rounds.clear()
    again = gan_game.make_rounds(TOLD, "digits", 3)
    assert torch.equal(again.x, found[3].x)
    assert again.logits == found[3].logits


def test_a_second_click_counts_nothing() -> None:
    game = gan_game.Game(COURSE, "digits")
    gan_game._answer(game, 0, True)
    gan_game._answer(game, 0, False)
    gan_game._go_on(game, 0)
    gan_game._go_on(game, 0)
    gan_game._answer(game, 0, False)
    assert (game.answers, game.waits) == ([True], False)


def test_a_critic_plays_no_game() -> None:
    app = visit(PAGE, show="play")
    assert "Wasserstein" not in app.pills(key="against").options


@pytest.mark.parametrize("odd", ["-1", "1e9", "1,2"])
def test_nonsense_in_the_address_changes_nothing(odd: str) -> None:
    for view, mark in (("sample", "bars"), ("walk", "films")):
        names = ("noise", "told", "beside", "round", "picture", f"epoch-{COURSE}")
        app = visit(PAGE, show=view, gan="course", **dict.fromkeys(names, odd))
        assert sentences(app) == []
        first = visit(PAGE, show=view, gan="course")
        told, wanted = ({**sent(one, mark)[0], "at": ""} for one in (app, first))
        assert told == wanted
    app = visit(PAGE, gan="course", psi=odd)
    assert sentences(app) == []
    assert all(0 <= bar <= 1 for bar in sent(app, "bars")[0]["bars"])
