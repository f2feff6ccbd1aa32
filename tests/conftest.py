"""What every test stands on: one thread, the data beside the repository if it is there, a cache of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"  # where a workplace may keep MNIST; a fresh machine has none

PROCESSES = {"test_workshop", "test_lab_page", "test_training", "test_load"}
TOGETHER = {  # files and tests: what they share takes a worker seconds to make
    "test_street_page",
    "test_stack_page",
    "test_maps",
    "test_frechet_distance_measured_again",
}

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anyone imports torch
if not os.environ.get("GENLAB_DATA") and SHARED_DATA.is_dir():
    os.environ["GENLAB_DATA"] = str(SHARED_DATA)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests go to whichever worker is free; browser tests and some others all to one, in order.

    (``--dist loadgroup`` of pytest-xdist 3.8 does nothing beside pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, test = nodeid.partition("::")[0], nodeid.partition("[")[0]
            if "/e2e/" in file or Path(file).stem in TOGETHER:
                return file
            return test if test.rpartition("::")[2] in TOGETHER else nodeid

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs MNIST or a browser.

    A test of a browser, or of trainings in processes of their own, that fails is run once more, and the summary names
    it (RERUN). They share two cores with another such group, and one wait of hundreds that does not end would refuse a
    change that has nothing to do with it. A test in that list has still met something: so far mostly a race in the app.
    Look for it.
    """
    for item in items:
        if "mnist_root" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.mnist)
        if Path(__file__).parent / "e2e" in item.path.parents:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") or item.path.stem in PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The user's cache folder as the tests see it: an empty one, also for the programs they start."""
    folder = tmp_path_factory.mktemp("user-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))  # platformdirs and huggingface_hub obey it on Linux and macOS
        yield folder


@pytest.fixture(scope="session")
def mnist_root(user_cache: Path) -> Path:
    """The root to load MNIST from; a test that needs it is skipped where MNIST is absent."""
    return root_of("mnist", "MNIST/raw")


@pytest.fixture(scope="session")
def notmnist_root(user_cache: Path) -> Path:
    """The same of notMNIST."""
    return root_of("notmnist", "notMNIST/raw")


def root_of(name: str, folder: str) -> Path:
    """The root that holds a data set; skips where none does."""
    from genlab.data.sources import available, search_roots

    for root in search_roots():
        if available(root)[name] is not None:
            return root
    pytest.skip(f"{name} is not on this machine: let GENLAB_DATA name the folder that holds {folder}")
