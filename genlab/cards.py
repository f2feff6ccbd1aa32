"""Model cards, generated from what was configured and measured; the layout is Hugging Face's.

Mitchell et al., *Model cards for model reporting*, FAT* 2019.
"""

from __future__ import annotations

from typing import Any

from genlab.catalog import CATALOG
from genlab.models import build_empty, config_from_json, count_parameters

DATASETS = {
    "mnist": "MNIST (LeCun, Bottou, Bengio & Haffner 1998): 60,000 digits to learn from, 10,000 to be judged on",
    "notmnist": "notMNIST (Bulatov 2011): letters A–J in many fonts",
    "svhn": "SVHN (Netzer et al. 2011): street numbers in colour",
    "street": "street digits that genlab renders itself, in SVHN's form; not photographs, not SVHN",
    "digits": "scikit-learn's bundled digits (UCI, 1998) in MNIST's form: not MNIST",
}

_NEAREST = "anything else comes back as the nearest thing it knows."
LIMITS = {
    **dict.fromkeys(
        ("mnist", "notmnist", "digits"),
        f"It knows centred, upright, bright-on-dark 28×28 pictures like those it learned from; {_NEAREST}",
    ),
    "svhn": f"It knows 32×32 cuts of street numbers like those it learned from; {_NEAREST}",
    "street": "It learned from drawings of genlab's own, and has never seen a photograph; how it does on SVHN was not "
    "measured.",
}

GAME_SETTINGS = {
    "denoising": ("noise", "noise_level"),
    "penalised": ("penalty", "penalty_weight", "sparsity"),
    "vae": ("loss_weight", "beta", "samples", "binarise"),
    "gan": ("game", "critic_steps", "critic_rate", "average", "beta1", "penalty", "penalty_weight"),
}  # which say nothing of the other games
VARIATIONAL = ("conditional", "importance")  # which have those of "vae"

METRIC_NAMES = {
    "sse": "Squared error of an image (SSE), pixels in [0, 1]",
    "mse": "Mean squared error (MSE), pixels in [0, 1]",
    "mse_signed": "Mean squared error, pixels in [−1, 1]",
    "psnr": "PSNR of the mean MSE, dB",
    "ssim": "SSIM (Wang et al. 2004), mean",
    "error": "Error (part of the pictures named wrongly)",
    "cross_entropy": "Cross-entropy, nats",
    "real": "Part of the real pictures that the discriminator takes for real",
    "fake": "Part of as many generated pictures that it sees through",
}


