"""The table of results in the README, from the ``metrics.json`` of what ships.

python -m tools.results           # print it
python -m tools.results --write   # put it into README.md
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from genlab import checkpoints, files
from genlab.catalog import CATALOG
from genlab.catalog.adversarial import ADVERSARIAL
from genlab.catalog.generative import GENERATIVE
from genlab.goals import FOUND
from genlab.metrics import psnr

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: python -m tools.results --write -->", "<!-- end of results -->"


def make_table() -> str:
    """All results, a table for each kind of model."""
    parts = [
        rebuilders(),
        lengths(),
        variational(),
        adversarial(),
        denoisers(),
        bench(),
        few_labels(),
        letters(),
        street(),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def metrics_of(name: str) -> dict[str, Any]:
    """What was measured of a shipped model."""
    return files.read_json(checkpoints.root() / name / checkpoints.METRICS)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def link(name: str) -> str:
    """A model's name, which leads to its card."""
    return f"[`{name}`](checkpoints/{name}/README.md)"


def rebuilders() -> list[str]:
    """Models that rebuild MNIST's digits, in the catalog's order."""
    rows = []
    for name, entry in CATALOG.items():
        if entry.train.dataset != "mnist" or entry.train.noise != "none" or name.startswith("bench-"):
            continue
        if entry in GENERATIVE or entry in ADVERSARIAL:
            continue
        metrics = metrics_of(name)
        test, baseline, training = metrics["test"], metrics["baseline"], metrics["training"]
        figures = [f"{test['sse']:.2f}", f"{test['mse_signed']:.4f}", f"{test['psnr']:.2f}", f"{test['ssim']:.3f}"]
        rows.append(
            [
                link(name),
                f"{entry.model.latent_dim}",
                *figures,
                f"{baseline['sse']:.2f}",
                f"{training['cpu_seconds']:.0f}",
            ]
        )
    head = [
        "model",
        "code",
        "SSE",
        "MSE, pixels in −1…1",
        "PSNR, dB",
        "SSIM",
        "PCA of the same length, SSE",
        "CPU-seconds",
    ]
    return table(head, rows)


def lengths() -> list[str]:
    """The nested network beside PCA, at every length."""
    nested, pca = (metrics_of(name)["by_length"] for name in ("ae-nested-mnist-z64", "pca-mnist-z128"))
    kept = [k for k in nested if k != "30"]
    rows = [
        ["`ae-nested-mnist-z64`", *(f"{nested[k]:.2f}" for k in kept)],
        ["`pca-mnist-z128`, clipped to 0…1", *(f"{pca[k]:.2f}" for k in kept)],
    ]
    return [
        "One network for every length, against PCA's clipped output, SSE:",
        "",
        *table(["numbers kept", *kept], rows),
    ]


