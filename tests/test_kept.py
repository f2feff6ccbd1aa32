"""Networks that a visitor kept: lessons offer them beside the shipped ones, to that visitor and to no other."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from genlab import checkpoints
from genlab.errors import CheckpointError
from genlab.models import ImageNetwork
from tests.test_pages import PATIENCE, ROOT, bare, go, registered, router, sentences, thaw, visit  # noqa: F401
from ui import cache, gan, kept
from ui.components import carry, networks, publish

GAN, RANDOM, MAPS = "pages/gan.py", "pages/random_codes.py", "pages/maps.py"
RECONSTRUCT, DENOISE = "pages/reconstruct.py", "pages/denoise.py"
EXPLORE, INTERPOLATE, INSIDE = "pages/explore.py", "pages/interpolate.py", "pages/vae.py"
ARITHMETIC, DIFFERENCES = "pages/arithmetic.py", "pages/differences.py"
REGULARISERS, LETTERS, STREET = "pages/regularisers.py", "pages/letters.py", "pages/street.py"


def owner(page: str, network: str, unmeasured: bool = False, **address: str) -> tuple[AppTest, kept.Kept]:
    """A visitor who kept a network, and follows a link to a page; ``{}`` in the link is that network's name."""
    found = checkpoints.load(network, ImageNetwork)
    mine = kept.Kept(1, replace(found, metrics={}) if unmeasured else found)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.session_state[kept.KEY] = [mine]
    app.query_params.update({key: value.format(mine.name) for key, value in address.items()})
    app._registered_pages = registered()
    return go(app, page), mine


@pytest.mark.parametrize("view", ["sample", "walk", "finger", "copy", "play"])
@pytest.mark.parametrize("network", ["gan-dense-mnist", "cgan-mnist"])
def test_a_gan_of_ones_own_is_sampled(network: str, view: str) -> None:
    key = "against" if view == "play" else "gan"
    app, mine = owner(GAN, network, show=view, **{key: "{}"})
    assert sentences(app) == []
    assert "Yours 1" in app.pills(key=key).options
    assert app.pills(key=key).value == mine.name


def test_it_stands_beside_a_shipped_one() -> None:
    app, mine = owner(GAN, "gan-dense-mnist", beside="{}")
    assert sentences(app) == []
    assert app.pills(key="beside").value == mine.name
    assert any("| Yours 1 |" in block.value or "**Yours 1**" in block.value for block in app.markdown)


@pytest.mark.parametrize("network", ["vae-mnist-z16", "ae-conv-mnist-z32"])
def test_random_codes_of_ones_own(network: str) -> None:
    app, mine = owner(RANDOM, network, left="{}")
    assert sentences(app) == []
    assert app.pills(key="left").value == mine.name
    assert len([block for block in app.get("bidi_component") if "readings" in block.proto.json]) == 2


def test_a_map_of_ones_own_codes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(publish, "STATIC", tmp_path)
    app, mine = owner(MAPS, "vae-mnist-z16", space="other", encoder="{}", of="digits")
    assert sentences(app) == []
    assert app.selectbox(key="encoder").value == mine.name
    assert not [path for path in tmp_path.rglob("*") if kept.PREFIX in path.name]  # where any browser could fetch it
    assert carried(app) == [f"own:{mine.name}-decode", f"own:{mine.name}-map-digits"]


@pytest.mark.parametrize("page", [RECONSTRUCT, DENOISE])
def test_it_rebuilds_beside_the_others(page: str) -> None:
    app, _mine = owner(page, "ae-mnist-z8", view="networks")
    assert sentences(app) == []
    assert any("Yours 1" in block.proto.body for block in app.get("html"))


@pytest.mark.parametrize(("page", "key"), [(GAN, "gan"), (RANDOM, "left")])
def test_another_visitor_gets_none_of_it(page: str, key: str) -> None:
    network = "gan-dense-mnist" if page == GAN else "vae-mnist-z16"
    _app, mine = owner(page, network, **{key: "{}"})
    other = visit(page, **{key: mine.name})
    assert sentences(other) == []
    assert other.pills(key=key).value != mine.name
    assert "Yours 1" not in other.pills(key=key).options
    for load in (cache.checkpoint, gan.network):
        with pytest.raises(CheckpointError, match="not kept any more"):
            load(mine.name)


def test_it_travels_to_its_owner_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(publish, "STATIC", tmp_path / "static")
    mine = kept.Kept(1, checkpoints.load("ae-mnist-z8"))
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(kept, "networks", lambda: [mine])
    monkeypatch.setattr(carry, "mount", lambda module, **how: sent.append({"module": module, **how["data"]}))
    address = networks.published_network(mine.name, "decode")
    assert [(one["module"], one["address"]) for one in sent] == [("carry", address)]
    assert not (tmp_path / "static").exists()
    shipped = networks.packed_network("ae-mnist-z8", "decode")
    assert gzip.decompress(base64.b64decode(sent[0]["content"])) == gzip.decompress(shipped)
    monkeypatch.setattr(kept, "networks", list)
    with pytest.raises(CheckpointError, match="not kept any more"):
        networks.published_network(mine.name, "decode")


def test_a_convolutional_one_is_answered_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    app, mine = owner(EXPLORE, "ae-conv-mnist-z32", deep_of="{}")
    assert app.segmented_control(key="deep_of").value == mine.name
    assert carried(app) == []
    assert any("only dense layers travel" in one.value for one in app.warning)
    assert app.slider  # the server's


# --------------------------------------------------------------------------------------- lesson by lesson
def carried(app: AppTest) -> list[str]:
    """Addresses of what the browser is given of the visitor's own."""
    sent = [json.loads(json.loads(block.proto.json)["json"]) for block in app.get("bidi_component")]
    return sorted(one["address"] for one in sent if one["module"].endswith("/carry.js"))