def make_card(name: str, config: dict[str, Any], metrics: dict[str, Any]) -> str:
    """The card's Markdown, from the content of ``config.json`` and ``metrics.json``."""
    trained_as = config.get("entry", name)
    entry = CATALOG.get(trained_as)
    solved = config["step"] == "closed_form"
    model = config_from_json(config["model"])
    train, test, training = config["train"], metrics.get("test", {}), metrics.get("training", {})
    lines = [
        "---",
        "library_name: genlab",
        "license: mit",
        f"tags: [{'gan' if config['step'] == 'gan' else 'autoencoder'}, representation-learning, education]",
        f"datasets: [{train['dataset']}]",
        "metrics: [mse]",
        "---",
        "",
        f"# {name}",
        "",
        entry.summary if entry else "A model trained with genlab.",
        "",
        f"- **Paper**: {entry.paper}" if entry else "- **Paper**: none",
        f"- **Network**: {describe(config['model'])}",
        f"- **Parameters**: {count_parameters(build_empty(model)):,}",
        f"- **Data**: {DATASETS[train['dataset']]}. Learned from `{train['split']}`, judged on `test`.",
    ]
    if not solved:
        lines.append(f"- **Seed**: {train['seed']}")
    if entry and entry.base:
        lines.append(f"- **Begins with**: the weights of `{entry.base}`")
    if training:
        lines.append(
            f"- **Training**: {training['seconds']:,.0f} s ({training['cpu_seconds']:,.0f} CPU-seconds) "
            f"on {training['hardware']}, torch {training['torch']}"
        )
    lines += ["", "## Measured", ""]
    if test:
        lines += ["| on the test set | value |", "| --- | --- |"]
        lines += [f"| {METRIC_NAMES[key]} | {test[key]:.4g} |" for key in METRIC_NAMES if key in test]
        if learned := metrics.get("train"):
            key, label = ("sse", "SSE") if "sse" in learned else ("error", "Error")
            lines.append(f"| {label} on {learned['count']:,} of the pictures it learned from | {learned[key]:.4g} |")
        baseline = metrics.get("baseline")
        if baseline:
            lines.append(f"| SSE of {baseline['name']}, for comparison | {baseline['sse']:.4g} |")
            lines.append(
                f"| SSE of {baseline['name']} with its output clipped to [0, 1] | {baseline['sse_clipped']:.4g} |"
            )
    lines += more(metrics)
    if "by_length" in metrics:
        lengths = metrics["by_length"]
        lines += ["", "| numbers kept | " + " | ".join(lengths) + " |", "| --- |" + " --- |" * len(lengths)]
        lines.append("| SSE | " + " | ".join(f"{value:.4g}" for value in lengths.values()) + " |")
    if entry and entry.published:
        lines += ["", f"Published for comparison, not measured here: {entry.published}."]
    if config["step"] == "mixture":
        lines += ["", "The mixtures are scikit-learn's `GaussianMixture` with full covariances, begun from k-means."]
    elif not solved:
        settings = {"step": config["step"], **train}
        if config["step"] in ("nested", "importance", "classifier", "gan"):  # which have a loss of their own
            del settings["loss"]
        game = "vae" if config["step"] in VARIATIONAL else config["step"]
        for key in {key for its in GAME_SETTINGS.values() for key in its} - set(GAME_SETTINGS.get(game, ())):
            settings.pop(key, None)
        lines += ["", "## Settings", "", "| setting | value |", "| --- | --- |"]
        lines += [f"| {key} | `{value}` |" for key, value in settings.items()]
    lines += [
        "",
        "## Limits",
        "",
        LIMITS[train["dataset"]] + ("" if solved else " Trained once, with one seed."),
        "",
        "## Use and retrain",
        "",
        "```python",
        *usage(name, config["model"]["kind"]),
        "```",
        "",
        "```",
        f"python -m genlab evaluate {name}",
        retrain(trained_as, train),
        "```",
        "",
    ]
    return "\n".join(lines)


def more(metrics: dict[str, Any]) -> list[str]:
    """What was measured besides: noise removed, what units do, few labels."""
    lines: list[str] = []
    if denoising := metrics.get("denoising"):
        levels = list(next(iter(denoising.values())))
        lines += ["", "PSNR in dB of what it makes of noisy test pictures, by the strength of the noise:", ""]
        lines += ["| noise | " + " | ".join(levels) + " |", "| --- |" + " --- |" * len(levels)]
        lines += [
            f"| {kind} | " + " | ".join(f"{v[level]:.2f}" for level in levels) + " |" for kind, v in denoising.items()
        ]
    if units := metrics.get("units"):
        lines += [
            "",
            "| of its units, on the test set | value |",
            "| --- | --- |",
            f"| mean activation | {units['mean_activation']:.4f} |",
            f"| units above ¼ for a picture, mean | {units['firing']:.1f} |",
            f"| Frobenius norm of the encoder's Jacobian, mean | {units['jacobian_norm']:.3f} |",
            f"| error of a linear classifier on the codes | {100 * units['linear_error']:.2f} % |",
        ]
        names = {"sse": "SSE", "parameters": "parameters", "jacobian_norm": "Jacobian norm"}
        lines += [
            f"| {names[key]}, times the plain network's | {value:.3f} |"
            for key, value in metrics.get("against_plain", {}).items()
        ]
    lines += random_ones(metrics)
    if few := metrics.get("few_labels"):
        lines += [
            "",
            "Error in % of classifiers on few labels, mean of five seeds (`python -m genlab few-labels`):",
            "",
        ]
        lines += ["| labels | " + " | ".join(f"{n:,}" for n in few["sizes"]) + " |"]
        lines += ["| --- |" + " --- |" * len(few["sizes"])]
        for way, errors in few["errors"].items():
            shown = " | ".join(f"{100 * sum(seeds) / len(seeds):.2f}" for seeds in errors)
            lines.append(f"| {way} | {shown} |")
    return lines


