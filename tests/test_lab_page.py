"""The training lab as visitors get it, without a browser: settings, a training from start to end, and what remains."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from genlab.workshop import folders, parcels
from genlab.workshop.orders import Order
from genlab.workshop.progress import read_or_none
from tests.test_pages import (  # noqa: F401 - fixtures
    PATIENCE,
    bare,
    fine,
    go,
    router,
    sentences,
    thaw,
    visit,
)
from tests.workshop_fixtures import Bench, make_workshop, small, until  # noqa: F401 - a fixture
from ui import kept, lab_devices, lab_order, lab_runs, live

LAB, RECONSTRUCT = "pages/lab.py", "pages/reconstruct.py"
NAME = "ae-textbook-mnist-z64"


@pytest.fixture(autouse=True)
def _workshop(workshop: live.Places) -> None:
    """Every test has one of its own."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Whatever is ordered, a training of moments is worked on; what was ordered is kept."""
    ordered: dict[str, Any] = {}
    own = lab_runs.start

    def start(order: Order, *words: str) -> lab_runs.Run:
        ordered["order"] = order
        return own(small(order.entry, epochs=ordered.get("epochs", 2)), *words)

    monkeypatch.setattr(lab_runs, "start", start)
    return ordered


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def run_of(app: AppTest) -> lab_runs.Run:
    found = lab_runs.register.find(app.session_state[lab_runs.TOKEN])
    assert found is not None
    return found


def bar(app: AppTest) -> str:
    (found,) = app.get("progress")
    return found.proto.text


def finish(app: AppTest) -> AppTest:
    run_of(app).worker.join(PATIENCE)
    app.run()
    assert sentences(app) == []
    return app


# --------------------------------------------------------------------------------------- settings
@pytest.mark.parametrize("kind", lab_order.KINDS)
def test_every_model_has_settings_that_go_together(kind: str) -> None:
    app = visit(LAB, family=kind)
    for name in lab_order.rows(kind):
        app.selectbox(key=f"lab_model_{kind}").set_value(name).run()
        assert sentences(app) == [], name
        assert not app.button(key="lab_start").disabled
        assert "parameter" in " ".join(caption.value for caption in app.caption)


def test_settings_reach_the_order(quick: dict[str, Any]) -> None:
    app = visit(LAB)
    key = f"lab {NAME} digits"
    app.number_input(key=f"{key} epochs").set_value(7)
    app.select_slider(key=f"{key} learning_rate").set_value(0.01)
    app.select_slider(key=f"{key} batch_size").set_value(32)
    app.selectbox(key=f"{key} optimizer").set_value("adamw")
    app.text_input(key=f"{key} hidden").set_value("30-20")
    app.number_input(key=f"{key} latent_dim").set_value(5)
    app.selectbox(key=f"{key} activation").set_value("tanh").run()
    app.button(key="lab_start").click().run()
    order = quick["order"]
    train, model = order.train, order.model
    assert (train.epochs, train.learning_rate, train.batch_size, train.optimizer) == (7, 0.01, 32, "adamw")
    assert (model.hidden, model.latent_dim, model.activation, model.image_shape) == ((30, 20), 5, "tanh", (1, 28, 28))
    app.run()
    assert app.number_input(key=f"{key} epochs").value == 7
    go(go(app, "pages/data.py"), LAB)  # settings last for the session
    assert app.number_input(key=f"{key} epochs").value == 7


ODD_WIDTHS = ["a", "10-", "0", "99999", "1e3", "-5", "1.5", "-".join(["10"] * 17), "9000-3000"]


@pytest.mark.parametrize("text", ODD_WIDTHS)
def test_widths_that_cannot_be_are_a_sentence_and_nothing_starts(text: str) -> None:
    app = visit(LAB)
    app.text_input(key=f"lab {NAME} digits hidden").set_value(text).run()
    if text in ("10-", "-5"):  # a hyphen too many is forgiven
        assert sentences(app) == []
        return
    (sentence,) = sentences(app)
    assert sentence.endswith(".")
    assert app.button(key="lab_start").disabled


@pytest.mark.parametrize("address", [{"model": "x"}, {"family": "x"}, {"data": "x"}, {"view": "x"}, {"run": "x" * 22}])
def test_an_address_of_nothing_is_ignored(address: dict[str, str]) -> None:
    app = visit(LAB, **address)
    assert sentences(app) == []
    assert app.selectbox(key="lab_model_ae").value == NAME
    assert "run" not in app.query_params


