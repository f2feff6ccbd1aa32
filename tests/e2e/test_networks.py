"""A real browser computes what torch computes, for every network that a component serves.

No app runs here: the module ``runtime.js`` and such files as ``ui.components.publish`` serves are given to an empty
page. The bar is 2e-3 in pixel value; what is measured is about 1e-5, the order in which float32 numbers are added.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genlab import checkpoints, data
from genlab.catalog import CATALOG, SIZES
from genlab.config import ConditionalVAEConfig, ConvConfig, MapConfig, UNetConfig
from genlab.errors import ExportError
from genlab.export import record, to_bytes
from genlab.seeding import make_generator

SCRIPTS = Path(__file__).parents[2] / "ui" / "components" / "js"
ORIGIN = "http://components.test"
SERVED = [*(f"ae-mnist-z{k}" for k in SIZES), "ae-deep-mnist-z30", "dae-dense-mnist"]
CONVOLUTIONAL = [
    name for name, entry in CATALOG.items() if isinstance(entry.model, ConvConfig | MapConfig | UNetConfig)
]
CODELESS = [name for name, entry in CATALOG.items() if not entry.rebuilds]  # judges and GANs
HALF = [
    name for name, entry in CATALOG.items() if isinstance(entry.model, ConditionalVAEConfig)
]  # only decoders travel
OTHERS = sorted(name for name in CATALOG if name not in [*SERVED, *CONVOLUTIONAL, *CODELESS])
BAR = 2e-3
COUNT = 1000

RUN = """async ([file, text, width]) => {
  const { network } = await import("/runtime.js");
  const net = await network(file);
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const rows = new Float32Array(bytes.buffer);
  const out = new Float32Array((rows.length / width) * net.outputs);
  for (let n = 0; n * width < rows.length; n++) {
    out.set(net.run(rows.subarray(n * width, (n + 1) * width)), n * net.outputs);
  }
  let answer = "";
  const back = new Uint8Array(out.buffer);
  for (let i = 0; i < back.length; i += 32768) answer += String.fromCharCode(...back.subarray(i, i + 32768));
  return btoa(answer);
}"""

IS_FAST = """async () => (await import("/simd.js")).Room.of([[4, 4]]) !== null"""

Run = Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {}


@pytest.fixture(scope="module")
def blank(browser: Any, files: dict[str, bytes]) -> Iterator[Any]:
    """An empty page beside the modules and ``files``."""
    context = browser.new_context()
    context.set_default_timeout(90_000)

    def answer(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name in files:
            route.fulfill(body=files[name], content_type="application/gzip")
        elif name.endswith(".js"):
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        elif not name:
            route.fulfill(body="<!doctype html>", content_type="text/html")
        else:
            route.fulfill(status=404)

    context.route(f"{ORIGIN}/**", answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()


def answers(page: Any, file: str, rows: Tensor) -> Tensor:
    """What the browser makes of rows with a network of ``files``: (N, …) -> (N, outputs)."""
    text = base64.b64encode(rows.flatten(1).numpy().astype("<f4").tobytes()).decode()
    back = page.evaluate(RUN, [file, text, rows[0].numel()])
    return torch.from_numpy(np.frombuffer(base64.b64decode(back), dtype="<f4").copy()).view(len(rows), -1)


@pytest.fixture
def run(blank: Any, files: dict[str, bytes]) -> Run:
    """Export a function of a network, run it in the browser on rows: (N, …) -> (N, outputs)."""

    def go(function: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        name = f"network-{len(files)}.gz"
        files[name] = gzip.compress(to_bytes(record(function, torch.zeros(1, *rows.shape[1:]))), 1)
        return answers(blank, name, rows)

    return go


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    """1,000 pictures: MNIST's test set where it is here, else the bundled digits, of which no network has seen any."""
    name = data.default_name()
    return data.to_float(data.load(name, "test" if name == "mnist" else "train+validation+test").images[:COUNT])


def codes_at_random(name: str, count: int) -> Tensor:
    """From twice the spread of real codes, so also from where the sliders end."""
    codes = checkpoints.load(name).metrics["codes"]
    mean, std = torch.tensor(codes["mean"]), torch.tensor(codes["std"])
    return mean + 2 * std * torch.randn(count, len(mean), generator=make_generator(3, name))


