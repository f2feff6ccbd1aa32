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
from genlab.errors import CheckpointError, ConfigError, ExportError, PublishError
from genlab.noise import draw, spoil
from genlab.seeding import make_generator
from ui import noisy
from ui.components import networks, publish, reach
from ui.components.starts import MOST, checked

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server's ``static`` folder, empty."""
    monkeypatch.setattr(publish, "STATIC", tmp_path / "static")
    reach.shared.clear()
    yield tmp_path / "static"
    reach.shared.clear()


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
        text = path.read_text(encoding="utf-8").replace('"http://www.w3.org/2000/svg"', "")  # a name, not an address
        assert not re.search(r"https?://|\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", text), (
            path
        )


def test_a_network_is_named_by_its_content_and_says_where_codes_lie(folder: Path) -> None:
    address = networks.published_network("ae-mnist-z2", "decode")
    loaded = checkpoints.load("ae-mnist-z2")
    packed = (folder / address.removeprefix("app/static/")).read_bytes()
    assert publish.digest(packed) in address
    data = gzip.decompress(packed)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about = json.loads(header["__metadata__"]["program"])["about"]
    assert about["codes"]["mean"] == loaded.metrics["codes"]["mean"]
    assert all(low < high for low, high in zip(about["codes"]["low"], about["codes"]["high"], strict=True))
    assert load(data)["0.weight"].equal(loaded.model.decoder[0].weight.half())
    assert "encode" in networks.published_network("ae-mnist-z2", "encode")


def test_a_convolutional_network_is_refused(folder: Path) -> None:
    with pytest.raises(ExportError):
        networks.published_network("ae-conv-mnist-z32", "decode")
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


def test_a_part_drawn_again_begins_where_it_was_let_go_unless_the_address_says_otherwise(page: Any) -> None:
    at = page(code={}).session_state["at"]  # it is drawn: Streamlit keeps its state
    app = page(sent=[2.0, 1.0])
    assert app.session_state["start"] is None
    app.query_params.clear()  # the visitor goes to another page, and Streamlit forgets its state
    del app.session_state["code"]
    app = page(sent=None)
    assert (app.session_state["start"], address(app), app.session_state["at"]) == ([2.0, 1.0], "2,1", at)
    app = page("5,-6")  # and now follows a link
    assert app.session_state["start"] == [5.0, -6.0]
    assert app.session_state["at"] != at
    app = page(picture="b")  # chosen while the part was out of sight: the address is the old picture's
    assert (app.session_state["start"], address(app)) == (None, None)


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


# --------------------------------------------------------------------------------------- a picture under noise
def base64_of(values: list[int]) -> str:
    return base64.b64encode(bytes(values)).decode()


INK = [1, 2] + [0] * 782


def test_what_a_hand_spoiled_is_taken() -> None:
    found = noisy.believed({"at": "x", "values": [0.37, 12], "scratches": base64_of(INK)})
    assert found == noisy.Hand(level=0.37, number=12, scratches=bytes(INK))
    assert found.scratched
    assert noisy.believed({"values": [0, 9999], "scratches": ""}) == noisy.Hand(level=0, number=9999)


@pytest.mark.parametrize(
    "sent",
    [None, [], "x", {}, {"scratches": ""}, {"values": [0.5, 1]},
     *({"values": values, "scratches": ""} for values in
       (None, [0.5], [0.5, 1, 1], [-0.01, 1], [1.01, 1], [0.5, 0], [0.5, 10_000], [0.5, 1.5], [float("nan"), 1],
        [0.5, float("inf")], ["0.5", 1], [None, 1], {"0": 0.5, "1": 1})),
     *({"values": [0.5, 1], "scratches": scratches} for scratches in
       (None, 0, [], ["a"], INK, "x", "é" * 1048, "=" * 1048, base64_of(INK[:-1]), base64_of([*INK, 0]),
        base64_of([3, *INK[1:]]), base64_of(INK * 1000), " " + base64_of(INK)[1:], base64_of(INK) + "\n"))],
)  # fmt: skip
def test_what_no_hand_spoiled_is_not_believed(sent: Any) -> None:
    assert noisy.believed(sent) is None


def numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def test_the_browser_is_sent_the_draw_that_python_uses() -> None:
    x = torch.rand(1, 1, 28, 28, generator=make_generator(0, "picture"))
    hand = noisy.Hand(level=0.4, number=7, scratches=bytes(INK))
    sent = noisy.sent(x, "salt", hand)
    drawn = draw((1, 1, 28, 28), make_generator(7, "noise"))
    for name, wanted in (("picture", x), ("normal", drawn.normal), ("uniform", drawn.uniform)):
        np.testing.assert_array_equal(numbers(sent[name]), wanted.flatten().numpy())
    assert (sent["kind"], sent["level"], sent["number"]) == ("salt", 0.4, 7)
    assert base64.b64decode(sent["scratches"]) == bytes(INK)
    assert noisy.sent(x, "salt", noisy.Hand())["scratches"] == ""
    json.dumps(sent)


