"""What a network in training draws: the watched pictures, what becomes of them, and random ones."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from genlab import data
from genlab.errors import GenlabError
from genlab.workshop import shots
from genlab.workshop.orders import Order
from genlab.workshop.progress import Progress
from ui.i18n import _, number
from ui.pictures import to_png

GAP, SHOWN_ROWS = 2, 10
STYLE = """<style>
.gl-shots { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.15rem; max-width: 46rem; }
.gl-shots p { margin: 0.45rem 0 0; font-size: 0.95rem; line-height: 1.3; font-weight: 600; }
.gl-shots img { width: 100%; display: block; image-rendering: pixelated; }
</style>"""


def pictures(folder: Path, progress: Progress, *, choose: bool, order: Order | None) -> None:
    """The watched pictures, what becomes of them, and random ones; of the last epoch, or of any once it rests."""
    found = kept_shots(folder, progress.shots)
    if found is None:
        return
    epochs = [int(epoch) for epoch in found.epochs]
    epoch = epochs[-1]
    if choose and len(epochs) > 1:
        key = f"lab_shot {folder.name} {progress.shots}"
        epoch = st.select_slider(_("Drawn after epoch"), epochs, value=epoch, format_func=number, key=key) or epoch
    n = found.at(int(epoch))
    whole = epoch <= progress.whole or n < len(found.epochs) - 1
    rows = []
    if found.rebuilt.size or found.read.size:
        rows.append((_("Test pictures"), found.watched))
    if found.rebuilt.size:
        words = _("Rebuilt after epoch {n}") if whole else _("Rebuilt in epoch {n}")
        rows.append((words.format(n=number(epoch)), found.rebuilt[n]))
    if found.random.size:
        words = _("Random pictures after epoch {n}") if whole else _("Random pictures in epoch {n}")
        rows.append((words.format(n=number(epoch)), found.random[n]))
    body = ""
    for title, images in rows:
        source = base64.b64encode(sheet(images)).decode()
        body += f'<p>{escape(title)}</p><img alt="{escape(title, quote=True)}" src="data:image/png;base64,{source}">'
    if found.read.size and order is not None:
        names = data.describe(order.train.dataset).class_names
        read = " ".join(names[int(c)] if int(c) < len(names) else "?" for c in found.read[n])
        body += f"<p>{escape(_('Read as: {classes}').format(classes=read))}</p>"
    st.html(f'{STYLE}<div class="gl-shots">{body}</div>')


def kept_shots(folder: Path, count: int) -> shots.Shots | None:
    """The shots so far; read once for each report that has more of them."""
    kept = st.session_state.get("lab_shots")
    if kept is None or kept[0] != (folder.name, count):
        try:
            kept = st.session_state["lab_shots"] = ((folder.name, count), shots.read(folder))
        except GenlabError:
            return None
    found: shots.Shots = kept[1]
    return found


def sheet(images: np.ndarray) -> bytes:
    """``uint8`` (n, C, H, W) in rows of ten, with clear gaps -> PNG."""
    n, channels, tall, wide = images.shape
    rows = -(-n // SHOWN_ROWS)
    whole = np.zeros((rows * SHOWN_ROWS, tall + GAP, wide + GAP, 4), np.uint8)
    pixels = images.transpose(0, 2, 3, 1)
    whole[:n, :tall, :wide, :3] = pixels if channels == 3 else np.repeat(pixels, 3, axis=3)
    whole[:n, :tall, :wide, 3] = 255
    joined = whole.reshape(rows, SHOWN_ROWS, tall + GAP, wide + GAP, 4).transpose(0, 2, 1, 3, 4)
    return to_png(joined.reshape(rows * (tall + GAP), -1, 4)[:-GAP, :-GAP])
