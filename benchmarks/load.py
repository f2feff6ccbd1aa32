"""A class of visitors, each moving the slider of the first lesson once a second.

    python -m benchmarks.load                             # 1, 10, 20 and 40 visitors, with and without gc.freeze
    python -m benchmarks.load --visitors 40 --seconds 20

The visitors are no browsers but raw WebSocket clients that speak Streamlit's protocol (BackMsg up, ForwardMsg down),
so the figures are the server's, with what these clients use of the same machine. One visitor at a time is let in
until its page is drawn; then each moves the slider "k" once a second, at its own moment of the second, and not
before the answer to its last move has come. From the message that a move sends it is timed until

    picture   the first delta with reconstructions has been received
    finished  the script has finished, with everything else on the page

The bar: 40 visitors, p95 of "finished" at most 100 ms, no errors. An error is an exception or an error box on the
page, a script that did not finish, or an answer that took longer than 30 s. For comparison the same app runs with
``gc.freeze`` taken away: Streamlit collects garbage after every run, and then goes through all of torch each time.
Exit status 0 if the bar is met (where 40 visitors were asked for), 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.server import ROOT, Server, running
from genlab.catalog import SIZES

PAGE, SLIDER_KEY, PICTURES = "reconstruct", "k", "gl-strip"
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
PATIENCE = 30.0  # seconds until an answer counts as an error
BAR_VISITORS, BAR_MS = 40, 100.0


@dataclass
class Tally:
    """What all visitors of a round met; times in milliseconds."""

    picture: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Visitor:
    """One tab of a browser, as far as the server can tell."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.page_hash = ""
        self.slider = self.fragment = ""  # ids; the fragment that the slider is part of, if it is
        self.cached: dict[str, bool] = {}  # hash of a message we keep, as a browser does -> whether it has pictures

    async def ask(self, size: int | None = None) -> None:
        """Ask for a run, with the slider on ``SIZES[size]``, or as the page opens."""
        message = BackMsg()
        wish = message.rerun_script
        wish.context_info.locale, wish.context_info.timezone = "en-US", "UTC"
        if size is None:
            wish.page_name = PAGE
        else:
            wish.page_script_hash = self.page_hash
            wish.fragment_id = self.fragment
            wish.query_string = f"{SLIDER_KEY}={SIZES[size]}"
            wish.cached_message_hashes.extend(self.cached)
            widget = wish.widget_states.widgets.add(id=self.slider)
            widget.string_array_value.data.append(str(SIZES[size]))
        await self.socket.send(message.SerializeToString())

    async def answer(self, tally: Tally) -> tuple[float | None, float]:
        """Read until the script has finished; when the first pictures came, and the end, by ``time.perf_counter``."""
        pictures: float | None = None
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())  # Streamlit sends bytes only
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                if self._read(message, tally) and pictures is None:
                    pictures = time.perf_counter()
            elif kind == "ref_hash":
                if self.cached.get(message.ref_hash) and pictures is None:
                    pictures = time.perf_counter()
            elif kind == "script_finished":
                if message.script_finished in FINISHED:
                    return pictures, time.perf_counter()
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    tally.errors.append("the script does not compile")

    def _read(self, message: ForwardMsg, tally: Tally) -> bool:
        """Note what an element says; whether it holds pictures."""
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "slider" and element.slider.id.endswith(f"-{SLIDER_KEY}"):
            self.slider, self.fragment = element.slider.id, message.delta.fragment_id
        elif kind == "exception":
            tally.errors.append(f"exception: {element.exception.message[:200]}")
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            tally.errors.append(f"error box: {element.alert.body[:200]}")
        pictures = kind == "html" and PICTURES in element.html.body
        if message.metadata.cacheable:
            self.cached[message.hash] = pictures
        return pictures


async def enter(server: Server, tally: Tally) -> Visitor:
    """Open the lesson and wait until it is drawn."""
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    visitor = Visitor(await connect(address, subprotocols=["streamlit"], max_size=None, compression=None))
    await visitor.ask()
    await asyncio.wait_for(visitor.answer(tally), 3 * PATIENCE)
    if not visitor.slider:
        raise RuntimeError(f"The lesson has no slider: {tally.errors}")
    return visitor


