"""A packager without a command around it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jetscale_cicd.build.package import Packager
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import Drawn

MakePackager = Callable[..., Packager]


@pytest.fixture
def commands() -> list[str]:
    """Every command line that a program was started with."""
    return []


@pytest.fixture
def packager(tmp_path_factory: pytest.TempPathFactory, commands: list[str]) -> MakePackager:
    """Makes a packager of a repository, with a scratch directory of its own."""

    def make(repo: Drawn, helm: Path, *, mirrors: Mapping[str, str] | None = None, network: bool = False) -> Packager:
        scratch = tmp_path_factory.mktemp("scratch")
        git = open_repository(repo.path, network=network, redact=Redactor.of(()))
        processes = Processes(Redactor.of(()), commands.append)
        return Packager(
            repository=Repository(git),
            helm=Helm(processes, scratch, network, binary=str(helm)),
            chart="charts/app",
            mirrors=mirrors or {},
            scratch=scratch,
        )

    return make
