"""What the lesson on training layer by layer shows: the recorded run, and a run of the visitor's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from genlab import data
from genlab.errors import CheckpointError, GenlabError
from ui import cache, layers, live
from ui.address import choose
from ui.i18n import _, explain, n_, number

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.stacking import Round, Stage

STACKED, AT_ONCE = "ae-stacked-mnist-z30", "ae-at-once-mnist-z30"
HIDDEN, CODE = (256, 64), 16  # of the small network
WORKER = "stack_worker"
PLANS = {"digits": (1_300, 64, 40), "mnist": (10_000, 128, 12)}  # pictures, batch, epochs
"""10 to 13 seconds of one CPU core for both ways together."""


@dataclass(frozen=True)
class Recording:
    """Both recorded runs, epoch by epoch: pictures (epochs + 1, 10, 1, 28, 28), errors of epoch 1, 2, …, the plan."""

    pictures: Mapping[str, Tensor]
    errors: Mapping[str, Sequence[float]]
    plan: list[Stage]
    widths: Sequence[int]

    @property
    def epochs(self) -> int:
        """How many there are."""
        return len(self.errors["stacked"])


# --------------------------------------------------------------------------------------- the recording
@st.cache_resource(show_spinner=False)
def recording() -> Recording:
    """The runs of the shipped networks.

    Raises:
        CheckpointError: one of them is missing, broken, or was not recorded.
    """
    from genlab import snapshots
    from genlab.config import DenseConfig
    from genlab.stacking import stages

    names = {"stacked": STACKED, "at_once": AT_ONCE}
    pictures = {way: snapshots.load(name) for way, name in names.items()}
    errors = {way: _errors(name) for way, name in names.items()}
    config = cache.checkpoint(STACKED).config
    epochs = len(errors["stacked"])
    whole = all(len(pictures[way]) == len(errors[way]) + 1 == epochs + 1 for way in names)
    if not whole or not isinstance(config, DenseConfig):
        raise CheckpointError("The recorded training of “{name}” is not complete. Train it again.", name=STACKED)
    plan = stages(len(config.hidden) + 1, epochs)
    return Recording(pictures, errors, plan, [config.pixels, *config.hidden, config.latent_dim])


def _errors(name: str) -> list[float]:
    try:
        return [float(row["digits_sse"]) for row in cache.checkpoint(name).metrics["training"]["history"]]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            "The recorded training of “{name}” is not complete. Train it again.", name=name
        ) from error


def watch() -> None:
    """Step through the recorded run of the shipped networks."""
    from genlab.stacking import stage_at

    shown = recording()
    epoch = _epoch(shown)
    stage = stage_at(shown.plan, epoch)
    st.markdown(sentence(shown.plan, stage) if epoch else _("**Before the first step:** all weights are random."))
    layers.pairs(shown.widths, stage if epoch else None)
    layers.sheets(
        {way: pictures[epoch] for way, pictures in shown.pictures.items()},
        {way: errors[epoch - 1] if epoch else None for way, errors in shown.errors.items()},
    )
    layers.curve(shown.errors, shown.plan, epoch, key="stack_curve")
    explain_curve(shown.errors, shown.plan)


def _epoch(shown: Recording) -> int:
    """The slider, and a button to the end of the stage before and after."""
    ends = [0, *np.cumsum([stage.epochs for stage in shown.plan]).tolist()]

    def jump(on: bool) -> None:
        now = st.session_state["epoch"]
        st.session_state["epoch"] = (
            min((end for end in ends if end > now), default=ends[-1])
            if on
            else max((e for e in ends if e < now), default=0)
        )

    with st.container(horizontal=True, vertical_alignment="bottom"):
        left, middle, right = (
            st.container(width="content"),
            st.container(width="stretch"),
            st.container(width="content"),
        )
    with middle:  # first, since it knows where the address begins
        epoch = st.slider(_("Epoch"), 0, ends[-1], value=ends[1], key="epoch", bind="query-params", width="stretch")
    for place, icon, label, on in (
        (left, ":material/skip_previous:", _("Stage before"), False),
        (right, ":material/skip_next:", _("Next stage"), True),
    ):
        at_end = epoch >= ends[-1] if on else epoch <= 0
        key = "stage_after" if on else "stage_before"
        place.button(icon, key=key, help=label, on_click=jump, args=(on,), disabled=at_end)
    return int(epoch)


def sentence(plan: Sequence[Stage], stage: Stage) -> str:
    """What happens in a stage."""
    told = {"n": plan.index(stage) + 1, "of": len(plan), "d": stage.depth, "before": stage.depth - 1}
    if stage.whole:
        return _("**Stage {n} of {of}:** all pairs learn together.").format(**told)
    if stage.depth == 1:
        return _("**Stage {n} of {of}:** the outer pair learns to rebuild the picture alone.").format(**told)
    return n_(
        "**Stage {n} of {of}:** pair {d} learns, inside the pair that is frozen.",
        "**Stage {n} of {of}:** pair {d} learns, inside the {before} pairs that are frozen.",
        stage.depth - 1,
    ).format(**told)


def explain_curve(errors: Mapping[str, Sequence[float]], plan: Sequence[Stage]) -> None:
    """What the curve shows, with its numbers."""
    greedy = sum(stage.epochs for stage in plan[:-1])
    st.caption(
        _(
            "Error: mean SSE on the 297 bundled test digits, which no network learned from. With each new pair the "
            "picture must pass through fewer numbers, so the error jumps up. It was {greedy} before all pairs learned "
            "together, and {stacked} in the end; all at once, {at_once} after as many updates."
        ).format(
            greedy=number(errors["stacked"][greedy - 1], 1),
            stacked=number(errors["stacked"][-1], 1),
            at_once=number(errors["at_once"][-1], 1),
        )
    )


# --------------------------------------------------------------------------------------- train it here
def rounds(name: str, seed: int) -> Callable[[], Iterator[Round]]:
    """Makes the visitor's own training, on a data set of this machine."""

    def make() -> Iterator[Round]:
        from genlab.config import DenseConfig, TrainConfig
        from genlab.snapshots import ten_digits
        from genlab.stacking import race

        count, batch, epochs = PLANS[name]
        images = data.load(name, "train").images[:count].clone()
        config = TrainConfig(
            dataset="mnist" if name == "mnist" else "digits",
            split="train",
            epochs=epochs,
            batch_size=batch,
            precision="float32",
            seed=seed,
        )
        network = DenseConfig(latent_dim=CODE, hidden=HIDDEN)
        yield from race(network, images, config, ten_digits(), cache.test_set("digits").images)

    return make


