"""What helm reads is asked of a helm 4; and in the slow suite of a helm 3, too."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def helm(any_helm: Path) -> Path:
    """The helm that is agreed with."""
    return any_helm
