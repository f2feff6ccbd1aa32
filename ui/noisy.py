"""A picture that a visitor spoils: how strong the noise is, which draw of it, and what was scratched.

The browser computes the noisy picture while the hand moves (``js/noise.js``); when it lets go, the same picture is
computed here, from the same draw. What it sends is a stranger's JSON: ``believed`` takes it or leaves it.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.address import choose
from ui.components import starts
from ui.i18n import N_, _

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.noise import Draw

PIXELS = 28 * 28
BRIGHT, DARK = 1, 2
NO_SCRATCHES = bytes(PIXELS)
DRAWS = 9999
KINDS = {"gaussian": N_("Gaussian"), "mask": N_("Lost pixels"), "salt": N_("Salt and pepper")}


def choose_kind() -> str:
    """Which noise, a name of ``genlab.noise.NOISES``; kept in the address."""
    return choose(_("Kind of noise"), {k: _(v) for k, v in KINDS.items()}, key="noise", default="gaussian")


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Where the visitor's hand has left things.

    Attributes:
        level: of the noise, 0 to 1.
        number: of the draw, 1 to ``DRAWS``.
        scratches: a byte for each pixel: 0, ``BRIGHT`` or ``DARK``.
    """

    level: float = 0.5
    number: int = 1
    scratches: bytes = NO_SCRATCHES

    @property
    def scratched(self) -> bool:
        return self.scratches != NO_SCRATCHES


@dataclass(frozen=True, kw_only=True)
class Noisy:
    """A spoiled picture.

    Attributes:
        kind: of the noise, a name of ``genlab.noise.NOISES``.
        level: 0 to 1.
        number: of the draw, from 1; ``make_generator(number, "noise")`` gives it.
        scratched: whether there are scratches over the noise.
        picture: (1, 1, 28, 28) in [0, 1].
    """

    kind: str
    level: float
    number: int
    scratched: bool
    picture: Tensor


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """In the session: the hand, and what it belongs to.

    Attributes:
        began: the ``at`` of level and draw.
        about: the picture, as the page names it.
        sheet: changes with the picture.
        hand: the newest, wherever it comes from.
        taken: ``at`` and hand of the browser's last release, which is there again at each run.
    """

    began: str
    about: Hashable
    sheet: str
    hand: Hand
    taken: tuple[str, Hand] | None = None


def begin(key: str, about: Hashable) -> tuple[str, Hand]:
    """A part is drawn: its ``at``, and where its handles are.

    Level and draw are those of the address at first and when the browser goes back, else those that were let go last.
    Scratches stay while ``about`` does.
    """
    began, start = starts.begin(key, None, 2)
    kept: _Kept | None = st.session_state.get(f"{key}_kept")
    hand = kept.hand if kept else Hand()
    if kept is None or kept.began != began:
        level, number = _level_and_number(start) or (Hand.level, Hand.number)
        hand = replace(hand, level=level, number=number)
    if kept is None or kept.about != about:
        hand, sheet = replace(hand, scratches=NO_SCRATCHES), secrets.token_hex(4)
    else:
        sheet = kept.sheet
    taken = kept.taken if kept else None
    st.session_state[f"{key}_kept"] = _Kept(began=began, about=about, sheet=sheet, hand=hand, taken=taken)
    return f"{began} {sheet}", hand


def released(key: str, sent: Any, at: str) -> Hand | None:
    """What the browser sent on release, if it is new, can be believed and belongs to ``at``."""
    hand = believed(sent)
    kept: _Kept = st.session_state[f"{key}_kept"]
    if hand is None or sent.get("at") != at or kept.taken == (at, hand):
        return None
    st.session_state[f"{key}_kept"] = replace(kept, taken=(at, hand))
    return hand


def keep(key: str, hand: Hand) -> None:
    """Put where the handles are into the session, and level and draw into the address."""
    st.session_state[f"{key}_kept"] = replace(st.session_state[f"{key}_kept"], hand=hand)
    if key in st.query_params or (hand.level, hand.number) != (Hand.level, Hand.number):
        starts.remember(key, [hand.level, hand.number])


def believed(sent: Any) -> Hand | None:
    """``{"values": [level, number], "scratches": base64 or ""}`` as a hand; None for anything else."""
    if not isinstance(sent, dict):
        return None
    found = _level_and_number(starts.checked(sent.get("values"), 2))
    scratches = _scratches(sent.get("scratches"))
    if found is None or scratches is None:
        return None
    return Hand(level=found[0], number=found[1], scratches=scratches)


def sent(picture: Tensor, kind: str, hand: Hand) -> dict[str, Any]:
    """What the browser needs to compute the same picture."""
    drawn = _draw(picture, hand.number)
    return {
        "kind": kind,
        "level": hand.level,
        "number": hand.number,
        "scratches": base64.b64encode(hand.scratches).decode() if hand.scratched else "",
        "picture": _packed(picture),
        "normal": _packed(drawn.normal),
        "uniform": _packed(drawn.uniform),
    }


def spoiled(picture: Tensor, kind: str, hand: Hand) -> Noisy:
    """The noisy picture: noise over the clean picture (1, 1, 28, 28), scratches over the noise.

    Raises:
        ConfigError: there is no such kind.
    """
    import torch

    from genlab.noise import spoil

    x = spoil(picture, kind, hand.level, _draw(picture, hand.number))
    ink = torch.tensor(list(hand.scratches)).view(picture.shape)
    x = x.masked_fill(ink == BRIGHT, 1.0).masked_fill(ink == DARK, 0.0)
    return Noisy(kind=kind, level=hand.level, number=hand.number, scratched=hand.scratched, picture=x)


def _draw(picture: Tensor, number: int) -> Draw:
    from genlab.noise import draw
    from genlab.seeding import make_generator

    return draw(tuple(picture.shape), make_generator(number, "noise"))


def _packed(numbers: Tensor) -> str:
    """Float32, little-endian, in base64."""
    return base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode()


def _level_and_number(values: list[float] | None) -> tuple[float, int] | None:
    if values is None:
        return None
    level, number = values
    return (level, int(number)) if 0 <= level <= 1 and 1 <= number <= DRAWS and number == int(number) else None


def _scratches(sent: Any) -> bytes | None:
    if sent == "":
        return NO_SCRATCHES
    if not isinstance(sent, str) or len(sent) > 2 * PIXELS:
        return None
    try:
        found = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == PIXELS and set(found) <= {0, BRIGHT, DARK} else None
