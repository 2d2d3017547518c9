"""Subcharts from a real OCI registry: as Chart.yaml names it, and as a mirror of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import HELMS, PROJECT, find_helm
from tests.support.command import command
from tests.support.history import Drawn, draw
from tests.support.oci import serve
from tests.support.sample import LIVE

CONFIG = "uncommitted.yaml"
SUBCHARTS = PROJECT / "tests" / "fixtures" / "charts"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that holds both subcharts, pushed by helm 3."""
    directory = tmp_path_factory.mktemp("registry")
    helm = str(find_helm(HELMS[0]))
    with serve(directory) as host:
        for chart in ("backend-api", "frontend-web"):
            subprocess.run([helm, "package", SUBCHARTS / chart, "-d", directory], check=True, capture_output=True)
            (archive,) = directory.glob(f"{chart}-*.tgz")
            push = [helm, "push", "--plain-http", str(archive), f"oci://{host}/jetscale-ai/charts"]
            subprocess.run(push, check=True, capture_output=True)
        yield f"oci://{host}/jetscale-ai/charts"


def stack(path: Path, mirrors: str) -> Drawn:
    """The project's own stack, with a registry directory and the engine render; its configuration is beside it."""
    repo = draw(path)
    for file in [*(PROJECT / "charts").rglob("*"), *(PROJECT / "envs").rglob("*")]:
        if file.is_file():
            repo.write(str(file.relative_to(PROJECT)), file.read_bytes())
    (path / "registry").mkdir()
    repo.commit("feat: the stack")
    # Not committed, so that the commit is the same whatever the mirrors are.
    repo.write(CONFIG, f"chart: {{registry: registry{mirrors}}}\n{LIVE}")
    return repo


@pytest.mark.slow
def test_a_mirror_that_is_a_registry_gives_the_same_archive_as_one_that_is_a_directory(
    registry: str, any_helm: Path, tmp_path: Path
) -> None:
    texts = []
    for name, mirror in (("oci", registry), ("directory", str(SUBCHARTS))):
        repo = stack(tmp_path / name, f', mirrors: {{"oci://ghcr.io/jetscale-ai/charts": "{mirror}"}}')
        ended = command("stage6", f"--config={CONFIG}", cwd=repo.path, helm=any_helm)
        assert ended.status == 0, ended.stderr
        texts.append((tmp_path / name / "registry" / "jetscale-stack-0.1.0.tgz").read_bytes())
    assert texts[0] == texts[1]


def test_without_a_mirror_helm_builds_the_dependencies_from_their_own_registry(
    registry: str, any_helm: Path, tmp_path: Path
) -> None:
    repo = stack(tmp_path / "stack", "")
    for name in ("Chart.yaml", "Chart.lock"):
        file = repo.path / "charts" / "app" / name
        file.write_text(file.read_text().replace("oci://ghcr.io/jetscale-ai/charts", registry))
    update = [str(any_helm), "dependency", "update", "--plain-http", str(repo.path / "charts" / "app")]
    subprocess.run(update, check=True, capture_output=True)
    repo.git("clean", "--quiet", "-fdx", "--", "charts/app/charts")
    repo.commit("fix: another registry")
    ended = command("stage6", f"--config={CONFIG}", cwd=repo.path, helm=any_helm)
    assert ended.status == 0, ended.stderr
    assert "helm dependency build" in ended.stderr


def test_a_version_that_the_registry_lacks_is_named_with_what_to_do(
    registry: str, any_helm: Path, tmp_path: Path
) -> None:
    empty = registry.replace("jetscale-ai", "nobody")
    repo = stack(tmp_path / "stack", f', mirrors: {{"oci://ghcr.io/jetscale-ai/charts": "{empty}"}}')
    ended = command("stage6", f"--config={CONFIG}", "--output", "json", cwd=repo.path, helm=any_helm)
    assert (ended.status, ended.json["error"]["code"]) == (3, "DEPENDENCY_UNREACHABLE")
    assert "backend-api 1.2.1" in ended.json["error"]["message"]
    assert "mirror" in ended.json["error"]["hint"]
    assert repo.git("tag") == ""
