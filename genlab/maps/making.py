"""A map in the making, a step at a time, so that it can show how far it is and be stopped.

The libraries call back and do not return until they are done. So they work in a thread of their own, which tells its
steps through a queue, and ends at its next report when nobody wants the map any more.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genlab.maps.methods import MapSettings, check_vectors, fit, points_of
from genlab.maps.quality import measure

Stage = Literal["neighbours", "layout", "measures", "done"]
PULSE = 0.25  # seconds between two steps, at most


@dataclass(frozen=True, kw_only=True)
class Made:
    """A map.

    Attributes:
        points: (n, 2).
        settings: of which it was made.
        measures: see ``genlab.maps.measure``.
        seconds: it took, the measures included.
    """

    points: NDArray[np.float32]
    settings: MapSettings
    measures: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far it is.

    Attributes:
        stage: what is being done.
        share: of the stage, 0…1.
        made: the map, in the last step.
    """

    stage: Stage
    share: float = 0.0
    made: Made | None = None


class _StopError(Exception):
    """Nobody waits any more."""


def making(x: NDArray[np.floating[Any]], labels: NDArray[Any], settings: MapSettings) -> Iterator[Step]:
    """Make a map of vectors (n, d) with labels (n,); closing the generator stops it.

    Raises:
        ConfigError: the vectors or settings are out of bounds.
    """
    vectors = check_vectors(x)
    steps: queue.SimpleQueue[Step | Exception] = queue.SimpleQueue()
    stop = threading.Event()

    def tell(stage: Stage, share: float = 0.0) -> None:
        if stop.is_set():
            raise _StopError
        steps.put(Step(stage=stage, share=share))

    def work() -> None:
        began = time.monotonic()
        try:
            tell("neighbours")
            points = points_of(fit(vectors, settings, lambda share: tell("layout", share)))
            tell("measures")
            made = Made(
                points=points,
                settings=settings,
                measures=measure(vectors, points, labels),
                seconds=time.monotonic() - began,
            )
            steps.put(Step(stage="done", share=1.0, made=made))
        except _StopError:
            pass
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            steps.put(error)

    thread = threading.Thread(target=work, name="genlab-map", daemon=True)
    thread.start()
    last = Step(stage="neighbours")
    try:
        while last.made is None:
            try:
                found = steps.get(timeout=PULSE)
            except queue.Empty:
                found = last  # the same again, so that who waits can look whether it is still wanted
            if isinstance(found, Exception):
                raise found
            last = found
            yield last
    finally:
        stop.set()
        thread.join()
