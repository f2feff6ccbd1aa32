"""A class of visitors, each moving the slider of the first lesson once a second.

    python -m benchmarks.load                    # the table for 1, 10, 20 and 40, then how many are too many: 7 minutes
    python -m benchmarks.load --minutes 10       # 40 visitors for so long: does the server's memory stay flat?
    python -m benchmarks.load --visitors 40 --seconds 20 --no-limit

The visitors are no browsers but raw WebSocket clients (``benchmarks/visitor.py``), so the figures are the server's,
with what these clients use of the same machine. One visitor at a time is let in until its page is drawn; then each
moves the slider "k" once a second, at a moment of the second that is drawn by lot (``--even``: evenly spread, which
is easier), and not before the answer to its last move has come. From the message that a move sends it is timed until

    picture   the first delta with reconstructions has been received
    finished  the script has finished, with everything else on the page

The bar: 40 visitors, p95 of "picture" at most 100 ms, no errors. An error is an exception or an error box on the
page, a script that did not finish, or an answer that took longer than 30 s. Too many are as many as push p95 of
"picture" beyond one second, or meet an error: more and more are let in, then the number is narrowed down. With
``--minutes`` the bar is that from the first minute on memory grows by no more than a tenth.

``--not-frozen`` adds the same table with ``gc.freeze`` taken away and Streamlit collecting garbage after every run,
through all of torch each time. Exit status 0 if every bar that was asked for is met, 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from typing import Any

from benchmarks.server import ROOT, Server, running
from benchmarks.visitor import Tally, Visitor, enter, play

BAR_VISITORS, BAR_MS = 40, 100.0
LIMIT_MS = 1000.0
LIMIT_SECONDS, LIMIT_STEP = 15.0, 5  # of a round while narrowing down; visitors within which the number is found
SAMPLE_SECONDS, GROWTH = 10.0, 1.1


class Crowd:
    """The visitors that are in; who is in stays in from round to round, as sessions live on for a while anyway."""

    def __init__(self, server: Server, *, even: bool) -> None:
        self.server, self.even = server, even
        self.visitors: list[Visitor] = []

    async def __aenter__(self) -> Crowd:
        """First one visitor, until all is warm: a move may import what the move after it freezes."""
        await self.become(1)
        for _ in range(2):
            await play(self.visitors[0], time.perf_counter(), 3.0, Tally())
            await asyncio.to_thread(self.server.wait_until_idle)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.become(0)

    async def become(self, count: int) -> None:
        """Let visitors in, or out, until they are ``count``; who got no answer has left."""
        self.visitors = [visitor for visitor in self.visitors if visitor.here]
        while len(self.visitors) < count:
            self.visitors.append(await enter(self.server))
        while len(self.visitors) > count:
            await self.visitors.pop().leave()

    async def move(self, count: int, seconds: float) -> dict[str, Any]:
        """``count`` visitors move for ``seconds``; one row of the table."""
        await self.become(count)
        await asyncio.sleep(1.0)
        lot = random.Random(count)
        phases = [place / count if self.even else lot.random() for place in range(count)]
        tally = Tally()
        cpu, own, began = self.server.cpu_seconds(), time.process_time(), time.perf_counter()
        await asyncio.gather(
            *(play(self.visitors[i], began + phases[i], seconds, tally, place=i) for i in range(count)),
        )
        took = max(seconds, time.perf_counter() - began)
        cpu, own = self.server.cpu_seconds() - cpu, time.process_time() - own
        row = {
            "visitors": count,
            "moves_per_second": round(len(tally.finished) / took, 1),
            "picture_ms": spread(tally.picture),
            "finished_ms": spread(tally.finished),
            "errors": len(tally.errors),
            "first_errors": sorted(set(tally.errors))[:3],
            "server_cores": round(cpu / took, 2),
            "server_cpu_ms_per_move": round(1000 * cpu / max(1, len(tally.finished)), 1),
            "server_mb": round(self.server.memory_mb()),
            "clients_cores": round(own / took, 2),
        }
        print(f"{count} visitors: picture {in_words(row['picture_ms'])} ms, {row['errors']} errors", file=sys.stderr)
        return row


def spread(values: list[float]) -> dict[str, float] | None:
    """Median, 95th percentile and most."""
    if not values:
        return None
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return {"median": round(statistics.median(values), 1), "p95": round(p95, 1), "most": round(max(values), 1)}


def within(row: dict[str, Any], most: float) -> bool:
    """Whether a round had no errors and p95 of its pictures came in ``most`` milliseconds."""
    return not row["errors"] and row["picture_ms"] is not None and row["picture_ms"]["p95"] <= most


async def table(server: Server, counts: list[int], seconds: float, *, even: bool) -> list[dict[str, Any]]:
    """A round for each number of visitors."""
    async with Crowd(server, even=even) as crowd:
        return [await crowd.move(count, seconds) for count in counts]


async def limit(server: Server, fine: int, ceiling: int, *, even: bool) -> dict[str, Any]:
    """How many visitors are too many, where ``fine`` are not; None if ``ceiling`` are not either."""
    rows = []
    async with Crowd(server, even=even) as crowd:

        async def bear(count: int) -> bool:
            rows.append(await crowd.move(count, LIMIT_SECONDS))
            return within(rows[-1], LIMIT_MS)

        count = fine
        while fine == count:
            if fine >= ceiling:
                return {"visitors": None, "ceiling": ceiling, "rounds": rows}
            count = min(ceiling, max(fine + 20, int(1.4 * fine) // 20 * 20))  # 40, 60, 80, 100, 140, 180, 240 …
            if await bear(count):
                fine = count
        while count - fine > LIMIT_STEP:
            middle = (fine + count) // 2
            if await bear(middle):
                fine = middle
            else:
                count = middle
    return {"visitors": count, "ceiling": ceiling, "rounds": rows}


async def endure(server: Server, count: int, minutes: float, *, even: bool) -> dict[str, Any]:
    """``count`` visitors for so many minutes, and the server's memory all the while."""
    samples: list[tuple[float, float]] = []

    async def sample() -> None:
        began = time.perf_counter()
        while True:
            samples.append((time.perf_counter() - began, server.memory_mb()))
            print(f"{samples[-1][0]:.0f} s: {samples[-1][1]:.1f} MB", file=sys.stderr, flush=True)
            await asyncio.sleep(began + len(samples) * SAMPLE_SECONDS - time.perf_counter())

    async with Crowd(server, even=even) as crowd:
        await crowd.become(count)
        sampling = asyncio.create_task(sample())
        row = await crowd.move(count, 60 * minutes)
        sampling.cancel()
    after = [memory for second, memory in samples if second >= 60]
    return {
        "minutes": minutes,
        "row": row,
        "memory_mb": [round(memory, 1) for _, memory in samples],
        "first_minute_mb": round(after[0], 1),
        "largest_mb": round(max(after), 1),
        "last_mb": round(after[-1], 1),
        "flat": max(after) <= GROWTH * after[0],
    }