@pytest.mark.parametrize("name", [*SERVED, *OTHERS])
@torch.inference_mode()
def test_pixels_agree(run: Run, pictures: Tensor, name: str) -> None:
    """1,000 random codes and 1,000 test pictures for what is served; 100 for what could be."""
    count = COUNT if name in SERVED else 100
    model, some = checkpoints.load(name).model, pictures[:count]
    codes = codes_at_random(name, count)
    apart = (run(model.decode, codes) - model.decode(codes).flatten(1)).abs().max().item()
    assert len(some) == len(codes) == count
    assert apart <= BAR, f"random codes: {apart}"
    back = run(model.decode, model.encode(some) if name in HALF else run(model.encode, some))
    apart = (back - model(some).flatten(1)).abs().max().item()
    assert apart <= BAR, f"test pictures: {apart}"
    assert back.std() > 0.1  # these are pictures


@torch.inference_mode()
def test_a_browser_without_webassembly_computes_the_same(
    run: Run, pictures: Tensor, blank: Any, files: dict[str, bytes]
) -> None:
    """Both ways to multiply, with rows that fill whole vectors, 784 numbers, and rows that do not, 250."""
    model = checkpoints.load("ae-deep-mnist-z30").model
    fast = run(model.encode, pictures[:20])
    bare = blank.context.new_page()
    bare.add_init_script("delete globalThis.WebAssembly")
    bare.goto(f"{ORIGIN}/")
    slow = answers(bare, list(files)[-1], pictures[:20])
    assert bare.evaluate("typeof WebAssembly") == "undefined"
    assert blank.evaluate(IS_FAST)
    assert not bare.evaluate(IS_FAST)
    bare.close()
    torch.testing.assert_close(slow, fast, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(slow, model.encode(pictures[:20]), atol=BAR, rtol=BAR)


@torch.inference_mode()
def test_the_steps_of_networks_to_come_agree(run: Run) -> None:
    generator = make_generator(5)
    x = torch.randn(50, 12, generator=generator)
    for activation in (nn.ReLU(), nn.SiLU(), nn.GELU(), nn.Tanh(), nn.Sigmoid()):
        norm = nn.BatchNorm1d(9)
        norm.running_mean = torch.randn(9, generator=generator)
        norm.running_var = torch.rand(9, generator=generator) + 0.5
        network = nn.Sequential(nn.Linear(12, 9), activation, norm, nn.Linear(9, 6), nn.LayerNorm(6), nn.Linear(6, 3))
        for layer in network:
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(layer.weight.half())
        torch.testing.assert_close(run(network.eval(), x), network(x), atol=2e-5, rtol=1e-5)


def test_what_is_damaged_is_refused_and_may_come_whole_later(blank: Any, files: dict[str, bytes]) -> None:
    whole = gzip.compress(to_bytes(record(checkpoints.load("ae-tuned-mnist-z64").model.decode, torch.zeros(1, 64))), 1)
    turned = bytearray(whole)
    turned[len(turned) // 2] ^= 0xFF
    files.update({"missing-not": b"", "cut": whole[: len(whole) // 2], "turned": bytes(turned), "text": b"<html>"})
    load = (
        """file => import("/runtime.js").then(m => m.network(file)).then(net => net.outputs, error => error.message)"""
    )
    for name in ("missing", "missing-not", "cut", "turned", "text"):
        assert isinstance(blank.evaluate(load, name), str), name
    files["cut"] = whole
    assert blank.evaluate(load, "cut") == 784


def test_halves_are_read_alike_where_the_browser_has_none(blank: Any) -> None:
    """Float16Array is new; without it a loop reads the same numbers."""
    every = np.arange(2**16, dtype="<u2")
    wanted = every.view("<f2").astype(np.float32)
    back = blank.evaluate(
        """async text => {
          const { fromHalf } = await import("/runtime.js");
          const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer;
          const native = globalThis.Float16Array;
          globalThis.Float16Array = undefined;
          try { return Array.from(fromHalf(bytes), v => Number.isFinite(v) ? v : String(v)); }
          finally { globalThis.Float16Array = native; }
        }""",
        base64.b64encode(every.tobytes()).decode(),
    )
    found = np.array(
        [float(value.lower().replace("infinity", "inf")) if isinstance(value, str) else value for value in back]
    )
    np.testing.assert_array_equal(found.astype(np.float32), wanted)


def test_only_convolutional_networks_stay_on_the_server() -> None:
    for name in (name for name in CATALOG if name not in CODELESS):
        model = checkpoints.load(name).model
        if name in [*CONVOLUTIONAL, *HALF]:
            with pytest.raises(ExportError):
                record(model.encode, torch.zeros(1, *model.image_shape))
        else:
            assert record(model.encode, torch.zeros(1, *model.image_shape)).outputs == model.latent_dim
