"""What a network looks like inside: a drawing of blocks and wedges, and a table of its layers.

Every shape and number comes from ``genlab.architecture``, which runs the module.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui import cache
from ui.architecture_drawing import STYLE, Block, drawing, size, what, words_of
from ui.i18n import _, n_, number
from ui.pictures import grey_png

if TYPE_CHECKING:
    from genlab.architecture import Architecture, Stop
    from genlab.catalog import Entry
    from genlab.checkpoints import Checkpoint
    from genlab.config import ModelConfig
    from genlab.layers import Layer


def panel(entry: Entry, found: Checkpoint[Any] | None) -> None:
    """Drawing and table of a row of the catalog, with an example where its checkpoint is on this machine."""
    draw(found.config if found else entry.model, example(found) if found else ())


def draw(config: ModelConfig, pictures: Sequence[bytes] = ()) -> None:
    """Drawing and table of the network that ``config`` describes; ``pictures``: PNG for those it passes, in order."""
    network = described(config)
    st.html(STYLE + drawing(_blocks(network, pictures), network.parameters))
    st.caption(_("Longer: more numbers (logarithmic). Thicker: more channels. Darker way: more parameters."))
    st.html(_table(network))


def facts(known: Mapping[str, str]) -> None:
    """Numbers with their names, side by side."""
    pairs = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in known.items())
    st.html(f'{STYLE}<div class="gl-facts">{pairs}</div>')


def described(config: ModelConfig) -> Architecture:
    """The layers of a network; remembered for all visitors."""
    from genlab.models import config_to_json

    return _described(json.dumps(config_to_json(config)))


@st.cache_resource(show_spinner=False, max_entries=256)
def _described(config: str) -> Architecture:
    from genlab.architecture import describe
    from genlab.models import config_from_json

    return describe(config_from_json(json.loads(config)))


def example(checkpoint: Checkpoint[Any]) -> list[bytes]:
    """A PNG for each picture that a model passes: of the test set where one has its size, or of its own."""
    import torch

    from genlab import data
    from genlab.data import to_float
    from genlab.models import GAN, ImageAutoencoder, ImageNetwork
    from genlab.seeding import make_generator

    model: ImageNetwork = checkpoint.model
    if isinstance(model, GAN):
        with torch.inference_mode():
            return [grey_png(model.sample(1, make_generator(0, "example"))[0])]
    for dataset in filter("street".__ne__, (checkpoint.train.dataset, data.default_name())):  # which is drawn, slowly
        try:
            x = to_float(cache.test_set(dataset).images[:1])
        except GenlabError:
            continue
        if tuple(x.shape[1:]) == checkpoint.config.image_shape:
            with torch.inference_mode():
                return [grey_png(x[0]), *([grey_png(model(x)[0])] if isinstance(model, ImageAutoencoder) else [])]
    return []


def _blocks(network: Architecture, pictures: Sequence[bytes]) -> list[Block]:
    blocks: list[Block] = []
    left = iter(pictures)
    for stop in network.stops:
        blocks += [Block(shapes=(layer.outputs,), title=size(layer.outputs), layer=layer) for layer in stop.layers]
        if stop.what == "picture":
            shown = _picture(stop, network, next(left, b""))
        else:
            shown = _numbers(stop)
        if stop.layers and [math.prod(part) for part in stop.parts] == [math.prod(stop.layers[-1].outputs)]:
            blocks[-1] = replace(shown, layer=stop.layers[-1])
        else:
            blocks.append(shown)
    return blocks


def _picture(stop: Stop, network: Architecture, png: bytes) -> Block:
    if not stop.layers:
        line, alt = _("Picture"), _("A test picture")
    elif network.stops[0].what == "picture":
        line, alt = _("Answer"), _("What the network makes of it")
    else:
        line, alt = _("Generated"), _("A picture that it made of random numbers")
    return Block(shapes=stop.parts, title=size(stop.parts[0]), lines=(line,), look=stop.what, png=png, alt=alt)


def _numbers(stop: Stop) -> Block:
    """A code or a verdict."""
    parts = " + ".join(size(part) for part in stop.parts) if stop.parts != ((stop.length,),) else ""
    lines = (n_("{k} number", "{k} numbers", stop.length).format(k=number(stop.length)), parts)
    title = _("Code") if stop.what == "code" else _("Verdict")
    return Block(shapes=stop.parts, title=title, lines=tuple(filter(None, lines)), look=stop.what)


def _table(network: Architecture) -> str:
    titles = {_("Layer"): "gl-name", _("What"): "", _("From → to"): "", _("Parameters"): "gl-n", _("Share"): "gl-share"}
    head = "".join(f'<th scope="col" class="{look}">{escape(title)}</th>' for title, look in titles.items())
    rows = []
    for before, stop in pairwise(network.stops):
        rows += [_row(layer, network, before if n == 0 else None) for n, layer in enumerate(stop.layers)]
        if stop is not network.stops[-1]:
            rows.append(_between(stop))
    rows += [_row(layer, network) for layer in network.other]
    total = f"<tr><th class='gl-name'></th><th colspan='2'>{escape(_('All'))}</th>"
    total += f"<th class='gl-n'>{number(network.parameters)}</th><th class='gl-share'></th></tr>"
    return (
        f'<div class="gl-rows" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}{total}</tbody></table></div>"
    )


def _between(stop: Stop) -> str:
    """The row of what the halves of a network pass on."""
    name, title = ("z", _("Code")) if stop.what == "code" else ("x", _("Picture"))
    shape = " + ".join(map(size, stop.parts))
    return (
        f"<tr class='gl-z'><td class='gl-name'>{name}</td><td>{escape(title)}</td>"
        f"<td class='gl-shape'>{shape}</td><td></td><td class='gl-share'></td></tr>"
    )


def _row(layer: Layer, network: Architecture, before: Stop | None = None) -> str:
    words = ", ".join(words_of(layer))
    inside = [what(inner) for inner in layer.inner if inner.parameters]
    if inside:
        words += f" ({', '.join(inside)})"
    if layer.borrowed:
        words += ", " + _("borrows {names}").format(names=", ".join(layer.borrowed))
    part = layer.parameters / network.parameters if network.parameters else 0.0
    shape = f"{size(layer.inputs)} → {size(layer.outputs)}" if layer.outputs else ""
    more = math.prod(layer.inputs) - before.length if before else 0
    if before and more > 0:  # such as a mask
        shape = f"{before.length} + {more} → {size(layer.outputs)}"
    return (
        f"<tr><td class='gl-name'><code>{escape(layer.name)}</code></td><td>{escape(words)}</td>"
        f"<td class='gl-shape'>{shape}</td><td class='gl-n'>{number(layer.parameters)}</td>"
        f"<td class='gl-share'><i style='--part: {part:.4f}'></i>{number(100 * part, 1)} %</td></tr>"
    )
