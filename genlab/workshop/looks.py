"""What a training's process looks at besides the losses: watched pictures, health, and the result it leaves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlab.errors import GenlabError
from genlab.workshop import folders
from genlab.workshop.orders import Order
from genlab.workshop.shots import device_of, random_pictures

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.models import ImageNetwork
    from genlab.workshop.progress import Progress

JUDGED = 400  # random pictures
READABLE = ("digits", "mnist")  # data sets whose pictures the judge knows
MEASURED = 2000  # test pictures, of a network that is slow
MOST_SLIDERS = 4096


def watched_pictures(dataset: str) -> Tensor:
    """The first test picture of each class, ``uint8`` (classes, C, H, W).

    Raises:
        DataNotFoundError: the data set is not here.
    """
    import torch

    from genlab import data
    from genlab.data import street

    if dataset == "street":  # drawn while you wait, so only a few
        images, labels = street.render("test", range(100))
    else:
        test = data.load(dataset, "test")
        images, labels = test.images, test.labels
    firsts = [(labels == label).nonzero()[0, 0] for label in labels.unique().tolist()]
    return images[torch.stack(firsts)].clone()


def check_health(model: ImageNetwork, order: Order, losses: Mapping[str, Any], step: int) -> dict[str, Any] | None:
    """What the judge reads in random pictures; None where nobody samples from the network, or no judge knows them.

    Returns:
        ``shares`` of the classes, ``diversity`` (1 for that of real pictures), ``count``, and for a GAN ``alarms``:
        each a kind, an English sentence, and what stands in it.
    """
    from genlab import checkpoints, data, health, judging
    from genlab.models import GAN, Judge
    from genlab.seeding import make_generator
    from genlab.stacking import looking

    if order.train.dataset not in READABLE or isinstance(model, Judge):
        return None
    try:
        judge = checkpoints.load(judging.JUDGE, Judge).model
    except GenlabError:
        return None
    with looking(model):
        pictures = random_pictures(model, JUDGED, make_generator(1, "health"))
    if pictures is None:
        return None
    said = judging.judge(judge, pictures.cpu())
    real = judging.judge(judge, data.load(order.train.dataset, "test").images[: len(pictures)])
    shares = health.class_shares(said.probabilities)
    differ = health.diversity(said.features, real.features)
    found = []
    if isinstance(model, GAN):
        names = data.describe(order.train.dataset).class_names
        right = {name: losses.get(name) for name in ("d_real", "d_fake")}
        found = health.alarms(shares, differ, **right, step=step, names=names)
    return {
        "shares": shares,
        "diversity": round(differ, 4),
        "count": len(pictures),
        "alarms": [[alarm.kind, alarm.sentence, dict(alarm.fields)] for alarm in found],
    }


def settle(model: ImageNetwork) -> None:
    """The training is over: a moving average, where one was kept, becomes the network."""
    from genlab.models import GAN

    if isinstance(model, GAN):
        model.settle()


def keep(folder: Path, model: ImageNetwork, order: Order, progress: Progress) -> None:
    """Write the checkpoint of a training that has ended, with the little that is measured at once."""
    import torch

    from genlab import checkpoints, runs
    from genlab.catalog import get

    hardware = progress.device if device_of(model).type != "cpu" else runs.hardware(None)
    model.cpu().float().eval()
    training = {
        "seconds": round(progress.seconds, 1),
        "cpu_seconds": round(progress.cpu_seconds, 1),
        "hardware": hardware,
        "torch": torch.__version__,
        "history": progress.rows,
    }
    metrics = {**measured(model, order), "training": training}
    place = folder / folders.RESULT / f"lab-{order.entry}"
    checkpoints.save(place, model, order.train, get(order.entry).step, metrics, entry=order.entry, dtype=torch.float32)
    card = place / checkpoints.CARD
    card.write_text(amended(card.read_text(encoding="utf-8"), order, progress, metrics), encoding="utf-8")


def amended(card: str, order: Order, progress: Progress, metrics: Mapping[str, Any]) -> str:
    """A card that says what was done here, and nothing that is only so of the catalog's row."""
    from genlab.catalog import get

    row = get(order.entry)
    said = f"Trained in the app’s training lab, begun as the catalog’s `{order.entry}`"
    said += f"; to epoch {progress.epoch} of {progress.epochs}." if progress.epochs else "."
    if order.model != row.model:
        said += " Its architecture was changed: the command below trains the catalog’s."
    if metrics.get("test", {}).get("count") == MEASURED:
        said += f" Measured on the first {MEASURED:,} test pictures."
    lines = [line for line in card.splitlines() if not line.startswith("Published for comparison")]
    return "\n".join(said if line == row.summary else line for line in lines) + "\n"


def measured(model: ImageNetwork, order: Order) -> dict[str, Any]:
    """The error on test pictures, and where codes lie for sliders; what a network does not have is left out."""
    from genlab import data
    from genlab.evaluation import classification, code_statistics, sum_of_squares
    from genlab.metrics import psnr
    from genlab.models import DenseAutoencoder, ImageAutoencoder, Judge

    found: dict[str, Any] = {}
    test = data.load(order.train.dataset, "test")
    about = {"dataset": order.train.dataset, "split": "test", "count": len(test.images)}
    if isinstance(model, Judge):
        return {"test": {**about, **classification(model, test)}}
    if not isinstance(model, ImageAutoencoder):
        return {}
    images = test.images if isinstance(model, DenseAutoencoder) else test.images[:MEASURED]
    sse = sum_of_squares(model, images)
    mse = sse / images[0].numel()
    values = {"sse": sse, "mse": mse, "mse_signed": 4 * mse, "psnr": psnr(mse)}
    found["test"] = {**about, "count": len(images), **{name: round(value, 6) for name, value in values.items()}}
    if model.latent_dim <= MOST_SLIDERS:
        found["codes"] = code_statistics(model, images[:MEASURED])
    return found


def log_to(folder: Path) -> None:
    """Let what goes wrong unforeseen be written down beside the training."""
    logging.basicConfig(filename=folder / folders.LOG, filemode="w", force=True)