def random_ones(metrics: dict[str, Any]) -> list[str]:
    """What was measured of distributions: the bound, the likelihood, and what a judge says of random pictures."""
    lines: list[str] = []
    bound, likelihood, samples = (metrics.get(key) for key in ("bound", "likelihood", "samples"))
    if bound:
        whole = "negative_elbo" if "negative_elbo" in bound else "loss"
        names = {"negative_elbo": "negative ELBO, nats", "loss": "the training's loss"}
        lines += ["", f"| on the test set, {bound['pixels']} pixels | value |", "| --- | --- |"]
        lines += [f"| {names[whole]} | {bound[whole]:.2f} |", f"| of it, KL, nats | {bound['kl']:.2f} |"]
        lines.append(f"| active numbers (variance of μ > 0.01) | {bound['active']} of {len(bound['kl_by_number'])} |")
    if likelihood:
        lines += ["", f"Negative log-likelihood by {likelihood['samples']:,} importance samples over "]
        lines[-1] += f"{likelihood['count']:,} test pictures, pixels drawn: **{likelihood['nll']:.2f}** nats "
        lines[-1] += f"(standard error {likelihood['standard_error']:.2f}; `python -m genlab likelihood`)."
    if samples:
        lines += ["", f"{samples['count']:,} random pictures against the test set, judged by `classifier-mnist`:", ""]
        lines += ["| codes from | Fréchet distance | precision | recall | coverage |", "| --- |" + " --- |" * 4]
        rows = {**samples["ways"], "training pictures, the floor": samples["floor"]}
        lines += [
            f"| {NAMES_OF_WAYS.get(way, way.replace('@', ' of '))} | {v['fd']:.2f} | {v['precision']:.3f} "
            f"| {v['recall']:.3f} | {v['coverage']:.3f} |"
            for way, v in rows.items()
        ]
        if agreement := samples.get("agreement"):
            share = sum(agreement) / len(agreement)
            lines += ["", f"The judge reads {100 * share:.2f} % of them as the class that was asked for."]
    return lines


NAMES_OF_WAYS = {"normal": "N(0, I)"}


def usage(name: str, kind: str) -> list[str]:
    """Three lines of Python that load the model and use it."""
    if kind == "judge":
        load, use = f'model = checkpoints.load("{name}", Judge).model', "logits = model(x)"
        return ["from genlab import checkpoints", "from genlab.models import Judge", f"{load}   {SHAPES}", use]
    if kind in ("gan", "conv_gan"):
        load, use = f'model = checkpoints.load("{name}", GAN).model', "x = model.sample(64, torch.Generator())"
        return [
            "import torch",
            "from genlab import checkpoints",
            "from genlab.models import GAN",
            load,
            f"{use}   {SHAPES}",
        ]
    load, use = f'model = checkpoints.load("{name}").model', "x_hat = model.decode(model.encode(x))"
    return ["from genlab import checkpoints", f"{load}   {SHAPES}", use]


SHAPES = "# images (N, C, H, W) in [0, 1]"


def describe(model: dict[str, Any]) -> str:
    """A network's configuration in a line, such as ``dense, hidden 1000-500-250, latent_dim 30``."""
    parts = [str(model["kind"])]
    for key, value in model.items():
        if key in ("kind", "image_shape"):
            continue
        shown = "-".join(map(str, value)) if isinstance(value, list) else value
        parts.append(f"{key} {shown}")
    return ", ".join(parts)


def retrain(name: str, train: dict[str, Any]) -> str:
    """The command that trains such a model again: the catalog's row, with the settings that differ from it."""
    usual = CATALOG[name].train.to_json() if name in CATALOG else train
    given = [f" --{key.replace('_', '-')} {value}" for key, value in train.items() if usual[key] != value]
    return f"python -m genlab train {name}" + "".join(given)
