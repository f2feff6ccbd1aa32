"""The table of results in the README, from the ``metrics.json`` of what ships.

python -m tools.results           # print it
python -m tools.results --write   # put it into README.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from genlab import checkpoints
from genlab.catalog import CATALOG

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: python -m tools.results --write -->", "<!-- end of results -->"


def make_table() -> str:
    """One row for each shipped model that reconstructs, in the catalog's order."""
    lines = [
        "| model | code | SSE | MSE, pixels in −1…1 | PSNR, dB | SSIM | PCA of the same length, SSE | CPU-seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, entry in CATALOG.items():
        metrics = checkpoints.read_json(checkpoints.root() / name / checkpoints.METRICS)
        test, baseline, training = metrics["test"], metrics["baseline"], metrics["training"]
        lines.append(
            f"| [`{name}`](checkpoints/{name}/README.md) | {entry.model.latent_dim} | {test['sse']:.2f} "
            f"| {test['mse_signed']:.4f} | {test['psnr']:.2f} | {test['ssim']:.3f} | {baseline['sse']:.2f} "
            f"| {training['cpu_seconds']:.0f} |"
        )
    nested = checkpoints.read_json(checkpoints.root() / "ae-nested-mnist-z64" / checkpoints.METRICS)["by_length"]
    pca = checkpoints.read_json(checkpoints.root() / "pca-mnist-z128" / checkpoints.METRICS)["by_length"]
    lengths = [k for k in nested if k != "30"]
    lines += [
        "",
        "One network for every length, against PCA's clipped output, SSE:",
        "",
        "| numbers kept | " + " | ".join(lengths) + " |",
        "| --- |" + " --- |" * len(lengths),
        "| `ae-nested-mnist-z64` | " + " | ".join(f"{nested[k]:.2f}" for k in lengths) + " |",
        "| `pca-mnist-z128`, clipped to 0…1 | " + " | ".join(f"{pca[k]:.2f}" for k in lengths) + " |",
    ]
    return "\n".join(lines)


def in_readme(text: str, table: str) -> str:
    """The README's text with the table between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(in_readme(README.read_text(encoding="utf-8"), make_table()), encoding="utf-8")
    else:
        print(make_table())
