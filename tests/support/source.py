"""The source of the package itself, parsed once for all tests that look at it."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "jetscale_cicd"


@cache
def trees() -> dict[str, ast.Module]:
    """Every module by its path in the package, without those that only mark a folder."""
    files = (file for file in sorted(PACKAGE.rglob("*.py")) if file.name != "__init__.py")
    return {str(file.relative_to(PACKAGE)): ast.parse(file.read_text()) for file in files}