def variational() -> list[str]:
    """Bounds, likelihoods, and how far random pictures are from real ones."""
    rows, shipped = [], checkpoints.names()
    floor: dict[str, Any] = {}
    for entry in GENERATIVE:
        metrics = metrics_of(entry.name) if entry.name in shipped else {}
        if "samples" not in metrics:
            continue
        floor = metrics["samples"]["floor"]
        for way, found in metrics["samples"]["ways"].items():
            if way not in ("normal", "mixture@1", "mixture@200"):
                continue
            own = way == next(iter(metrics["samples"]["ways"]))
            bound, likelihood = metrics.get("bound", {}), metrics.get("likelihood")
            elbo = f"{bound['negative_elbo']:.2f} ({bound['pixels']})" if "negative_elbo" in bound else ""
            rows.append(
                [
                    link(entry.name) if own else "",
                    {"normal": "N(0, I)", "mixture@1": "one Gaussian", "mixture@200": "200 Gaussians"}[way],
                    *([f"{found['fd']:.1f}"] + [f"{found[key]:.3f}" for key in ("precision", "recall", "coverage")]),
                    elbo if own else "",
                    f"{likelihood['nll']:.2f}" if likelihood and own else "",
                    f"{metrics['training']['cpu_seconds']:.0f}" if own else "",
                ]
            )
    rows.append(
        ["training pictures", "", f"{floor['fd']:.1f}"]
        + [f"{floor[key]:.3f}" for key in ("precision", "recall", "coverage")]
        + ["", "", ""]
    )
    judge, told = metrics_of("classifier-mnist")["test"], metrics_of("cvae-mnist-z16")["samples"]["agreement"]
    head = ["model", "random codes from", "Fréchet distance", "precision", "recall", "coverage"]
    return [
        "Variational autoencoders, and a density fitted to an autoencoder's codes. 10,000 random pictures against "
        "MNIST's test set in the features of `classifier-mnist` "
        f"({100 * judge['error']:.2f} % error); the Fréchet distance depends on that classifier, so read it beside the "
        "last row. −ELBO and NLL in nats over the test set; grey pixels are means of Bernoulli variables, drawn ones "
        "black or white; NLL by 5,000 importance samples (`python -m genlab likelihood`). Asked for a digit, "
        f"`cvae-mnist-z16` draws what the classifier reads as that digit in {100 * sum(told) / len(told):.1f} % of "
        "10,000 cases.",
        "",
        *table([*head, "−ELBO", "NLL", "CPU-seconds"], rows),
    ]


def adversarial() -> list[str]:
    """How far GANs' random pictures are from real ones, and how often their discriminators are right."""
    rows, shipped = [], checkpoints.names()
    for entry in ADVERSARIAL:
        metrics = metrics_of(entry.name) if entry.name in shipped else {}
        if "samples" not in metrics:
            continue
        (found,) = metrics["samples"]["ways"].values()
        told = metrics["samples"].get("agreement")
        right = [f"{100 * metrics['test'][key]:.0f} %" if key in metrics["test"] else "" for key in ("real", "fake")]
        rows.append(
            [
                link(entry.name),
                f"{found['fd']:.1f}",
                *(f"{found[key]:.3f}" for key in ("precision", "recall", "coverage")),
                f"{sum(share >= FOUND for share in found['classes'])}",
                " / ".join(right) if all(right) else "",
                f"{100 * sum(told) / len(told):.1f} %" if told else "",
                f"{metrics['training']['cpu_seconds']:.0f}",
            ]
        )
    head = ["model", "Fréchet distance", "precision", "recall", "coverage", "digits found", "discriminator right on "]
    head[-1] += "real / generated"
    return [
        "Generative adversarial networks, judged in the same way. A digit is found if at least "
        f"{100 * FOUND:.0f} % of the pictures are read as it; the discriminator was asked about the test set and about "
        "10,000 generated pictures (a Wasserstein critic only compares). “As asked” is how often the classifier reads "
        "the digit that was wished for.",
        "",
        *table([*head, "as asked", "CPU-seconds"], rows),
    ]


def denoisers() -> list[str]:
    """PSNR by strength of Gaussian noise, over the whole test set; and of filters, over a part of it."""
    rows = []
    for name in ("dae-mnist", "dae-dense-mnist"):
        metrics = metrics_of(name)
        found = metrics["denoising"]["gaussian"]
        figures = [f"{found[level]:.2f}" for level in ("0.25", "0.5", "0.75")]
        rows.append([link(name), *figures, f"{metrics['training']['cpu_seconds']:.0f}"])
    comparison = metrics_of("dae-mnist")["comparison"]
    titles = {"noisy": "the noisy picture", "median": "median filter", "gaussian": "Gaussian filter"}
    titles |= {"tv": "total variation", "nlm": "non-local means", "ae-mnist-z64": "plain autoencoder, `ae-mnist-z64`"}
    for name, title in titles.items():
        found = comparison["psnr"]["gaussian"][name]
        rows.append([f"{title} *", *(f"{found[level]:.2f}" for level in ("0.25", "0.5", "0.75")), ""])
    return [
        "Denoising: PSNR in dB of the mean squared error over MNIST's test set by the σ of Gaussian noise, clipped; "
        f"those with * on its first {comparison['pictures']} pictures (`python -m genlab compare-denoisers`). The "
        "filters are told σ.",
        "",
        *table(["model", "σ = 0.25", "0.5", "0.75", "CPU-seconds"], rows),
    ]