def show_table(tables: dict[str, list[dict[str, Any]]]) -> None:
    """A row for each round."""
    titles = "visitors | moves/s | picture ms | finished ms | errors | CPU ms/move | cores | clients’ cores | MB"
    print(f"| garbage | {titles} |\n| --- |{' ---: |' * 9}")
    for name, rows in tables.items():
        for row in rows:
            print(
                f"| {name} | {row['visitors']} | {row['moves_per_second']} | {in_words(row['picture_ms'])} "
                f"| {in_words(row['finished_ms'])} | {row['errors']} | {row['server_cpu_ms_per_move']} "
                f"| {row['server_cores']} | {row['clients_cores']} | {row['server_mb']} |"
            )
            for error in row["first_errors"]:
                print(f"    {error}", file=sys.stderr)
    print("\nmilliseconds: median / p95 / most")


def in_words(times: dict[str, float] | None) -> str:
    """median / p95 / most."""
    return " / ".join(f"{value:g}" for value in times.values()) if times else "–"


def show(result: dict[str, Any]) -> None:
    """Everything that was measured."""
    print(f"load average {result['load_average'][0]}, {result['seconds']:g} s a round\n")
    if result["tables"]:
        show_table(result["tables"])
    if too_many := result["limit"]:
        show_table({f"limit, {LIMIT_SECONDS:g} s": sorted(too_many["rounds"], key=lambda row: row["visitors"])})
        if too_many["visitors"] is None:
            print(f"p95 of the pictures stays below {LIMIT_MS:g} ms with {too_many['ceiling']} visitors")
        else:
            print(f"p95 of the pictures passes {LIMIT_MS:g} ms at {too_many['visitors']} visitors")
    if memory := result["endurance"]:
        show_table({f"{memory['minutes']:g} minutes": [memory["row"]]})
        print(
            f"memory: {memory['first_minute_mb']} MB after a minute, {memory['largest_mb']} at most, "
            f"{memory['last_mb']} in the end: {'flat' if memory['flat'] else 'GROWING'}"
        )


def main() -> int:
    """Measure and print; 0 if the bars are met, 1 if not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 20, BAR_VISITORS])
    parser.add_argument("--seconds", type=float, default=30.0, help="a round")
    parser.add_argument("--even", action="store_true", help="spread the visitors evenly over the second")
    parser.add_argument("--not-frozen", action="store_true", help="the table without gc.freeze, too")
    parser.add_argument("--no-limit", action="store_true", help="do not look for how many are too many")
    parser.add_argument("--ceiling", type=int, default=400, help="look no further than so many visitors")
    parser.add_argument("--minutes", type=float, help=f"nothing but {BAR_VISITORS} visitors for so long")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.minutes is not None and options.minutes < 2:
        parser.error("--minutes: memory is judged from the end of the first minute on, so it takes at least 2")

    app, even = ROOT / "app.py", options.even
    result: dict[str, Any] = {"seconds": options.seconds, "tables": {}, "limit": None, "endurance": None}
    if options.minutes is not None:
        with running(app) as server:
            result["endurance"] = asyncio.run(endure(server, BAR_VISITORS, options.minutes, even=even))
    else:
        for name in ["frozen", "not frozen"] if options.not_frozen else ["frozen"]:
            collecting = None if name == "frozen" else {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
            with running(app, freeze=name == "frozen", environment=collecting) as server:
                rows = asyncio.run(table(server, options.visitors, options.seconds, even=even))
                result["tables"][name] = rows
                if name == "frozen" and not options.no_limit:
                    fine = max((row["visitors"] for row in rows if within(row, LIMIT_MS)), default=0)
                    result["limit"] = asyncio.run(limit(server, fine, options.ceiling, even=even))
    result["load_average"] = [round(value, 1) for value in os.getloadavg()]
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
    judged = [row for row in result["tables"].get("frozen", []) if row["visitors"] >= BAR_VISITORS]
    judged += [result["endurance"]["row"]] if result["endurance"] else []
    flat = result["endurance"] is None or result["endurance"]["flat"]
    return 0 if flat and all(within(row, BAR_MS) for row in judged) else 1


if __name__ == "__main__":
    raise SystemExit(main())