def parts(app: AppTest, module: str) -> list[dict[str, Any]]:
    """What was sent to a part of the page."""
    sent = [json.loads(json.loads(block.proto.json)["json"]) for block in app.get("bidi_component")]
    return [one for one in sent if one["module"].endswith(f"/{module}.js")]


def test_its_code_is_explored() -> None:
    app, mine = owner(EXPLORE, "vae-mnist-z16", deep_of="{}")
    assert sentences(app) == []
    assert "small_of" not in [one.key for one in app.segmented_control]  # none of two numbers was kept
    address = f"own:{mine.name}-decode"
    assert address in carried(app)
    assert [one["decoder"] == address for one in parts(app, "map")] == [False, True]
    assert parts(app, "scrubber")[0]["decoder"] == address
    assert any("The other 14 stay" in one.value for one in app.caption)


def test_one_of_two_numbers_is_explored_whole() -> None:
    app, mine = owner(EXPLORE, "vae-mnist-z2", small_of="{}")
    assert sentences(app) == []
    assert parts(app, "map")[0]["decoder"] == f"own:{mine.name}-decode"


def test_a_walk_goes_through_it() -> None:
    app, mine = owner(INTERPOLATE, "ae-mnist-z8")
    assert sentences(app) == []
    rows = parts(app, "walk")[0]["rows"]
    assert [row["title"] for row in rows] == ["Autoencoder", "Variational autoencoder", "Mixed pixels", "Yours 1"]
    assert rows[-1]["decoder"] == f"own:{mine.name}-decode"
    assert len(rows[-1]["from"]) == 8
    assert rows[-1]["reading"]["digit"]
    app.segmented_control(key="also").set_value("none").run()
    assert len(parts(app, "walk")[0]["rows"]) == 3


def test_it_is_looked_into() -> None:
    app, mine = owner(INSIDE, "vae-textbook-mnist-z20", vae="{}")
    assert sentences(app) == []
    machine = parts(app, "vae")[0]
    assert machine["encoder"] == f"own:{mine.name}-encode"
    shipped = checkpoints.load("vae-textbook-mnist-z20").metrics["bound"]["kl_by_number"]
    assert machine["kl"] == pytest.approx(shipped, abs=0.4)  # 2,000 test pictures instead of all
    assert len(machine["dead"]) == 20


def test_directions_are_found_in_its_codes() -> None:
    app, mine = owner(ARITHMETIC, "ae-mnist-z8", net="{}")
    assert sentences(app) == []
    part = parts(app, "arithmetic")[0]
    assert part["decoder"] == f"own:{mine.name}-decode"
    assert [len(step) for step in part["steps"]] == [8, 8, 8]


def test_it_takes_the_place_of_either_in_the_differences() -> None:
    app, _mine = owner(DIFFERENCES, "ae-mnist-z8", plain="{}")
    assert sentences(app) == []
    assert [one.key for one in app.segmented_control if one.key in ("plain", "variational")] == ["plain"]
    html = "".join(block.proto.body for block in app.get("html"))
    assert "From 8 numbers" in html
    assert "From 16 numbers" in html
    app, _mine = owner(DIFFERENCES, "vae-mnist-z2", variational="{}")
    assert sentences(app) == []
    assert "From 2 numbers" in "".join(block.proto.body for block in app.get("html"))


@pytest.mark.parametrize("look", ["figures", "filters", "units", "push", "all"])
def test_it_stands_on_the_bench(look: str) -> None:
    app, mine = owner(REGULARISERS, "bench-kl-mnist", one="{}", look=look, unmeasured=True)
    assert sentences(app) == []
    assert app.pills(key="one").value == mine.name
    assert any("ρ = " in block.value for block in app.markdown)
    assert [r"\mathrm{KL}" in block.value for block in app.latex] == [True, True]  # as the other, which ships


@pytest.mark.parametrize(("page", "network"), [(LETTERS, "ae-notmnist-7x7"), (STREET, "ae-street")])
def test_it_answers_in_other_lessons(page: str, network: str) -> None:
    app, _mine = owner(page, network)
    assert sentences(app) == []
    assert any("Yours 1" in block.proto.body for block in app.get("html"))


def test_the_same_weights_in_another_network_have_another_name() -> None:
    found = checkpoints.load("gan-dense-mnist", ImageNetwork)
    others = (
        replace(found, config=replace(found.config, output="sigmoid")),
        replace(found, train=replace(found.train, game="least_squares")),
    )
    assert len({kept.Kept(1, one).name for one in (found, *others)}) == 3


@pytest.mark.parametrize("view", ["copy", "play"])
def test_what_learned_from_other_digits_is_not_compared_with_mnist(view: str) -> None:
    found = checkpoints.load("gan-dense-mnist", ImageNetwork)
    mine = kept.Kept(1, replace(found, train=replace(found.train, dataset="digits")))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.session_state[kept.KEY] = [mine]
    app.query_params["show"] = view
    app._registered_pages = registered()
    go(app, GAN)
    assert sentences(app) == []
    assert "Yours 1" not in app.pills(key="against" if view == "play" else "gan").options


def test_only_what_codes_or_draws_digits_is_offered() -> None:
    offered = {
        name: (kept.codes_digits(found), kept.draws_digits(found))
        for name in ("ae-mnist-z8", "cvae-mnist-z16", "gan-dense-mnist", "ae-street")
        for found in [checkpoints.load(name, ImageNetwork)]
    }
    assert offered == {
        "ae-mnist-z8": (True, False),
        "cvae-mnist-z16": (False, False),
        "gan-dense-mnist": (False, True),
        "ae-street": (False, False),
    }
