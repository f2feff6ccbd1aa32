"""Warm up in the background, and keep the garbage collector off what never dies.

A full collection of garbage locks the interpreter for all visitors, for 160–280 ms once torch is in memory.
``gc.freeze`` moves what is alive out of the collector's sight. What is imported or cached later is seen again, so
``settle`` freezes anew whenever there is more of it. (Streamlit's own collection after every run is off, see
``.streamlit/config.toml``: sessions are not frozen, and there are many.)
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Callable
from typing import Any

_lock = threading.Lock()
_started = threading.Event()
ready = threading.Event()
_frozen_modules = 0
_pending = 0


DELAY = 1.5  # seconds, so that imports do not hold the interpreter while the first page's pictures are fetched


def start() -> None:
    """Begin warming up soon, once in the life of the server; returns at once."""
    with _lock:
        if _started.is_set():
            return
        _started.set()
    timer = threading.Timer(DELAY, _warm)
    timer.daemon = True
    timer.start()


def _warm() -> None:
    """Import what the lessons need and load what they open with, so that the first click is quick."""
    import logging

    try:
        import plotly.graph_objects as go
        import torch

        from genlab import data
        from genlab.catalog import SIZES
        from genlab.errors import PublishError
        from genlab.metrics import ssim
        from ui import cache
        from ui.components import networks, publish

        go.Figure(go.Scatter(x=[1]))
        ssim(torch.zeros(1, 1, 28, 28), torch.zeros(1, 1, 28, 28))  # scikit-image imports on first use
        for name in cache.first_models():
            cache.checkpoint(name)
        cache.test_set(data.default_name())
        with contextlib.suppress(PublishError):  # a page that needs it says so
            publish.publish_modules()
            for k in SIZES:
                networks.published_network(f"ae-mnist-z{k}", "decode")
    except Exception:  # a warm-up that fails must not take the server down; the page will say what is wrong
        logging.getLogger("genlab").exception("The warm-up failed; the pages load what they need themselves.")
    finally:
        ready.set()
        settle()
    timer = threading.Timer(LATER, _warm_more)
    timer.daemon = True
    timer.start()


LATER = 8.0  # seconds more, so that the first lesson's visitors have the machine for themselves


def _warm_more() -> None:
    """What the lessons on variational autoencoders compute once for all; one that lacks something says so itself."""
    from genlab import data
    from genlab.errors import GenlabError
    from ui import arithmetic, interpolation, interpolation_reading, judge, vae_manifold
    from ui.components import networks

    name = data.default_name()
    jobs: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (networks.published_network, ("vae-mnist-z16", half)) for half in ("encode", "spread", "logits", "decode")
    ]
    jobs += [(interpolation_reading.reference, (name,)), (vae_manifold.read, (vae_manifold.SMALL, judge.is_here()))]
    jobs += [(interpolation_reading.space, (network, name)) for network in interpolation.TITLES]
    jobs += [(arithmetic.learned, (network, name)) for network, _title in arithmetic.NETWORKS.values()]
    for job, given in jobs:
        with contextlib.suppress(GenlabError):
            job(*given)
    settle()


def grown() -> None:
    """Tell that something large and lasting was put in memory; the next ``settle`` freezes it."""
    global _pending
    with _lock:
        _pending += 1


def settle() -> None:
    """Freeze what is alive if modules were imported or caches filled since the last time; cheap otherwise."""
    global _frozen_modules, _pending
    if len(sys.modules) == _frozen_modules and not _pending:
        return
    with _lock:
        _frozen_modules, _pending = len(sys.modules), 0
        gc.collect()
        gc.freeze()
