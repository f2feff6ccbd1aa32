"""A map of the visitor's own: settings, the work in the background, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from genlab.errors import GenlabError
from ui import live
from ui.address import choose
from ui.i18n import N_, _, explain, number
from ui.maps import keep_own
from ui.maps_space import Space

if TYPE_CHECKING:
    from genlab.maps import MapSettings, Step

JOB = "maps_job"  # in the session
SECONDS = 120.0
room = live.Places(1)
"""One at a time: UMAP's threads do not bear a second one beside them."""
FAILED = N_("Something went wrong on this machine, and the map was not made. Try again.")
STAGES = {
    "neighbours": N_("Looking for neighbours …"),
    "layout": N_("Moving the dots: {share} %"),
    "measures": N_("Measuring the map …"),
    "done": N_("Measuring the map …"),
}


@dataclass(kw_only=True)
class Job:
    """A map that is being made.

    Attributes:
        where: source and data set of the vectors.
        settings: of the map.
        worker: who makes it.
        kept: whether its map was taken over.
    """

    where: tuple[str, str]
    settings: MapSettings
    worker: live.Worker[Step]
    kept: bool = False


def collect() -> None:
    """Take over a map that is done, and show it; called before anything is drawn."""
    job: Job | None = st.session_state.get(JOB)
    if job is None or job.kept or job.worker.state != "done":
        return
    job.kept = True
    if job.worker.latest is not None and job.worker.latest.made is not None:
        keep_own(job.where, job.worker.latest.made)
        st.session_state["seed"] = "own"


def panel(here: Space) -> None:
    """Settings, start and cancel, and how far it is."""
    job: Job | None = st.session_state.get(JOB)
    active = job is not None and job.worker.active
    if here.vectors is None:
        st.info(_("A new map needs the vectors, and the pictures of this data set are not on this machine."))
        if job is not None and active:  # of other vectors; it holds the only place
            st.button(_("Cancel"), icon=":material/stop:", key="maps_stop", on_click=job.worker.stop)
            live.follow(lambda _worker: _progress(job, here), job.worker)
        return
    settings = _settings(len(here.labels))
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None and active:
            st.button(_("Cancel"), icon=":material/stop:", key="maps_stop", on_click=job.worker.stop)
        else:
            st.button(
                _("Make the map"),
                icon=":material/play_arrow:",
                key="maps_start",
                type="primary",
                on_click=start,
                args=(here, settings),
            )
        st.markdown(_("{n} vectors of {d} numbers").format(n=number(len(here.labels)), d=number(here.vectors.shape[1])))
    live.follow(lambda _worker: _progress(job, here), job.worker if job else None)


def _settings(count: int) -> MapSettings:
    from genlab.maps import MapSettings

    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        method = choose(_("Method"), {"tsne": "t-SNE", "umap": "UMAP"}, key="method", default="tsne")
    with middle:
        starts = {"random": _("Random places"), "informed": _("PCA") if method == "tsne" else _("Spectral")}
        begins = choose(_("Start from"), starts, key="start", default="random")
    with right:
        seed = st.number_input(_("Seed"), 0, 9999, 3, key="maps_seed", bind="query-params")
    if method == "tsne":
        most = min(100, (count - 1) // 3)
        perplexity = st.slider(_("Perplexity"), 2, most, min(30, most), key="perplexity", bind="query-params")
        return MapSettings(method=method, perplexity=perplexity, random_start=begins == "random", seed=int(seed or 0))
    left, right = st.columns(2)
    k = left.slider(_("Neighbours"), 2, 100, 15, key="neighbours", bind="query-params")
    least = right.slider(_("Least distance"), 0.0, 0.99, 0.1, 0.01, key="min_dist", bind="query-params")
    return MapSettings(
        method=method, neighbours=k, min_dist=least, random_start=begins == "random", seed=int(seed or 0)
    )


def start(here: Space, settings: MapSettings) -> None:
    """Begin a map; one that is in the making is stopped."""
    last: Job | None = st.session_state.get(JOB)
    if last is not None:
        last.worker.stop()
    worker = live.Worker(steps(here, settings), seconds=SECONDS, alive=live.presence(), room=room).start()
    st.session_state[JOB] = Job(where=(here.source, here.of), settings=settings, worker=worker)


def steps(here: Space, settings: MapSettings) -> Callable[[], Iterator[Step]]:
    """Makes the steps of a map."""

    def make() -> Iterator[Step]:
        from genlab.maps import making

        if here.vectors is None:
            raise GenlabError(FAILED)
        yield from making(here.vectors, here.labels, settings)

    return make


def _progress(job: Job | None, here: Space) -> None:
    """A bar while it runs; how it ended, where the map is of these vectors."""
    if job is None:
        return
    worker, step = job.worker, job.worker.latest
    if worker.state == "failed":
        error = worker.error
        st.error(_(FAILED) if error is None or error.template == live.FAILED else explain(error))
    elif worker.state == "waiting" and worker.position:
        st.info(_("Another map is being made on this machine. Your place in the line: {n}.").format(n=worker.position))
    elif worker.stopping:
        st.progress(0.0, text=_("Stopping …"))
    elif worker.active:
        share = step.share if step and step.stage == "layout" else 0.0
        stage = step.stage if step else "neighbours"
        done = {"neighbours": 0.05, "layout": 0.1 + 0.8 * share, "measures": 0.95, "done": 1.0}[stage]
        text = _(STAGES[stage]).format(share=number(100 * share))
        st.progress(done, text=f"{text} ({number(worker.seconds)} s)")
    elif worker.state == "done" and job.where == (here.source, here.of):
        st.success(_("Done in {seconds} s. The map is above.").format(seconds=number(worker.seconds, 1)))
    elif worker.state != "done":
        said = {
            "stopped": _("Cancelled after {seconds} s."),
            "late": _("Ended after {seconds} s: this machine is too busy. Try again later."),
            "gone": _("Ended after {seconds} s, when the connection was lost."),
        }[worker.state]
        st.info(said.format(seconds=number(worker.seconds)))
