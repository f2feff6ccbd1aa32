"""The lesson on training layer by layer, as visitors get it without a browser; and the threads that train for them."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from genlab import checkpoints, runs, snapshots
from genlab.catalog import CATALOG
from genlab.config import DenseConfig
from genlab.errors import TrainingError
from genlab.few_labels import SIZES, WAYS
from tests.test_pages import (  # noqa: F401 - fixtures
    PATIENCE,
    bare,
    fine,
    go,
    router,
    sentences,
    thaw,
    visit,
    with_mnist,
)
from ui import cache, few_labels, layers, live, stacking
from ui.stacking import AT_ONCE, STACKED, WORKER

STACK, DATA = "pages/stack.py", "pages/data.py"
EPOCHS = 8
BEGIN = 2  # the end of the first of the stages 2, 2, 2 … of eight epochs and two pairs


# --------------------------------------------------------------------------------------- recorded runs
@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small runs of both ways, recorded on the bundled digits."""
    root = tmp_path_factory.mktemp("recorded")
    for name in (STACKED, AT_ONCE):
        row = CATALOG[name]
        config = replace(row.train, dataset="digits", split="train", epochs=EPOCHS, batch_size=500)
        for _ in runs.train(replace(row, model=DenseConfig(latent_dim=4, hidden=(24,)), train=config), root / name):
            pass
    return root


