"""The pictures in the README: lessons as they are, taken from a server that runs.

streamlit run app.py --server.port 8599 --server.headless true &
python -m tools.screenshot http://localhost:8599
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    "reconstruct": ("/reconstruct?digit=2&number=3&view=sizes", ".gl-strip img >> nth=20"),
    "explore": ("/explore?digit=2&number=3&to=7", ".gl-walk"),
}


def main(address: str) -> None:
    """Open each page, wait for its pictures, save what a laptop's screen shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        for name, (path, last) in PAGES.items():
            target = DOCS / f"{name}.png"
            page.goto(address + path)
            page.wait_for_selector(last, timeout=60_000)
            page.wait_for_timeout(6000)  # the grids of the maps
            page.screenshot(path=target)
            Image.open(target).convert("RGB").quantize(128).save(target, optimize=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
