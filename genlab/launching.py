"""The processes of a training: how many, on which devices, begun and ended together."""

from __future__ import annotations

import argparse
import logging
import os
import warnings
from typing import Any

from genlab.config import TrainConfig
from genlab.errors import TrainingError


def part(fabric: Any) -> None:
    """The processes of a training end together: one that just exits may die of a connection still in use."""
    import torch

    fabric.barrier()
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def launch(config: TrainConfig, options: argparse.Namespace, *, turns: bool = False) -> Any:
    """The processes of this training, started; this function returns in each of them.

    ``turns``: networks that learn in turn, so that a step leaves weights without a gradient.
    """
    import torch

    from genlab import device
    from genlab.training import make_fabric

    wanted = device.pick(options.device).type
    devices, nodes = processes(options)
    most = {"cuda": torch.cuda.device_count(), "mps": 1}.get(wanted, devices)
    if not 1 <= devices <= most or nodes < 1:
        raise TrainingError(
            "Training on {devices} × “{device}” of {nodes} machines is not possible; here, choose 1 to {most} devices.",
            devices=devices,
            device=wanted,
            nodes=nodes,
            most=max(most, 1),
        )
    loggers = None
    if options.tensorboard:
        try:
            from lightning_fabric.loggers import TensorBoardLogger

            loggers = TensorBoardLogger(options.tensorboard, name=options.name)
        except ModuleNotFoundError as error:
            raise TrainingError("TensorBoard is not installed. Install it with: pip install tensorboard") from error
    fabric = make_fabric(config, device=wanted, devices=devices, nodes=nodes, loggers=loggers, turns=turns)
    if "LT_CLI_USED" not in os.environ:  # “fabric run” has launched it already
        fabric.launch()
    return fabric


def processes(options: argparse.Namespace) -> tuple[int, int]:
    """Devices of each machine, and machines: as many as torchrun has started, else what the options say."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return options.devices, options.nodes
    here = int(os.environ["LOCAL_WORLD_SIZE"])
    return here, int(os.environ["WORLD_SIZE"]) // here


def quieten() -> None:
    """Fabric explains its choices at length; the progress bar says what a person needs."""
    import lightning_fabric  # noqa: F401 - it sets the level of its log when it is imported

    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning_fabric")