@pytest.fixture
def shipped(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of them, which may be damaged, in place of the shipped ones."""
    root = tmp_path / "checkpoints"
    shutil.copytree(recorded, root)
    monkeypatch.setenv("GENLAB_CHECKPOINTS", str(root))
    monkeypatch.setattr(few_labels, "ENCODER", STACKED)
    forget()
    yield root
    forget()


def forget() -> None:
    cache.shipped.clear()
    stacking.recording.clear()


def edit_metrics(root: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = root / name / checkpoints.METRICS
    metrics = json.loads(path.read_text())
    change(metrics)
    path.write_text(json.dumps(metrics))


def html(app: AppTest, mark: str) -> str:
    """The block of HTML that has an element of this class."""
    (body,) = [block.proto.body for block in app.get("html") if f'class="{mark}"' in block.proto.body]
    return body


def pairs_shown(app: AppTest) -> list[str]:
    """What each way between two layers is drawn as, from left to right."""
    return re.findall(r'<i class="gl-(learns|frozen|absent)"', html(app, "gl-pairs"))


def sheets_shown(app: AppTest) -> list[np.ndarray]:
    """The pictures of ten digits, ``uint8`` (10, 28, 28) each."""
    found = re.findall(r'<img alt="([^"]+)" src="data:image/png;base64,([^"]+)"', html(app, "gl-sheets"))
    sheets = [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for _, png in found]
    assert all(alt for alt, _ in found)
    return [np.stack([sheet[:, 30 * i : 30 * i + 28, 0] for i in range(10)]) for sheet in sheets]


def errors_shown(app: AppTest) -> list[str]:
    return re.findall(r"SSE ([\d.,]+)<", html(app, "gl-sheets"))


def said(app: AppTest) -> str:
    return "\n".join([*(m.value for m in app.markdown), *(c.value for c in app.caption)])


def test_every_epoch_shows_its_pictures_errors_and_layers(shipped: Path) -> None:
    app = visit(STACK)
    shots = {name: snapshots.read(shipped / name / checkpoints.SNAPSHOTS).numpy() for name in (STACKED, AT_ONCE)}
    history = {
        name: json.loads((shipped / name / checkpoints.METRICS).read_text())["training"]["history"] for name in shots
    }
    assert app.slider(key="epoch").value == BEGIN
    states = {0: "absent absent", 1: "learns absent", 3: "frozen learns", 5: "learns learns"}
    for epoch in range(EPOCHS + 1):
        app.slider(key="epoch").set_value(epoch).run()
        assert sentences(app) == []
        original, stacked, at_once = sheets_shown(app)
        assert np.array_equal(original, snapshots.ten_digits()[:, 0].numpy())
        assert np.array_equal(stacked, shots[STACKED][epoch][:, 0])
        assert np.array_equal(at_once, shots[AT_ONCE][epoch][:, 0])
        wanted = [f"{history[name][epoch - 1]['digits_sse']:.1f}" for name in shots] if epoch else []
        assert errors_shown(app) == wanted
        outer, inner = states[max(e for e in states if e <= epoch)].split()
        assert pairs_shown(app) == [outer, inner, inner, outer]
        assert len(app.get("plotly_chart")) == 1
    assert not np.array_equal(stacked, at_once)


def test_the_buttons_go_to_the_ends_of_stages(shipped: Path) -> None:
    app = visit(STACK, epoch="3")
    assert app.slider(key="epoch").value == 3
    seen = []
    while not app.button(key="stage_after").disabled:
        app.button(key="stage_after").click().run()
        fine(app)
        seen.append(app.slider(key="epoch").value)
    while not app.button(key="stage_before").disabled:
        app.button(key="stage_before").click().run()
        seen.append(app.slider(key="epoch").value)
    assert seen == [4, 8, 4, 2, 0]
    assert not app.warning


def test_the_numbers_in_the_sentence_are_those_of_the_recording(shipped: Path) -> None:
    edit_metrics(shipped, STACKED, lambda m: m["training"]["history"][3].update(digits_sse=123.44))
    edit_metrics(shipped, STACKED, lambda m: m["training"]["history"][-1].update(digits_sse=12.36))
    edit_metrics(shipped, AT_ONCE, lambda m: m["training"]["history"][-1].update(digits_sse=45.62))
    forget()
    text = said(visit(STACK))
    assert "It was 123.4 before" in text
    assert "12.4 in the end; all at once, 45.6" in text
    assert "123,4" in said(visit(STACK, lang="pt"))


@pytest.mark.parametrize("odd", ["", "-3", "99", "x", "2.5", "nan"])
def test_an_epoch_that_is_none_is_ignored(odd: str, shipped: Path) -> None:
    app = visit(STACK, epoch=odd)
    assert sentences(app) == []
    assert 0 <= app.slider(key="epoch").value <= EPOCHS


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no network": lambda root: shutil.rmtree(root / AT_ONCE),
    "no recording": lambda root: (root / STACKED / checkpoints.SNAPSHOTS).unlink(),
    "recording broken": lambda root: (root / STACKED / checkpoints.SNAPSHOTS).write_bytes(b"\x80\x04."),
    "no history": lambda root: edit_metrics(root, AT_ONCE, lambda m: m.pop("training")),
    "history of another kind": lambda root: edit_metrics(
        root, STACKED, lambda m: m["training"].update(history=[{"epoch": 1}])
    ),
    "history cut": lambda root: edit_metrics(root, AT_ONCE, lambda m: m["training"]["history"].pop()),
    "history empty": lambda root: edit_metrics(root, STACKED, lambda m: m["training"].update(history=[])),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_without_the_recording_a_sentence_and_the_rest_works(damage: str, shipped: Path) -> None:
    DAMAGE[damage](shipped)
    forget()
    app = visit(STACK)
    (sentence,) = sentences(app)
    assert "ae-" in sentence
    assert sentence.endswith(".")
    app.segmented_control(key="view").set_value("train").run()
    assert sentences(app) == []
    assert app.button(key="stack_start").label == "Start"


# --------------------------------------------------------------------------------------- few labels
def measured(metrics: dict[str, Any]) -> None:
    base = {"random": 0.3, "frozen": 0.2, "tuned": 0.1, "svm": 0.25}
    errors = {
        way: [[base[way] / (1 + i) * (0.9 + 0.05 * s) for s in range(5)] for i in range(len(SIZES))] for way in WAYS
    }
    metrics["few_labels"] = {"sizes": list(SIZES), "errors": errors}


def test_few_labels_are_drawn_and_their_numbers_told(shipped: Path) -> None:
    edit_metrics(shipped, STACKED, measured)
    forget()
    app = visit(STACK, view="few")
    assert sentences(app) == []
    (chart,) = app.get("plotly_chart")
    spec = json.loads(chart.proto.spec)
    lines = [trace for trace in spec["data"] if "name" in trace and trace.get("showlegend") is not False]
    assert [line["name"] for line in lines] == [name for name, *_ in few_labels.FEW.values()]
    assert len({(line["line"]["dash"], line["marker"]["symbol"]) for line in lines}) == 4  # not by colour alone
    text = said(app)
    assert "With **100 labels** the pre-trained and tuned network errs on **3.33 %**" in text
    assert (
        "frozen on 6.67 %, the same network from a random start on 10.00 %, and a support vector machine on 8.33 %"
        in text
    )
    assert "With **1,000 labels** the pre-trained and tuned network errs on **2.00 %**" in text
    assert "same small distortions" in text
    assert "python -m genlab few-labels" in text
    assert "3,33 %" in said(visit(STACK, view="few", lang="pt"))


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {"sizes": [10]},
        {"sizes": [10], "errors": {"random": [[0.1]]}},
        {"sizes": [10, 30], "errors": {way: [[0.1]] for way in WAYS}},
        {"sizes": [10], "errors": {way: [[]] for way in WAYS}},
        {"sizes": ["x"], "errors": {way: [[0.1]] for way in WAYS}},
    ],
    ids=str,
)
def test_few_labels_that_were_not_measured_are_a_sentence(broken: object, shipped: Path) -> None:
    edit_metrics(shipped, STACKED, lambda m: m.update(few_labels=broken))
    forget()
    app = visit(STACK, view="few")
    (sentence,) = sentences(app)
    assert "few-labels" in sentence


# --------------------------------------------------------------------------------------- train it here
@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Places]:
    """A training of moments, and room of the test's own."""
    monkeypatch.setitem(stacking.PLANS, "digits", (40, 20, 8))
    room = live.Places(2)
    made: list[live.Worker[Any]] = []
    own = live.Worker

    def worker(*arguments: Any, **options: Any) -> live.Worker[Any]:
        made.append(own(*arguments, **{"room": room, **options}))
        return made[-1]

    monkeypatch.setattr(live, "Worker", worker)
    yield room
    for each in made:
        each.stop()
        each.join(PATIENCE)


class Gate:
    """Lets trainings on one epoch at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tickets = threading.Semaphore(0)
        made = stacking.rounds

        def rounds(name: str, seed: int) -> Callable[[], Iterator[Any]]:
            def make() -> Iterator[Any]:
                for value in made(name, seed)():
                    yield value
                    assert self.tickets.acquire(timeout=PATIENCE)

            return make

        monkeypatch.setattr(stacking, "rounds", rounds)

    def open(self, count: int = 1) -> None:
        self.tickets.release(count)


@pytest.fixture
def gate(quick: live.Places, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(monkeypatch)
    yield made
    made.open(1000)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def worker_of(app: AppTest) -> live.Worker[Any]:
    return app.session_state[WORKER]


def start(app: AppTest) -> live.Worker[Any]:
    app.button(key="stack_start").click().run()
    assert sentences(app) == []
    return worker_of(app)


def bar(app: AppTest) -> str:
    (found,) = app.get("progress")
    return found.proto.text


def test_a_training_from_start_to_end(quick: live.Places) -> None:
    app = visit(STACK, view="train")
    assert app.button(key="stack_start").label == "Start"
    assert pairs_shown(app) == ["absent"] * 6
    assert not app.get("progress")
    worker = start(app)
    worker.join(PATIENCE)
    app.run()
    assert sentences(app) == []
    assert worker.state == "done"
    assert bar(app).startswith("Done: 8 epochs")
    assert pairs_shown(app) == ["learns"] * 6
    assert [button.key for button in app.button] == ["stack_start"]
    assert app.button(key="stack_start").label == "Start again"
    last = worker.latest
    assert (last.epoch, last.epochs) == (8, 8)
    _, stacked, at_once = sheets_shown(app)
    assert np.array_equal(stacked, last.pictures["stacked"][:, 0].numpy())
    assert np.array_equal(at_once, last.pictures["at_once"][:, 0].numpy())
    assert errors_shown(app) == [f"{last.errors[way][-1]:.1f}" for way in ("stacked", "at_once")]
    assert len(app.get("plotly_chart")) == 1


def test_it_can_be_watched_stopped_and_started_again(gate: Gate) -> None:
    app = visit(STACK, view="train")
    worker = start(app)
    stages_seen = []
    for epoch in range(4):
        until(lambda epoch=epoch: worker.latest is not None and worker.latest.epoch == epoch)
        app.run()
        assert sentences(app) == []
        assert f"Epoch {epoch} of 8" in bar(app)
        stages_seen.append(pairs_shown(app)[:3])
        gate.open()
    assert stages_seen == [
        ["learns", "absent", "absent"],
        ["learns", "absent", "absent"],
        ["frozen", "learns", "absent"],
        ["frozen", "frozen", "learns"],
    ]
    app.button(key="stack_stop").click().run()
    gate.open()
    worker.join(PATIENCE)
    assert worker.state == "stopped"
    at = worker.latest.epoch
    app.run()
    assert bar(app) == f"Stopped after epoch {at} of 8."
    assert len(sheets_shown(app)) == 3  # what was learned stays
    again = start(app)
    assert again is not worker
    until(lambda: again.latest is not None)
    assert again.latest.epoch == 0
    gate.open(100)
    again.join(PATIENCE)
    assert again.state == "done"
    assert again.latest.errors["stacked"][0] != worker.latest.errors["stacked"][0]  # other first weights


def test_starting_again_stops_the_training_that_runs(gate: Gate) -> None:
    app = visit(STACK, view="train")
    first = start(app)
    until(lambda: first.latest is not None)
    second = start(app)
    gate.open(100)
    for worker in (first, second):
        worker.join(PATIENCE)
    assert (first.state, second.state) == ("stopped", "done")


def test_it_survives_another_page_another_view_and_another_language(gate: Gate) -> None:
    app = visit(STACK, view="train")
    worker = start(app)
    until(lambda: worker.latest is not None)
    go(app, DATA)
    gate.open(3)
    until(lambda: worker.latest.epoch == 3)
    go(app, STACK)
    app.segmented_control(key="view").set_value("train").run()
    assert worker_of(app) is worker
    assert "Epoch 3 of 8" in bar(app)
    app.query_params["lang"] = "pt"
    app.run()
    assert worker.active
    gate.open(100)
    worker.join(PATIENCE)
    assert worker.state == "done"


def test_two_visitors_train_side_by_side_and_do_not_mix(gate: Gate) -> None:
    one, other = visit(STACK, view="train"), visit(STACK, view="train")
    start(other)
    start(other)  # so that their weights differ
    first, second = start(one), worker_of(other)
    gate.open(1000)
    for worker in (first, second):
        worker.join(PATIENCE)
        assert worker.state == "done"
    for app in (one, other):
        app.run()
    mine, theirs = sheets_shown(one), sheets_shown(other)
    assert np.array_equal(mine[0], theirs[0])
    assert not np.array_equal(mine[1], theirs[1])
    alone = visit(STACK, view="train")
    start(alone).join(PATIENCE)
    alone.run()
    for ours, same in zip(mine, sheets_shown(alone), strict=True):
        assert np.array_equal(ours, same)  # the other training left no trace in it


def test_the_third_visitor_stands_in_line_and_is_told_so(gate: Gate) -> None:
    apps = [visit(STACK, view="train") for _ in range(4)]
    workers = [start(app) for app in apps]
    until(lambda: all(worker.latest for worker in workers[:2]) and workers[3].position == 2)
    for app in apps:
        app.run()
    assert ["line: 1" in i.value for i in apps[2].info] == [True]
    assert ["line: 2" in i.value for i in apps[3].info] == [True]
    assert not apps[0].info
    assert [worker.state for worker in workers] == ["running", "running", "waiting", "waiting"]
    apps[2].button(key="stack_stop").click().run()  # leaves the line
    workers[2].join(PATIENCE)
    assert workers[2].state == "stopped"
    assert workers[3].position == 1
    gate.open(1000)
    for worker in (workers[0], workers[1], workers[3]):
        worker.join(PATIENCE)
        assert worker.state == "done"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TrainingError("After {step} steps the loss is no longer a number.", step=7), "After 7 steps"),
        (ZeroDivisionError("secret"), "Start it again."),
    ],
)
@pytest.mark.parametrize("when", [0, 2])
def test_an_error_in_the_thread_is_a_sentence(
    when: int, error: Exception, told: str, quick: live.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stacking.rounds

    def rounds(name: str, seed: int) -> Callable[[], Iterator[Any]]:
        def make() -> Iterator[Any]:
            for count, value in enumerate(made(name, seed)()):
                if count == when:
                    raise error
                yield value

        return make

    app = visit(STACK, view="train")
    monkeypatch.setattr(stacking, "rounds", rounds)
    app.button(key="stack_start").click().run()
    worker = worker_of(app)
    worker.join(PATIENCE)
    app.run()
    (sentence,) = sentences(app)
    assert told in sentence
    assert "secret" not in sentence
    monkeypatch.setattr(stacking, "rounds", made)
    worker = start(app)  # and it can be tried again
    worker.join(PATIENCE)
    assert worker.state == "done"


@pytest.mark.mnist
@pytest.mark.usefixtures("with_mnist")
def test_mnist_is_learned_from_where_it_is(quick: live.Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stacking.PLANS, "mnist", (300, 100, 4))
    app = visit(STACK, view="train")
    assert "from 300 pictures of MNIST" in said(app)
    worker = start(app)
    worker.join(PATIENCE)
    assert worker.state == "done"


# --------------------------------------------------------------------------------------- the threads
class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_worker_ends_when_its_time_is_over_and_closes_its_generator() -> None:
    clock, closed = Clock(), []

    def work() -> Iterator[int]:
        try:
            for count in range(100):
                yield count
                clock.now += 10
        finally:
            closed.append(True)

    worker = live.Worker(work, seconds=60, room=live.Places(1), clock=clock).start()
    worker.join(PATIENCE)
    assert (worker.state, worker.latest, worker.seconds, closed) == ("late", 6, 60, [True])


def test_a_visitor_who_has_gone_trains_no_longer() -> None:
    clock, here = Clock(), [True] * 3 + [False] * 2 + [True] + [False] * 100
    asked = iter(here)

    def work() -> Iterator[int]:
        for count in range(100):
            yield count
            clock.now += 2

    worker = live.Worker(work, alive=lambda: next(asked), room=live.Places(1), clock=clock).start()
    worker.join(PATIENCE)
    assert worker.state == "gone"
    assert worker.latest == 9  # missed from 6 on, which is after 0, 2, 4, 6 seconds; the moment before was forgiven


def test_who_waits_and_leaves_gives_up_the_place_in_line() -> None:
    room, block, clock = live.Places(1), threading.Event(), Clock()

    def work() -> Iterator[int]:
        yield 0
        block.wait(PATIENCE)

    first = live.Worker(work, room=room).start()
    until(lambda: first.latest == 0)
    gone = live.Worker(work, room=room, alive=lambda: False, clock=clock).start()
    until(lambda: gone.position == 1)
    clock.now += live.ABSENCE
    gone.join(PATIENCE)
    assert gone.state == "gone"
    assert gone.latest is None
    block.set()
    first.join(PATIENCE)
    assert (first.state, room.position(gone)) == ("done", 0)


def test_a_worker_that_cannot_even_begin_has_failed() -> None:
    def make() -> Iterator[int]:
        raise TrainingError("No.")

    room = live.Places(1)
    worker = live.Worker(make, room=room).start()
    worker.join(PATIENCE)
    assert worker.state == "failed"
    assert str(worker.error) == "No."
    after = live.Worker(lambda: iter([1]), room=room).start()  # its place is free again
    after.join(PATIENCE)
    assert (after.state, after.latest, after.error) == ("done", 1, None)


def test_never_more_at_once_than_there_is_room_for_and_first_come_first_served() -> None:
    room, lock = live.Places(2), threading.Lock()
    order: list[int] = []
    inside, most = 0, 0

    def work(number: int) -> Callable[[], Iterator[int]]:
        def make() -> Iterator[int]:
            nonlocal inside, most
            with lock:
                order.append(number)
                inside += 1
                most = max(most, inside)
            yield from range(3)
            with lock:
                inside -= 1

        return make

    block = threading.Event()
    holders = [live.Worker(lambda: (block.wait(PATIENCE) for _ in range(1)), room=room).start() for _ in range(2)]
    until(lambda: all(worker.state == "running" for worker in holders))
    workers = []
    for number in range(6):
        workers.append(live.Worker(work(number), room=room).start())
        until(lambda number=number: workers[number].position == number + 1)
    block.set()
    for worker in (*holders, *workers):
        worker.join(PATIENCE)
        assert worker.state == "done"
    assert most <= 2
    assert sorted(order) == list(range(6))
    assert order[0] in (0, 1)


def test_presence_asks_the_runtime_for_the_visitors_session(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        session_id = "me"

    active = {"me"}

    class Server:
        def is_active_session(self, session: str) -> bool:
            return session in active

    server = Server()
    monkeypatch.setattr(live, "get_script_run_ctx", lambda **_: Context())
    monkeypatch.setattr(live.runtime, "exists", lambda: True)
    monkeypatch.setattr(live.runtime, "get_instance", lambda: server)
    alive = live.presence()
    assert alive() is True
    active.clear()
    assert alive() is False
    monkeypatch.setattr(live, "get_script_run_ctx", lambda **_: None)  # no visitor: a test, a script
    assert live.presence()() is True


def test_the_picture_of_ten_has_clear_gaps() -> None:
    pictures = np.arange(10 * 28 * 28).reshape(10, 1, 28, 28).astype(np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(layers.sheet_png(pictures))))
    assert sheet.shape == (28, 298, 4)
    assert (sheet[:, 28:30, 3] == 0).all()
    assert np.array_equal(sheet[:, 30:58, 0], pictures[1, 0])
