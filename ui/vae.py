"""What the lesson Inside the VAE shows first: one network at work, its loss, and which of its numbers are used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab import data
from genlab.errors import CheckpointError
from ui import cache, kept
from ui.address import choose
from ui.components.vae_parts import vae_machine
from ui.i18n import N_, _, number

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint

DEFAULT = "vae-mnist-z16"
NETWORKS = {
    DEFAULT: N_("16 numbers"),
    "vae-mnist-z2": N_("2 numbers"),
    "vae-mnist-z16-beta0.25": N_("16, β = 1/4"),
    "vae-mnist-z16-beta4": N_("16, β = 4"),
    "vae-textbook-mnist-z20": N_("the course’s 20"),
}
DEAD = 0.01
"""Variance of μ, below which a number of the code says nothing: Burda, Grosse & Salakhutdinov 2016, sec. 5.2."""


def choose_network() -> str:
    """Which variational autoencoder, a checkpoint's name."""
    shown = kept.beside({name: _(title) for name, title in NETWORKS.items()}, kept.is_vae)
    return choose(_("Network"), shown, key="vae", default=DEFAULT)


def dead(name: str) -> list[bool]:
    """For each number of the code, whether its μ is nearly the same for every picture."""
    return [std**2 < DEAD for std in cache.code_statistics(name).std]


def kl_by_number(checkpoint: Checkpoint) -> list[float]:
    """The mean KL of each number over the test set, in nats.

    Raises:
        CheckpointError: it was not measured.
    """
    try:
        found = [float(value) for value in checkpoint.metrics["bound"]["kl_by_number"]]
    except (KeyError, TypeError, ValueError):
        found = []
    if len(found) != checkpoint.config.latent_dim:
        raise CheckpointError(
            "The measurements of “{name}” do not say what its numbers cost. Run: python -m genlab evaluate {name}",
            name=checkpoint.name,
        )
    return found


@st.cache_data(show_spinner=False, max_entries=16)
def measured_kl(name: str, dataset: str) -> list[float]:
    """The same of a visitor's own network, over the first ``cache.MOST_CODES`` test pictures, in nats."""
    import torch

    from genlab.bounds import kl_normal
    from genlab.data import to_float

    model: Any = cache.checkpoint(name).model
    with torch.inference_mode():
        kl = kl_normal(*model.posterior(to_float(cache.test_set(dataset).images[: cache.MOST_CODES])))
    found: list[float] = kl.mean(0).tolist()
    return found


def machine(name: str, x: Tensor) -> None:
    """The network at work on a picture.

    Raises:
        CheckpointError: it is not here, or not measured.
    """
    checkpoint = cache.checkpoint(name)
    silent = dead(name)
    kl = measured_kl(name, data.default_name()) if kept.find(name) else kl_by_number(checkpoint)
    note = _(
        "A nat is the unit of −ln p: {bits} bits. Grey pixels are means of Bernoulli variables. Dashed: σ = 1 of the "
        "prior N(0, 1), and each number’s mean KL over the test set."
    ).format(bits=number(1 / math.log(2), 2))
    vae_machine(name, x, kl=kl, dead=silent, note=f"{note} {_trained(checkpoint)}".strip(), key="machine")
    st.markdown(collapse(checkpoint, silent))


def _trained(checkpoint: Checkpoint) -> str:
    """What this network minimised, if it was something else."""
    train = checkpoint.train
    if train.loss != "bce":
        return _("This network learned with another first term, {weight} × the sum of squares in [−1, 1].").format(
            weight=number(train.loss_weight, 1)
        )
    if train.beta != 1.0:
        return _("This network learned with β = {beta} before the KL.").format(beta=number(train.beta, 2))
    return ""


def collapse(checkpoint: Checkpoint, silent: list[bool]) -> str:
    """How many numbers are dead, and what that is called."""
    found = (
        _("**Dead numbers (×): {dead} of {count}.**")
        if any(silent)
        else _("**No dead numbers: all {count} are in use.**")
    ).format(dead=sum(silent), count=len(silent))
    return (
        found
        + " "
        + _(
            "Where μ is the same for every picture, q(z|x) has fallen onto the prior: KL = 0, and the decoder reads "
            "nothing there. This is **posterior collapse** (Bowman et al. 2016; Burda et al. 2016)."
        )
    )