def train_here() -> None:
    """Start, stop, and what the visitor's training has come to."""
    name = data.default_name() if data.default_name() in PLANS else "digits"
    here = {n: _(data.describe(n).title) for n, folder in data.available().items() if folder and n in PLANS}
    if len(here) > 1:
        name = choose(_("Data set"), here, key="data", default=name)
    worker: live.Worker[Round] | None = st.session_state.get(WORKER)
    st.markdown(
        _("A small network, {layers}, learns both ways in turn, an epoch each, from {n} pictures of {title}.").format(
            layers="-".join(map(str, (784, *HIDDEN, CODE))),
            n=number(PLANS[name][0]),
            title=_(data.describe(name).title),
        )
    )
    active = worker is not None and worker.active
    with st.container(horizontal=True, vertical_alignment="center"):
        if worker is not None and active:
            st.button(_("Stop"), icon=":material/stop:", key="stack_stop", on_click=worker.stop)
        st.button(
            _("Start") if worker is None else _("Start again"),
            icon=":material/play_arrow:",
            key="stack_start",
            on_click=start,
            args=(name,),
            type="secondary" if active else "primary",
        )
    live.follow(progress, worker)


def start(name: str) -> None:
    """Begin anew with other random weights; a training that runs is stopped."""
    last: live.Worker[Round] | None = st.session_state.get(WORKER)
    if last is not None:
        last.stop()
    seed = st.session_state["stack_seed"] = st.session_state.get("stack_seed", -1) + 1
    st.session_state[WORKER] = live.Worker(rounds(name, seed), alive=live.presence()).start()


def progress(worker: live.Worker[Round] | None) -> None:
    """How far it is, which layers learn, the pictures, and both curves."""
    from genlab.stacking import stages

    widths = (784, *HIDDEN, CODE)
    if worker is None:
        layers.pairs(widths, None)
        return
    at = worker.latest
    status(worker, at)
    if at is None:
        layers.pairs(widths, None)
        return
    plan = stages(len(HIDDEN) + 1, at.epochs)
    st.markdown(sentence(plan, at.stage))
    layers.pairs(widths, at.stage)
    layers.sheets(at.pictures, {way: errors[-1] for way, errors in at.errors.items()})
    layers.curve({way: errors[1:] for way, errors in at.errors.items()}, plan, at.epoch, key="stack_live_curve")
    if worker.state == "done":
        explain_curve({way: errors[1:] for way, errors in at.errors.items()}, plan)


def status(worker: live.Worker[Round], at: Round | None) -> None:
    """A bar while it runs; how it ended."""
    if worker.state == "failed":
        st.error(explain(worker.error or GenlabError(live.FAILED)))
    elif worker.state == "waiting" and worker.position:
        line = _("Two others are training on this machine. Your place in the line: {n}.")
        st.info(line.format(n=number(worker.position)))
    else:
        done, of = (at.epoch, at.epochs) if at else (0, 1)
        said = {
            "waiting": _("Getting ready …"),
            "running": _("Epoch {done} of {of}, {seconds} s") if at else _("Getting ready …"),
            "done": _("Done: {of} epochs in {seconds} s."),
            "stopped": _("Stopped after epoch {done} of {of}."),
            "late": _("Stopped after epoch {done} of {of}: {most} seconds are over, the machine is busy."),
            "gone": _("Stopped after epoch {done} of {of}, when the connection was lost."),
        }[worker.state]
        told = {"done": number(done), "of": number(of), "seconds": number(worker.seconds), "most": number(live.SECONDS)}
        st.progress(done / of, text=said.format(**told))