def test_a_link_opens_its_model() -> None:
    app = visit(LAB, model="vae-mnist-z2", family="vae")
    assert app.selectbox(key="lab_model_vae").value == "vae-mnist-z2"
    app = visit(LAB, model="gan-textbook-mnist")
    assert app.selectbox(key="lab_model_gan").value == "gan-textbook-mnist"


# --------------------------------------------------------------------------------------- a training
@pytest.mark.parametrize(
    ("kind", "name"), [("ae", NAME), ("gan", "gan-textbook-mnist"), ("classifier", "classifier-mnist")]
)
def test_from_start_to_end(kind: str, name: str, quick: dict[str, Any]) -> None:
    app = visit(LAB, family=kind)
    assert buttons(app) == ["Start", "One epoch"]
    app.button(key="lab_start").click().run()
    assert app.session_state[lab_runs.TOKEN] in app.query_params["run"]
    finish(app)
    assert bar(app).startswith("Done: 2 epochs")
    assert buttons(app)[:2] == ["Start anew", "One epoch"]
    assert any("gl-shots" in block.proto.body for block in app.get("html"))
    charts = 1 if kind != "gan" else 3  # losses; the discriminator's accuracy; what the judge reads
    assert len(app.get("plotly_chart")) == charts
    assert "Keep it" in buttons(app)


def test_pausing_continuing_and_stopping(quick: dict[str, Any]) -> None:
    quick["epochs"] = 1000
    app = visit(LAB)
    app.button(key="lab_first_epoch").click().run()
    run = run_of(app)
    until(lambda: run.progress and run.progress.state == "paused")
    app.run()
    assert bar(app) == "Paused after epoch 1 of 1,000"
    assert {"Continue", "One epoch", "Stop"} <= set(buttons(app))
    app.button(key="lab_go").click().run()
    until(lambda: run.progress and run.progress.whole > 2)
    app.run()
    assert "pictures/s" in bar(app)
    assert "left" in bar(app)
    app.button(key="lab_stop").click().run()
    finish(app)
    assert bar(app).startswith("Stopped in epoch")
    assert buttons(app)[0] == "Go on"


def test_it_is_found_again_after_another_page_and_after_a_reload(quick: dict[str, Any]) -> None:
    quick["epochs"] = 1000
    app = visit(LAB)
    app.button(key="lab_first_epoch").click().run()
    run = run_of(app)
    until(lambda: run.progress and run.progress.state == "paused")
    go(go(app, "pages/data.py"), LAB)
    assert bar(app) == "Paused after epoch 1 of 1,000"
    assert run.token in app.query_params["run"]
    again = visit(LAB, run=run.token)
    assert run_of(again) is run
    assert bar(again) == "Paused after epoch 1 of 1,000"


