"""A training as it goes on: how far it is, its curves, what its network draws, and whether it is well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from genlab.workshop import folders
from genlab.workshop.orders import Order
from genlab.workshop.progress import Curve, Progress
from ui import lab_runs, live
from ui.i18n import N_, _, explain, n_, number, separators
from ui.lab_order import short_title, title_of
from ui.lab_shots import pictures

if TYPE_CHECKING:
    from ui.lab_runs import Run

EVERY = 0.8  # seconds between two looks
CURVES_EVERY = 2.5  # between two drawings of the curves, which cost a browser more than the rest
LOSSES = {
    "loss": N_("whole loss"),
    "mse": "MSE",
    "mse_signed": N_("MSE, pixels from −1 to 1"),
    "sse": "SSE",
    "sse_signed": N_("SSE, pixels from −1 to 1"),
    "bce": N_("cross-entropy of the pixels"),
    "kl": "KL",
    "cross_entropy": N_("cross-entropy of the class"),
    "told": N_("cross-entropy of the class asked for"),
    "weighted": N_("weighted error"),
    "l1": "L1",
    "contractive": N_("contractive penalty"),
    "d_loss": N_("discriminator’s loss"),
    "g_loss": N_("generator’s loss"),
}
COLLAPSE = ("few", "mostly", "alike")  # kinds of alarm, as in ``genlab.health``
ACCURACIES = {"d_real": N_("real pictures taken for real"), "d_fake": N_("generated ones found out")}


def buttons() -> None:
    """Pause, go on, one epoch, stop: of a run that is under way. They speak to its process and draw nothing anew."""
    run = lab_runs.current()
    if run is None or not run.active:
        return
    waiting = run.worker.state == "waiting"
    paused = run.progress is not None and run.progress.state == "paused"
    shown = [
        ("epoch", _("One epoch"), ":material/skip_next:", _("Train to the end of an epoch, then pause")),
        ("stop", _("Stop"), ":material/stop:", ""),
        # last: while one takes the place of the other both are there for a moment, and what came after would move
        ("go", _("Continue"), ":material/play_arrow:", "") if paused else ("pause", _("Pause"), ":material/pause:", ""),
    ]
    with st.container(horizontal=True):
        for word, label, icon, help_ in shown:
            st.button(
                label,
                icon=icon,
                key=f"lab_{word}",
                on_click=run.say,
                args=(word,),
                disabled=waiting and word != "stop",
                help=help_ or None,
            )


def panel(_worker: live.Worker[Progress] | None) -> None:
    """All the rest; called again and again while the training is under way."""
    run = lab_runs.current()
    progress, folder = lab_runs.last_progress(), folders.find(lab_runs.token())
    if run is not None:
        status(run, progress)
    elif progress is not None and progress.ended:
        ending(progress)
    elif progress is not None:
        bar(progress, _("Cut off in epoch {done} of {of}, when the server was stopped."))
    if progress is None or folder is None or not progress.shots:
        return
    order = folders.order_or_none(folder)
    if order is not None:
        st.caption(f"{title_of(order.entry)} · {short_title(order.train.dataset)}")
    pictures(folder, progress, choose=not (run and run.active and progress.state != "paused"), order=order)
    curves(progress)
    if order is not None:
        health(progress, order)


# --------------------------------------------------------------------------------------- how far
def status(run: Run, progress: Progress | None) -> None:
    """In one line: in the line, preparing, how far and how long yet, how it ended."""
    worker = run.worker
    if worker.state == "failed":
        st.error(explain(worker.error or GenlabError(live.FAILED)))
        return
    if worker.state == "waiting":
        if worker.position:
            line = n_(
                "Another training is running on this machine. Your place in the line: {n}.",
                "{most} others are training on this machine. Your place in the line: {n}.",
                lab_runs.MOST_AT_ONCE,
            )
            st.info(line.format(most=number(lab_runs.MOST_AT_ONCE), n=number(worker.position)))
        return
    progress = progress or Progress()
    if worker.active or progress.ended:
        ending(progress)
        return
    said = _("Stopped in epoch {epoch} of {of}, when the connection was lost.")
    if worker.state == "stopped":
        said = _("Left the line.") if not progress.step else _("Stopped in epoch {epoch} of {of}.")
    bar(progress, said)


def ending(progress: Progress) -> None:
    """What the training says of itself, or said at its end."""
    if progress.state == "failed":
        st.error(explain(progress.failure() or GenlabError(live.FAILED)))
        return
    said = {
        "preparing": _("Getting ready …"),
        "training": _("Epoch {epoch} of {of} · {speed} pictures/s · {left}"),
        "paused": _("Paused in epoch {epoch} of {of}"),
        "saving": _("Keeping the result …"),
        "done": _("Done: {of} epochs in {time}."),
        "stopped": _("Stopped in epoch {epoch} of {of}, after {time}."),
        "late": _("Stopped in epoch {epoch} of {of}: the time for one training, {most} minutes, is over."),
        "rule": _("Stopped in epoch {epoch} of {of} by the rule."),
    }[progress.state]
    if progress.state == "paused" and progress.whole == progress.epoch:
        said = _("Paused after epoch {epoch} of {of}")
    if progress.state == "done" and progress.epochs <= 1:
        said = _("Done in {time}.")
    bar(progress, said)
    if progress.trigger:
        trigger(progress.trigger)


def bar(progress: Progress, said: str) -> None:
    """The progress bar with its words."""
    told = {
        "epoch": number(progress.epoch),
        "done": number(progress.whole + 1),
        "of": number(progress.epochs),
        "speed": number(progress.speed),
        "left": left(progress.left),
        "time": clock(progress.seconds),
        "most": number(lab_runs.SECONDS / 60),
    }
    st.progress(progress.part, text=said.format(**told))


def left(seconds: float | None) -> str:
    """How long yet."""
    return _("…") if seconds is None else _("{time} left").format(time=clock(seconds))


def clock(seconds: float) -> str:
    """Seconds as people say them: 8 s, 1:05 min, 1:05 h."""
    whole = round(seconds)
    if whole < 60:
        return _("{n} s").format(n=number(whole))
    if whole < 3600:
        return _("{m}:{s:02d} min").format(m=whole // 60, s=whole % 60)
    return _("{h}:{m:02d} h").format(h=whole // 3600, m=whole // 60 % 60)


def trigger(found: dict[str, Any]) -> None:
    """What the rule saw."""
    st.info(
        _(
            "The discriminator could not tell any more: from step {first} to {last} it was right about {low} to "
            "{high} % of the pictures."
        ).format(
            first=number(found["first"]),
            last=number(found["last"]),
            low=number(100 * found["low"]),
            high=number(100 * found["high"]),
        ),
        icon=":material/balance:",
    )


# --------------------------------------------------------------------------------------- curves
def curves(progress: Progress) -> None:
    """Every loss by its name; of a GAN also how often the discriminator is right."""
    from genlab.figures_lab import plot_curves

    curve = lately(progress)
    if not curve.ends or not curve.values:
        return
    each = progress.steps / max(1, progress.epochs)
    epochs = [end / each for end in curve.ends]
    shown = {_(LOSSES.get(name, name)): values for name, values in curve.values.items() if name not in ACCURACIES}
    how: dict[str, Any] = {"x_title": _("Epoch"), "separators": separators()}
    quiet = {"displayModeBar": False}
    if shown:
        figure = plot_curves(epochs, shown, progress.epochs, **how)
        st.plotly_chart(figure, key="lab_losses", config=quiet)
    right = {_(ACCURACIES[name]): values for name, values in curve.values.items() if name in ACCURACIES}
    if right:
        st.markdown(_("**The discriminator is right about** (grey: within 50 ± 5 %)"))
        figure = plot_curves(epochs, right, progress.epochs, percent=True, band=(0.45, 0.55), height=230, **how)
        st.plotly_chart(figure, key="lab_accuracy", config=quiet)


def lately(progress: Progress) -> Curve:
    """The curve to draw: the last one, or while it grows the same as a moment ago, so that a browser has time."""
    if progress.state != "training":
        return progress.curve
    now, token = time.monotonic(), lab_runs.token()
    kept = st.session_state.get("lab_curve")
    if kept is None or kept[1] != token or now - kept[0] >= CURVES_EVERY or not kept[2].ends:
        kept = st.session_state["lab_curve"] = (now, token, progress.curve)
    found: Curve = kept[2]
    return found


# --------------------------------------------------------------------------------------- health
def alarms(found: list[Any]) -> None:
    """What is wrong, and why: in one box for each."""
    reasons = [explain(GenlabError(sentence, **fields)) for kind, sentence, fields in found if kind in COLLAPSE]
    others = [explain(GenlabError(sentence, **fields)) for kind, sentence, fields in found if kind not in COLLAPSE]
    if reasons:
        line = f"**{_('Alarm: mode collapse.')}** " + " ".join(reasons)
        st.warning(line, icon=":material/notifications_active:")
    for reason in others:
        st.warning(f"**{_('Alarm.')}** {reason}", icon=":material/notifications_active:")


def health(progress: Progress, order: Order) -> None:
    """What the judge reads in random pictures, how much they differ, and alarms with their reasons."""
    from genlab.figures_lab import plot_shares
    from genlab.health import drawn

    found = progress.health
    if not found:
        return
    alarms(found["alarms"])
    names = data.describe(order.train.dataset).class_names
    shares = found["shares"]
    figure = plot_shares(
        names,
        shares,
        x_title=_("What the judge reads"),
        y_title=_("Random pictures"),
        fair=1 / len(names),
        separators=separators(),
    )
    left_, right_ = st.columns([3, 1], vertical_alignment="center")
    with left_:
        st.plotly_chart(figure, key="lab_shares", config={"displayModeBar": False})
    with right_:
        st.metric(_("Classes drawn"), f"{number(drawn(shares))} / {number(len(shares))}")
        differ = number(100 * found["diversity"])
        help_ = _("How much random pictures differ from each other, of what real ones do, as the judge sees them")
        st.metric(_("Diversity"), f"{differ} %", help=help_)
    st.caption(_("Read by {judge} in {n} random pictures.").format(judge="classifier-mnist", n=number(found["count"])))