async def play(visitor: Visitor, start: float, seconds: float, tally: Tally, place: int) -> None:
    """Move the slider once a second, a stop further each time."""
    move = 0
    while start + move < start + seconds:
        await asyncio.sleep(max(0.0, start + move - time.perf_counter()))
        sent = time.perf_counter()
        try:
            await visitor.ask((place + move) % len(SIZES))
            pictures, end = await asyncio.wait_for(visitor.answer(tally), PATIENCE)
        except (TimeoutError, ConnectionClosed) as error:
            tally.errors.append(f"no answer: {type(error).__name__}")
            return
        if pictures is None:
            tally.errors.append("an answer without pictures")
        else:
            tally.picture.append(1000 * (pictures - sent))
        tally.finished.append(1000 * (end - sent))
        move = max(move + 1, int(end - start))  # who was kept waiting does not catch up


async def round_of(server: Server, count: int, seconds: float) -> dict[str, Any]:
    """``count`` visitors for ``seconds``; one row of the table."""
    tally = Tally()
    visitors = [await enter(server, tally) for _ in range(count)]
    await asyncio.sleep(1.0)
    cpu, began = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(
        *(play(v, began + i / count, seconds, tally, i) for i, v in enumerate(visitors)),
    )
    took = max(seconds, time.perf_counter() - began)
    cpu = server.cpu_seconds() - cpu
    for visitor in visitors:
        await visitor.socket.close()
    return {
        "visitors": count,
        "moves_per_second": round(len(tally.finished) / took, 1),
        "picture_ms": spread(tally.picture),
        "finished_ms": spread(tally.finished),
        "errors": len(tally.errors),
        "first_errors": sorted(set(tally.errors))[:3],
        "server_cores": round(cpu / took, 2),
        "server_cpu_ms_per_move": round(1000 * cpu / max(1, len(tally.finished)), 1),
        "server_mb": round(server.memory_mb()),
    }


def spread(values: list[float]) -> dict[str, float] | None:
    """Median, 95th percentile and most."""
    if not values:
        return None
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return {"median": round(statistics.median(values), 1), "p95": round(p95, 1), "most": round(max(values), 1)}


async def rounds(server: Server, counts: list[int], seconds: float) -> list[dict[str, Any]]:
    """First one visitor, until all is warm; then each round."""
    visitor = await enter(server, Tally())
    for _ in range(2):  # a move may begin a warm-up, and the move after it freezes what that has imported
        await play(visitor, time.perf_counter(), 3.0, Tally(), 0)
        await asyncio.to_thread(server.wait_until_idle)
    await visitor.socket.close()
    rows = []
    for count in counts:
        rows.append(await round_of(server, count, seconds))
        print(f"{count} visitors: {rows[-1]['finished_ms']}, {rows[-1]['errors']} errors", file=sys.stderr, flush=True)
    return rows


def show(result: dict[str, Any]) -> None:
    """As a table."""
    print(f"load average {result['load_average'][0]}, {result['seconds']:g} s a round\n")
    print("| garbage | visitors | moves/s | picture ms | finished ms | errors | cores | CPU ms/move |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, rows in result["modes"].items():
        for row in rows:
            print(
                f"| {name} | {row['visitors']} | {row['moves_per_second']} | {in_words(row['picture_ms'])} "
                f"| {in_words(row['finished_ms'])} | {row['errors']} | {row['server_cores']} "
                f"| {row['server_cpu_ms_per_move']} |"
            )
            for error in row["first_errors"]:
                print(f"    {error}", file=sys.stderr)
    print("\nmilliseconds: median / p95 / most")


def in_words(times: dict[str, float] | None) -> str:
    """median / p95 / most."""
    return " / ".join(f"{value:g}" for value in times.values()) if times else "–"


def main() -> int:
    """Measure and print; 0 if the bar is met, 1 if not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 20, 40])
    parser.add_argument("--seconds", type=float, default=15.0, help="a round")
    parser.add_argument("--only-frozen", action="store_true", help="leave out the comparison without gc.freeze")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    modes: dict[str, list[dict[str, Any]]] = {}
    for name in ["frozen"] if options.only_frozen else ["frozen", "not frozen"]:
        with running(ROOT / "app.py", freeze=name == "frozen") as server:
            modes[name] = asyncio.run(rounds(server, options.visitors, options.seconds))
    result = {
        "seconds": options.seconds,
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "modes": modes,
    }
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
    judged = [row for row in modes["frozen"] if row["visitors"] >= BAR_VISITORS]
    met = all(row["errors"] == 0 and row["finished_ms"] and row["finished_ms"]["p95"] <= BAR_MS for row in judged)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
