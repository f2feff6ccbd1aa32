"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter import cli as importlinter
from streamlit import config as streamlit_config

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
SHIPPED = ("genlab", "ui", "pages", "tools", "benchmarks")  # and app.py
ALL = (*SHIPPED, "tests")
OTHER_NAMES = {
    "PIL": "pillow",
    "openTSNE": "opentsne",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
}


def files(*folders: str, ending: str = "py") -> list[Path]:
    """The project's own files of these folders, and app.py with them."""
    found = [path for folder in folders for path in (ROOT / folder).rglob(f"*.{ending}")]
    return sorted(path for path in [ROOT / f"app.{ending}", *found] if path.is_file())


def imports(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def pins(name: str) -> dict[str, str]:
    """Package -> version of a requirements file; a line that is no exact pin fails."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-r ")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line) for line in wanted), wanted
    return dict(line.lower().split("==") for line in wanted)


def test_layers(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert importlinter.lint_imports(no_cache=True) == importlinter.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_nothing_imports_the_app():
    assert [path for path in files(*ALL) if "app" in {name.split(".")[0] for name in imports(path)}] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_exact_and_here(name):
    for package, version in pins(name).items():
        assert importlib.metadata.version(package).split("+")[0] == version, package


def test_every_import_is_a_requirement():
    known = {name.replace("_", "-") for name in pins("requirements.txt")}
    tools = known | {name.replace("_", "-") for name in pins("requirements-dev.txt")}
    ours = {*ALL, "app"}
    for path in files(*SHIPPED):
        development = any(path.is_relative_to(ROOT / name) for name in ("tools", "benchmarks"))
        allowed = tools if development else known
        used = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - ours
        missing = {OTHER_NAMES.get(name, name).replace("_", "-") for name in used} - allowed
        assert not missing, f"{path.relative_to(ROOT)} imports {missing}"


def test_nothing_can_run_code_from_a_file():
    for path in files(*SHIPPED):
        found = imports(path) & {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= {ast.unparse(node.func)} & {"torch.load", "torch.save", "torch.hub.load", "eval", "exec"}
                found |= {word.arg for word in node.keywords if word.arg == "allow_pickle" and word.value.value}
        assert not found, f"{path.relative_to(ROOT)}: {found}"


def test_files_are_short():
    for path in files(*SHIPPED) + files("ui", ending="js"):
        most = 150 if path.parent == ROOT / "pages" else 300
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= most, f"{path.relative_to(ROOT)} has {lines} lines"


def test_streamlit_knows_every_option():
    def keys(table, prefix):
        for name, value in table.items():
            yield from keys(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]

    assert set(keys(CONFIG, "")) <= set(streamlit_config.get_config_options())


def test_the_protections_are_on():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    server = CONFIG["server"]
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
    assert server["maxUploadSize"] <= 32
    assert server["fileWatcherType"] == "none"
    assert server["showEmailPrompt"] is False
    assert "headless" not in server  # a laptop opens the browser
    assert CONFIG["client"]["showErrorDetails"] in ("type", "none")
    assert CONFIG["runner"]["postScriptGC"] is False  # Python's own collector collects; 40 sessions make each one dear


def test_the_theme_takes_nothing_from_the_network():
    assert "://" not in str(CONFIG["theme"])
