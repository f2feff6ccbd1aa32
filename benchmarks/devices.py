"""The same short training on each device of this machine: what the training lab shows where there is no GPU.

    python -m benchmarks.devices            print
    python -m benchmarks.devices --write    and keep it in benchmarks/devices.json

Only what was measured here is written; figures of other machines, such as one with a GPU, stay in the file beside it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
from pathlib import Path
from typing import Any

from genlab.workshop.timing import TURNS, measure

FILE = Path(__file__).with_name("devices.json")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    *_, found = measure(options.turns)
    kept: dict[str, Any] = {key: found[key] for key in ("machine", "torch", "rows")}
    load = os.getloadavg() if hasattr(os, "getloadavg") else ()
    kept |= {"date": datetime.date.today().isoformat(), "load": [round(value, 1) for value in load]}
    for row in kept["rows"]:
        print(
            f"{row['network']:24} {row['name']:20} {row['threads']} threads {row['precision']:9} {row['speed']:8,} /s"
        )
    print(f"{kept['machine']}, torch {kept['torch']}, load {kept['load']}")
    if options.write:
        others = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else []
        others = [one for one in others if one["machine"] != kept["machine"]]
        FILE.write_text(json.dumps([*others, kept], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
