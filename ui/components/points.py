"""The browser's part of the lesson How a GAN learns: two networks that play on points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui.components.mount import mount
from ui.components.starts import begin, released
from ui.i18n import _, explain

if TYPE_CHECKING:
    from ui.points import Experiment

KEY = "game"


def game(
    choices: Mapping[str, Sequence[Any]], defaults: Mapping[str, Any], experiments: Mapping[str, Experiment]
) -> dict[str, Any]:
    """Show the game. Nothing is said while it trains; its settings come back when a hand has changed them.

    Args:
        choices: what each setting may be.
        defaults: where it begins if the address says nothing.
        experiments: buttons that set several at once.

    Returns:
        The settings by name, each one of its choices.
    """
    at, start = begin(KEY, "points", len(choices))
    last = st.session_state.get(f"{KEY}_last")
    if last is not None and last[0] == at:  # a visitor who comes back to the page
        start = last[1]
    indices = _indices(start, choices) or [choices[name].index(value) for name, value in defaults.items()]
    data: dict[str, Any] = {
        "choices": choices,
        "experiments": [
            {
                "key": key,
                "label": _(one.label),
                "text": _(one.text),
                "settings": dict(one.settings),
                "anew": one.anew,
            }
            for key, one in experiments.items()
        ],
        "start": indices,
        "at": at,
    }
    try:
        found = mount("points", key=KEY, data=data, words=_words(), values=["game"])
        indices = _indices(released(KEY, found["game"], at, len(choices)), choices) or indices
    except GenlabError as error:
        st.warning(explain(error))
    st.session_state[f"{KEY}_last"] = (at, indices)
    return {name: choices[name][index] for name, index in zip(choices, indices, strict=True)}


def _indices(values: Sequence[float] | None, choices: Mapping[str, Sequence[Any]]) -> list[int] | None:
    """Which of each setting's choices; None if one is not there."""
    if values is None:
        return None
    if not all(value in range(len(one)) for value, one in zip(values, choices.values(), strict=True)):
        return None
    return [int(value) for value in values]


def _words() -> dict[str, Any]:
    """All that the browser writes; ``broken`` without the server's answer, since there is none."""
    return {
        "broken": _("Your browser could not load this part. Reload the page to try again."),
        "set": {
            "line": _("Line"),
            "ring": _("Ring"),
            "two": _("2 Gaussians"),
            "eight": _("8 Gaussians"),
            "drawn": _("Draw"),
        },
        "loss": {
            "minimax": _("Minimax"),
            "nonsaturating": _("Non-saturating"),
            "squares": _("Least squares"),
            "wasserstein": _("Wasserstein-GP"),
        },
        "sets": _("Real points"),
        "losses_name": _("Loss"),
        "trials": _("Try this"),
        "plane": _(
            "The plane: rings are real points, discs are generated ones, arrows show where G would move them, and the "
            "background is what D thinks."
        ),
        "paper": _("Draw real points here. Arrow keys move the brush, the space bar lowers and lifts it."),
        "lowered": _("The brush is down."),
        "lifted": _("The brush is up."),
        "hint": _("Draw at least {least} points here."),
        "enough": _("That is enough: a set has at most 400 points."),
        "erase": _("Erase"),
        "play": _("Play"),
        "pause": _("Pause"),
        "once": _("One round"),
        "next": _("Next moment"),
        "only_d": _("Only D"),
        "only_g": _("Only G"),
        "slow": _("Slow motion"),
        "speed": _("Speed"),
        "pace": _("{n} rounds/s"),
        "fastest": _("as fast as it goes"),
        "moment": _("{n} s per moment"),
        "again_button": _("Restart"),
        "fresh": _("New weights (now no. {seed})"),
        "more": _("Networks and learning rates"),
        "discriminatorRate": _("Learning rate of D"),
        "generatorRate": _("Learning rate of G"),
        "steps": _("D’s steps per round"),
        "batch": _("Points per step"),
        "width": _("Width of a layer"),
        "layers": _("Hidden layers"),
        "show_field": _("D’s opinion"),
        "show_arrows": _("G’s arrows"),
        "show_net": _("Net of noise"),
        "idle": _("Blue rings are real, orange discs are generated. Blue ground: D thinks real; orange: generated."),
        "away": _("The numbers have run away. Lower the learning rate and restart."),
        "draw": _("{n} real points are drawn, and {n} noises (crosses)."),
        "generate": _("G turns each noise into a point."),
        "look": _("D looks at all of them and is wrong about {wrong} of {all} (circled)."),
        "look_critic": _("The critic D values the real points at {real} on average, the generated ones at {made}."),
        "discriminator": _("D changes its weights a little: its loss on these points goes from {before} to {after}."),
        "again": _("G makes {n} points from new noise."),
        "pull": _("D’s slope tells each point where it would look more real."),
        "generator": _("G changes its weights to follow the arrows: its loss goes from {before} to {after}."),
        "losses": _("Losses"),
        "right": _("D is right about"),
        "real": _("real ones"),
        "made": _("generated ones"),
        "gap": _("D’s mean answers apart"),
        "modes": _("Gaussians found by G"),
        "of": _("{n} of {all}"),
    }