def bench() -> list[str]:
    """One network, one switch each."""
    rows = []
    for name in (name for name in CATALOG if name.startswith("bench-")):
        metrics = metrics_of(name)
        units = metrics["units"]
        rows.append(
            [
                link(name),
                f"{metrics['test']['sse']:.2f}",
                f"{units['parameters']:,}",
                f"{units['mean_activation']:.3f}",
                f"{units['jacobian_norm']:.2f}",
                f"{100 * units['linear_error']:.2f}",
                f"{100 * units['noise_passed']:.0f}",
            ]
        )
    head = ["model", "SSE", "parameters", "mean activation", "‖∂h/∂x‖", "linear classifier's error, %"]
    return ["The bench of regularisers, on MNIST's test set:", "", *table([*head, "noise let through, %"], rows)]


def few_labels() -> list[str]:
    """Errors of classifiers by labels, mean of the seeds."""
    found = metrics_of("ae-deep-mnist-z30")["few_labels"]
    titles = {"random": "random start", "frozen": "pre-trained, frozen", "tuned": "pre-trained, tuned"}
    titles |= {"svm": "support vector machine on PCA-30"}
    rows = [
        [titles[way], *(f"{100 * sum(seeds) / len(seeds):.2f}" for seeds in errors)]
        for way, errors in found["errors"].items()
    ]
    return [
        "Few labels: error in % on MNIST's test set, mean of five seeds (`python -m genlab few-labels`). The encoder "
        "of `ae-deep-mnist-z30` saw all 60,000 pictures without labels; the three networks got the same slight "
        "distortions of their pictures.",
        "",
        *table(["labels", *(f"{count:,}" for count in found["sizes"])], rows),
    ]


def letters() -> list[str]:
    """The four bottlenecks, and what fewer bits cost."""
    rows = []
    for name in (name for name in CATALOG if name.startswith("ae-notmnist-")):
        metrics = metrics_of(name)
        pca = psnr(metrics["baseline"]["sse_clipped"] / 784)
        bits = [f"{metrics['quantised'][key]:.1f}" for key in ("8", "4", "2", "1")]
        rows.append([link(name), f"{metrics['test']['psnr']:.2f}", f"{pca:.1f}", *bits])
    head = ["model", "PSNR, dB", "PCA of the same length", "8 bits a number", "4", "2", "1"]
    return ["Letters: notMNIST's 10,000 test pictures, learned from the 8,428 here.", "", *table(head, rows)]


def street() -> list[str]:
    """Street digits that genlab draws."""
    plain, denoiser = metrics_of("ae-street"), metrics_of("dae-street")
    pca = psnr(plain["baseline"]["sse_clipped"] / 3072)
    noise = denoiser["denoising"]["gaussian"]
    shown = ", ".join(f"{noise[level]:.1f} at σ = {level}" for level in noise)
    return [
        f"Street digits (drawn by genlab, not SVHN): {link('ae-street')} keeps "
        f"{CATALOG['ae-street'].model.latent_dim} numbers and reaches {plain['test']['psnr']:.1f} dB (PCA with as many "
        f"{pca:.1f}); {link('dae-street')} cleans Gaussian noise to {shown} dB."
    ]


def in_readme(text: str, table: str) -> str:
    """The README's text with the table between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(in_readme(README.read_text(encoding="utf-8"), make_table()), encoding="utf-8")
    else:
        print(make_table())
