"""The contracts of import-linter name every part of the package that they are about."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "jetscale_cicd"


def test_only_tools_may_start_programs() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(each for each in settings["contracts"] if each["id"] == "one-door")
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(contract["source_modules"]) == {f"jetscale_cicd.{name}" for name in modules - {"tools"}}
