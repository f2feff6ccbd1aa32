"""Browser components, the half that Python has: what is published, what is believed, where a component begins.

The half in JavaScript is driven in ``tests/e2e``.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load
from streamlit.testing.v1 import AppTest

from genlab import checkpoints, latent
from genlab.errors import CheckpointError, ExportError, PublishError
from ui.components import publish
from ui.components.starts import MOST, checked

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server's ``static`` folder, empty."""
    monkeypatch.setattr(publish, "STATIC", tmp_path / "static")
    publish.published_network.clear()
    yield tmp_path / "static"
    publish.published_network.clear()


# --------------------------------------------------------------------------------------- what is published
def test_a_file_is_written_once_and_whole(folder: Path) -> None:
    def write() -> None:
        addresses.append(publish.publish("networks/a.gz", bytes(10**6)))

    addresses: list[str] = []
    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert addresses == ["app/static/networks/a.gz"] * 8
    assert [path.name for path in (folder / "networks").iterdir()] == ["a.gz"]
    written = (folder / "networks" / "a.gz").stat().st_mtime_ns
    publish.publish("networks/a.gz", b"")
    assert (folder / "networks" / "a.gz").stat().st_mtime_ns == written


def test_a_folder_that_cannot_be_written_is_a_sentence(folder: Path) -> None:
    folder.write_text("no folder")
    with pytest.raises(PublishError, match=r"cannot be written.*\.$"):
        publish.publish_modules()


def test_every_module_is_published_with_what_it_imports(folder: Path) -> None:
    address = publish.publish_modules()
    there = folder / address.removeprefix("app/static/")
    names = {path.name for path in there.iterdir()}
    assert names == {path.name for path in publish.MODULES.glob("*.js")}
    for path in there.iterdir():
        wanted = re.findall(r'from "(.*?)"', path.read_text(encoding="utf-8"))
        assert all(re.fullmatch(r"\./\w+\.js", name) and name[2:] in names for name in wanted), path.name


def test_modules_fetch_nothing_from_elsewhere_and_make_no_code_of_text() -> None:
    for path in publish.MODULES.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", text), (
            path
        )


def test_a_network_is_named_by_its_checkpoint_and_says_where_codes_lie(folder: Path) -> None:
    address = publish.published_network("ae-mnist-z2", "decode")
    loaded = checkpoints.load("ae-mnist-z2")
    assert loaded.sha256[:16] in address
    data = gzip.decompress((folder / address.removeprefix("app/static/")).read_bytes())
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about = json.loads(header["__metadata__"]["program"])["about"]
    assert about["codes"]["mean"] == loaded.metrics["codes"]["mean"]
    assert all(low < high for low, high in zip(about["codes"]["low"], about["codes"]["high"], strict=True))
    assert load(data)["0.weight"].equal(loaded.model.decoder[0].weight.half())
    assert "encode" in publish.published_network("ae-mnist-z2", "encode")


def test_a_convolutional_network_is_refused(folder: Path) -> None:
    with pytest.raises(ExportError):
        publish.published_network("ae-conv-mnist-z32", "decode")
    assert not (folder / "networks").exists()


@pytest.mark.parametrize(
    "codes",
    [
        None,
        {},
        [],
        {"mean": [0.0]},
        {"mean": [0.0, "x"], "std": [1.0, 1.0], "quantiles": {"0.01": [0, 0], "0.99": [1, 1]}},
    ],
)
def test_measurements_that_do_not_say_where_codes_lie_are_a_sentence(codes: Any) -> None:
    with pytest.raises(CheckpointError, match=r"Evaluate it again\.$"):
        latent.code_statistics({"codes": codes}, 2)


# --------------------------------------------------------------------------------------- what is believed
@pytest.mark.parametrize(
    "sent",
    [None, "1,2", {"0": 1}, [1.0], [1.0, 2.0, 3.0], [1.0, "2"], [1.0, None], [1.0, float("nan")], [float("inf"), 0.0],
     [2 * MOST, 0.0], [[1.0], 2.0], [10**400, 0]],
)  # fmt: skip
def test_what_is_no_code_is_not_believed(sent: Any) -> None:
    assert checked(sent, 2) is None


def test_what_is_a_code_is_taken() -> None:
    assert checked([1, -2.5], 2) == [1.0, -2.5]


# --------------------------------------------------------------------------------------- where a component begins
def lesson(run: int = 0) -> None:
    """What a page does with a component's values; the picture is in the session."""
    import streamlit as st

    from ui.components.starts import begin, released

    at, start = begin("code", st.session_state.get("picture", "a"), 2)
    sent = st.session_state.get("sent")
    st.session_state["at"], st.session_state["start"] = at, start
    st.session_state["released"] = released("code", {"at": "" if sent == "old" else at, "values": sent}, at, 2)


@pytest.fixture
def page() -> Callable[..., AppTest]:
    app = AppTest.from_function(lesson)

    def run(address: str | None = None, **state: Any) -> AppTest:
        if address is not None:
            app.query_params["code"] = address
        for name, value in state.items():
            app.session_state[name] = value
        app.run()
        assert not app.exception
        return app

    return run


def address(app: AppTest) -> str | None:
    found = app.query_params.get("code")
    return found[0] if isinstance(found, list) else found


def test_the_address_begins_and_a_release_is_put_there(page: Any) -> None:
    app = page("0.5,-1")
    at = app.session_state["at"]
    assert app.session_state["start"] == [0.5, -1.0]
    app = page(sent=[2.0, 0.12345])
    assert address(app) == "2,0.1235"
    assert app.session_state["released"] == [2.0, 0.12345]
    assert app.session_state["at"] == at  # the same beginning: no handle is moved


def test_another_picture_begins_anew_and_clears_the_address(page: Any) -> None:
    at = page("0.5,-1").session_state["at"]
    app = page(picture="b")
    assert app.session_state["at"] != at
    assert app.session_state["start"] is None
    assert address(app) is None
    app = page(sent="old")  # released before the picture changed
    assert address(app) is None


def test_what_an_earlier_session_sent_is_not_taken_for_this_one(page: Any) -> None:
    """A browser that comes back to a new session sends the values of the old one."""
    assert page().session_state["at"] != AppTest.from_function(lesson).run().session_state["at"]


@pytest.mark.parametrize("nonsense", ["", "x", "1", "1,2,3", "nan,1", "1e9,1", "1,2;drop", "1," * 500])
def test_nonsense_in_the_address_goes(page: Any, nonsense: str) -> None:
    app = page(nonsense)
    assert address(app) is None
    assert app.session_state["start"] is None


def test_what_is_shown_of_a_network_is_what_the_server_decodes() -> None:
    """The server's answer, where a browser cannot: the picture of the very code."""

    def answer() -> None:
        from ui.components import server

        server.picture("ae-mnist-z2", [0.5, -1.0])

    app = AppTest.from_function(answer).run()
    assert not app.exception
    (block,) = app.get("html")
    with torch.inference_mode():
        wanted = checkpoints.load("ae-mnist-z2").model.decode(torch.tensor([[0.5, -1.0]]))[0, 0]
    png = base64.b64decode(re.search(r"base64,([^\"]+)", block.proto.body)[1])
    found = np.asarray(Image.open(io.BytesIO(png)), dtype=np.float32) / 255
    np.testing.assert_allclose(found, wanted.numpy(), atol=0.51 / 255)
