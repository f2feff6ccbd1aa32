"""What all visitors share, loaded once: checkpoints and test sets. Read-only, cached by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from genlab.errors import GenlabError
from ui import kept, warm

if TYPE_CHECKING:
    from torch import Tensor

    from genlab.checkpoints import Checkpoint
    from genlab.data import ImageSet
    from genlab.latent import CodeStatistics

PCA_NAME = "pca-mnist-z128"
NESTED_NAME = "ae-nested-mnist-z64"


def first_models() -> list[str]:
    """The checkpoints that the first lesson opens with."""
    from genlab.catalog import SIZES

    return [*(f"ae-mnist-z{k}" for k in SIZES), PCA_NAME, NESTED_NAME]


def checkpoint(name: str) -> Checkpoint:
    """A shipped checkpoint, or one that this visitor kept.

    Raises:
        CheckpointError: it is missing or broken, or not kept any more.
    """
    return kept.find(name) or shipped(name)


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> Checkpoint:
    """A shipped checkpoint.

    Raises:
        CheckpointError: it is missing or broken.
    """
    import torch

    from genlab import checkpoints

    torch.set_num_threads(1)  # visitors are threads already; two more for each are slower
    loaded = checkpoints.load(name)
    warm.grown()
    return loaded


def checkpoint_or_none(name: str) -> Checkpoint | None:
    """A checkpoint, or None where it is missing or broken: for comparisons that can do without."""
    try:
        return checkpoint(name)
    except GenlabError:
        return None


def code_statistics(name: str) -> CodeStatistics:
    """Where the codes of a checkpoint lie.

    Raises:
        CheckpointError: it is missing or broken, or does not say.
    """
    from genlab import latent
    from genlab.data import default_name

    loaded, metrics = checkpoint(name), checkpoint(name).metrics
    if kept.find(name) and "codes" not in metrics:  # brought along without, or with some that are none
        metrics = _where_codes_lie(name, default_name())
    return latent.code_statistics(metrics, loaded.config.latent_dim)


@st.cache_data(show_spinner=False, max_entries=16)
def _where_codes_lie(name: str, data: str) -> dict[str, Any]:
    """The same of a network that does not say, as ``metrics.json`` says it."""
    import torch

    from genlab.evaluation import code_statistics

    with torch.inference_mode():
        return {"codes": code_statistics(checkpoint(name).model, test_set(data).images[:MOST_CODES])}


@st.cache_resource(show_spinner=False)
def test_set(name: str) -> ImageSet:
    """The test split of a data set on this machine.

    Raises:
        DataError: it is not here, or broken.
    """
    from genlab import data

    loaded = data.load(name, "test")
    warm.grown()
    return loaded


@st.cache_data(show_spinner=False, max_entries=64)
def members(name: str, label: int) -> list[int]:
    """Which test pictures of a data set have a label, in order."""
    return (test_set(name).labels == label).nonzero().flatten().tolist()


@st.cache_resource(show_spinner=False, max_entries=16)
def test_codes(name: str, data: str) -> tuple[Tensor, Tensor]:
    """Codes (n, latent_dim) and labels (n,) of the first ``MOST_CODES`` test pictures of a data set, for a map."""
    import torch

    from genlab.data import to_float

    pictures = test_set(data)
    with torch.inference_mode():
        codes = checkpoint(name).model.encode(to_float(pictures.images[:MOST_CODES]))
    return codes.clone(), pictures.labels[:MOST_CODES].clone()


MOST_CODES = 2000


def test_picture(name: str, label: int, number: int) -> Tensor:
    """The ``number``-th test picture (from 1) of a label, (1, C, H, W) in [0, 1]."""
    from genlab.data import to_float

    index = members(name, label)[number - 1]
    return to_float(test_set(name).images[index : index + 1])
