"""What helm is told of a cluster, and what it may read of it, by who renders and what the chart asks for."""

import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.engines.template import LiveCluster, Renderer
from jetscale_cicd.errors import CannotTellError, DeployError
from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor

ASKS, LOOKS = "{{ .Capabilities.KubeVersion.Version }}", '{{ lookup "v1" "Secret" "a" "b" }}'
LIVE = Capabilities("v1.34.4", ("apps/v1", "example.test/v1/Thing"))
TOLD = ["--kube-version=v1.34.4", "--api-versions=apps/v1,example.test/v1/Thing"]
READS = ["--dry-run=server", "--disable-openapi-validation"]
UNMAPPED = 'Error: unable to build kubernetes objects from release manifest: no matches for kind "Other"'
HELM = """#!{python}
import json, os, sys
if sys.argv[1] == "version":
    print("v{version}.0.0")
    sys.exit()
reads = "--dry-run=server" in sys.argv
if (reads and {unmapped!r} and ("--validate" in sys.argv or {version} == 4)) or (not reads and {refuses!r}):
    print({unmapped!r} if reads else {refuses!r}, file=sys.stderr)
    sys.exit(1)
print(json.dumps([sys.argv[1:], os.environ["KUBECONFIG"]]))
"""


class Stage:
    """A helm of a major that prints what it was told, and a chart with one template."""

    def __init__(self, directory: Path, major: int, template: str, unmapped: str = "", refuses: str = "") -> None:
        self.directory = directory
        self.binary = directory / "helm"
        self.binary.write_text(HELM.format(python=sys.executable, version=major, unmapped=unmapped, refuses=refuses))
        self.binary.chmod(0o755)
        self.chart = directory / "app.tgz"
        with tarfile.open(self.chart, "w:gz") as tar:
            for name, text in (("app/Chart.yaml", "name: app\n"), ("app/templates/a.yaml", template)):
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))

    def render(self, *, may_look_up: bool | None = None, target: Target | None = None) -> tuple[list[str], str]:
        """Options about the cluster, and the kubeconfig, of the last helm; None is no cluster."""
        processes = Processes(Redactor.of(()), lambda _: None)
        cluster = None if may_look_up is None else LiveCluster("blue", lambda: LIVE, may_look_up=may_look_up)
        renderer = Renderer(
            helm=Helm(processes, self.directory, network=True, binary=str(self.binary)),
            target=target or Target(name="live"),
            chart=self.chart,
            values=(),
            cluster=cluster,
            may_guess=cluster is None,
        )
        argv: list[str]
        argv, kubeconfig = json.loads(renderer.render().manifests)
        return argv[argv.index("--include-crds") + 1 :], kubeconfig


@pytest.fixture(autouse=True)
def kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kubeconfig")


@pytest.mark.parametrize("major", [3, 4])
def test_a_chart_that_asks_for_nothing_is_rendered_without_the_cluster(tmp_path: Path, major: int) -> None:
    assert Stage(tmp_path, major, "plain").render(may_look_up=True) == ([], "/dev/null")


@pytest.mark.parametrize(("major", "more"), [(3, ["--validate"]), (4, [])])
@pytest.mark.parametrize("template", [ASKS, LOOKS])
def test_what_is_deployed_is_rendered_by_the_cluster(
    tmp_path: Path, major: int, more: list[str], template: str
) -> None:
    options = [*READS, *more, "--kube-context", "blue"]
    assert Stage(tmp_path, major, template).render(may_look_up=True) == (options, "/somewhere/kubeconfig")


@pytest.mark.parametrize("major", [3, 4])
def test_what_is_only_shown_is_told_version_and_apis_and_reads_nothing(tmp_path: Path, major: int) -> None:
    """A pull request's templates must not look up what they then show."""
    assert Stage(tmp_path, major, ASKS).render(may_look_up=False) == (TOLD, "/dev/null")


def test_what_would_have_to_be_looked_up_to_be_shown_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(CannotTellError) as unknown:
        Stage(tmp_path, 4, LOOKS, refuses="Error: no Secret").render(may_look_up=False)
    assert unknown.value.code == "CLUSTER_UNKNOWN"


@pytest.mark.parametrize(
    ("major", "options", "config"),
    [(3, [*TOLD, *READS, "--kube-context", "blue"], "/somewhere/kubeconfig"), (4, TOLD, "/dev/null")],
)
def test_a_kind_that_the_cluster_lacks_leaves_version_and_apis(
    tmp_path: Path, major: int, options: list[str], config: str
) -> None:
    assert Stage(tmp_path, major, ASKS, unmapped=UNMAPPED).render(may_look_up=True) == (options, config)


@pytest.mark.parametrize("major", [3, 4])
@pytest.mark.parametrize("template", [ASKS, LOOKS])
def test_a_chart_that_the_cluster_makes_refuse_is_an_error(tmp_path: Path, major: int, template: str) -> None:
    stage = Stage(tmp_path, major, template, unmapped="Error: execution error at (app/templates/a.yaml:1:4): no Thing")
    with pytest.raises(DeployError) as failed:
        stage.render(may_look_up=True)
    assert failed.value.code == "RENDER_FAILED"
    assert "no Thing" in failed.value.message


def test_without_a_cluster_the_keys_of_the_target_are_told(tmp_path: Path) -> None:
    target = Target(name="live", kube_version="1.33", api_versions=("a.test/v1",))
    options: Any = ["--kube-version=1.33", "--api-versions=a.test/v1"]
    assert Stage(tmp_path, 4, ASKS).render(target=target) == (options, "/dev/null")
