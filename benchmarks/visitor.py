"""A visitor of the running app who is no browser: a WebSocket client that speaks Streamlit's protocol.

BackMsg goes up, ForwardMsg comes down. The visitor opens the first lesson and moves its slider "k"; it keeps what a
browser keeps (the page's hash, the ids of slider and fragment, which large messages it has), and times each answer.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.server import Server
from genlab.catalog import SIZES

PAGE, SLIDER_KEY, PICTURES = "reconstruct", "k", "gl-strip"
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
PATIENCE = 30.0  # seconds until an answer counts as an error


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
        self.here = True
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

    async def leave(self) -> None:
        """Close the tab."""
        self.here = False
        await self.socket.close()


async def enter(server: Server) -> Visitor:
    """Open the lesson and wait until it is drawn."""
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    tally = Tally()
    visitor = Visitor(await connect(address, subprotocols=["streamlit"], max_size=None, compression=None))
    await visitor.ask()
    await asyncio.wait_for(visitor.answer(tally), 3 * PATIENCE)
    if tally.errors or not visitor.slider:
        raise RuntimeError(f"The lesson does not open: {tally.errors or 'it has no slider'}")
    return visitor


async def play(visitor: Visitor, start: float, seconds: float, tally: Tally, place: int = 0) -> None:
    """Move the slider once a second, a stop further each time, and not before the last move was answered."""
    move = 0
    while move < seconds:
        await asyncio.sleep(max(0.0, start + move - time.perf_counter()))
        sent = time.perf_counter()
        try:
            await visitor.ask((place + move) % len(SIZES))
            pictures, end = await asyncio.wait_for(visitor.answer(tally), PATIENCE)
        except (TimeoutError, ConnectionClosed) as error:
            tally.errors.append(f"no answer: {type(error).__name__}")
            await visitor.leave()
            return
        if pictures is None:
            tally.errors.append("an answer without pictures")
        else:
            tally.picture.append(1000 * (pictures - sent))
        tally.finished.append(1000 * (end - sent))
        move = max(move + 1, int(end - start))  # who was kept waiting does not catch up
