"""Nothing here starts a program or opens a socket; what compares with real programs is in tests/agreement."""

from collections.abc import Iterator

import pytest

# python-semantic-release imports GitPython, which asks git for its version when it is imported: before the guard.
import semantic_release.cli.config  # noqa: F401

from tests.support.pure import pure


@pytest.fixture(autouse=True)
def pure_room() -> Iterator[None]:
    """Refuse both."""
    with pure():
        yield
