"""The picture in the README: the Reconstruct page as it is, taken from a server that runs.

streamlit run app.py --server.port 8599 --server.headless true &
python -m tools.screenshot http://localhost:8599
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parents[1] / "docs" / "reconstruct.png"


def main(address: str) -> None:
    """Open the page, wait for its pictures, save what a laptop's screen shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{address}/reconstruct?digit=2&number=3&view=sizes")
        page.wait_for_selector(".gl-strip img >> nth=20", timeout=60_000)
        page.wait_for_timeout(1500)
        page.screenshot(path=TARGET)
        browser.close()
    Image.open(TARGET).convert("RGB").quantize(128).save(TARGET, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
