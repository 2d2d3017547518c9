"""Fixtures for registries: two archives of one version, a real registry, and a client of it with a path of its own."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.http import Http
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.login import Login
from jetscale_cicd.tools.registry.oci import OciRegistry
from jetscale_cicd.tools.registry.oci_api import OciApi
from tests.conftest import HELMS, find_helm
from tests.support.oci import PASSWORD, USERNAME, serve

LOGIN = Login(USERNAME, PASSWORD)
Make = Callable[..., OciRegistry]


@pytest.fixture(scope="package")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two archives of one chart and version, with other content."""
    made = []
    for number in (1, 2):
        directory = tmp_path_factory.mktemp("chart")
        (directory / "app").mkdir()
        (directory / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 1.0.0\n")
        (directory / "app" / "values.yaml").write_text(f"number: {number}\n")
        package = [str(find_helm(HELMS[1])), "package", str(directory / "app"), "-d", str(directory)]
        subprocess.run(package, check=True, capture_output=True)
        made.append(directory / "app-1.0.0.tgz")
    return made[0], made[1]


@pytest.fixture(scope="package")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry that takes everything."""
    with serve(tmp_path_factory.mktemp("open")) as host:
        yield host


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same behind a login."""
    with serve(tmp_path_factory.mktemp("guarded"), login=True) as host:
        yield host


@dataclass
class Counter:
    """Gives each client a path of its own."""

    number: int = 0

    def path(self) -> str:
        self.number += 1
        return f"r{self.number}"


PATHS = Counter()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A registry client that does not pause between pushes; each has its own path."""

    def make(host: str, login: Login | None = None, helm: str = HELMS[1], path: str = "") -> OciRegistry:
        redact = Redactor.of(())
        http = Http(redact, connect=2, read=0.5, total_timeout=1.5, retries=2, backoff=0.01, max_retry_after=1)
        binary = Helm(Processes(redact, lambda _: None), tmp_path, network=True, binary=str(find_helm(helm)))
        if login:
            config = tmp_path / "config.json"
            config.write_text(json.dumps({"auths": {host: {"auth": login.basic.removeprefix("Basic ")}}}))
            binary = replace(binary, registry_config=config)
        api = OciApi(host, http, lambda _: login)
        return OciRegistry(f"oci://{host}/{path or PATHS.path()}", binary, api, tmp_path, pause=lambda _: None)

    return make


def same_place(registry: OciRegistry, host: str) -> OciRegistry:
    """The same path of another host that serves the same registry."""
    path = registry.url.rpartition("/")[2]
    return replace(registry, url=f"oci://{host}/{path}", api=replace(registry.api, host=host))