@pytest.mark.parametrize("kind", ["gaussian", "mask", "salt"])
def test_scratches_lie_over_the_noise(kind: str) -> None:
    x = torch.rand(1, 1, 28, 28, generator=make_generator(0, "picture"))
    found = noisy.spoiled(x, kind, noisy.Hand(level=0.4, number=7, scratches=bytes(INK)))
    noise = spoil(x, kind, 0.4, draw((1, 1, 28, 28), make_generator(7, "noise")))
    assert found.picture.flatten()[:2].tolist() == [1.0, 0.0]
    assert torch.equal(found.picture.flatten()[2:], noise.flatten()[2:])
    assert (found.kind, found.level, found.number, found.scratched) == (kind, 0.4, 7, True)
    assert torch.equal(noisy.spoiled(x, kind, noisy.Hand(level=0.0)).picture, x)


def test_noise_that_there_is_not_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="There is no noise called"):
        noisy.spoiled(torch.zeros(1, 1, 28, 28), "fog", noisy.Hand())


def spoiling() -> None:
    """What a page does with a hand; the picture and what the browser sent are in the session."""
    import streamlit as st

    from ui import noisy

    at, hand = noisy.begin("noise", st.session_state.get("picture", "a"))
    sent = st.session_state.get("sent")
    if sent:
        hand = noisy.released("noise", {**sent, "at": sent.get("at", at)}, at) or hand
    hand = st.session_state.get("server") or hand
    noisy.keep("noise", hand)
    st.session_state["at"], st.session_state["hand"] = at, hand


def spoil_page(address: str | None = None) -> AppTest:
    app = AppTest.from_function(spoiling)
    if address is not None:
        app.query_params["noise"] = address
    return app.run()


def noise_address(app: AppTest) -> str | None:
    found = app.query_params.get("noise")
    return found[0] if isinstance(found, list) else found


def test_a_hand_begins_in_the_middle_and_goes_where_it_was_let_go() -> None:
    app = spoil_page()
    assert not app.exception
    assert app.session_state["hand"] == noisy.Hand(level=0.5, number=1)
    assert noise_address(app) is None  # clean until something is let go
    at = app.session_state["at"]
    app.session_state["sent"] = {"values": [0.25, 3], "scratches": base64_of(INK)}
    app.run()
    assert noise_address(app) == "0.25,3"
    assert app.session_state["at"] == at  # no handle is moved
    app.session_state["sent"] = None  # the part is drawn anew, as after a page change
    app.run()
    assert app.session_state["hand"] == noisy.Hand(level=0.25, number=3, scratches=bytes(INK))
    app.session_state["sent"] = {"values": [0.5, 1], "scratches": ""}
    app.run()
    assert noise_address(app) == "0.5,1"


def test_another_picture_has_no_scratches_but_the_same_noise() -> None:
    app = spoil_page()
    at = app.session_state["at"]
    app.session_state["sent"] = old = {"values": [0.25, 3], "scratches": base64_of(INK)}
    app.run()
    app.session_state["picture"] = "b"
    app.session_state["sent"] = {**old, "at": at}  # what Streamlit still has from the other picture
    app.run()
    assert app.session_state["at"] != at
    assert app.session_state["hand"] == noisy.Hand(level=0.25, number=3)
    assert noise_address(app) == "0.25,3"


def test_an_old_release_does_not_undo_what_the_server_was_told_since() -> None:
    app = spoil_page()
    app.session_state["sent"] = {"values": [0.25, 3], "scratches": ""}
    app.run()
    app.session_state["server"] = noisy.Hand(level=0.25, number=4)  # the part failed, and its answer was used
    app.run()
    app.session_state["server"] = None
    app.run()
    assert app.session_state["hand"].number == 4


@pytest.mark.parametrize(
    "nonsense", ["", "x", "0.5", "0.5,1,1", "1.5,1", "-1,1", "0.5,0", "0.5,1.5", "0.5,10000", "nan,1"]
)
def test_nonsense_about_noise_in_the_address_goes(nonsense: str) -> None:
    app = spoil_page(nonsense)
    assert not app.exception
    assert app.session_state["hand"] == noisy.Hand()
    assert noise_address(app) in (None, "0.5,1")


def test_the_address_says_noise_and_draw() -> None:
    assert spoil_page("0.3,12").session_state["hand"] == noisy.Hand(level=0.3, number=12)


def test_the_server_answers_with_a_slider_and_buttons() -> None:
    def answer() -> None:
        import streamlit as st
        import torch

        from ui.components import server
        from ui.noisy import Hand

        hand = st.session_state.get("hand", Hand(level=0.3, number=9999, scratches=bytes([1] + [0] * 783)))
        networks = [("ae-mnist-z2", "One"), ("ae-mnist-z64", "Two")]
        x = torch.zeros(1, 1, 28, 28)
        st.session_state["hand"] = server.noise(networks, x, "gaussian", hand, key="noise", at="x")

    app = AppTest.from_function(answer, default_timeout=30).run()
    (block,) = app.get("html")
    assert re.findall(r"<b>(.*?)</b>", block.proto.body) == ["Noisy", "One", "Two", "Original"]
    assert len(re.findall(r"PSNR \d+\.\d dB</figcaption>", block.proto.body)) == 3
    app.slider[0].set_value(0.61).run()
    assert app.session_state["hand"].level == 0.61
    app.button[0].click().run()
    assert app.session_state["hand"].number == 1  # after the last one
    assert app.session_state["hand"].scratched
    app.button[1].click().run()
    assert app.session_state["hand"] == noisy.Hand(level=0.61, number=1)
    assert not app.exception
