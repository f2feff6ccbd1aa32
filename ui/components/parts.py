"""The components, one function each. Where the browser or this server cannot show one, the server answers instead."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from genlab.palette import DIGIT_COLOURS
from ui import cache, noisy
from ui.components import server
from ui.components.mount import mount, said
from ui.components.networks import published_network
from ui.components.publish import pack_tensors
from ui.components.reach import reach
from ui.components.starts import begin, released
from ui.i18n import _, explain

if TYPE_CHECKING:
    from torch import Tensor


def drawing_pad(name: str, *, empty: bool, key: str) -> Any:
    """A sheet to draw on; code, reconstruction and error follow the pen.

    Args:
        name: a checkpoint with an encoder and a decoder that a browser can run; empty for none.
        empty: whether the server has no drawing of this visitor's; if the tab still has one, it is sent again.
        key: the widget's. Pads of one key on several pages show one drawing.

    Returns:
        What the browser sent when the pen was last lifted, ``{"png": data URL, "blank": …}``, not checked; or None.
    """
    words = {
        "paper": _("Drawing sheet. Arrow keys move the pen, space lowers and lifts it."),
        "hint": _("Draw a digit here"),
        "pen": _("Pen"),
        "eraser": _("Eraser"),
        "undo": _("Undo"),
        "clear": _("Clear"),
        "width": _("Thickness"),
        "lowered": _("The pen is lowered."),
        "lifted": _("The pen is lifted."),
        "digit": _("28×28"),
        "code": _("Code"),
        "answer": _("Autoencoder"),
        "error": _("Error"),
        "slow": _("Your browser has no network to run here, so the server answers when you lift the pen."),
    }
    data: dict[str, Any] = {"empty": empty}
    try:
        if name:
            data |= {"encoder": published_network(name, "encode"), "decoder": published_network(name, "decode")}
    except GenlabError as error:
        st.warning(explain(error))
    try:
        return mount("pad", key=key, data=data, words=words, values=["drawing"])["drawing"]
    except GenlabError as error:
        st.warning(explain(error))
        return None


def latent_sliders(name: str, digit: Tensor, *, about: Hashable, key: str) -> list[float] | None:
    """A slider for each number of a code; the picture follows in the browser.

    Args:
        name: a checkpoint.
        digit: the code of the current picture, (latent_dim,).
        about: what changes when the picture does; then the sliders go to its code.
        key: the widget's, and the values' name in the address.

    Returns:
        The code where the sliders were let go, or that came with the address; else None.
    """
    own = _rounded(digit)
    at, start = begin(key, (name, about), len(own))
    words = {
        "picture": _("decoded from these numbers"),
        "film": _("{name} from {low} to {high}, all else as it is"),
        "more": _("{n} more numbers"),
        "digit": _("Code of the digit"),
        "mean": _("Mean code"),
        "random": _("Random code"),
    }

    def data() -> dict[str, Any]:
        return {"decoder": published_network(name, "decode"), "digit": own, "code": start, "at": at}

    found = _shown("sliders", data, key=key, words=words, values=["code"])
    if found is None:
        return server.sliders(name, start or own, key=key, at=at)
    return released(key, found["code"], at, len(own)) or start


def latent_pad(
    name: str, data: str, digit: Tensor, *, dims: tuple[int, int], about: Hashable, key: str
) -> tuple[list[int], list[float]]:
    """A map of two numbers of a code, with what each place decodes to under the pointer.

    Args:
        name: a checkpoint.
        data: the data set whose test pictures' codes are drawn.
        digit: the code of the current picture, (latent_dim,), on which the handle begins.
        dims: which two numbers are drawn at first.
        about: what changes when the picture does.
        key: the widget's, and the place's name in the address.

    Returns:
        Which two numbers, and the place where the handle was let go.
    """
    own = _rounded(digit)
    at, start = begin(key, (name, data, about), 4)
    asked = _place(start, len(own))
    if start and not asked:
        st.query_params.pop(key, None)
    dims_now, place = asked or (list(dims), [own[dim] for dim in dims])
    words = {
        "picture": _("decoded from the place under the pointer"),
        "handle": _("Place on the map"),
        "kind": _("handle in two directions"),
        "nearest": _("nearest: a {digit}"),
        "dots": _("Test pictures"),
        "grid": _("Decoded grid"),
        "across": _("across"),
        "up": _("up"),
        "home": _("To the picture"),
        "closer": _("Closer"),
        "wider": _("Wider"),
    }

    def sent() -> dict[str, Any]:
        labels = cache.test_codes(name, data)[1]
        return {
            "decoder": published_network(name, "decode"),
            "codes": published_codes(name, data),
            "base": own,
            "dims": dims_now,
            "start": place,
            "at": at,
            "colours": DIGIT_COLOURS[: int(labels.max()) + 1],
        }

    found = _shown("map", sent, key=key, words=words, values=["place"])
    if found is None:
        return dims_now, server.pad(name, own, dims_now, place, key=key, at=at)
    return _place(released(key, found["place"], at, 4), len(own)) or (dims_now, place)


def interpolation_scrubber(name: str, ends: tuple[Tensor, Tensor], *, about: Hashable, key: str) -> float:
    """A walk from one code to another, in a straight line.

    Args:
        name: a checkpoint.
        ends: two codes, (latent_dim,) each.
        about: what changes when the ends do.
        key: the widget's, and the share's name in the address.

    Returns:
        How far the handle was let go, from 0 to 1.
    """
    at, start = begin(key, (name, about), 1)
    share = min(max(start[0], 0.0), 1.0) if start else 0.5
    a, b = (_rounded(end) for end in ends)
    words = {
        "picture": _("decoded at the handle"),
        "handle": _("From the first digit to the second"),
    }

    def data() -> dict[str, Any]:
        return {"decoder": published_network(name, "decode"), "from": a, "to": b, "start": share, "at": at}

    found = _shown("scrubber", data, key=key, words=words, values=["share"])
    if found is None:
        return server.scrubber(name, a, b, share, key=key, at=at)
    moved = released(key, found["share"], at, 1)
    return min(max(moved[0], 0.0), 1.0) if moved else share


def noise_pad(
    networks: Sequence[tuple[str, str]], picture: Tensor, *, kind: str, about: Hashable, key: str
) -> noisy.Noisy:
    """A picture under noise and scratches, and what networks make of it, all of it following the finger.

    Args:
        networks: checkpoints with an encoder and a decoder that a browser can run, each with its title.
        picture: the clean one, (1, 1, 28, 28) in [0, 1].
        kind: of the noise, a name of ``genlab.noise.NOISES``.
        about: what changes when the picture does; then its scratches go. Level and draw of the noise stay.
        key: the widget's, and the name of level and draw in the address.

    Returns:
        The noisy picture as it was let go.

    Raises:
        ConfigError: there is no such kind.
    """
    at, hand = noisy.begin(key, about)
    hand = noisy.released(key, said(key, "noise"), at) or hand
    words = {
        "original": _("Original"),
        "noisy": _("Noisy"),
        "sheet": _("Noisy picture to scratch. Arrow keys move the brush, space lowers and lifts it."),
        "lowered": _("The brush is lowered."),
        "lifted": _("The brush is lifted."),
        "level": _("Noise"),
        "another": _("New noise"),
        "brush": _("Scratch the picture"),
        "bright": _("Bright"),
        "dark": _("Dark"),
        "remove": _("Remove scratches"),
    }

    def data() -> dict[str, Any]:
        return {
            "networks": [
                {
                    "title": title,
                    "encoder": published_network(name, "encode"),
                    "decoder": published_network(name, "decode"),
                }
                for name, title in networks
            ],
            "at": at,
            **noisy.sent(picture, kind, hand),
        }

    if _shown("noise", data, key=key, words=words, values=["noise"]) is None:
        hand = server.noise(networks, picture, kind, hand, key=key, at=at)
    noisy.keep(key, hand)
    return noisy.spoiled(picture, kind, hand)


def _shown(
    module: str, data: Callable[[], dict[str, Any]], *, key: str, words: dict[str, str], values: list[str]
) -> dict[str, Any] | None:
    """Mount a part; None, after a sentence, where this server or the browser cannot show it."""
    try:
        found = mount(module, key=key, data=data(), words=words, values=values)
    except GenlabError as error:
        st.warning(explain(error))
        return None
    return None if found["failed"] else found


def published_codes(name: str, data: str) -> str:
    """The address of the codes and labels of test pictures, for a map.

    Raises:
        CheckpointError, DataError, PublishError.
    """
    return reach(name, f"codes-{data}", lambda: pack_tensors(_codes(name, data)))


def _codes(name: str, data: str) -> dict[str, Tensor]:
    import torch

    codes, labels = cache.test_codes(name, data)
    return {"codes": codes.to(torch.float16), "labels": labels.to(torch.uint8)}


def _rounded(code: Tensor) -> list[float]:
    return [round(value, 4) for value in code.tolist()]


def _place(sent: Any, length: int) -> tuple[list[int], list[float]] | None:
    """Two different numbers of the code, counted from 1 in the address, and where on each."""
    if sent is None:
        return None
    dims = [int(value) - 1 for value in sent[:2]]
    if dims[0] == dims[1] or not all(0 <= dim < length for dim in dims):
        return None
    return dims, sent[2:]