def test_a_token_belongs_to_one_visitor_at_a_time(quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    quick["epochs"] = 1000
    app = visit(LAB)
    app.button(key="lab_first_epoch").click().run()
    run = run_of(app)
    monkeypatch.setattr(lab_runs, "serving", lambda: True)
    monkeypatch.setattr(lab_runs.spare, "prepare", lambda: None)
    monkeypatch.setattr(lab_runs, "HANDOVER", 0.0)
    other = visit(LAB, run=run.token)
    assert lab_runs.TOKEN not in other.session_state
    assert "run" not in other.query_params
    assert buttons(other) == ["Start", "One epoch"]
    other.button(key="lab_start").click().run()
    assert run_of(other) is not run
    assert run.active


def test_after_the_server_was_killed_it_can_go_on(quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    quick["epochs"] = 30
    app = visit(LAB)
    app.button(key="lab_start").click().run()
    run = run_of(app)
    until(lambda: run.progress and run.progress.whole >= 3)
    run.worker.stop()
    run.worker.join(PATIENCE)
    monkeypatch.setattr(lab_runs, "register", lab_runs.Register())  # a new server
    ended = visit(LAB, run=run.token)
    assert sentences(ended) == []
    assert bar(ended).startswith("Stopped in epoch")
    said = read_or_none(run.folder)
    assert said
    said.state = "training"  # what a killed process leaves
    said.write(run.folder)
    monkeypatch.setattr(lab_runs, "register", lab_runs.Register())
    again = visit(LAB, run=run.token)
    assert sentences(again) == []
    assert bar(again).startswith("Cut off in epoch")
    assert buttons(again)[:2] == ["Go on", "Start anew"]
    again.button(key="lab_resume").click().run()
    finish(again)
    assert bar(again).startswith("Done: 30 epochs")


def test_one_who_waits_sees_the_place_in_the_line(quick: dict[str, Any], workshop: live.Places) -> None:
    holders = [object(), object()]
    for holder in holders:
        workshop.enter(holder, lambda: False)
    app = visit(LAB)
    app.button(key="lab_start").click().run()
    until(lambda: run_of(app).worker.position == 1)
    app.run()
    assert [info.value for info in app.info] == ["2 others are training on this machine. Your place in the line: 1."]
    for holder in holders:
        workshop.leave(holder)
    finish(app)
    assert bar(app).startswith("Done")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_process_that_dies_is_a_sentence(quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    quick["epochs"] = 1000
    app = visit(LAB)
    app.button(key="lab_first_epoch").click().run()
    run = run_of(app)
    until(lambda: run.progress and run.progress.state == "paused")
    monkeypatch.setattr(Bench, "wait", lambda self, seconds: -signal.SIGKILL)
    run.worker.join(PATIENCE)
    app.run()
    (sentence,) = sentences(app)
    assert "go on from there" in sentence
    assert "Go on" in buttons(app)


def test_without_a_place_to_write_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path / "file"))
    app = visit(LAB)
    app.button(key="lab_start").click().run()
    (sentence,) = sentences(app)
    assert "cannot write" in sentence


# --------------------------------------------------------------------------------------- what remains
@pytest.mark.parametrize("kind", ["ae", "gan"])
def test_a_result_is_kept_used_taken_home_and_brought_back(kind: str, quick: dict[str, Any]) -> None:
    app = visit(LAB, family=kind)
    app.button(key="lab_start").click().run()
    finish(app)
    app.button(key="lab_keep").click().run()
    assert "Kept as" in " ".join(caption.value for caption in app.caption)
    (mine,) = app.session_state[kept.KEY]
    parcel = parcels.pack(mine.checkpoint)
    app.segmented_control(key="view").set_value("use").run()
    assert sentences(app) == []
    sliders = [slider for slider in app.slider if slider.key.startswith("lab_code")]
    assert sliders
    sliders[0].set_value(sliders[0].max).run()
    assert sentences(app) == []
    if kind == "ae":
        go(app, RECONSTRUCT)
        app.segmented_control(key="view").set_value("networks").run()
        assert sentences(app) == []
        assert any("Yours 1" in block.proto.body for block in app.get("html"))
    other = visit(LAB, view="use")
    assert other.info
    other.file_uploader(key="lab_upload").upload("mine.zip", parcel, "application/zip").run()
    assert sentences(other) == []
    (theirs,) = other.session_state[kept.KEY]
    assert theirs.title == "Yours 1 · mine"
    other.file_uploader(key="lab_upload").upload("bad.zip", b"PK\x03\x04", "application/zip").run()
    (sentence,) = sentences(other)
    assert "zip" in sentence
    assert len(other.session_state[kept.KEY]) == 1
    other.button(key="lab_forget_1").click().run()
    assert other.session_state[kept.KEY] == []


def test_only_so_many_are_kept(quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 0)
    app = visit(LAB)
    app.button(key="lab_start").click().run()
    finish(app)
    app.button(key="lab_keep").click().run()
    (sentence,) = sentences(app)
    assert "no room" in sentence


# --------------------------------------------------------------------------------------- devices
ROWS = [
    {"network": "a", "device": "cpu", "name": "CPU", "threads": 1, "precision": "float32", "speed": 1000},
    {"network": "a", "device": "cuda", "name": "A GPU", "threads": 1, "precision": "float32", "speed": 25_000},
]


def test_what_was_recorded_is_shown_with_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"machine": "Some CPU, 2 cores", "torch": "2", "date": "2026-01-01", "rows": ROWS[:1]}
    monkeypatch.setattr(lab_devices, "recorded", lambda: [one])
    app = visit(LAB, view="devices")
    text = "\n".join(markdown.value for markdown in app.markdown)
    assert "Some CPU, 2 cores" in text
    assert any("No GPU has been recorded" in info.value for info in app.info)
    one["rows"] = ROWS
    app.run()
    assert "| 25.00 |" in "\n".join(markdown.value for markdown in app.markdown)
    assert not app.info


def test_measuring_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_devices, "rows", lambda: iter([{"done": 1, "of": 1, "rows": ROWS[:1]}]))
    monkeypatch.setattr(lab_devices, "recorded", list)
    app = visit(LAB, view="devices")
    app.button(key="lab_time").click().run()
    app.session_state[lab_devices.WORKER].join(PATIENCE)
    app.run()
    assert sentences(app) == []
    assert "| 1.00 |" in "\n".join(markdown.value for markdown in app.markdown)
    assert "This machine has no GPU." in [caption.value for caption in app.caption]
