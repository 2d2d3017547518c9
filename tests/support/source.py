"""The source of the package itself, parsed once for all tests that look at it."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "jetscale_cicd"


@cache
def trees() -> dict[str, ast.Module]:
    """Every file of the package by its path in it."""
    return {str(file.relative_to(PACKAGE)): ast.parse(file.read_text()) for file in sorted(PACKAGE.rglob("*.py"))}
