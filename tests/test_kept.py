"""Networks that a visitor kept: lessons offer them beside the shipped ones, to that visitor and to no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genlab import checkpoints
from genlab.errors import CheckpointError, ExportError
from genlab.models import ImageNetwork
from tests.test_pages import PATIENCE, ROOT, bare, go, registered, router, sentences, thaw, visit  # noqa: F401
from ui import cache, gan, kept
from ui.components import publish

GAN, RANDOM, MAPS = "pages/gan.py", "pages/random_codes.py", "pages/maps.py"
RECONSTRUCT, DENOISE = "pages/reconstruct.py", "pages/denoise.py"


def owner(page: str, network: str, **address: str) -> tuple[AppTest, kept.Kept]:
    """A visitor who kept a network, and follows a link to a page; ``{}`` in the link is that network's name."""
    mine = kept.Kept(1, checkpoints.load(network, ImageNetwork))
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


def test_it_is_not_written_where_browsers_fetch_from(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = kept.Kept(1, checkpoints.load("ae-mnist-z8"))
    monkeypatch.setattr(kept, "networks", lambda: [mine])
    with pytest.raises(ExportError, match="stays on the server"):
        publish.published_network(mine.name, "decode")


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
